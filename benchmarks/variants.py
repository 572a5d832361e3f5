"""What a run costs more where one value is on 1 % of all records, and where there is a registry.

Usage: ``python benchmarks/variants.py [--records 1000000] [--rounds 3] [--seed 5] [--only NAME ...] [--print-only]``

The demo is made once. Its files are copied with one value on every hundredth record of each source that has the field:
a phone, an address of mail, a home (postcode and address). In each round whole commands run in turn: ``oneid resolve``
of the demo as it is, of each of these, and of the demo with a registry that knows nobody yet (SQLite). Told are the
medians of the clock, the most memory held, and the median of the rounds' ratios to the demo as it is. Targets: 1.3 for
a shared value, 1.25 for a registry.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import yaml
from results import tell
from run import Timed, timed

from oneid.demo import write_files

SHARED: Mapping[str, Mapping[str, str]] = {
    "a phone": {"phone": "090-1234-5678"},
    "a mail": {"email": "info@example.co.jp"},
    "a home": {"postcode": "150-0002", "address": "東京都渋谷区渋谷2-21-1"},
}
"""By variant the values on every hundredth record, by field; a field of several columns has them in the first."""
EVERY = 100


def first_column(spec: object) -> str:
    """The first column of a field of the config."""
    while not isinstance(spec, str):
        spec = next(iter(spec.get("join") or spec.values())) if isinstance(spec, dict) else spec[0]  # type: ignore[index]
    return spec


def shared(demo: Path, folder: Path, values: Mapping[str, str]) -> Path:
    """A copy of a demo's config and sources with values on every hundredth row; the path of the config."""
    folder.mkdir()
    config = yaml.safe_load((demo / "oneid.yaml").read_text("utf-8"))
    for source in config["sources"].values():
        columns = {first_column(source["fields"][field]): value for field, value in values.items()
                   if field in source["fields"]}  # fmt: skip
        encoding = source.get("encoding", "utf-8")
        with (
            (demo / source["path"]).open(encoding=encoding, newline="") as read,
            (folder / source["path"]).open("w", encoding=encoding, newline="") as write,
        ):
            rows = csv.DictReader(read)
            out = csv.DictWriter(write, rows.fieldnames or ())
            out.writeheader()
            for number, row in enumerate(rows):
                out.writerow({**row, **columns} if number % EVERY == 0 else row)
    return Path(shutil.copy(demo / "oneid.yaml", folder))


def variants(demo: Path, folder: Path) -> dict[str, Path]:
    """The configs by name."""
    found = {"as it is": demo / "oneid.yaml"}
    for number, (name, values) in enumerate(SHARED.items()):
        found[name] = shared(demo, folder / f"shared{number}", values)
    found["a registry"] = demo / "registered.yaml"
    text = (demo / "oneid.yaml").read_text("utf-8")
    found["a registry"].write_text(f"{text}registry: sqlite:///r.db\n", "utf-8")
    return found


def resolved(config: Path, out: Path) -> Timed:
    """A first run of a config."""
    shutil.rmtree(out, ignore_errors=True)
    for left in config.parent.glob("r.db*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    return timed([sys.executable, "-m", "oneid", "resolve", str(config), "--out", str(out)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=[*SHARED, "a registry"])
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder) / "demo", args.records, args.seed)
        configs = variants(Path(folder) / "demo", Path(folder))
        if args.only:
            configs = {name: config for name, config in configs.items() if name in ("as it is", *args.only)}
        found: dict[str, list[Timed]] = {name: [] for name in configs}
        for number in range(args.rounds):
            for name, config in configs.items():
                found[name].append(resolved(config, Path(folder) / "out"))
                print(f"round {number + 1}, {name}: {found[name][-1].seconds:.1f} s", flush=True)
    plain = found["as it is"]
    rows = [
        [
            name, f"{median(one.seconds for one in runs):.1f}", f"{median(one.cpu for one in runs):.1f}",
            f"{max(one.peak_mb for one in runs):,}",
            f"{median(one.seconds / other.seconds for one, other in zip(runs, plain, strict=True)):.2f}",
        ]
        for name, runs in found.items()
    ]  # fmt: skip
    tell(
        f"a shared value and a registry, {args.records:,} demo records, seed {args.seed}, {args.rounds} rounds",
        ["demo", "seconds", "CPU seconds", "peak MB", "ratio, median of rounds"], rows, write=not args.print_only,
    )  # fmt: skip


if __name__ == "__main__":
    main()
