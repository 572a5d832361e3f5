"""A nightly job: the members of one day become a merge map in the warehouse, and who reads the log learns what changed.

    export SHOP_DATABASE=sqlite:///shop.db ONEID_REGISTRY=sqlite:///registry.db WAREHOUSE=sqlite:///warehouse.db
    python deliver.py --ds 2026-11-22
    python nightly.py --ds 2026-11-22

Exit codes are those of the command: 0 fine, 1 a limit was breached, 2 bad input, 3 internal. On anything but 0 the
outputs of the night before stand untouched. The same day again changes nothing, so a job that was cut off is started
anew.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import oneid

HERE = Path(__file__).resolve().parent
OUT = HERE / "out"
log = logging.getLogger("nightly")


def run(ds: str, out: Path = OUT) -> dict[str, int]:
    """Resolves the members of a day, publishes them in ``out`` and the warehouse, and returns the day's events."""
    config = oneid.load_config(HERE / "oneid.yaml", {"ds": ds})
    with oneid.resolve(config, run_id=f"day-{ds}") as result:
        result.write(out)

    published = oneid.read_run(out)
    tables = published.export("env:WAREHOUSE")
    found = published.summary()
    log.info("%s records, %s rejected", f"{sum(found['records'].values()):,}", f"{found['rejected']:,}")
    log.info("%s OneIDs, %s pairs to review", f"{found['oneids']:,}", f"{found['review']:,}")
    log.info("%s tables in the warehouse, from %s on", len(tables), tables[0])

    new = published.run["run_id"] == f"day-{ds}"
    events = published.events["event"].value_counts().to_dict() if new else {}
    since = published.run["changes"]["since"] or "the beginning"
    log.info("changed since %s: %s", since, ", ".join(f"{n:,} {event}" for event, n in events.items()) or "nothing")
    return events


def main() -> int:
    """Reads the arguments, runs, and turns errors into one line each and an exit code."""
    parser = argparse.ArgumentParser(description="Nightly OneID run")
    parser.add_argument("--ds", required=True, help="the day, and the name of its folder in landing")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    try:
        run(arguments.ds)
    except oneid.OneIDError as error:
        log.error("%s", error)  # noqa: TRY400 - one line; it says what, where and what to do
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
