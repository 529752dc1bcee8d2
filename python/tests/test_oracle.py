"""x-transformers' own numbers: every case, compiled, at every position, and the same calls without padding, bitwise."""

import os
import subprocess
import sys

import pytest
from mutants import MUTANTS, options_of

from xfc import oracle

# Cases that do not pass, each with what is said of it; no case of tier A may stand here.
REMAINING = {
    "b_attn_pool_depth": "`attn_pool_depth` is not supported yet",
    "b_gen_looped": "`looped` of a token differs from that of a whole row",
    "b_xl_shift_mem_down": "`shift_mem_down`: a layer reads another layer's memory",
}


@pytest.fixture(scope="session")
def results(shared, compiler):
    """Every case's Result, by name."""
    options = {"compiler": str(compiler["xfc"]), "cache_dir": str(compiler["cache"]), "ragged": True}
    folders = oracle.cases_below([shared / "oracle" / "cases"])
    return {result.name: result for result in oracle.run_many(folders, options, os.cpu_count())}


def failures(results, tier):
    return [result for result in results.values() if result.tier == tier and not result.passed and result.name not in REMAINING]


def test_all_cases_of_tier_a_pass(results):
    passed = [result for result in results.values() if result.tier == "A" and result.passed]
    assert not failures(results, "A"), "\n".join(result.line() for result in failures(results, "A"))
    assert len(passed) == 193


def test_all_cases_of_tier_b_pass_or_are_named_with_the_reason(results):
    assert not failures(results, "B"), "\n".join(result.line() for result in failures(results, "B"))
    for name, reason in REMAINING.items():
        assert results[name].tier == "B" and not results[name].passed, f"{name} passes: take it off the list"
        assert reason in " ".join(results[name].reasons)


def test_padding_changes_no_bit_of_valid_positions(results, shared):
    """Every masked call without holes, but for knobs with which padding changes valid rows in x-transformers itself."""
    from xfc.calls import Model, lengths_of

    compared, left_out = 0, set()
    for folder in oracle.cases_below([shared / "oracle" / "cases"]):
        case = oracle.Case(folder)
        if case.data["tier"] != "A":
            continue
        rows = [lengths_of(call, case.arguments(call)) for call in case.calls]
        expected = sum(len(lengths) for lengths in rows if lengths is not None)
        if expected and (knobs := Model(case.data["model"]).padding_leaks()):
            left_out |= {(folder.name, *knobs)}
            continue
        assert results[folder.name].ragged == expected, folder.name
        compared += expected
    assert left_out == {("character_encoder", "shift_tokens")}  # its feed-forwards shift padded rows in
    assert compared > 250


@pytest.fixture(scope="module")
def misread(shared, compiler):
    """run(case, mutant): the Result of a case whose spec or checkpoint was changed so that the compiler computes a misreading."""

    def run(name, mutant):
        folder = shared / "oracle" / "cases" / name
        case = oracle.Case(folder)
        options = {"compiler": compiler["xfc"], "cache_dir": compiler["cache"], **options_of(mutant, case.data["model"])}
        return case.data["checks"]["mutants"][mutant], oracle.run_case(folder, options)

    return run


# One case for each misreading that the runner is shown.
@pytest.mark.parametrize(
    "name, mutant",
    [
        ("decoder_base", "gelu_tanh"),
        ("decoder_base", "norm_without_unit_offset"),
        ("encoder_base", "no_final_norm"),
        ("encoder_base", "abs_pos_unscaled"),
        ("encoder_base", "attn_unscaled"),
        ("post_norm_enc", "pre_norm_for_post_norm"),
        ("attn_dim_head_default", "attn_scale_from_dim"),
        ("attn_max_attend_past_dec", "window_one_wider"),
        ("tie_embedding", "tied_logits_unscaled"),
        ("attn_sparse_topk", "topk_one_more"),
        ("rel_pos_bias_enc", "t5_bias_unscaled"),
        ("rotary_dec", "rope_half_split"),
        ("attn_kv_heads", "gqa_blocks"),
        ("ff_glu", "glu_halves_swapped"),
        ("macaron", "half_ff_forgotten"),
        ("attn_pre_talking_heads", "talking_heads_without_skip"),
        ("add_value_residual", "value_mix_reversed"),
    ],
)
def test_a_misreading_fails(misread, name, mutant):
    """By as much as x-transformers says the misreading is off."""
    effect, result = misread(name, mutant)
    assert not result.passed and "not compiled" not in " ".join(result.reasons), result.reasons
    assert result.largest == pytest.approx(effect, rel=5e-3, abs=2e-4)


def test_every_misreading_is_shown():
    shown = next(mark for mark in test_a_misreading_fails.pytestmark if mark.name == "parametrize").args[1]
    assert {mutant for _, mutant in shown} == MUTANTS.keys()


def run(shared, compiler, *arguments):
    command = [sys.executable, "-m", "xfc.oracle", shared / "oracle" / "cases", *arguments]
    return subprocess.run([*command, "--compiler", compiler["xfc"], "--cache-dir", compiler["cache"]], text=True, capture_output=True)


def test_the_command_prints_a_line_a_case_and_a_summary(shared, compiler):
    done = run(shared, compiler, "--filter", "encoder_base")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass  A knob      encoder_base" in done.stdout and "largest error" in done.stdout
    assert "tier A  knob" in done.stdout and "1 of 1 cases pass" in done.stdout


def test_the_command_fails_where_a_case_does(shared, compiler):
    done = run(shared, compiler, "--filter", "encoder_base", "--edit", "attn_layers.norm_add_unit_offset=false")
    assert done.returncode == 1
    assert "FAIL  A knob      encoder_base" in done.stdout and "are off, at (" in done.stdout and "0 of 1 cases pass, 1 fail" in done.stdout


def test_what_the_compiler_refuses_fails_with_its_message(shared, compiler):
    done = run(shared, compiler, "--filter", "encoder_base", "--edit", "attn_layers.head=3")
    assert done.returncode == 1
    assert "not compiled: case.xf:" in done.stdout and "`head` is not a knob" in done.stdout and "Traceback" not in done.stdout + done.stderr


def test_folders_and_filters_that_hold_nothing(shared, compiler, tmp_path):
    done = subprocess.run([sys.executable, "-m", "xfc.oracle", tmp_path], text=True, capture_output=True)
    assert done.returncode == 2 and "no case.json in or below" in done.stderr
    done = run(shared, compiler, "--filter", "no_such_case")
    assert done.returncode == 2 and "no case's name contains" in done.stderr
