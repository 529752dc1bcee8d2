"""xfc.compile: paths, diagnostics, and that causal is one word of a spec."""

import numpy as np
import pytest
from conftest import SMALL_SPEC, small_weights
from safetensors.numpy import save_file

import xfc
from xfc.compiler import find_compiler


def reaches_back(library):
    """Whether a change of the last token changes the state of an earlier one."""
    with xfc.load(library) as model:
        before, after = model.states([[5, 6, 7, 8, 9], [5, 6, 7, 8, 10]])
        assert not np.array_equal(before[-1], after[-1])
        return not np.array_equal(before[:-1], after[:-1])


def test_a_causal_model_cannot_see_the_future_and_a_bidirectional_one_does(small_models):
    assert not reaches_back(small_models["Decoder"])
    assert reaches_back(small_models["Encoder"])


def test_the_vector_of_a_row_sees_what_its_last_state_sees(small_models):
    """Pooling is no way around the mask: the mean of the states is the vector, in both models."""
    rows = [[5, 6, 7, 8, 9], [5, 6, 7, 8, 10]]
    for library in small_models.values():
        with xfc.load(library) as model:
            means = [state.astype(np.float64).mean(0) for state in model.states(rows)]
            np.testing.assert_allclose(model.encode(rows), means, rtol=1e-5, atol=1e-6)


def test_the_first_position_of_both_differs_only_by_what_it_sees(small_models):
    """Same weights: a row of one token has no future, so both models agree on it."""
    with xfc.load(small_models["Encoder"]) as encoder, xfc.load(small_models["Decoder"]) as decoder:
        np.testing.assert_allclose(encoder.encode([[7]]), decoder.encode([[7]]), rtol=1e-6, atol=1e-6)


def test_same_input_same_bytes(compiler, tmp_path):
    save_file(small_weights(), tmp_path / "weights.safetensors")
    (tmp_path / "m.xf").write_text(SMALL_SPEC.format(name="m", stack="Encoder"))
    options = dict(compiler=compiler["xfc"], cache_dir=compiler["cache"])
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = xfc.compile(tmp_path / "m.xf", out=tmp_path / "a" / "libm.so", **options)
    second = xfc.compile(tmp_path / "m.xf", out=tmp_path / "b" / "libm.so", model="m", **options)
    assert first == tmp_path / "a" / "libm.so" and first.with_name("m.h").exists()
    assert first.read_bytes() == second.read_bytes()


def test_a_library_compiled_again_is_loaded_anew(compiler, tmp_path):
    """Also while the old one is in use: the two share a path, not a file."""
    spec = tmp_path / "again.xf"
    spec.write_text(SMALL_SPEC.format(name="again", stack="Encoder"))

    def compiled(seed):
        save_file(small_weights(seed), tmp_path / "weights.safetensors")
        return xfc.load(
            xfc.compile(spec, out=tmp_path / "libagain.so", compiler=compiler["xfc"], cache_dir=compiler["cache"])
        )

    with compiled(0) as first:
        before = first.encode([[1, 2, 3]])
        with compiled(1) as second:
            assert not np.array_equal(second.encode([[1, 2, 3]]), before)
            np.testing.assert_array_equal(first.encode([[1, 2, 3]]), before)
    with compiled(0) as third:
        np.testing.assert_array_equal(third.encode([[1, 2, 3]]), before)


def test_diagnostics_come_with_the_exception(compiler, tmp_path):
    spec = tmp_path / "wrong.xf"
    spec.write_text("model m = TransformerWrapper { num_tokns = 5 }\n")
    with pytest.raises(xfc.CompileError) as caught:
        xfc.compile(spec, out=tmp_path / "libm.so", compiler=compiler["xfc"])
    assert "num_tokns" in str(caught.value) and "num_tokens" in caught.value.diagnostics
    assert not (tmp_path / "libm.so").exists()


def test_other_targets_are_refused():
    with pytest.raises(ValueError, match="libraries are made for 'x86' only"):
        xfc.compile("m.xf", target="riscv")


def test_a_compiler_that_is_not_there(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="no compiler at"):
        xfc.compile("m.xf", compiler=tmp_path / "xfc")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="say where it is with `compiler=`"):
        find_compiler()
