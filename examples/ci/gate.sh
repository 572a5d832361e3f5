#!/usr/bin/env bash
# A gate for merge rules: resolve demo data whose truth is known, with limits. Exit 0: publish; 1: a limit was breached.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

oneid demo --records 2000 --seed 7 --out "$work/demo"
# Your own rules go here: sed -i "s|^rules: .*|rules: $PWD/rules/members.yaml|" "$work/demo/oneid.yaml"
echo 'limits: {largest: 15}' >> "$work/demo/oneid.yaml"
oneid resolve "$work/demo/oneid.yaml" --out "$work/out"
python "$(dirname "$0")/quality_gate.py" "$work/out" "$work/demo/truth.csv" --precision 0.95 --recall 0.75
