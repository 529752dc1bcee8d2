"""Loops of x-transformers around a compiled net, in NumPy: generation, beam search, refinement, segments with memories.

Each takes `net`, a function from ids (rows of any lengths) and feeds to one array of logits a row, and does what the wrapper of that name does in
eval mode. Nothing is cached between steps: a causal model gives the same logits for a whole row as token by token. Where x-transformers'
cache does change the result, the rows and masks that say what the cache did are fed (`cached_feeds`).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

Net = Callable[..., Sequence[np.ndarray]]
"""net(rows, **feeds): float32 [length, vocabulary] a row."""

LOWEST = -float(np.finfo(np.float32).max)  # what x-transformers sets masked logits to


# --- choosing


def softmax(logits):
    exp = np.exp(logits - logits.max(-1, keepdims=True))
    return exp / exp.sum(-1, keepdims=True)


def log_softmax(logits):
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def top_k(logits, frac_num_tokens=0.1, k=None):
    """The k largest, ceil(0.1 V) unless given; ties with the last of them stay."""
    k = math.ceil(frac_num_tokens * logits.shape[-1]) if k is None else k
    return _kept(logits, logits >= np.sort(logits, -1)[..., -k][..., None])


def top_p(logits, thres=0.9):
    """The most probable, as long as the probability before them is at most `thres`."""
    order = np.argsort(-logits, -1, kind="stable")
    sorted_p = np.take_along_axis(softmax(logits), order, -1)
    sorted_keep = sorted_p.cumsum(-1) - sorted_p <= thres
    sorted_keep[..., 0] = True
    keep = np.zeros(logits.shape, bool)
    np.put_along_axis(keep, order, sorted_keep, -1)
    return _kept(logits, keep)


def min_p(logits, min_p=0.1):
    """Those of at least this part of the largest probability."""
    p = softmax(logits)
    return _kept(logits, p >= min_p * p.max(-1, keepdims=True))


def top_a(logits, min_p_pow=2.0, min_p_ratio=0.02):
    """Those of at least ratio * (largest probability)^pow."""
    p = softmax(logits)
    return _kept(logits, p >= p.max(-1, keepdims=True) ** min_p_pow * min_p_ratio)


FILTERS = {"top_k": top_k, "top_p": top_p, "min_p": min_p, "top_a": top_a}


def _kept(logits, keep):
    return np.where(keep, logits, -np.inf)


def choose(logits, temperature=1.0, filter_logits_fn="top_k", filter_kwargs=None, random=None):
    """One id a row: the largest logit at temperature 0, else drawn from softmax(filtered / temperature)."""
    if temperature == 0:
        return logits.argmax(-1)
    left = FILTERS[filter_logits_fn](logits, **(filter_kwargs or {}))
    p = softmax(left.astype(np.float64) / temperature)
    random = np.random.default_rng() if random is None else random
    return np.array([random.choice(len(row), p=row) for row in p])


# --- generation


def aligned(prompts, lengths=None):
    """(ids right-aligned in a matrix, where each row begins) of right-padded prompts, or rows of their own lengths; filler is 0."""
    if lengths is None:
        lengths = [len(row) for row in prompts]
    width = max(len(row) for row in prompts) if len(prompts) else 0
    out = np.zeros((len(prompts), width), np.int64)
    for row, (ids, length) in enumerate(zip(prompts, lengths)):
        out[row, width - length :] = ids[:length]
    return out, width - np.asarray(lengths)


def generate(
    net: Net,
    prompts,
    seq_len,
    *,
    max_seq_len,
    cached=False,
    feeds_of=None,
    prompt_lens=None,
    eos_token=None,
    pad_value=0,
    restrict_to_max_seq_len=True,
    random=None,
    **choice,
):
    """AutoregressiveWrapper.generate: (new ids [b, at most seq_len], last-position logits [b, steps, vocabulary]).

    prompts      ids [b, n], or [n] for a result without b
    cached       every earlier token stays in sight, as with a cache of keys, although only max_seq_len - 1 of them may be attended to:
                 `feeds_of` says so. Else rows are the last max_seq_len ids, with positions from 0
    feeds_of     feeds_of(begin, prompt, end): feeds of one step, whose rows are ids begin[r] .. end of each row; `prompt` is where new ones begin
    choice       arguments of `choose`
    """
    prompts = np.asarray(prompts)
    single = prompts.ndim == 1
    out, begin = aligned(np.atleast_2d(prompts), prompt_lens)
    prompt, steps = out.shape[1], []
    if restrict_to_max_seq_len and cached:  # the first call sees no more than that, and later ones its cache
        begin = np.maximum(begin, prompt - max_seq_len)
    for _ in range(seq_len):
        first = begin if cached or not restrict_to_max_seq_len else np.maximum(begin, out.shape[1] - max_seq_len)
        feeds = feeds_of(first, prompt, out.shape[1]) if feeds_of else {}
        logits = np.stack([states[-1] for states in net([ids[start:] for ids, start in zip(out, first)], **feeds)])
        steps.append(logits)
        out = np.concatenate((out, choose(logits, random=random, **choice)[:, None]), 1)
        if eos_token is not None and (out == eos_token).any(1).all():
            break
    if eos_token is not None:
        ended = (out == eos_token).cumsum(1) > 0
        out[:, 1:][ended[:, :-1]] = pad_value
    new, steps = out[:, prompt:], np.stack(steps, 1)
    return (new[0] if single else new), steps


def cached_feeds(max_seq_len, heads, *, window=False, decoded=False):
    """The feeds_of of `generate` that repeat what x-transformers' cache does beside saving work.

    window   rows outgrow max_seq_len: a token saw the max_seq_len last ones, itself among them
    decoded  a stack that shifts tokens: one that came alone had no neighbours to take features from
    """

    def feeds(begin, prompt, end):
        made = {}
        if window:
            made["attn_mask"] = [window_mask(end - start, max_seq_len, heads) for start in begin]
        if decoded:
            made["decoded"] = [(np.arange(start, end) >= prompt).astype(np.float32) for start in begin]
        return made

    return feeds


def window_mask(length, width, heads):
    """bool [heads, length, length]: key j is one of the `width` last ones at query i."""
    position = np.arange(length)
    return np.broadcast_to(position[:, None] - position < width, (heads, length, length))


def beam_search(net: Net, prompts, seq_len, beams=4):
    """AutoregressiveWrapper.beam_search without noise: (ids [beams, b, seq_len], summed log probabilities [beams, b])."""
    kept = [[(list(prompt), 0.0)] for prompt in prompts]
    for _ in range(seq_len):
        logits = iter(net([np.array(ids) for row in kept for ids, _ in row]))
        for index, row in enumerate(kept):
            grown = []
            for ids, score in row:
                step = log_softmax(next(logits)[-1])
                grown += [(ids + [int(best)], score + float(step[best])) for best in np.argsort(-step, kind="stable")[:beams]]
            kept[index] = sorted(grown, key=lambda beam: -beam[1])[:beams]
    start = [len(prompt) for prompt in prompts]
    ids = np.array([[row[beam][0][start[index] :] for index, row in enumerate(kept)] for beam in range(beams)])
    return ids, np.array([[row[beam][1] for row in kept] for beam in range(beams)])


# --- refinement

SCHEDULES = {"linear": lambda t: np.float32(1) - t, "cosine": lambda t: np.cos(t * np.float32(math.pi / 2))}


def mask_counts(steps, length, schedule="linear"):
    """How many positions stay masked after each step, rounded as torch.linspace and float32 do."""
    step = float(np.float32(1) / np.float32(steps))
    times = [step * i if i < (steps + 1) // 2 else 1 - step * (steps - i) for i in range(1, steps + 1)]
    return [int(part * np.float32(length)) for part in SCHEDULES[schedule](np.array(times, np.float32)).astype(np.float32)]


def refine(
    net,
    *,
    mask_id,
    length,
    batch_size=None,
    steps=18,
    schedule="linear",
    can_mask_prev_unmasked=False,
    filter_thres=0.7,
    self_cond=None,
    critic=None,
):
    """NonAutoregressiveWrapper.generate without its noise: ids, and what each step did.

    net        net(ids [b, n], sum_embeds=None) -> (logits [b, n, V], embeddings [b, n, d])
    self_cond  (null embedding [d], matrix [d, d]): the embeddings of the last step are added to the input, times the matrix
    critic     critic(ids [b, n]) -> scores [b, n], the worst highest; None: one minus the probability of the choice

    Returns a dict: ids [b, n], first_logits [b, n, V], step_counts [b, steps], and step_candidates, step_scores, step_masked, step_seq
    [b, steps, n].
    """
    rows = 1 if batch_size is None else batch_size
    counts = mask_counts(steps, length, schedule)
    ids, hidden = np.full((rows, length), mask_id), np.ones((rows, length), bool)
    last, first, record = None, None, {name: [] for name in ("candidates", "scores", "masked", "seq")}
    for count in counts:
        extra = {}
        if self_cond:
            null, matrix = self_cond
            source = np.broadcast_to(null, (rows, length, len(null))) if last is None else last
            extra["sum_embeds"] = source @ matrix.T
        logits, last = net(ids, **extra)
        first = logits if first is None else first
        kept = top_k(logits, k=math.ceil((1 - filter_thres) * logits.shape[-1]))
        candidates = kept.argmax(-1)
        ids = np.where(hidden, candidates, ids)
        scores = critic(ids) if critic else 1 - np.take_along_axis(softmax(kept), candidates[..., None], -1)[..., 0]
        if not can_mask_prev_unmasked:
            scores = np.where(hidden, scores, np.float32(LOWEST))
        worst = np.argsort(-scores, -1, kind="stable")[:, :count]
        hidden = np.zeros_like(hidden)
        np.put_along_axis(hidden, worst, True, -1)
        ids = np.where(hidden, mask_id, ids)
        for name, value in zip(record, (candidates, scores, hidden, ids)):
            record[name].append(value)
    out = {"ids": ids[0] if batch_size is None else ids, "first_logits": first, "step_counts": np.tile(counts, (rows, 1))}
    return out | {f"step_{name}": np.stack(values, 1) for name, values in record.items()}


# --- segments


def segments(net: Net, parts, max_mem_len, heads, restart=False):
    """The logits of segments [b, n] of a causal model, each of which remembers the last max_mem_len tokens before it.

    A memory is the layer inputs of those tokens, which later segments do not change: one row of all segments, in which a token sees its own
    segment and that many tokens before it, computes the same. `restart`: absolute positions count from each segment's start.
    """
    parts = [np.asarray(part) for part in parts]
    ends = np.cumsum([part.shape[1] for part in parts])
    starts = np.repeat(ends - [part.shape[1] for part in parts], [part.shape[1] for part in parts])
    position = np.arange(ends[-1])
    sees = position[None] >= (starts - max_mem_len)[:, None]
    mask = np.broadcast_to(sees, (heads, *sees.shape))
    rows = list(np.concatenate(parts, 1))
    feeds = {"pos": [position - starts] * len(rows)} if restart else {}
    logits = np.stack(net(rows, attn_mask=[mask] * len(rows), **feeds))
    return np.split(logits, ends[:-1], 1)
