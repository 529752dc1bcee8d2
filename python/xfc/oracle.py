"""Runs x-transformers' own numbers against compiled libraries:

    python -m xfc.oracle DIR... [--jobs N] [--precision P] [--filter S]

Each folder below a DIR that holds a case.json (constructor call, calls, tolerance), weights.safetensors and io.safetensors is a case: its spec is
derived from the constructor call and from the optional inputs that its calls feed, compiled, and every output of every call is compared at every
position. Nothing depends on a case's name. Exit status 1 if any case fails; what the compiler refuses fails with its message.

Cases run in processes of their own, so that a crash is one case's failure.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import copy
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field

import numpy as np

from xfc.calls import Inexpressible, Model, Runner, needs
from xfc.spec import declarations, decoded

PRECISIONS = {"f32": 1.0}  # tolerance over the case's own
_SPEC = "case.xf"
_REASON_LINES, _REASON_WIDTH = 12, 300  # of a compiler's message


@dataclass
class Result:
    """What became of one case. `error` is the largest of a float output over what is allowed there, at `place`."""

    name: str
    tier: str = "?"
    group: str = "?"
    passed: bool = False
    error: float = 0.0
    allowed: float = 0.0
    place: str = ""
    largest: float = 0.0  # difference of a float output from what is expected, over all
    ragged: int = 0  # rows that were also run without their padding
    reasons: list = field(default_factory=list)
    failed_calls: int = 0
    seconds: float = 0.0

    def line(self):
        head = f"{'pass' if self.passed else 'FAIL'}  {self.tier} {self.group:9} {self.name:40}"
        if self.place:
            head += f" largest error {self.error:.2e} of {self.allowed:.1e} at {self.place}"
        return "\n".join([head.rstrip()] + [f"      {line}" for reason in self.reasons for line in reason.splitlines()])


# --- one case


def cases_below(roots, part=""):
    """Folders of cases, sorted by name. Raises FileNotFoundError for a root that has none."""
    found = []
    for root in map(pathlib.Path, roots):
        below = [path.parent for path in ([root / "case.json"] if (root / "case.json").exists() else sorted(root.glob("*/case.json")))]
        if not below:
            raise FileNotFoundError(f"no case.json in or below `{root}`")
        found += below
    return [folder for folder in found if part in folder.name]


class Case:
    """A folder's contents."""

    def __init__(self, folder):
        from safetensors.numpy import load_file

        self.folder = pathlib.Path(folder)
        self.data = json.loads((self.folder / "case.json").read_text())
        self.io = load_file(self.folder / "io.safetensors")
        self.weights = load_file(self.folder / "weights.safetensors")
        self.calls = self.data["calls"]

    @property
    def name(self):
        return self.folder.name

    def arguments(self, call):
        return self._part(f"{call['id']}.in.")

    def expected(self, call):
        return self._part(f"{call['id']}.out.")

    def _part(self, prefix):
        return {name[len(prefix) :]: value for name, value in self.io.items() if name.startswith(prefix)}


class Libraries:
    """Compiled libraries of one case, one for each Need; all inputs that the case's calls feed are taken by each."""

    def __init__(self, case, folder, options):
        self.case, self.folder, self.options, self.open = case, pathlib.Path(folder), options, {}
        self.model = Model(case.data["model"])
        self.inputs = collections.defaultdict(set)
        for call in case.calls:
            with contextlib.suppress(Inexpressible):
                for need in needs(self.model, call, case.arguments(call)):
                    self.inputs[need.key] |= need.inputs

    def __call__(self, need):
        """The open library; a failure to compile is raised for each call that needs it."""
        import xfc

        if need.key not in self.open:
            try:
                self.open[need.key] = self._compiled(need)
            except xfc.CompileError as error:
                self.open[need.key] = error
        if isinstance(self.open[need.key], Exception):
            raise self.open[need.key]
        return self.open[need.key]

    def _compiled(self, need):
        import xfc

        folder = self.folder / f"library{len(self.open)}"
        folder.mkdir(parents=True)
        spec = folder / _SPEC
        spec.write_text(self.spec(need))
        weights = self._weights(need, folder)
        options = {key: self.options[key] for key in ("compiler", "cache_dir") if self.options.get(key)}
        library = xfc.compile(spec, weights=weights, out=folder / "libcase.so", jobs=1, **options)
        return xfc.load(library, threads=1, target=self.options.get("target"))

    def spec(self, need):
        """The text that is compiled for a need."""
        call = copy.deepcopy(self.case.data["model"])
        net = call["kwargs"]["token_critic"] if need.part == "critic" else call["kwargs"].get("net", call)
        for path, value in {**need.edits, **self.options.get("edits", {})}.items():
            edit(net, path, value)
        inputs = sorted(self.inputs[need.key])
        if net["$class"] == "XTransformer":
            inputs = {side: [name[4:] for name in inputs if name.startswith(f"{side}.")] for side in ("enc", "dec")}
            inputs = {side: names for side, names in inputs.items() if names}
        text = declarations(net["$class"], net["kwargs"], "case_model", inputs)[0]
        return text + 'weights case_model = x_transformers("weights.safetensors")\n'

    def _weights(self, need, folder):
        """The checkpoint as it is; of a net beside other tensors of its wrapper, and of a critic, only its part."""
        prefix = "token_critic." if need.part == "critic" else "net."
        names = [name for name in self.case.weights if name.startswith(prefix)]
        change = self.options.get("weights_edit")
        if change is None and (not names or len(names) == len(self.case.weights)):
            return self.case.folder / "weights.safetensors"
        from safetensors.numpy import save_file

        part = {name[len(prefix) :]: self.case.weights[name] for name in names} or dict(self.case.weights)
        save_file(change(part) if change else part, folder / "weights.safetensors")
        return folder / "weights.safetensors"

    def close(self):
        for library in self.open.values():
            if not isinstance(library, Exception):
                library.close()


def edit(call, path, value):
    """Sets one argument of a constructor call: `attn_layers.causal`; of a bare stack also without the first word."""
    *outer, name = path.split(".")
    for word in outer:
        call = call["kwargs"][word] if word in call["kwargs"] else call
    if name == "causal" and "attn_layers" in path:
        call["$class"] = "Decoder" if value else "Encoder"
    elif value is None:
        call["kwargs"].pop(name, None)
    else:
        call["kwargs"][name] = value


def compare(result, place, got, want, tolerance, scale=1.0):
    """Adds to the result what one output is off by. Integers and booleans must be equal."""
    got = np.asarray(got)
    if got.shape != want.shape and got.size == want.size and got.shape[:1] == want.shape[:1]:
        got = got.reshape(want.shape)  # a last axis of size one, or several vectors a row
    if got.shape != want.shape:
        result.reasons.append(f"{place}: shape {got.shape}, wanted {want.shape}")
    elif want.dtype.kind in "iub":
        wrong = np.flatnonzero(got.ravel() != want.ravel())
        if len(wrong):
            at = np.unravel_index(wrong[0], want.shape)
            where = tuple(map(int, at))
            result.reasons.append(f"{place}: {len(wrong)} of {want.size} differ, first at {where}: {got[at]}, wanted {want[at]}")
    else:
        allowed = scale * (tolerance["atol"] + tolerance["rtol"] * np.abs(np.where(np.isfinite(want), want, 0)))
        with np.errstate(invalid="ignore"):
            error = np.where(got == want, 0.0, np.abs(got.astype(np.float64) - want))
        error = np.where(np.isnan(error), np.inf, error)
        ratio = error / allowed
        result.largest = max(result.largest, float(error.max(initial=0.0)))
        at = np.unravel_index(int(ratio.argmax()), ratio.shape) if ratio.size else ()
        if ratio.size and (not result.place or ratio[at] > result.error / result.allowed):
            result.error, result.allowed, result.place = float(error[at]), float(allowed[at]), place
        if ratio.size and ratio[at] > 1:
            count = int((ratio > 1).sum())
            where = f"at {tuple(map(int, at))} by {error[at]:.3g}: {got[at]:.6g}, wanted {want[at]:.6g}"
            result.reasons.append(f"{place}: {count} of {want.size} are off, {where}")


def run_case(folder, options=None, keep=None):
    """Compiles and runs one case.

    options: compiler, cache_dir, target, precision; edits, path -> changed argument; weights_edit, a function of the checkpoint's tensors; ragged, to
    run calls whose mask has no holes without padding as well, which must be bitwise the same
    """
    options, started = options or {}, time.monotonic()
    case = Case(folder)
    result = Result(case.name, case.data["tier"], case.data["group"])
    with contextlib.ExitStack() as stack:
        work = keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="xfc-oracle-"))
        libraries = Libraries(case, work, options)
        stack.callback(libraries.close)
        runner = Runner(libraries.model, libraries, case.weights)
        for call in case.calls:
            try:
                outputs = runner.run(decoded_kwargs(call), case.arguments(call))
            except Exception as error:  # whatever it is, it is this case's
                reason = describe(error)
                if not any(known.endswith(reason) for known in result.reasons):  # a library that was not made fails all calls alike
                    result.reasons.append(f"{call['id']}: {reason}")
                result.failed_calls += 1
                continue
            for name, want in case.expected(call).items():
                compare(result, f"{call['id']}.{name}", outputs[name], want, case.data["tolerance"], PRECISIONS[options.get("precision", "f32")])
            if options.get("ragged"):
                compared, wrong = runner.ragged(decoded_kwargs(call), case.arguments(call), outputs)
                result.ragged += compared
                result.reasons += wrong
    result.passed, result.seconds = not result.reasons, time.monotonic() - started
    return result


def decoded_kwargs(call):
    return {**call, "kwargs": decoded(call["kwargs"])}


def describe(error):
    import xfc

    if isinstance(error, xfc.CompileError):
        lines = [line for line in error.diagnostics.strip().splitlines() if not re.match(r"\w+: \d+ kernels ", line)]
        lines = [re.sub(rf"^/\S*/({_SPEC}:)", r"\1", line) for line in lines]
        return "not compiled: " + "\n".join(line[:_REASON_WIDTH] for line in lines[:_REASON_LINES])
    if isinstance(error, (Inexpressible, xfc.Error)):
        return str(error)
    return "".join(traceback.format_exception(error)[-3:]).strip()


# --- many


def run_many(folders, options, jobs, progress=None, keep=None):
    """Results in the order of the folders; `progress(result)` is called as they come."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        pending = {pool.submit(_in_process, folder, options, keep): folder for folder in folders}
        done = {}
        try:
            for future in concurrent.futures.as_completed(pending):
                done[pending[future]] = result = future.result()
                if progress:
                    progress(result)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [done[folder] for folder in folders]


def _in_process(folder, options, keep):
    command = [sys.executable, "-m", "xfc.oracle", "--one", str(folder), json.dumps(options)] + ([str(keep / folder.name)] if keep else [])
    # xfc is found where this process found it.
    paths = [str(pathlib.Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(command, text=True, capture_output=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))})
    with contextlib.suppress(ValueError, IndexError):
        return Result(**json.loads(done.stdout.splitlines()[-1]))
    how = signal.Signals(-done.returncode).name if done.returncode < 0 else f"status {done.returncode}"
    return Result(folder.name, reasons=[f"the process ended with {how}", *done.stderr.splitlines()[-5:]])


def _one(folder, options, keep=None):
    if keep:
        shutil.rmtree(keep, ignore_errors=True)
    print(json.dumps(asdict(run_case(folder, json.loads(options), keep))))


def summary(results):
    """Lines: a group each, how many passed, its largest error over what is allowed."""
    groups = collections.defaultdict(list)
    for result in results:
        groups[result.tier, result.group].append(result)
    width = max(len(group) for _, group in groups)
    for (tier, group), members in sorted(groups.items()):
        passed = [member for member in members if member.passed]
        worst = max((member.error / member.allowed for member in passed if member.allowed), default=0.0)
        yield f"tier {tier}  {group:{width}}  {len(passed):4} of {len(members):4} pass, largest error {100 * worst:.0f}% of the tolerance"
    if ragged := sum(result.ragged for result in results):
        yield f"{ragged} padded rows were run without padding as well"
    passed = sum(result.passed for result in results)
    yield f"{passed} of {len(results)} cases pass" + ("" if passed == len(results) else f", {len(results) - passed} fail")


@contextlib.contextmanager
def _progress(count, verbose):
    """Prints each result above a bar; failures only, and the bar, where not verbose."""
    try:
        from tqdm import tqdm
    except ImportError:
        tqdm = None
    bar = tqdm(total=count, unit="case", disable=None, dynamic_ncols=True) if tqdm else None

    def report(result):
        if verbose or not result.passed:
            (tqdm.write if bar is not None else print)(result.line())
        if bar is not None:
            bar.update()

    try:
        yield report
    finally:
        if bar is not None:
            bar.close()


def _value(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def main(arguments=None):
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["--one"]:
        return _one(*arguments[1:])
    parser = argparse.ArgumentParser(prog="python -m xfc.oracle", description="compares compiled libraries with cases that x-transformers computed")
    parser.add_argument("folders", nargs="+", metavar="DIR", help="a case's folder, or one with cases in it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="cases at a time (default: one a CPU)")
    parser.add_argument("--precision", choices=PRECISIONS, default="f32", help="of the libraries")
    parser.add_argument("--filter", default="", metavar="S", help="only cases whose name contains S")
    parser.add_argument("--tier", default="", metavar="T", help="only cases of these tiers, such as A or AB")
    parser.add_argument("--target", metavar="NAME", help="kernels to use, such as x86-64-avx2; default: the strongest")
    parser.add_argument("--compiler", metavar="PATH", help="the program xfc; default: beside Python, else on PATH")
    parser.add_argument("--cache-dir", metavar="DIR", help="of compiled kernels; default: the user's")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="leave specs and libraries there")
    parser.add_argument("--edit", action="append", default=[], metavar="PATH=VALUE", help="change a constructor argument first, to see cases fail")
    parser.add_argument("--ragged", action="store_true", help="run masked calls without padding too: valid positions must be bitwise the same")
    parser.add_argument("--quiet", action="store_true", help="print failures and the summary only")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the results there")
    args = parser.parse_args(arguments)
    try:
        folders = cases_below(args.folders, args.filter)
    except FileNotFoundError as error:
        parser.error(str(error))
    folders = [folder for folder in folders if not args.tier or json.loads((folder / "case.json").read_text())["tier"] in args.tier]
    if not folders:
        parser.error(f"no case's name contains `{args.filter}`")
    edits = dict(edit.split("=", 1) for edit in args.edit)
    options = {"precision": args.precision, "target": args.target, "compiler": args.compiler, "cache_dir": args.cache_dir}
    options = {key: value for key, value in options.items() if value}
    if edits:
        options["edits"] = {key: _value(text) for key, text in edits.items()}
    if args.ragged:
        options["ragged"] = True
    started = time.monotonic()
    with _progress(len(folders), not args.quiet) as report:
        results = run_many(folders, options, max(1, args.jobs), report, args.keep)
    if args.json:
        args.json.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n")
    print(*summary(results), sep="\n")
    print(f"{time.monotonic() - started:.0f} s")
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
