"""What the machine can do at most: f32 products by BLAS, a loop of FMAs on registers, reading from DRAM. Runs as a worker.

    {"do": "run"} -> {"gemm_gflops": best of all BLAS, "fma_gflops": ..., "read_gbs": ..., "blas": which, "processor": s}
"""

import json
import subprocess
import sys
import time

import numpy as np

from xfc_bench.worker import processor_seconds, serve

SIZES = ((1024, 1024, 1024), (1024, 384, 1536), (2048, 768, 3072), (1024, 3072, 768))


class Ceilings:
    """program: build/bin/ceilings. seconds: for each product of each BLAS."""

    def __init__(self, program: str, threads: int, seconds: float):
        self.program, self.threads, self.seconds = program, threads, seconds
        random = np.random.default_rng(0)
        self.matrices = [(random.random((m, k), np.float32), random.random((k, n), np.float32)) for m, k, n in SIZES]
        self.products = {"numpy": self.matrices} | self._torch()

    def _torch(self):
        """torch brings another BLAS, which is the faster one on some machines."""
        try:
            import torch
        except ImportError:
            return {}
        torch.set_num_threads(self.threads)
        return {"torch": [(torch.from_numpy(a), torch.from_numpy(b)) for a, b in self.matrices]}

    def run(self, _):
        before = processor_seconds()
        rates = {name: max(self._rate(a, b) for a, b in pairs) for name, pairs in self.products.items()}
        printed = json.loads(subprocess.check_output([self.program, str(self.threads)], text=True))
        return {
            "gemm_gflops": max(rates.values()),
            "blas": max(rates, key=rates.get),
            "fma_gflops": printed["fma_gflops"],
            "read_gbs": printed["read_gbs"],
            "processor": processor_seconds() - before,
        }

    def _rate(self, a, b):
        best, end = float("inf"), time.perf_counter() + self.seconds
        while True:
            start = time.perf_counter()
            a @ b
            now = time.perf_counter()
            best = min(best, now - start)
            if now > end:
                return 2 * a.shape[0] * a.shape[1] * b.shape[1] / best / 1e9


if __name__ == "__main__":
    serve({"run": Ceilings(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])).run})
