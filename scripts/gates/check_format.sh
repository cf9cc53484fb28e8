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
complaints=$(printf '%s\0' "${files[@]}" | xargs -0 -n 64 -P "$(nproc)" clang-format --dry-run -Werror 2>&1) && exit 0
bad=$(sed -nE 's/^(.*):[0-9]+:[0-9]+: error: .*/\1: run clang-format -i on it/p' <<<"$complaints" | sort -u)
echo "${bad:-$complaints}"
exit 1
