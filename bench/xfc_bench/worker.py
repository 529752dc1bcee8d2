"""The process in which one contender runs: answers requests, a JSON object a line, until its input ends.

    {"do": "prepare", "job": {...}}                         -> {"prepare_seconds": s, "largest_difference": d, "repeats": true}
    {"do": "run", "job": {...}, "seconds": s, "calls": n}   -> {"times": [...], "processor": s, "memory": {...}}

`run` calls for that many seconds, and at least that many times. Anything that fails is answered {"error": text}.
"""

import json
import os
import resource
import sys
import time
import traceback

import numpy as np

from xfc_bench.contender import Job, load_contenders
from xfc_bench.machine import memory_kb

MOST_CALLS = 20000


class Worker:
    def __init__(self, name):
        self.contender, self.calls = load_contenders()[name], {}

    def prepare(self, request):
        job = Job.from_dict(request["job"])
        start = time.perf_counter()
        call = self.contender.prepare(job)
        first = np.array(call())
        seconds = time.perf_counter() - start
        expected = job.expected()
        if first.shape != expected.shape:
            raise ValueError(f"the output is {first.shape}, it should be {expected.shape}")
        if not np.isfinite(first).all():
            raise ValueError("the output holds what is no number")
        self.calls[key(request)] = call
        return {
            "prepare_seconds": seconds,
            "largest_difference": float(np.abs(first - expected).max()),
            "repeats": bool(np.array_equal(first, call())),
        }

    def run(self, request):
        call, times = self.calls[key(request)], []
        before, start = processor_seconds(), time.perf_counter()
        now = start
        while len(times) < request["calls"] or (now - start < request["seconds"] and len(times) < MOST_CALLS):
            begin = time.perf_counter()
            call()
            now = time.perf_counter()
            times.append(now - begin)
        return {"times": times, "processor": processor_seconds() - before, "memory": memory_kb()}


def key(request):
    return json.dumps(request["job"], sort_keys=True)


def processor_seconds():
    """What this process and its ended children have used of all cores."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def serve(handlers):
    """Answers requests from stdin. What a runtime prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer = handlers[request["do"]](request)
        except Exception as error:  # a contender may fail in any way; its row says how
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    os._exit(0)  # some runtimes crash or hang in their own shutdown


if __name__ == "__main__":
    worker = Worker(sys.argv[1])
    serve({"prepare": worker.prepare, "run": worker.run})
