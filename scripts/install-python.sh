#!/usr/bin/env bash
# Installs ./python into .venv when one of its files is newer than the last installation.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=.venv/.xfc-installed
if [[ ! -f $stamp || -n $(find python -newer "$stamp" -type f \( -name '*.py' -o -name '*.toml' -o -name py.typed \) -print -quit) ]]; then
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation ./python
  rm -rf python/build python/*.egg-info
  touch "$stamp"
fi
