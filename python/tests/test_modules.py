"""Live x-transformers modules to specs and back, and random combinations of knobs. Needs a Python with torch and x-transformers: where there is none,
the tests are skipped and say so."""

import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="module")
def torch_python(pytestconfig):
    """A Python that has torch and x-transformers: --torch-python, $XFC_TORCH_PYTHON, or this one."""
    given = pytestconfig.getoption("--torch-python") or os.environ.get("XFC_TORCH_PYTHON") or sys.executable
    done = subprocess.run([given, "-c", "import torch, x_transformers, safetensors, numpy"], text=True, capture_output=True)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["it does not run"])[-1]
        pytest.skip(f"not run: {given} lacks torch or x-transformers ({why}); --torch-python or XFC_TORCH_PYTHON names another")
    return given


def test_every_case_goes_to_a_spec_and_back(torch_python, shared, compiler):
    done = subprocess.run([torch_python, HERE / "check_modules.py", shared / "oracle" / "cases", compiler["xfc"]], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_modules_that_no_spec_can_say(torch_python, tmp_path):
    """The error names the argument, and nothing is written."""
    script = """
import sys, torch, xfc
from x_transformers import TransformerWrapper, Encoder
net = TransformerWrapper(num_tokens=9, max_seq_len=8, attn_layers=Encoder(dim=16, depth=1), to_logits=torch.nn.Linear(16, 4))
for module in (net, torch.nn.Linear(2, 2)):
    try:
        xfc.from_module(module, "m.xf")
    except ValueError as error:
        print(error)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "python")}
    done = subprocess.run([torch_python, "-c", script], text=True, capture_output=True, cwd=tmp_path, env=environment)
    assert "`to_logits` is a Linear of its own, which no spec can hold" in done.stdout, done.stderr
    assert "torch.nn.modules.linear.Linear is none of TransformerWrapper" in done.stdout
    assert not list(tmp_path.iterdir())


def test_random_combinations_agree_with_x_transformers(torch_python, compiler):
    """A few; test/random_combinations.py alone runs 200."""
    command = [torch_python, ROOT / "test" / "random_combinations.py", "--count", "8", "--seed", "1", "--compiler", compiler["xfc"]]
    done = subprocess.run([*command, "--cache-dir", compiler["cache"]], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "8 of 8 combinations agree" in done.stdout


def test_without_torch_the_script_says_so(tmp_path):
    """In a Python without it, or one that is made to lack it."""
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')\n")
    command = [sys.executable, ROOT / "test" / "random_combinations.py"]
    done = subprocess.run(command, text=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 77 and "lacks torch (no torch here)" in done.stdout
