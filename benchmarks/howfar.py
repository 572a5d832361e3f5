"""How time and memory grow with the records: the figures, the picture and the tables of the page "How far does it go".

Usage: ``python benchmarks/howfar.py [--records 100000 1000000 3000000 10000000] [--seed 5] [--measured FILE]``

For each size a demo of people who are all different is written (:func:`oneid.demo.write_files`, block by block), then
``oneid resolve`` runs as a whole process, csv to all files, and the merge map is measured against the demo's truth.
What was measured goes into ``benchmarks/howfar.json``, beside the figures of other sizes that stand there; of each size
the newest counts. From that file ``docs/images/how-far.svg`` is drawn, and the tables are put between the marks of the
pages ``how-far.md`` in English and Japanese. With ``--records`` and no size nothing is measured, and the pages are made
anew.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import vl_convert
from run import HERE, machine, timed

from oneid.demo import write_files
from oneid.evaluation.measures import quality
from oneid.vocabulary.version import VERSION

MEASURED = HERE / "howfar.json"
PICTURE = HERE.parent / "docs/images/how-far.svg"
PAGES = {
    "en": HERE.parent / "docs/en/explanation/how-far.md",
    "ja": HERE.parent / "docs/ja/explanation/how-far.md",
}
BEGIN, END = "<!-- figures of benchmarks/howfar.py -->\n", "<!-- end of figures -->\n"
HEADS = {
    "en": ("records", "seconds", "peak memory, GB", "candidate pairs", "precision", "recall", "lost", "measured"),
    "ja": ("レコード数", "秒", "最大メモリ（GB）", "候補ペア数", "適合率", "再現率", "失われた件数", "測定日"),
}
GROWTH = {
    "en": "From {first} to {last} records time grows with the power {seconds:.2f} of the records, memory with "
    "{memory:.2f}.",
    "ja": "{first}件から{last}件まで、時間はレコード数の{seconds:.2f}乗、メモリは{memory:.2f}乗で増えます。",
}


def measured(records: int, seed: int) -> dict[str, Any]:
    """One run of a demo of so many records."""
    folder = Path(tempfile.mkdtemp(prefix="oneid-howfar-"))
    try:
        write_files(folder / "demo", records, seed)
        out = folder / "out"
        took = timed([sys.executable, "-m", "oneid", "resolve", str(folder / "demo/oneid.yaml"), "--out", str(out)])
        run = json.loads((out / "run.json").read_text("utf-8"))
        truth = pl.read_csv(folder / "demo/truth.csv", infer_schema=False)
        truth = truth.rename({"system": "source", "member_id": "source_id"})
        found = quality(pl.read_parquet(out / "merge_map.parquet"), truth)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "records": records, "seconds": round(took.seconds, 1), "peak_mb": took.peak_mb,
        "pairs": run["candidate_pairs"], "precision": round(found.precision, 4), "recall": round(found.recall, 4),
        "lost": found.lost, "stages": {one["stage"]: [one["seconds"], one["peak_mb"]] for one in run["stages"]},
        "day": datetime.now(UTC).date().isoformat(), "machine": machine(), "version": VERSION,
    }  # fmt: skip


def power(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    """The exponent of a power law through the figures: the slope of a line through their logarithms (least squares)."""
    x, y = ([math.log(row[column]) for row in rows] for column in ("records", name))
    middle = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - middle[0]) * (b - middle[1]) for a, b in zip(x, y, strict=True))
    return above / sum((a - middle[0]) ** 2 for a in x)


def table(rows: Sequence[Mapping[str, Any]], lang: str) -> str:
    """The figures as Markdown, and by which powers they grow."""
    lines = [HEADS[lang], ["---:"] * (len(HEADS[lang]) - 1) + ["---"]]
    lines += [
        [
            f"{row['records']:,}", f"{row['seconds']:,.0f}", f"{row['peak_mb'] * 2**20 / 1e9:.1f}", f"{row['pairs']:,}",
            f"{row['precision']:.4f}", f"{row['recall']:.4f}", str(row["lost"]), row["day"],
        ]
        for row in rows
    ]  # fmt: skip
    said = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    if len(rows) > 1:
        ends = {"first": f"{rows[0]['records']:,}", "last": f"{rows[-1]['records']:,}"}
        grown = {"seconds": power(rows, "seconds"), "memory": power(rows, "peak_mb")}
        said += "\n" + GROWTH[lang].format(**ends, **grown) + "\n"
    return f"{rows[-1]['machine']}.\n\n{said}"


def drawn(rows: Sequence[Mapping[str, Any]]) -> str:
    """Seconds and gigabytes by records, both axes logarithmic, as SVG."""
    held = [
        {"records": row["records"], "what": what, "value": value}
        for row in rows
        for what, value in (("seconds", row["seconds"]), ("GB", row["peak_mb"] * 2**20 / 1e9))
    ]
    base = alt.Chart(alt.InlineData(values=held)).encode(
        x=alt.X("records:Q", title="records", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", tickCount=5)),
        y=alt.Y("value:Q", title="seconds, GB", scale=alt.Scale(type="log"), axis=alt.Axis(format="~g", tickCount=6)),
        color=alt.Color("what:N", title=None, scale=alt.Scale(domain=["seconds", "GB"], range=["#2a85c8", "#d4611f"])),
    )
    text = base.mark_text(dy=-10).encode(text=alt.Text("value:Q", format=",.3~r"))
    chart = (base.mark_line(point=True) + text).properties(width=460, height=260).configure(background="white")
    svg: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return svg


def put(page: Path, text: str) -> None:
    """Puts the figures between the marks of a page."""
    said = page.read_text("utf-8")
    before, _, rest = said.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}{text}{END}{after}", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="*", default=[100_000, 1_000_000, 3_000_000, 10_000_000])
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--measured", type=Path, default=MEASURED)
    args = parser.parse_args()
    before = json.loads(args.measured.read_text("utf-8")) if args.measured.exists() else []
    known = {row["records"]: row for row in before}
    for records in args.records:
        known[records] = measured(records, args.seed)
        print(json.dumps(known[records]), flush=True)
        rows = [known[size] for size in sorted(known)]
        args.measured.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    rows = [known[size] for size in sorted(known)]
    for lang, page in PAGES.items():
        put(page, table(rows, lang))
    PICTURE.write_text(drawn(rows), "utf-8")


if __name__ == "__main__":
    main()
