#!/usr/bin/env bash
# The same night by the command alone, for cron (oneid.cron): resolve, write to the warehouse, say what changed.
# Usage: nightly.sh [DAY]. Exits as oneid does: 0 fine, 1 a limit was breached, 2 bad input, 3 internal.
set -euo pipefail
cd "$(dirname "$0")"
ds=${1:-$(date +%F)}

say() { echo "$(date +%FT%T%z) $*"; }
trap 'say "$ds ended with exit code $?"' EXIT

say "$ds begins"
oneid resolve oneid.yaml --var "ds=$ds" --run-id "day-$ds" --out out
oneid export out --to env:WAREHOUSE
oneid registry log --limit 20
