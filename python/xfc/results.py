"""The array of results of a call, given or our own, whose number of rows may be unknown until the end."""

import numpy as np


class Results:
    """float32 [rows, width]. `count` is None if rows come from an iterator; `done` rows from the first on are complete."""

    def __init__(self, width, count, out=None):
        self.done = 0
        self._given = out is not None
        if out is not None:
            _require_fit(out, width, count)
        self._grows = out is None and count is None
        self.array = np.empty((count or 0, width), np.float32) if out is None else out

    def place(self, first, count):
        """Where the results of rows first .. first + count - 1 are to be written. Raises ValueError if there are too many."""
        if self._grows:  # a place of its own, as those in work would not survive that the array moves
            return np.empty((count, self.array.shape[1]), np.float32)
        if first + count > len(self.array):
            raise ValueError(f"there are at least {first + count} rows, {self._limit()}")
        return self.array[first : first + count]

    def add(self, place):
        """The place given out next to the last one added is filled."""
        if self._grows:
            if self.done + len(place) > len(self.array):
                self._resize(max(self.done + len(place), len(self.array) * 5 // 4))
            self.array[self.done : self.done + len(place)] = place
        self.done += len(place)

    def whole(self):
        """The array, when nothing more comes. Raises ValueError if it is not full."""
        if self._grows:
            self._resize(self.done)
        elif self.done < len(self.array):
            raise ValueError(f"there are {self.done} rows, {self._limit()}")
        return self.array

    def fail(self):
        """Zeroes what is not done of an array that the caller keeps."""
        if self._given:
            self.array[self.done :] = 0

    def _resize(self, rows):
        # In place, by remapping: a copy would need twice the memory. Nobody has a view of it.
        self.array.resize((rows, self.array.shape[1]), refcheck=False)

    def _limit(self):
        return f"`out` has {len(self.array)}" if self._given else f"`len(rows)` is {len(self.array)}"


def _require_fit(out, width, count):
    if not isinstance(out, np.ndarray) or out.dtype != np.float32:
        kind = f"an array of {out.dtype}" if isinstance(out, np.ndarray) else f"a {type(out).__name__}"
        raise TypeError(f"`out` is {kind}, it must be an array of float32")
    if out.ndim != 2 or out.shape[1] != width or (count is not None and len(out) != count):
        rows = "rows" if count is None else count
        raise ValueError(f"`out` has shape {out.shape}, it must be ({rows}, {width})")
    if not (out.flags.c_contiguous and out.flags.writeable):
        raise ValueError("`out` must be contiguous and writeable")
