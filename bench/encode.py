"""Times `encode` of a compiled model against the machine's own f32 GEMM peak, measured in the same run.

    python bench/encode.py build/examples/minilm/libminilm.so

One process per thread count; rounds alternate between the library and the GEMM; the minimum over all rounds counts. The peak is the best of
three square-ish products by NumPy's BLAS. FLOPs are the model's own on real tokens: two per weight and token in the gemms, plus attention.
"""

import argparse
import os
import subprocess
import sys
import time

SHAPES = [(1, 16), (1, 128), (8, 128), (32, 128), (1, 512)]
GEMMS = [(1024, 1024, 1024), (960, 384, 1536), (768, 1536, 384)]


def best_of(call, seconds):
    """Minimum time of `call` over as many runs as `seconds` allow, at least three."""
    best, end, runs = float("inf"), time.perf_counter() + seconds, 0
    while runs < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best, runs = min(best, time.perf_counter() - start), runs + 1
    return best


def worker(library, threads, rounds):
    import numpy as np

    import xfc

    rng = np.random.default_rng(0)
    pairs = [(rng.random((m, k), np.float32), rng.random((k, n), np.float32)) for m, k, n in GEMMS]
    with xfc.load(library, threads=threads) as model:
        info = model.info
        flops = {shape: shape[0] * shape[1] * (info["flops_per_token"] + shape[1] * info["attention_flops_per_token_and_key"]) for shape in SHAPES}
        batches = {shape: [rng.integers(1000, info["num_tokens"], shape[1]).astype(np.int32) for _ in range(shape[0])] for shape in SHAPES}
        peak, times = 0.0, dict.fromkeys(SHAPES, float("inf"))
        for _ in range(rounds):
            for (m, k, n), (a, b) in zip(GEMMS, pairs):
                peak = max(peak, 2 * m * k * n / best_of(lambda: a @ b, 0.1))
            for shape, rows in batches.items():
                times[shape] = min(times[shape], best_of(lambda: model.encode(rows), 0.4))
    for shape in SHAPES:
        rate = flops[shape] / times[shape]
        print(f"{threads:7} {shape[0]:3}x{shape[1]:<4} {times[shape] * 1e3:9.2f} {rate / 1e9:9.1f} {peak / 1e9:9.1f} {rate / peak:6.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return worker(args.library, args.threads[0], args.rounds)
    print("threads shape         ms    GFLOP/s  GEMM peak  ratio", flush=True)
    for threads in args.threads:
        env = dict(os.environ, OPENBLAS_NUM_THREADS=str(threads))
        command = [sys.executable, __file__, args.library, "--threads", str(threads), "--rounds", str(args.rounds), "--worker"]
        subprocess.run(command, env=env, check=True)


if __name__ == "__main__":
    main()
