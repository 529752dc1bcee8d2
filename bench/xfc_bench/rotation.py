"""One rotation: all contenders on one model, shape and thread count take turns in shuffled order, the machine's ceilings among them."""

import random
from dataclasses import dataclass, field

import numpy as np

from xfc_bench.contender import Contender, Job
from xfc_bench.process import Process, interpreter_with, interpreters
from xfc_bench.quiet import Quiet, say

PREPARE_SECONDS, RUN_SECONDS = 900, 300  # a contender that takes longer is killed
CEILINGS = "ceilings"


@dataclass
class Row:
    """What is known of one contender on one job."""

    contender: Contender
    job: Job
    prepared: dict = field(default_factory=dict)
    slices: list[dict] = field(default_factory=list)
    samples: list[tuple[bool, list[float]]] = field(default_factory=list)  # (disturbed, seconds of each call)
    memory: dict = field(default_factory=dict)
    error: str | None = None

    def seconds(self) -> np.ndarray:
        """Of every call in slices that nothing disturbed; of all calls if there is no such slice."""
        quiet = [times for disturbed, times in self.samples if not disturbed]
        return np.concatenate(quiet or [times for _, times in self.samples])


@dataclass(frozen=True)
class Plan:
    """rounds: slices of each. seconds: of a slice. ceilings: the program, and seconds for each product, or None for no ceilings."""

    rounds: int
    seconds: float
    ceilings: tuple[str, float] | None


class Rotation:
    """rows and ceilings hold what has been measured, also after an interruption. step: called with the seconds planned for what is done."""

    def __init__(self, plan: Plan, jobs: list[tuple[Contender, Job]], quiet: Quiet, log, step):
        self.plan, self.quiet, self.log, self.step = plan, quiet, log, step
        self.rows = [Row(contender, job) for contender, job in jobs]
        self.threads = jobs[0][1].threads
        self.ceilings: list[dict] = []
        self.processes: dict[str, Process] = {}

    def run(self):
        try:
            for row in self.rows:
                self._prepare(row)
            if self.plan.ceilings:
                self._start_ceilings()
            turns = [row for row in self.rows if not row.error] + ([CEILINGS] if self.plan.ceilings else [])
            shuffle = random.Random(0)
            for _ in range(self.plan.rounds):
                shuffle.shuffle(turns)
                for turn in turns:
                    self._ceilings() if turn is CEILINGS else self._slice(turn)
        finally:
            for process in self.processes.values():
                process.kill()

    def _prepare(self, row):
        name = row.contender.name
        if name not in self.processes or not self.processes[name].alive:
            python, _ = interpreter_with(row.contender.package)
            self.processes[name] = Process(python, "xfc_bench.worker", [name], self.threads, self.log)
        row.prepared = self.processes[name].ask(PREPARE_SECONDS, do="prepare", job=row.job.as_dict())
        row.error = row.prepared.get("error")
        if row.error:
            say(f"{name} on {row.job.model.name} {row.job.shape}: {row.error.splitlines()[0]}")
        self.step(preparation_seconds(row.job))

    def _slice(self, row):
        if not row.error:
            request = {"do": "run", "job": row.job.as_dict(), "seconds": self.plan.seconds, "calls": 1}
            answer, disturbed = self.quiet.slice(lambda: self.processes[row.contender.name].ask(RUN_SECONDS, **request))
            if "error" in answer:
                row.error = answer["error"]
                say(f"{row.contender.name} on {row.job.model.name} {row.job.shape}: {row.error.splitlines()[0]}")
            else:
                times, row.memory = answer["times"], answer["memory"]
                row.slices.append({"ms": min(times) * 1e3, "calls": len(times), "disturbed": disturbed})
                row.samples.append((disturbed, times))
        self.step(slice_seconds(self.plan, row.job))

    def _start_ceilings(self):
        program, seconds = self.plan.ceilings
        python = interpreters()[-1]  # the one that may bring torch, and with it another BLAS
        self.processes[CEILINGS] = Process(python, "xfc_bench.ceilings", [program, self.threads, seconds], self.threads, self.log)

    def _ceilings(self):
        answer, disturbed = self.quiet.slice(lambda: self.processes[CEILINGS].ask(RUN_SECONDS, do="run"))
        if "error" in answer:
            raise RuntimeError(f"the ceilings cannot be measured: {answer['error']}")
        self.ceilings.append(answer | {"disturbed": disturbed})
        self.step(ceiling_seconds(self.plan))


def preparation_seconds(job: Job) -> float:
    """A guess, for the progress bar; so are those below."""
    return 0.8 if job.model.name == "minilm" else 3.0


def slice_seconds(plan: Plan, job: Job) -> float:
    tokens = {"ragged": 900}.get(job.shape) or np.prod([int(part) for part in job.shape.split("x")])
    padding = 4 if job.feed == "padded" else 1
    return max(plan.seconds, padding * job.model.flops([1]) * tokens / (8e10 * job.threads)) + 0.05


def ceiling_seconds(plan: Plan) -> float:
    return 1 + 8 * plan.ceilings[1] if plan.ceilings else 0


def planned_seconds(plan: Plan, jobs: list[Job]) -> float:
    """Of a whole rotation."""
    return sum(preparation_seconds(job) + plan.rounds * slice_seconds(plan, job) for job in jobs) + plan.rounds * ceiling_seconds(plan)
