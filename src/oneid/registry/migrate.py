"""Making the registry's tables, and bringing older ones up to date, by Alembic's steps in one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from oneid.registry.failures import shown
from oneid.registry.schema import METADATA, create_views, drop_views
from oneid.vocabulary.errors import Place, RegistryError
from oneid.vocabulary.language import said

if TYPE_CHECKING:  # Alembic takes a quarter of a second to import, and is needed for an older registry alone
    from alembic.script import ScriptDirectory

__all__ = ["LATEST", "VERSIONS", "latest", "upgrade", "version"]

VERSIONS: Final = "oneid_registry_version"
"""Where Alembic keeps the version: a name of our own, for a database may hold other programs' tables."""


LATEST: Final = "0002"
"""The last of the steps in ``migrations``."""


def _script() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(Path(__file__).parent / "migrations"))


def latest() -> str:
    """The version that this code reads and writes."""
    return LATEST


def version(connection: sa.Connection) -> str | None:
    """The version of the registry in a database; None where there is none.

    Raises E605 where the version is a newer one, or where tables of the same names are another program's.
    """
    place = Place(shown(connection.engine.url))
    names = set(sa.inspect(connection).get_table_names())
    found = None
    if VERSIONS in names:
        number = sa.table(VERSIONS, sa.column("version_num"))
        found = connection.execute(sa.select(number.c.version_num)).scalar()
    if found is None:
        clash = sorted(names & set(METADATA.tables))
        if clash:
            message = said("there are tables of another program: {names}", names=", ".join(clash))
            hint = "give the registry a database or a schema of its own"
            raise RegistryError("E605", message, place=place, hint=hint)
    elif found != LATEST and found not in {step.revision for step in _script().walk_revisions()}:
        message = said(
            "the registry has version {found}; this program knows none later than {latest}",
            found=found,
            latest=latest(),
        )
        raise RegistryError("E605", message, place=place, hint="install the newer version of oneid")
    return found


def upgrade(connection: sa.Connection, to: str = "head") -> None:
    """Makes or updates tables and views, inside the transaction of ``connection``."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    script = _script()
    options = {"version_table": VERSIONS, "fn": lambda done, _: script._upgrade_revs(to, done)}
    context = MigrationContext.configure(connection, opts=options)
    drop_views(connection)
    with Operations.context(context):
        context.run_migrations()
    if to == "head":
        create_views(connection)
