"""Calls of many rows: windows of rows, cut into pieces, run by sessions side by side in threads of their own, given back in order.

The caller's thread reads and checks the next window while the sessions work on this one, so that memory is bounded by two windows,
and it only ever waits in Python, so that ctrl-C reaches it: it then cancels the sessions and waits for their threads."""

import collections
import itertools
import queue
import threading

import numpy as np

from xfc import _abi
from xfc.rows import Batch, pieces

# Tokens of a piece, for each thread that works on it: enough for the kernels, few enough to stay in the L2 cache. On a 2-core Zen 5 (EPYC,
# family 26 model 2) and MiniLM, 512 to 1024 are within 2% of each other; 256 costs 4%, 2048 5%, 8192 a third.
PIECE = 768
# Tokens for each thread from which on sessions of one thread work side by side, instead of one session of all threads: they need no hand-over
# and wait for each other at the end only. On that machine, two threads: 2% faster from 1200 tokens a thread on, 8% when other
# programs run beside; nothing is gained below 600.
SHARE = 1024
# Tokens of a window, for each thread of the model.
WINDOW = 8192
# Windows in work at once: one that the sessions work on, and one that is read meanwhile.
_AHEAD = 2


class Window:
    """Consecutive rows from number `base` on. `out` gets their results: row r at line starts[r], or line r if `starts` is None."""

    def __init__(self, batch, base, out, starts=None):
        self.batch, self.base, self.out, self.starts = batch, base, out, starts
        self.left = 0  # pieces that have not ended

    def cut(self, tokens, sessions):
        """Pieces of about so many tokens at most, as many for each session; of rows of like lengths, if a row has one line."""
        batch, order = (self.batch, None) if self.starts is not None else self.batch.longest_first()
        starts = range(batch.count + 1) if self.starts is None else self.starts
        for first, last in pieces(batch.offsets, tokens, sessions):
            lines = slice(starts[first], starts[last]) if order is None else order[first:last]
            self.left += 1
            yield Piece(self, batch.part(first, last), lines)


class Piece:
    """Rows of one C call, and the lines of the window's `out` that their results go to."""

    def __init__(self, window, batch, lines):
        self.window, self.batch, self.lines = window, batch, lines

    def run(self, session, entry):
        out = self.window.out
        if isinstance(self.lines, slice):
            session.run(entry, self.batch, out[self.lines])
        else:
            result = np.empty((self.batch.count, out.shape[1]), np.float32)
            session.run(entry, self.batch, result)
            out[self.lines] = result


class Call:
    """A call of a model in progress, which `cancel` ends from any thread."""

    def __init__(self, entry, count=None):
        self.entry, self.count = entry, count  # rows, if that is known
        self.cancelled = False
        self._lock, self._sessions = threading.Lock(), []

    def add(self, session):
        """`session` works for this call."""
        with self._lock:
            self._sessions.append(session)

    def remove(self, session):
        """It does no longer: it may work for another call, which must not be cancelled in place of this one."""
        with self._lock:
            self._sessions = [other for other in self._sessions if other is not session]

    def cancel(self):
        self.cancelled = True
        self.interrupt()

    def interrupt(self):
        """Cancels what the sessions run at this moment; they may go on with another piece."""
        with self._lock:
            for session in self._sessions:
                session.cancel()

    def wait_for(self, work):
        """Runs `work` in a thread of its own, so that this one sees ctrl-C, which cancels it. Raises what `work` raises."""
        failures = []

        def run():
            try:
                work()
            except BaseException as error:
                failures.append(error)

        worker = threading.Thread(target=run, name="xfc", daemon=True)
        worker.start()
        try:
            while worker.is_alive():
                worker.join(1)
        finally:
            while worker.is_alive():
                self.interrupt()
                worker.join(0.02)
        if failures:
            raise failures[0]

    def require_going(self, done):
        """Raises Error if the call was cancelled. `done`: rows."""
        if self.cancelled:
            rows = f"{done} rows" if self.count is None else f"{done} of {self.count} rows"
            raise _abi.Error(_abi.Status.CANCELLED, f"`{self.entry}` was cancelled after {rows}")


class Stream(Call):
    """Runs windows. `borrow(threads)` is a context that lends a session; `threads` is how many may work in all."""

    def __init__(self, entry, count, borrow, threads, sessions=None):
        super().__init__(entry, count)
        self._borrow, self._threads, self._wanted = borrow, threads, sessions
        self._workers, self._done, self._stopped = [], 0, False
        self._todo, self._ended = queue.SimpleQueue(), queue.SimpleQueue()

    def results(self, windows, report=lambda done: None):
        """Yields each of `windows` when all its results are there. `report` is told the rows done, in this thread."""
        waiting = collections.deque()
        try:
            first = next(windows, None)
            if first is None:
                return
            sessions, threads = self._share(first.batch.tokens)
            for window in itertools.chain([first], windows):
                self.require_going(self._done)
                waiting.append(window)
                for piece in window.cut(PIECE * threads, sessions):
                    self._todo.put(piece)
                self._start(min(sessions, self._todo.qsize()), threads)
                while len(waiting) >= _AHEAD:
                    yield self._finished(waiting, report)
            while waiting:
                yield self._finished(waiting, report)
        finally:
            self._stop(interrupted=bool(waiting))

    def _share(self, tokens):
        """(sessions, threads of each) for a call, or its first window, of so many tokens."""
        sessions = self._wanted or (self._threads if tokens >= SHARE * self._threads else 1)
        return sessions, max(1, self._threads // sessions)

    def _start(self, count, threads):
        while len(self._workers) < count:
            worker = threading.Thread(target=self._work, args=(threads,), name="xfc", daemon=True)
            self._workers.append(worker)
            worker.start()

    def _work(self, threads):
        """What a thread does until `_stop`: one piece after the other."""
        try:
            with self._borrow(threads) as session:
                self.add(session)
                try:
                    while not self._stopped:
                        if piece := self._next():
                            self.require_going(0)
                            piece.run(session, self.entry)
                            self._ended.put((piece, None))
                finally:
                    self.remove(session)
        except BaseException as error:  # raised again in the caller's thread
            self._ended.put((None, error))

    def _next(self):
        try:
            return self._todo.get(timeout=1)  # not for ever, so that no thread outlives a caller that forgot it
        except queue.Empty:
            return None

    def _finished(self, waiting, report):
        window = waiting[0]
        while window.left:
            piece, error = self._ended.get()
            self.require_going(self._done)
            if error:
                raise error
            piece.window.left -= 1
            self._done += piece.batch.count
            report(self._done)
            self.require_going(self._done)
        return waiting.popleft()

    def _stop(self, interrupted):
        self._stopped = True
        for _ in self._workers:
            self._todo.put(None)
        for worker in self._workers:
            while worker.is_alive():
                if interrupted:  # again and again: the library forgets a `cancel` that came between two pieces
                    self.interrupt()
                worker.join(0.02 if interrupted else None)


def windows_of(batch, tokens, out, starts=None):
    """Windows of rows that are all here. Row r's results go to line starts[r] of `out`, or to line r."""
    for first, last in pieces(batch.offsets, tokens):
        if starts is None:
            yield Window(batch.part(first, last), first, out[first:last])
        else:
            lines = starts[first : last + 1] - starts[first]
            yield Window(batch.part(first, last), first, out[starts[first] : starts[last]], lines)


def chunks_of(rows, token_types, tokens):
    """(number of the first row, list of rows, list of types or None) with about `tokens` tokens each, read as they are wanted."""
    base, rows = 0, iter(rows)
    types = None if token_types is None else iter(token_types)
    while chunk := _take(rows, tokens):
        yield base, chunk, None if types is None else list(itertools.islice(types, len(chunk)))
        base += len(chunk)
    if types is not None and next(types, None) is not None:
        raise ValueError(f"`token_types` must have one row for each row of ids: there are {base} rows and more rows of types")


def _take(rows, tokens):
    """Rows of about so many tokens; a text counts as one for each four letters."""
    chunk, size = [], 0
    for row in rows:
        chunk.append(row)
        if isinstance(row, str):
            size += len(row) // 4 + 1
        else:
            size += len(row) if hasattr(row, "__len__") else 1
        if size >= tokens:
            break
    return chunk
