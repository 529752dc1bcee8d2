"""Specs from constructor calls and back: the text is what `xfc fmt` prints, and a round trip is the identity."""

import json
import subprocess

import pytest

import xfc
from xfc.spec import decoded, kwargs_from_spec, spec_from_kwargs


def models(shared):
    """{case: constructor call}, each of a class of its own kind."""
    found = {}
    for path in sorted((shared / "oracle" / "cases").glob("*/case.json")):
        model = json.loads(path.read_text())["model"]
        if model["$class"] != "functions":
            found[path.parent.name] = model
    assert len(found) > 270
    return found


def plain(value):
    """Equal for equal calls: no None, every argument of an activation said."""
    if isinstance(value, dict) and "$module" in value:
        defaults = {"approximate": "none"} if value["$module"].endswith("GELU") else {}
        return (value["$module"], tuple(sorted({**defaults, **value.get("kwargs", {})}.items())))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    return type(value)(plain(item) for item in value) if isinstance(value, (list, tuple)) else value


def own_of(model):
    """A word that the compiler wants besides: how often a recycling model runs."""
    return {"recycle_steps": 3} if model["kwargs"].get("recycling") else {}


def test_text_is_canonical(shared, compiler, tmp_path):
    files = []
    for name, model in models(shared).items():
        files.append(tmp_path / f"{name}.xf")
        files[-1].write_text(spec_from_kwargs(model["$class"], model["kwargs"], name="m"))
    done = subprocess.run([compiler["xfc"], "fmt", "--check", *files], text=True, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_round_trips_are_the_identity(shared, compiler, tmp_path):
    """Calls to text to calls to text, over every case."""
    path, kept = tmp_path / "m.xf", 0
    for name, model in models(shared).items():
        text = spec_from_kwargs(model["$class"], model["kwargs"], "m", **own_of(model))
        path.write_text(text)
        try:
            spec = kwargs_from_spec(path, compiler=compiler["xfc"])
        except xfc.CompileError as error:
            assert all("is not supported yet" in line for line in error.diagnostics.splitlines() if "error:" in line), (name, error.diagnostics)
            continue
        assert (spec.cls, spec.name) == (model["$class"], "m"), name
        assert plain(spec.kwargs) == plain(decoded(model["kwargs"])), name
        assert spec_from_kwargs(spec.cls, spec.kwargs, spec.name, spec.inputs, **spec.own) == text, name
        kept += 1
    assert kept > 200


def test_long_lists_are_broken_as_the_formatter_does(compiler, tmp_path):
    for length in range(1, 90, 4):
        path = tmp_path / "m.xf"
        text = spec_from_kwargs("Encoder", {"dim": 8, "custom_layers": ("a", "f") * length, "layers_execute_order": tuple(range(2 * length))}, "m")
        path.write_text(text)
        assert subprocess.run([compiler["xfc"], "fmt", path], text=True, capture_output=True).stdout == text


def test_imports_bases_and_lets_are_resolved(compiler, tmp_path):
    (tmp_path / "base.xf").write_text("let width = 32\nmodel base = Encoder { dim = width  depth = 2  heads = 4 }\n")
    (tmp_path / "m.xf").write_text('import "base.xf"\nmodel m = base with { depth = 3  inputs = ["mask"] }\n')
    spec = kwargs_from_spec(tmp_path / "m.xf", "m", compiler=compiler["xfc"])
    assert (spec.cls, spec.kwargs, spec.inputs) == ("Encoder", {"dim": 32, "heads": 4, "depth": 3}, ["mask"])


def test_what_the_text_does_not_say(compiler, tmp_path):
    path = tmp_path / "m.xf"
    path.write_text("model a = Encoder { dim = 8  depth = 1 }\nmodel b = a with { depth = 2 }\n")
    with pytest.raises(ValueError, match="declares `a`, `b`: say which"):
        kwargs_from_spec(path, compiler=compiler["xfc"])
    with pytest.raises(ValueError, match="declares no `c`, but `a`, `b`"):
        kwargs_from_spec(path, "c", compiler=compiler["xfc"])
    path.write_text("model a = Encoder { dimension = 8 }\n")
    with pytest.raises(xfc.CompileError, match="dimension"):
        kwargs_from_spec(path, compiler=compiler["xfc"])


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"dim": float("nan")}, "`dim` is nan"),
        ({"dim": 2**64}, "`dim` is 18446744073709551616; an integer of a spec has 64 bits"),
        ({"attn_layers": {"$class": "Encoder", "kwargs": {"ff_custom_activation": object()}}}, "`attn_layers.ff_custom_activation` is a object"),
        ({"ff_custom_activation": {"$module": "torch.nn.Mish", "kwargs": {}}}, "`ff_custom_activation` is a torch.nn.Mish"),
        ({"embed_num_tokens": {"a b": 2}}, "`embed_num_tokens.a b`: 'a b' is no name"),
        ({"let": 1}, "`let`: 'let' is no name"),
        ({"attn_max_attend_past": (1, [object()])}, r"`attn_max_attend_past\[1\]\[0\]` is a object"),
    ],
)
def test_errors_name_the_argument(kwargs, message):
    with pytest.raises(ValueError, match=message):
        spec_from_kwargs("TransformerWrapper", kwargs)


def test_wrappers_become_a_model_and_a_policy():
    stack = {"$class": "Encoder", "kwargs": {"dim": 8, "depth": 1}}
    net = {"$class": "TransformerWrapper", "kwargs": {"num_tokens": 9, "max_seq_len": 4, "attn_layers": stack}}
    text = spec_from_kwargs("NonAutoregressiveWrapper", {"net": net, "mask_id": 8, "schedule": "cosine", "token_critic": net}, "m", ["mask"])
    assert text.count("attn_layers = Encoder { dim = 8  depth = 1 }") == 2
    assert text.count('inputs = ["mask"]') == 1
    assert text.endswith("refine m {\n  mask_id = 8  schedule = cosine  token_critic = m_critic\n}\n")


def test_own_words_and_inputs_of_both_sides():
    text = spec_from_kwargs("XTransformer", {"dim": 8, "enc_depth": 1, "dec_depth": 2}, "m", {"enc": ["mask"], "dec": ["context_mask"]})
    assert 'enc { depth = 1  inputs = ["mask"] }' in text and 'dec { depth = 2  inputs = ["context_mask"] }' in text
    assert "pool = mean  normalize = true" in spec_from_kwargs("TransformerWrapper", {"num_tokens": 2}, pool="mean", normalize=True)
