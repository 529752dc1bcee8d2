"""A long run of short calls: memory must not grow. As a program, `python -m xfc_bench.soak LIBRARY THREADS CALLS`, the process that makes them.

It prints a line of JSON now and then: {"calls": done, "resident": kB, "anonymous": kB}.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from xfc_bench.machine import memory_kb
from xfc_bench.process import environment

LENGTHS = (1, 3, 4, 7, 9, 16)  # tokens of a call; every size is met before the first count
WARM_UP = 600
MARKS = 100


def run(library: Path, threads: int, calls: int, log, step) -> dict:
    """What `calls` calls did to the memory of a fresh process. Interrupted, it raises KeyboardInterrupt with the result so far as argument.

    step: called with the calls made since the last time.
    """
    command = [sys.executable, "-m", "xfc_bench.soak", str(library), str(threads), str(calls)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, env=environment(threads), text=True, start_new_session=True
    )
    marks, start = [], time.perf_counter()
    try:
        for line in process.stdout:
            marks.append(json.loads(line))
            step(marks[-1]["calls"] - (marks[-2]["calls"] if len(marks) > 1 else 0))
        code = process.wait()
    except KeyboardInterrupt:
        raise KeyboardInterrupt(result(marks, calls, start)) from None
    finally:
        process.kill()
        process.wait()
    found = result(marks, calls, start)
    return found | {"error": f"the process ended with code {code} after {found['calls']} calls"} if code else found


def result(marks: list[dict], calls: int, start: float) -> dict:
    """Memory in MB at the start, after a tenth, and at the end; growth is what came after the first tenth."""
    if not marks:
        return {"calls": 0, "planned": calls, "error": "no call was made"}

    def at(done):
        mark = min(marks, key=lambda mark: abs(mark["calls"] - done))
        return {kind: mark[kind] * 1.024e-3 for kind in ("resident", "anonymous")}

    done = marks[-1]["calls"]
    first, tenth, last = at(0), at(done / 10), at(done)
    return {
        "calls": done,
        "planned": calls,
        "seconds": time.perf_counter() - start,
        "start_mb": first["resident"],
        "tenth_mb": tenth["resident"],
        "end_mb": last["resident"],
        "growth_mb": last["resident"] - tenth["resident"],
        "anonymous_growth_mb": last["anonymous"] - tenth["anonymous"],
    }


def main(library, threads, calls):
    import xfc

    random = np.random.default_rng(0)
    rows = [random.integers(0, 30522, length).astype(np.int32) for length in LENGTHS]
    with xfc.load(library, threads=int(threads)) as model:
        for index in range(WARM_UP):
            model.encode([rows[index % len(rows)]])
        calls, step = int(calls), max(1, int(calls) // MARKS)
        for done in range(calls + 1):
            if done % step == 0 or done == calls:
                memory = memory_kb()
                print(json.dumps({"calls": done, "resident": memory["resident"], "anonymous": memory["anonymous"]}), flush=True)
            if done < calls:
                model.encode([rows[done % len(rows)]])


if __name__ == "__main__":
    main(*sys.argv[1:])
