#!/usr/bin/env bash
# Installs what building and testing need: Debian packages (as root, only those missing) and the pinned PyPI packages into .venv.
set -euo pipefail
cd "$(dirname "$0")/.."

list() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1"; }

missing=()
for package in $(list requirements/debian.txt); do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if ((${#missing[@]})); then
  echo "installing Debian packages: ${missing[*]}"
  if ((EUID != 0)); then
    echo "error: installing packages needs root; run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

stamp=.venv/.installed
wanted=$(sha256sum requirements/pypi.txt)
if [[ ! -f $stamp || $(cat "$stamp") != "$wanted" ]]; then
  echo "installing PyPI packages into .venv"
  [[ -x .venv/bin/python ]] || /usr/bin/python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/pypi.txt
  echo "$wanted" >"$stamp"
fi
