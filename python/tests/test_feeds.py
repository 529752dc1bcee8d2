"""Named inputs from Python: every form of a feed reaches its rows, and what does not fit is refused with the name. Needs no compiler."""

import threading

import numpy as np
import pytest

import xfc

# Columns of the entry `states`: see test/unit/runtime/inputs_library.cpp. It has a row of its own before each sequence's.
ID, POSITION, KIND, MASK, EMBEDS, CONDITION, CONTEXT, BIAS = 0, 1, 2, 3, slice(4, 6), slice(6, 8), 8, slice(9, 11)
ROWS = [[7, 8, 9], [5]]
CONTEXT_FEED = {"context": [[1.0, 2.0], [5.0]]}


@pytest.fixture
def model(inputs_library):
    with xfc.load(inputs_library) as model:
        yield model


def test_entries_and_inputs_are_named(model):
    assert model.entries == ["states", "output", "patches", "conditions"]
    inputs = model.inputs("states")
    assert list(inputs) == ["pos", "embed_ids.kind", "mask", "prepend_embeds", "condition", "context", "attn_bias", "prepend_mask"]
    assert inputs["context"].required and inputs["context"].space == "context" and inputs["embed_ids.kind"].limit == 5
    assert inputs["attn_bias"].kind == "pairs" and inputs["attn_bias"].width == 2 and not inputs["mask"].required
    with pytest.raises(ValueError, match="has no entry `logits`; it has `states`, `output`"):
        model.inputs("logits")
    with pytest.raises(ValueError, match="has no entry `logits`"):
        model.logits(ROWS)


def test_without_optional_feeds(model):
    first, second = model.states(ROWS, **CONTEXT_FEED)
    assert first.shape == (4, 11) and second.shape == (2, 11) and first.dtype == np.float32
    assert first[:, ID].tolist() == [0, 7, 8, 9] and first[:, POSITION].tolist() == [0, 0, 1, 2]
    assert first[:, MASK].tolist() == [1, 1, 1, 1] and first[:, CONTEXT].tolist() == [3, 3, 3, 3] and second[0, CONTEXT] == 5
    assert not first[:, KIND].any() and not first[:, EMBEDS].any() and not first[:, CONDITION].any()
    for same in (model.run("states", ROWS, **CONTEXT_FEED), model.states(ROWS, mask=None, **CONTEXT_FEED)):
        np.testing.assert_array_equal(same[0], first)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int32, np.int64, np.float32, np.float64, np.float16])
def test_masks_of_any_type(model, kind):
    mask = [np.array([1, 0, 1], kind), np.array([0], kind)]
    first, second = model.states(ROWS, mask=mask, **CONTEXT_FEED)
    assert first[:, MASK].tolist() == [1, 1, 0, 1] and second[:, MASK].tolist() == [1, 0]


def test_one_array_for_all_sequences(model):
    rows = np.array([[1, 2], [3, 4], [5, 6]])
    context = np.arange(6).reshape(3, 2)
    by_axis = model.states(rows, context=context, mask=np.array([[1, 0], [0, 1], [1, 1]]), condition=np.arange(6.0).reshape(3, 2))
    assert [part[0, CONTEXT] for part in by_axis] == [1, 5, 9]
    assert [part[1:, MASK].tolist() for part in by_axis] == [[1, 0], [0, 1], [1, 1]]
    assert [part[0, CONDITION].tolist() for part in by_axis] == [[0, 1], [2, 3], [4, 5]]
    shared = model.states(rows, context=np.array([1.0, 2.0]), pos=np.array([9, 3]), mask=True, condition=np.array([0.5, 1.5]))
    assert all(part[0, CONTEXT] == 3 and part[:, POSITION].tolist() == [0, 9, 3] for part in shared)
    assert all(part[0, CONDITION].tolist() == [0.5, 1.5] for part in shared)


def test_prepended_rows_come_with_their_mask(model):
    embeds = [np.array([[1.0, 2.0]]), np.empty((0, 2))]
    first, second = model.states(ROWS, prepend_embeds=embeds, prepend_mask=[[False], []], mask=[[1, 1, 0], [1]], **CONTEXT_FEED)
    assert first[:, EMBEDS].tolist() == [[0, 0], [1, 2], [0, 0], [0, 0], [0, 0]] and len(second) == 2
    assert first[:, MASK].tolist() == [1, 0, 1, 1, 0]


def test_indices(model):
    feeds = {"embed_ids.kind": [np.array([4, 0, 2]), np.array([1], np.uint8)], **CONTEXT_FEED}
    first, second = model.states(ROWS, **feeds)
    assert first[:, KIND].tolist() == [0, 4, 0, 2] and second[:, KIND].tolist() == [0, 1]
    with pytest.raises(TypeError, match="feed `embed_ids.kind` is of float64, it must be integers"):
        model.states(ROWS, **{**feeds, "embed_ids.kind": [np.array([4.0, 0, 2]), np.array([1])]})
    with pytest.raises(xfc.Error, match="row 0, position 1: `embed_ids.kind` 5 is outside 0 .. 4") as raised:
        model.states(ROWS, **{**feeds, "embed_ids.kind": [[0, 5, 2], [1]]})
    assert raised.value.status == xfc.Status.INVALID_ID


def test_pairs_in_every_form(model):
    rows, n = np.array([[1, 2, 3], [4, 5, 6]]), 3
    random = np.random.default_rng(0)
    full = random.integers(0, 9, (2, 2, n, n)).astype(np.float32)
    for given, meant in (
        (full, full),
        (list(full), full),
        (full[0], full[[0, 0]]),
        (full[0, 0], np.broadcast_to(full[0, 0], full.shape)),
        (full[:, :1], np.broadcast_to(full[:, :1], full.shape)),
        ([full[0, 1], full[1, :1]], np.stack([np.stack([full[0, 1]] * 2), np.stack([full[1, 0]] * 2)])),
    ):
        for part, expected in zip(model.states(rows, attn_bias=given, context=np.ones((2, 1))), meant):
            np.testing.assert_array_equal(part[1:, BIAS], expected.sum(-1).T)
            assert not part[0, BIAS].any()


def test_entries_without_ids(model):
    x = [np.arange(12.0).reshape(3, 4), np.arange(8.0).reshape(2, 4)]  # rows of the whole stack: one of the model's own first
    out = model.run("output", None, x=x, note=[[1, 2], [3]])
    assert [part.shape for part in out] == [(3, 4), (2, 4)]
    np.testing.assert_array_equal(np.concatenate(out), np.concatenate(x))
    repeated = model.run("output", None, x=[np.ones(4), np.zeros(4)], note=[[1, 2], [3]])
    assert [part[:, 0].tolist() for part in repeated] == [[1, 1, 1], [0, 0]]
    with pytest.raises(TypeError, match="`output` takes no ids: `rows` is None"):
        model.run("output", ROWS, x=x)
    with pytest.raises(TypeError, match="`states` needs `rows`"):
        model.run("states", **CONTEXT_FEED)
    with pytest.raises(ValueError, match="needs a feed with a row for each token: `note`"):
        model.run("output", None, x=x)
    with pytest.raises(ValueError, match="needs a feed with one array for each sequence"):
        model.run("output")


def test_images_become_patches(model):
    images = [np.random.default_rng(0).standard_normal((3, side, side)).astype(np.float32) for side in (8, 4)]
    for image, patches in zip(images, model.run("patches", None, images=images)):
        side = image.shape[1] // 2
        expected = image.reshape(3, side, 2, side, 2).transpose(1, 3, 2, 4, 0).reshape(side * side, 12)
        np.testing.assert_array_equal(patches, expected)
    np.testing.assert_array_equal(model.run("patches", images=np.stack([images[0]] * 2))[1], model.run("patches", images=images)[0])
    for shape in ((1, 8, 8), (3, 8, 4), (3, 5, 5), (3, 8)):
        with pytest.raises(ValueError, match=r"feed `images`, row 1: its shape is .* it must be \(3, side, side\), side a multiple of 2"):
            model.run("patches", images=[images[0], np.zeros(shape)])


def test_one_vector_a_sequence(model):
    vectors = model.run("conditions", ROWS, condition=[[1, 2, 3], [4, 5, 6]])
    assert [vector.tolist() for vector in vectors] == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    "name, value, error, text",
    [
        ("maks", [[1], [1]], TypeError, "`states` takes no feed `maks`; it takes `pos`, `embed_ids.kind`, `mask`,"),
        ("mask", [[1, 1, 1]], ValueError, "feed `mask` is for 1 sequences, there are 2"),
        ("mask", [[1, 1, 1], [1, 1]], ValueError, r"feed `mask`, row 1: its shape is \(2,\), it must be \(1,\)"),
        ("mask", [[1, 1, 1], [[1], [1, 2]]], ValueError, "feed `mask` holds nested lists of different lengths"),
        ("mask", [["a", "b", "c"], ["d"]], TypeError, "feed `mask` is of <U1, it must be numbers"),
        ("mask", [[1, 0.5, 1], [1]], xfc.Error, "value 1 of feed `mask` is 0.5, it is 0 or 1"),
        ("condition", [[1, 2], [1, 2, 3]], ValueError, r"feed `condition`, row 1: its shape is \(3,\), it must be \(2,\)"),
        ("attn_bias", [np.zeros((3, 3)), np.zeros((3, 1, 1))], ValueError, r"row 1: its shape is \(3, 1, 1\), it must be \(2, 1, 1\), "),
        ("prepend_embeds", [np.zeros((1, 3)), np.zeros((1, 2))], ValueError, r"`prepend_embeds`, row 0: its shape is \(1, 3\), it must be \(1, 2\)"),
        ("prepend_mask", [[1, 1], []], xfc.Error, ""),
        ("pos", [[0, 4000, 1], [1]], xfc.Error, "row 0, position 1: `pos` 4000 is outside 0 .. 3999"),
    ],
)
def test_what_does_not_fit_is_named(model, name, value, error, text):
    feeds = {**CONTEXT_FEED, name: value}
    if name == "prepend_mask":
        feeds["prepend_embeds"] = [np.zeros((1, 2)), np.zeros((0, 2))]
        text = "feed `prepend_mask`, row 0 has 2 rows, another feed of its kind has 1"
    with pytest.raises(error, match=text):
        model.states(ROWS, **feeds)
    model.states(ROWS, **CONTEXT_FEED)


def test_missing_feeds_are_named(model):
    for feeds in ({}, {"mask": [[1, 1, 1], [1]]}):
        with pytest.raises(xfc.Error, match="`states` of `inputs` needs a feed `context`") as raised:
            model.states(ROWS, **feeds)
        assert raised.value.status == xfc.Status.INVALID_FEED


def test_no_rows(model):
    assert model.states([], **CONTEXT_FEED) == []


def test_many_rows_are_as_one_by_one(model):
    random = np.random.default_rng(1)
    rows = [random.integers(0, 100, length) for length in random.integers(1, 200, 60)]
    feeds = {
        "mask": [random.integers(0, 2, len(row)) for row in rows],
        "prepend_embeds": [random.standard_normal((random.integers(0, 4), 2)) for _ in rows],
        "condition": random.standard_normal((60, 2)),
        "context": [random.standard_normal(random.integers(1, 300)) for _ in rows],
        "attn_bias": [random.standard_normal((2, len(row), len(row))) for row in rows],
    }
    together = model.states(rows, **feeds)
    for index in (0, 17, 59):
        alone = model.states([rows[index]], **{name: [value[index]] for name, value in feeds.items()})
        np.testing.assert_array_equal(alone[0], together[index])


def test_sequences_longer_than_a_session_is_by_default(model):
    long, = model.states([np.zeros(3000, int)], context=[np.ones(2000)])
    assert long.shape == (3001, 11) and long[0, CONTEXT] == 2000
    short, = model.states([[1]], context=[np.ones(3500)])
    assert short[0, CONTEXT] == 3500


def test_any_number_of_threads(model):
    expected = model.states(ROWS, **CONTEXT_FEED)
    wrong = []

    def work():
        for _ in range(50):
            wrong.extend(a for a, b in zip(model.states(ROWS, **CONTEXT_FEED), expected) if not np.array_equal(a, b))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
