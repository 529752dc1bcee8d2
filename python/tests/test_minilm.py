"""The example on real weights: Hugging Face's vectors, whatever the batch, order and threads; strings as ids."""

import threading

import numpy as np
import pytest
import tokenizers

import xfc

# f32 throughout on both sides; what remains is the order of sums and the last bits of exp and erf.
TOLERANCE = 2e-6


@pytest.fixture(scope="module")
def model(minilm_library):
    with xfc.load(minilm_library, threads=1) as model:
        yield model


@pytest.fixture(scope="module")
def vectors(model, oracle):
    return model.encode(oracle[0])


def test_vectors_are_hugging_faces(vectors, oracle):
    assert vectors.shape == (32, 384)
    assert np.abs(vectors - oracle[1]).max() <= TOLERANCE


def test_every_target_of_this_machine(minilm_library, oracle):
    ran = []
    for target in ("x86-64-avx2", "x86-64-avx512"):
        try:
            model = xfc.load(minilm_library, target=target)
        except xfc.Error as error:
            assert error.status is xfc.Status.UNSUPPORTED_CPU
            continue
        with model:
            assert np.abs(model.encode(oracle[0]) - oracle[1]).max() <= TOLERANCE
        ran.append(target)
    assert ran


def test_alone_reversed_and_in_any_subset(model, vectors, oracle):
    rows = oracle[0]
    np.testing.assert_array_equal(model.encode(rows[::-1]), vectors[::-1])
    for index in range(0, 32, 5):
        np.testing.assert_array_equal(model.encode([rows[index]]), vectors[index : index + 1])
    random = np.random.default_rng(0)
    for size in (2, 3, 7, 13):
        chosen = random.choice(32, size)
        np.testing.assert_array_equal(model.encode([rows[index] for index in chosen]), vectors[chosen])


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_any_thread_count_and_piece(minilm_library, vectors, oracle, threads):
    with xfc.load(minilm_library, threads=threads) as model:
        np.testing.assert_array_equal(model.encode(oracle[0]), vectors)
        with model.session(max_tokens=100) as session:
            np.testing.assert_array_equal(session.encode(oracle[0]), vectors)


def test_a_session_in_each_of_eight_threads(model, vectors, oracle):
    results = [None] * 8

    def work(index):
        with model.session() as session:
            results[index] = session.encode(oracle[0])

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for result in results:
        np.testing.assert_array_equal(result, vectors)


def test_two_models_in_one_process(minilm_library, small_models, vectors, oracle):
    with xfc.load(minilm_library) as one, xfc.load(small_models["Encoder"]) as other:
        np.testing.assert_array_equal(one.encode(oracle[0]), vectors)
        before = other.encode([[1, 2, 3]])
        np.testing.assert_array_equal(one.encode(oracle[0]), vectors)
        np.testing.assert_array_equal(other.encode([[1, 2, 3]]), before)
        assert one.info["name"] != other.info["name"]


def test_strings_are_as_their_ids(minilm_library, minilm_folder, shared, vectors):
    sentences = (shared / "oracle" / "sentences.txt").read_text().splitlines()
    path = minilm_folder / "tokenizer.json"
    for tokenizer in (path, str(path), tokenizers.Tokenizer.from_file(str(path))):
        with xfc.load(minilm_library, tokenizer=tokenizer) as model:
            np.testing.assert_array_equal(model.encode(sentences), vectors)
            # A text longer than the model is cut where the model ends.
            assert model.encode(["word " * 1000]).shape == (1, 384)
            assert len(model.tokenize(["word " * 1000])[0]) == 512


def test_lengths_off_every_tile(model):
    """1 token to the longest row: what is beside a row never leaks into it."""
    random = np.random.default_rng(1)
    rows = [random.integers(0, 30522, length) for length in (1, 2, 15, 16, 17, 31, 33, 47, 49, 128, 255, 511, 512)]
    together = model.encode(rows)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for index, row in enumerate(rows):
        np.testing.assert_array_equal(model.encode([row])[0], together[index])


def test_classes_of_rows_change_no_bit(minilm_library):
    """Around the borders of the shape classes, alone and in batches that fall into other classes, on every target."""
    random = np.random.default_rng(2)
    rows = [random.integers(0, 30522, length) for length in (3, 4, 5, 47, 48, 49, 383, 384, 385, 1)]
    expected = None
    for target in ("x86-64-avx2", "x86-64-avx512"):
        try:
            model = xfc.load(minilm_library, target=target)
        except xfc.Error as error:
            assert error.status is xfc.Status.UNSUPPORTED_CPU
            continue
        with model:
            for threads in (1, 2, 3):
                with model.session(threads=threads) as session:
                    together = session.encode(rows)
                    expected = together if expected is None else expected
                    np.testing.assert_array_equal(together, expected)
                    for some in ([0], [1], [2], [0, 9], [3], [4], [5], [2, 3], [6], [7], [8], [5, 4, 3, 2, 1, 0]):
                        np.testing.assert_array_equal(session.encode([rows[index] for index in some]), expected[some])
    assert expected is not None


def test_states_pool_to_the_vector(model, vectors, oracle):
    rows = oracle[0][:4]
    states = model.states(rows)
    assert [state.shape for state in states] == [(len(row), 384) for row in rows]
    means = np.stack([state.astype(np.float64).mean(0) for state in states])
    np.testing.assert_allclose(means / np.linalg.norm(means, axis=1, keepdims=True), vectors[:4], atol=TOLERANCE)


def test_ids_outside_the_vocabulary(model):
    with pytest.raises(xfc.Error, match="row 0, position 1: id 30522 is outside 0 .. 30521"):
        model.encode([[101, 30522]])
    with pytest.raises(xfc.Error, match="row 0 has 513 tokens, `minilm` takes at most 512"):
        model.encode([[101] * 513])
