"""Writes the example of each knob of the reference as a spec of its own: examples.py REFERENCE FOLDER.

Some stand in an Encoder only and some in a Decoder only, so each is there as both; `xfc check` must take one of them.
"""
import pathlib
import re
import subprocess
import sys

WRAPPED = "  num_tokens = 50  max_seq_len = 16\n  attn_layers = {stack} { dim = 32  depth = 2  heads = 4  attn_dim_head = 8 }"
BASE = {
    "AttentionLayers": ("TransformerWrapper", WRAPPED),
    "TransformerWrapper": ("TransformerWrapper", WRAPPED),
    "ViTransformerWrapper": ("ViTransformerWrapper", WRAPPED.replace("num_tokens = 50  max_seq_len = 16", "image_size = 16  patch_size = 4")),
    "XTransformer": ("XTransformer", "  dim = 32\n  enc { num_tokens = 9  max_seq_len = 9  depth = 1 }\n"
                                     "  dec { num_tokens = 9  max_seq_len = 9  depth = 1 }"),
    "ContinuousTransformerWrapper": ("ContinuousTransformerWrapper", WRAPPED.replace("num_tokens = 50  max_seq_len = 16", "dim_in = 10")),
    "MultiInputTransformerWrapper": ("MultiInputTransformerWrapper", WRAPPED.replace("num_tokens = 50", "num_tokens { note = 31 }")),
}
folder, owner, name, count, wrong = pathlib.Path(sys.argv[2]), None, None, 0, []
folder.mkdir(parents=True, exist_ok=True)
for line in open(sys.argv[1]):
    if re.match(r"\w+$", line):
        owner = line.strip()
    elif knob := re.match(r"  (\w+) = ", line):
        name = knob[1]
    elif (example := re.match(r"      example: (.*)$", line)) and owner in BASE and name != "attn_layers":
        kind, base = BASE[owner]
        settings = f"attn_layers {{ {example[1]} }}" if owner == "AttentionLayers" else example[1]
        if owner == "AttentionLayers" and name == "inputs":
            settings = "inputs = [\"mask\"]"
        verdicts = []
        for stack in ("Decoder", "Encoder"):
            path = folder / f"{owner}-{name}-{stack}.xf"
            causal = "" if name != "causal" else "AttentionLayers"
            path.write_text(f"model base = {kind} {{\n{base.replace('{stack}', causal or stack)}\n}}\nmodel m = base with {{ {settings} }}\n")
            verdicts.append(subprocess.run(["xfc", "check", str(path)], capture_output=True, text=True))
        count += 1
        if not any(v.returncode == 0 or "is not supported yet" in v.stderr for v in verdicts):
            wrong.append(f"{owner}: {name}: {example[1]}\n{verdicts[0].stderr}")
print("\n".join(wrong))
print(f"{count} examples, {len(wrong)} wrong")
sys.exit(bool(wrong) or count < 200)
