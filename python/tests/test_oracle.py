"""Every x-transformers case that uses only supported knobs gives x-transformers' token states.

A case whose spec names a knob that is not supported yet is reported by name and left out; the list below says which must compile.
"""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

import xfc

# Cases of ../shared/oracle/cases whose forward pass takes token ids (and a mask) only.
CASES = """
alibi_dec alibi_enc alibi_num_heads attn_dim_head_default attn_flash attn_kv_heads attn_max_attend_past_dec
attn_max_attend_past_enc attn_max_attend_past_per_layer attn_one_kv_head attn_softclamp_logits b_attn_value_dim_head b_only_attn decoder_base
disable_abs_pos_emb encoder_base ff_mult ff_mult_per_layer ff_no_bias ff_relu_squared ff_swish heads heads_1_no_out_projection no_abs_pos_emb
norm_no_unit_offset post_emb_norm post_norm_dec post_norm_enc pre_norm_no_final_norm return_only_embed
""".split()


def sequences(call, io):
    """The rows of a call that ragged ids can say: those without a mask, and those whose mask is a prefix."""
    ids = io[f"{call}.in.x"]
    mask = io.get(f"{call}.in.mask", np.ones(ids.shape, bool))
    for row, keep in enumerate(mask):
        length = int(keep.sum())
        if length and keep[:length].all():
            yield row, ids[row, :length].astype(np.int32)


@pytest.mark.parametrize("name", CASES)
def test_states_match_x_transformers(name, shared, compiler, tmp_path):
    folder = shared / "oracle" / "cases" / name
    case = json.loads((folder / "case.json").read_text())
    io = load_file(folder / "io.safetensors")
    spec = tmp_path / "case.xf"
    model = case["model"]
    spec.write_text(
        xfc.spec_from_kwargs(model["$class"], model["kwargs"], name="case_model")
        + f'weights case_model = x_transformers("weights.safetensors")\n'
    )
    library = xfc.compile(
        spec, weights=folder / "weights.safetensors", out=tmp_path / "libcase.so", compiler=compiler["xfc"], cache_dir=compiler["cache"]
    )
    compared = 0
    with xfc.load(library, threads=1) as m:
        for call in case["calls"]:
            if "embeddings" not in call["outputs"]:
                continue
            expected = io[f"{call['id']}.out.embeddings"]
            rows = list(sequences(call["id"], io))
            for (row, ids), got in zip(rows, m.states([ids for _, ids in rows])):
                np.testing.assert_allclose(got, expected[row, : len(ids)], atol=1e-4, rtol=1e-4, err_msg=f"{call['id']} row {row}")
                compared += 1
    assert compared, "the case has no row that ragged ids can say"
