"""xfc: compile a transformer's spec to a library, load it, turn texts into vectors.

    library = xfc.compile("minilm.xf")
    with xfc.load(library, tokenizer="tokenizer.json") as model:
        vectors = model.encode(["a text", "another"])
"""

import importlib
from typing import TYPE_CHECKING

from xfc._abi import Error, Status
from xfc.model import Model, load
from xfc.session import Session

# Imported when first used: who only loads libraries starts a third faster without them.
_LATER = {
    **dict.fromkeys(("CompileError", "compile"), "compiler"),
    **dict.fromkeys(("kwargs_from_spec", "spec_from_kwargs"), "spec"),
    **dict.fromkeys(("from_module", "record_kwargs", "to_module"), "modules"),
}
__all__ = ["Error", "Model", "Session", "Status", "load", *_LATER]

if TYPE_CHECKING:
    from xfc.compiler import CompileError, compile
    from xfc.modules import from_module, record_kwargs, to_module
    from xfc.spec import kwargs_from_spec, spec_from_kwargs


def __getattr__(name):
    if name in _LATER:
        return getattr(importlib.import_module(f"xfc.{_LATER[name]}"), name)
    raise AttributeError(f"module `xfc` has no attribute `{name}`")


def __dir__():
    return sorted(set(globals()) | set(__all__))
