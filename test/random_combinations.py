"""Random combinations of knobs against x-transformers itself.

usage: PYTHON test/random_combinations.py [--count 200] [--seed 0] [--compiler build/bin/xfc] [--jobs 2]

PYTHON has torch, x-transformers, numpy and safetensors; where one is missing, that is said and the status is 77. Each combination of 3 to 6 knobs is
drawn by the seed and its number, until `xfc check` and x-transformers both take it; the module gets random weights by name, is compiled from the spec
and state_dict of `spec_from_kwargs`, and logits and embeddings are compared at every position, those masked out included, with x-transformers in
float64. A combination whose float32 is off by more than the tolerance there is drawn again.
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import warnings
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python"))
MISSING = 77  # what test drivers take for "not run"
ATOL = RTOL = 1e-4
TRIES = 400
VOCABULARY, LONGEST, WIDTH = 50, 24, 32
BASE = {"dim": WIDTH, "depth": 2, "heads": 4, "attn_dim_head": 8, "ff_mult": 2}

# Knob -> values it is drawn from; a dict stands for several knobs that belong together.
STACK = {name: [True] for name in """
    use_scalenorm use_rmsnorm use_simple_rmsnorm use_dynamic_tanh use_derf alibi_pos_bias rel_pos_bias dynamic_pos_bias rotary_pos_emb polar_pos_emb
    weight_tie_layers residual_attn macaron pre_and_post_norm gate_residual scale_residual sandwich_norm use_layerscale unet_skips integrate_layers
    reinject_input add_value_residual attn_flash attn_pre_talking_heads attn_post_talking_heads attn_pre_scale_post_talking_heads attn_head_scale
    attn_on_attn attn_gate_value_heads attn_gate_values attn_hard attn_qk_norm attn_qk_rmsnorm attn_k_rmsnorm attn_l2_distance attn_sigmoid
    attn_selective attn_cog_signed attn_one_kv_head attn_add_zero_kv attn_head_learned_sink attn_data_dependent_alibi attn_laser attn_output_gate
    attn_value_rmsnorm ff_glu ff_swish ff_relu_squared ff_solu ff_post_act_ln ff_no_bias only_attn disable_abs_pos_emb
""".split()}  # fmt: skip
STACK |= {
    "depth": [1, 3],
    "heads": [2, 8],
    "attn_dim_head": [4, 12, 16],
    "attn_kv_heads": [1, 2],
    "attn_value_dim_head": [5, 8],
    "attn_max_attend_past": [0, 4, (2, None)],
    "attn_num_mem_kv": [1, 3],
    "attn_sparse_topk": [1, 4],
    "attn_softclamp": [{"attn_softclamp_logits": True}, {"attn_softclamp_logits": True, "attn_logit_softclamp_value": 3.0}],
    "attn_qk_norm_groups": [{"attn_qk_norm": True, "attn_qk_norm_groups": 2, "attn_qk_norm_scale": 6}],
    "attn_qk_norm_dim_scale": [{"attn_qk_norm": True, "attn_qk_norm_dim_scale": True}],
    "attn_gate_values_rank": [{"attn_gate_values": True, "attn_gate_values_rank": 3}, {"attn_gate_values": True, "attn_swiglu_values": True}],
    "attn_latent": [{"attn_use_latent_kv": True, "attn_dim_latent_kv": 8}, {"attn_use_latent_q": True, "attn_dim_latent_q": 8}],
    "attn_cope": [{"attn_use_cope": True, "attn_cope_max_pos": 5}],
    "attn_rel_proj": [{"attn_use_rel_proj_pos_bias": True, "attn_rel_proj_num_distance_basis": 4, "attn_rel_proj_max_dist": 9}],
    "rotary": [
        {"rotary_pos_emb": True, "rotary_emb_dim": 4, "rotary_interpolation_factor": 2.0},
        {"rotary_pos_emb": True, "rotary_emb_dim": 4, "rotary_base_rescale_factor": 4.0},
        {"rotary_xpos": True, "rotary_xpos_scale_base": 64},
        {"rotary_pos_emb": True, "rotate_num_heads": 2},
    ],
    "alibi_num_heads": [{"alibi_pos_bias": True, "alibi_num_heads": 3}],
    "rel_pos_num_buckets": [{"rel_pos_bias": True, "rel_pos_num_buckets": 8, "rel_pos_max_distance": 12}],
    "dynamic_pos_bias_log": [
        {"dynamic_pos_bias": True, "dynamic_pos_bias_log_distance": True},
        {"dynamic_pos_bias": True, "dynamic_pos_bias_norm": True, "dynamic_pos_bias_mlp_depth": 3},
    ],
    "pre_norm": [False],
    "pre_norm_has_final_norm": [False],
    "norm_add_unit_offset": [False],
    "shift_tokens": [1, 2, (1, 0, 2, 0)],
    "num_residual_streams": [2, 3],
    "scale_residual_constant": [1.5],
    "depth_scale_residual": [0.5],
    "softclamp_output": [{"softclamp_output": True, "softclamp_output_value": 3.0}],
    "sandwich_coef": [1],
    "custom_layers": [{"depth": None, "custom_layers": ("a", "f", "f", "a")}, {"depth": None, "custom_layers": ("f", "a", "a", "f", "f")}],
    "layers_execute_order": [(0, 1, 0, 1, 2, 3), (2, 3, 0, 1)],
    "ff_mult": [1, 2.7, (1.5, 3.0)],
    "ff_custom_activation": [
        {"$module": "torch.nn.ReLU", "kwargs": {}},
        {"$module": "torch.nn.GELU", "kwargs": {"approximate": "tanh"}},
        {"$module": "torch.nn.Tanh", "kwargs": {}},
    ],
    "ff_glu_mult_bias": [{"ff_glu": True, "ff_glu_mult_bias": True}],
    "ff_glu_softclamp": [{"ff_glu": True, "ff_glu_softclamp": True, "ff_glu_gate_softclamp_value": 1.0}],
    "ff_softclamp_value": [1.0],
    "learned_reinject_input_gate": [{"reinject_input": True, "learned_reinject_input_gate": True}],
    "learned_value_residual_mix": [{"add_value_residual": True, "learned_value_residual_mix": False}],
}  # fmt: skip
WRAPPER = {
    "num_memory_tokens": [1, 3],
    "post_emb_norm": [True],
    "scaled_sinu_pos_emb": [True],
    "use_abs_pos_emb": [False],
    "l2norm_embed": [True],
    "tie_embedding": [True, {"tie_embedding": True, "tie_embedding_scale": 0.5}],
    "emb_dim": [16],
    "logits_dim": [7],
    "average_pool_embed": [True],
    "use_cls_token": [True],
    "mixture_of_softmax": [{"mixture_of_softmax": True, "mixture_of_softmax_k": 2}],
    "sigsoftmax_logits": [True],
}


def drawn(rng):
    """A constructor call with 3 to 6 knobs on: (call, names of the knobs)."""
    names = rng.sample([*STACK, *WRAPPER], rng.randint(3, 6))
    stack, wrapper = dict(BASE), {"num_tokens": VOCABULARY, "max_seq_len": LONGEST}
    for name in names:
        target, table = (stack, STACK) if name in STACK else (wrapper, WRAPPER)
        value = rng.choice(table[name])
        target.update(value if isinstance(value, dict) and "$module" not in value else {name: value})
    stack = {name: value for name, value in stack.items() if value is not None}
    wrapper["attn_layers"] = {"$class": rng.choice(["Encoder", "Decoder"]), "kwargs": stack}
    return {"$class": "TransformerWrapper", "kwargs": wrapper}, names


class Harness:
    """Draws, computes and compares; `counts` says what became of draws that were left out."""

    def __init__(self, args, folder):
        self.args, self.folder, self.counts = args, pathlib.Path(folder), collections.Counter()
        self.lock = threading.Lock()  # torch's generators are global

    def run(self, number):
        """One combination: (what was drawn, largest error over the tolerance or a message)."""
        for attempt in range(TRIES):
            call, names = drawn(random.Random(f"{self.args.seed}/{number}/{attempt}"))
            spec = self.text(call)
            if not self.checks(spec):
                self.counts["refused by xfc check"] += 1
                continue
            with self.lock:
                expected = self.expected(call, number)
            if isinstance(expected, str):
                self.counts[expected] += 1
                if self.args.verbose:
                    print(f"{expected}: {', '.join(names)} {json.dumps(call)}", flush=True)
                continue
            return call, names, self.compared(spec, number, *expected)
        return None, [], f"no valid combination in {TRIES} draws"

    def text(self, call):
        from xfc.spec import spec_from_kwargs

        return spec_from_kwargs(call["$class"], call["kwargs"], "drawn", ["mask"]) + 'weights drawn = x_transformers("weights.safetensors")\n'

    def checks(self, spec):
        with tempfile.NamedTemporaryFile("w", suffix=".xf", dir=self.folder) as file:
            file.write(spec)
            file.flush()
            return subprocess.run([self.args.compiler, "check", file.name], capture_output=True).returncode == 0

    def expected(self, call, number):
        """(state_dict, ids, mask, outputs) of x-transformers, or why there are none."""
        import torch

        from xfc.modules import build

        try:
            torch.manual_seed(0)
            net = build(call).eval()
        except Exception:
            return "refused by x-transformers"
        with torch.no_grad():
            for name, parameter in net.named_parameters():
                random_ = torch.Generator().manual_seed(zlib.crc32(f"{self.args.seed}/{number}/{name}".encode()))
                gain = 1.0 if parameter.ndim <= 1 and ("gamma" in name or name.endswith(".g")) and "attn_layers" not in name else 0.0
                parameter.copy_(torch.randn(parameter.shape, generator=random_) * 0.3 + gain)
            random_ = torch.Generator().manual_seed(zlib.crc32(f"{self.args.seed}/{number}/ids".encode()))
            ids, mask = torch.randint(0, VOCABULARY, (3, 12), generator=random_), torch.ones(3, 12, dtype=torch.bool)
            mask[1, 8:], mask[2, ::3] = False, False
            try:
                outputs = net(ids, mask=mask, return_logits_and_embeddings=True)
            except Exception:
                return "x-transformers fails in forward"
            # Of a mixture, x-transformers returns each part's embeddings, not those that entered it.
            kept = 1 if call["kwargs"].get("mixture_of_softmax") else 2
            outputs = outputs[:kept]
            if not all(output.isfinite().all() for output in outputs):
                return "x-transformers gives no finite result"
            state = {name: value.detach().clone().contiguous() for name, value in net.state_dict().items()}
            try:
                exact = net.double()(ids, mask=mask, return_logits_and_embeddings=True)[:kept]
                if max(float(((one - other).abs() / (ATOL + RTOL * one.abs())).max()) for one, other in zip(exact, outputs)) > 1:
                    return "x-transformers in float32 is off by more than the tolerance itself"
                outputs = exact
            except RuntimeError:  # parts that insist on float32
                pass
        outputs = dict(zip(("logits", "states"), (output.numpy() for output in outputs)))
        return state, ids.numpy(), mask.numpy(), outputs

    def compared(self, spec, number, state, ids, mask, outputs):
        """The largest error over the tolerance, or what went wrong; `outputs` by entry."""
        import numpy as np
        from safetensors.torch import save_file

        import xfc

        folder = self.folder / str(number)
        folder.mkdir()
        (folder / "drawn.xf").write_text(spec)
        save_file(state, folder / "weights.safetensors")
        try:
            library = xfc.compile(folder / "drawn.xf", out=folder / "libdrawn.so", compiler=self.args.compiler, cache_dir=self.args.cache_dir, jobs=1)
            with xfc.load(library, threads=1) as model:
                feeds = {"mask": list(mask)}
                got = {entry: np.stack(model.run(entry, list(ids), **feeds)) for entry in outputs}
        except (xfc.CompileError, xfc.Error) as error:
            return "\n".join(str(error).splitlines()[:8])
        worst = 0.0
        for entry, want in outputs.items():
            if got[entry].shape != want.shape:
                return f"{entry}: shape {got[entry].shape}, wanted {want.shape}"
            worst = max(worst, float((np.abs(got[entry] - want) / (ATOL + RTOL * np.abs(want))).max()))
        return worst


def missing():
    """Why this cannot run, or an empty text."""
    for package in ("torch", "x_transformers", "numpy", "safetensors"):
        try:
            __import__(package)
        except ImportError as error:
            return f"not run: {sys.executable} lacks {package} ({error})"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first combination")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--compiler", default=str(ROOT / "build" / "bin" / "xfc"))
    parser.add_argument("--cache-dir", help="of compiled kernels; default: the user's")
    parser.add_argument("--keep", help="leave specs, weights and libraries there")
    parser.add_argument("--verbose", action="store_true", help="print draws that x-transformers does not take, and every combination")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    if reason := missing():
        print(reason)
        return MISSING
    import torch

    torch.set_num_threads(1)
    try:
        from loguru import logger

        logger.remove()  # x-transformers' remarks on every module
    except ImportError:
        pass
    folder = args.keep or tempfile.mkdtemp(prefix="xfc-random-")
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    harness, failed, worst = Harness(args, folder), 0, 0.0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        numbers = range(args.first, args.first + args.count)
        for number, (call, names, result) in zip(numbers, pool.map(harness.run, numbers)):
            bad = isinstance(result, str) or not result <= 1
            failed += bad
            worst = worst if isinstance(result, str) else max(worst, result)
            if bad or args.verbose:
                cls = call["kwargs"]["attn_layers"]["$class"] if call else ""
                outcome = result if isinstance(result, str) else f"{result:.2f} of the tolerance"
                print(f"{'FAIL' if bad else 'pass'} {number}: {cls} with {', '.join(names)}: {outcome}", flush=True)
                if bad and call:
                    print(harness.text(call), end="", flush=True)
    for reason, count in sorted(harness.counts.items()):
        print(f"{count} draws left out: {reason}")
    print(f"{args.count - failed} of {args.count} combinations agree, largest error {worst:.2f} of the tolerance")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
