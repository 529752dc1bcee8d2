"""Writes random weights in Hugging Face BERT naming for tiny.xf.

usage: checkpoint.py OUT [--drop NAME] [--extra NAME] [--reshape NAME] [--nan NAME]
"""

import argparse

import numpy as np
from safetensors.numpy import save_file

DIM, DEPTH, TOKENS, LENGTH, TYPES = 24, 2, 50, 20, 2


def tensors(seed=0):
    rng = np.random.default_rng(seed)

    def weight(*shape):
        return (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    def norm(name):
        return {f"{name}.weight": 1 + 0.1 * weight(DIM), f"{name}.bias": 0.1 * weight(DIM)}

    def dense(name, out, inner):
        return {f"{name}.weight": weight(out, inner), f"{name}.bias": 0.1 * weight(out)}

    result = {
        "embeddings.word_embeddings.weight": weight(TOKENS, DIM),
        "embeddings.position_embeddings.weight": weight(LENGTH, DIM),
        "embeddings.token_type_embeddings.weight": weight(TYPES, DIM),
        **norm("embeddings.LayerNorm"),
    }
    for i in range(DEPTH):
        layer = f"encoder.layer.{i}"
        for part in ("query", "key", "value"):
            result |= dense(f"{layer}.attention.self.{part}", DIM, DIM)
        result |= dense(f"{layer}.attention.output.dense", DIM, DIM) | norm(f"{layer}.attention.output.LayerNorm")
        result |= dense(f"{layer}.intermediate.dense", 4 * DIM, DIM) | dense(f"{layer}.output.dense", DIM, 4 * DIM)
        result |= norm(f"{layer}.output.LayerNorm")
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    for flag in ("--drop", "--extra", "--reshape", "--nan"):
        parser.add_argument(flag)
    args = parser.parse_args()
    values = tensors()
    if args.drop:
        del values[args.drop]
    if args.extra:
        values[args.extra] = np.zeros(3, np.float32)
    if args.reshape:
        values[args.reshape] = values[args.reshape][:-1]
    if args.nan:
        values[args.nan].flat[5] = np.nan
    save_file(values, args.out)
