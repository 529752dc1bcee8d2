"""Misreadings of knobs, each as a change of the constructor call or of the checkpoint that makes a right compiler compute the wrong thing.

The names are those of the case files' `checks.mutants`, which record how far each is off in x-transformers.
"""

import math
import re

import numpy as np

TANH = {"$module": "torch.nn.GELU", "kwargs": {"approximate": "tanh"}}


def stack_of(model):
    return model["kwargs"]["attn_layers"]["kwargs"]


def scaled(pattern, factor):
    def change(weights, _):
        return {name: value * np.float32(factor) if re.search(pattern, name) else value for name, value in weights.items()}

    return change


def head_width(model):
    return stack_of(model).get("attn_dim_head", 64)


def by_model(pattern, factor):
    """Tensors times a factor that follows from the model."""
    return lambda weights, model: scaled(pattern, factor(model))(weights, model)


def mapped(pattern, function):
    def change(weights, model):
        return {name: np.ascontiguousarray(function(value, model)) if re.search(pattern, name) else value for name, value in weights.items()}

    return change


def swapped_halves(value, _):
    return np.concatenate(np.split(value, 2)[::-1])


def half_split(value, model):
    """Rows of q or k: feature i of a head beside i + r/2, as the interleaved rotation then turns them together."""
    width = head_width(model)
    rotated = stack_of(model).get("rotary_emb_dim", width // 2)
    order = np.concatenate((np.arange(rotated).reshape(2, -1).T.ravel(), np.arange(rotated, width)))
    return value.reshape(-1, width, *value.shape[1:])[:, order].reshape(value.shape)


def block_heads(axis):
    """Query heads in the places where they read the key head that blocks of neighbours would."""

    def change(value, model):
        stack = stack_of(model)
        heads, keys = stack.get("heads", 8), stack.get("attn_kv_heads") or stack.get("cross_attn_kv_heads")
        order = [key * (heads // keys) + place for place in range(heads // keys) for key in range(keys)]
        parts = np.stack(np.split(value, heads, axis))
        return np.concatenate(list(parts[order]), axis)

    return change


def gqa_blocks(weights, model):
    branch = "1" if stack_of(model).get("attn_kv_heads") else "cross"
    layers = {name.split(".layers.")[1].split(".")[0] for name in weights if name.endswith("to_k.weight")}
    if branch == "cross":  # only the cross attentions have fewer key heads
        width = head_width(model) * stack_of(model).get("heads", 8)
        layers = {layer for layer in layers if weights[f"attn_layers.layers.{layer}.1.to_k.weight"].shape[0] != width}
    inside = rf"layers\.({'|'.join(sorted(layers))})\.1\."
    for pattern, axis in ((r"to_q\.weight$", 0), (r"q_rmsnorm\.gamma$", 0), (r"to_out\.weight$", 1)):
        weights = mapped(inside + pattern, block_heads(axis))(weights, model)
    return weights


def less_identity(value, _):
    return value - np.eye(len(value), dtype=np.float32)[..., None, None]


def renamed(old, new):
    return lambda weights, _: {re.sub(old, new, name): value for name, value in weights.items()}


def without(pattern):
    return lambda weights, _: {name: value for name, value in weights.items() if not re.search(pattern, name)}


# name -> (changed arguments, or a function of the model giving them; change of the checkpoint or None)
MUTANTS = {
    "gelu_tanh": ({"attn_layers.ff_custom_activation": TANH}, None),
    "norm_without_unit_offset": ({"attn_layers.norm_add_unit_offset": False}, None),
    "no_final_norm": ({"attn_layers.pre_norm_has_final_norm": False}, without("final_norm")),
    "window_one_wider": (lambda model: {"attn_layers.attn_max_attend_past": stack_of(model)["attn_max_attend_past"] + 1}, None),
    "tied_logits_unscaled": ({"tie_embedding_scale": 1.0}, None),
    "topk_one_more": (lambda model: {"attn_layers.attn_sparse_topk": stack_of(model)["attn_sparse_topk"] + 1}, None),
    "pre_norm_for_post_norm": (
        {"attn_layers.pre_norm": True, "attn_layers.pre_norm_has_final_norm": False},
        renamed(r"(layers\.\d+\.0)\.2\.", r"\1.0."),
    ),
    "abs_pos_unscaled": ({}, by_model(r"^pos_emb\.", lambda model: math.sqrt(stack_of(model)["dim"]))),
    "attn_unscaled": ({}, by_model(r"to_q\.weight$", lambda model: math.sqrt(head_width(model)))),
    "attn_scale_from_dim": ({}, by_model(r"to_q\.weight$", lambda model: math.sqrt(head_width(model) / (stack_of(model)["dim"] / 2)))),
    "t5_bias_unscaled": ({}, by_model(r"relative_attention_bias", lambda model: head_width(model) ** -0.5)),
    "half_ff_forgotten": ({}, scaled(r"ff\.2\.(weight|bias)$", 2.0)),
    "glu_halves_swapped": ({}, mapped(r"ff\.0\.proj\.", swapped_halves)),
    "rope_half_split": ({}, mapped(r"to_[qk]\.weight$", half_split)),
    "gqa_blocks": ({}, gqa_blocks),
    "talking_heads_without_skip": ({}, mapped(r"pre_softmax_talking_heads", less_identity)),
    "value_mix_reversed": ({}, scaled(r"to_value_residual_mix\.", -1.0)),
}  # fmt: skip


def options_of(name, model):
    """run_case's options for a mutant of a model."""
    edits, change = MUTANTS[name]
    edits = edits(model) if callable(edits) else edits
    return {"edits": edits} | ({"weights_edit": lambda weights: change(weights, model)} if change else {})
