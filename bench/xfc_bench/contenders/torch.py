"""PyTorch, eager and compiled: the model written with torch.nn.functional, so that no other package is needed."""

import os

from xfc_bench.contender import contender
from xfc_bench.workloads import one_by_one

FEEDS = ("padded", "buckets", "single")


def encoder(job):
    """A function (ids, mask or None if nothing is padded) -> vectors, on tensors."""
    import torch
    from safetensors.torch import load_file
    from torch.nn import functional

    torch.set_num_threads(job.threads)
    tensors, model = load_file(job.files["weights"]), job.model

    def dense(name, x):
        return functional.linear(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def norm(name, x):
        return functional.layer_norm(x, (model.width,), tensors[f"{name}.weight"], tensors[f"{name}.bias"], model.eps)

    def attention(layer, x, mask):
        heads = [
            dense(f"{layer}.attention.self.{part}", x).unflatten(-1, (model.heads, -1)).transpose(1, 2)
            for part in ("query", "key", "value")
        ]
        joined = functional.scaled_dot_product_attention(*heads, attn_mask=mask)
        return dense(f"{layer}.attention.output.dense", joined.transpose(1, 2).flatten(2))

    def forward(ids, mask):
        table = {part: tensors[f"embeddings.{part}_embeddings.weight"] for part in ("word", "position", "token_type")}
        x = norm("embeddings.LayerNorm", table["word"][ids] + table["token_type"][0] + table["position"][: ids.shape[1]])
        keys = None if mask is None else mask[:, None, None, :].bool()
        for index in range(model.layers):
            layer = f"encoder.layer.{index}"
            x = norm(f"{layer}.attention.output.LayerNorm", attention(layer, x, keys) + x)
            inner = functional.gelu(dense(f"{layer}.intermediate.dense", x))
            x = norm(f"{layer}.output.LayerNorm", dense(f"{layer}.output.dense", inner) + x)
        if mask is not None:
            x = x * (mask / mask.sum(1, keepdim=True)).to(x.dtype)[:, :, None] * x.shape[1]
        return functional.normalize(x.mean(1), dim=-1)

    return forward


def prepare(job, wrap):
    import torch

    forward, batches = wrap(torch, encoder(job)), job.batches()
    inputs = [
        (torch.from_numpy(batch.ids), None if batch.mask.all() else torch.from_numpy(batch.mask)) for batch in batches
    ]

    def run(index):
        with torch.inference_mode():
            return forward(*inputs[index]).numpy()

    return one_by_one(batches, job.model.width, run)


@contender("torch", package="torch", feeds=FEEDS, note="eager, scaled_dot_product_attention")
def eager(job):
    return prepare(job, lambda torch, forward: forward)


@contender("torch-compile", package="torch", feeds=("padded", "buckets"), note="inductor, static shapes, weights frozen")
def compiled(job):
    def wrap(torch, forward):
        import torch._dynamo.config
        import torch._inductor.config

        torch._inductor.config.freezing = True
        torch._dynamo.config.recompile_limit = 64
        return torch.compile(forward, dynamic=False)

    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(job.files["case"].parent / "inductor"))
    return prepare(job, wrap)
