"""OpenVINO from the plain ONNX: compiled once for all shapes, or for the very shape."""

import functools

import numpy as np

from xfc_bench.contender import contender
from xfc_bench.workloads import IN_STREAMS, one_by_one

FEEDS = ("padded", "buckets", "single", "streams", "bucket streams")


@functools.cache  # the ways to feed it share one
def compiled(path, threads, streams=1, shape=None, cache=None):
    """shape: a tuple, to compile for it alone. cache: folder of what OpenVINO compiled before."""
    import openvino

    core = openvino.Core()
    if cache:
        core.set_property({"CACHE_DIR": str(cache)})
    model = core.read_model(str(path))
    if shape:
        model.reshape({value: list(shape) for value in model.inputs})
    options = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        "PERFORMANCE_HINT": "LATENCY" if streams == 1 else "THROUGHPUT",
    }
    return core.compile_model(model, "CPU", options)


def prepare(job, static):
    batches = job.batches()
    streams = job.threads if job.feed in IN_STREAMS else 1
    shape = batches[0].ids.shape if static else None
    program = compiled(job.files["onnx"], job.threads, streams, shape, job.files.get("openvino-cache"))
    if streams > 1:
        return in_streams(program, batches, len(job.rows()), job.model.width, streams)
    request = program.create_infer_request()

    def run(index):
        request.infer([batches[index].ids, batches[index].mask], share_inputs=True)
        return request.get_output_tensor(0).data

    return one_by_one(batches, job.model.width, run)


def in_streams(program, batches, rows, width, streams):
    import openvino

    out = np.empty((rows, width), np.float32)
    queue = openvino.AsyncInferQueue(program, streams)
    queue.set_callback(lambda request, order: out.__setitem__(order, request.get_output_tensor(0).data))

    def call():
        for batch in batches:
            queue.start_async([batch.ids, batch.mask], batch.order, share_inputs=True)
        queue.wait_all()
        return out

    return call


@contender("openvino", package="openvino", feeds=FEEDS, note="dynamic shapes")
def dynamic(job):
    return prepare(job, static=False)


@contender("openvino-static", package="openvino", feeds=("padded",), note="compiled for the shape")
def static(job):
    return prepare(job, static=True)
