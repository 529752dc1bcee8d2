"""Checks that every op of a dialect has an example in its documentation, which also stands in a test that parses it.

usage: documented.py DIALECT.td... -- TEST.mlir...
"""

import re
import sys


def without_layout(text):
    """What is left of assembly when comments and the ways to break lines are gone."""
    return re.sub(r"\s+", "", re.sub(r"//.*", "", text))


def ops(text):
    """Name and documentation of each op of a .td file."""
    for match in re.finditer(r'^def (\w+)Op : \w+<"([\w.]+)"(.*?)^}', text, re.M | re.S):
        description = re.search(r"description = \[\{(.*?)\}\];", match[3], re.S)
        yield match[2], description[1] if description else ""


if __name__ == "__main__":
    split = sys.argv.index("--")
    tests = "".join(without_layout(open(path).read()) for path in sys.argv[split + 1 :])
    count = 0
    for path in sys.argv[1:split]:
        for name, description in ops(open(path).read()):
            count += 1
            examples = re.findall(r"```mlir\n(.*?)```", description, re.S)
            if not examples:
                print(f"{path}: `{name}` has no example")
            for example in examples:
                if without_layout(example) not in tests:
                    print(f"{path}: an example of `{name}` stands in no test:\n{example}")
    print(f"{count} ops checked")
