"""Specs from x-transformers constructor calls: the words are the same, so a call carries over whole."""

import json

_INDENT = "  "


def spec_from_kwargs(cls, kwargs, name="model", **own):
    """The text of a `model` declaration for the constructor call `cls(**kwargs)`.

    cls     class name, e.g. "TransformerWrapper"
    kwargs  its keyword arguments; a nested constructor call is `{"$class": name, "kwargs": {...}}`,
            a tuple may be `{"$tuple": [...]}` as JSON has none
    name    what the spec calls the model
    own     knobs that x-transformers does not know, such as `pool="mean"`; a string is a bare word

    Raises ValueError for a value that a spec has no words for, such as a module.
    """
    lines = [f"model {name} = {cls} {{"]
    lines += _settings(kwargs, 1)
    lines += [f"{_INDENT}{key} = {_word(value)}" for key, value in own.items()]
    return "\n".join(lines + ["}", ""])


def _settings(kwargs, depth):
    for key, value in kwargs.items():
        if value is None:
            continue
        if isinstance(value, dict) and "$class" in value:
            yield f"{_INDENT * depth}{key} = {value['$class']} {{"
            yield from _settings(value["kwargs"], depth + 1)
            yield f"{_INDENT * depth}}}"
        else:
            yield f"{_INDENT * depth}{key} = {_literal(key, value)}"


def _word(value):
    return value if isinstance(value, str) else _literal("", value)


def _literal(key, value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value)
    if value is None:
        return "none"
    if isinstance(value, dict) and "$tuple" in value:
        value = value["$tuple"]
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_literal(key, item) for item in value) + "]"
    raise ValueError(f"`{key}` is a {type(value).__name__}; a spec holds numbers, booleans, strings, lists and constructor calls")
