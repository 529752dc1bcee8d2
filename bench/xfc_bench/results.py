"""From measurements to the results file: rates, fractions of the ceilings, ratios, goals. Its fields are documented in bench/README.md."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xfc_bench.rotation import Row

SCHEMA = 1
OWN = "xfc"  # the contender that others are compared with
# Largest difference from the float64 reference, of vectors of length 1, that counts as the same result.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Goal:
    """The best peer on a shape, or those fed in one way, must take at least `ratio` times as long as the library."""

    model: str
    shape: str
    ratio: float
    feed: str | None = None


GOALS = (
    Goal("minilm", "1x16", 1 / 0.85),
    Goal("minilm", "8x128", 1),
    Goal("minilm", "32x128", 1),
    Goal("minilm", "1x512", 1),
    Goal("minilm", "ragged", 1.2),
    Goal("minilm", "ragged", 3.5, feed="padded"),
    Goal("bert_base", "8x128", 1),
)


def ceilings_of(threads: int, measured: list[dict]) -> dict:
    """The best of all slices."""
    best = max(measured, key=lambda slice: slice["gemm_gflops"])
    return {
        "threads": threads,
        "gemm_gflops": best["gemm_gflops"],
        "blas": best["blas"],
        "fma_gflops": max(slice["fma_gflops"] for slice in measured),
        "read_gbs": max(slice["read_gbs"] for slice in measured),
        "slices": len(measured),
        "disturbed": sum(slice["disturbed"] for slice in measured),
    }


def row_of(row: Row, ceilings: dict | None) -> dict:
    """Everything about one contender on one job, without the ratio."""
    job, lengths = row.job, [len(ids) for ids in row.job.rows()]
    flops = job.model.flops(lengths)
    result = {
        "model": job.model.name,
        "shape": job.shape,
        "threads": job.threads,
        "contender": row.contender.name,
        "feed": job.feed,
        "own": row.contender.own,
        "tokens": sum(lengths),
        "gflop": flops / 1e9,
    }
    if row.error or not row.slices:
        return result | {"error": row.error or "not measured"}
    seconds = row.seconds() * 1e3
    least = min(one["ms"] for one in row.slices)
    result |= {
        "ms": {"min": least} | {f"p{percent}": float(np.percentile(seconds, percent)) for percent in (50, 90, 99)},
        "calls": sum(one["calls"] for one in row.slices),
        "slices": row.slices,
        "disturbed": sum(one["disturbed"] for one in row.slices),
        "tokens_per_s": sum(lengths) / least * 1e3,
        "gflops": flops / least / 1e6,
        "resident_mb": row.memory["resident"] * 1.024e-3,
        "prepare_seconds": row.prepared["prepare_seconds"],
        "largest_difference": row.prepared["largest_difference"],
        "agrees": row.prepared["largest_difference"] <= TOLERANCE,
        "repeats": row.prepared["repeats"],
    }
    if ceilings:
        result["of_gemm"] = result["gflops"] / ceilings["gemm_gflops"]
        result["of_fma"] = result["gflops"] / ceilings["fma_gflops"]
    return result


def add_ratios(rows: list[dict]):
    """Sets `ratio`: how many times as long as the library a row takes."""
    own = {group_of(row): row["ms"]["min"] for row in rows if row["contender"] == OWN and "ms" in row}
    for row in rows:
        if "ms" in row and group_of(row) in own:
            row["ratio"] = row["ms"]["min"] / own[group_of(row)]


def group_of(row: dict) -> tuple[str, str, int]:
    return row["model"], row["shape"], row["threads"]


def summary_of(rows: list[dict]) -> list[dict]:
    """The best peer of each group, and the best of those fed in one way where there is a goal for them. Wrong ones do not count."""
    result = []
    for group in dict.fromkeys(map(group_of, rows)):
        peers = [row for row in rows if group_of(row) == group and not row["own"] and "ratio" in row and row["agrees"]]
        goals = {goal.feed: goal.ratio for goal in GOALS if (goal.model, goal.shape) == group[:2]}
        for feed in dict.fromkeys([None, *goals]):
            best = min((row for row in peers if feed in (None, row["feed"])), key=lambda row: row["ratio"], default=None)
            if not best:
                continue
            line = dict(zip(("model", "shape", "threads"), group)) | {"against": feed or "any"}
            line |= {"peer": best["contender"], "feed": best["feed"], "peer_ms": best["ms"]["min"], "ratio": best["ratio"]}
            goal = goals.get(feed)
            result.append(line | {"goal": goal, "met": None if goal is None else best["ratio"] >= goal})
    return result


def write(results: dict, folder: Path) -> Path:
    """Writes results.json so that a reader sees the old file or the new one."""
    path = folder / "results.json"
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(results, indent=1) + "\n")
    partial.rename(path)
    return path
