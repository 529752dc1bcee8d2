"""Ctrl-C writes what is known, says so, and leaves no process behind."""

import json
import signal
import subprocess
import time

import pytest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run(command, environment, tmp_path, number):
    arguments = [*command, "--rounds", "100000", "--contenders", "xfc", "ort-plain", "--threads", "1", "--out", str(tmp_path)]
    run = subprocess.Popen(arguments, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for line in run.stderr:
        if line.startswith("MiniLM 1x16"):
            break
    while not children(run.pid):
        assert run.poll() is None
        time.sleep(0.05)
    time.sleep(5)  # more than preparing takes; if it does not, what is known is nothing, and as well written
    workers = children(run.pid)
    run.send_signal(number)
    stdout, stderr = run.communicate(timeout=120)
    assert run.returncode == 130
    assert "interrupted: writing what is known" in stderr
    assert "Traceback" not in stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["complete"] is False
    assert {row["contender"] for row in results["rows"]} == {"xfc", "ort-plain"}
    assert "Interrupted" in (tmp_path / "results.md").read_text()
    assert (tmp_path / "results.svg").exists() and "written:" in stdout
    assert not any(alive(worker) for worker in workers)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
