"""Holds `xfc tune` in a short form: records, table, JSON and chart are complete, a second run knows what the first found, an
interrupt and a kill lose no record, and what was found is what a compilation takes. Nothing depends on a time measured."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

SPEC = """
model tiny = TransformerWrapper {
  num_tokens = 100
  max_seq_len = 64
  attn_layers = Encoder { dim = 64  depth = 2  heads = 2  attn_dim_head = 32 }
  pool = mean
}
"""
XFC = sys.argv[1]
# A folder that stays keeps compiled kernels from one test run to the next.
CACHE = pathlib.Path(sys.argv[2]).absolute()
ENVIRONMENT = dict(os.environ, XDG_CACHE_HOME=str(CACHE))


def command(*arguments):
    return [XFC, *map(str, arguments)]


def run(*arguments, status=0):
    done = subprocess.run(command(*arguments), env=ENVIRONMENT, text=True, capture_output=True, timeout=600)
    assert done.returncode == status, f"{arguments}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def tune(spec, out, *more, status=0):
    return run("tune", spec, "--allow-busy", "--records=none", f"--out={out}", f"--lock={out}.lock", *more, status=status)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def check_record(record):
    keys = "method kernel math rows length dtype config baseline status disturbed machine halide xfc date".split()
    assert not set(keys) - set(record), record
    assert set("vendor family model name isa cores".split()) == set(record["machine"]), record
    if record["status"] == "ok":
        for timing in (record["one"], record["all"]):
            assert timing["us"] > 0 and timing["median_us"] >= timing["us"] and timing["samples"] >= 3, record
            assert timing["relative"] > 0 and timing["fma_gflops"] > 0, record
    else:
        assert record["message"], record


def test_complete(folder, spec):
    """One class, until everything was tried."""
    out = folder / "a.jsonl"
    for _ in range(20):  # a budget may end before the last candidate is built
        done = tune(spec, out, "--classes=16", "--budget=10s", f"--json={folder / 'a.json'}", f"--svg={folder / 'a.svg'}")
        report = json.loads((folder / "a.json").read_text())
        if all(row["tried"] + row["failed"] >= row["candidates"] for row in report["kernels"]):
            break
    records = lines(out)
    for record in records:
        check_record(record)
        assert record["status"] == "ok", record
    for row in report["kernels"]:
        assert row["tried"] == row["candidates"], row
        assert row["rows"] == 16 and row["us"] > 0 and row["source"], row
        assert row["kernel"] in done.stdout and row["target"] in done.stdout
    kinds = {record["kernel"].split()[0] for record in records}
    assert kinds == {"gemm", "attention", "rowwise", "gather"}, kinds
    points = [element for element in ElementTree.parse(folder / "a.svg").iter() if element.tag.endswith("circle")]
    assert len(points) >= sum(row["tried"] for row in report["kernels"]), len(points)
    return out, report


def test_resumes(spec, out):
    before = out.read_text()
    done = tune(spec, out, "--classes=16", "--budget=60s")
    assert " 0 measured now" in done.stderr, done.stderr
    assert out.read_text() == before


def test_races_the_known_again(folder, spec, out):
    """A heuristic's choice that nothing is known of races beside the fastest known config: so old records stay comparable."""
    groups = {}
    for record in lines(out):
        if record["config"] != record["baseline"]:
            groups.setdefault((record["kernel"], record["math"]), []).append(record)
    assert groups
    old = [dict(record, baseline=group[0]["config"]) for group in groups.values() for record in group]
    again = folder / "again.jsonl"
    again.write_text("".join(json.dumps(record) + "\n" for record in old))
    tune(spec, again, "--classes=16", "--budget=60s")
    new = lines(again)[len(old):]
    for kernel, group in groups.items():
        scores = [(record["one"]["relative"] * record["all"]["relative"], record["config"]) for record in group]
        fastest = {config for score, config in scores if score == min(scores)[0]}
        raced = {record["config"] for record in new if (record["kernel"], record["math"]) == kernel}
        assert group[0]["baseline"] in raced and raced & fastest and len(raced) == 2, (kernel, raced, fastest)


def test_compiles(folder, spec, out, report):
    """The plan has the chosen configs, with their sources; without records, the heuristic's."""
    records = lines(out)
    cpu = "{vendor}-{family}-{model}".format(**records[0]["machine"])
    for arguments, ours in ((("--records=none",), False), ((f"--records={out}", "--tune-for=host"), True),
                            ((f"--records={out}", f"--tune-for={cpu}"), True),
                            ((f"--records={out}", "--tune-for=GenuineIntel-6-143"), False)):
        text = run("explain", spec, "--json", *arguments).stdout
        sources = {config["source"] for kernel in json.loads(text)["kernels"] for config in kernel["configs"]}
        assert any("records given" in source for source in sources) == ours, (arguments, sources)
    plan = run(spec, "--emit=plan", f"--records={out}").stdout
    for row in report["kernels"]:
        if row["source"].startswith("records") and row["config"] != row["heuristic"]:
            tile = row["config"].split("variant")[1].split(", ", 1)[1]
            assert tile.split(",")[0] in plan, (row, plan)
    described = json.loads(run("explain", spec, "--json", f"--records={out}").stdout)
    texts = [record for kernel in described["kernels"] for config in kernel["configs"] for record in config.get("records", [])]
    assert texts and all(json.loads(text) in records for text in texts), texts


def test_show(folder, spec, out):
    everything = run("tune", "--show", f"--records={out}", f"--svg={folder / 's.svg'}", "--json=-")
    rows = json.loads(everything.stdout)["kernels"]
    assert len(rows) == len({(record["kernel"], record["math"], record["rows"]) for record in lines(out)})
    assert (folder / "s.svg").read_text().startswith("<")
    assert "gemm_64x192" in run("tune", spec, "--show", f"--records={out}").stdout


def test_killed(folder, spec):
    """Records that were there when the tuner was killed are there, whole; a torn line costs itself."""
    out = folder / "k.jsonl"
    process = subprocess.Popen(command("tune", spec, "--allow-busy", "--records=none", f"--out={out}", f"--lock={out}.lock",
                                       "--budget=300s"), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = 0
    while seen < 5 and process.poll() is None:
        time.sleep(0.02)
        seen = out.read_bytes().count(b"\n") if out.exists() else 0
    process.kill()
    process.wait()
    assert seen >= 5
    text = out.read_text()
    assert text.endswith("\n") and text.count("\n") >= seen
    for record in lines(out):
        check_record(record)
    out.write_text(text + text.splitlines()[0][:100])
    known = len(lines_whole(out))
    done = tune(spec, out, "--classes=1", "--budget=3s")
    assert "the line has no end" in run("tune", "--show", f"--records={out}").stderr or "no JSON" in done.stderr + \
        run("tune", "--show", f"--records={out}").stderr
    assert len(lines_whole(out)) >= known


def lines_whole(path):
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            pass
    return found


def test_interrupted(folder, spec):
    """An interrupt ends in a summary, and keeps what was measured."""
    out = folder / "i.jsonl"
    process = subprocess.Popen(command("tune", spec, "--allow-busy", "--records=none", f"--out={out}", f"--lock={out}.lock",
                                       "--budget=300s"), env=ENVIRONMENT, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    while not lines(out) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, (process.returncode, stderr)
    assert "measured now" in stderr and "gemm_64x192" in stdout, (stdout, stderr)
    records = lines(out)
    assert records
    for record in records:
        check_record(record)


def test_flags(folder, spec):
    for flag, words in (("--budget=soon", "is no time"), ("--budget=5sm", "is no time"), ("--classes=3", "names no shape class"),
                        ("--target=z80", "does not run here"), ("--tune-for=GenuineIntel-6-143", "what is measured here is of")):
        assert words in run("tune", spec, flag, status=2).stderr
    for flag, words in ((f"--records={folder / 'none'}", "cannot read"), ("--tune-for=fast", "`fast` is no processor"),
                        ("--threads=300", "at most 256 threads"), ("--out=/proc/x.jsonl", "cannot write `/proc/x.jsonl`"),
                        ("--lock=/proc/x", "say --lock=FILE")):
        assert words in run("tune", spec, flag, status=1).stderr


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        model = place / "tiny.xf"
        model.write_text(SPEC)
        test_flags(place, model)
        found, told = test_complete(place, model)
        test_resumes(model, found)
        test_races_the_known_again(place, model, found)
        test_compiles(place, model, found, told)
        test_show(place, model, found)
        test_interrupted(place, model)
        test_killed(place, model)
    print("ok")
