"""Builds what the contenders load, once per content: the library, ONNX files, and cases (rows with the vectors expected of them).

Names carry a hash of everything a file depends on, so that a changed source is a new file and an old one is never mistaken for it.
"""

import hashlib
import importlib.metadata
import inspect
from pathlib import Path

import numpy as np

from xfc_bench import models, onnx_model, reference, workloads
from xfc_bench.models import Model, weights_path

DIGITS = 10  # of a hash


class Artifacts:
    """cache: folder of the files. compiler: the program `xfc`. say: takes a line about what is being built."""

    def __init__(self, cache: Path, compiler: Path, say=lambda line: None):
        self.cache, self.compiler, self.say = cache, compiler, say
        self.known = {}
        cache.mkdir(parents=True, exist_ok=True)

    def files(self, model: Model) -> dict[str, Path]:
        """The paths by name that a Job of this model needs, besides its case."""
        if model.name not in self.known:
            weights = weights_path(model, self.cache)
            onnx, fused = self._onnx(model, weights)
            library = self._library(model, weights)
            self.known[model.name] = {"weights": weights, "library": library, "onnx": onnx, "onnx-fused": fused}
        return self.known[model.name]

    def case(self, model: Model, shape: str) -> Path:
        """An .npz of `ids`, `offsets` and `vectors`, float64 [rows, width]."""
        weights = weights_path(model, self.cache)
        path = self._path(f"{model.name}-{shape}", ".npz", _stamp(weights), *workloads.sentences(), *map(_source, (reference, workloads, models)))
        if not path.exists():
            self.say(f"{model.name} {shape}: computing the reference in float64")
            rows = workloads.rows_of(shape)
            vectors = reference.embeddings(model, weights, rows)
            partial = path.with_suffix(".partial.npz")
            np.savez(partial, ids=np.concatenate(rows), offsets=np.cumsum([0] + [len(row) for row in rows]), vectors=vectors)
            partial.rename(path)
        return path

    def _library(self, model, weights):
        """Compiled anew in each run, from the user's kernel cache: what is timed is what `xfc` makes now."""
        import xfc

        self.say(f"{model.name}: compiling")
        out = self.cache / f"lib{model.name}.so"
        return xfc.compile(model.spec, weights=weights, out=out, compiler=self.compiler, weights_in="file")

    def _onnx(self, model, weights):
        content = _stamp(weights), _source(onnx_model), _source(models)
        plain = self._path(model.name, ".onnx", *content)
        fused = self._path(f"{model.name}-fused", ".onnx", *content, importlib.metadata.version("onnxruntime"))
        if not plain.exists():
            self.say(f"{model.name}: writing ONNX")
            onnx_model.write_onnx(model, weights, plain)
        if not fused.exists():
            self.say(f"{model.name}: fusing ONNX")
            onnx_model.write_fused(model, plain, fused)
        return plain, fused

    def _path(self, stem, suffix, *content):
        """The file of this content; if it is yet to be made, those of other content are deleted."""
        path = self.cache / f"{stem}-{hashlib.sha256('|'.join(content).encode()).hexdigest()[:DIGITS]}{suffix}"
        if not path.exists():
            for old in self.cache.glob(f"{stem}-{'[0-9a-f]' * DIGITS}{suffix}"):
                old.unlink()
        return path


def _stamp(path):
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _source(module):
    return inspect.getsource(module)
