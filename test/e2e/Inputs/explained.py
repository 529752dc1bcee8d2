"""Checks the facts of single ops in `xfc explain --json` of model `tiny` (standard input), computed by hand from its sizes: dim 24, 3 heads of 8."""

import json
import sys

model = json.load(sys.stdin)
ops = {op["name"]: op for op in next(entry for entry in model["entries"] if entry["name"] == "encode")["ops"]}


def check(name, **facts):
    found = {key: ops[name][key] for key in facts}
    assert found == facts, (name, found)


# 3 tables of 24 floats: a row of each is read, not the table.
check("embed", layer=None, kind="gather", input_rows="tokens", rows="tokens")
check("embed", weight_bytes=4 * 24 * (50 + 20 + 2), weight_bytes_read=0, bytes_read_per_row=4 * 3 * 24, bytes_written_per_row=4 * 24)
# Panels of 16 columns hold 96 without padding.
check("layers.1.ff_in", kind="gemm", weight_bytes_read=4 * (24 * 96 + 96), bytes_read_per_row=4 * 24, bytes_written_per_row=4 * 96)
check("layers.0.to_qkv", layer=0, kind="gemm", flops_per_row=2 * 24 * 72, flops_per_row_and_key=0)
check("layers.0.to_qkv", bytes_read_per_row=4 * 24, bytes_written_per_row=4 * 72)
# Queries, keys and values are columns of one operand.
check("layers.0.attention", layer=0, kind="attention", flops_per_row=0, flops_per_row_and_key=2 * 3 * (8 + 8))
check("layers.0.attention", weight_bytes_read=0, bytes_read_per_row=4 * 72, bytes_written_per_row=4 * 24)
# The residual is read beside the input.
check("layers.1.ff_out", layer=1, kind="gemm", flops_per_row=2 * 96 * 24, bytes_read_per_row=4 * (96 + 24), bytes_written_per_row=4 * 24)
check("pool", layer=None, kind="rowwise", input_rows="tokens", rows="sequences", bytes_read_per_row=4 * 24)
check("normalize", layer=None, kind="rowwise", input_rows="sequences", rows="sequences")

for kernel in model["kernels"]:
    assert kernel["kind"] in ("gemm", "attention", "rowwise", "gather"), kernel
    assert {config["target"] for config in kernel["configs"]} == {"x86-64-avx2", "x86-64-avx512"}, kernel
    for config in kernel["configs"]:
        assert config["config"].startswith(f'target = "{config["target"]}", variant = "'), config
        assert config["source"], config
