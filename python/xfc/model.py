"""An open library: texts or token ids in, NumPy arrays out."""

import contextlib
import ctypes
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from xfc import _abi
from xfc.feeds import Entry, Input, fed
from xfc.progress import reporter
from xfc.results import Results
from xfc.rows import Batch, Row, are_texts, iterator, joined, listed
from xfc.session import Session
from xfc.stream import SHARE, WINDOW, Call, Stream, Window, chunks_of, windows_of
from xfc.text import prepared, token_ids

# Rows of a sequence that every session takes, unless it was told otherwise.
DEFAULT_ROWS = 1024

Progress = bool | Callable[[int, int | None], object]


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
        self._lock, self._idle, self._calls = threading.Lock(), [], set()
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
        self._small = _small(self.info, self._sizes.threads)
        self._entries = {said["name"]: Entry(said) for said in self.info["runtime"].get("entries", [])}
        self._tokenizer = None if tokenizer is None else prepared(tokenizer, self.max_seq_len)

    @property
    def dim(self) -> int:
        """Width of the vectors of `encode`, or of token states where the model has no `encode`."""
        return self._sizes.encode_width or self._sizes.states_width

    @property
    def max_seq_len(self) -> int | None:
        """Tokens of the longest row, or None: no limit but memory."""
        return self._sizes.max_seq_len or None

    @property
    def entries(self) -> list[str]:
        """Names of the entry points that `run` takes."""
        return list(self._entries)

    def inputs(self, entry: str) -> dict[str, Input]:
        """The named inputs of an entry point: what `run` takes as feeds."""
        return dict(self._entry(entry).inputs)

    def run(
        self, entry: str, rows: Iterable[Row | str] | None = None, *, token_types: Iterable[Row] | None = None, **feeds
    ) -> list[np.ndarray]:
        """Runs an entry point: a list of one float32 array a row, [rows of the result, width], or [width] where the result has one vector
        for each sequence. A row's result is bitwise the same in any batch.

        rows         token ids, as for `encode`; None for an entry that takes none
        token_types  as rows, of types instead of ids
        feeds        values of named inputs (see `inputs`): a list of one array a row; or an array with an axis more, one entry of it a row; or
                     one array that is the same for all. Shapes of one row's array, n its tokens:
                       per token         [n, width], or [n] if width is 1; [width] is repeated
                       index             [n] integers
                       sequences         [width], or a number
                       context, prepend  [m, width], or [m] if width is 1, m any number that all such feeds of the row share
                       all               as per token, for all rows of the stack: the model's own, prepended ones, tokens
                       pairs             [heads, n, n], [1, n, n] or [n, n]
                       images            [channels, side, side]
                     Masks may be bool. Names that are no Python names go in as **{"embed_ids.type": ...}.

        Raises TypeError or ValueError for feeds that do not fit, Error for what the library refuses.
        """
        asked = self._entry(entry)
        if asked.takes_ids == (rows is None):
            raise TypeError(f"`{entry}` {'needs `rows`' if asked.takes_ids else 'takes no ids: `rows` is None'}")
        batch = None
        if rows is not None:
            rows = listed(rows)
            batch = joined(self.tokenize(rows) if are_texts(rows) else rows, token_types)
            if not batch.count:
                return []
        given = fed(asked, feeds, None if batch is None else np.diff(batch.offsets))
        if batch is None:
            batch = Batch(None, np.concatenate([[0], np.cumsum(given.tokens)]).astype(np.int64))
        lengths = np.ones(batch.count, np.int64) if asked.per_sequence else asked.result_rows(given.tokens, given.prepended)
        out = np.empty((int(lengths.sum()), asked.width), np.float32)
        self._run_fed(entry, batch, given, out)
        return list(out) if asked.per_sequence else np.split(out, np.cumsum(lengths)[:-1])

    def logits(self, rows: Iterable[Row | str] | None = None, **feeds) -> list[np.ndarray]:
        """`run` of the entry `logits`."""
        return self.run("logits", rows, **feeds)

    def encode(
        self,
        rows: Iterable[Row | str],
        progress: Progress = False,
        *,
        token_types: Iterable[Row] | None = None,
        out: np.ndarray | None = None,
        sessions: int | None = None,
    ) -> np.ndarray:
        """One vector a row: float32 [n, dim], bitwise the same in any batch, order and thread count.

        rows         any iterable of token ids (sequences of integers, of any lengths), or of strings if there is a tokenizer; a matrix is
                     rows of one length. Ids in a list are all checked before anything runs; other rows are read and checked as they come
        progress     True for a progress bar, or a function of (rows done, rows), where an iterator's number of rows is None
        token_types  as rows, of types instead of ids; None: all 0
        out          contiguous float32 [n, dim] to write to and return, such as a memmap. If the call fails, it holds the vectors of some
                     first rows, and is zero from there on
        sessions     that work side by side and share the model's threads; None: one a thread if there are many rows, else one
        """
        count = len(rows) if hasattr(rows, "__len__") else None
        results = Results(self._sizes.encode_width, count, out)
        try:
            if isinstance(rows, (list, tuple, np.ndarray)) and not are_texts(rows):
                batch = joined(rows, token_types)
                if batch.tokens <= self._small and not progress:
                    self._run("encode", batch, results.array)
                    return results.array
                self._check(batch)
                windows = windows_of(batch, self._window, results.array)
            else:
                windows = self._read(rows, token_types, results.place)
            for window in self._results("encode", windows, count, progress, sessions):
                results.add(window.out)
            return results.whole()
        except BaseException:
            results.fail()
            raise

    def encode_iter(
        self,
        rows: Iterable[Row | str],
        progress: Progress = False,
        *,
        token_types: Iterable[Row] | None = None,
        sessions: int | None = None,
    ) -> Iterator[np.ndarray]:
        """The vectors of `encode` as an iterator of float32 [some, dim] arrays, which together have a line for each row, in order.

        Memory does not grow with the number of rows: they are read as they are wanted, some thousand tokens ahead. To leave the loop
        early ends what runs. Arguments as for `encode`.
        """
        count = len(rows) if hasattr(rows, "__len__") else None
        width = self._sizes.encode_width
        windows = self._read(iterator(rows), token_types, lambda first, count: np.empty((count, width), np.float32))
        return (window.out for window in self._results("encode", windows, count, progress, sessions))

    def states(
        self,
        rows: Iterable[Row | str] | None = None,
        progress: Progress = False,
        *,
        token_types: Iterable[Row] | None = None,
        **feeds,
    ) -> list[np.ndarray]:
        """The state of every token: a list of float32 [length, dim], one a row. Arguments as for `encode`; feeds as for `run`, which this is
        where there are some, or the model has rows of its own."""
        states = self._entries.get("states")
        if feeds or (states and not states.is_plain):
            return self.run("states", rows, token_types=token_types, **feeds)
        rows = listed(rows)
        batch = joined(self.tokenize(rows) if are_texts(rows) else rows, token_types)
        out = np.empty((batch.tokens, self._sizes.states_width), np.float32)
        if batch.tokens <= self._small and not progress:
            self._run("states", batch, out)
        else:
            self._check(batch)
            for _ in self._results("states", windows_of(batch, self._window, out, batch.offsets), batch.count, progress):
                pass
        return np.split(out, batch.offsets[1:-1]) if batch.count else []

    def tokenize(self, texts: Iterable[str]) -> list[list[int]]:
        """Token ids of texts: a list of lists, cut at the model's longest row."""
        if self._tokenizer is None:
            raise TypeError("rows are strings, but the model was loaded without a tokenizer: give `tokenizer=`")
        return token_ids(self._tokenizer, list(iterator(texts)))

    def session(self, threads: int | None = None, max_tokens: int | None = None) -> Session:
        """A session of one's own, to be closed before the model. max_tokens: of its longest row; bounds its memory."""
        session = self._new_session(threads, max_tokens)
        session.model = self  # which is not collected before it
        return session

    def cancel(self) -> None:
        """Stops every call that runs in another thread: there it raises Error with Status.CANCELLED."""
        for call in list(self._calls):
            call.cancel()

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

    @property
    def _window(self):
        return WINDOW * self._sizes.threads

    @contextlib.contextmanager
    def _borrowed(self, threads=0):
        """A session with so many threads that nobody else uses; kept for later calls."""
        session = self._take(threads)
        try:
            yield session
        finally:
            self._idle.append(session)

    def _take(self, threads):
        try:
            session = self._idle.pop()
        except IndexError:
            session = self._new_session()
        if session.threads != threads:
            session.set_threads(threads)
        return session

    def _run(self, entry, batch, out):
        """A small call: one C call in this thread, with all threads of the model. On failure `out` is zero."""
        call, session = Call(entry, batch.count), self._take(0)
        try:
            call.add(session)
            self._calls.add(call)
            session.run(entry, batch, out)
            call.require_going(0)  # the library forgets a `cancel` that came just before
        finally:
            self._calls.discard(call)
            call.remove(session)
            self._idle.append(session)

    def _run_fed(self, entry, batch, given, out):
        """A call of `run`, in a thread of its own if ctrl-C would have to wait for it."""
        with self._session_for(given.longest) as session:
            call = Call(entry, batch.count)
            call.add(session)
            self._calls.add(call)
            try:
                if batch.tokens <= self._small:
                    session.run_fed(entry, batch, given.structs, out)
                else:
                    call.wait_for(lambda: session.run_fed(entry, batch, given.structs, out))
                call.require_going(0)
            finally:
                self._calls.discard(call)
                call.remove(session)

    @contextlib.contextmanager
    def _session_for(self, longest):
        """A session for sequences of so many rows."""
        if longest <= DEFAULT_ROWS:
            with self._borrowed() as session:
                yield session
        else:
            with self._new_session(max_tokens=longest) as session:
                yield session

    def _entry(self, name):
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(f"`{known}`" for known in self._entries) or "none that are known"
            raise ValueError(f"the model has no entry `{name}`; it has {known}") from None

    def _check(self, batch, base=0):
        """Raises Error for the rows that `run` would refuse. `base` is the number of the first."""
        with self._borrowed() as session:
            try:
                session.check(batch)
            except _abi.Error as error:
                raise error.moved(base) from None

    def _read(self, rows, token_types, place):
        """Windows of rows of any iterable, whose results go to place(number of the first row, rows)."""
        texts = None
        for base, chunk, types in chunks_of(iterator(rows), token_types, self._window):
            texts = are_texts(chunk, base, before=texts)
            batch = joined(self.tokenize(chunk) if texts else chunk, types, base)
            self._check(batch, base)
            yield Window(batch, base, place(base, batch.count))

    def _results(self, entry, windows, count, progress, sessions=None):
        """Each window when its results are there. `count`: of rows, if known."""
        stream = Stream(entry, count, self._borrowed, self._sizes.threads, _abi.count("sessions", sessions))
        with reporter(progress, count) as report:
            self._calls.add(stream)
            try:
                yield from stream.results(windows, report)
            finally:
                self._calls.discard(stream)


def _small(info, threads):
    """Tokens up to which a call is one C call in the caller's thread: ctrl-C waits for its end, so that must be soon."""
    soon = 2e10 * threads / max(1, info.get("flops_per_token", 0))  # 0.2 s at 100 GFLOP/s a thread
    return min(soon, SHARE * threads)
