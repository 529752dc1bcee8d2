"""What the benchmark's tests run on: the build, and one run of the short form that several of them look at."""

import json
import os
import pathlib
import subprocess
import sys
from types import SimpleNamespace

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[1]
ROOT = BENCH.parent
sys.path[:0] = [str(BENCH), str(ROOT / "python")]


def pytest_addoption(parser):
    parser.addoption("--build", type=pathlib.Path, default=ROOT / "build", help="build folder")


@pytest.fixture(scope="session")
def build(pytestconfig):
    return pytestconfig.getoption("--build").resolve()


@pytest.fixture(scope="session")
def environment(build):
    """A kernel cache of the tests', so that they neither depend on the user's nor fill it; only the packages of this Python."""
    clean = {name: value for name, value in os.environ.items() if name != "XFC_BENCH_PYTHON"}
    return clean | {"PYTHONPATH": f"{BENCH}:{ROOT / 'python'}", "XDG_CACHE_HOME": str(build / "test" / "cache")}


@pytest.fixture(scope="session")
def command(build):
    """The short form; what it loads is kept in the build folder."""
    return [sys.executable, "-m", "xfc_bench", "--quick", "--build", str(build), "--cache", str(build / "bench" / "cache")]


@pytest.fixture(scope="session")
def quick(command, environment, tmp_path_factory):
    """One run of the short form with a long run of 300 calls: its folder, results and standard output."""
    folder = tmp_path_factory.mktemp("quick")
    done = subprocess.run([*command, "--soak", "300", "--out", str(folder)], env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr + (folder / "workers.log").read_text()
    return SimpleNamespace(folder=folder, results=json.loads((folder / "results.json").read_text()), stdout=done.stdout)
