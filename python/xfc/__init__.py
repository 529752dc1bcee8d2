"""xfc: compile a transformer's spec to a library, load it, turn texts into vectors.

    library = xfc.compile("minilm.xf")
    with xfc.load(library, tokenizer="tokenizer.json") as model:
        vectors = model.encode(["a text", "another"])
"""

from typing import TYPE_CHECKING

from xfc._abi import Error, Status
from xfc.model import Model, load
from xfc.session import Session
from xfc.spec import spec_from_kwargs

__all__ = ["CompileError", "Error", "Model", "Session", "Status", "compile", "load", "spec_from_kwargs"]

if TYPE_CHECKING:
    from xfc.compiler import CompileError, compile


def __getattr__(name):
    if name in ("CompileError", "compile"):  # imported when first used: who only loads libraries starts a third faster without it
        from xfc import compiler

        return getattr(compiler, name)
    raise AttributeError(f"module `xfc` has no attribute `{name}`")


def __dir__():
    return sorted(set(globals()) | set(__all__))
