"""Rows of token ids of any lengths, joined as the C ABI takes them, and cut at whole rows.

Joining makes one pass in C for the usual kinds of rows (a matrix, arrays, lists); anything else, and anything wrong, goes row by
row, so that the message names the row."""

from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

Row = Sequence[int] | np.ndarray

_INT32 = np.iinfo(np.int32)


class Batch(NamedTuple):
    """Joined rows: int32 ids, int64 offsets (one more than rows), int32 token types or None."""

    ids: np.ndarray
    offsets: np.ndarray
    types: np.ndarray | None = None

    @property
    def count(self):
        return len(self.offsets) - 1

    @property
    def tokens(self):
        return int(self.offsets[-1] - self.offsets[0])

    def part(self, first, last):
        """Rows first .. last - 1, nothing copied."""
        return Batch(self.ids, self.offsets[first : last + 1], self.types)

    def longest_first(self):
        """(batch sorted by length, order): row i of it is row order[i] of this one. (self, None) if all are as long."""
        lengths = np.diff(self.offsets)
        if len(lengths) < 2 or lengths.min() == lengths.max():
            return self, None
        order = np.argsort(-lengths, kind="stable")
        lengths = lengths[order]
        offsets = np.zeros(len(order) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        index = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1][order] - offsets[:-1], lengths)
        return Batch(self.ids[index], offsets, None if self.types is None else self.types[index]), order


def listed(rows):
    """`rows` as something with a length and an order. Raises TypeError for what holds no rows."""
    if isinstance(rows, (list, tuple, np.ndarray)):
        return rows
    return list(iterator(rows))


def iterator(rows):
    """iter(rows). Raises TypeError for what holds no rows."""
    if isinstance(rows, (str, bytes)):
        raise TypeError("`rows` is one string: give a list of strings")
    try:
        return iter(rows)
    except TypeError:
        raise TypeError(f"`rows` is a {type(rows).__name__}, it is a list of rows, or any iterable of them") from None


def are_texts(rows, base=0, before=None):
    """Whether `rows`, a list, are strings. Raises TypeError for a mixture, also with what was `before` the first row, number `base`."""
    if isinstance(rows, np.ndarray) and rows.dtype.kind in "iuf":
        return False
    kinds = {issubclass(kind, str) for kind in set(map(type, rows))} | {before} - {None}
    if len(kinds) < 2:
        return True in kinds
    first = isinstance(rows[0], str) if before is None else before
    index = next(index for index, row in enumerate(rows) if isinstance(row, str) is not first)
    raise TypeError(f"`rows` mixes strings and token ids: row {base + index} is a {type(rows[index]).__name__}")


def joined(rows, token_types=None, base=0):
    """The Batch of `rows`, a list or matrix, and of their types, which must have the same lengths."""
    ids, offsets = join(rows, "ids", base)
    if token_types is None:
        return Batch(ids, offsets)
    types, type_offsets = join(listed(token_types), "token types", base)
    if not np.array_equal(offsets, type_offsets):
        raise ValueError(_different(offsets, type_offsets, base))
    return Batch(ids, offsets, types)


def join(rows, what="ids", base=0):
    """(joined int32 ids, int64 offsets) of a list or matrix of rows. `base` is the number of the first row in messages."""
    if isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind in "iu":
        count, length = rows.shape
        ids = _as_int32(rows.reshape(-1))
        if ids is not None:
            return ids, np.arange(count + 1) * length
    ids = None if isinstance(rows, np.ndarray) else _joined_at_once(rows)
    if ids is None:
        rows = [row_ids(row, base + index, what) for index, row in enumerate(rows)]
        ids = np.concatenate(rows) if rows else np.empty(0, np.int32)
    return ids, np.fromiter(accumulate(map(len, rows), initial=0), np.int64, len(rows) + 1)


def row_ids(row, index, what="ids"):
    """One row as an int32 array. Raises TypeError or ValueError, with the row's number, for anything else."""
    try:
        ids = np.asarray(row)
    except ValueError:
        raise ValueError(f"row {index}: {what} are nested, a row is a sequence of integers") from None
    if ids.size == 0 and ids.ndim <= 1:
        return np.empty(0, np.int32)
    if ids.ndim == 0 and ids.dtype.kind not in "iuf":
        raise TypeError(f"row {index} is a {type(row).__name__}, a row is a sequence of integers")
    if ids.dtype.kind not in "iu":
        raise TypeError(f"row {index}: {what} are {ids.dtype}, they must be integers")
    if ids.ndim != 1:
        raise ValueError(f"row {index}: {what} have {ids.ndim} dimensions, a row has one")
    narrow = _as_int32(ids)
    if narrow is None:
        raise ValueError(f"row {index}: {what} do not fit 32 bits")
    return narrow


def pieces(offsets, tokens, multiple=1):
    """[(first, last)] of consecutive rows, together all: as few as so many tokens each allow, rounded up to a multiple, and even."""
    count, total = len(offsets) - 1, int(offsets[-1] - offsets[0])
    number = -(-total // int(tokens * multiple)) * multiple
    cuts = np.searchsorted(offsets, offsets[0] + total * np.arange(1, number) // max(1, number))
    ends = np.unique(np.concatenate([[0], cuts, [count]])).tolist()
    return list(zip(ends, ends[1:]))


def _joined_at_once(rows):
    """Joined ids of rows that are all lists, or all integer arrays; None for anything else."""
    kinds = set(map(type, rows))
    if kinds <= {list, tuple}:
        try:
            return np.frombuffer(b"".join([array("i", row) for row in rows]), np.int32)
        except (TypeError, OverflowError):
            return None
    if kinds != {np.ndarray} or any(row.ndim != 1 or row.dtype.kind not in "iu" for row in rows):
        return None
    ids = rows[0] if len(rows) == 1 else np.concatenate(rows)
    return _as_int32(ids) if ids.dtype.kind in "iu" else None


def _as_int32(ids):
    """Integers as a contiguous int32 array; None if they do not fit."""
    if ids.dtype != np.int32 and ids.dtype.itemsize >= 4 and ids.size and (ids.min() < _INT32.min or ids.max() > _INT32.max):
        return None
    return np.ascontiguousarray(ids, np.int32)


def _different(offsets, type_offsets, base):
    if len(offsets) != len(type_offsets):
        rows, types = len(offsets) - 1, len(type_offsets) - 1
        return f"`token_types` must have one row for each row of ids: there are {base + rows} rows and {base + types} rows of types"
    lengths, types = np.diff(offsets), np.diff(type_offsets)
    row = int(np.argmax(lengths != types))
    return (
        "`token_types` must have one row for each row of ids, of the same length: "
        f"row {base + row} has {lengths[row]} ids and {types[row]} types"
    )
