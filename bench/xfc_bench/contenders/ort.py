"""ONNX Runtime: the plain graph, which its own passes optimise when a session is made, and the graph fused offline."""

import functools

import numpy as np

from xfc_bench.contender import contender
from xfc_bench.workloads import IN_STREAMS, one_by_one

FEEDS = ("padded", "buckets", "single", "streams", "bucket streams")


@functools.cache  # the ways to feed it share one
def session(path, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def prepare(job, path):
    streams = job.threads if job.feed in IN_STREAMS else 1
    runner, batches = session(path, job.threads // streams), job.batches()
    # Casts belong to the preparation: the fused graph wants 32 bits.
    types = {value.name: np.int32 if "int32" in value.type else np.int64 for value in runner.get_inputs()}
    inputs = [
        {name: value.astype(kind) for (name, kind), value in zip(types.items(), (batch.ids, batch.mask))} for batch in batches
    ]

    def run(index):
        return runner.run(None, inputs[index])[0]

    if streams == 1:
        return one_by_one(batches, job.model.width, run)
    return in_streams(run, batches, len(job.rows()), job.model.width, streams)


def in_streams(run, batches, rows, width, streams):
    from concurrent.futures import ThreadPoolExecutor

    out, pool = np.empty((rows, width), np.float32), ThreadPoolExecutor(streams)

    def one(index):
        out[batches[index].order] = run(index)

    def call():
        for _ in pool.map(one, range(len(batches))):
            pass
        return out

    return call


@contender("ort-plain", package="onnxruntime", feeds=FEEDS, note="ONNX as written, all optimisations of the session")
def plain(job):
    return prepare(job, job.files["onnx"])


@contender("ort-fused", package="onnxruntime", feeds=FEEDS, note="ONNX after onnxruntime.transformers.optimizer")
def fused(job):
    return prepare(job, job.files["onnx-fused"])
