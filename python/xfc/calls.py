"""Calls of x-transformers modules, as the oracle's case files describe them, on compiled libraries.

A call has a kind (`forward`, `generate`, ...), tensor arguments, padded as x-transformers takes them, and keyword arguments. A library takes rows of
ids, feeds by name, and gives arrays a row; what a call needs of a spec beside the constructor's arguments is a `Need`.
"""

from dataclasses import dataclass, field

import numpy as np

from xfc import loops

# Optional inputs of a forward call by the argument's name; what the model cannot do without, such as `context`, is not listed in a spec.
OPTIONAL = (
    "mask pos attn_mask attn_bias self_attn_kv_mask prepend_embeds prefix_attn_len sum_embeds seq_start_pos in_attn_cond context_mask context_pos"
).split()
PAIRS = ("attn_mask", "attn_bias")
STACKS = ("Encoder", "Decoder", "PrefixDecoder", "CrossAttender", "AttentionLayers")
# Arguments of forward without a batch axis, the same for each row.
_SHARED = ("pos", "context_pos")
# Those with a row a token.
_TOKENS = ("x", "embed_ids", "sum_embeds", "self_attn_kv_mask")
# Output of a case -> entry of the library; others have the same name.
_ENTRY = {"embeddings": "states"}


class Inexpressible(Exception):
    """A call that no library of ours can answer, and why."""


@dataclass
class Need:
    """A library that a call runs on: which part of the model, changed arguments, optional inputs."""

    part: str = "model"  # or `critic`
    edits: dict = field(default_factory=dict)  # path in the constructor call -> value
    inputs: set = field(default_factory=set)

    @property
    def key(self):
        return self.part, tuple(sorted((path, repr(value)) for path, value in self.edits.items()))


class Model:
    """The constructor call of a case, and what can be read off it."""

    def __init__(self, call):
        self.cls, self.kwargs = call["$class"], call["kwargs"]
        self.net = self.kwargs.get("net")
        inner = self.net or call
        self.net_cls, self.net_kwargs = inner["$class"], inner["kwargs"]

    @property
    def stack(self):
        """Arguments of the (decoder's) stack."""
        if self.net_cls in STACKS:
            return self.net_kwargs
        if self.net_cls == "XTransformer":
            side = {key[4:]: value for key, value in self.net_kwargs.items() if key.startswith("dec_")}
            return {"dim": self.net_kwargs["dim"], **side, "cross_attend": True}
        return self.net_kwargs["attn_layers"]["kwargs"]

    @property
    def max_seq_len(self):
        return self.net_kwargs.get("dec_max_seq_len" if self.net_cls == "XTransformer" else "max_seq_len", 0)

    @property
    def absolute(self):
        """Whether absolute positions are added to the embeddings."""
        stack, top = self.stack, self.net_kwargs
        off = stack.get("disable_abs_pos_emb")
        if off is None:
            off = any(stack.get(knob) for knob in ("rel_pos_bias", "rotary_pos_emb", "rotary_xpos", "polar_pos_emb"))
        prefix = "dec_" if self.net_cls == "XTransformer" else ""
        return bool(self.max_seq_len) and top.get(f"{prefix}use_abs_pos_emb", True) and not off

    @property
    def shifts(self):
        shift = self.stack.get("shift_tokens") or 0
        return any(shift["$tuple"]) if isinstance(shift, dict) else any(shift) if isinstance(shift, (tuple, list)) else shift > 0

    @property
    def heads(self):
        return self.stack.get("heads", 8)

    @property
    def can_cache(self):
        """As x-transformers decides it."""
        return not (self.net_kwargs.get("num_memory_tokens") or self.net_kwargs.get("recycling") or self.stack.get("attn_selective"))

    def padding_leaks(self):
        """Knobs with which a masked row changes valid ones in x-transformers, so that rows without padding cannot be the same."""
        causal = self.net_kwargs.get("attn_layers", {}).get("$class") == "Decoder" or self.net_cls == "Decoder"
        names = "orthog_residual attn_orthog_projected_values attn_orthog_projected_values_per_head".split()
        found = [name for name in names if self.stack.get(name)] + (["shift_tokens"] if self.shifts and not causal else [])
        window = self.stack.get("cross_attn_max_attend_past", self.stack.get("attn_max_attend_past"))  # aligned with the last query
        return found + (["attn_max_attend_past"] if self.stack.get("cross_attend") and window is not None else [])

    def caching_changes(self):
        """Knobs whose result with x-transformers' cache is another one, in a way that nothing fed to a whole row can repeat."""
        stack = self.stack
        names = "attn_data_dependent_alibi attn_orthog_projected_values attn_orthog_projected_values_per_head".split()
        names += ["orthog_residual", "mv_split_residual"]
        found = [name for name in names if stack.get(name)] + (["looped"] if self.net_kwargs.get("looped") else [])
        if stack.get("cross_attend"):
            found += [name for name in "attn_max_attend_past cross_attn_max_attend_past cross_attn_inverted_attention".split() if stack.get(name)]
        return found


# --- what a call needs


def needs(model, call, arguments):
    """The Needs of a call, by part."""
    kind, kwargs = call["kind"], call["kwargs"]
    need = Need(inputs={name for name in arguments if name in OPTIONAL} | {name for name in kwargs if name in OPTIONAL})
    if kind == "filters":
        return []
    if kind in ("forward", "layers"):
        _forward_edits(model, kwargs, need)
    elif kind == "generate":
        need.inputs = {name for name in arguments if name in OPTIONAL}
        _generate_edits(model, kwargs, need, arguments["prompts"].shape[-1])
    elif kind == "xl":
        _segment_edits(model, need, sum(part.shape[1] for part in arguments.values()))
    elif kind in ("seq2seq", "seq2seq_generate"):
        need.inputs = {"enc.mask", "dec.context_mask"} if "mask" in arguments else set()
        if kind == "seq2seq_generate":
            _generate_edits(model, kwargs, need, arguments["seq_out_start"].shape[-1])
    elif kind == "refine":
        if model.kwargs.get("self_cond"):
            need.inputs = {"sum_embeds"}
        if isinstance(model.kwargs.get("token_critic"), dict):
            return [need, Need("critic")]
    return [need]


def _forward_edits(model, kwargs, need):
    for name, value in kwargs.items():
        if name == "causal":
            need.edits["attn_layers.causal"] = value
        elif name == "recycle_steps":
            need.edits["recycle_steps"] = value
        elif name == "repeat_blocks":
            need.edits["attn_layers.layers_execute_order"] = repeated(model.stack, value)
        elif name not in OPTIONAL and name != "return_next_embed_pred":
            raise Inexpressible(f"forward has no argument `{name}` here")


def repeated(stack, blocks):
    """forward(repeat_blocks=...) as an order of execution."""
    kinds = 1 + (not stack.get("only_attn")) + bool(stack.get("macaron")) + (bool(stack.get("cross_attend")) and not stack.get("only_cross"))
    spans = {}
    for span, times in _plain(blocks):
        first, last = (span, span) if isinstance(span, int) else span
        spans[first] = (last, times)
    order, block = [], 0
    while block < stack["depth"]:
        last, times = spans.get(block, (block, 1))
        order += list(range(block * kinds, (last + 1) * kinds)) * times
        block = last + 1
    return tuple(order)


def _plain(value):
    if isinstance(value, dict) and "$tuple" in value:
        value = value["$tuple"]
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _cached(model, kwargs):
    """Whether generate would cache, and that it makes no difference that we cannot repeat."""
    cached = kwargs.get("cache_kv", True) and model.can_cache
    if cached and (knobs := model.caching_changes()):
        raise Inexpressible(f"with x-transformers' cache, {', '.join(f'`{knob}`' for knob in knobs)} of a token differs from that of a whole row")
    return cached


def _generate_edits(model, kwargs, need, prompt):
    cached = _cached(model, kwargs)
    inputs, words = ("dec.", "dec_") if model.net_cls == "XTransformer" else ("", "")
    last = prompt + kwargs["seq_len"] - 1  # ids of the longest row
    if cached and model.shifts:
        need.inputs.add(f"{inputs}decoded")
    if cached and last > model.max_seq_len:
        if model.absolute:
            raise Inexpressible("x-transformers refuses to generate past `max_seq_len` with a cache and absolute positions")
        need.edits[f"{words}max_seq_len"] = last
        need.inputs.add(f"{inputs}attn_mask")


def _segment_edits(model, need, length):
    stack, top = model.stack, model.net_kwargs
    if top.get("shift_mem_down"):
        raise Inexpressible("`shift_mem_down`: a layer reads another layer's memory, which no row of all segments computes")
    if model.shifts or top.get("num_memory_tokens"):
        raise Inexpressible("memories of a model that shifts tokens or has memory tokens")
    if model.absolute and any(stack.get(knob) for knob in ("rotary_pos_emb", "rotary_xpos", "polar_pos_emb", "alibi_pos_bias")):
        raise Inexpressible("memories with absolute positions beside others: one feed would move both")
    need.inputs = {"attn_mask"} | ({"pos"} if model.absolute else set())
    need.edits["max_mem_len"] = None  # the row holds what a memory would
    if not model.absolute and length > model.max_seq_len:
        need.edits["max_seq_len"] = length


# --- running a call


class Runner:
    """Answers calls. `library(need)` gives the open xfc.Model of a Need; `tensors` are the checkpoint's."""

    def __init__(self, model, library, tensors):
        self.model, self.library, self.tensors = model, library, tensors

    def run(self, call, arguments):
        """The outputs of a call: arrays by name."""
        run = getattr(self, f"_{call['kind']}", None)
        if run is None:
            raise Inexpressible(f"calls of kind `{call['kind']}` are not known")
        return run(call, arguments, *(self.library(need) for need in needs(self.model, call, arguments)))

    def _forward(self, call, arguments, library):
        return self._outputs(library, self._with_kwargs(call, arguments), call["outputs"])

    _layers = _multi = _forward

    def ragged(self, call, arguments, padded):
        """Rows without their padding against `padded`, the outputs with it: (rows compared, what differs bitwise)."""
        lengths = lengths_of(call, arguments)
        if lengths is None or self.model.padding_leaks():
            return 0, []
        library = self.library(needs(self.model, call, arguments)[0])
        wrong, full = [], arguments["mask"].shape[1]
        for row, cut in enumerate(without_padding(arguments, lengths)):
            alone = self._with_kwargs(call, cut)
            for name, want in padded.items():
                got = self._outputs(library, alone, [name])[name][0]
                same = want[row]
                if same.shape != got.shape:  # a row a token, perhaps after prepended ones
                    same = same[: same.shape[0] - full + lengths[row]]
                if not np.array_equal(same, got):
                    wrong.append(f"{call['id']}.{name}: row {row} differs from itself without padding" + _difference(same, got))
        return len(lengths), wrong

    def _with_kwargs(self, call, arguments):
        return dict(arguments, **{name: np.asarray(value) for name, value in call["kwargs"].items() if name in OPTIONAL})

    def _outputs(self, library, arguments, names):
        return forward(library, arguments, names, self.model.heads)

    def _plain(self, call, arguments, library):
        out = self._forward(call, arguments, library)
        if self.model.net_kwargs.get("probabilistic"):  # a row is means, then variances
            out = {name: np.stack(np.split(value, 2, -1)) for name, value in out.items()}
        return out

    def _vit(self, call, arguments, library):
        images = list(arguments["img"].astype(np.float32))
        return {name: np.stack(library.run(_ENTRY.get(name, name), None, images=images)) for name in call["outputs"]}

    def _xl(self, call, arguments, library):
        parts = [arguments[name] for name in sorted(arguments)]
        out = loops.segments(library.logits, parts, self.model.net_kwargs["max_mem_len"], self.model.heads, restart=self.model.absolute)
        return dict(zip(sorted(call["outputs"]), out))

    def _filters(self, call, arguments):
        return filters(arguments["logits"])

    def _generate(self, call, arguments, library):
        context = {name: list(arguments[name]) for name in ("context", "context_mask") if name in arguments}
        return self._generated(
            lambda rows, **feeds: library.logits(rows, **feeds, **context), call, arguments["prompts"], arguments.get("prompt_lens")
        )

    def _generated(self, net, call, prompts, prompt_lens=None):
        model, kwargs = self.model, dict(call["kwargs"])
        cached = kwargs.pop("cache_kv", True) and model.can_cache
        window = cached and prompts.shape[-1] + kwargs["seq_len"] - 1 > model.max_seq_len
        feeds = loops.cached_feeds(model.max_seq_len, model.heads, window=window, decoded=cached and model.shifts)
        ids, steps = loops.generate(
            net,
            prompts,
            max_seq_len=model.max_seq_len,
            cached=cached,
            feeds_of=feeds,
            prompt_lens=prompt_lens,
            pad_value=model.kwargs.get("pad_value", 0),
            **kwargs,
        )
        return {"ids": ids, "step_logits": steps}

    def _beam(self, call, arguments, library):
        kwargs = {key: value for key, value in call["kwargs"].items() if key != "return_beams_and_scores"}
        beams, scores = loops.beam_search(library.logits, arguments["prompts"], **kwargs)
        return {"beams": beams, "scores": scores}

    def _refine(self, call, arguments, library, critic=None):
        kwargs, tensors = self.model.kwargs, self.tensors

        def net(ids, **feeds):
            rows = list(ids.astype(np.int32))
            feeds = {name: list(value) for name, value in feeds.items()}
            return np.stack(library.logits(rows, **feeds)), np.stack(library.states(rows, **feeds))

        score = None
        if critic:
            score = lambda ids: np.stack(critic.logits(list(ids.astype(np.int32))))[..., 0]
        elif kwargs.get("self_token_critic"):
            head, bias = tensors["token_critic.to_logits.weight"], tensors["token_critic.to_logits.bias"]
            # The critic is the net itself with another head; with self conditioning it sees none.
            score = lambda ids: (net(ids)[1] @ head.T + bias)[..., 0]
        choice = {name: value for name, value in call["kwargs"].items() if name in ("batch_size", "filter_thres")}
        return loops.refine(
            net,
            mask_id=kwargs["mask_id"],
            length=self.model.max_seq_len,
            self_cond=(tensors["null_embed"], tensors["to_self_cond.weight"]) if kwargs.get("self_cond") else None,
            critic=score,
            **{name: kwargs[name] for name in ("steps", "schedule", "can_mask_prev_unmasked") if name in kwargs},
            **choice,
        )

    def _seq2seq(self, call, arguments, library):
        codes, feeds = self._encoded(library, arguments["src"], arguments.get("mask"))
        logits = np.stack(library.logits(list(arguments["tgt"]), **feeds))
        picked = np.take_along_axis(loops.log_softmax(logits[:, :-1].astype(np.float64)), arguments["tgt"][:, 1:, None], -1)
        return {"encodings": np.stack(codes), "logits": logits, "loss": -picked.mean().reshape(1)}

    def _seq2seq_generate(self, call, arguments, library):
        _, feeds = self._encoded(library, arguments["seq_in"], arguments.get("mask"))
        net = lambda rows, **more: library.logits(rows, **feeds, **more)
        return self._generated(net, call, arguments["seq_out_start"])

    @staticmethod
    def _encoded(library, source, mask):
        feeds = {} if mask is None else {"mask": list(mask)}
        codes = library.run("encodings", list(source), **feeds)
        return codes, {"context": codes, **({} if mask is None else {"context_mask": list(mask)})}


def lengths_of(call, arguments):
    """Valid tokens of each row of a forward call whose mask has no holes; None for other calls."""
    mask = arguments.get("mask")
    if call["kind"] not in ("forward", "layers") or mask is None:
        return None
    lengths = mask.sum(-1)
    prefix = np.arange(mask.shape[1]) < lengths[:, None]
    return lengths if lengths.all() and np.array_equal(mask, prefix) else None


def without_padding(arguments, lengths):
    """Per row: its arguments cut to its length, the mask left out."""
    full = arguments["mask"].shape[1]
    for row, length in enumerate(lengths):
        cut = {}
        for name, value in arguments.items():
            if name in _SHARED or value.ndim == 0:
                cut[name] = value[:length] if name == "pos" else value
            elif name in PAIRS:
                value = value if value.ndim < 4 else value[row : row + 1]
                cut[name] = value[..., :length, :length]
            elif name != "mask":
                one = value[row : row + 1]
                cut[name] = one[:, :length] if name.partition(".")[0] in _TOKENS and one.shape[1] == full else one
        yield cut


def forward(library, arguments, outputs, heads):
    """The named outputs of one forward call with padded arguments."""
    arguments = dict(arguments)
    x = arguments.pop("x", None)
    count = len(next(iter(arguments.values())) if x is None else x)
    rows, feeds = None, {}
    if x is not None and x.dtype.kind == "f":
        feeds["x"] = list(x)
    elif x is not None:
        rows = list(x)
    lengths = [len(row) for row in (rows or feeds.get("x") or next(iter(arguments.values())))]
    for name, value in arguments.items():
        feeds[name] = per_row(name, value, count, lengths, heads)
    results = {}
    for name in outputs:
        entry = _ENTRY.get(name, name).replace(".", "_")
        results[name] = stacked(library.run(entry, rows, **taken(library, entry, feeds)))
    return results


def taken(library, entry, feeds):
    """Those feeds that the entry takes: what another takes, this one does not depend on. What none takes stays, to be refused."""
    known = {each: library.inputs(each) for each in library.entries}
    elsewhere = {name for names in known.values() for name in names}
    return {name: value for name, value in feeds.items() if name in known.get(entry, feeds) or name not in elsewhere}


def per_row(name, value, count, lengths, heads):
    """A padded argument as one array a row: what has no batch axis is repeated, masks of pairs for each head."""
    if name in _SHARED or value.ndim == 0:
        return [value] * count
    if name not in PAIRS:
        return list(value)
    value = value[(None,) * (4 - value.ndim)] if value.ndim < 4 else value
    return [np.broadcast_to(value[row % len(value)], (heads, length, length)) for row, length in enumerate(lengths)]


def _difference(one, other):
    return f", by {np.abs(one - other).max():.3g}" if one.shape == other.shape else f": {other.shape}, not {one.shape}"


def stacked(rows):
    return np.stack([np.asarray(row) for row in rows])


def filters(logits):
    """The filters of generate as the oracle's case names them."""
    out = {f"{name}_default": filter_(logits) for name, filter_ in loops.FILTERS.items()}
    more = {"top_k_5": loops.top_k(logits, k=5), "top_p_0.5": loops.top_p(logits, thres=0.5)}
    return out | more | {"nar_top_k_0.7": loops.top_k(logits, frac_num_tokens=1 - 0.7)}
