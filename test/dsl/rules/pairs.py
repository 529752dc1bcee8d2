"""Compares our verdict on every pair of knobs with what x-transformers does with it.

Ours is `xfc explain --pairs --json`; theirs are the shared table of 77 knobs and more-pairs.json for the others. What they
reject, crash on, give nan for or ignore must be an error here (or not supported yet), everything else must be accepted, and
nothing may be ignored. Where we differ, DIFFERENT says why.
usage: pairs.py SHARED_PAIRS.json MORE_PAIRS.json OURS.json REFERENCE
"""
import json
import sys

BAD = ("rejected", "crash", "ignored", "nan")
ABSOLUTE = {"disable_abs_pos_emb", "use_abs_pos_emb"}
POSITIONS = {
    "rotary_pos_emb", "rotary_emb_dim", "rotary_interpolation_factor", "rotary_base_rescale_factor", "rotary_xpos", "rotary_xpos_scale_base",
    "rotate_num_heads", "attn_latent_rope_subheads", "polar_pos_emb", "rel_pos_bias", "rel_pos_num_buckets", "rel_pos_max_distance",
}
POOLED = {"attn_pool", "num_pooled_tokens", "attn_pool_depth", "dim_pooled_tokens"}


def different(cls, a, b):
    """Why our verdict may differ from theirs; None where it may not."""
    pair = {a, b}
    if pair & ABSOLUTE and (pair & POSITIONS or pair == ABSOLUTE):
        return "both switch absolute positions off: one says what the other implies"
    if "rotary_pos_emb" in pair and pair & {"rotary_xpos", "rotary_xpos_scale_base"}:
        return "xpos is a rotation: one says what the other implies"
    if "pre_norm_has_final_norm" in pair and pair & {"pre_norm", "pre_and_post_norm", "looped", "max_looped_steps"}:
        return "there is no norm at the end in any case: one says what the other implies"
    if "num_memory_tokens" in pair and pair & POOLED:
        return "fails with a mask only; an error where `inputs` has `mask`"
    if cls == "Decoder" and pair & {"use_cls_token", "num_cls_tokens"}:
        return "the first row of a causal stack sees no other: every input is ignored, which is an error"
    if cls == "Decoder" and pair & POOLED:
        return "pools nothing in a Decoder, which is an error"
    if pair in ({"attn_num_mem_kv", "attn_value_dim_head"}, {"attn_value_rmsnorm", "attn_value_dim_head"}):
        return "their table has values as wide as keys; others crash"
    if pair == {"only_attn", "par_ratio"}:
        return "lays out more sublayers than there are, and then drops them"
    if "pre_norm" in pair and pair & {"looped", "max_looped_steps"}:
        return "`pre_and_post_norm`, which loops need, is ignored without `pre_norm`"
    if "gated_multi_residual" in pair and pair & {"looped", "max_looped_steps"}:
        return "`pre_and_post_norm`, which loops need, is ignored beside it"
    return None


def depends(a, b, examples):
    """One is set in the other's example, so both are the same model."""
    return f"{b} = " in examples[a] or f"{a} = " in examples[b]


def examples(path):
    found, name = {}, None
    for line in open(path):
        words = line.split()
        if line.startswith("  ") and line[2] != " ":
            name = words[0]
        elif line.startswith("      example: "):
            found.setdefault(name, line[15:].strip())
    return found


shared, more, ours = (json.load(open(path)) for path in sys.argv[1:4])
example, wrong, count = examples(sys.argv[4]), [], 0
names, common = ours["knobs"], set(shared["knobs"])
for cls in ("Encoder", "Decoder"):
    for i, a in enumerate(names):
        for b in names[i + 1:]:
            verdict, reason = ours[cls].get(f"{a} + {b}", ["valid", ""])
            table = shared if {a, b} <= common else more
            alone = table["single"][cls]
            if a not in alone or b not in alone or verdict == "not supported yet":
                continue  # one of them is xfc's own, or not compiled
            theirs = [alone[n].split(":")[0] for n in (a, b)]
            outcome = next((t for t in theirs if t in BAD), None)
            if outcome is None:
                keys = (f"{a} + {b}", f"{b} + {a}")
                outcome = next((table["pairs"][cls][k][0] for k in keys if k in table["pairs"][cls]), "ok")
            if outcome == "crash" and "recycling" in (a, b) and table is shared:
                outcome = "ok"  # for want of an argument of the call, which our example has
            if "attn_aggregated_residuals" in (a, b) and table is shared:
                continue  # its default rank is too large for that model
            if outcome == "ignored" and depends(a, b, example):
                outcome = "ok"
            count += 1
            if verdict == "ignored" or ((verdict == "rejected") != (outcome in BAD) and not different(cls, a, b)):
                wrong.append(f"{cls}: {a} + {b}: {outcome} there, {verdict} here {reason}")
print("\n".join(wrong[:50]))
print(f"{count} pairs, {len(wrong)} wrong")
sys.exit(bool(wrong) or count < 5000)
