#!/usr/bin/env bash
# Names every C++ file that is not as clang-format would have it (.clang-format at the top), and fails if there is one.
set -euo pipefail

case "${1:-}" in
  -h | --help) echo "usage: check_format.sh [ROOT]"; exit 0 ;;
esac
root=$(cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../..}" && pwd)
cd "$root"
mapfile -d '' -t listed < <(git -c safe.directory="$root" ls-files -co --exclude-standard -z -- '*.cpp' '*.hpp' '*.h')
files=()
for file in "${listed[@]}"; do
  if [ -f "$file" ]; then files+=("$file"); fi
done
if [ "${#files[@]}" -eq 0 ]; then
  echo "check_format: no C++ file below $root" >&2
  exit 1
fi
check='for file; do
  clang-format --dry-run -Werror "$file" 2>/dev/null || { echo "$file: run clang-format -i on it"; bad=1; }
done; exit "${bad:-0}"'
printf '%s\0' "${files[@]}" | xargs -0 -n 16 -P "$(nproc)" bash -c "$check" check_format
