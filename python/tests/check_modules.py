"""Run by a Python that has torch and x-transformers: modules of all cases to specs and back.

usage: PYTHON check_modules.py CASES COMPILER

For every case that x-transformers can build: the arguments read off the module rebuild it (names, shapes, a forward pass), reading them again
gives the same, and so does the spec that from_module writes; to_module gives the same tensors; a module that to_module built gives the same text.
Prints what is not so, and exits with 1.
"""

import json
import pathlib
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import torch
from loguru import logger

import xfc
from xfc.modules import build
from xfc.recover import call_of
from xfc.spec import decoded, kwargs_from_spec


def without_policy_status(error):
    """Whether the compiler only says that it does not know a word yet."""
    lines = [line for line in error.diagnostics.splitlines() if "error:" in line]
    return bool(lines) and all("is not supported yet" in line for line in lines)


def check(call, folder, compiler):
    module = build(call).eval()
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    own = {"recycle_steps": 3} if call["kwargs"].get("recycling") else {}
    written = xfc.from_module(module, folder / "m.xf", **own)  # rebuilds it
    again = call_of(build({"$class": written.cls, "kwargs": written.kwargs}))
    assert again == {"$class": written.cls, "kwargs": written.kwargs}, "reading the rebuilt module gives other arguments"
    with xfc.record_kwargs():
        recorded = build(call)
    exact = recorded._xfc_call()
    given = {key for key, value in call["kwargs"].items() if value is not None}
    assert exact["$class"] == call["$class"] and set(exact["kwargs"]) == given, "not recorded"
    try:
        spec = kwargs_from_spec(written.spec, compiler=compiler)
    except xfc.CompileError as error:
        assert without_policy_status(error), error.diagnostics
        return "spec not supported yet"
    assert spec.kwargs == decoded(written.kwargs), "the spec says other arguments"
    back = xfc.to_module(written.spec, compiler=compiler)
    assert back.state_dict().keys() == module.state_dict().keys()
    for name, value in back.state_dict().items():
        assert torch.equal(value, module.state_dict()[name]), name
    twice = xfc.from_module(back, folder / "n.xf", "m", **own)
    assert twice.spec.read_text().replace("n.safetensors", "m.safetensors") == written.spec.read_text(), "another text the second time"
    return "round trip"


def main(cases, compiler):
    logger.remove()
    torch.set_num_threads(1)
    counts, failed = {}, 0
    for path in sorted(pathlib.Path(cases).glob("*/case.json")):
        call = json.loads(path.read_text())["model"]
        if call["$class"] == "functions":
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = check(call, pathlib.Path(folder), compiler)
                counts[outcome] = counts.get(outcome, 0) + 1
            except Exception as error:
                failed += 1
                print(f"{path.parent.name}: {type(error).__name__}: {error}")
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) + f", {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
