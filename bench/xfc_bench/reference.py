"""What every output is compared with: a plain forward pass in float64, row by row, so that nothing is padded."""

import math
from pathlib import Path

import numpy as np

from xfc_bench.models import Model

# erf between these is a cubic through its values and slopes: off by less than 1e-13, and NumPy has none.
_STEP, _END = 1 / 1024, 6.0
_GRID = np.arange(0, _END + 2 * _STEP, _STEP)
_ERF = np.array([math.erf(x) for x in _GRID])
_SLOPE = 2 / math.sqrt(math.pi) * np.exp(-(_GRID**2)) * _STEP


def erf(x: np.ndarray) -> np.ndarray:
    size = np.minimum(np.abs(x), _END)
    index = (size / _STEP).astype(np.int64)
    t = size / _STEP - index
    low, high = _ERF[index], _ERF[index + 1]
    slope, next_slope = _SLOPE[index], _SLOPE[index + 1]
    rise = high - low
    return np.copysign(low + t * (slope + t * (3 * rise - 2 * slope - next_slope + t * (slope + next_slope - 2 * rise))), x)


def embeddings(model: Model, weights: Path, rows: list[np.ndarray]) -> np.ndarray:
    """float64 [rows, width]: the mean of each row's token states, scaled to length 1."""
    from safetensors.numpy import load_file

    tensors = {name: value.astype(np.float64) for name, value in load_file(weights).items()}
    return np.stack([_row(model, tensors, row) for row in rows])


def _row(model, tensors, ids):
    def norm(name, x):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + model.eps)
        return x * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def dense(name, x):
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    def split(x):
        return x.reshape(len(ids), model.heads, -1).swapaxes(0, 1)

    table = {part: tensors[f"embeddings.{part}_embeddings.weight"] for part in ("word", "position", "token_type")}
    x = norm("embeddings.LayerNorm", table["word"][ids] + table["position"][: len(ids)] + table["token_type"][0])
    for index in range(model.layers):
        layer = f"encoder.layer.{index}"
        query, key, value = (split(dense(f"{layer}.attention.self.{part}", x)) for part in ("query", "key", "value"))
        scores = query @ key.swapaxes(1, 2) / math.sqrt(model.width // model.heads)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        joined = (shares @ value).swapaxes(0, 1).reshape(len(ids), model.width)
        x = norm(f"{layer}.attention.output.LayerNorm", dense(f"{layer}.attention.output.dense", joined) + x)
        inner = dense(f"{layer}.intermediate.dense", x)
        inner = 0.5 * inner * (1 + erf(inner / math.sqrt(2)))
        x = norm(f"{layer}.output.LayerNorm", dense(f"{layer}.output.dense", inner) + x)
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)
