"""The working state of one caller."""

import contextlib
import ctypes
from collections.abc import Iterable, Sequence

import numpy as np

from xfc import _abi
from xfc.rows import join

Row = Sequence[int] | np.ndarray


class Session:
    """Runs a model for one thread at a time; `cancel` may come from any other. Made by Model.session."""

    def __init__(self, library, model, info, threads=None, max_tokens=None):
        self._library, self._info = library, info
        self._handle = ctypes.c_void_p()
        options = _abi.SessionOptions(
            threads=_abi.count("threads", threads), max_tokens=_abi.count("max_tokens", max_tokens)
        )
        library.check(library.api.session_create(model, options, self._handle))

    def encode(self, rows: Iterable[Row], token_types: Iterable[Row] | None = None) -> np.ndarray:
        """One vector a row, float32 [n, dim]. `rows`: sequences of token ids; `token_types`: the same shape, or None."""
        ids, offsets, types = joined(rows, token_types)
        out = np.zeros((len(offsets) - 1, self._info.encode_width), np.float32)
        self.run("encode", ids, offsets, types, out)
        return out

    def states(self, rows: Iterable[Row], token_types: Iterable[Row] | None = None) -> list[np.ndarray]:
        """The state of every token: a list of float32 [length, dim]."""
        ids, offsets, types = joined(rows, token_types)
        out = np.zeros((len(ids), self._info.states_width), np.float32)
        self.run("states", ids, offsets, types, out)
        return np.split(out, offsets[1:-1]) if len(offsets) > 1 else []

    def run(self, entry, ids, offsets, types, out):
        """The C call itself, on contiguous arrays: ids and types int32, offsets int64, out float32."""
        call = getattr(self._library.api, entry)
        self._library.check(call(self._open(), _batch(ids, offsets, types), out.ctypes.data, out.size))

    def check(self, ids, offsets, types):
        """Raises the Error that `run` would raise for these arrays, without running anything."""
        self._library.check(self._library.api.check(self._open(), _batch(ids, offsets, types)))

    def cancel(self) -> None:
        """Stops the call that runs in this session, if any: there it raises Error with Status.CANCELLED."""
        self._library.check(self._library.api.cancel(self._open()))

    def set_threads(self, threads: int | None) -> None:
        """How many threads later calls use; None: the model's default. No result depends on it."""
        self._library.check(self._library.api.set_threads(self._open(), _abi.count("threads", threads)))

    def close(self) -> None:
        """Frees the session; it cannot be used afterwards. Raises Error while a call runs in it."""
        if self._handle:
            self._library.check(self._library.api.session_destroy(self._handle))
            self._handle = ctypes.c_void_p()

    def _open(self):
        if not self._handle:
            raise ValueError("the session is closed")
        return self._handle

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        with contextlib.suppress(Exception):
            self.close()

    def __reduce__(self):
        raise TypeError("a Session cannot be copied or pickled: make another with Model.session")


def _batch(ids, offsets, types):
    return _abi.Batch(
        ids=ids.ctypes.data,
        token_types=None if types is None else types.ctypes.data,
        offsets=offsets.ctypes.data,
        num_ids=len(ids),
        num_rows=len(offsets) - 1,
    )


def joined(rows, token_types):
    """(ids, offsets, types or None) of rows and their types, which must have the same lengths."""
    rows = list(rows)
    ids, offsets = join(rows)
    if token_types is None:
        return ids, offsets, None
    types, type_offsets = join(token_types, "token types")
    if not np.array_equal(offsets, type_offsets):
        raise ValueError("`token_types` must have one row for each row of ids, of the same length")
    return ids, offsets, types
