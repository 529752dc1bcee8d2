"""Calls of many rows on a model written by hand: any iterable, in order, lazily, in bounded memory; nothing is lost when one ends early."""

import itertools
import os
import signal
import sys
import threading

import numpy as np
import pytest
import tokenizers

import xfc
from xfc.stream import WINDOW

DIM, LONGEST, WORDS = 20, 64, 100  # of the fake model


@pytest.fixture
def model(fake_library):
    with xfc.load(fake_library, threads=2) as model:
        yield model  # and closing it fails if a session is still at work
    assert not workers()


@pytest.fixture(scope="module")
def rows():
    """About five windows of the model."""
    random = np.random.default_rng(0)
    return [random.integers(0, WORDS, random.integers(1, LONGEST + 1), np.int32) for _ in range(2500)]


@pytest.fixture(scope="module")
def expected(fake_library, rows):
    """Each row alone, in one session of one thread."""
    with xfc.load(fake_library) as model, model.session(threads=1) as session:
        return np.concatenate([session.encode([row]) for row in rows])


def workers():
    return [thread for thread in threading.enumerate() if thread.name == "xfc"]


def words_tokenizer():
    """The word "7" is token 7; there are no others."""
    words = tokenizers.models.WordLevel({str(word): word for word in range(WORDS)}, unk_token="0")
    tokenizer = tokenizers.Tokenizer(words)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    return tokenizer


@pytest.mark.parametrize("threads, sessions", [(1, None), (2, None), (2, 1), (2, 5), (3, 2)])
def test_as_one_by_one(fake_library, rows, expected, threads, sessions):
    with xfc.load(fake_library, threads=threads) as model:
        np.testing.assert_array_equal(model.encode(rows, sessions=sessions), expected)
        np.testing.assert_array_equal(model.encode(iter(rows), sessions=sessions), expected)
        chunks = list(model.encode_iter(rows, sessions=sessions))
        assert len(chunks) > 1 and all(chunk.dtype == np.float32 for chunk in chunks)
        np.testing.assert_array_equal(np.concatenate(chunks), expected)


@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 600])
def test_any_number_of_rows(model, rows, expected, count):
    for some in (rows[:count], iter(rows[:count])):
        result = model.encode(some)
        assert result.shape == (count, DIM)
        np.testing.assert_array_equal(result, expected[:count])
    assert sum(map(len, model.encode_iter(rows[:count]))) == count


def test_rows_of_one_length(model):
    matrix = np.random.default_rng(1).integers(0, WORDS, (3000, 16), np.int32)
    result = model.encode(matrix)
    np.testing.assert_array_equal(model.encode(row for row in matrix), result)
    np.testing.assert_array_equal(model.encode(matrix[2345:2346])[0], result[2345])


def test_states_in_pieces(model, rows):
    states = model.states(rows)
    assert [len(state) for state in states] == [len(row) for row in rows]
    for index in (0, 1234, 2499):
        np.testing.assert_array_equal(states[index], model.states([rows[index]])[0])


def test_token_types_come_along(model, rows):
    types = [row % 2 for row in rows]
    expected = model.encode(rows, token_types=types)
    np.testing.assert_array_equal(expected[1000], model.encode([rows[1000]], token_types=[types[1000]])[0])
    np.testing.assert_array_equal(model.encode(iter(rows), token_types=iter(types)), expected)
    for wrong, text in ((types[:2000], "rows of types"), (types + types[:1], "2500 rows and more"), (types[::-1], r"row \d+ has")):
        with pytest.raises(ValueError, match=text):
            model.encode(iter(rows), token_types=wrong)


def test_texts(fake_library, rows, expected):
    texts = [" ".join(map(str, row)) for row in rows]
    with xfc.load(fake_library, tokenizer=words_tokenizer()) as model:
        for given in (texts, iter(texts), np.array(texts)):
            np.testing.assert_array_equal(model.encode(given), expected)
        np.testing.assert_array_equal(np.concatenate(list(model.encode_iter(texts))), expected)
        with pytest.raises(TypeError, match="mixes strings and token ids: row 2500 is a list"):
            model.encode(itertools.chain(texts, [[1]]))
        with pytest.raises(TypeError, match=r"mixes strings and token ids: row \d+ is a str"):
            model.encode(itertools.chain(rows, texts))
        with pytest.raises(xfc.Error, match="row 2500 is empty"):
            model.encode([*texts, ""])


def test_rows_are_read_as_they_are_wanted(model, rows):
    read = []
    vectors = model.encode_iter(read.append(row) or row for row in itertools.cycle(rows))
    assert not read
    chunks = 0
    for chunk in itertools.islice(vectors, 10):
        chunks += len(chunk)
        assert sum(map(len, read[chunks:])) <= 2 * (2 * WINDOW + LONGEST)  # two windows of a model of two threads
    vectors.close()


def test_memory_does_not_grow_with_rows(model, tmp_path):
    """100k rows would be 20 MB as lists and 8 MB as vectors."""

    def anonymous():
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("RssAnon")) << 10

    def short(count):
        return ([index % WORDS, *range(index % 13)] for index in range(count))

    def chunks(count):
        return sum(len(chunk) for chunk in model.encode_iter(short(count)))

    def into(count):
        out = np.memmap(tmp_path / "vectors", np.float32, "w+", shape=(count, DIM))
        return len(model.encode(short(count), out=out))

    for run in chunks, into:
        run(20_000)
        before = anonymous()
        assert run(100_000) == 100_000
        assert anonymous() - before < 4 << 20


def test_results_go_where_the_caller_says(model, rows, expected, tmp_path):
    out = np.memmap(tmp_path / "vectors", np.float32, "w+", shape=expected.shape)
    for given in (rows, iter(rows)):
        out[:] = 7
        assert model.encode(given, out=out) is out
        np.testing.assert_array_equal(out, expected)
    small = np.full((2, DIM), 7, np.float32)
    assert model.encode(rows[:2], out=small) is small
    np.testing.assert_array_equal(small, expected[:2])


@pytest.mark.parametrize(
    "out, error, text",
    [
        ([0.0], TypeError, "`out` is a list, it must be an array of float32"),
        (np.zeros((2, DIM)), TypeError, "`out` is an array of float64"),
        (np.zeros((3, DIM), np.float32), ValueError, r"`out` has shape \(3, 20\), it must be \(2, 20\)"),
        (np.zeros((2, 19), np.float32), ValueError, r"`out` has shape \(2, 19\)"),
        (np.zeros((4, DIM), np.float32)[::2], ValueError, "contiguous and writeable"),
        (np.broadcast_to(np.float32(0), (2, DIM)), ValueError, "contiguous and writeable"),
    ],
)
def test_results_that_do_not_fit(model, out, error, text):
    with pytest.raises(error, match=text):
        model.encode([[1], [2]], out=out)


class Sized:
    """An iterable whose length is said to be another."""

    def __init__(self, rows, length):
        self.rows, self.length = rows, length

    def __len__(self):
        return self.length

    def __iter__(self):
        return iter(self.rows)


def test_a_wrong_number_of_rows_is_an_error(model, rows, expected):
    out = np.full((len(rows) + 5, DIM), 7, np.float32)
    with pytest.raises(ValueError, match="there are 2500 rows, `out` has 2505"):
        model.encode(iter(rows), out=out)
    np.testing.assert_array_equal(out[:2500], expected)
    assert not out[2500:].any()
    with pytest.raises(ValueError, match=r"there are at least \d+ rows, `out` has 2000"):
        model.encode(iter(rows), out=out[:2000])
    with pytest.raises(ValueError, match=r"there are 2500 rows, `len\(rows\)` is 2600"):
        model.encode(Sized(rows, 2600))
    with pytest.raises(ValueError, match=r"at least \d+ rows, `len\(rows\)` is 2400"):
        model.encode(Sized(rows, 2400))
    np.testing.assert_array_equal(model.encode(Sized(rows, 2500)), expected)


@pytest.mark.parametrize(
    "row, error, text",
    [
        ([1, WORDS], xfc.Error, "row 2000, position 1: id 100 is outside 0 .. 99"),
        ([], xfc.Error, "row 2000 is empty"),
        ([1] * (LONGEST + 1), xfc.Error, "row 2000 has 65 tokens"),
        ([0.5], TypeError, "row 2000: ids are float64"),
        (5, ValueError, "row 2000: ids have 0 dimensions"),
    ],
)
def test_an_error_names_the_row_and_leaves_no_half_result(model, rows, expected, row, error, text):
    bad = rows[:2000] + [row] + rows[2001:]
    out = np.full(expected.shape, 7, np.float32)
    with pytest.raises(error, match=text):
        model.encode(bad, out=out)
    assert not out.any()  # a list is checked before anything runs
    out[:] = 7
    with pytest.raises(error, match=text):
        model.encode(iter(bad), out=out)
    done = int(np.argmin(out.any(1)))
    assert done <= 2000 and not out[done:].any()
    np.testing.assert_array_equal(out[:done], expected[:done])
    seen = 0
    with pytest.raises(error, match=text):
        for chunk in model.encode_iter(bad):
            np.testing.assert_array_equal(chunk, expected[seen : seen + len(chunk)])
            seen += len(chunk)
    np.testing.assert_array_equal(model.encode(rows), expected)


def test_an_error_of_the_iterable_passes_through(model, rows):
    def broken():
        yield from rows[:2000]
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        model.encode(broken())
    assert not workers()


@pytest.mark.parametrize("given", [None, 5, 0.5])
def test_rows_that_are_none(model, given):
    for call in (model.encode, model.states, model.encode_iter):
        with pytest.raises(TypeError, match="it is a list of rows, or any iterable of them"):
            call(given)


def test_sessions_is_a_number(model, rows):
    with pytest.raises(ValueError, match="`sessions` is -1"):
        model.encode(rows, sessions=-1)


def test_progress(model, rows, capsys):
    for given, total in ((rows, 2500), (iter(rows), None)):
        seen = []
        model.encode(given, progress=lambda *now: seen.append(now))
        assert len(seen) > 5 and seen == sorted(seen) and seen[-1] == (2500, total) and seen[0][1] == total
    list(model.encode_iter(rows, progress=True))
    assert "2500/2500" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        model.encode(rows, progress=lambda done, total: 1 / 0)
    assert not workers()


def test_packages_that_are_missing(fake_library, model, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ImportError, match="`progress=True` needs the package `tqdm`"):
        model.encode([[1]], progress=True)
    with pytest.raises(ImportError, match="`tokenizer=` needs the package `tokenizers`"):
        xfc.load(fake_library, tokenizer="tokenizer.json")


@pytest.mark.parametrize("given", [list, iter])
def test_ctrl_c_ends_inside_pieces(model, delay, rows, expected, given):
    """One piece would take a minute."""
    delay(300_000)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.encode(given(rows))
    timer.join()
    assert not workers()
    delay(0)
    np.testing.assert_array_equal(model.encode(rows), expected)


def test_cancel_ends_a_stream(model, delay, rows, expected):
    delay(10_000)
    timer = threading.Timer(0.3, model.cancel)
    timer.start()
    with pytest.raises(xfc.Error, match=r"`encode` was cancelled after \d+ rows") as caught:
        model.encode(itertools.cycle(rows))
    assert caught.value.status is xfc.Status.CANCELLED
    timer.join()
    delay(0)
    vectors = model.encode_iter(rows)
    next(vectors)
    model.cancel()  # a loop that waits between two chunks
    with pytest.raises(xfc.Error, match=r"cancelled after \d+ of 2500 rows"):
        list(vectors)
    np.testing.assert_array_equal(model.encode(rows), expected)


def test_a_loop_may_be_left(model, rows, expected):
    for chunk in model.encode_iter(itertools.cycle(rows)):
        break
    del chunk
    assert not workers()
    vectors = model.encode_iter(itertools.cycle(rows))
    next(vectors)
    assert workers()
    with pytest.raises(xfc.Error, match="still has"):
        model.close()
    vectors.close()
    assert not workers()
    np.testing.assert_array_equal(model.encode(rows), expected)


def test_rows_may_come_from_the_model_itself(model, rows, expected):
    def through():
        for row in rows[:600]:
            yield row if np.isfinite(model.encode([row])).all() else []

    np.testing.assert_array_equal(model.encode(through()), expected[:600])


def test_many_callers_at_once(model, rows, expected):
    results = [None] * 6

    def work(index):
        given = rows if index % 2 else iter(rows)
        results[index] = model.encode(given)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for result in results:
        np.testing.assert_array_equal(result, expected)
