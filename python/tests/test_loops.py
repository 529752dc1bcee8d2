"""What the oracle runner makes of a case's calls, and the loops it drives, around a plain NumPy reference instead of a compiled library."""

import numpy as np
import pytest
from mutants import MUTANTS, options_of
from reference_library import ReferenceLibraries, load_reference

from xfc import loops, oracle

# Cases that no compiled net can answer, by what the runner says of them.
INEXPRESSIBLE = {"b_gen_looped": "`looped`", "b_xl_shift_mem_down": "`shift_mem_down`"}


@pytest.fixture(scope="module")
def on_reference(shared):
    """run_case with the reference in the compiler's place."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ReferenceLibraries, "reference", load_reference(shared))
        patch.setattr(oracle, "Libraries", ReferenceLibraries)
        yield oracle.run_case


def folders(shared):
    return oracle.cases_below([shared / "oracle" / "cases"])


def test_every_case_is_answered_from_rows_and_feeds(shared, on_reference):
    """Padded arguments become rows and feeds, and the loops give x-transformers' ids, scores and logits."""
    failed = {}
    for folder in folders(shared):
        result = on_reference(folder)
        if not result.passed:
            failed[result.name] = " ".join(result.reasons)
    assert failed.keys() == INEXPRESSIBLE.keys(), failed
    for name, reason in INEXPRESSIBLE.items():
        assert reason in failed[name]


def test_a_misreading_is_off_by_what_x_transformers_says(shared, on_reference):
    """So the mutants that the compiler is run against are the misreadings they are named after."""
    seen = set()
    for folder in folders(shared):
        case = oracle.Case(folder)
        for name, effect in case.data["checks"].get("mutants", {}).items():
            if name in MUTANTS:
                result = on_reference(folder, options_of(name, case.data["model"]))
                assert not result.passed, (folder.name, name)
                assert result.largest == pytest.approx(effect, rel=2e-3, abs=1e-4), (folder.name, name)
                seen.add(name)
    assert seen == MUTANTS.keys()


def test_a_wrong_answer_names_its_place(shared, on_reference):
    folder = shared / "oracle" / "cases" / "decoder_base"
    result = on_reference(folder, {"edits": {"attn_layers.pre_norm_has_final_norm": True, "attn_layers.norm_add_unit_offset": False}})
    assert not result.passed and "n1.logits: 202 of 202 are off, at (" in " ".join(result.reasons)


def test_sampling_draws_only_what_the_filter_left():
    logits = np.log(np.array([[0.6, 0.25, 0.1, 0.05]]))
    random = np.random.default_rng(0)
    drawn = [int(loops.choose(logits, 1.0, "top_k", {"k": 2}, random)[0]) for _ in range(200)]
    assert set(drawn) == {0, 1}
    assert 110 < drawn.count(0) < 170  # 0.6 / 0.85 of 200 is 141
    assert loops.choose(logits, 0.0)[0] == 0


def test_prompts_of_their_own_lengths_are_right_aligned():
    ids, begin = loops.aligned([[1, 2, 3], [4]])
    assert ids.tolist() == [[1, 2, 3], [0, 0, 4]] and begin.tolist() == [0, 2]


def test_mask_counts_round_as_torch_does():
    """24 (1 - 2/6) is 15 in float32, not 16."""
    assert loops.mask_counts(6, 24) == [20, 15, 12, 8, 4, 0]
