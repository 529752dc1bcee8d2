#!/usr/bin/env bash
# Installs what the benchmark compares with, and draws with, into .venv-bench: the pinned packages of requirements/bench.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv-bench/.installed
wanted=$(sha256sum requirements/bench.txt)
if [[ ! -f $stamp || $(cat "$stamp") != "$wanted" ]]; then
  echo "installing PyPI packages of the benchmark into .venv-bench"
  [[ -x .venv-bench/bin/python ]] || /usr/bin/python3 -m venv .venv-bench
  .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/bench.txt
  echo "$wanted" >"$stamp"
fi
