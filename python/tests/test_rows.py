"""Rows of every kind are joined to the same arrays, whichever way they take; pieces are whole rows and even."""

import numpy as np
import pytest

from xfc.rows import are_texts, join, joined, pieces, row_ids

ROWS = [[1, 2, 3], [4], [5, 6]]


@pytest.mark.parametrize(
    "rows",
    [
        ROWS,
        tuple(map(tuple, ROWS)),
        [np.array(row) for row in ROWS],
        [np.array(row, np.int32) for row in ROWS],
        [np.array(row, np.uint8) for row in ROWS],
        [np.array(ROWS[0], np.uint64), np.array(ROWS[1], np.int64), ROWS[2]],
        [np.array([1, 0, 2, 0, 3], np.int32)[::2], np.array([4], np.uint16), range(5, 7)],
        [list(map(np.int64, row)) for row in ROWS],
    ],
)
def test_all_kinds_of_rows_join_alike(rows):
    ids, offsets = join(rows)
    assert (ids.dtype, offsets.dtype) == (np.int32, np.int64) and ids.flags.c_contiguous
    assert ids.tolist() == [1, 2, 3, 4, 5, 6] and offsets.tolist() == [0, 3, 4, 6]


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.int64, np.uint64])
def test_a_matrix_is_rows_of_one_length(kind):
    matrix = np.arange(12, dtype=kind).reshape(3, 4)
    for rows, expected in ((matrix, range(12)), (matrix[:, ::2], range(0, 12, 2)), (matrix.T, matrix.T.reshape(-1))):
        ids, offsets = join(rows)
        assert ids.dtype == np.int32 and ids.tolist() == list(expected)
        assert offsets.tolist() == [len(rows[0]) * row for row in range(len(rows) + 1)]


def test_no_rows_and_empty_rows():
    for rows in ([], (), np.zeros((0, 4), int), np.zeros(0)):
        ids, offsets = join(rows)
        assert ids.size == 0 and offsets.tolist() == [0]
    for rows in ([[], [1]], [np.array([]), np.array([1])]):
        assert join(rows)[1].tolist() == [0, 0, 1]
    assert join(np.zeros((2, 0), int))[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "row, error, text",
    [
        ([0.5], TypeError, "ids are float64, they must be integers"),
        (["a"], TypeError, "ids are <U1, they must be integers"),
        ([None], TypeError, "ids are object, they must be integers"),
        (None, TypeError, "is a NoneType, a row is a sequence of integers"),
        (b"abc", TypeError, "is a bytes, a row is a sequence of integers"),
        ({1, 2}, TypeError, "is a set, a row is a sequence of integers"),
        (7, ValueError, "ids have 0 dimensions, a row has one"),
        ([[1]], ValueError, "ids have 2 dimensions, a row has one"),
        ([[1], [2, 3]], ValueError, "ids are nested, a row is a sequence of integers"),
        ([1 << 31], ValueError, "ids do not fit 32 bits"),
        (np.array([-(1 << 31) - 1]), ValueError, "ids do not fit 32 bits"),
        (np.array([[1, 2]], np.int32), ValueError, "ids have 2 dimensions, a row has one"),
        (np.array([0.0]), TypeError, "ids are float64, they must be integers"),
    ],
)
def test_a_bad_row_is_named_among_good_ones(row, error, text):
    """Whatever the others are: the fast ways must refuse what the slow one refuses."""
    for good in ([1, 2], np.array([1, 2], np.int32), np.array([1, 2])):
        with pytest.raises(error, match=f"row 12:? {text}"):
            join([good, good, row, good], base=10)
    with pytest.raises(error, match=f"row 0:? {text}"):
        row_ids(row, 0)


def test_token_types_are_compared_row_by_row():
    assert joined(ROWS, ROWS).types.tolist() == [1, 2, 3, 4, 5, 6]
    with pytest.raises(ValueError, match="row 11 has 1 ids and 2 types"):
        joined(ROWS, [[0, 0, 0], [0, 0], [0]], base=10)
    with pytest.raises(ValueError, match="there are 3 rows and 1 rows of types"):
        joined(ROWS, [[0, 0, 0]])


def test_texts_and_ids_do_not_mix():
    assert are_texts(["a", "b"]) and are_texts(np.array(["a", "b"])) and not are_texts(ROWS) and not are_texts([])
    with pytest.raises(TypeError, match="row 11 is a list"):
        are_texts(["a", [1], "b"], base=10)


def test_pieces_are_whole_rows_and_even():
    random = np.random.default_rng(0)
    for count, tokens, multiple in ((1, 10, 1), (100, 64, 1), (100, 64, 3), (1000, 512, 2), (5, 10000, 4)):
        offsets = np.concatenate([[7], 7 + np.cumsum(random.integers(1, 60, count))])
        cut = pieces(offsets, tokens, multiple)
        assert [first for first, _ in cut] == [0] + [last for _, last in cut][:-1] and cut[-1][1] == count
        sizes = [offsets[last] - offsets[first] for first, last in cut]
        assert max(sizes) <= tokens + 60 and max(sizes) - min(sizes) <= 2 * 60
        if count >= 100:
            assert len(cut) % multiple == 0
    assert pieces(np.zeros(1, np.int64), 10) == []


def test_sorted_by_length_and_back():
    rows = [list(range(length)) for length in (3, 1, 5, 3)]
    batch, order = joined(rows, rows).longest_first()
    assert order.tolist() == [2, 0, 3, 1] and np.diff(batch.offsets).tolist() == [5, 3, 3, 1]
    assert batch.ids.tolist() == sum((rows[row] for row in order), []) == batch.types.tolist()
    assert joined([[1, 2], [3, 4]]).longest_first()[1] is None
