"""Checks that every argument in the tables of KNOBS.md is a knob, and that the defaults agree where both are plain.

Reads the knob reference that `xfc explain --knobs` prints from the table.
usage: complete.py KNOBS.md REFERENCE
"""
import re
import sys

OWNERS = {
    4: "AttentionLayers", 5: "AttentionLayers", 6: "AttentionLayers", 7: "TransformerWrapper",
    8: "ViTransformerWrapper", 9: "XTransformer", 10: "generate", 11: "refine",
}


def documented(path):
    """(owner, name, default) of every row; a row may hold several names and defaults."""
    section = None
    for line in open(path):
        if heading := re.match(r"## (\d+)\. ", line):
            section = int(heading[1])
        if section not in OWNERS or not line.startswith("| "):
            continue
        cells = [cell.strip() for cell in line.replace(r"\|", "/").strip().strip("|").split("|")]
        if cells[0].endswith("argument") or cells[0] in ("constructor", "---"):
            continue
        names = names_of(cells[0])
        defaults = [d.strip() for d in cells[1].split(",")]
        for index, name in enumerate(names):
            yield OWNERS[section], name, defaults[index] if len(defaults) == len(names) else None


def names_of(cell):
    # `enc_/dec_ a, b` and `self_token / other` are two names each; `**kwargs` and `enc_*` stand for others.
    prefixes = [""]
    if both := re.match(r"enc_/dec_ (.*)", cell):
        prefixes, cell = ["enc_", "dec_"], both[1]
    names = []
    for part in re.split(r"[,/] *", cell):
        if extra := re.match(r"enc_(?:$)", part):
            continue
        name = part.strip()
        if name.startswith("dec_ "):
            names += [p + name[5:] for p in ("enc_", "dec_")]
        elif re.fullmatch(r"\w+", name) and name != "enc_":
            names += [p + name for p in prefixes]
        elif name not in ("", "**kwargs", r"\*\*kwargs", "enc_*", "dec_*"):
            sys.exit(f"cannot read the name `{name}`")
    return names


def reference(path):
    owner, knobs = None, {}
    for line in open(path):
        if re.match(r"\w+$", line):
            owner = line.strip()
        elif knob := re.match(r"  (\w+) = (.*)$", line):
            knobs[owner, knob[1]] = knob[2]
    return knobs


def plain(text):
    """A default as a comparable value, or None where the two sides may spell it differently."""
    text = text.strip("`' ")
    words = {"None": "none", "True": "true", "False": "false", "required": "required"}
    if text in words:
        return words[text]
    try:
        return float(text.replace("−", "-"))
    except ValueError:
        return text if text in words.values() else None


knobs, seen, wrong = reference(sys.argv[2]), 0, []
for owner, name, default in documented(sys.argv[1]):
    seen += 1
    key = (owner, name)
    if key not in knobs and name.startswith("cross_"):
        key = (owner, name.removeprefix("cross_"))  # the reference names these once
    if key not in knobs:
        wrong.append(f"{owner}: `{name}` is not in the table")
    elif default and None not in (plain(default), plain(knobs[key])) and plain(default) != plain(knobs[key]):
        wrong.append(f"{owner}: `{name}` has the default {knobs[key]}, but KNOBS.md says {default}")
print("\n".join(wrong))
print(f"{seen} arguments, {len(wrong)} wrong")
sys.exit(bool(wrong) or seen < 200)
