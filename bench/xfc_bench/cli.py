"""The command: plans the rotations, runs them under one progress bar, and writes results.json, results.md and results.svg."""

import argparse
import datetime
import signal
import sys
from pathlib import Path

from tqdm import tqdm

from xfc_bench import cold, machine, plot, report, results, soak
from xfc_bench.artifacts import Artifacts
from xfc_bench.contender import Job, load_contenders
from xfc_bench.models import MODELS, ROOT
from xfc_bench.process import interpreter_with
from xfc_bench.quiet import Quiet, say
from xfc_bench.rotation import Plan, Rotation, planned_seconds
from xfc_bench.workloads import SHAPES

QUICK = {"models": ["minilm"], "shapes": ["1x16", "ragged"], "rounds": 1, "seconds": 0.02, "processes": 1, "allow_busy": True}
COLD_SECONDS, SOAK_SECONDS = 0.5, 0.003  # guesses for the progress bar


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not at least 1")
    return value


def parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m xfc_bench", description="Times xfc beside other runtimes; bench/README.md says how.")
    add = parser.add_argument
    add("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    add("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    add("--contenders", nargs="+", choices=list(load_contenders()), help="default: all whose packages are there")
    add("--threads", nargs="+", type=positive, default=[1, 2])
    add("--rounds", type=positive, default=6, help="slices of each contender (default 6)")
    add("--seconds", type=float, default=0.3, help="of a slice (default 0.3)")
    add("--processes", type=int, default=5, help="fresh processes of each cold start; 0: none (default 5)")
    add("--soak", type=int, default=0, metavar="CALLS", help="also a long run of so many short calls, such as 1000000")
    add("--quick", action="store_true", help="MiniLM on two shapes, one short slice each, whatever else runs: does it work at all?")
    add("--allow-busy", action="store_true", help="never wait or repeat because others use the cores; slices are marked as disturbed")
    add("--patience", type=float, default=900, help="seconds to spend at most on waiting and repeating (default 900)")
    add("--build", type=Path, default=ROOT / "build", help="build folder with bin/xfc")
    add("--out", type=Path, help="folder of the results (default: bench in the build folder)")
    add("--cache", type=Path, help="folder of what contenders load (default: bench/cache in the build folder)")
    defaults = parser.parse_args([])
    options = parser.parse_args(arguments)
    if options.quick:  # what was asked for by name stays
        for name, value in QUICK.items():
            if getattr(options, name) == getattr(defaults, name):
                setattr(options, name, value)
    options.out = options.out or options.build / "bench"
    options.cache = options.cache or options.build / "bench/cache"
    return options


class Run:
    """One run of the command. `results` is always fit to be written."""

    def __init__(self, options):
        self.options, self.quiet = options, Quiet(0 if options.allow_busy else options.patience)
        self.artifacts = Artifacts(options.cache, options.build / "bin/xfc", say)
        self.chosen, self.absent, self.versions = self._contenders()
        if not self.chosen:
            sys.exit("error: nothing to measure: " + "; ".join(f"{name}: {reason}" for name, reason in self.absent.items()))
        self.plan = Plan(options.rounds, options.seconds, (str(self._program("ceilings")), min(0.1, options.seconds)))
        self.measured = []  # (threads, rotation)
        self.cold = self.soak = None
        self.complete = False

    def _program(self, name):
        path = (self.options.build / "bin" / name).resolve()
        if not path.exists():
            sys.exit(f"error: `{path}` is missing: build it first")
        return path

    def _contenders(self):
        chosen, absent, versions = [], {}, {"Python": sys.version.split()[0]}
        for name, one in load_contenders().items():
            if self.options.contenders and name not in self.options.contenders:
                continue
            found = interpreter_with(one.package)
            if found:
                chosen.append(one)
                versions[one.package] = found[1]
            else:
                absent[name] = f"no package {one.package}"
        return chosen, absent, versions

    def _jobs(self):
        """The rotations: lists of (contender, job) of one thread count, model and shape."""
        rotations = []
        for name in self.options.models:
            model = MODELS[name]
            files = self.artifacts.files(model)
            for shape in self.options.shapes:
                case = self.artifacts.case(model, shape)
                for threads in self.options.threads:
                    rotations.append(
                        [
                            (one, Job(model, shape, feed, threads, files | {"case": case}))
                            for one in self.chosen
                            if name in one.models
                            for feed in one.feeds_for(shape, threads)
                        ]
                    )
        return [jobs for jobs in rotations if jobs]

    def measure(self):
        rotations = self._jobs()
        commands = self._cold_commands()
        cold_seconds = len(commands) * (self.options.processes + 1) * COLD_SECONDS
        total = sum(planned_seconds(self.plan, [job for _, job in jobs]) for jobs in rotations)
        total += cold_seconds + self.options.soak * SOAK_SECONDS
        self.options.out.mkdir(parents=True, exist_ok=True)
        form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left"
        with open(self.options.out / "workers.log", "w") as log, tqdm(total=total, bar_format=form, disable=None) as bar:
            for jobs in rotations:
                job = jobs[0][1]
                self._stage(bar, report.title(job.model.name, job.shape, job.threads))
                rotation = Rotation(self.plan, jobs, self.quiet, log, bar.update)
                self.measured.append((job.threads, rotation))
                rotation.run()
            if commands:
                self._stage(bar, "cold start")
                self.cold = self._cold(commands, log, lambda: bar.update(COLD_SECONDS))
            if self.options.soak:
                self._stage(bar, f"{self.options.soak} calls")
                self._soak(log, lambda calls: bar.update(calls * SOAK_SECONDS))
        self.complete = True

    @staticmethod
    def _stage(bar, text):
        bar.set_description(text)
        if bar.disable:
            say(text)

    def _cold_commands(self):
        if not self.options.processes:
            return {}
        model, threads = MODELS["minilm"], max(self.options.threads)
        case = self.artifacts.case(model, cold.SHAPE)
        return cold.commands(self.artifacts.files(model), case, self.options.cache, self._program("cold_start"), threads)

    def _cold(self, commands, log, step):
        model, threads = MODELS["minilm"], max(self.options.threads)
        case = self.artifacts.case(model, cold.SHAPE)
        weights = self.artifacts.files(model)["library"].with_name("minilm.xfw").stat().st_size / 1e6
        rows = cold.measure(commands, case, threads, self.options.processes, log, step)
        return {"threads": threads, "processes": self.options.processes, "weights_mb": weights, "rows": rows}

    def _soak(self, log, step):
        library = self.artifacts.files(MODELS["minilm"])["library"]
        try:
            self.soak = soak.run(library, max(self.options.threads), self.options.soak, log, step)
        except KeyboardInterrupt as interrupt:
            self.soak = interrupt.args[0] if interrupt.args else None
            raise

    def results(self) -> dict:
        """Of all that has been measured so far."""
        options = self.options
        ceilings = {}
        for threads, rotation in self.measured:
            ceilings.setdefault(threads, []).extend(rotation.ceilings)
        ceilings = {threads: results.ceilings_of(threads, slices) for threads, slices in ceilings.items() if slices}
        rows = [results.row_of(row, ceilings.get(threads)) for threads, rotation in self.measured for row in rotation.rows]
        results.add_ratios(rows)
        return {
            "schema": results.SCHEMA,
            "complete": self.complete,
            "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "machine": machine.describe(),
            "versions": self.versions,
            "settings": {
                name: getattr(options, name) for name in ("models", "shapes", "threads", "rounds", "seconds", "allow_busy", "quick")
            },
            "repeated": self.quiet.repeated,
            "absent": self.absent,
            "ceilings": list(ceilings.values()),
            "rows": rows,
            "summary": results.summary_of(rows),
            "cold": self.cold,
            "soak": self.soak,
        }

    def write(self) -> dict:
        out, found = self.options.out, self.results()
        results.write(found, out)
        (out / "results.md").write_text(report.markdown(found))
        plot.write_svg(found, out / "results.svg")
        print(report.text_summary(found))
        print(f"written: {out / 'results.json'}, results.md and results.svg")
        return found


def main(arguments=None) -> int:
    """0; 1 if the library failed, also in the long run, or is wrong; 130 if interrupted."""
    run = Run(parse(arguments))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run.measure()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        say("interrupted: writing what is known")
        run.write() if run.measured else say("nothing was measured")
        return 130
    found = run.write()
    return int("error" in (found["soak"] or {}) or not all(row.get("agrees") for row in found["rows"] if row["own"]))
