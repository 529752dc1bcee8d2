#!/usr/bin/env bash
# clang-format over every C and C++ file that git knows or would add: --check fails on a difference, --fix rewrites.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:---check}
mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.c' '*.h' '*.cpp' '*.hpp')
case $mode in
--check) clang-format-19 --dry-run --Werror "${files[@]}" ;;
--fix) clang-format-19 -i "${files[@]}" ;;
*) echo "usage: scripts/format.sh --check|--fix" >&2; exit 2 ;;
esac
