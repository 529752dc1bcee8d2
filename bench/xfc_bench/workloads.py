"""What is encoded: batches of one length, and the ragged batch of 32 sentences; and the ways to feed the latter to a runtime that pads."""

import ast
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xfc_bench.models import ROOT, minilm_folder

SHAPES = ("1x16", "1x128", "8x128", "32x128", "1x512", "ragged")
SENTENCES = ROOT.parent / "shared/bench/common.py"  # of the peers' harness, so that figures can be set side by side
FEEDS = {
    "as is": "the batch has one length, or the contender takes rows of any length",
    "padded": "one batch, padded to the longest sentence",
    "buckets": "8 batches of sentences sorted by length, each padded to its longest",
    "single": "one sentence after another, nothing padded, all threads on each",
    "streams": "one sentence a request, nothing padded, as many requests at once as threads",
    "bucket streams": "the batches of `buckets`, as many requests at once as threads",
}
IN_STREAMS = ("streams", "bucket streams")
BUCKETS = 8


def sentences() -> list[str]:
    """The 32 sentences: 875 tokens, the longest 114."""
    for statement in ast.parse(SENTENCES.read_text()).body:
        if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", None) == "SENTENCES":
            return ast.literal_eval(statement.value)
    raise ValueError(f"no SENTENCES in {SENTENCES}")


def rows_of(shape: str) -> list[np.ndarray]:
    """Token ids, one int64 array a row. Dense rows are cut from the sentences: real ids, though not real texts."""
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = [np.array(tokenizer.encode(sentence).ids, np.int64) for sentence in sentences()]
    if shape == "ragged":
        return rows
    count, length = map(int, shape.split("x"))
    first, last = rows[0][0], rows[0][-1]
    text = np.tile(np.concatenate([ids[1:-1] for ids in rows]), 4)
    starts = np.random.default_rng(0).integers(0, len(text) - length, count)
    return [np.concatenate([[first], text[start : start + length - 2], [last]]) for start in starts]


@dataclass(frozen=True)
class Batch:
    """Rows padded to one length. ids, mask: int64 [rows, length]; order: the places of these rows in the result."""

    order: np.ndarray
    ids: np.ndarray
    mask: np.ndarray


def batches_of(rows: list[np.ndarray], feed: str) -> list[Batch]:
    """The batches in which a runtime that pads is fed."""
    lengths = np.array([len(row) for row in rows])
    if feed in ("as is", "padded"):
        parts = [np.arange(len(rows))]
    else:  # the longest first, so that streams end together
        count = min(BUCKETS, len(rows)) if feed in ("buckets", "bucket streams") else len(rows)
        parts = np.array_split(np.argsort(-lengths, kind="stable"), count)
    batches = []
    for part in parts:
        ids = np.zeros((len(part), lengths[part].max()), np.int64)
        mask = np.zeros_like(ids)
        for line, index in enumerate(part):
            ids[line, : lengths[index]] = rows[index]
            mask[line, : lengths[index]] = 1
        batches.append(Batch(part, ids, mask))
    return batches


def one_by_one(batches: list[Batch], width: int, run: Callable[[int], np.ndarray]) -> Callable[[], np.ndarray]:
    """A call of run(index) for each batch in turn, which returns float32 [rows, width] in the rows' own order."""
    if len(batches) == 1:
        return lambda: run(0)
    out = np.empty((sum(len(batch.order) for batch in batches), width), np.float32)

    def call():
        for index, batch in enumerate(batches):
            out[batch.order] = run(index)
        return out

    return call
