"""What a contender is: a function that prepares one job and returns the call to be timed, registered under a name.

    @contender("ort-plain", package="onnxruntime", feeds=("padded", "buckets", "single"))
    def plain(job):
        ...
        return lambda: vectors      # float32 [rows, width], the mean state of each row's tokens scaled to length 1
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xfc_bench.models import MODELS, Model
from xfc_bench.workloads import IN_STREAMS, Batch, batches_of

MODULES = ("xfc", "ort", "openvino", "torch", "ct2")


@dataclass(frozen=True)
class Job:
    """One model on one shape, fed in one way. files: paths by name, see artifacts.py; "case" holds the rows and the reference."""

    model: Model
    shape: str
    feed: str
    threads: int
    files: dict[str, Path]

    def rows(self) -> list[np.ndarray]:
        """Token ids, an int64 array a row."""
        with np.load(self.files["case"]) as case:
            return np.split(case["ids"], case["offsets"][1:-1])

    def expected(self) -> np.ndarray:
        with np.load(self.files["case"]) as case:
            return case["vectors"]

    def batches(self) -> list[Batch]:
        return batches_of(self.rows(), self.feed)

    def as_dict(self) -> dict:
        files = {name: str(path) for name, path in self.files.items()}
        return {"model": self.model.name, "shape": self.shape, "feed": self.feed, "threads": self.threads, "files": files}

    @staticmethod
    def from_dict(values: dict) -> "Job":
        files = {name: Path(path) for name, path in values["files"].items()}
        return Job(MODELS[values["model"]], values["shape"], values["feed"], values["threads"], files)


@dataclass(frozen=True)
class Contender:
    """package: what must be importable. feeds: of the ragged batch. models: those it can run. own: it is the library itself."""

    name: str
    prepare: Callable[[Job], Callable[[], np.ndarray]]
    package: str
    feeds: tuple[str, ...]
    models: tuple[str, ...]
    note: str
    own: bool

    def feeds_for(self, shape: str, threads: int) -> list[str]:
        if shape != "ragged":
            return ["as is"]
        return [feed for feed in self.feeds if threads > 1 or feed not in IN_STREAMS]


REGISTRY: dict[str, Contender] = {}


def contender(name, package, feeds=("as is",), models=tuple(MODELS), note="", own=False):
    """Registers the function below it."""

    def register(prepare):
        REGISTRY[name] = Contender(name, prepare, package, tuple(feeds), tuple(models), note, own)
        return prepare

    return register


def load_contenders() -> dict[str, Contender]:
    """All contenders by name, the library first. A module imports its runtime only when a job is prepared."""
    for module in MODULES:
        importlib.import_module(f"xfc_bench.contenders.{module}")
    return REGISTRY
