#!/usr/bin/env bash
# What a change of rules would move: a run made with the rules in force, judged again by the changed ones. Exit 0: within
# the limits; 1: more would move than they allow.
set -euo pipefail
rules=${1:-jp-members}   # the changed rules, such as rules/members.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

oneid demo --records 2000 --seed 7 --out "$work/demo"   # or fetch the state of last night's run: it holds no personal data
echo '{members_moved_pct: 1, largest: 15}' > "$work/limits.yaml"
oneid diff "$work/demo/out" --rules "$rules" --limits "$work/limits.yaml" --format markdown
