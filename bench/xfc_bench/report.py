"""The results as Markdown, and the summary that a run ends with."""

from xfc_bench.models import MODELS
from xfc_bench.results import group_of

TITLES = {"minilm": "MiniLM", "bert_base": "BERT-base"}


def title(model: str, shape: str, threads: int) -> str:
    return f"{TITLES[model]} {shape}, {count_of(threads)}"


def count_of(threads: int) -> str:
    return f"{threads} thread{'s' * (threads > 1)}"


def table(header: str, rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table. header: its cells, with a `>` before those of numbers, which are aligned right."""
    cells = [cell.strip() for cell in header.split("|")]
    marks = ["--:" if cell.startswith(">") else "---" for cell in cells]
    lines = [[cell.lstrip("> ") for cell in cells], marks, *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def number(value, form):
    return "" if value is None else format(value, form)


def group_table(rows: list[dict]) -> list[str]:
    """One model, shape and thread count, fastest first."""
    lines = []
    for row in sorted((row for row in rows if "ms" in row), key=lambda row: row["ms"]["min"]):
        name = f"**{row['contender']}**" if row["own"] else row["contender"]
        times = [f"{row['ms'][key]:.3f}" for key in ("min", "p50", "p90", "p99")]
        rates = [f"{row['tokens_per_s']:.0f}", f"{row['gflops']:.1f}", *(number(row.get(key), ".2f") for key in ("of_gemm", "of_fma"))]
        difference = f"{row['largest_difference']:.1e}" + " **wrong**" * (not row["agrees"])
        disturbed = f"{row['disturbed']}/{len(row['slices'])}"
        lines.append([name, row["feed"].replace("as is", ""), *times, *rates, difference, number(row.get("ratio"), ".2f"), disturbed])
    header = "contender | fed | >ms min | >median | >p90 | >p99 | >tokens/s | >GFLOP/s | >of GEMM | >of FMA | >max diff | >ratio | >disturbed"
    failed = [f"\n{row['contender']} {row['feed']}: failed: {row['error'].splitlines()[0]}" for row in rows if "error" in row]
    return table(header, lines) + failed


def summary_table(summary: list[dict]) -> list[str]:
    lines = []
    for line in summary:
        verdict = {None: "", True: "met", False: "**not met**"}[line["met"]]
        goal = "" if line["goal"] is None else f"{line['goal']:.2f}"
        peer = line["peer"] if line["feed"] == "as is" else f"{line['peer']} ({line['feed']})"
        against = "any peer" if line["against"] == "any" else f"any {line['against']}"
        place = [TITLES[line["model"]], line["shape"], str(line["threads"])]
        lines.append([*place, against, peer, f"{line['peer_ms']:.3f}", f"{line['ratio']:.2f}", goal, verdict])
    return table("model | shape | >threads | against | best peer | >its ms | >ratio to xfc | >goal | ", lines)


def cold_table(cold: dict) -> list[str]:
    lines = []
    for row in cold["rows"]:
        if "error" in row:
            lines.append([row["name"], f"failed: {row['error'].splitlines()[0]}", "", "", "", ""])
            continue
        beyond = row["peak_mb"] - cold["weights_mb"] if row["name"] != "Python and NumPy alone" else None
        lines.append(
            [row["name"], f"{row['seconds'] * 1e3:.1f}", f"{row['peak_mb']:.1f}", number(beyond, ".1f"), f"{row['anonymous_mb']:.1f}"]
            + [number(row.get("largest_difference"), ".1e")]
        )
    return table("process | >first embedding, ms | >peak MB | >beyond the weights | >anonymous MB | >max diff", lines)


def soak_text(soak: dict) -> str:
    if "error" in soak:
        return f"Long run: failed: {soak['error']}"
    kept = "" if soak["calls"] == soak["planned"] else f" (interrupted; {soak['planned']} were planned)"
    return (
        f"{soak['calls']} calls of 1 to 16 tokens{kept} in {soak['seconds']:.0f} s: {soak['start_mb']:.1f} MB resident at the start, "
        f"{soak['tenth_mb']:.1f} after a tenth, {soak['end_mb']:.1f} at the end; since the tenth {soak['growth_mb']:+.2f} MB, "
        f"{soak['anonymous_growth_mb']:+.2f} MB of it anonymous."
    )


def markdown(results: dict) -> str:
    machine, versions = results["machine"], results["versions"]
    lines = ["# Encoders on one machine", ""]
    lines += [f"{machine['cpu']} (family {machine['family']} model {machine['model']}, {' '.join(machine['flags'])}), "]
    lines[-1] += f"{machine['cores']} cores, {machine['memory_gib']} GiB; {results['date']}."
    lines += ["; ".join(f"{name} {version}" for name, version in versions.items()) + "."]
    if results["absent"]:
        lines += ["Not measured: " + "; ".join(f"{name} ({reason})" for name, reason in results["absent"].items()) + "."]
    if not results["complete"]:
        lines += ["", "**Interrupted: what is missing was not measured.**"]
    lines += ["", "Times are the minimum over all slices; FLOPs are the model's own on real tokens; the ratio is a row's time to that of `xfc`."]
    lines += ["Outputs have length 1 and are compared with a float64 forward pass. Disturbed: slices during which others used the cores."]
    lines += ["", "## Ceilings", ""]
    ceilings = [
        [str(row["threads"]), f"{row['gemm_gflops']:.1f} ({row['blas']})", f"{row['fma_gflops']:.1f}", f"{row['read_gbs']:.1f}"]
        for row in results["ceilings"]
    ]
    lines += table(">threads | >f32 GEMM, GFLOP/s | >FMA loop, GFLOP/s | >DRAM read, GB/s", ceilings)
    lines += ["", "## Summary", "", *summary_table(results["summary"])]
    for group in dict.fromkeys(map(group_of, results["rows"])):
        lines += ["", f"## {title(*group)}", ""]
        lines += group_table([row for row in results["rows"] if group_of(row) == group])
    if results["cold"]:
        cold = results["cold"]
        lines += ["", f"## Cold start and memory, {title('minilm', '1x16', cold['threads'])}", ""]
        lines += [f"Minimum of {cold['processes']} fresh processes; the weights take {cold['weights_mb']:.1f} MB.", "", *cold_table(cold)]
    if results["soak"]:
        lines += ["", "## Long run", "", soak_text(results["soak"])]
    return "\n".join(lines) + "\n"


def text_summary(results: dict) -> str:
    """For a terminal: the summary's table as aligned columns, then what else there is."""
    lines = [[cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in summary_table(results["summary"])]
    del lines[1]
    widths = [max(map(len, column)) for column in zip(*lines)]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    for row in results["ceilings"]:
        text.append(
            f"{count_of(row['threads'])}: GEMM {row['gemm_gflops']:.0f} GFLOP/s, FMA {row['fma_gflops']:.0f} GFLOP/s, DRAM {row['read_gbs']:.0f} GB/s"
        )
    for row in results["cold"]["rows"] if results["cold"] else ():
        if "seconds" in row:
            text.append(f"cold start, {row['name']}: {row['seconds'] * 1e3:.1f} ms, peak {row['peak_mb']:.1f} MB")
    if results["soak"]:
        text.append(soak_text(results["soak"]))
    disturbed = sum(row.get("disturbed", 0) for row in results["rows"])
    if disturbed:
        text.append(f"{disturbed} of {sum(len(row.get('slices', ())) for row in results['rows'])} slices shared the cores with other processes")
    return "\n".join(text)


assert set(TITLES) == set(MODELS)
