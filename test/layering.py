"""Holds the layering: every #include of a layer names only what its row of the table below allows."""

import pathlib
import re
import sys

LLVM, MLIR, HALIDE, FMT = "llvm/", "mlir/", "Halide.h", "fmt/"
TARGETS_PLAIN = tuple(f"targets/{name}.h" for name in ("Kernel", "Machine", "Config", "Candidates", "Choice", "ShapeClass"))
RUNTIME = ("runtime/include", "runtime/src", "xf/", "HalideRuntime.h", "program.h")
PROGRAM_NAMES = "compiler/Conversion/ProgramAttrs.h"  # the symbols that host program and objects share
RECIPE_KINDS = "compiler/Weights/RecipeKinds.def"  # one list for the attribute and for its evaluation
XF, HK = "compiler/Dialect/XF", "compiler/Dialect/HK"

# Folder (or file) -> prefixes of what it may include besides the standard library; the first match wins.
LAYERS = {
    "runtime/include": ("xf/",),
    "runtime/src": RUNTIME,
    "runtime/tools": ("runtime/tools", "xf/"),
    "targets/Schedule": ("targets/", HALIDE),
    "targets/x86": ("targets/", HALIDE, FMT),
    "targets/host": ("targets/host", FMT),
    "targets": TARGETS_PLAIN + ("targets/x86/", "runtime/src/program.h", FMT),
    "compiler/Kernels": ("compiler/Kernels", "targets/", HALIDE, FMT),
    "dsl/ModelBuilder": ("dsl/", XF, LLVM, MLIR, FMT),
    "dsl/ScalarBuilder": ("dsl/", XF, LLVM, MLIR, FMT),
    "dsl": ("dsl/", LLVM, FMT),
    "compiler/Planner": ("compiler/Planner", LLVM),
    "compiler/Dialect/XF": (XF, RECIPE_KINDS, LLVM, MLIR),
    "compiler/Dialect/HK/IR/KernelDescription": (HK, LLVM, MLIR) + TARGETS_PLAIN,
    "compiler/Dialect/HK": (HK, LLVM, MLIR),
    "compiler/Transforms/Passes": (LLVM, MLIR, "targets/Choice.h"),
    "compiler/Transforms/SelectConfigs": ("compiler/Transforms", HK, LLVM, MLIR) + TARGETS_PLAIN,
    "compiler/Transforms": ("compiler/Transforms", "compiler/Dialect", "compiler/Planner", LLVM, MLIR),
    "compiler/Conversion/HKToLLVM": ("compiler/Conversion", "compiler/Transforms/Passes.h", "compiler/Dialect", LLVM, MLIR) + TARGETS_PLAIN,
    "compiler/Conversion/Program": ("compiler/Conversion", HK, LLVM, MLIR, "runtime/src/program.h"),
    "compiler/Conversion": ("compiler/Conversion", "compiler/Transforms/Passes.h", "compiler/Dialect", LLVM, MLIR),
    "compiler/Emit": (PROGRAM_NAMES, "compiler/Emit", HK, "compiler/Kernels", "targets/", HALIDE, LLVM, MLIR, FMT),
    "compiler/Object/HostObject": (PROGRAM_NAMES, "compiler/Object", LLVM, MLIR),
    "compiler/Object": ("compiler/Object", LLVM),
    "compiler/Weights/RecipeFromAttr": ("compiler/Weights", XF, LLVM, MLIR),
    "compiler/Weights": ("compiler/Weights", LLVM, "runtime/src/program.h"),
    "compiler/Report": ("compiler/Report", LLVM, FMT),
    "compiler/Tune/HostCpu": ("compiler/Tune/HostCpu.h", "targets/"),
    "compiler/Tune/RecordFile": ("compiler/Tune", "targets/", LLVM, FMT),
    "compiler/Tune": ("compiler/Tune", "compiler/Report", "compiler/Dialect", "compiler/Emit", "targets/", "runtime/src/",
                      "HalideRuntime.h", LLVM, MLIR, FMT),
    "compiler/Profile": ("compiler/Profile", "compiler/Report", "targets/host/", "xf/", LLVM, FMT),
    "compiler/Driver": ("compiler/", "targets/", LLVM, MLIR, FMT),
    "compiler/tools": ("compiler/", "dsl/", "targets/", LLVM, MLIR, FMT),
    "tools": ("dsl/RuleTable.h", LLVM),
}

PROJECT = ("dsl/", "compiler/", "targets/", "runtime/", LLVM, MLIR, FMT, "xf/", "Halide", "program.h")


def layer_of(path):
    return max((key for key in LAYERS if path.startswith(key)), key=len, default=None)


def violations(root):
    for folder in ("dsl", "compiler", "targets", "runtime", "tools"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".h", ".hpp", ".cpp", ".c"):
                continue
            path = file.relative_to(root).as_posix()
            allowed = LAYERS[layer_of(path)]
            own = (file.parent.relative_to(root).as_posix() + "/",)
            code = re.sub(r'R"\(.*?\)"', "", file.read_text(), flags=re.S)  # text that a file writes is not its own
            for line in code.splitlines():
                found = re.match(r'#\s*include\s+[<"]([^>"]+)[>"]', line)
                if found and found[1].startswith(PROJECT) and not found[1].startswith(allowed + own):
                    yield f"{path}: {layer_of(path)} may not include {found[1]}"


if __name__ == "__main__":
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "every include is allowed")
    sys.exit(bool(found))
