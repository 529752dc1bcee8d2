"""Named inputs of an entry point: what a library says of them, and NumPy arrays a sequence turned into what the C ABI takes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from xfc import _abi


class Input(NamedTuple):
    """An input of an entry: what `feeds` may hold under its name."""

    kind: str
    """"rows": floats; "index": integers that pick rows of a table; "pairs": a value for each two tokens and head."""
    space: str
    """Whose rows: "tokens", "sequences" or "context"."""
    width: int
    """Values of a row; heads of pairs."""
    scatter: str
    """Rows of tokens that are given: "tokens", "prepended", "all" rows of the stack, or "images"."""
    required: bool
    limit: int | None = None
    """Indices are below it."""

    @property
    def axes(self):
        """The most axes that the array of one sequence has."""
        if self.kind == "pairs" or self.scatter == "images":
            return 3
        return (self.width > 1) + (self.space != "sequences")

    @property
    def own_lengths(self):
        """Whether sequences have another number of these rows than of tokens."""
        return self.space == "context" or self.scatter == "prepended"


class Entry:
    """An entry point, as the library describes it."""

    def __init__(self, said: Mapping[str, Any]):
        self.name, self.width, self.takes_ids = said["name"], said["width"], said["takes_ids"]
        self.per_sequence = said["rows"] == "sequences"
        self.lead, self.tail = said["lead"], said["tail"]
        self.kept = self.lead + self.tail - said["skip_lead"] - said["skip_tail"]
        self.chunk, self.image = said["chunk"], said["image"]
        self.inputs: dict[str, Input] = {}
        for record in said["inputs"]:
            record = dict(record)
            name, found = record.pop("name"), Input(**record)
            # One feed may go to several inputs; that of integers is the one that says what it may be.
            if name not in self.inputs or found.kind == "index":
                self.inputs[name] = found

    @property
    def is_plain(self):
        """True if a call needs token ids only, and its result has a row for each."""
        return self.takes_ids and not (self.kept or self.lead or self.tail or self.chunk[0]) and not any(i.required for i in self.inputs.values())

    def stack_rows(self, tokens, prepended):
        """Rows that sequences (arrays of numbers) have in the stack."""
        size, memory = self.chunk
        return -(-tokens // size) * (size + memory) if size else self.lead + prepended + tokens + self.tail

    def result_rows(self, tokens, prepended):
        """Rows that sequences have in the result, if it has one for each token."""
        return tokens if self.chunk[0] else self.kept + prepended + tokens


class Fed(NamedTuple):
    """The feeds of a call: C structs and the arrays that they point at; tokens and prepended rows of each sequence, and all of the stack
    or context, whichever are more."""

    structs: Any
    arrays: list
    tokens: np.ndarray
    prepended: np.ndarray
    longest: int


def fed(entry: Entry, feeds: Mapping[str, Any], tokens: np.ndarray | None) -> Fed:
    """`feeds`, checked and converted. `tokens`: of each sequence, or None where the feeds say it. Raises TypeError or ValueError with the
    name of the feed and the row."""
    for name in feeds:
        if name not in entry.inputs:
            takes = ", ".join(f"`{known}`" for known in entry.inputs) or "none"
            raise TypeError(f"`{entry.name}` takes no feed `{name}`; it takes {takes}")
    feeds = {name: value for name, value in feeds.items() if value is not None}
    count = _count(entry, feeds) if tokens is None else len(tokens)
    values = {name: _sequences(name, entry.inputs[name], value, count) for name, value in feeds.items()}
    if tokens is None:
        tokens = _tokens(entry, values)
    prepended, context = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for name, arrays in values.items():
        given = entry.inputs[name]
        if given.own_lengths:
            lengths = np.array([len(array) if array.ndim else 1 for array in arrays], np.int64)
            if given.scatter == "prepended":
                prepended = np.maximum(prepended, lengths)
            else:
                context = np.maximum(context, lengths)
    stack = entry.stack_rows(tokens, prepended)
    structs, kept = [], []
    for name, arrays in values.items():
        given = entry.inputs[name]
        needed = [None] * count if given.own_lengths else (stack if given.scatter == "all" else tokens).tolist()
        parts = [_fitted(f"feed `{name}`, row {row}", entry, given, array, rows) for row, (array, rows) in enumerate(zip(arrays, needed))]
        joined = _numbers(name, given, np.concatenate([part.reshape(-1) for part in parts]) if parts else np.empty(0, np.float32))
        offsets = np.cumsum([0] + [len(part) for part in parts], dtype=np.int64) if given.own_lengths else None
        structs.append(_abi.feed(name, joined, offsets))
        kept += [joined, offsets]
    longest = int(max(stack.max(initial=0), context.max(initial=0)))
    return Fed((_abi.Feed * len(structs))(*structs), kept, tokens, prepended, longest)


def _count(entry, feeds):
    """The number of sequences of a call without ids: that of a feed which is a list, or has an axis for them."""
    for name, value in feeds.items():
        if isinstance(value, (list, tuple)):
            return len(value)
        if np.ndim(value) > entry.inputs[name].axes:
            return len(value)
    raise ValueError(f"`{entry.name}` without `rows` needs a feed with one array for each sequence")


def _sequences(name, given, value, count):
    """One array for each sequence. A list has one each; an array has an axis for the sequences, or is the same for all."""
    if not isinstance(value, (list, tuple)):
        value = np.asarray(value)
        if value.ndim <= given.axes:
            return [value] * count
    if len(value) != count:
        raise ValueError(f"feed `{name}` is for {len(value)} sequences, there are {count}")
    try:
        return [np.asarray(part) for part in value]
    except ValueError:
        raise ValueError(f"feed `{name}` holds nested lists of different lengths: give arrays") from None


def _tokens(entry, values):
    """The number of tokens of each sequence, from a feed that has a row for each."""
    for name, arrays in values.items():
        given = entry.inputs[name]
        if given.scatter == "images":
            patch = entry.image[2]
            return np.array([np.prod([side // patch for side in array.shape[1:]]) for array in arrays], np.int64)
        if given.space == "tokens" and given.scatter == "tokens" and given.kind != "pairs" and all(array.ndim for array in arrays):
            return np.array([len(array) for array in arrays], np.int64)
    names = [name for name, given in entry.inputs.items() if given.scatter in ("tokens", "images") and given.space == "tokens"]
    raise ValueError(f"`{entry.name}` without `rows` needs a feed with a row for each token: {', '.join(f'`{name}`' for name in names)}")


def _fitted(what, entry, given, array, rows):
    """`array` as (rows, values), for as many rows as the sequence must have, or any number if that is None."""
    width = given.width
    if given.scatter == "images":
        channels, _, patch = entry.image
        if array.ndim != 3 or len(array) != channels or array.shape[1] != array.shape[2] or array.shape[1] % patch:
            raise ValueError(f"{what}: its shape is {array.shape}, it must be ({channels}, side, side), side a multiple of {patch}")
        return array
    if given.kind == "pairs":
        shape = (width, rows, rows)
        if array.ndim in (2, 3) and array.shape[-2:] == shape[1:] and (array.ndim == 2 or len(array) in (1, width)):
            return np.broadcast_to(array, shape)
        raise ValueError(f"{what}: its shape is {array.shape}, it must be {shape}, (1, {rows}, {rows}) or ({rows}, {rows})")
    if given.space == "sequences":
        if array.size == width and array.shape in ((), (1,), (width,), (1, width)):
            return array.reshape(1, width)
        raise ValueError(f"{what}: its shape is {array.shape}, it must be {(width,) if width > 1 else 'one number'}")
    if rows is None:
        rows = len(array) if array.ndim == 2 or (array.ndim == 1 and width == 1) else 1
    if array.shape == (rows, width) or (width == 1 and array.shape == (rows,)):
        return array.reshape(rows, width)
    if array.shape in ((width,), (1, width)) if width > 1 else array.shape == ():
        return np.broadcast_to(array, (rows, width))
    raise ValueError(f"{what}: its shape is {array.shape}, it must be {(rows, width) if width > 1 else (rows,)}")


def _numbers(name, given, values):
    """`values` in a type that the library reads."""
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind not in "biuf" or (kind == "f" and given.kind == "index" and values.size):
        raise TypeError(f"feed `{name}` is of {values.dtype}, it must be {'integers' if given.kind == 'index' else 'numbers'}")
    if kind == "b" or (kind == "u" and size == 1):
        wanted = np.uint8
    elif kind == "f":
        wanted = np.float32
    else:
        wanted = np.int32 if size < 4 or values.dtype == np.int32 else np.int64
    return np.ascontiguousarray(values, wanted)
