"""The compiler, as a program beside Python or on PATH."""

import os
import pathlib
import shutil
import subprocess
import sys
from os import PathLike


class CompileError(RuntimeError):
    """A spec or checkpoint that cannot be compiled. `diagnostics`: what the compiler printed."""

    def __init__(self, diagnostics, code):
        super().__init__(diagnostics.strip() or f"xfc ended with code {code}")
        self.diagnostics, self.code = diagnostics, code

    def __reduce__(self):  # so that it comes back from another process
        return type(self), (self.diagnostics, self.code)


def compile(
    spec: str | PathLike,
    model: str | None = None,
    weights: str | PathLike | None = None,
    out: str | PathLike | None = None,
    target: str = "x86",
    *,
    weights_in: str = "auto",
    cache_dir: str | PathLike | None = None,
    compiler: str | PathLike | None = None,
    jobs: int | None = None,
    quiet: bool = True,
) -> pathlib.Path:
    """Compiles the model that the file `spec` declares; returns the library's path.

    model      which one, if the spec declares several
    weights    checkpoint, instead of the spec's own
    out        path of the library; its header, and its weights if they are not embedded, go beside it
    target     "x86": AVX2 and AVX-512 in one library, the only target so far
    weights_in "library": embedded; "file": a .xfw beside it, mapped when opened; "auto": embedded up to 16 MiB
    cache_dir  of compiled kernels; None: the user's
    compiler   the program `xfc`; None: beside Python, else on PATH
    jobs       kernels compiled at once; None: one a core
    quiet      False: the compiler's progress is shown

    Raises CompileError with the compiler's diagnostics, and leaves what was at `out` as it was.
    """
    if target != "x86":
        raise ValueError(f"target is {target!r}, libraries are made for 'x86' only")
    command = [find_compiler(compiler), "compile", os.fspath(spec)]
    options = {"--model": model, "--weights": weights, "-o": out, "--cache-dir": cache_dir, "--weights-in": weights_in}
    if jobs is not None:
        options["--jobs"] = str(jobs)
    for option, value in options.items():
        if value is not None:
            command += [option, os.fspath(value)]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None)
    if done.returncode != 0:
        raise CompileError(done.stderr or "", done.returncode)
    # The first line that the compiler prints is the library; the header and the weights follow.
    return pathlib.Path(done.stdout.splitlines()[0])


def find_compiler(given=None):
    """The path of `xfc`, as text. Raises FileNotFoundError that says where it was looked for."""
    if given is not None:
        if not os.path.exists(given):
            raise FileNotFoundError(f"no compiler at `{given}`")
        return os.fspath(given)
    beside = pathlib.Path(sys.executable).with_name("xfc")
    if beside.exists():
        return str(beside)
    if found := shutil.which("xfc"):
        return found
    raise FileNotFoundError(f"no compiler `xfc` at `{beside}` nor on PATH: build it, or say where it is with `compiler=`")
