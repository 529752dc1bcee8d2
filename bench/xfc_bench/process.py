"""A worker's process, from the driver's side, and the Python interpreters that workers run in."""

import functools
import json
import os
import select
import shutil
import subprocess
import sys

from xfc_bench.models import ROOT

# Settings made for another machine or library would hold a contender, or the ceiling, back.
FOREIGN = ("OPENBLAS_", "MKL_", "OMP_", "KMP_", "GOMP_", "BLIS_", "ORT_", "OV_")


def interpreters() -> list[str]:
    """Where packages are looked for: this Python, then the one that XFC_BENCH_PYTHON names."""
    other = os.environ.get("XFC_BENCH_PYTHON")
    if other and not shutil.which(other):
        sys.exit(f"error: XFC_BENCH_PYTHON is `{other}`, which is no program")
    return [sys.executable] + ([other] if other else [])


@functools.cache
def interpreter_with(package: str) -> tuple[str, str] | None:
    """(interpreter, version) of the first one that has the package and NumPy."""
    code = (
        "import importlib.metadata, importlib.util, sys\n"
        "if not all(map(importlib.util.find_spec, (sys.argv[1], 'numpy', 'safetensors'))): sys.exit(1)\n"
        "try: print(importlib.metadata.version(sys.argv[1]))\n"
        "except importlib.metadata.PackageNotFoundError: print('of this checkout')\n"
    )
    for python in interpreters():
        found = subprocess.run([python, "-c", code, package], text=True, capture_output=True, env=environment(1))
        if found.returncode == 0:
            return python, found.stdout.strip()
    return None


def environment(threads: int) -> dict[str, str]:
    """For a process that uses so many threads."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    counts = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("bench", "python"))
    return clean | counts | {"PYTHONPATH": paths, "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}


class Process:
    """Runs `python -m module arguments` in a session of its own, so that ctrl-C reaches the driver alone."""

    def __init__(self, python, module, arguments, threads, log):
        command = [python, "-m", module, *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment(threads), start_new_session=True
        )
        self.rest = b""

    @property
    def alive(self):
        return self.process.poll() is None

    def ask(self, timeout: float, **request) -> dict:
        """The answer to a request; {"error": text} if the process died, or took longer and was killed."""
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            return json.loads(self._line(timeout))
        except TimeoutError:
            self.kill()
            return {"error": f"took longer than {timeout:.0f} s"}
        except (BrokenPipeError, EOFError):
            return {"error": f"the process ended with code {self.process.wait()}"}

    def _line(self, timeout):
        stream = self.process.stdout.fileno()
        while b"\n" not in self.rest:
            if not select.select([stream], [], [], timeout)[0]:
                raise TimeoutError
            part = os.read(stream, 1 << 20)
            if not part:
                raise EOFError
            self.rest += part
        line, _, self.rest = self.rest.partition(b"\n")
        return line

    def kill(self):
        """Ends it at once: a worker has nothing to save."""
        self.process.kill()
        self.process.wait()
