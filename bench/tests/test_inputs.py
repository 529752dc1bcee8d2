"""What contenders are given is right: references, ONNX, batches."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from xfc_bench import reference
from xfc_bench.models import MODELS, ROOT, random_weights, weights_path
from xfc_bench.onnx_model import write_fused, write_onnx
from xfc_bench.workloads import FEEDS, SHAPES, batches_of, one_by_one, rows_of

SMALL = replace(MODELS["minilm"], name="small", layers=2, width=32, heads=4, inner=64, vocabulary=50, positions=40)


def test_reference_is_hugging_faces():
    """On the sentences of the oracle, which are not those of the benchmark."""
    data = load_file(ROOT.parent / "shared/oracle/real/minilm.safetensors")
    rows = np.split(data["ids"], data["offsets"][1:-1])[:6]
    model = MODELS["minilm"]
    vectors = reference.embeddings(model, weights_path(model, None), rows)
    assert np.abs(vectors - data["embedding"][:6]).max() < 1e-6


def test_erf():
    x = np.concatenate([np.linspace(-7, 7, 20001), [0.0, -0.0, 1e-300, 1e9]])
    assert np.abs(reference.erf(x) - np.array([math.erf(value) for value in x])).max() < 1e-13


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    save_file(random_weights(SMALL), folder / "small.safetensors")
    write_onnx(SMALL, folder / "small.safetensors", folder / "plain.onnx")
    found = write_fused(SMALL, folder / "plain.onnx", folder / "fused.onnx")
    return SimpleNamespace(folder=folder, fused=found)


def test_fusions_find_their_patterns(small):
    """The peer at its best: attention, GELU and every norm but the first are fused."""
    assert small.fused["Attention"] == SMALL.layers
    assert small.fused["BiasGelu"] == SMALL.layers
    assert small.fused["SkipLayerNormalization"] >= 2 * SMALL.layers


@pytest.mark.parametrize("file", ["plain.onnx", "fused.onnx"])
@pytest.mark.parametrize("feed", [feed for feed in FEEDS if feed != "as is"])
def test_onnx_computes_the_reference_however_it_is_fed(small, file, feed):
    from xfc_bench.contenders import ort

    random = np.random.default_rng(1)
    rows = [random.integers(0, 50, length) for length in (3, 40, 1, 17, 5, 9, 26, 2, 11, 4)]
    job = SimpleNamespace(feed=feed, threads=2, model=SMALL, batches=lambda: batches_of(rows, feed), rows=lambda: rows)
    vectors = ort.prepare(job, small.folder / file)()
    expected = reference.embeddings(SMALL, small.folder / "small.safetensors", rows)
    assert np.abs(vectors - expected).max() < 1e-6


def test_rows_of_all_shapes():
    for shape in SHAPES:
        rows = rows_of(shape)
        lengths = [len(row) for row in rows]
        if shape == "ragged":
            assert (len(rows), sum(lengths), max(lengths)) == (32, 875, 114)
        else:
            assert f"{len(rows)}x{lengths[0]}" == shape and len(set(lengths)) == 1
        assert all(row[0] == 101 and row[-1] == 102 and 0 <= row.min() and row.max() < 30522 for row in rows)


@pytest.mark.parametrize("feed", FEEDS)
def test_batches_hold_every_row_once(feed):
    rows = rows_of("ragged")
    batches = batches_of(rows, feed)
    assert sorted(np.concatenate([batch.order for batch in batches])) == list(range(32))
    for batch in batches:
        for line, index in enumerate(batch.order):
            np.testing.assert_array_equal(batch.ids[line][batch.mask[line] == 1], rows[index])
    call = one_by_one(batches, 1, lambda index: batches[index].ids[:, 1:2])
    np.testing.assert_array_equal(call()[:, 0], [row[1] for row in rows])


def test_weights_are_the_same_everywhere():
    one, other = random_weights(SMALL), random_weights(SMALL)
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert len(one) == 5 + 16 * SMALL.layers
