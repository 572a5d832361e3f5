"""Splink beside oneid on the same records: the same normalized columns, the same candidate pairs, one machine.

Usage: ``python benchmarks/peers.py [--records 100000 ...] [--seed 5] [--python PATH] [--print-only]``

oneid reads and normalizes a demo and writes its columns and the effective keys of its blocking rules to a file. Splink
5.0.0 on DuckDB (an environment of its own, made here unless ``--python`` names one) trains, predicts and clusters on
these with an expert's settings (``benchmarks/peers_splink.py``), and is given the threshold that the truth likes best.
So Splink gets Japanese normalizing, keys that are cut to size and its best threshold as a present; what is compared is
the evidence, its weights, and the verdicts on whole clusters. oneid runs as a whole process, from CSV to all files,
without knowing the truth.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from peer_env import peer_python
from results import tell
from run import Timed, timed

from oneid.demo import generate
from oneid.evaluation.measures import Quality, quality
from oneid.kinds.phone.normalizer import is_mobile
from oneid.runs import stages
from oneid.runs.preparing import prepare
from oneid.settings import configfile
from oneid.vocabulary.codes import Codes

HERE = Path(__file__).resolve().parent
SPLINK = "splink==5.0.0"
HEAD = (
    "records", "program", "P", "R", "F1", "B-cubed F1", "wrong per 10,000", "pairs to clusters, s", "whole, s",
    "peak MB",
)  # fmt: skip


def texts(features: pl.DataFrame) -> pl.DataFrame:
    """What Splink compares: one row per record, String unless said otherwise, null for unknown; of several phones and
    mail addresses the first of each kind, year and month Int.
    """
    phones = features.select(phone=pl.col("phone").list.explode(keep_nulls=True, empty_as_null=True))["phone"]
    rows = pl.int_range(pl.len(), dtype=pl.UInt32)
    owners = features.select(pl.col("phone"), rows.alias("row")).explode("phone", empty_as_null=True)
    owners = owners.with_columns(is_mobile(phones).alias("is_mobile"))
    lines = owners.group_by("row").agg(
        mobile=pl.col("phone").filter(pl.col("is_mobile")).drop_nulls().first(),
        land=pl.col("phone").filter(~pl.col("is_mobile")).drop_nulls().first(),
    )
    low, high = pl.min_horizontal("key_family", "key_given"), pl.max_horizontal("key_family", "key_given")
    both = pl.col("key_family").is_not_null() & pl.col("key_given").is_not_null()
    day = pl.date("year", "month", "day").dt.to_string("%Y-%m-%d")
    made = features.select(
        record=rows,
        kanji="name",
        reading=pl.when(both).then(pl.concat_str(low, high, separator=" ")),
        family="family",
        given="given",
        family_key="key_family",
        given_key="key_given",
        birth=day,
        year="year",
        month="month",
        email=pl.col("email").list.first(),
        mailbox=pl.col("mailbox").list.first(),
        nickname="nickname",
        sex="sex",
        **{part: part for part in ("town", "block", "room", "postcode")},
    )
    return made.join(lines, left_on="record", right_on="row", how="left", maintain_order="left")


def key_column(slots: Sequence[Codes]) -> pl.Series:
    """The effective keys of one blocking rule: UInt64, or List(UInt64) where a record may have several."""
    columns = [_nulled(slot) for slot in slots]
    if len(columns) == 1:
        return columns[0]
    frame = pl.DataFrame({str(at): column for at, column in enumerate(columns)})
    return frame.select(pl.concat_list(pl.all()).list.drop_nulls().list.unique()).to_series()


def _nulled(slot: Codes) -> pl.Series:
    there: npt.NDArray[np.bool_] = slot != 0
    return pl.DataFrame({"key": slot, "there": there}).select(pl.when("there").then("key")).to_series()


def export(demo: Path, folder: Path) -> pl.DataFrame:
    """Writes ``records.parquet`` for Splink; gives source and source_id of each record."""
    settings = prepare(configfile.load(demo / "oneid.yaml"))
    records = stages.read(settings, {}, erased=None, known=None)
    plan = stages.every_pair(settings, records).plan()
    keys = {f"key_{at:02}": key_column(slots) for at, slots in enumerate(plan.slots) if slots}
    texts(settings.trusted(records.features).select(records.features.columns)).with_columns(**keys).write_parquet(
        folder / "records.parquet"
    )
    return records.ids.with_row_index("record")


def row(records: int, name: str, found: Quality, core: float, whole: Timed) -> list[str]:
    return [
        f"{records:,}", name, f"{found.precision:.4f}", f"{found.recall:.4f}", f"{found.f1:.4f}", f"{found.b3_f1:.4f}",
        f"{found.wrong_per_10k:.1f}", f"{core:.1f}", f"{whole.seconds:.1f}", f"{whole.peak_mb:,}",
    ]  # fmt: skip


def splink(
    command: list[str], folder: Path, names: pl.DataFrame, truth: pl.DataFrame, records: int
) -> tuple[list[str], str]:
    """Splink's row and what it did, at the threshold with the best F1; ``command`` ends in the name of the settings."""
    whole = timed(command)
    figures = json.loads((folder / "splink.json").read_text("utf-8"))
    made = pl.read_parquet(folder / "clusters.parquet")
    by_weight = {
        int(key[0]): quality(part.join(names, on="record").rename({"cluster": "oneid"}), truth)
        for key, part in made.group_by("weight")
    }
    best = max(sorted(by_weight), key=lambda weight: by_weight[weight].f1)
    cluster = figures["cluster"][str(best)]
    curve = ", ".join(f"{w}: {q.precision:.3f}/{q.recall:.3f}" for w, q in sorted(by_weight.items()))
    note = (
        f"{records:,} records, household evidence {command[-1]}: Splink trains {figures['train']:.1f} s, predicts "
        f"{figures['predict']:.1f} s, clusters {cluster:.1f} s at its best threshold, {best} bits (P/R "
        f"by threshold: {curve})."
    )
    core = figures["train"] + figures["predict"] + cluster
    return row(records, f"Splink 5.0.0, household evidence {command[-1]}", by_weight[best], core, whole), note


def ours(demo: Path, out: Path, truth: pl.DataFrame, records: int) -> list[str]:
    """The row of oneid, of a whole process."""
    whole = timed([sys.executable, "-m", "oneid", "resolve", str(demo / "oneid.yaml"), "--out", str(out)])
    run = json.loads((out / "run.json").read_text("utf-8"))
    core = sum(stage["seconds"] for stage in run["stages"] if stage["stage"] in ("compare", "judge", "cluster"))
    return row(records, "oneid", quality(pl.read_parquet(out / "merge_map.parquet"), truth), core, whole)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000])
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--python", type=Path, help=f"an interpreter that has {SPLINK}")
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    rows, notes = [], []
    with peer_python(args.python, SPLINK) as python, tempfile.TemporaryDirectory(prefix="oneid-peers-") as place:
        for records in args.records:
            folder = Path(place, str(records))
            folder.mkdir()
            generate(records=records, seed=args.seed).write(folder / "demo")
            truth = pl.read_csv(folder / "demo/truth.csv", infer_schema=False)
            truth = truth.rename({"system": "source", "member_id": "source_id"})
            names = export(folder / "demo", folder)
            for evidence in ("apart", "together"):
                command = [str(python), str(HERE / "peers_splink.py"), str(folder), evidence]
                theirs, note = splink(command, folder, names, truth, records)
                rows.append(theirs)
                notes.append(note)
            rows.append(ours(folder / "demo", folder / "out", truth, records))
    tell(f"beside Splink, demo of seed {args.seed}", HEAD, rows, note=" ".join(notes), write=not args.print_only)


if __name__ == "__main__":
    main()
