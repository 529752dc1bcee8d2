"""From the start of a process to its first embedding of 16 tokens, files in the page cache, and the memory it takes.

The fastest of some fresh processes, which take turns. `first_embedding.py` and `cold_start.c` are what runs in them.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from xfc_bench.contender import Job, load_contenders
from xfc_bench.models import MODELS
from xfc_bench.process import environment, interpreter_with

SHAPE = "1x16"
CONTENDERS = ("xfc", "ort-plain", "ort-fused", "openvino", "torch")
CHILD = "xfc_bench.first_embedding"
LIMIT = 300  # seconds, then a process is killed


def commands(files: dict[str, Path], case: Path, cache: Path, program: Path, threads: int) -> dict[str, list[str]]:
    """What is started, by the name of its row."""
    job = Job(MODELS["minilm"], SHAPE, "as is", threads, files | {"case": case})
    cached = Job(MODELS["minilm"], SHAPE, "as is", threads, job.files | {"openvino-cache": cache / "openvino-cache"})
    children = {name: (name, job) for name in CONTENDERS} | {"openvino, model cache": ("openvino", cached)}
    ids = [str(token) for token in job.rows()[0]]
    result = {
        "xfc, C": [str(program), str(files["library"]), str(threads), *ids],
        "Python and NumPy alone": [sys.executable, "-m", CHILD],
    }
    for label, (name, child) in children.items():
        found = interpreter_with(load_contenders()[name].package)
        if found:
            result[label] = [found[0], "-m", CHILD, name, json.dumps(child.as_dict())]
    return result


def measure(commands: dict[str, list[str]], case: Path, threads: int, processes: int, log, step) -> list[dict]:
    """One result a command. step: called after each process."""
    with np.load(case) as data:
        expected = data["vectors"]
    rows = {name: {"name": name} for name in commands}
    for turn in range(processes + 1):  # the first fills the page cache and the caches of Python and OpenVINO
        for name, command in commands.items():
            if "error" not in rows[name]:
                _one(rows[name], command, expected, threads, log, counts=turn > 0)
            step()
    return list(rows.values())


def _one(row, command, expected, threads, log, counts):
    start = time.clock_gettime(time.CLOCK_MONOTONIC)
    try:
        printed = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, env=environment(threads), timeout=LIMIT, check=True)
        answer = json.loads(printed.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        row["error"] = str(error)
        return
    if not counts:
        return
    if answer["vector"]:
        row["largest_difference"] = float(np.abs(np.array(answer["vector"]) - expected).max())
    row["seconds"] = min(row.get("seconds", float("inf")), answer["done"] - start)
    for kind in "peak", "anonymous":
        row[f"{kind}_mb"] = min(row.get(f"{kind}_mb", float("inf")), answer["memory"][kind] * 1.024e-3)
