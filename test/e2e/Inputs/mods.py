"""Writes random weights for mods.xf, rows of ids, and the states that its models give, computed here in float64: mods.py FOLDER"""

import math
import pathlib
import sys

import numpy as np
from safetensors.numpy import save_file

DIM, DEPTH, HEADS, KEY_HEADS, HEAD_DIM, TOKENS, LENGTH = 32, 2, 4, 2, 8, 30, 40
REACH, CAP = 5, 0.7


def slope(h):
    return 2.0 ** (-8 * (h + 1) / HEADS)


def mixed_score(s, h, i, j):
    return CAP * math.tanh(s / CAP) + (math.sin(0.3 * i) if h == 2 else -0.05 * (j % 4)) - max((j - i) // 3, -2)


# Of each model: the new score of s, and whether query i of head h sees key j.
MODS = {
    "causal": (lambda s, h, i, j: s, lambda h, i, j: j <= i),
    "window": (lambda s, h, i, j: s, lambda h, i, j: 0 <= i - j <= REACH),
    "alibi": (lambda s, h, i, j: s - slope(h) * abs(i - j), lambda h, i, j: True),
    "softclamp": (lambda s, h, i, j: CAP * math.tanh(s / CAP), lambda h, i, j: True),
    "mixed": (mixed_score, lambda h, i, j: i - j < REACH or j < 2 or (i % 3 == 1 and h != 0)),
}


def make_weights(rng):
    def weight(*shape):
        return (rng.standard_normal(shape) * 2 / np.sqrt(shape[-1])).astype(np.float32)

    weights = {"token_emb.emb.weight": weight(TOKENS, DIM), "pos_emb.emb.weight": weight(LENGTH, DIM) * 4}
    for layer in range(DEPTH):
        name = f"attn_layers.layers.{layer}"
        weights[f"{name}.0.0.gamma"] = weight(DIM)
        for part, heads in (("q", HEADS), ("k", KEY_HEADS), ("v", KEY_HEADS)):
            weights[f"{name}.1.to_{part}.weight"] = weight(heads * HEAD_DIM, DIM)
        weights[f"{name}.1.to_out.weight"] = weight(DIM, HEADS * HEAD_DIM)
    return weights | {"attn_layers.final_norm.gamma": weight(DIM)}


def norm(x, gain):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * (gain + 1)


def attention(q, k, v, score, sees):
    n = len(q)
    logits = np.array([[score(q[i] @ k[j] / math.sqrt(HEAD_DIM), i, j) if sees(i, j) else -np.inf for j in range(n)] for i in range(n)])
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v


def states(weights, ids, score, sees):
    w = {name: tensor.astype(np.float64) for name, tensor in weights.items()}
    n = len(ids)
    x = w["token_emb.emb.weight"][ids] + w["pos_emb.emb.weight"][:n] * DIM**-0.5
    for layer in range(DEPTH):
        name = f"attn_layers.layers.{layer}"
        y = norm(x, w[f"{name}.0.0.gamma"])
        q, k, v = ((y @ w[f"{name}.1.to_{part}.weight"].T).reshape(n, -1, HEAD_DIM).swapaxes(0, 1) for part in "qkv")
        heads = [
            attention(q[h], k[h % KEY_HEADS], v[h % KEY_HEADS], lambda s, i, j: score(s, h, i, j), lambda i, j: sees(h, i, j))
            for h in range(HEADS)
        ]
        x = x + np.concatenate(heads, -1) @ w[f"{name}.1.to_out.weight"].T
    return norm(x, w["attn_layers.final_norm.gamma"])


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    rng = np.random.default_rng(0)
    weights = make_weights(rng)
    save_file(weights, folder / "mods.safetensors")
    rows = [rng.integers(0, TOKENS, length) for length in (1, 2, 17, 40)]
    np.savetxt(folder / "ids", [",".join(map(str, row)) for row in rows], "%s")
    for name, mods in MODS.items():
        expected = np.concatenate([states(weights, row, *mods) for row in rows])
        np.savetxt(folder / f"{name}.expected", expected, "%.9g")
