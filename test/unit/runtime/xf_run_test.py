"""Holds what xf-run prints and how it ends, on fake models: vectors, states, feeds, comparisons, descriptions, bad input;
and that many calls leave memory, threads and files as they were."""

import json
import pathlib
import subprocess
import sys
import tempfile

tool, library, inputs_library = sys.argv[1:]


def run(*arguments, code=0):
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, (arguments, done)
    return done.stderr if code == 2 else done.stdout


def numbers(text):
    return [[float(word) for word in line.split()] for line in text.splitlines()]


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    vectors = run(library, "--ids", "1,2,3", "--ids", "4")
    assert [len(row) for row in numbers(vectors)] == [20, 20]
    assert [len(row) for row in numbers(run(library, "--ids", "1,2,3", "--ids", "4", "--entry", "states"))] == [20] * 4
    (folder / "ids.txt").write_text("1 2 3\n4\n")
    for options in (["--threads", 1], ["--target", "small"], ["--max-tokens", 3], ["--verify"], ["--repeat", 3]):
        got = run(library, "--ids-file", folder / "ids.txt", *options)
        difference = max(abs(a - b) for x, y in zip(numbers(got), numbers(vectors)) for a, b in zip(x, y))
        assert difference < 1e-6, (options, difference)

    (folder / "expect.txt").write_text(vectors)
    assert run(library, "--ids-file", folder / "ids.txt", "--expect", folder / "expect.txt", "--atol", "1e-6").startswith("same")
    (folder / "expect.txt").write_text(vectors.replace(vectors.split()[3], "9", 1))
    assert "at value 3" in run(library, "--ids-file", folder / "ids.txt", "--expect", folder / "expect.txt", "--atol", 1, code=1)
    (folder / "expect.txt").write_text("1 2")
    assert "has 2 numbers, the result has 40" in run(library, "--ids-file", folder / "ids.txt", "--expect", folder / "expect.txt", code=2)
    (folder / "expect.txt").write_text("1 two")
    assert "not a number" in run(library, "--ids", "1", "--expect", folder / "expect.txt", code=2)

    assert json.loads(run(library, "--describe"))["runtime"]["weights"] == "embedded"
    assert "ms for 1 rows, 3 tokens" in run(library, "--ids", "1,2,3", "--time")
    soak = run(library, "--soak", 20000, "--threads", 2).splitlines()
    assert [line.split(" ")[0] for line in soak] == ["start", "first", "end", "it"] and soak[3] == "it did not grow", soak
    assert "id 100 is outside 0 .. 99" in run(library, "--ids", "100", code=2)
    assert "`1x` is not a number that --ids takes" in run(library, "--ids", "1x", code=2)
    assert "unknown option `--what`" in run(library, "--what", code=2)
    assert "`--ids` needs a value" in run(library, "--ids", code=2)
    assert "no library given" in run(code=2)
    assert "no-such.so" in run("no-such.so", "--ids", "1", code=2)
    assert "`logits` is no entry of the library: it has `encode`, `states`" in run(library, "--entry", "logits", code=2)
    assert "takes no feed `mask`" in run(library, "--ids", "1,2", "--feed", "mask=1,0", code=2)
    assert "`mask` is not NAME=NUMBERS" in run(library, "--ids", "1", "--feed", "mask", code=2)
    assert "there is no --feed of it" in run(library, "--ids", "1", "--feed-lengths", "context=1", code=2)
    assert "has 2 numbers, there are 1 rows" in run(library, "--ids", "1", "--feed", "c=1", "--feed-lengths", "c=1,2", code=2)
    assert "usage" in run("--help")

    # Feeds: context rows of each row, prepended rows, integers; an entry without ids.
    told = numbers(run(inputs_library, "--entry", "states", "--ids", "7,8", "--ids", "9", "--feed", "context=1,2,4", "--feed-lengths", "context=1,2",
                       "--feed", "embed_ids.kind=1,2,3", "--feed", "prepend_embeds=0.5,0.25", "--feed-lengths", "prepend_embeds=0,1"))
    assert [row[0] for row in told] == [0, 7, 8, 0, 0, 9] and [row[2] for row in told] == [0, 1, 2, 0, 0, 3], told
    assert [row[8] for row in told] == [1, 1, 1, 6, 6, 6] and told[4][4:6] == [0.5, 0.25], told
    rows = numbers(run(inputs_library, "--entry", "output", "--lengths", "1,2", "--feed", "x=" + ",".join(map(str, range(20)))))
    assert rows == [[float(4 * row + column) for column in range(4)] for row in range(5)], rows
    assert "needs a feed `context`" in run(inputs_library, "--entry", "states", "--ids", "7", code=2)
