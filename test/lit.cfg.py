# Configuration of the lit tests: tools by bare name, `%shared` for the reference data beside the checkout.
import os
import lit.formats

config.name = "xfc"
config.test_format = lit.formats.ShTest()
config.suffixes = [".xf", ".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.xf_build, "test")

path = [os.path.join(config.xf_build, "bin"), config.llvm_tools, os.path.dirname(config.python)]
config.environment["PATH"] = os.pathsep.join(path + [config.environment["PATH"]])
# A cache of its own keeps test runs from depending on, or filling, the user's.
config.environment["XDG_CACHE_HOME"] = os.path.join(config.xf_build, "test", "cache")

config.substitutions.append(("%shared", os.path.join(config.xf_source, os.pardir, "shared")))
config.substitutions.append(("%source", config.xf_source))
config.substitutions.append(("%build", config.xf_build))
config.substitutions.append(("%python", config.python))

with open("/proc/cpuinfo") as info:
    flags = next((line for line in info if line.startswith("flags")), "").split()
for feature, needed in {"avx2": ["avx2", "fma", "f16c"], "avx512": ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"]}.items():
    if all(flag in flags for flag in needed):
        config.available_features.add(feature)
