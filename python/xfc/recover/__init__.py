"""Constructor arguments of live x-transformers modules, read off their structure.

x-transformers keeps few of its arguments, but each that matters at inference leaves a trace: a submodule, its type, a tensor's shape, an attribute.
What only trains (dropout, initial values) is left out, and so is what equals its default. Two calls that build the same module give the same
arguments here: the shorter spelling (`ff_mult` with the fewest digits, `attn_kv_heads = 1` for `attn_one_kv_head`).
"""

import math

from xfc.recover.common import Unrecoverable, changed, kind_of
from xfc.recover.stack import stack_arguments

__all__ = ["Unrecoverable", "call_of"]


def call_of(module):
    """The module's constructor call as data: {"$class": name, "kwargs": {...}}."""
    kinds = {
        "TransformerWrapper": _transformer_wrapper,
        "ViTransformerWrapper": _vision,
        "XTransformer": _x_transformer,
        "ContinuousTransformerWrapper": _continuous,
        "MultiInputTransformerWrapper": _multi_input,
        "AutoregressiveWrapper": _autoregressive,
        "NonAutoregressiveWrapper": _non_autoregressive,
        **dict.fromkeys(("AttentionLayers", "Encoder", "Decoder", "PrefixDecoder", "CrossAttender"), stack_arguments),
    }
    cls = type(module).__name__
    if cls not in kinds or not type(module).__module__.startswith("x_transformers"):
        raise Unrecoverable(f"a {type(module).__module__}.{cls} is none of {', '.join(kinds)} of x-transformers")
    return {"$class": cls, "kwargs": kinds[cls](module)}


# --- wrappers


def _embedding(module, dim):
    """Arguments about positions and embeddings that wrappers share."""
    values = {"max_seq_len": module.max_seq_len, "post_emb_norm": kind_of(module.post_emb_norm) == "LayerNorm"}
    position = kind_of(module.pos_emb)
    if position == "always":
        if module.max_seq_len and not module.attn_layers.disable_abs_pos_emb:
            values["use_abs_pos_emb"] = False
    elif position == "ScaledSinusoidalEmbedding":
        values["scaled_sinu_pos_emb"] = True
    if hasattr(module, "memory_tokens"):
        values["num_memory_tokens"] = module.memory_tokens.shape[0]
    for name in ("max_mem_len", "shift_mem_down", "memory_tokens_interspersed_every"):
        if hasattr(module, name):
            values[name] = getattr(module, name)
    if getattr(module, "emb_dim", dim) != dim:
        values["emb_dim"] = module.emb_dim
    return values


def _transformer_wrapper(module, with_stack=True):
    dim = module.attn_layers.dim
    if kind_of(module.token_emb) != "TokenEmbedding":
        raise Unrecoverable(f"`token_emb` is a {kind_of(module.token_emb)}, which no spec can hold")
    values = {"num_tokens": module.num_tokens, **_embedding(module, dim)}
    values |= {name: getattr(module, name) for name in ("l2norm_embed", "recycling", "looped")}
    values["ff_deep_embed"] = module.ff_deep_embed is not None
    if module.looped:
        values["max_looped_steps"] = module.train_max_looped_steps
    if module.embeds is not None:
        values["embed_num_tokens"] = {name.removesuffix("_embed"): table.num_embeddings for name, table in module.embeds.items()}
    values |= {"average_pool_embed": module.average_pool_embed, "use_cls_token": module.cls_token is not None}
    if module.cls_token is not None:
        values["num_cls_tokens"] = module.num_cls_tokens
    values |= _head(module, dim) | _pool(module, dim)
    for name in ("sigsoftmax_logits", "squeeze_out_last_dim", "add_continuous_pred_head", "input_not_include_cache"):
        values[name] = getattr(module, name)
    values = changed(type(module), values)
    return values | ({"attn_layers": call_of(module.attn_layers)} if with_stack else {})


def _head(module, dim):
    head, values = module.to_logits, {}
    if head is None:
        return {"return_only_embed": True}
    if hasattr(module, "tie_embedding_scale"):
        values["tie_embedding"] = True
        if module.tie_embedding_scale != dim**-0.5:
            values["tie_embedding_scale"] = module.tie_embedding_scale
    else:
        first = head[0] if kind_of(head) == "ModuleList" else head
        if kind_of(first) != "Linear" or first.bias is not None or first.weight.shape[1] != dim:
            raise Unrecoverable(f"`to_logits` is a {kind_of(head)} of its own, which no spec can hold")
        values["num_output_heads"] = len(head) if kind_of(head) == "ModuleList" else 1
        if first.weight.shape[0] != module.num_tokens:
            values["logits_dim"] = first.weight.shape[0]
    if module.combine_mixture is not None:
        values |= {"mixture_of_softmax": True, "mixture_of_softmax_k": module.combine_mixture.weight.shape[0]}
    return values


def _pool(module, dim):
    pool = module.attn_pool
    if pool is None:
        return {}
    values = {"attn_pool": True, "num_pooled_tokens": pool.queries.shape[0]}
    if kind_of(pool.pooler) == "CrossAttender":
        values["attn_pool_depth"] = pool.pooler.depth
    if pool.queries.shape[1] != dim:
        values["dim_pooled_tokens"] = pool.queries.shape[1]
    return values


def _vision(module):
    norm, patches = module.patch_to_embedding[0], module.pos_embedding.shape[1]
    head = module.mlp_head
    values = {
        "image_size": math.isqrt(patches) * module.patch_size,
        "patch_size": module.patch_size,
        "channels": norm.gamma.shape[0] // module.patch_size**2,
        "num_classes": head.weight.shape[0] if kind_of(head) == "Linear" else None,
        "post_emb_norm": kind_of(module.post_emb_norm) == "LayerNorm",
        "num_register_tokens": module.register_tokens.shape[0] if module.has_register_tokens else 0,
    }
    return changed(type(module), values) | {"attn_layers": call_of(module.attn_layers)}


def _x_transformer(module):
    encoder, decoder = module.encoder, module.decoder.net
    values = {"dim": encoder.attn_layers.dim, "tie_token_emb": decoder.token_emb is encoder.token_emb, "pad_value": module.decoder.pad_value}
    values = changed(type(module), values)
    for side, net in (("enc", encoder), ("dec", decoder)):
        outer = _transformer_wrapper(net, with_stack=False)
        inner = call_of(net.attn_layers)["kwargs"]
        known = {"num_tokens", "max_seq_len", "scaled_sinu_pos_emb", "use_abs_pos_emb", "return_only_embed"}
        known |= {"num_memory_tokens"} if side == "enc" else set()
        if surplus := set(outer) - known:
            raise Unrecoverable(f"the {side}oder has {', '.join(f'`{name}`' for name in sorted(surplus))}, which XTransformer takes for neither side")
        outer.pop("return_only_embed", None)
        inner = {name: value for name, value in inner.items() if name != "dim" and not (side == "dec" and name == "cross_attend")}
        values |= {f"{side}_{name}": value for name, value in {**outer, **inner}.items()}
    return values


def _continuous(module):
    dim = module.attn_layers.dim
    values = _embedding(module, dim) | {"average_pool_embed": module.average_pool_embed, "probabilistic": module.probabilistic}
    for word, part, axis in (("dim_in", module.project_in, 1), ("dim_out", module.project_out, 0)):
        if kind_of(part) == "Linear" and part.bias is None:
            width = part.weight.shape[axis]
            values[word] = width // 2 if word == "dim_out" and module.probabilistic else width
        elif kind_of(part) != "Identity":
            raise Unrecoverable(f"`{word.replace('dim', 'project')}` is a {kind_of(part)}, which no spec can hold")
    return changed(type(module), values) | {"attn_layers": call_of(module.attn_layers)}


def _multi_input(module):
    values = _embedding(module, module.attn_layers.dim)
    tables = {name.removesuffix("_embed"): table.num_embeddings for name, table in module.embeds.items()}
    values |= {"num_tokens": tables, "return_only_embed": module.to_logits is None}
    return changed(type(module), values) | {"attn_layers": call_of(module.attn_layers)}


def _autoregressive(module):
    return {"net": call_of(module.net)} | changed(type(module), {"pad_value": module.pad_value})


def _non_autoregressive(module):
    schedule = module.schedule_fn.__name__.removesuffix("_schedule")
    if schedule not in ("linear", "cosine"):
        raise Unrecoverable("`schedule` is a function, which no spec can hold")
    values = {name: getattr(module, name) for name in ("mask_id", "steps", "can_mask_prev_unmasked", "self_cond")} | {"schedule": schedule}
    critic = module.token_critic
    if kind_of(critic) == "SelfCritic":
        values["self_token_critic"] = True
    elif critic is not None:
        values["token_critic"] = call_of(critic)
    return {"net": call_of(module.net)} | changed(type(module), values)
