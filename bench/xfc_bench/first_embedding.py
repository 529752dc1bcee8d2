"""A process whose cold start is timed: `python -m xfc_bench.first_embedding [CONTENDER JOB]`; without arguments, what all of them pay.

It imports little, and prints {"done": monotonic clock in seconds, "memory": kB, "vector": [...]}.
"""

import json
import os
import sys
import time

import numpy as np

from xfc_bench.contender import Job, load_contenders
from xfc_bench.machine import memory_kb


def main(arguments):
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a runtime prints is no answer
    vector = np.empty(0)
    if arguments:
        name, job = arguments
        vector = load_contenders()[name].prepare(Job.from_dict(json.loads(job)))()
    done = time.clock_gettime(time.CLOCK_MONOTONIC)
    out.write(json.dumps({"done": done, "memory": memory_kb(), "vector": np.asarray(vector).ravel().tolist()}) + "\n")
    out.flush()
    os._exit(0)  # some runtimes take long to end


if __name__ == "__main__":
    main(sys.argv[1:])
