"""The working state of one caller."""

import contextlib
import ctypes
from collections.abc import Iterable

import numpy as np

from xfc import _abi
from xfc.rows import Row, joined, listed


class Session:
    """Runs a model for one thread at a time; `cancel` may come from any other. Made by Model.session."""

    def __init__(self, library, model, info, threads=None, max_tokens=None):
        self._library, self._info = library, info
        self._handle = ctypes.c_void_p()
        self.threads = _abi.count("threads", threads)
        """How many work on a call; 0: the model's default."""
        options = _abi.SessionOptions(threads=self.threads, max_tokens=_abi.count("max_tokens", max_tokens))
        library.check(library.api.session_create(model, options, self._handle))

    def encode(self, rows: Iterable[Row], token_types: Iterable[Row] | None = None) -> np.ndarray:
        """One vector a row, float32 [n, dim]. `rows`: sequences of token ids; `token_types`: the same shape, or None."""
        batch = joined(listed(rows), token_types)
        out = np.empty((batch.count, self._info.encode_width), np.float32)
        self.run("encode", batch, out)
        return out

    def states(self, rows: Iterable[Row], token_types: Iterable[Row] | None = None) -> list[np.ndarray]:
        """The state of every token: a list of float32 [length, dim]."""
        batch = joined(listed(rows), token_types)
        out = np.empty((batch.tokens, self._info.states_width), np.float32)
        self.run("states", batch, out)
        return np.split(out, batch.offsets[1:-1]) if batch.count else []

    def run(self, entry, batch, out):
        """The C call itself, on a rows.Batch; `out`: contiguous float32."""
        status = getattr(self._library.api, entry)(self._open(), _abi.batch(*batch), out.ctypes.data, out.size)
        if status:
            self._library.check(status)

    def run_fed(self, entry, batch, feeds, out):
        """The C call `run`, on a rows.Batch whose ids may be None, and an array of _abi.Feed."""
        api = self._library.api
        status = api.run(self._open(), entry.encode(), _abi.batch(*batch), feeds, len(feeds), out.ctypes.data, out.size)
        if status:
            self._library.check(status)

    def check(self, batch):
        """Raises the Error that `run` would raise for this batch, without running anything."""
        self._library.check(self._library.api.check(self._open(), _abi.batch(*batch)))

    def cancel(self) -> None:
        """Stops the call that runs in this session, if any: there it raises Error with Status.CANCELLED."""
        self._library.check(self._library.api.cancel(self._open()))

    def set_threads(self, threads: int | None) -> None:
        """How many threads later calls use; None: the model's default. No result depends on it."""
        threads = _abi.count("threads", threads)
        self._library.check(self._library.api.set_threads(self._open(), threads))
        self.threads = threads

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
