"""Checks every knob and pair of knobs that x-transformers rejects, crashes on or drops: `xfc check` must not accept it.

Reads the shared table of pairs and runs `xfc check` on a spec for each. One may be valid here for a reason of our
own, given in VALID; everything else must end in an error (a contradiction, or "not supported yet").
usage: pairs.py PAIRS.json SCRATCH_FOLDER
"""
import json
import pathlib
import subprocess
import sys

VALID = {
    # x-transformers' fused kernel cannot clamp logits. Ours can, and `attn_flash` changes no result here.
    ("attn_flash", "attn_softclamp_logits"),
}


def spell(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(spell, value)) + "]"
    return str(value)


def spec(cls, knobs):
    stack = {"dim": 32, "depth": 2, "heads": 4, "attn_dim_head": 8}
    wrapper = {"num_tokens": 16, "max_seq_len": 12}
    for knob in knobs:
        stack |= knob["attn_layers"]
        wrapper |= knob["wrapper"]
    lines = [f"  {name} = {spell(value)}" for name, value in wrapper.items()]
    lines.append(f"  attn_layers = {cls} {{")
    lines += [f"    {name} = {spell(value)}" for name, value in stack.items()]
    return "model m = TransformerWrapper {\n" + "\n".join(lines + ["  }", "}"]) + "\n"


def main():
    table = json.load(open(sys.argv[1]))
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    count, wrong = 0, []
    for cls in table["pairs"]:
        alone = [(name,) for name, outcome in table["single"][cls].items() if outcome.startswith(("rejected", "crash"))]
        for names in alone + [tuple(pair.split(" + ")) for pair in table["pairs"][cls]]:
            path = folder / f"{cls}-{'-'.join(names)}.xf"
            path.write_text(spec(cls, [table["knobs"][name] for name in names]))
            run = subprocess.run(["xfc", "check", str(path)], capture_output=True, text=True)
            accepted = run.returncode == 0
            if run.returncode not in (0, 1) or accepted != (names in VALID):
                wrong.append(f"{cls}: {' + '.join(names)}: exit {run.returncode}\n{run.stderr}")
            count += 1
    print("\n".join(wrong))
    print(f"{count} specs, {len(wrong)} wrong")
    return bool(wrong) or count < 100


sys.exit(main())
