"""Specs from x-transformers constructor calls, and back: the words are the same, so a call carries over whole.

The text comes out as `xfc fmt` would lay it out.
"""

import json
import math
import numbers
import os
import re
import subprocess
from typing import NamedTuple

LINE_WIDTH = 100  # of `xfc fmt`
_INDENT = "  "

# torch.nn module and its arguments -> the word of `ff_custom_activation`.
ACTIVATIONS = {
    ("ReLU", ()): "relu",
    ("GELU", (("approximate", "none"),)): "gelu",
    ("GELU", (("approximate", "tanh"),)): "gelu_tanh",
    ("SiLU", ()): "silu",
    ("Tanh", ()): "tanh",
    ("Sigmoid", ()): "sigmoid",
}
# What the modules take besides, without an effect on their result.
_ACTIVATION_DEFAULTS = {"GELU": {"approximate": "none"}, "ReLU": {"inplace": False}, "SiLU": {"inplace": False}}

STACKS = ("AttentionLayers", "Encoder", "Decoder", "PrefixDecoder", "CrossAttender")
_POLICIES = {"AutoregressiveWrapper": "generate", "NonAutoregressiveWrapper": "refine"}
_GROUPS = ("cross_attn_", "attn_", "ff_")  # of a stack, the longest first
# Knobs of the stack itself that only look like those of attention.
_NOT_GROUPED = {"attn_aggregated_residuals", "attn_aggregated_residual_kwargs", "cross_attn_tokens_dropout"}
_RESERVED = set("import let model with weights refine generate sweep true false none".split())


def spec_from_kwargs(cls, kwargs, name="model", inputs=(), **own):
    """The text of the declarations for the constructor call `cls(**kwargs)`.

    cls     class name: "TransformerWrapper", a stack such as "Encoder", "ViTransformerWrapper", "XTransformer", "ContinuousTransformerWrapper",
            "MultiInputTransformerWrapper"; "AutoregressiveWrapper" and "NonAutoregressiveWrapper" give their net and a `generate` or `refine`
    kwargs  its keyword arguments; a nested call is `{"$class": name, "kwargs": {...}}`, a tuple may be `{"$tuple": [...]}` as JSON has none,
            a module of torch.nn is itself or `{"$module": "torch.nn.ReLU", "kwargs": {}}`; None is the same as leaving the argument out
    name    what the spec calls the model; "model" becomes "model_" where it is a reserved word
    inputs  optional inputs of calls that the library shall take, such as "mask" and "pos"; of an XTransformer
            `{"enc": ["mask"], "dec": ["context_mask"]}`
    own     further knobs of the outermost model, such as `pool="mean"`; a string is a bare word

    Raises ValueError, naming the argument, for a value that a spec has no words for.
    """
    return "".join(declarations(cls, kwargs, name, inputs, **own))


class Spec(NamedTuple):
    """A model of a spec as a constructor call: spec_from_kwargs(cls, kwargs, name, inputs, **own) is its text again."""

    cls: str
    kwargs: dict
    name: str
    inputs: list | dict
    own: dict
    functions: list  # mask_mod, score_mod
    weights: tuple[str, str] | None  # layout and file, relative to the spec


def kwargs_from_spec(path, model=None, *, compiler=None):
    """The constructor call of a model in the spec `path`: a Spec, with tuples as tuples. `lets`, imports and bases are resolved.

    model     which one, if the spec declares several
    compiler  the program `xfc`; None: beside Python, else on PATH

    A model with a `generate` or `refine` is an AutoregressiveWrapper or NonAutoregressiveWrapper around it. Raises CompileError for a spec with
    errors, ValueError for a model that is not there.
    """
    from xfc.compiler import CompileError, find_compiler

    done = subprocess.run([find_compiler(compiler), "--emit=kwargs", os.fspath(path)], text=True, capture_output=True)
    if done.returncode != 0:
        raise CompileError(done.stderr, done.returncode)
    models = {entry["name"]: entry for entry in json.loads(done.stdout)["models"]}
    critics = {policy["kwargs"]["token_critic"] for entry in models.values() for policy in entry["policies"] if "token_critic" in policy["kwargs"]}
    if model is None:
        own = [name for name in models if name not in critics]
        if len(own) != 1:
            raise ValueError(f"the spec declares {', '.join(f'`{name}`' for name in own) or 'no model'}: say which with `model=`")
        model = own[0]
    if model not in models:
        raise ValueError(f"the spec declares no `{model}`, but {', '.join(f'`{name}`' for name in models)}")
    return _spec_of(models[model], models)


def _spec_of(entry, models):
    cls, kwargs, own = entry["class"], _from_words(decoded(entry["kwargs"])), decoded(entry["own"])
    inputs = own.pop("inputs", [])
    sides = {side: own.pop(f"{side}_inputs") for side in ("enc", "dec") if f"{side}_inputs" in own}
    weights = entry.get("weights")
    policies = [policy for policy in entry["policies"] if policy["keyword"] in _POLICIES.values()]
    if len(policies) > 1:
        raise ValueError(f"`{entry['name']}` has both a `generate` and a `refine`: x-transformers wraps a model once")
    for policy in policies:
        wrapper = next(cls for cls, keyword in _POLICIES.items() if keyword == policy["keyword"])
        settings = {**decoded(policy["kwargs"]), **decoded(policy["own"])}
        if settings.get("token_critic") in models:
            critic = models[settings["token_critic"]]
            settings["token_critic"] = {"$class": critic["class"], "kwargs": _from_words(decoded(critic["kwargs"]))}
        cls, kwargs = wrapper, {"net": {"$class": cls, "kwargs": kwargs}, **settings}
    file = None if weights is None else (weights["layout"], weights["file"])
    return Spec(cls, kwargs, entry["name"], sides or inputs, own, entry["functions"], file)


def _from_words(kwargs):
    """Words of activations as modules of torch.nn."""
    words = {word: {"$module": f"torch.nn.{kind}", "kwargs": dict(arguments)} for (kind, arguments), word in ACTIVATIONS.items()}

    def translated(key, value):
        if isinstance(value, dict) and "$class" in value:
            return {"$class": value["$class"], "kwargs": _from_words(value["kwargs"])}
        if key.endswith("ff_custom_activation"):
            return tuple(words.get(item, item) for item in value) if isinstance(value, tuple) else words.get(value, value)
        return value

    return {key: translated(key, value) for key, value in kwargs.items()}


def declarations(cls, kwargs, name="model", inputs=(), **own):
    """The texts of spec_from_kwargs one by one: models first, then what belongs to them."""
    name = _name(name)
    if cls in _POLICIES:
        return _wrapped(cls, kwargs, name, inputs, own)
    top = {**kwargs, **own}
    if inputs:
        top.update({f"{side}_inputs": list(names) for side, names in inputs.items()} if isinstance(inputs, dict) else {"inputs": list(inputs)})
    return [_text(f"model {name} = {_checked(cls, 'class')}", _items(cls, top, ""))]


def _wrapped(cls, kwargs, name, inputs, own):
    """A net with its policy; a critic is a model of its own."""
    rest = dict(kwargs)
    net = rest.pop("net", None)
    if not _is_call(net):
        raise ValueError(f"`net` of {cls} is a {type(net).__name__}; it is a constructor call")
    texts = declarations(net["$class"], net["kwargs"], name, inputs, **own)
    critic = rest.get("token_critic")
    if _is_call(critic):
        rest["token_critic"] = f"{name}_critic"
        texts += declarations(critic["$class"], critic["kwargs"], f"{name}_critic")
    return texts + [_text(f"{_POLICIES[cls]} {name}", _items(cls, rest, ""))]


def decoded(value):
    """A value of the JSON form with tuples as tuples; nested calls stay what they are."""
    if isinstance(value, dict):
        if set(value) == {"$tuple"}:
            return tuple(decoded(item) for item in value["$tuple"])
        return {key: decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decoded(item) for item in value]
    return tuple(decoded(item) for item in value) if isinstance(value, tuple) else value


# --- settings: pairs of (what stands before the value, text) or (head of a block, list of pairs)


def _items(cls, kwargs, path):
    """Settings first, in the order of the call, then groups and nested calls."""
    plain, blocks = [], []
    settings = {key: decoded(value) for key, value in kwargs.items() if value is not None}
    for head, inner in _grouped(cls, settings):
        where = f"{path}{head}"
        if isinstance(inner, _Group):
            blocks.append((head, _items(inner.cls, inner.settings, f"{where}_")))
        elif _is_call(inner):
            call = f"{_checked(head, where)} = {_checked(inner['$class'], where)}"
            blocks.append((call, _items(inner["$class"], inner["kwargs"], f"{where}.")))
        elif isinstance(inner, dict) and "$module" not in inner:
            blocks.append((f"{_checked(head, where)} =", _items("", inner, f"{where}.")))
        else:
            plain.append((f"{_checked(head, where)} = {_literal(inner, where)}", None))
    return plain + blocks


class _Group:
    """Settings of one prefix, which share a block."""

    def __init__(self, cls, settings):
        self.cls, self.settings = cls, settings


def _grouped(cls, settings):
    """(key, value) pairs where knobs of one prefix, if there are several, have become one group."""
    prefixes = ("enc_", "dec_") if cls == "XTransformer" else _GROUPS if cls in STACKS else ()
    groups = {}
    for key in settings:
        prefix = next((prefix for prefix in prefixes if key.startswith(prefix) and key not in _NOT_GROUPED), None)
        groups.setdefault(prefix, []).append(key)
    for prefix, keys in groups.items():
        if prefix is None or len(keys) < 2:
            yield from ((key, settings[key]) for key in keys)
        else:
            inside = "AttentionLayers" if cls == "XTransformer" else ""
            yield prefix.rstrip("_"), _Group(inside, {key[len(prefix) :]: settings[key] for key in keys})


def _is_call(value):
    return isinstance(value, dict) and "$class" in value


def _checked(word, where):
    if not isinstance(word, str) or not re.fullmatch(r"[A-Za-z_]\w*", word, re.ASCII) or word in _RESERVED:
        raise ValueError(f"`{where}`: {word!r} is no name that a spec can have")
    return word


def _name(name):
    return "model_" if name == "model" else _checked(name, "name")


# --- values


def _literal(value, where):
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "true" if value else "false"
    if value is None:
        return "none"
    if isinstance(value, str):
        return _checked(value, where)
    if isinstance(value, numbers.Integral):
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"`{where}` is {value}; an integer of a spec has 64 bits")
        return repr(int(value))
    if isinstance(value, numbers.Real):
        if not math.isfinite(value):
            raise ValueError(f"`{where}` is {value}; a number of a spec is finite")
        return _float(float(value))
    if isinstance(value, (list, tuple)):
        if any(isinstance(item, float) for item in value):  # a list is of one kind
            value = [float(item) if isinstance(item, numbers.Real) and not isinstance(item, bool) else item for item in value]
        words = [_quoted(item) if isinstance(item, str) else _literal(item, f"{where}[{i}]") for i, item in enumerate(value)]
        return f"[{', '.join(words)}]"
    if word := _activation(value):
        return word
    kind = value.get("$module", "dict") if isinstance(value, dict) else type(value).__name__
    holds = f"numbers, booleans, words, lists, constructor calls and the activations {_activation_list()}"
    raise ValueError(f"`{where}` is a {kind}; a spec holds {holds}")


def _float(value):
    text = repr(value).replace("e+", "e")
    return text if "." in text or "e" not in text else text.replace("e", ".0e", 1)


def _quoted(text):
    for char, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(char, escape)
    return f'"{text}"'


def _activation(value):
    """The word for a module of torch.nn, live or as data; None for anything else."""
    if isinstance(value, dict) and "$module" in value:
        package, _, kind = value["$module"].rpartition(".")
        arguments = value.get("kwargs", {})
        known = package == "torch.nn"
    else:
        kind, known = type(value).__name__, type(value).__module__ == "torch.nn.modules.activation"
        arguments = {key: getattr(value, key) for key in _ACTIVATION_DEFAULTS.get(kind, {}) if hasattr(value, key)}
    if not known:
        return None
    arguments = {**_ACTIVATION_DEFAULTS.get(kind, {}), **arguments}
    arguments.pop("inplace", None)
    return ACTIVATIONS.get((kind, tuple(sorted(arguments.items()))))


def _activation_list():
    def arguments(rest):
        return f"({', '.join(f'{key}={text!r}' for key, text in rest)})" if rest else ""

    return ", ".join(f"torch.nn.{kind}{arguments(rest)}" for kind, rest in ACTIVATIONS)


# --- layout


def _text(head, items):
    return "\n".join(_block(head, items, 0) + [""])


def _flat(head, items):
    return f"{head} {{ {'  '.join(text if inner is None else _flat(text, inner) for text, inner in items)} }}" if items else f"{head} {{}}"


def _block(head, items, depth):
    """Lines of a block: of one line where it fits and holds no other, unless it is a declaration's."""
    flat = _INDENT * depth + _flat(head, items)
    if not items or (depth and len(flat) <= LINE_WIDTH and all(inner is None for _, inner in items)):
        return [flat]
    lines = [f"{_INDENT * depth}{head} {{"]
    line = ""
    for text, inner in items:
        if inner is None and line and len(f"{line}  {text}") <= LINE_WIDTH:
            line += f"  {text}"
            continue
        lines += [line] if line else []
        line = ""
        if inner is not None:
            lines += _block(text, inner, depth + 1)
        elif len(_INDENT * (depth + 1) + text) <= LINE_WIDTH:
            line = _INDENT * (depth + 1) + text
        else:
            lines += _broken(text, depth + 1)
    return lines + ([line] if line else []) + [f"{_INDENT * depth}}}"]


def _broken(text, depth):
    """A list that does not fit a line with its name: below it, or else filled into lines that end after commas."""
    indent = _INDENT * depth
    below = indent + _INDENT * 2
    head, _, values = text.partition(" = ")
    if len(below + values) <= LINE_WIDTH:
        return [f"{indent}{head} =", below + values]
    lines, line = [], f"{indent}{head} ="
    for piece in re.findall(r'(?:"(?:\\.|[^"\\])*"|[^,"])+,?', values):
        piece = piece.strip()
        glue = " " if line.endswith((",", "=")) else ""
        if len(line + glue + piece) > LINE_WIDTH:
            lines.append(line)
            line = below + piece
        else:
            line += glue + piece
    return lines + [line]
