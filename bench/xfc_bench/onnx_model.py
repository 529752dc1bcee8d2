"""Writes a model's ONNX from its safetensors file, in the plain form that exporters give and that runtimes' fusions look for.

Inputs input_ids and attention_mask, int64 [rows, length]; output embedding, float32 [rows, width].
"""

from pathlib import Path

import numpy as np

from xfc_bench.models import Model

OPSET = 17


class Graph:
    """Nodes and constants in order; every method returns the name of what it added."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def add(self, kind, *inputs, **attributes):
        from onnx import helper

        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, value, name=None):
        from onnx import numpy_helper

        name = name or f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def scalar(self, value):
        return self.constant(np.float32(value))

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))


def write_onnx(model: Model, weights: Path, path: Path):
    """Writes `path` (at once: a broken run leaves nothing)."""
    import onnx
    from onnx import TensorProto, helper
    from safetensors.numpy import load_file

    graph = Graph()
    output = _encoder(graph, model, load_file(weights))
    graph.nodes.append(helper.make_node("Identity", [output], ["embedding"]))
    shape = ["rows", "length"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["rows", model.width])]
    made = helper.make_model(
        helper.make_graph(graph.nodes, model.name, inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
    )
    onnx.checker.check_model(made)
    partial = path.with_suffix(".partial")
    onnx.save_model(made, partial)
    partial.rename(path)


def _encoder(graph, model, tensors):
    def norm(name, x):
        scale, shift = (graph.constant(tensors[f"{name}.{part}"], f"{name}.{part}") for part in ("weight", "bias"))
        return graph.add("LayerNormalization", x, scale, shift, axis=-1, epsilon=model.eps)

    def dense(name, x):
        weight = graph.constant(tensors[f"{name}.weight"].T, f"{name}.weight")
        return graph.add("Add", graph.add("MatMul", x, weight), graph.constant(tensors[f"{name}.bias"], f"{name}.bias"))

    x = norm("embeddings.LayerNorm", _embeddings(graph, tensors))
    mask = graph.add("Cast", "attention_mask", to=1)
    blocked = graph.add("Unsqueeze", graph.add("Unsqueeze", mask, graph.integers(1)), graph.integers(2))
    blocked = graph.add("Mul", graph.add("Sub", graph.scalar(1), blocked), graph.scalar(-10000))
    for index in range(model.layers):
        layer = f"encoder.layer.{index}"
        x = norm(f"{layer}.attention.output.LayerNorm", graph.add("Add", _attention(graph, model, dense, layer, x, blocked), x))
        inner = _gelu(graph, dense(f"{layer}.intermediate.dense", x))
        x = norm(f"{layer}.output.LayerNorm", graph.add("Add", dense(f"{layer}.output.dense", inner), x))
    return _mean(graph, x, mask)


def _embeddings(graph, tensors):
    def table(name):
        return graph.constant(tensors[f"embeddings.{name}_embeddings.weight"], f"{name}_embeddings")

    words = graph.add("Gather", table("word"), "input_ids", axis=0)
    # One type only: a row of its table, added to all.
    types = graph.constant(tensors["embeddings.token_type_embeddings.weight"][:1], "token_type")
    length = graph.add("Gather", graph.add("Shape", "input_ids"), graph.constant(np.int64(1)), axis=0)
    length = graph.add("Unsqueeze", length, graph.integers(0))
    places = graph.add("Slice", table("position"), graph.integers(0), length, graph.integers(0))
    return graph.add("Add", graph.add("Add", words, types), places)


def _attention(graph, model, dense, layer, x, blocked):
    head = model.width // model.heads

    def heads(part, axes):
        split = graph.add("Reshape", dense(f"{layer}.attention.self.{part}", x), graph.integers(0, 0, model.heads, head))
        return graph.add("Transpose", split, perm=axes)

    query, key, value = heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]), heads("value", [0, 2, 1, 3])
    scores = graph.add("Div", graph.add("MatMul", query, key), graph.scalar(np.sqrt(head)))
    shares = graph.add("Softmax", graph.add("Add", scores, blocked), axis=-1)
    joined = graph.add("Transpose", graph.add("MatMul", shares, value), perm=[0, 2, 1, 3])
    return dense(f"{layer}.attention.output.dense", graph.add("Reshape", joined, graph.integers(0, 0, model.width)))


def _gelu(graph, x):
    erf = graph.add("Erf", graph.add("Div", x, graph.scalar(np.sqrt(2))))
    return graph.add("Mul", graph.add("Mul", x, graph.add("Add", erf, graph.scalar(1))), graph.scalar(0.5))


def _mean(graph, x, mask):
    weights = graph.add("Unsqueeze", mask, graph.integers(2))
    total = graph.add("ReduceSum", graph.add("Mul", x, weights), graph.integers(1), keepdims=0)
    mean = graph.add("Div", total, graph.add("ReduceSum", weights, graph.integers(1), keepdims=0))
    return graph.add("Div", mean, graph.add("ReduceL2", mean, axes=[1], keepdims=1))


def write_fused(model: Model, plain: Path, path: Path):
    """The graph after ONNX Runtime's own offline fusions for BERT; returns how many of each it found."""
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    # Level 0: no session's passes before the fusions. They would need torch, and run anyway when the graph is loaded.
    options = FusionOptions("bert")
    fused = optimizer.optimize_model(str(plain), "bert", model.heads, model.width, options, opt_level=0)
    partial = path.with_suffix(".partial")
    fused.save_model_to_file(str(partial))
    partial.rename(path)
    return fused.get_fused_operator_statistics()
