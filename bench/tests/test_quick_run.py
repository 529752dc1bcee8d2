"""The short form runs every contender and writes complete, well-formed results. No time is judged."""

import importlib.util
import xml.etree.ElementTree

import pytest

from xfc_bench.contender import load_contenders
from xfc_bench.results import GOALS

GROUPS = [("minilm", shape, threads) for shape in ("1x16", "ragged") for threads in (1, 2)]
HERE = {name: one for name, one in load_contenders().items() if one.package == "xfc" or importlib.util.find_spec(one.package)}
EXPECTED = {
    (*group, name, feed) for group in GROUPS for name, one in HERE.items() for feed in one.feeds_for(group[1], group[2])
}


def key(row):
    return row["model"], row["shape"], row["threads"], row["contender"], row["feed"]


def test_the_peers_are_there():
    assert {"xfc", "xfc-c", "ort-plain", "ort-fused", "openvino", "openvino-static"} <= set(HERE)


def test_every_contender_on_every_job(quick):
    assert quick.results["complete"] is True
    assert sorted(map(key, quick.results["rows"])) == sorted(EXPECTED)
    assert set(quick.results["absent"]) == set(load_contenders()) - set(HERE)


def test_rows_are_complete_and_right(quick):
    for row in quick.results["rows"]:
        assert "error" not in row, row
        assert row["largest_difference"] <= 1e-6 and row["agrees"], key(row)
        assert row["repeats"] or not row["own"], key(row)  # bitwise, which is promised of the library
        ms = row["ms"]
        assert 0 < ms["min"] <= ms["p50"] <= ms["p90"] <= ms["p99"]
        assert row["calls"] == sum(one["calls"] for one in row["slices"]) >= len(row["slices"]) == 1
        assert row["gflops"] == pytest.approx(row["gflop"] / ms["min"] * 1e3)
        assert row["tokens_per_s"] == pytest.approx(row["tokens"] / ms["min"] * 1e3)
        assert min(row["ratio"], row["of_gemm"], row["of_fma"], row["resident_mb"], row["prepare_seconds"]) > 0


def test_ceilings_of_every_thread_count(quick):
    assert [row["threads"] for row in quick.results["ceilings"]] == [1, 2]
    for row in quick.results["ceilings"]:
        assert min(row["gemm_gflops"], row["fma_gflops"], row["read_gbs"], row["slices"]) > 0


def test_summary_has_every_goal(quick):
    found = {(line["model"], line["shape"], line["threads"], line["against"]) for line in quick.results["summary"]}
    expected = {(*group, "any") for group in GROUPS}
    expected |= {(goal.model, goal.shape, threads, goal.feed or "any") for goal in GOALS for threads in (1, 2) if goal.shape in ("1x16", "ragged")}
    assert found == expected
    for line in quick.results["summary"]:
        assert line["met"] == (line["ratio"] >= line["goal"])
        assert line["peer"] in quick.stdout


def test_cold_starts(quick):
    cold = quick.results["cold"]
    names = {"xfc, C", "Python and NumPy alone", "xfc", "ort-plain", "ort-fused", "openvino", "openvino, model cache"}
    assert names <= {row["name"] for row in cold["rows"]}
    assert cold["weights_mb"] == pytest.approx(90.3, abs=0.1)
    for row in cold["rows"]:
        assert "error" not in row, row
        assert min(row["seconds"], row["peak_mb"]) > 0 and row["peak_mb"] >= row["anonymous_mb"]
        assert row["name"] == "Python and NumPy alone" or row["largest_difference"] <= 1e-6


def test_long_run_keeps_its_memory(quick):
    """Every size was met before the first tenth: 270 calls may not take a megabyte."""
    soak = quick.results["soak"]
    assert soak["calls"] == soak["planned"] == 300
    assert soak["growth_mb"] < 1 and soak["anonymous_growth_mb"] < 1


def test_markdown(quick):
    text = (quick.folder / "results.md").read_text()
    headings = [line for line in text.splitlines() if line.startswith("#")]
    groups = [f"## MiniLM {shape}, {threads} thread{'s' * (threads > 1)}" for _, shape, threads in GROUPS]
    assert headings == ["# Encoders on one machine", "## Ceilings", "## Summary", *groups, *headings[-2:]]
    assert headings[-2].startswith("## Cold start") and headings[-1] == "## Long run"
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("| ")]
    for table in tables:
        assert len({line.count("|") for line in table}) == 1, table[0]
    rows = [line for table in tables for line in table if line.startswith(tuple(f"| {name} " for name in ("**xfc**", "openvino", "ort-plain")))]
    assert len(rows) >= sum(1 for row in EXPECTED if row[3] in ("xfc", "openvino", "ort-plain"))


def test_svg(quick):
    root = xml.etree.ElementTree.parse(quick.folder / "results.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for _, shape, threads in GROUPS:
        assert f"MiniLM {shape}, {threads} thread{'s' * (threads > 1)}" in texts
    for name in HERE:
        if name != "xfc-c":
            assert any(text and text.startswith(name) for text in texts), name


def test_flops_are_those_the_library_counts(build):
    import numpy as np

    import xfc
    from xfc_bench.models import MODELS

    with xfc.load(build / "examples/minilm/libminilm.so") as model:
        info = model.info
    for lengths in ([16], [128] * 3, [1, 512]):
        counted = sum(n * (info["flops_per_token"] + n * info["attention_flops_per_token_and_key"]) for n in lengths)
        assert MODELS["minilm"].flops(np.array(lengths)) == counted
