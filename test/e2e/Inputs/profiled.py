"""Checks what `xfc profile` wrote against the ops that `xfc explain --json` (standard input) lists: profiled.py table|json|svg FILE [README]."""

import json
import re
import sys
import xml.etree.ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def expected_ops():
    return next(entry for entry in json.load(sys.stdin)["entries"] if entry["name"] == "encode")["ops"]


def check_table(path):
    """Each op has one line."""
    first_table = open(path).read().split("\n  kind")[0]
    for op in expected_ops():
        assert len(re.findall(rf"^ +{re.escape(op['name'])} ", first_table, re.M)) == 1, op["name"]


def check_json(path, readme):
    """The members are those of the README; every op is there and did what it says."""
    profile = json.load(open(path))
    documented = open(readme).read().split("## JSON")[1]
    assert [workload["name"] for workload in profile["workloads"]] == ["1x4", "3x7"]
    cost = profile["workloads"][0]["ops"][0]
    for members in (profile, profile["ceilings"], profile["workloads"][0], cost, profile["workloads"][0]["kinds"][0]):
        for member in members:
            assert re.search(rf"\b{member}\b", documented), f"`{member}` is not documented"
    for member in re.findall(r"\b[a-z0-9_]+_us\b|of_\w+|\b\w+_gbs\b", documented):
        assert f'"{member}"' in json.dumps(profile), f"`{member}` is documented only"
    facts = expected_ops()
    for workload, rows, tokens, pairs in zip(profile["workloads"], (1, 3), (4, 21), (16, 147)):
        assert [op["name"] for op in workload["ops"]] == [op["name"] for op in facts]
        for op, fact in zip(workload["ops"], facts):
            count = rows if fact["rows"] == "sequences" else tokens
            assert (op["launches"], op["rows"]) == (1, count), op
            assert op["pairs"] == (pairs if op["kind"] == "attention" else 0), op
            assert op["flops"] == fact["flops_per_row"] * count + fact["flops_per_row_and_key"] * op["pairs"], op
            assert op["config"] and op["config_source"] and op["kernel"] == fact["kernel"], op
            assert op["bytes"] > 0 and op["wall_us"] > 0 and op["busy_us"] <= op["wall_us"], op
        for group in ("places", "kinds", "layers"):
            assert abs(sum(g["wall_us"] for g in workload[group]) - workload["total"]["wall_us"]) < 0.01
        shares = sum(op["share"] for op in workload["ops"]) + workload["outside_us"] / (workload["total"]["wall_us"] + workload["outside_us"])
        assert abs(shares - 1) < 1e-6


def check_svg(path):
    """Well-formed; three ceilings, a point for each place with FLOPs in each workload, labels and ticks."""
    root = xml.etree.ElementTree.parse(path).getroot()
    assert root.tag == SVG + "svg"
    assert len(root.findall(f".//{SVG}polyline")) == 3
    texts = [text.text for text in root.iter(SVG + "text")]
    for wanted in ("1x4", "3x7", "attention", "to_qkv", "GFLOP/s", "FLOPs a byte"):
        assert wanted in texts, wanted
    points = len(root.findall(f".//{SVG}circle"))
    assert points == 2 * len({text for text in texts if text in ("attention", "to_qkv", "to_out", "ff_in", "ff_out")}) > 0, points


{"table": check_table, "json": check_json, "svg": check_svg}[sys.argv[1]](*sys.argv[2:])
