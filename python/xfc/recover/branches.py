"""Arguments of attentions and feed-forwards: one dict a module, joined to what all share or a tuple with one each."""

import inspect

from xfc.recover.common import Unrecoverable, kind_of, same, short


def _attention(attn, dim_head, dim):
    """Arguments of one Attention that are not the stack's, all of them."""
    attend, function = attn.attend, attn.attend.attn_fn
    keywords = getattr(function, "keywords", {})
    name = getattr(getattr(function, "func", function), "__name__", "")
    while hasattr(function, "func"):
        function = function.func
        name = getattr(function, "__name__", name)
    if name not in ("softmax", "sigmoid", "one_hot_straight_through", "sparse_topk_attn", "gumbel_softmax"):
        raise Unrecoverable("`attn_custom_attn_fn` is a function, which no spec can hold")
    if attn.hybrid_module is not None:
        raise Unrecoverable("`attn_hybrid_module` is a module, which no spec can hold")
    heads, width = attn.heads, lambda linear: linear.weight.shape[0]
    latent_kv = attn.to_latent_kv
    values_per_head = width(attn.to_v) // attn.kv_heads
    context = (latent_kv if latent_kv is not None else attn.to_k).weight.shape[1]
    values = {
        "kv_heads": None if attn.kv_heads == heads else attn.kv_heads,
        "value_dim_head": None if values_per_head == dim_head else values_per_head,
        "dim_context": None if context == dim else context,
        "flash": attend.flash,
        "max_attend_past": attn.max_attend_past,
        "softclamp_logits": attend.softclamp_logits,
        "qk_norm": attn.qk_norm,
        "qk_rmsnorm": attn.q_rmsnorm is not None,
        "k_rmsnorm": attn.k_rmsnorm is not None and attn.q_rmsnorm is None,
        "value_rmsnorm": attn.value_rmsnorm is not None,
        "pre_talking_heads": attend.pre_softmax_talking_heads is not None,
        "post_talking_heads": attend.post_softmax_talking_heads is not None,
        "pre_scale_post_talking_heads": attend.pre_scale_post_talking_heads is not None,
        "head_scale": attn.head_scale,
        "sparse_topk": keywords.get("sparse_topk") if name == "sparse_topk_attn" else None,
        "hard": name == "one_hot_straight_through",
        "sigmoid": name == "sigmoid",
        "gumbel_softmax": name == "gumbel_softmax",
        "l2_distance": attend.l2_distance,
        "cog_signed": attend.cog_signed,
        "selective": attend.selective,
        "num_mem_kv": attn.num_mem_kv,
        "add_zero_kv": attend.add_zero_kv,
        "head_learned_sink": attend.head_learned_sink,
        "on_attn": attn.attn_on_attn,
        "laser": attn.laser,
        "gate_value_heads": attn.to_v_head_gate is not None,
        "orthog_projected_values": attn.orthog_projected_values,
        "orthog_projected_values_per_head": attn.orthog_projected_values_per_head,
        "inverted_attention": attend.inverted_attention,
    }
    if attend.softclamp_logits:
        values["logit_softclamp_value"] = attend.logit_softclamp_value
    if attn.laser:
        values["laser_softclamp_value"] = attn.laser_softclamp_value
    if attn.qk_norm:
        values |= {"qk_norm_groups": attn.qk_norm_groups, "qk_norm_dim_scale": attn.qk_norm_dim_scale}
        if not attn.qk_norm_dim_scale:
            values["qk_norm_scale"] = attn.qk_norm_scale
    return values | _gates(attn) | _latents(attn) | _attention_bias(attn) | _projection(attn)


def _gates(attn):
    values = {}
    for word, gate in (("gate_values", attn.to_v_gate), ("output_gate", attn.to_output_gate)):
        values[word] = gate is not None
        if gate is not None:
            values[f"{word}_headwise"] = getattr(attn, f"{word}_headwise")
            values[f"{word}_rank"] = gate.down.weight.shape[0] if hasattr(gate, "down") else None
            if hasattr(gate, "down"):
                values["low_rank_silu_gates"] = gate.maybe_activation.__name__ == "silu"
    if values["gate_values"] or values["output_gate"]:
        values["swiglu_values"] = attn.to_v_gate_activation.__name__ == "silu"
    return values


def _latents(attn):
    values = {"use_latent_q": attn.use_latent_q, "use_latent_kv": attn.use_latent_kv}
    if attn.use_latent_q:
        values["dim_latent_q"] = attn.to_latent_q.weight.shape[0]
    if attn.use_latent_kv:
        values["dim_latent_kv"] = attn.to_latent_kv.weight.shape[0]
    if attn.to_rotateable_k is not None:
        values["latent_rope_subheads"] = attn.rotate_num_heads
    return values


def _attention_bias(attn):
    values, alibi, projected, cope = {}, attn.data_dependent_alibi, attn.rel_proj_pos_bias, attn.attend.cope
    values |= {"data_dependent_alibi": alibi is not None, "use_rel_proj_pos_bias": projected is not None, "use_cope": cope is not None}
    if alibi is not None:
        if kind_of(alibi) == "PerRowDataDependentAlibi":
            values |= {"data_dependent_alibi_per_row": True, "data_dependent_alibi_per_row_dim_head": round(alibi.scale**-2)}
        if alibi.post_log_scale != 1:
            values["data_dependent_alibi_kwargs"] = {"post_log_scale": alibi.post_log_scale}
    if projected is not None:
        values |= {"rel_proj_num_distance_basis": projected.num_distance_basis, "rel_proj_max_dist": projected.max_dist}
    if cope is not None:
        values |= {"cope_max_pos": cope.max_pos, "cope_talking_heads": cope.talking_heads is not None, "cope_soft_onehot_pos": cope.soft_onehot}
    return values


def _projection(attn):
    usual = attn.heads > 1 or attn.attn_on_attn
    has = kind_of(attn.to_out) != "Identity"
    return {} if has == usual else {"project_out": has}


def attention_arguments(stack, of):
    """`attn_*` of the self attentions; `cross_attn_*` where a cross attention differs from what it would inherit."""
    own = _joined([_attention(branch, stack.attn_dim_head, stack.dim) for branch in of["a"]], of["a"])
    own.pop("inverted_attention", None)
    cross = [_attention(branch, stack.attn_dim_head, stack.dim) for branch in of["c"]]
    if not cross:
        return {f"attn_{name}": value for name, value in own.items()}
    shared = {name: value for name, value in own.items() if not isinstance(value, tuple)}
    defaults = _defaults(of["c"][0])
    found = _joined(cross, of["c"], keep_defaults=True)
    found = {name: value for name, value in found.items() if not same(value, shared.get(name, defaults.get(name)))}
    usual = {"kv_heads": stack.attn_heads, "value_dim_head": stack.attn_dim_head, "dim_context": stack.dim}  # said where it takes back another
    found = {name: usual[name] if value is None and name in usual else value for name, value in found.items()}
    return {f"attn_{name}": value for name, value in own.items()} | {f"cross_attn_{name}": value for name, value in found.items()}


def _defaults(module):
    return {name: parameter.default for name, parameter in inspect.signature(type(module).__init__).parameters.items()}


def _joined(arguments, modules, keep_defaults=False):
    """Arguments of modules of one kind: the value that all share, or a tuple with one each."""
    if not arguments:
        return {}
    defaults, joined = _defaults(modules[0]), {}
    for name in dict.fromkeys(name for values in arguments for name in values):
        each = tuple(values.get(name, defaults.get(name)) for values in arguments)
        if all(same(value, each[0]) for value in each):
            if keep_defaults or not same(each[0], defaults.get(name)):
                joined[name] = each[0]
        else:
            joined[name] = each
    return joined


def _feed_forward(feed, dim):
    proj, parts = feed.ff[0], list(feed.ff)
    glu = kind_of(proj) == "GLU"
    out = next(part for part in parts[1:] if kind_of(part) == "Linear")
    inner = out.weight.shape[1]
    values = {
        "mult": short(inner / dim, lambda mult: int(dim * mult) == inner),
        "glu": glu,
        "no_bias": out.bias is None,
        "post_act_ln": any(kind_of(part) == "LayerNorm" for part in parts[1:]),
    }
    if glu:
        activation = proj.act
        values["glu_mult_bias"] = not isinstance(proj.mult_bias, float)
        if proj.up_softclamp_value is not None:
            values |= {"glu_softclamp": True, "glu_up_softclamp_value": proj.up_softclamp_value}
            values["glu_gate_softclamp_value"] = activation.keywords["value"]
            return values | ({"swish": True} if activation.func.__name__ == "softclamp_silu" else {})
    else:
        activation = proj[-1]
        clamp = next((part for part in proj if kind_of(part) == "Lambda"), None)
        if clamp is not None:
            values["softclamp_value"] = clamp.fn.keywords["value"]
    return values | _activation(activation)


def _activation(activation):
    kind = kind_of(activation)
    if kind == "GELU" and activation.approximate == "none":
        return {}
    words = {"ReluSquared": "relu_squared", "SoLU": "solu", "SiLU": "swish"}
    if kind in words:
        return {words[kind]: True}
    arguments = {"approximate": activation.approximate} if kind == "GELU" else {}
    return {"custom_activation": {"$module": f"torch.nn.{kind}", "kwargs": arguments}}


def feed_forward_arguments(stack, of):
    joined = _joined([_feed_forward(branch, stack.dim) for branch in of["f"]], of["f"])
    return {f"ff_{name}": value for name, value in joined.items()}
