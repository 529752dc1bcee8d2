"""Rows of token ids of any lengths, joined as the C ABI takes them, in pieces that end at whole rows."""

import numpy as np

_INT32 = np.iinfo(np.int32)


def row_ids(row, index, what="ids"):
    """One row as an int32 array. Raises TypeError or ValueError, with the row's number, for anything else."""
    try:
        ids = np.asarray(row)
    except ValueError:
        raise ValueError(f"row {index}: {what} are nested, a row is a sequence of integers") from None
    if ids.size == 0 and ids.ndim <= 1:
        return np.empty(0, np.int32)
    if ids.dtype.kind not in "iu":
        raise TypeError(f"row {index}: {what} are {ids.dtype}, they must be integers")
    if ids.ndim != 1:
        raise ValueError(f"row {index}: {what} have {ids.ndim} dimensions, a row has one")
    if ids.min() < _INT32.min or ids.max() > _INT32.max:
        raise ValueError(f"row {index}: {what} do not fit 32 bits")
    return np.ascontiguousarray(ids, np.int32)


def join(rows, what="ids"):
    """(joined int32 ids, int64 offsets of len(rows) + 1) of rows given as sequences of integers."""
    arrays = [row_ids(row, index, what) for index, row in enumerate(rows)]
    offsets = np.zeros(len(arrays) + 1, np.int64)
    np.cumsum([len(array) for array in arrays], out=offsets[1:])
    return (np.concatenate(arrays) if arrays else np.empty(0, np.int32)), offsets


def pieces(offsets, tokens):
    """(first, last) of consecutive rows with about `tokens` tokens each, at least one row; together all rows."""
    first, count = 0, len(offsets) - 1
    while first < count:
        last = int(np.searchsorted(offsets, offsets[first] + tokens, side="right")) - 1
        last = min(max(last, first + 1), count)
        yield first, last
        first = last
