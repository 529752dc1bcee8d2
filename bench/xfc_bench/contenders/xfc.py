"""The library itself, through the public Python package, as its users call it."""

import numpy as np

from xfc_bench.contender import contender


def loaded(job):
    import xfc

    return xfc.load(job.files["library"], threads=job.threads), [row.astype(np.int32) for row in job.rows()]


@contender("xfc", package="xfc", note="Model.encode on a list of arrays", own=True)
def encode(job):
    model, rows = loaded(job)
    return lambda: model.encode(rows)


@contender("xfc-c", package="xfc", note="the C call alone: what Python adds is the difference to `xfc`", own=True)
def call_alone(job):
    from xfc.rows import joined

    model, rows = loaded(job)
    batch = joined(rows, None)
    session, out = model.session(), np.zeros((len(rows), model.dim), np.float32)

    def call():
        session.run("encode", batch, out)
        return out

    return call
