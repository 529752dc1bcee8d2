"""The package on a model written by hand: rows, pieces, progress, threads, interruption, errors. Needs no compiler."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import tokenizers

import xfc


@pytest.fixture
def model(fake_library):
    with xfc.load(fake_library) as model:
        yield model


def random_rows(count, seed=0):
    random = np.random.default_rng(seed)
    return [random.integers(0, 100, random.integers(1, 65)) for _ in range(count)]


def test_info_and_sizes(model):
    assert model.info["name"] == "fake" and model.info["runtime"]["weights"] == "embedded"
    assert (model.dim, model.max_seq_len) == (20, 64)
    assert "fake" in repr(model)


def test_rows_may_be_lists_arrays_or_a_matrix(model):
    expected = model.encode([[1, 2, 3], [4, 5, 6]])
    assert expected.shape == (2, 20) and expected.dtype == np.float32
    for rows in (
        [np.array([1, 2, 3], np.int64), (4, 5, 6)],
        np.array([[1, 2, 3], [4, 5, 6]], np.uint8),
        (row for row in [[1, 2, 3], [4, 5, 6]]),
        [np.array([1, 0, 2, 0, 3])[::2], [4, 5, 6]],
    ):
        np.testing.assert_array_equal(model.encode(rows), expected)


def test_no_rows(model):
    assert model.encode([]).shape == (0, 20)
    assert model.states([]) == []


def test_many_pieces_are_as_one_by_one(model):
    rows = random_rows(300)
    together = model.encode(rows)
    np.testing.assert_array_equal(together, np.concatenate([model.encode([row]) for row in rows]))
    states = model.states(rows)
    assert [len(state) for state in states] == [len(row) for row in rows]
    np.testing.assert_array_equal(states[200], model.states([rows[200]])[0])


def test_token_types(model):
    rows = [[1, 2, 3], [4, 5]]
    np.testing.assert_array_equal(model.encode(rows, token_types=[[0, 0, 0], [0, 0]]), model.encode(rows))
    assert not np.array_equal(model.encode(rows, token_types=[[0, 0, 1], [0, 0]]), model.encode(rows))
    with pytest.raises(ValueError, match="one row for each row of ids"):
        model.encode(rows, token_types=[[0, 0], [0, 0, 0]])
    with pytest.raises(xfc.Error, match="token type 2 is outside 0 .. 1"):
        model.encode(rows, token_types=[[0, 0, 2], [0, 0]])


def test_progress_counts_rows(model, capsys):
    seen = []
    rows = random_rows(300)
    model.encode(rows, progress=lambda done, total: seen.append((done, total)))
    assert len(seen) > 2 and seen == sorted(seen) and seen[-1] == (300, 300)
    model.states(rows, progress=True)
    assert "300/300" in capsys.readouterr().err


def test_threads_agree(fake_library):
    rows = random_rows(60)
    with xfc.load(fake_library, threads=1) as one, xfc.load(fake_library, threads=3) as three:
        expected = one.encode(rows)
        np.testing.assert_array_equal(three.encode(rows), expected)
        results = [None] * 8

        def work(index):
            results[index] = three.encode(rows)

        threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        for result in results:
            np.testing.assert_array_equal(result, expected)


def test_targets_can_be_chosen(fake_library):
    with xfc.load(fake_library, target="small") as model:
        assert model.info["runtime"]["target"] == "small"
    with pytest.raises(xfc.Error, match="it has `small`, `varied`, `whole`, `never`"):
        xfc.load(fake_library, target="neon")


def test_sessions_of_ones_own(model):
    rows = random_rows(5)
    with model.session(threads=1, max_tokens=64) as session:
        np.testing.assert_array_equal(session.encode(rows), model.encode(rows))
        assert len(session.states(rows)) == 5
        session.set_threads(2)
        with pytest.raises(xfc.Error, match="still has"):
            model.close()
    with pytest.raises(ValueError, match="the session is closed"):
        session.encode(rows)


def test_closed_models_say_so(fake_library):
    model = xfc.load(fake_library)
    model.close()
    model.close()
    with pytest.raises(ValueError, match="the model is closed"):
        model.encode([[1]])


def test_a_session_keeps_its_model(fake_library):
    with xfc.load(fake_library).session() as session:
        assert session.encode([[1]]).shape == (1, 20)


@pytest.mark.parametrize("value", [-1, 1 << 32])
def test_numbers_that_no_option_holds(fake_library, model, value):
    with pytest.raises(ValueError, match=f"`threads` is {value}"):
        xfc.load(fake_library, threads=value)
    with pytest.raises(ValueError, match=f"`max_tokens` is {value}"):
        model.session(max_tokens=value)
    with model.session() as session, pytest.raises(ValueError, match=f"`threads` is {value}"):
        session.set_threads(value)


def test_tokenizers_that_are_none(fake_library, tmp_path):
    with pytest.raises(FileNotFoundError, match="no tokenizer at"):
        xfc.load(fake_library, tokenizer=tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ValueError, match="is no tokenizer.json"):
        xfc.load(fake_library, tokenizer=tmp_path / "tokenizer.json")
    with pytest.raises(TypeError, match="`tokenizer` is a int"):
        xfc.load(fake_library, tokenizer=3)


def test_handles_cannot_be_copied(model):
    with model.session() as session:
        for thing, text in ((model, "load the library again"), (session, "make another with Model.session")):
            for copier in (copy.copy, copy.deepcopy, pickle.dumps):
                with pytest.raises(TypeError, match=text):
                    copier(thing)


@pytest.mark.parametrize("error", [xfc.Error(3, "text"), xfc.Error(99, "text"), xfc.CompileError("text", 1)])
def test_errors_come_back_from_another_process(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == "text" and vars(again) == vars(error)


def test_memory_does_not_grow(model):
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def work(times):
        for _ in range(times):
            model.encode([[1, 2, 3]])
            with pytest.raises(xfc.Error):
                model.encode([[100]])

    work(200)
    before = resident()
    work(2000)
    assert resident() - before < 1 << 20


def test_idle_workers_sleep(model):
    model.encode(random_rows(100))
    time.sleep(0.05)
    start = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - start < 0.03


@pytest.mark.parametrize(
    "rows, error, text",
    [
        ([[1], [2, 100]], xfc.Error, "row 1, position 1: id 100 is outside 0 .. 99"),
        ([[1], [-1]], xfc.Error, "row 1, position 0: id -1 is outside 0 .. 99"),
        ([[1], []], xfc.Error, "row 1 is empty"),
        ([[1] * 65], xfc.Error, "row 0 has 65 tokens, `fake` takes at most 64"),
        ([[1], [0.5]], TypeError, "row 1: ids are float64, they must be integers"),
        ([[1], [[2]]], ValueError, "row 1: ids have 2 dimensions"),
        ([[1], [[2, 3], [4]]], ValueError, "row 1: ids are nested"),
        ([[1], [1 << 40]], ValueError, "row 1: ids do not fit 32 bits"),
        ([3], ValueError, "row 0: ids have 0 dimensions"),
        ("a text", TypeError, "give a list of strings"),
        (["a text"], TypeError, "without a tokenizer"),
        (["a text", [1]], TypeError, "mixes strings and token ids"),
    ],
)
def test_bad_rows(model, rows, error, text):
    with pytest.raises(error, match=text):
        model.encode(rows)
    assert model.encode([[1]]).shape == (1, 20)


def test_one_string_is_no_list_of_letters(fake_library):
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"7": 7}, unk_token="7"))
    with xfc.load(fake_library, tokenizer=tokenizer) as model:
        for call in (model.tokenize, model.encode, model.encode_iter, model.states):
            with pytest.raises(TypeError, match="give a list of strings"):
                call("7 7")
        assert model.tokenize(["7"]) == [[7]]


def test_the_compiler_is_imported_when_first_used():
    code = "import sys, xfc; assert 'xfc.compiler' not in sys.modules; xfc.compile, xfc.CompileError; assert 'xfc.compiler' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert set(xfc.__all__) <= set(dir(xfc))
    with pytest.raises(AttributeError, match="no attribute `compiel`"):
        xfc.compiel


def test_errors_in_later_pieces_count_rows_as_the_caller_does(model):
    rows = random_rows(300)
    rows[299] = [1, 100]
    with pytest.raises(xfc.Error, match="row 299, position 1") as caught:
        model.encode(rows, progress=lambda *_: pytest.fail("something ran"))
    assert caught.value.status is xfc.Status.INVALID_ID


def test_libraries_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="no library at"):
        xfc.load(tmp_path / "libnone.so")
    (tmp_path / "libtext.so").write_text("no library")
    with pytest.raises(xfc.Error, match="cannot be loaded"):
        xfc.load(tmp_path / "libtext.so")
    import _ctypes

    with pytest.raises(xfc.Error, match="exports no `xf_get_api`"):
        xfc.load(_ctypes.__file__)


def test_cancel_from_another_thread(model, delay):
    delay(1000)
    timer = threading.Timer(0.2, model.cancel)
    timer.start()
    start = time.monotonic()
    with pytest.raises(xfc.Error, match="cancelled") as caught:
        while True:  # a timer that finds nothing running would have no effect
            model.encode(random_rows(300))
            assert time.monotonic() - start < 60
    assert caught.value.status is xfc.Status.CANCELLED
    delay(0)
    assert model.encode([[1]]).shape == (1, 20)


def test_cancel_between_two_pieces(model):
    """The library forgets it, as nothing runs there at that moment; the model does not."""
    seen = []

    def progress(done, total):
        seen.append(done)
        model.cancel()

    with pytest.raises(xfc.Error, match=r"`encode` was cancelled after \d+ of 300 rows") as caught:
        model.encode(random_rows(300), progress=progress)
    assert caught.value.status is xfc.Status.CANCELLED and len(seen) <= 1
    assert model.encode(random_rows(300)).shape == (300, 20)


def test_ctrl_c_ends_between_pieces(model, delay):
    delay(1000)
    seen = []

    def progress(done, total):
        seen.append(done)
        if len(seen) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        model.encode(random_rows(300), progress=progress)
    assert seen[-1] < 300
    delay(0)
    assert model.encode([[1]]).shape == (1, 20)


def test_other_threads_run_meanwhile(model, delay):
    """The GIL is free while the library computes."""
    delay(2000)
    turns = 0
    worker = threading.Thread(target=model.encode, args=([[1] * 64] * 8,))
    worker.start()
    while worker.is_alive():
        turns += 1
        time.sleep(0.001)
    assert turns > 10
