"""Weights in a file of their own: moved with the library, shared by two, and every way in which they are not the right ones."""

import shutil

import numpy as np
import pytest
from conftest import SMALL_SPEC, small_weights
from safetensors.numpy import save_file

import xfc

ROWS = [[5, 6, 7], [8, 9]]


@pytest.fixture(scope="module")
def mapped(compiler, tmp_path_factory):
    """A function that compiles SMALL_SPEC: (name, stack, seed of the weights) -> library with a .xfw beside it."""
    folder = tmp_path_factory.mktemp("mapped")

    def make(name, stack="Encoder", seed=0):
        save_file(small_weights(seed), folder / "weights.safetensors")
        (folder / f"{name}.xf").write_text(SMALL_SPEC.format(name=name, stack=stack))
        options = dict(weights_in="file", compiler=compiler["xfc"], cache_dir=compiler["cache"])
        return xfc.compile(folder / f"{name}.xf", out=folder / f"lib{name}.so", **options)

    return make


@pytest.fixture
def library(mapped, tmp_path):
    """(library, weights) in a folder of the test's own."""
    made = mapped("one")
    return [copied(path, tmp_path) for path in (made, made.with_name("one.xfw"))]


def copied(path, folder):
    return type(path)(shutil.copy(path, folder))


def refused(status, text, library, **options):
    with pytest.raises(xfc.Error, match=text) as caught:
        xfc.load(library, **options)
    assert caught.value.status is status


def test_move_with_the_library(mapped, library):
    with xfc.load(mapped("one")) as original, xfc.load(library[0], verify_weights=True) as moved:
        assert moved.info["runtime"]["weights"] == "mapped"
        np.testing.assert_array_equal(moved.encode(ROWS), original.encode(ROWS))


def test_may_lie_elsewhere(library, tmp_path):
    (tmp_path / "other").mkdir()
    with xfc.load(library[0]) as model:
        expected = model.encode(ROWS)
    elsewhere = type(library[1])(shutil.move(library[1], tmp_path / "other"))
    for weights in (elsewhere, elsewhere.parent):
        with xfc.load(library[0], weights=weights) as model:
            np.testing.assert_array_equal(model.encode(ROWS), expected)
    refused(xfc.Status.WEIGHTS_NOT_FOUND, "No such file or directory; keep `one.xfw` beside the library", library[0])


def test_two_libraries_share_one_file(mapped):
    encoder, decoder = mapped("shared_encoder"), mapped("shared_decoder", "Decoder")
    with xfc.load(decoder) as model:
        expected = model.states(ROWS)[0]
    file = encoder.with_name("shared_encoder.xfw")
    with xfc.load(encoder) as one, xfc.load(decoder, weights=file, verify_weights=True) as other:
        np.testing.assert_array_equal(other.states(ROWS)[0], expected)
        assert not np.array_equal(one.states(ROWS)[0], expected)


def test_of_another_library(mapped, library):
    shutil.copy(mapped("two", seed=1).with_name("two.xfw"), library[1])
    refused(xfc.Status.WEIGHTS_INVALID, "belongs to another library", library[0])


@pytest.mark.parametrize("size", [0, 39, 40, 4095, 4096, 5000, -1])
def test_cut_off(library, size):
    content = library[1].read_bytes()
    library[1].write_bytes(content[:size])
    refused(xfc.Status.WEIGHTS_INVALID, "`.*one.xfw` (has|is)", library[0])


def test_of_another_version(library):
    content = bytearray(library[1].read_bytes())
    content[8] += 1
    library[1].write_bytes(content)
    refused(xfc.Status.WEIGHTS_INVALID, "this library reads version", library[0])


def test_damage_is_seen_when_asked_for(library):
    content = bytearray(library[1].read_bytes())
    content[-1] ^= 1
    library[1].write_bytes(content)
    xfc.load(library[0]).close()
    refused(xfc.Status.WEIGHTS_INVALID, "are damaged: their hash is", library[0], verify_weights=True)
