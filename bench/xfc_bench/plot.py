"""The results as an SVG: for each model, thread count and shape, how many times as long as the library each contender takes."""

from pathlib import Path

from xfc_bench.report import title
from xfc_bench.results import group_of

COLOURS = {"xfc": "#1b7f5c", "ort": "#3b6fb6", "openvino": "#8a5fb0", "torch": "#d9782d", "ctranslate2": "#8c8c8c"}
BAR_INCHES, FRAME_INCHES = 0.2, 0.75


def colour(name):
    return next((value for prefix, value in COLOURS.items() if name.startswith(prefix)), "#555555")


def bars(rows: list[dict]) -> list[tuple[str, float, str]]:
    """(label, ratio, colour) of the best way to feed each contender, and of its padded batch; fastest first."""
    chosen = {}
    for row in sorted((row for row in rows if "ratio" in row and row["agrees"]), key=lambda row: row["ratio"]):
        chosen.setdefault((row["contender"], row["feed"] == "padded"), row)
    return [
        (row["contender"] + ("" if row["feed"] == "as is" else f", {row['feed']}"), row["ratio"], colour(row["contender"]))
        for row in chosen.values()
        if row["contender"] != "xfc-c"
    ]


def write_svg(results: dict, path: Path):
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "font.size": 8, "font.family": "sans-serif", "svg.hashsalt": "xfc"})
    from matplotlib import pyplot

    groups = list(dict.fromkeys(map(group_of, results["rows"])))
    lines = list(dict.fromkeys((model, threads) for model, _, threads in groups))
    shapes = list(dict.fromkeys(shape for _, shape, _ in groups))
    panels = {group: bars([row for row in results["rows"] if group_of(row) == group]) for group in groups}
    heights = [FRAME_INCHES + BAR_INCHES * max(len(panels.get((model, shape, threads), ())) for shape in shapes) for model, threads in lines]
    figure, axes = pyplot.subplots(
        len(lines), len(shapes), squeeze=False, layout="constrained",
        figsize=(3.1 * len(shapes), sum(heights)), gridspec_kw={"height_ratios": heights},
    )  # fmt: skip
    for line, (model, threads) in enumerate(lines):
        for column, shape in enumerate(shapes):
            _panel(axes[line][column], title(model, shape, threads), panels.get((model, shape, threads), []))
    machine = results["machine"]
    figure.suptitle(
        f"Time of an encode as a multiple of xfc's (shorter is faster); {machine['cpu']} family {machine['family']} model {machine['model']}"
    )
    partial = path.with_suffix(".partial")
    figure.savefig(partial, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    partial.rename(path)


def _panel(axis, heading, values):
    axis.set_title(heading, fontsize=9)
    axis.spines[["top", "right"]].set_visible(False)
    if not values:
        axis.axis("off")
        return
    labels, ratios, colours = zip(*values)
    places = range(len(values))
    axis.barh(places, ratios, color=colours, height=0.7)
    axis.set_yticks(places, labels)
    axis.invert_yaxis()
    axis.axvline(1, color="#333333", linewidth=0.8, linestyle=":")
    axis.set_xlim(0, max(ratios) * 1.18)
    for place, ratio in zip(places, ratios):
        axis.text(ratio, place, f" {ratio:.2f}", va="center", fontsize=7)
