"""Writes a checkpoint again, in another dtype or broken in one way.

usage: rewrite.py IN OUT CASE
"""

import json
import struct
import sys

import numpy as np

NAME = "encoder.layer.0.intermediate.dense.weight"
EMPTY = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}


def read(path):
    """The tensors of an F32 file, by name."""
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header, data = json.loads(data[8 : 8 + size]), data[8 + size :]
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[slice(*info["data_offsets"])], "<f4").reshape(info["shape"])
        for name, info in header.items()
    }


def bfloat(values):
    """Upper halves of f32, cut off: which way they are rounded does not matter here."""
    return (values.view("<u4") >> 16).astype("<u2")


ENCODE = {
    "F32": lambda v: v,
    "F16": lambda v: v.astype("<f2"),
    "BF16": bfloat,
    "F64": lambda v: v.astype("<f8"),
}
ROUND = {
    "F16": lambda v: v.astype("<f2").astype("<f4"),
    "BF16": lambda v: (bfloat(v).astype("<u4") << 16).view("<f4"),
}


def pack(tensors, dtype="F32", edit=lambda header: None, text=lambda header: header, length=lambda size: size, end=0):
    """The bytes of a file; `edit`, `text`, `length` and `end` are where it can be broken."""
    header, data = {}, b""
    for name, values in tensors.items():
        piece = ENCODE[dtype](values).tobytes()
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    edit(header)
    words = text(json.dumps(header)).encode()
    return struct.pack("<Q", length(len(words))) + words + (data[:end] if end < 0 else data + bytes(end))


def field(**fields):
    return lambda header: header[NAME].update(fields)


def move(distance):
    def edit(header):
        header[NAME]["data_offsets"] = [at + distance for at in header[NAME]["data_offsets"]]

    return edit


def add(**entry):
    return lambda header: header.update(extra={**EMPTY, **entry})


def with_value(tensors, value):
    values = tensors[NAME].copy()
    values[3, 1] = value
    return {**tensors, NAME: values}


CASES = {
    "f16": lambda t: pack(t, "F16"),
    "f16-as-f32": lambda t: pack({name: ROUND["F16"](v) for name, v in t.items()}),
    "bf16": lambda t: pack(t, "BF16"),
    "bf16-as-f32": lambda t: pack({name: ROUND["BF16"](v) for name, v in t.items()}),
    "empty-metadata": lambda t: pack(t, edit=lambda header: header.update(__metadata__={})),
    # The layout ignores this name, so the file may hold it, with shape [0] too.
    "empty-tensor": lambda t: pack(t, edit=lambda header: header.update({"embeddings.position_ids": EMPTY})),
    "header-past-end": lambda t: pack(t, length=lambda size: 90_000_000),
    "header-huge": lambda t: pack(t, length=lambda size: 100_000_001),
    "header-zero": lambda t: pack(t, length=lambda size: 0),
    "header-max": lambda t: pack(t, length=lambda size: 2**64 - 1),
    "overflow": lambda t: pack(t, edit=add(shape=[2**32, 2**32])),
    "past-end": lambda t: pack(t, edit=add(shape=[2**20], data_offsets=[0, 2**22])),
    "overlap": lambda t: pack(t, edit=move(-4)),
    "hole": lambda t: pack(t, edit=move(4)),
    "wrong-dtype": lambda t: pack(t, edit=field(dtype="I32")),
    "f64": lambda t: pack(t, "F64"),
    "unknown-dtype": lambda t: pack(t, edit=field(dtype="F7")),
    "negative": lambda t: pack(t, edit=field(shape=[-96, -24])),
    "fraction": lambda t: pack(t, edit=field(shape=[96.0, 24])),
    "duplicate": lambda t: pack(t, text=lambda text: f'{{"{NAME}": {json.dumps(EMPTY)}, {text[1:]}'),
    "truncated": lambda t: pack(t, end=-10),
    "surplus-bytes": lambda t: pack(t, end=4),
    "nan": lambda t: pack(with_value(t, np.nan)),
    "infinite-bf16": lambda t: pack(with_value(t, np.inf), "BF16"),
    "missing": lambda t: pack({name: v for name, v in t.items() if name != NAME}),
    "surplus": lambda t: pack({**t, "extra": np.zeros(3, "<f4")}),
    "misshapen": lambda t: pack({**t, NAME: np.ascontiguousarray(t[NAME].T)}),
}

if __name__ == "__main__":
    source, out, case = sys.argv[1:]
    with open(out, "wb") as file:
        file.write(CASES[case](read(source)))
