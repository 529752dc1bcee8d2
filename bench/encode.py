"""Times `encode` of a compiled model against the machine's own f32 ceilings, measured in the same run.

    python bench/encode.py build/examples/minilm/libminilm.so

Two ceilings: the best GEMM of NumPy's BLAS, and a loop of FMAs on registers (build/bin/fma_peak), which nothing can exceed. Every measurement
is a slice in a process of its own, so that no thread of one spins beside another; the slices of all contenders and thread counts take turns in
shuffled order; the minimum over all rounds counts. A slice during which other processes used the cores is repeated, and counted below the table
if that did not help. FLOPs are the model's own on real tokens: two per weight and token in the gemms, plus attention.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

SHAPES = [(1, 16), (1, 128), (8, 128), (32, 128), (1, 512)]
GEMMS = [(1024, 1024, 1024), (2048, 2048, 2048), (960, 384, 1536), (768, 1536, 384)]
FMA_PEAK = Path(__file__).resolve().parent.parent / "build/bin/fma_peak"


def best_of(call, seconds):
    """Minimum time of `call` over as many runs as `seconds` allow, at least three."""
    best, end, runs = float("inf"), time.perf_counter() + seconds, 0
    while runs < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best, runs = min(best, time.perf_counter() - start), runs + 1
    return best


def encode_slice(library, threads):
    """Seconds by shape, and FLOP/s by shape."""
    import numpy as np

    import xfc

    rng = np.random.default_rng(0)
    result = {}
    with xfc.load(library, threads=threads) as model:
        info = model.info
        for count, length in SHAPES:
            if info["max_seq_len"] and length > info["max_seq_len"]:
                continue
            rows = [rng.integers(0, info["num_tokens"], length).astype(np.int32) for _ in range(count)]
            flops = count * length * (info["flops_per_token"] + length * info["attention_flops_per_token_and_key"])
            seconds = best_of(lambda: model.encode(rows), 0.4)
            result[f"{count}x{length}"] = {"seconds": seconds, "rate": flops / seconds}
    return result


def gemm_slice(_, threads):
    import numpy as np

    rng = np.random.default_rng(0)
    rate = 0.0
    for m, k, n in GEMMS:
        a, b = rng.random((m, k), np.float32), rng.random((k, n), np.float32)
        rate = max(rate, 2 * m * k * n / best_of(lambda: a @ b, 0.1))
    return {"rate": rate}


def fma_slice(_, threads):
    return {"rate": float(subprocess.check_output([FMA_PEAK, str(threads)]))}


CONTENDERS = {"encode": encode_slice, "gemm": gemm_slice, "fma": fma_slice}


def busy_seconds():
    """What all processes have used of all cores since boot."""
    with open("/proc/stat") as stat:
        user, nice, system = map(int, stat.readline().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def run_slice(contender, library, threads):
    """The slice's result, and whether it had the cores for itself."""
    command = [sys.executable, __file__, library, "--slice", contender, "--threads", str(threads)]
    # A core type or block size set for another machine would lower the ceiling.
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    env["OPENBLAS_NUM_THREADS"] = str(threads)
    for _ in range(3):
        start, busy, used = time.perf_counter(), busy_seconds(), resource.getrusage(resource.RUSAGE_CHILDREN)
        result = json.loads(subprocess.check_output(command, env=env))
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
        alone = busy_seconds() - busy - own < 0.05 * (time.perf_counter() - start)
        if alone:
            break
    return result, alone


def measure(library, threads, rounds):
    """The best of every (contender, threads): rates of the ceilings, and (seconds, rate) of encode by shape."""
    slices = [(contender, count) for contender in CONTENDERS for count in threads] * rounds
    random.Random(0).shuffle(slices)
    best, disturbed = {}, 0
    for done, (contender, count) in enumerate(slices):
        if sys.stderr.isatty():
            print(f"\rslice {done + 1} of {len(slices)}: {contender}, {count} threads   ", end="", file=sys.stderr, flush=True)
        result, alone = run_slice(contender, library, count)
        disturbed += not alone
        for shape, values in result.items() if contender == "encode" else [(contender, result)]:
            key = (shape, count)
            if key not in best or values["rate"] > best[key]["rate"]:
                best[key] = values
    if sys.stderr.isatty():
        print("\r" + " " * 50 + "\r", end="", file=sys.stderr)
    return best, disturbed, len(slices)


def report(best, threads):
    first = threads[0]

    def speed_up(name, count):
        return f"{best[name, count]['rate'] / best[name, first]['rate']:9.2f}"

    print(f"threads  {'what':8} {'ms':>9} {'GFLOP/s':>8} {'of GEMM':>8} {'of FMA':>8}  speed-up over {first} thread{'s' * (first > 1)}")
    for count in threads:
        gemm, fma = best["gemm", count]["rate"], best["fma", count]["rate"]
        for name, label in ("fma", "FMA loop"), ("gemm", "GEMM"):
            rate = best[name, count]["rate"]
            print(f"{count:7}  {label:8} {'':9} {rate / 1e9:8.1f} {rate / gemm:8.2f} {rate / fma:8.2f} {speed_up(name, count)}")
        for shape in [f"{rows}x{length}" for rows, length in SHAPES]:
            if (shape, count) in best:
                seconds, rate = best[shape, count]["seconds"], best[shape, count]["rate"]
                numbers = f"{seconds * 1e3:9.2f} {rate / 1e9:8.1f} {rate / gemm:8.2f} {rate / fma:8.2f}"
                print(f"{count:7}  {shape:8} {numbers} {speed_up(shape, count)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slice", choices=CONTENDERS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.slice:
        return print(json.dumps(CONTENDERS[args.slice](args.library, args.threads[0])))
    if not FMA_PEAK.exists():
        sys.exit(f"{FMA_PEAK} is missing: build it with `ninja -C build fma_peak`")
    best, disturbed, slices = measure(args.library, args.threads, args.rounds)
    report(best, args.threads)
    if disturbed:
        print(f"{disturbed} of {slices} slices shared the cores with other processes: their times are too long")


if __name__ == "__main__":
    main()
