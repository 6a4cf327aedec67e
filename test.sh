#!/usr/bin/env bash
# Builds everything in Release with warnings as errors and runs every test.
# The last line is "N passed, N failed, N skipped"; the exit code is 0 only when tests ran and none failed.
# usage: ./test.sh [project ...]      such as ./test.sh Ingestion FeatureStore
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 OMP_WAIT_POLICY=PASSIVE

dotnet tool restore || exit 1
dotnet build CloudNativeAi.sln -c Release || { echo "0 passed, 1 failed"; exit 1; }

# Services first; the whole path last and alone, because it uses every core.
if [ $# -gt 0 ]; then
  projects=$(printf 'Tests/%s.Tests\n' "$@")
else
  projects=$(ls -d Tests/*.Tests | grep -v EndToEnd; echo Tests/EndToEnd.Tests)
fi

passed=0 failed=0 skipped=0
log=$(mktemp) failures=$(mktemp)
trap 'rm -f "$log" "$failures"' EXIT
for project in $projects; do
  name=$(basename "$project")
  executable="artifacts/bin/$name/release/CloudNativeAi.$name"
  # A project without a test yet has no test classes and is nothing to run.
  grep -rqE '\[(Fact|Theory)' "$project" --include='*.cs' || continue
  echo "=== $name"
  started=$(date +%s)
  "$executable" --ansi off --progress off --timeout 25m --ignore-exit-code 8 >"$log" 2>&1
  code=$?
  counts=$(grep -E '^ +(total|failed|succeeded|skipped): [0-9]+' "$log" | tail -4)
  ok=$(sed -n 's/^ *succeeded: //p' <<<"$counts"); bad=$(sed -n 's/^ *failed: //p' <<<"$counts"); skip=$(sed -n 's/^ *skipped: //p' <<<"$counts")
  if [ -z "$ok" ] || { [ "$code" -ne 0 ] && [ "${bad:-0}" -eq 0 ]; }; then
    cat "$log"; echo "$name ended with $code" | tee -a "$failures"; failed=$((failed + 1))
  elif [ "${bad:-0}" -gt 0 ]; then
    cat "$log"
    # Each failed test with its message: said again at the very end, where a long log is read first.
    awk '/^[^ ]/ { failed = /^failed / } failed' "$log" >>"$failures"
  else
    grep -E '^(skipped|  skipped)' -A1 "$log" | head -40
  fi
  passed=$((passed + ${ok:-0})) failed=$((failed + ${bad:-0})) skipped=$((skipped + ${skip:-0}))
  echo "$name: ${ok:-0} passed, ${bad:-0} failed, ${skip:-0} skipped in $(($(date +%s) - started)) s"
done

cat "$failures"
[ "$passed" -gt 0 ] || failed=$((failed + 1))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
