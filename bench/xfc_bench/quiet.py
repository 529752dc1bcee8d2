"""Slices that had the cores for themselves: one during which anything else ran is repeated, after waiting for the machine to calm down."""

import sys
import time

from tqdm import tqdm

from xfc_bench.machine import busy_seconds, load

# Cores that others may use meanwhile: the driver, the kernel's own work and the 10 ms grain of the counters stay below.
ALLOWED = 0.12
# The grain of /proc/stat makes shorter slices look disturbed, or not, by chance.
TRIES = 4
SETTLE = 0.03  # seconds: pools of the worker before spin for some milliseconds after their last call


def say(line: str):
    """A line on stderr, above a progress bar if there is one."""
    tqdm.write(line, file=sys.stderr)


class Quiet:
    """patience: seconds that may be spent on waiting and repeating in all, so that a busy machine never hangs a run."""

    def __init__(self, patience: float):
        self.patience, self.repeated = patience, 0

    def slice(self, ask) -> tuple[dict, bool]:
        """(the answer of `ask()`, whether it was disturbed). Of several tries the first quiet one, else the last."""
        for attempt in range(TRIES):
            time.sleep(SETTLE)
            busy, start = busy_seconds(), time.perf_counter()
            answer = ask()
            elapsed = time.perf_counter() - start
            if "error" in answer:
                return answer, False
            others = (busy_seconds() - busy - answer["processor"]) / elapsed
            if others <= max(ALLOWED, 0.02 / elapsed):
                return answer, False
            if attempt == TRIES - 1 or self.patience <= 0:
                return answer, True
            self.repeated += 1
            self.patience -= elapsed
            self._wait(others)
        raise AssertionError("unreachable")

    def _wait(self, others):
        """Returns when the machine is quiet, or after ten seconds."""
        start = time.perf_counter()
        say(f"waiting: other processes use {others:.1f} cores; this slice will be repeated")
        while time.perf_counter() - start < min(10, self.patience) and load(0.3) > ALLOWED:
            pass
        self.patience -= time.perf_counter() - start
        if self.patience <= 0:
            say("the machine stays busy: slices are no longer repeated, but marked as disturbed")
