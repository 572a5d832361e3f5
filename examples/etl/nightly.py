"""A nightly job: five member files of one day become a merge map, and the shop's members get their OneID.

    oneid demo --records 20000 --out landing/2026-11-22
    python nightly.py --ds 2026-11-22

Exit codes are those of the command: 0 fine, 1 a limit was breached, 2 bad input, 3 internal. On anything but 0 the
outputs of the night before stand untouched.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import polars as pl

import oneid

HERE = Path(__file__).resolve().parent
log = logging.getLogger("nightly")


def run(landing: Path, warehouse: Path) -> None:
    """Resolves the members in ``landing`` and writes everything into ``warehouse``."""
    config = oneid.load_config(HERE / "oneid.yaml", {"landing": str(landing.resolve())})
    result = oneid.resolve(config, run_id=landing.name)
    found = result.summary()
    log.info("%s records, %s rejected", f"{sum(found['records'].values()):,}", f"{found['rejected']:,}")
    log.info("%s OneIDs, %s pairs to review", f"{found['oneids']:,}", f"{found['review']:,}")

    result.write(warehouse / "oneid")
    members = pl.read_csv(landing / "ec.csv", infer_schema=False)
    result.attach(members, source="ec", id="member_id").write_parquet(warehouse / "ec_with_oneid.parquet")


def main() -> int:
    """Reads the arguments, runs, and turns errors into one line each and an exit code."""
    parser = argparse.ArgumentParser(description="Nightly OneID run")
    parser.add_argument("--ds", required=True, help="the day, and the name of its folder in landing")
    parser.add_argument("--landing", type=Path, default=HERE / "landing")
    parser.add_argument("--warehouse", type=Path, default=HERE / "warehouse")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        run(arguments.landing / arguments.ds, arguments.warehouse)
    except oneid.OneIDError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
