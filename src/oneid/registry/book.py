"""The registry as programs see it; see :mod:`oneid.registry`."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import polars as pl
import sqlalchemy as sa

from oneid.identity.state import State
from oneid.registry import opening, reading
from oneid.registry.bulk import fetch, table
from oneid.registry.failures import shown, told
from oneid.registry.forgetting import prune
from oneid.registry.locking import held
from oneid.registry.publication import Publication, Step, write
from oneid.registry.reading import Head
from oneid.vocabulary.errors import Place, RegistryError
from oneid.vocabulary.references import RecordRef

if TYPE_CHECKING:
    from oneid.lookup.lookup import Lookup, LookupResult

__all__ = ["Registry"]

_FINGERPRINT: Final = b"a registry of OneIDs"


class Registry:
    """The lasting record of all OneIDs in one database. Made by :meth:`open`, and ended by :meth:`close`.

    Every reading method sees one moment, whole, and never waits for a writer. ``as_of`` is the number of a run (what
    held after it), or a moment with a time zone; left out, it is now. ``notes`` says what was done at opening.
    """

    def __init__(self, engine: sa.Engine, key: bytes | None, notes: tuple[str, ...]) -> None:
        self._engine = engine
        weakref.finalize(self, engine.dispose)  # whoever forgets to close it leaves no connection open
        self._fingerprint = None if key is None else _fingerprint(key)
        self.notes = notes
        self._lookup: tuple[str, Lookup] | None = None

    @classmethod
    def open(cls, url: str, *, base: Path = Path(), key: bytes | None = None, create: bool = True) -> Self:
        """The registry at ``url`` (``sqlite:///FILE``, relative to ``base``, or ``postgresql://...``).

        A new one is made unless ``create`` is false (E602). An older one is brought up to date, on SQLite after a copy
        beside it, ``FILE.before-VERSION.bak``. ``key`` is the key of the OneIDs; the first publication binds the
        registry to it, and another key is refused (E606). Raises RegistryError E600 to E607.
        """
        engine, notes = opening.open_engine(url, base, create=create)
        registry = cls(engine, key, notes)
        try:
            with registry._reading() as connection:
                registry._check_key(connection)
        except BaseException:
            engine.dispose()
            raise
        return registry

    # --- runs --------------------------------------------------------------------------------------------------------

    def head(self) -> Head | None:
        """The last publication; None before the first."""
        with self._reading() as connection:
            return reading.head_of(reading.heads(connection, last=True))

    def runs(self) -> pl.DataFrame:
        """All publications, oldest first: the fields of :class:`Head`, ``info`` as JSON."""
        with self._reading() as connection:
            return reading.heads(connection)

    def knows(self, run_id: str) -> Head | None:
        """The publication of that name, if there was one."""
        with self._reading() as connection:
            return reading.head_of(reading.heads(connection, table("runs").c.run_id == run_id))

    # --- writing -----------------------------------------------------------------------------------------------------

    def lock(self, wait: float = 0.0) -> AbstractContextManager[None]:
        """The one right to publish, to be held for a whole run; it ends with the process at the latest.

        Waits up to ``wait`` seconds, then raises E607, which says who holds it and since when.
        """
        return held(self._engine, wait)

    def publish(self, publication: Publication, *, step: Step | None = None) -> None:
        """Writes ``publication`` in one transaction: the moment in which a run becomes true.

        Raises E608 where another one was published since ``publication.before`` was read, E606 for another key, E620
        where a renumbered member would take over a former member's history. ``step``, for tests, is called before each
        step with its name.
        """
        step = step or (lambda _: None)
        with self._writing() as connection:
            self._bind_key(connection)
            write(connection, publication, step)
            if publication.erased is not None and len(publication.erased):
                _set(connection, "scrub", "pending")
            pending = _setting(connection, "scrub") is not None
            step("commit")
        step("tidy")
        self._tidy(rebuild=pending)

    def prune(self, before: datetime) -> dict[str, int]:
        """Removes history from before that moment; gives the number of removed rows by table.

        What held at that moment, and every later state, still stands. OneIDs, their founders, where they lead and
        their generations always stay, so that none can ever be given again; so do runs, decisions and renumberings.
        """
        with self._writing() as connection:
            number = reading.number_of(connection, before - timedelta(microseconds=1))
            done = prune(connection, number)
            if number > int(_setting(connection, "pruned") or 0):
                _set(connection, "pruned", str(number))
            if any(done.values()):
                _set(connection, "scrub", "pending")
        if any(done.values()):
            self._tidy(rebuild=True)
        return done

    def backup(self, path: Path) -> None:
        """Copies a registry on SQLite, as it stands, into a file, while others read and write it.

        A server's registry is backed up with the server's own tools: E601.
        """
        if self._engine.dialect.name != "sqlite":
            message = "the registry of a server is backed up by the server"
            raise RegistryError("E601", message, place=self._place(), hint="use pg_dump")
        try:
            opening.backup(self._engine, path)
        except OSError as error:
            message = f"the backup cannot be written: {error.strerror}"
            raise RegistryError("E600", message, place=Place(str(path))) from None

    # --- what others need whole --------------------------------------------------------------------------------------

    def state(self, as_of: int | datetime | None = None) -> State:
        """The state that a run goes on from, sorted as :func:`oneid.identity.assignment.assign` leaves it."""
        with self._reading() as connection:
            return reading.state(connection, reading.number_at(connection, as_of))

    def decisions(self) -> pl.DataFrame:
        """Every decision ever taken in, in order: source_l, source_id_l, source_r, source_id_r, decision, by, at,
        reason, ticket, approved_by (all String), run (UInt32). Records are named as they are now.
        """
        of = table("decisions")
        names = [column.name for column in of.columns if column.name not in ("run", "place")]
        query = sa.select(*(of.c[name] for name in names), of.c.run).order_by(of.c.run, of.c.place)
        with self._reading() as connection:
            return fetch(connection, query, dict.fromkeys(names, pl.String) | {"run": pl.UInt32})

    def tombstones(self) -> pl.Series:
        """The tokens of erased records, sorted; String."""
        of = table("tombstones")
        with self._reading() as connection:
            return fetch(connection, sa.select(of.c.token).order_by(of.c.token), {"token": pl.String})["token"]

    def rekeys(self) -> pl.DataFrame:
        """Every renumbering, in order: source, old_id, new_id (String), run (UInt32)."""
        of = table("rekeys")
        query = sa.select(of.c.source, of.c.old_id, of.c.new_id, of.c.run).order_by(of.c.run, of.c.source, of.c.old_id)
        contract = {"source": pl.String, "old_id": pl.String, "new_id": pl.String, "run": pl.UInt32}
        with self._reading() as connection:
            return fetch(connection, query, contract)

    # --- what people ask ---------------------------------------------------------------------------------------------

    def events(
        self,
        *,
        oneid: str | None = None,
        record: RecordRef | None = None,
        since: int | datetime | None = None,
        limit: int | None = None,
    ) -> pl.DataFrame:
        """:data:`oneid.identity.state.EVENTS` in order: all, or those of a OneID (on either side), of a record, of
        the runs after ``since`` (a number or a moment); with ``limit`` the last so many.
        """
        with self._reading() as connection:
            after = None if since is None else reading.number_of(connection, since)
            return reading.events(connection, oneid, record, after, limit)

    def history(self, record: RecordRef) -> pl.DataFrame:
        """Every OneID that a record had, in order: oneid, from_run, from_at, to_run, to_at (null: it has it now)."""
        with self._reading() as connection:
            return reading.history(connection, record)

    def members(self, oneid: str, as_of: int | datetime | None = None) -> pl.DataFrame:
        """The records (:data:`oneid.identity.state.ASSIGNMENTS`) of the living OneID that ``oneid`` leads to, if
        any.
        """
        with self._reading() as connection:
            return reading.members(connection, oneid, reading.number_at(connection, as_of))

    def oneid(self, oneid: str, as_of: int | datetime | None = None) -> dict[str, Any] | None:
        """What is known of a OneID, None if it was never given: ``oneid``, ``born`` (when) and ``born_run``,
        ``founder`` (RecordRef; None: erased), ``generation``, ``current`` (the living OneID that it leads to, maybe
        itself; None: retired), ``under`` (the one that it gave way to), ``since`` (when it began to lead there) and
        ``aliases`` (the other OneIDs that lead to it).
        """
        with self._reading() as connection:
            return reading.oneid(connection, oneid, reading.number_at(connection, as_of))

    def find(self, record: RecordRef, as_of: int | datetime | None = None) -> str | None:
        """The OneID of a record, None if it has none."""
        with self._reading() as connection:
            return reading.find(connection, record, reading.number_at(connection, as_of))

    def lookup(self, record: Mapping[str, str | None], *, source: str | None = None) -> LookupResult:
        """The OneIDs of a record that is in no run yet: see :meth:`oneid.lookup.lookup.Lookup.lookup`. The index is
        that of the last run, opened at the first look-up. Raises what that and :meth:`opened_lookup` raise.
        """
        head = self.head()
        if self._lookup is None or head is None or self._lookup[0] != head.folder:
            self._lookup = "" if head is None else head.folder or "", self.opened_lookup()
        return self._lookup[1].lookup(record, source=source)

    def opened_lookup(self) -> Lookup:
        """Look-ups in the folder of the last run, which go on when the registry is closed.

        Raises RegistryError: E632 where nothing was published yet; InputError: E251, E252, E254 where the folder cannot
        be used.
        """
        head = self.head()
        if head is None or head.folder is None:
            message = "no run was published yet" if head is None else "the registry does not know the last run's folder"
            raise RegistryError("E632", message, place=self._place(), hint="oneid resolve publishes one")
        from oneid.lookup.lookup import Lookup  # loads tables that runs do not need

        return Lookup(Path(head.folder))

    def exposure(self, oneid: str) -> pl.DataFrame:
        """Whose data was shown to whoever held ``oneid``, and when: source, source_id, shown_as, from_at, to_at,
        from_run, to_run, in the order of ``from_run``. ``shown_as`` is the OneID that ``oneid`` led to at the time,
        often itself.
        """
        with self._reading() as connection:
            return reading.exposure(connection, oneid)

    # --- inside ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Lets go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Registry({shown(self._engine.url)!r})"

    def _place(self) -> Place:
        return Place(shown(self._engine.url))

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        level = {"isolation_level": "REPEATABLE READ"} if self._engine.dialect.name == "postgresql" else {}
        with told(self._engine), self._engine.connect().execution_options(**level) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        options = opening.WRITING
        with told(self._engine), self._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def _tidy(self, *, rebuild: bool) -> None:
        """Tidies the file after a commit, which stands whatever happens here. What could not be done because readers
        stood in the way, or because the process was killed, the next write does.
        """
        try:
            done = opening.scrub(self._engine, rebuild=rebuild)
            if done and rebuild:
                with self._writing() as connection:
                    settings = table("settings")
                    connection.execute(settings.delete().where(settings.c.name == "scrub"))
        except RegistryError:
            done = False
        if rebuild and not done:
            note = "what was erased is still in unused parts of the registry's file; the next write removes it"
            self.notes = (*self.notes, note)

    def _check_key(self, connection: sa.Connection) -> str | None:
        known = _setting(connection, "key")
        if known is not None and self._fingerprint not in (None, known):
            hint = "give the key that its OneIDs were made with; with another one all OneIDs would change"
            raise RegistryError("E606", "the registry belongs to another key", place=self._place(), hint=hint)
        return known

    def _bind_key(self, connection: sa.Connection) -> None:
        if self._check_key(connection) is None and self._fingerprint is not None:
            _set(connection, "key", self._fingerprint)


def _fingerprint(key: bytes) -> str:
    return blake2b(_FINGERPRINT, key=key if len(key) <= 64 else blake2b(key).digest(), digest_size=16).hexdigest()


def _setting(connection: sa.Connection, name: str) -> str | None:
    settings = table("settings")
    value = connection.execute(sa.select(settings.c.value).where(settings.c.name == name)).scalar()
    return None if value is None else str(value)


def _set(connection: sa.Connection, name: str, value: str) -> None:
    settings = table("settings")
    connection.execute(settings.delete().where(settings.c.name == name))
    connection.execute(settings.insert(), {"name": name, "value": value})
