"""An open library: texts or token ids in, NumPy arrays out."""

import contextlib
import ctypes
import json
import os
import threading
from collections.abc import Callable, Iterable

import numpy as np

from xfc import _abi
from xfc.rows import pieces
from xfc.session import Row, Session, joined

# Tokens of one C call. Between calls Python looks for ctrl-C and moves the progress bar; results do not depend on it.
_PIECE = 2048


def load(
    path: str | os.PathLike,
    threads: int | None = None,
    tokenizer=None,
    *,
    weights: str | os.PathLike | None = None,
    target: str | None = None,
    verify_weights: bool = False,
) -> "Model":
    """Opens the library at `path`.

    threads         that work on one call; None: one for each CPU that the process may use
    tokenizer       path of a tokenizer.json, or a tokenizers.Tokenizer: then rows may be strings
    weights         the .xfw file, or its folder, if it is not beside the library
    target          kernels to use, such as "x86-64-avx2"; None: the strongest that this CPU runs
    verify_weights  check the hash of all weights now

    Raises Error, with the reason, if it cannot be opened.
    """
    return Model(path, threads, tokenizer, weights=weights, target=target, verify_weights=verify_weights)


class Model:
    """A loaded model. Any number of threads may use it at once; each running call has a session of its own."""

    def __init__(self, path, threads=None, tokenizer=None, *, weights=None, target=None, verify_weights=False):
        self._handle = ctypes.c_void_p()
        self._library = _abi.Library(path)
        self._lock, self._idle = threading.Lock(), []
        self._running = {}  # session of each call that runs: whether `cancel` was called since it began
        options = _abi.ModelOptions(
            weights=None if weights is None else os.fsencode(weights),
            target=None if target is None else target.encode(),
            threads=_abi.count("threads", threads),
            verify_weights=bool(verify_weights),
        )
        api, check = self._library.api, self._library.check
        check(api.model_open(options, self._handle))
        text = ctypes.c_char_p()
        check(api.model_describe(self._handle, text))
        self.info = json.loads(text.value)
        """What the library says of itself."""
        self._sizes = _abi.ModelInfo()
        check(api.model_info(self._handle, self._sizes))
        self._tokenizer = None if tokenizer is None else self._prepared(tokenizer)

    @property
    def dim(self) -> int:
        """Width of the vectors of `encode`, or of token states where the model has no `encode`."""
        return self._sizes.encode_width or self._sizes.states_width

    @property
    def max_seq_len(self) -> int | None:
        """Tokens of the longest row, or None: no limit but memory."""
        return self._sizes.max_seq_len or None

    def encode(
        self,
        rows: Iterable[Row | str],
        progress: bool | Callable[[int, int], object] = False,
        *,
        token_types: Iterable[Row] | None = None,
    ) -> np.ndarray:
        """One vector a row: float32 [n, dim], bitwise the same in any batch, order and thread count.

        rows         token ids (sequences of integers, of any lengths), or strings if there is a tokenizer
        progress     True for a progress bar, or a function of (rows done, rows)
        token_types  as rows, of types instead of ids; None: all 0
        """
        ids, offsets, types = self._joined(rows, token_types)
        out = np.zeros((len(offsets) - 1, self._sizes.encode_width), np.float32)
        self._run("encode", ids, offsets, types, out, range(len(offsets)), progress)
        return out

    def states(
        self,
        rows: Iterable[Row | str],
        progress: bool | Callable[[int, int], object] = False,
        *,
        token_types: Iterable[Row] | None = None,
    ) -> list[np.ndarray]:
        """The state of every token: a list of float32 [length, dim], one a row. Arguments as for `encode`."""
        ids, offsets, types = self._joined(rows, token_types)
        out = np.zeros((len(ids), self._sizes.states_width), np.float32)
        self._run("states", ids, offsets, types, out, offsets, progress)
        return np.split(out, offsets[1:-1]) if len(offsets) > 1 else []

    def tokenize(self, texts: Iterable[str]) -> list[list[int]]:
        """Token ids of texts: a list of lists, cut at the model's longest row."""
        if self._tokenizer is None:
            raise TypeError("rows are strings, but the model was loaded without a tokenizer: give `tokenizer=`")
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]

    def session(self, threads: int | None = None, max_tokens: int | None = None) -> Session:
        """A session of one's own, to be closed before the model. max_tokens: of its longest row; bounds its memory."""
        session = self._new_session(threads, max_tokens)
        session.model = self  # which is not collected before it
        return session

    def cancel(self) -> None:
        """Stops every call that runs in another thread: there it raises Error with Status.CANCELLED."""
        with self._lock:
            for session in self._running:
                self._running[session] = True
                session.cancel()

    def close(self) -> None:
        """Frees the model; it cannot be used afterwards. Raises Error while calls or sessions of one's own exist."""
        if not self._handle:
            return
        with self._lock:
            while self._idle:
                self._idle.pop().close()
            self._library.check(self._library.api.model_close(self._handle))
            self._handle = ctypes.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        with contextlib.suppress(Exception):
            self.close()

    def __reduce__(self):
        raise TypeError("a Model cannot be copied or pickled: load the library again, in each process")

    def __repr__(self):
        return f"<xfc.Model {self._sizes.name.decode()} of {self._library.path}>"

    def _open(self):
        if not self._handle:
            raise ValueError("the model is closed")
        return self._handle

    def _new_session(self, threads=None, max_tokens=None):
        with self._lock:  # `close` must not come between
            return Session(self._library, self._open(), self._sizes, threads, max_tokens)

    def _prepared(self, tokenizer):
        """A tokenizer of our own: no padding, and cut where the model ends."""
        import tokenizers

        if isinstance(tokenizer, (str, os.PathLike)):
            path = os.fspath(tokenizer)
            if not os.path.exists(path):
                raise FileNotFoundError(f"no tokenizer at `{path}`")
            try:
                tokenizer = tokenizers.Tokenizer.from_file(path)
            except Exception as error:  # the package raises no narrower one
                raise ValueError(f"`{path}` is no tokenizer.json: {error}") from None
        elif isinstance(tokenizer, tokenizers.Tokenizer):
            tokenizer = tokenizers.Tokenizer.from_str(tokenizer.to_str())
        else:
            raise TypeError(
                f"`tokenizer` is a {type(tokenizer).__name__}, it is the path of a tokenizer.json or a tokenizers.Tokenizer"
            )
        tokenizer.no_padding()
        tokenizer.no_truncation()
        if self.max_seq_len:
            tokenizer.enable_truncation(self.max_seq_len)
        return tokenizer

    def _joined(self, rows, token_types):
        if isinstance(rows, str):
            raise TypeError("`rows` is one string: give a list of strings")
        rows = list(rows)
        if any(isinstance(row, str) for row in rows):
            if not all(isinstance(row, str) for row in rows):
                raise TypeError("`rows` mixes strings and token ids")
            rows = self.tokenize(rows)
        return joined(rows, token_types)

    @contextlib.contextmanager
    def _borrowed(self):
        """A session that no other thread uses; kept for later calls."""
        with self._lock:
            session = self._idle.pop() if self._idle else None
        session = session or self._new_session()
        with self._lock:
            self._running[session] = False
        try:
            yield session
        finally:
            with self._lock:
                del self._running[session]
                self._idle.append(session)

    def _run(self, entry, ids, offsets, types, out, starts, progress):
        """Fills `out` piece by piece. Row r of the batch starts at line starts[r] of `out`."""
        count = len(offsets) - 1
        with self._borrowed() as session, _reporter(progress, count) as report:
            # Everything is checked before anything runs, so that a message counts rows as the caller does.
            session.check(ids, offsets, types)
            for first, last in pieces(offsets, _PIECE):
                try:
                    if not self._running[session]:  # the library forgets a `cancel` that came between two pieces
                        session.run(entry, ids, offsets[first : last + 1], types, out[starts[first] : starts[last]])
                except _abi.Error as error:
                    if error.status is not _abi.Status.CANCELLED:
                        raise
                if self._running[session]:
                    raise _abi.Error(_abi.Status.CANCELLED, f"`{entry}` was cancelled after {first} of {count} rows")
                report(last)


@contextlib.contextmanager
def _reporter(progress, count):
    """A function that takes the number of rows done, for `progress` as in Model.encode."""
    if callable(progress):
        yield lambda done: progress(done, count)
    elif progress:
        import tqdm

        with tqdm.tqdm(total=count, unit="row") as bar:
            yield lambda done: bar.update(done - bar.n)
    else:
        yield lambda done: None
