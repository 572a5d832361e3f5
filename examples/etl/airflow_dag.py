"""The same night in Airflow (3.0 or later): beside nightly.py and oneid.yaml in the folder of DAGs.

What is wrong with data or config is wrong the second time too, so it fails at once, in words; anything else, such as a
database that does not answer to the warehouse, is tried again. One night at a time: OneIDs are given in order.
"""

from __future__ import annotations

import datetime as dt
import logging

import nightly
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

import oneid


@task(retries=2, retry_delay=dt.timedelta(minutes=10))
def resolve(ds: str | None = None) -> dict[str, int]:
    """Publishes the members of the day, which Airflow fills in, and returns the day's events."""
    try:
        return nightly.run(str(ds))
    except oneid.OneIDError as error:
        raise AirflowFailException(f"exit code {error.exit_code}: {error}") from None


@task
def tell(events: dict[str, int]) -> None:
    """Says what changed; a place for a message to a chat."""
    logging.getLogger(__name__).info("OneIDs: %s", events or "nothing new")


@dag(schedule="30 3 * * *", start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), catchup=False, max_active_runs=1)
def members() -> None:
    """Resolves the members of a day, then says what changed."""
    tell(resolve())


members()
