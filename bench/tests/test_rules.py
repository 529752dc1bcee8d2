"""The rules of measuring: disturbed slices are repeated but nothing hangs, a wrong output wins nothing, failures are shown."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from xfc_bench import cli, plot, quiet, report, results, soak
from xfc_bench.contender import Job, load_contenders
from xfc_bench.models import MODELS
from xfc_bench.process import Process, interpreters
from xfc_bench.rotation import Row


@pytest.fixture
def busy(monkeypatch):
    """Sets what others seem to use of the cores: a number a call of `slice`, the last for all later ones."""
    clock = itertools.count()
    now = {"time": 0.0, "busy": 0.0, "others": iter([0])}

    def tick():
        return now["time"]

    def set_others(*cores):
        now["others"] = iter(cores)

    def ask():
        now["time"] += 1
        now["busy"] += 1 + next(now["others"])
        return {"processor": 1.0, "turn": next(clock)}

    monkeypatch.setattr(quiet.time, "perf_counter", tick)
    monkeypatch.setattr(quiet.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(quiet, "busy_seconds", lambda: now["busy"])
    monkeypatch.setattr(quiet, "load", lambda seconds: now.__setitem__("time", now["time"] + seconds) or 0.0)
    return SimpleNamespace(others=set_others, ask=ask)


def test_quiet_slice_counts_at_once(busy):
    answer, disturbed = quiet.Quiet(100).slice(busy.ask)
    assert (answer["turn"], disturbed) == (0, False)


def test_disturbed_slice_is_repeated(busy, capsys):
    busy.others(1, 0.5, 0)
    judge = quiet.Quiet(100)
    answer, disturbed = judge.slice(busy.ask)
    assert (answer["turn"], disturbed, judge.repeated) == (2, False, 2)
    assert "waiting: other processes use 1.0 cores" in capsys.readouterr().err


def test_a_busy_machine_never_hangs(busy, capsys):
    busy.others(*[1] * 1000)
    judge = quiet.Quiet(20)
    answers = [judge.slice(busy.ask) for _ in range(30)]
    assert all(disturbed for _, disturbed in answers)
    assert judge.repeated < 20 and "slices are no longer repeated" in capsys.readouterr().err


def test_error_is_no_reason_to_wait(busy):
    assert quiet.Quiet(100).slice(lambda: {"error": "broken"}) == ({"error": "broken"}, False)


def measured(tmp_path, name, milliseconds, difference=1e-7, feed="as is", error=None):
    """A row of results as if measured."""
    case = tmp_path / "case.npz"
    np.savez(case, ids=np.arange(16), offsets=[0, 16], vectors=np.zeros((1, 384)))
    row = Row(load_contenders()[name], Job(MODELS["minilm"], "1x16", feed, 1, {"case": case}), error=error)
    row.prepared = {"prepare_seconds": 0.1, "largest_difference": difference, "repeats": True}
    row.memory = {"resident": 1000}
    for disturbed, factor in ((False, 1), (True, 9)):
        times = [milliseconds * factor * 1e-3 * (1 + part / 100) for part in range(101)]
        row.slices.append({"ms": min(times) * 1e3, "calls": len(times), "disturbed": disturbed})
        row.samples.append((disturbed, times))
    return results.row_of(row, {"gemm_gflops": 100.0, "fma_gflops": 200.0})


def test_minimum_percentiles_and_rates(tmp_path):
    row = measured(tmp_path, "xfc", 4)
    assert row["ms"] == pytest.approx({"min": 4, "p50": 6, "p90": 7.6, "p99": 7.96})  # of the undisturbed slice
    assert (row["calls"], row["disturbed"]) == (202, 1)
    assert row["gflops"] == pytest.approx(MODELS["minilm"].flops([16]) / 4e-3 / 1e9)
    assert row["of_gemm"] == pytest.approx(2 * row["of_fma"])


def test_a_wrong_contender_wins_nothing(tmp_path):
    rows = [measured(tmp_path, "xfc", 4), measured(tmp_path, "ort-plain", 1, difference=0.1), measured(tmp_path, "openvino", 6)]
    results.add_ratios(rows)
    [line] = results.summary_of(rows)
    assert (line["peer"], line["ratio"], line["met"]) == ("openvino", pytest.approx(1.5), True)
    assert "1.0e-01 **wrong**" in "\n".join(report.group_table(rows))
    assert [label for label, _, _ in plot.bars(rows)] == ["xfc", "openvino"]


def test_a_failed_contender_is_shown(tmp_path):
    rows = [measured(tmp_path, "xfc", 4), measured(tmp_path, "openvino", 6, error="no such instruction\nat 0")]
    results.add_ratios(rows)
    assert results.summary_of(rows) == []
    assert report.group_table(rows)[-1] == "\nopenvino as is: failed: no such instruction"


def test_a_long_run_that_breaks_is_an_error(tmp_path):
    with open(tmp_path / "log", "w") as log:
        found = soak.run(tmp_path / "no.so", 1, 10, log, lambda calls: None)
    assert "the process ended with code 1 after 0 calls" in report.soak_text(found)


def test_options_that_measure_nothing(monkeypatch, capsys):
    for option in ("--threads", "--rounds"):
        with pytest.raises(SystemExit):
            cli.parse([option, "0"])
        assert "0 is not at least 1" in capsys.readouterr().err
    monkeypatch.setenv("XFC_BENCH_PYTHON", "no-such-python")
    with pytest.raises(SystemExit, match="`no-such-python`, which is no program"):
        interpreters()


def test_a_worker_that_dies_or_hangs_is_an_error(tmp_path):
    with open(tmp_path / "log", "w") as log:
        worker = Process("python3", "timeit", ["-n1", "-r1", "import time; time.sleep(60)"], 1, log)
        assert worker.ask(0.2, do="run") == {"error": "took longer than 0 s"}
        assert not worker.alive
        worker = Process("python3", "no_such_module", [], 1, log)
        assert "the process ended with code 1" in worker.ask(30, do="run")["error"]
