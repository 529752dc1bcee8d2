"""CTranslate2, which drops the padding of a batch in its products. Needs `transformers` to convert the checkpoint."""

import numpy as np

from xfc_bench.contender import contender
from xfc_bench.models import minilm_folder


@contender("ctranslate2", package="ctranslate2", feeds=("as is",), models=("minilm",), note="Encoder, float32")
def encode(job):
    import ctranslate2

    folder = job.files["case"].parent / "ctranslate2-minilm"
    if not (folder / "model.bin").exists():
        converter = ctranslate2.converters.TransformersConverter(str(minilm_folder()))
        converter.convert(str(folder), force=True)
    encoder = ctranslate2.Encoder(
        str(folder), device="cpu", compute_type="float32", inter_threads=1, intra_threads=job.threads
    )
    rows = [row.tolist() for row in job.rows()]
    lengths = np.array([len(row) for row in rows], np.float32)[:, None]
    mask = (np.arange(int(lengths.max())) < lengths)[:, :, None]

    def call():
        states = np.asarray(encoder.forward_batch(rows).last_hidden_state)
        mean = np.where(mask, states, 0).sum(1) / lengths
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    return call
