"""Every id of dsl/Diagnostics.def has a test under test/dsl that provokes it and says `DIAG: id`; and no other id is named."""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
ids = re.findall(r'^XF_DIAG\(\w+,\s*"([\w-]+)"', (source / "dsl/Diagnostics.def").read_text(), re.MULTILINE)
named = {}
for path in sorted((source / "test/dsl").rglob("*")):
    if path.suffix in (".xf", ".test"):
        for id in re.findall(r"^(?://\s*)?DIAG: ([\w-]+)$", path.read_text(errors="replace"), re.MULTILINE):
            named.setdefault(id, path.name)

problems = [f"`{id}` is listed twice" for id in sorted(set(ids)) if ids.count(id) > 1]
problems += [f"`{id}` has no test" for id in ids if id not in named]
problems += [f"{named[id]} names `{id}`, which is no diagnostic" for id in named if id not in ids]
print("\n".join(problems) or f"every diagnostic is tested: {len(ids)}")
sys.exit(bool(problems))
