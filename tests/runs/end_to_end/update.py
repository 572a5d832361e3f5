"""The golden figures of the demo of 2,000 records, seed 1. After a change that is meant to move them:

python tests/runs/end_to_end/update.py && git diff tests/runs/end_to_end
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import oneid

GOLDEN = Path(__file__).with_name("demo_2000.json")


def figures(result: oneid.Result) -> dict[str, Any]:
    """The summary of a run and the first 20 rows of its merge map."""
    rows = result.to_polars()["merge_map"].sort("source", "source_id").drop("run_id").head(20)
    return {"summary": result.summary(), "merge_map": rows.to_dicts()}


def text_of(figures_: dict[str, Any]) -> str:
    """As the file has it: one row of the merge map a line, so that differences can be read."""
    rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in figures_["merge_map"])
    summary = json.dumps(figures_["summary"], ensure_ascii=False, indent=1)
    return f'{{"summary": {summary},\n "merge_map": [\n{rows}\n]}}\n'


if __name__ == "__main__":
    from oneid.demo import generate

    with tempfile.TemporaryDirectory() as folder:
        made = oneid.resolve(generate(records=2000, seed=1).write(folder))
    GOLDEN.write_text(text_of(figures(made)), encoding="utf-8")
