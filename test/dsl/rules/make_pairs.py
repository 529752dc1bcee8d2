"""What x-transformers does with each pair of knobs of our table: the shared pairs.json, widened to every knob with an example.

usage: make_pairs.py SHARED_ORACLE_FOLDER REFERENCE OUT.json [Encoder|Decoder ...]     (needs torch and x-transformers; ten minutes on two cores)

REFERENCE is what `xfc explain --knobs` prints: its examples are the settings that turn a knob on. Verdicts are those of
make_pairs.py of that folder, whose pairs are left out here. Written once; test/dsl/rules/more-pairs.json keeps the outcome.
"""
import ast
import contextlib
import io
import itertools
import json
import re
import sys
import warnings
import zlib

warnings.filterwarnings("ignore")
with contextlib.redirect_stderr(io.StringIO()):
    import torch
    import x_transformers
    from x_transformers import Decoder, Encoder, TransformerWrapper

ACTIVATIONS = {"relu": torch.nn.ReLU}
SIZES = {"dim", "heads", "num_tokens", "max_seq_len", "attn_layers"}  # every model has them


def value(text):
    """A value as a spec writes it."""
    if text in ("true", "false"):
        return text == "true"
    if text.startswith("{"):
        return dict(settings(text[1:-1]))
    if text.startswith("["):
        return tuple(ast.literal_eval(text))
    if text in ACTIVATIONS:
        return ACTIVATIONS[text]()
    return ast.literal_eval(text)


def settings(text):
    return [(name, value(v)) for name, v in re.findall(r"([\w.]+) = (\{[^}]*\}|\[[^\]]*\]|\S+)", text)]


def examples(path):
    """name -> (owner, settings) of the knobs of the stack and of TransformerWrapper that x-transformers has."""
    owner, name, found = None, None, {}
    for line in open(path):
        if re.match(r"\w+$", line):
            owner = line.strip()
        elif knob := re.match(r"  (\w+) = ", line):
            name, own = knob[1], False
        elif "[xfc's own]" in line or "[no effect" in line or "[refused" in line:
            name = None
        elif (example := re.match(r"      example: (.*)$", line)) and name and owner in ("AttentionLayers", "TransformerWrapper"):
            found[name] = settings(example[1])
    return {name: example for name, example in found.items() if name not in SIZES}


def knobs(path):
    wrapper = {n for n in TransformerWrapper.__init__.__annotations__} | set(TransformerWrapper.__init__.__kwdefaults__) | {"recycle_steps"}
    result = {}
    for name, example in examples(path).items():
        attn, wrap = {}, {}
        for key, v in example:
            key, inside = key.removeprefix("attn_layers."), key.startswith("attn_layers.")
            (wrap if key in wrapper and not inside else attn)[key] = v
        result[name] = (attn, wrap)
    return result


IDS = torch.randint(0, 50, (2, 12), generator=torch.Generator().manual_seed(1))
MASK = torch.ones(2, 12, dtype=torch.bool)
MASK[1, 8:] = False


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(2))


def merged(first, second, names):
    """Both dicts; where they differ, the value of the knob's own example wins."""
    result = dict(first)
    for key, v in second.items():
        if key not in result or key == names[1]:
            result[key] = v
    return result


def run(cls, attn, wrap):
    attn, wrap, call = dict(dim=32, depth=2, heads=4, attn_dim_head=8) | attn, dict(wrap), {}
    if "custom_layers" in attn and "depth" not in attn | {}:
        attn.pop("depth")
    if {"custom_layers", "layers_execute_order"} <= attn.keys():
        attn.pop("depth")
    if attn.get("cross_attend"):
        call |= dict(context=noise(2, 7, attn.get("cross_attn_dim_context", attn.get("attn_dim_context", 32))))
    if any(attn.get(f"use_adaptive_{k}") for k in ("layernorm", "rmsnorm", "layerscale")):
        call["condition"] = noise(2, attn.get("dim_condition", 32))
    if "embed_num_tokens" in wrap:
        call["embed_ids"] = {name: IDS % n for name, n in wrap["embed_num_tokens"].items()}
    steps = wrap.pop("recycle_steps", None)
    if wrap.get("recycling"):
        call["recycle_steps"] = steps
    if "memory_tokens_interspersed_every" not in wrap:
        call["mask"] = MASK
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            net = TransformerWrapper(**(dict(num_tokens=50, max_seq_len=16) | wrap), attn_layers=cls(**attn)).eval()
    except Exception as e:
        return "rejected", f"{type(e).__name__}: {str(e)[:120]}"
    with torch.no_grad():
        for n, p in net.named_parameters():
            g = torch.Generator().manual_seed(zlib.crc32(n.encode()))
            p.copy_(torch.randn(p.shape, generator=g) * 0.3 + (1.0 if p.ndim <= 1 and ("gamma" in n or n.endswith(".g")) else 0.0))
        try:
            torch.manual_seed(0)
            out = net(IDS, **call)
        except Exception as e:
            return "crash", f"{type(e).__name__}: {str(e)[:120]}"
    out = (out[0] if isinstance(out, tuple) else out)
    kept = out[MASK] if out.shape[:2] == MASK.shape else out
    return ("ok", out) if torch.isfinite(kept).all() else ("nan", "")


def same(a, b):
    return a.shape == b.shape and torch.equal(a, b)


def main():
    folder, reference, out = sys.argv[1:4]
    classes = [c for c in (Encoder, Decoder) if c.__name__ in sys.argv[4:] or len(sys.argv) == 4]
    shared = set(json.load(open(f"{folder}/pairs.json"))["knobs"])
    torch.set_num_threads(1)
    table = knobs(reference)
    doc = dict(version=x_transformers.__version__ if hasattr(x_transformers, "__version__") else "2.31.10", single={}, pairs={})
    for cls in classes:
        base, one = run(cls, {}, {})[1], {n: run(cls, *k) for n, k in table.items()}
        shows = {n: v == "ok" and not same(o, base) for n, (v, o) in one.items()}
        doc["single"][cls.__name__] = {n: f"{v}: {o}" if v != "ok" else "ok" if shows[n] else "no effect" for n, (v, o) in one.items()}
        rows = doc["pairs"][cls.__name__] = {}
        for p, q in itertools.combinations(table, 2):
            if one[p][0] != "ok" or one[q][0] != "ok" or {p, q} <= shared:
                continue
            attn, wrap = (merged(x, y, (p, q)) for x, y in zip(table[p], table[q]))
            v, o = run(cls, attn, wrap)
            if v == "ok":
                inside = [all(k in table[y][i] and table[y][i][k] == w for i in (0, 1) for k, w in table[x][i].items())
                          for x, y in ((p, q), (q, p))]
                dead = [y for y, x, part in ((p, q, inside[0]), (q, p, inside[1])) if shows[y] and not part and same(o, one[x][1])]
                v, o = ("ignored", dead[0]) if dead else ("ok", "")
            if v != "ok":
                rows[f"{p} + {q}"] = [v, o]
        json.dump(doc, open(out, "w"), indent=1)


if __name__ == "__main__":
    main()
