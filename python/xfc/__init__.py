"""xfc: compile a transformer's spec to a library, load it, turn texts into vectors.

    library = xfc.compile("minilm.xf")
    with xfc.load(library, tokenizer="tokenizer.json") as model:
        vectors = model.encode(["a text", "another"])
"""

from xfc._abi import Error, Status
from xfc.compiler import CompileError, compile
from xfc.model import Model, load
from xfc.session import Session
from xfc.spec import spec_from_kwargs

__all__ = ["CompileError", "Error", "Model", "Session", "Status", "compile", "load", "spec_from_kwargs"]
