"""The argument `progress` of calls of many rows."""

import contextlib


@contextlib.contextmanager
def reporter(progress, count):
    """A function that takes the number of rows done. `progress`: False, True for a bar, or a function of (done, count).

    `count` is None where the rows come from an iterator.
    """
    if callable(progress):
        yield lambda done: progress(done, count)
    elif progress:
        try:
            import tqdm
        except ImportError:
            raise ImportError("`progress=True` needs the package `tqdm`: install it, or give a function of (done, count)") from None
        with tqdm.tqdm(total=count, unit="row") as bar:
            yield lambda done: bar.update(done - bar.n)
    else:
        yield lambda done: None
