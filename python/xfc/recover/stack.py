"""Arguments of AttentionLayers and its classes: layout, norms, positions, residuals."""

import math

from xfc.recover.branches import attention_arguments, feed_forward_arguments
from xfc.recover.common import changed, kind_of, short


def _unwrapped(branch):
    """(wrappers of a branch by kind, outermost first; the Attention or FeedForward inside)."""
    wrappers = []
    while kind_of(branch) in ("Scale", "LayerScale", "AdaptiveLayerScale", "ShiftTokens"):
        wrappers.append(branch)
        branch = branch.fn
    return wrappers, branch


def _mro(module, name):
    return next((cls for cls in type(module).__mro__ if cls.__name__ == name), type(module))


def stack_arguments(stack):
    branches = [_unwrapped(layer[1]) for layer in stack.layers]
    of = {kind: [branch for (_, branch), type_ in zip(branches, stack.layer_types) if type_ == kind] for kind in "acf"}
    values = {"dim": stack.dim, "heads": stack.attn_heads}
    values |= _layout(stack, branches) | _norms(stack, branches) | _positions(stack) | _residuals(stack, branches, of)
    cls = kind_of(stack)
    if cls == "AttentionLayers" and stack.causal:
        values["causal"] = True
    if cls != "CrossAttender":
        only = stack.cross_attend and "a" not in stack.layer_types and not stack.has_custom_layer_types
        values |= {"cross_attend": stack.cross_attend, "only_cross": bool(only)}
    base = changed(_mro(stack, "AttentionLayers"), values)
    if stack.attn_dim_head != 64:
        base["attn_dim_head"] = stack.attn_dim_head
    return base | attention_arguments(stack, of) | feed_forward_arguments(stack, of)


def _layout(stack, branches):
    kinds, order = tuple(stack.layer_types), tuple(stack.layers_execute_order)
    plain_order = order == tuple(range(len(kinds)))
    scales = [[wrapper for wrapper in wrappers if kind_of(wrapper) == "Scale"] for wrappers, branch in branches if kind_of(branch) == "FeedForward"]
    outer = stack.residual_scale not in (None, 1.0)
    values = {"macaron": any(len(found) > outer for found in scales)}
    if not stack.has_custom_layer_types:
        values["only_attn"] = "f" not in kinds
        if not plain_order and order == tuple(range(len(kinds))) * (len(order) // len(kinds)) and stack.depth == 1:
            return values | {"depth": len(order) // len(kinds), "weight_tie_layers": True}
        values["depth"] = stack.depth
    else:
        values |= _custom(stack, kinds, order, values["macaron"])
    if not plain_order:
        values["layers_execute_order"] = order
    return values


def _custom(stack, kinds, order, macaron):
    """`sandwich_coef` or `par_ratio` where they give these sublayers, else `custom_layers`."""
    block = ("f",) * macaron + ("a",) + ("c",) * stack.cross_attend + ("f",)
    depth = stack.depth
    if depth != len(order):
        for coef in range(1, depth + 1):
            if kinds == ("a",) * coef + block * (depth - coef) + ("f",) * coef:
                return {"sandwich_coef": coef, "depth": depth}
        total = depth * len(block)
        short = tuple(kind for kind in block if kind != "f")
        for ratio in range(2, total + 1):
            attn, cut = total // ratio, total * 2 // 3
            width = (cut + cut // attn) // attn
            head = (short + ("f",) * (width - len(short))) * attn
            if len(short) <= width and kinds == head + ("f",) * (total - len(head)):
                return {"par_ratio": ratio, "depth": depth}
    return {"custom_layers": kinds} | ({"depth": depth} if depth != len(order) else {})


def _norms(stack, branches):
    norms = [norm for layer in stack.layers for norm in layer[0] if norm is not None]
    if kind_of(stack.final_norm) != "Identity":
        norms.append(stack.final_norm)
    kind = kind_of(norms[0]) if norms else "LayerNorm"
    words = {
        "ScaleNorm": "use_scalenorm",
        "RMSNorm": "use_rmsnorm",
        "SimpleRMSNorm": "use_simple_rmsnorm",
        "DynamicTanh": "use_dynamic_tanh",
        "Derf": "use_derf",
        "AdaptiveLayerNorm": "use_adaptive_layernorm",
        "AdaptiveRMSNorm": "use_adaptive_rmsnorm",
    }
    values = {words[kind]: True} if kind in words else {}
    offsets = []
    for part in norms + [wrapper for wrappers, _ in branches for wrapper in wrappers]:
        offsets += [bool(getattr(part, name)) for name in ("unit_offset", "gamma_offset", "scale_offset") if hasattr(part, name)]
    values["norm_add_unit_offset"] = all(offsets)
    if kind == "DynamicTanh" and norms[0].pre_tanh_scale_offset:
        values["dynamic_tanh_init_alpha"] = norms[0].pre_tanh_scale_offset
    gated = kind_of(stack.layers[0][2]) == "GatedMultiResidual"
    values |= {"pre_norm": stack.pre_norm, "sandwich_norm": stack.sandwich_norm, "pre_and_post_norm": stack.pre_and_post_norm}
    if stack.pre_norm and not stack.pre_and_post_norm and not gated:
        values["pre_norm_has_final_norm"] = kind_of(stack.final_norm) != "Identity"
    if stack.dim_condition != stack.dim:
        values["dim_condition"] = stack.dim_condition
    if kind_of(stack.adaptive_mlp) == "Sequential":
        values["adaptive_condition_mlp"] = True
        values["adaptive_condition_mlp_expansion"] = stack.adaptive_mlp[0].weight.shape[0] // stack.dim_condition
    values["softclamp_output"] = stack.softclamp_output
    return values | ({"softclamp_output_value": stack.softclamp_output_value} if stack.softclamp_output else {})


def _positions(stack):
    values, bias, rotary = {}, stack.rel_pos, stack.rotary_pos_emb
    if kind_of(bias) == "RelativePositionBias":
        values |= {"rel_pos_bias": True, "rel_pos_num_buckets": bias.num_buckets, "rel_pos_max_distance": bias.max_distance}
    elif kind_of(bias) == "DynamicPositionBias":
        first = bias.mlp[0]
        values |= {
            "dynamic_pos_bias": True,
            "dynamic_pos_bias_log_distance": bias.log_distance,
            "dynamic_pos_bias_mlp_depth": len(bias.mlp) - 1,
            "dynamic_pos_bias_norm": any(kind_of(part) == "LayerNorm" for part in first),
        }
    elif kind_of(bias) == "AlibiPositionalBias":
        values["alibi_pos_bias"] = True
        if bias.heads != bias.total_heads:
            values["alibi_num_heads"] = bias.heads
        slopes = bias.slopes.flatten().tolist()
        if not all(math.isclose(slope, usual, rel_tol=1e-6) for slope, usual in zip(slopes, bias._get_slopes(bias.heads))):
            values["rel_pos_kwargs"] = {"slopes": [short(slope, lambda x, slope=slope: _float32(x) == slope) for slope in slopes]}
    if rotary is not None:
        values |= _rotary(rotary, stack.attn_dim_head)
    values["polar_pos_emb"] = stack.polar_pos_emb is not None
    usual = bool(values.get("rel_pos_bias") or rotary is not None or values["polar_pos_emb"])
    if bool(stack.disable_abs_pos_emb) != usual:
        values["disable_abs_pos_emb"] = bool(stack.disable_abs_pos_emb)
    attentions = [branch for _, branch in map(_unwrapped, (layer[1] for layer in stack.layers)) if kind_of(branch) == "Attention"]
    rotated = {attention.rotate_num_heads for attention in attentions if attention.causal == stack.causal and attention.to_rotateable_k is None}
    if rotary is not None and rotated and min(rotated) != stack.attn_heads:
        values["rotate_num_heads"] = min(rotated)
    return values


def _float32(value):
    import torch

    return torch.tensor(value, dtype=torch.float32).item()


def _rotary(rotary, dim_head):
    import torch

    width = 2 * len(rotary.inv_freq)
    values = {"rotary_pos_emb": True} if rotary.scale is None else {"rotary_xpos": True, "rotary_xpos_scale_base": rotary.scale_base}
    if width != dim_head // 2:
        values["rotary_emb_dim"] = width
    values["rotary_interpolation_factor"] = rotary.interpolation_factor
    stored = rotary.inv_freq.detach().cpu()

    def compared(factor):
        """The sign of stored frequencies minus those of a factor, which fall as it grows."""
        base = 10000 * factor ** (width / (width - 2))
        difference = stored - 1.0 / (base ** (torch.arange(0, width, 2).float() / width))
        return int(difference.sign()[difference.nonzero()[:1].flatten()].sum())

    if width > 2 and compared(1.0):
        low, high = 1e-6, 1e9
        for _ in range(200):  # halves the interval, in logarithms, until frequencies agree
            factor = math.sqrt(low * high)
            sign = compared(factor)
            if not sign:
                break
            low, high = (factor, high) if sign < 0 else (low, factor)
        values["rotary_base_rescale_factor"] = short(factor, lambda near: near > 0 and not compared(near))
    return values


def _residuals(stack, branches, of):
    layer, residual = stack.layers[0], stack.layers[0][2]
    words = {
        "GRUGating": "gate_residual",
        "OrthogonalResidualUpdate": "orthog_residual",
        "MVSplitResidualUpdate": "mv_split_residual",
        "GatedMultiResidual": "gated_multi_residual",
    }
    values = {words[kind_of(residual)]: True} if kind_of(residual) in words else {}
    if getattr(residual, "learned", False):
        values["residual_fn_kwargs"] = {"learned": True}
    if kind_of(residual) == "GatedMultiResidual":
        values["residual_fn_kwargs"] = {"read_gate_rank": residual.to_bottleneck.weight.shape[0]}
    integrators = [part for part in stack.layer_integrators if part is not None]
    aggregated = bool(integrators) and kind_of(integrators[0]) == "AttentionResidual"
    if aggregated:
        values["attn_aggregated_residuals"] = True
        rank = integrators[0].to_query[1].down.weight.shape[0]
        if rank != 64:
            values["attn_aggregated_residual_kwargs"] = {"lora_rank": rank}
    elif integrators:
        values |= {"integrate_layers": True, "layer_integrate_use_softmax": kind_of(integrators[0].to_weights[-1]) == "Softmax"}
    scaled, factor = getattr(residual, "residual_scale", None) is not None, None if aggregated else stack.residual_scale
    if scaled:
        values["scale_residual"] = True if factor is None else factor
    elif factor is not None:
        values["depth_scale_residual"] = factor
    if hasattr(residual, "scale_residual_constant"):
        values["scale_residual_constant"] = residual.scale_residual_constant
    shifts = tuple(max((max(wrapper.shifts) for wrapper in wrappers if kind_of(wrapper) == "ShiftTokens"), default=0) for wrappers, _ in branches)
    values["shift_tokens"] = shifts[0] if len(set(shifts)) == 1 else shifts
    outer = [kind_of(wrapper) for wrapper in branches[0][0]]
    values |= {"use_layerscale": "LayerScale" in outer, "use_adaptive_layerscale": "AdaptiveLayerScale" in outer}
    integrates = values.get("integrate_layers", False)
    values |= {
        "residual_attn": stack.residual_attn,
        "cross_residual_attn": stack.cross_residual_attn,
        "unet_skips": stack.unet_skips,
        "num_residual_streams": stack.num_residual_streams,
        "qkv_receive_diff_residuals": not integrates and any(branch.qkv_receive_diff_residuals for branch in of["a"]),
        "reinject_input": stack.reinject_input,
        "learned_reinject_input_gate": stack.learned_reinject_input_gate is not None,
        "add_value_residual": stack.add_value_residual,
    }
    if stack.add_value_residual and len(of["a"]) > 1:
        values["learned_value_residual_mix"] = kind_of(of["a"][1].to_value_residual_mix) == "Sequential"
    return values
