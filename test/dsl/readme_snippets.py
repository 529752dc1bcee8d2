"""Writes each ```xf snippet of a Markdown file to FOLDER/N.xf and has `xfc` parse and format it: readme_snippets.py README FOLDER."""
import pathlib
import re
import subprocess
import sys

readme, folder = map(pathlib.Path, sys.argv[1:])
folder.mkdir(parents=True, exist_ok=True)
snippets = re.findall(r"^```xf\n(.*?)^```$", readme.read_text(), re.MULTILINE | re.DOTALL)
failed = 0
for number, text in enumerate(snippets, 1):
    path = folder / f"{number}.xf"
    path.write_text(text)
    failed += subprocess.run(["xfc", "fmt", path], stdout=subprocess.DEVNULL).returncode != 0
print(f"{len(snippets) - failed} of {len(snippets)} snippets parse")
sys.exit(failed or not snippets)
