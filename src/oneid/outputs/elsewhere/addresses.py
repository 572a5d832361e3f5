"""Addresses where a path may stand: of databases, and of files that are elsewhere (``s3://``, ``https://``).

Secrets come from the environment (``path: env:CRM_URL``); what is shown of an address has no password.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from oneid.vocabulary.errors import ConfigError, OutputError, Place
from oneid.vocabulary.language import said

__all__ = ["address_of", "is_address", "is_database", "names_files", "refuse_address", "shown"]

_DATABASES = (
    "postgresql", "postgres", "sqlite", "duckdb", "mysql", "mariadb", "oracle", "mssql", "snowflake", "bigquery",
    "redshift", "databricks", "trino", "clickhouse",
)  # fmt: skip
_ADDRESS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]+)://")


def is_address(path: str) -> bool:
    """Whether a path is an address, or the name of a variable that holds one.

    >>> is_address("s3://bucket/ec.csv"), is_address("env:CRM_URL"), is_address("data/ec.csv"), is_address("C://x")
    (True, True, False, False)
    """
    return path.startswith("env:") or _ADDRESS.match(path) is not None


def is_database(address: str) -> bool:
    """Whether it is the address of a database."""
    found = _ADDRESS.match(address)
    return found is not None and found[1].lower().partition("+")[0] in _DATABASES


def names_files(path: str | None) -> bool:
    """Whether the path of a source names files on this machine: no address, and not standard input.

    >>> names_files("data/*.csv"), names_files("-"), names_files("s3://bucket/ec.csv"), names_files(None)
    (True, False, False, False)
    """
    return path is not None and path != "-" and not is_address(path)


def address_of(path: str, place: Place | None = None) -> str:
    """The address itself, from the environment for ``env:NAME``. E143, at ``place``, where that is not set."""
    if not path.startswith("env:"):
        return path
    name = path.removeprefix("env:")
    value = os.environ.get(name, "")
    if not value:
        message = said("the environment variable {name} is not set", name=name)
        hint = said("export {name}=postgresql+psycopg://...", name=name)
        raise ConfigError("E143", message, place=place, hint=hint)
    return value


def shown(address: str) -> str:
    """An address without its password (all up to the last ``@``, for some passwords hold one), and without what stands
    behind a question mark.

    >>> shown("postgresql://crm:p@ss@db/members?sslpassword=x")
    'postgresql://crm:***@db/members'
    """
    return re.sub(r"//([^/@:]*):.*@", r"//\1:***@", address).partition("?")[0]


def refuse_address(folder: str | Path) -> None:
    """Refuses an address where a folder on this machine is needed. E304."""
    if _ADDRESS.match(str(folder)):
        hint = "write to a folder here, and copy it; into a database: oneid export RUN --to URL"
        place = Place(shown(str(folder)))
        raise OutputError("E304", "results are written to a folder on this machine", place=place, hint=hint)
