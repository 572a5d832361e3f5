"""The registry as programs see it; see :mod:`oneid.registry`."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import polars as pl
import sqlalchemy as sa

from oneid.identity.state import State
from oneid.outputs.folderbond import Address, Found, find
from oneid.registry import filesum, forgetting, opening, reading
from oneid.registry.bulk import drop_setting, fetch, put_setting, setting, table
from oneid.registry.failures import not_ours, shown, told
from oneid.registry.locking import held
from oneid.registry.publication import Publication, Step, bind, decide, fingerprint, key_of, write
from oneid.registry.reading import Head, LastRun
from oneid.vocabulary.errors import Place, RegistryError
from oneid.vocabulary.forks import one_process
from oneid.vocabulary.references import RecordRef

if TYPE_CHECKING:
    from oneid.lookup.answers import LookupResult
    from oneid.lookup.lookup import Lookup

__all__ = ["Registry"]


class Registry:
    """The lasting record of all OneIDs in one database. Made by :meth:`open`, and ended by :meth:`close`.

    Every reading method sees one moment, whole, and never waits for a writer. ``as_of`` is the number of a run (what
    held after it), or a moment with a time zone; left out, it is now. ``notes`` says what was done at opening.
    """

    def __init__(self, engine: sa.Engine, key: bytes | None, notes: tuple[str, ...], base: Path = Path()) -> None:
        self._engine = engine
        self._base = base
        weakref.finalize(self, engine.dispose)  # whoever forgets to close it leaves no connection open
        self._key = None if key is None else fingerprint(key)
        self.notes = notes
        self._lookup: tuple[str, Lookup] | None = None
        self._closed = self._untidy = False

    @classmethod
    def open(
        cls, url: str, *, base: Path = Path(), key: bytes | None = None, create: bool = True, update: bool = True
    ) -> Self:
        """The registry at ``url`` (``sqlite:///FILE``, relative to ``base``, or ``postgresql://...``).

        A new one is made unless ``create`` is false (E602). An older one is brought up to date unless ``update`` is
        false (E639), on SQLite after a copy beside it, ``FILE.before-VERSION.bak``. ``key`` is the key of the OneIDs;
        the first publication binds the registry to it, and another key is refused (E606). Raises E600 to E607.
        """
        one_process()
        engine, notes = opening.open_engine(url, base, create=create, update=update)
        registry = cls(engine, key, notes, base)
        try:
            with registry._reading() as connection:
                key_of(connection, registry._key)
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

    def address(self) -> Address:
        """Where it is, and its id, once it has one: by these a folder is bound to it."""
        file = opening.file_of(self._engine)
        with self._reading() as connection:
            server = opening.server_of(connection)
            return Address(setting(connection, "id"), file, server, self._base.resolve(), opening.is_there)

    def original(self) -> str | None:
        """The registry's file that this one is a copy of, if that is still there."""
        with self._reading() as connection:
            identity, last = setting(connection, "id"), setting(connection, "at")
        return opening.original(self._engine, identity, last)

    def folders(self) -> Found:
        """Where the folder of the last run is, as far as it can be found."""
        head = self.head()
        return Found((), 0, {}) if head is None else find(head.folder, head.info.get("seen", {}), self.address())

    # --- writing -----------------------------------------------------------------------------------------------------

    def lock(self, wait: float = 0.0) -> AbstractContextManager[None]:
        """The one right to publish, to be held for a whole run; it ends with the process at the latest.

        Waits up to ``wait`` seconds, then raises E607, which says who holds it and since when.
        """
        return held(self._engine, wait)

    def identify(self) -> Address:
        """Its address, with the id that all its copies have; the first call gives it one."""
        found = self.address()
        if found.id is None:
            with self._writing() as connection:
                if setting(connection, "id") is None:
                    put_setting(connection, "id", uuid4().hex)
            found = self.address()
        return found

    def publish(self, publication: Publication, *, step: Step | None = None) -> None:
        """Writes ``publication`` in one transaction: the moment in which a run becomes true.

        Raises E608 where another one was published since ``publication.before`` was read, E606 for another key, E620
        where a renumbered member would take over a former member's history. ``step``, for tests, is called before each
        step with its name.
        """
        step = step or (lambda _: None)
        with self._writing() as connection:
            bind(connection, self._key)
            file = opening.file_of(self._engine)
            if file is not None and setting(connection, "at") != str(file.resolve()):
                put_setting(connection, "at", str(file.resolve()))
            if setting(connection, "backup") is not None:  # it was put in place, and goes on from here
                drop_setting(connection, "backup")
            write(connection, publication, step)
            if publication.erased is not None and len(publication.erased):
                put_setting(connection, "scrub", "pending")
            pending = setting(connection, "scrub") is not None
            step("commit")
        step("tidy")
        self._tidy(rebuild=pending)

    def decide(self, after: int, new: pl.DataFrame, undone: int | None = None) -> int:
        """Takes decisions in between two runs, at once and for good; the next run heeds them. ``after``: the number of
        the last run (E608 where there is another). ``new``: as :attr:`Publication.decisions`; gives the place of the
        first. With the place of one that was taken in so, as ``undone``, ``new`` is that decision, and is taken back.
        """
        with self._writing() as connection:
            place = decide(connection, after, new, undone)
        self._untidy = True
        return place

    def prune(self, before: datetime) -> dict[str, int]:
        """Removes history from before that moment; gives the number of removed rows by table.

        What held at that moment, and every later state, still stands. OneIDs, their founders, where they lead and
        their generations always stay, so that none can ever be given again; so do runs, decisions and renumberings.
        """
        with self._writing() as connection:
            number = reading.number_of(connection, before, before=True)
            done = forgetting.prune(connection, number)
            if number > int(setting(connection, "pruned") or 0):
                put_setting(connection, "pruned", str(number))
            if any(done.values()):
                put_setting(connection, "scrub", "pending")
        self._tidy(rebuild=any(done.values()))
        return done

    def backup(self, path: Path) -> None:
        """Copies a registry on SQLite, as it stands, into a file, while others read and write it.

        A server's registry is backed up with the server's own tools: E601. A file that is no earlier backup of this
        registry is not replaced: E307.
        """
        if self._engine.dialect.name != "sqlite":
            message = "the registry of a server is backed up by the server"
            raise RegistryError("E601", message, place=self._place(), hint="use pg_dump")
        opening.backup(self._engine, path, self.address().id)

    def look_through(self) -> None:
        """Has SQLite look through its whole file; raises E604 where it is damaged. A server looks after its own."""
        filesum.walk(self._engine)

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

    def sources(self) -> list[str]:
        """The sources that any run had members of, sorted."""
        of = table("memberships")
        with self._reading() as connection:
            found = fetch(connection, sa.select(of.c.source).distinct().order_by(of.c.source), {"source": pl.String})
        return found["source"].to_list()

    def receipts(self) -> list[dict[str, Any]]:
        """The receipts of all erasures, oldest first, without personal data; see :class:`oneid.runs.acts.Receipt`.
        Where what was erased is still in unused parts of the database, their ``to_do`` says so.
        """
        more = [forgetting.UNUSED] if self.unclean else []
        with self._reading() as connection:
            return reading.receipts(connection, more)

    @property
    def beyond_reach(self) -> list[str]:
        """Where what is erased may still be, and no program of ours comes."""
        return [forgetting.OF_SERVERS] if self._engine.dialect.name == "postgresql" else []

    @property
    def unclean(self) -> bool:
        """Whether what was erased or pruned is still in unused parts of the database."""
        with self._reading() as connection:
            return setting(connection, "scrub") is not None

    def clean(self) -> None:
        """Removes what is still there, if anything is and nobody stands in the way."""
        if self.unclean:
            self._tidy(rebuild=True)

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
        """The records (:data:`oneid.identity.state.ASSIGNMENTS`) of the living OneID that ``oneid`` leads to."""
        with self._reading() as connection:
            return reading.members(connection, oneid, reading.number_at(connection, as_of))

    def oneid(self, oneid: str, as_of: int | datetime | None = None) -> dict[str, Any] | None:
        """What is known of a OneID, None if it was never given: ``oneid``, ``born`` (when) and ``born_run``,
        ``founder`` (RecordRef; None: erased), ``generation``, ``current`` (the living OneID that it leads to, maybe
        itself; None: retired), ``under`` (which it gave way to), ``since`` (when it began to lead there), ``aliases``.
        """
        with self._reading() as connection:
            return reading.oneid(connection, oneid, reading.number_at(connection, as_of))

    def departed(self, oneid: str) -> pl.DataFrame:
        """The records (source, source_id) that are no members now, and had ``oneid`` or one that leads to it."""
        with self._reading() as connection:
            return reading.departed(connection, oneid)

    def names(self, record: RecordRef) -> bool:
        """Whether a record is named anywhere in it, be it a member or not."""
        with self._reading() as connection:
            return forgetting.names(connection, record)

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
        """Look-ups in the folder of the last run, which go on when the registry is closed. Raises what
        :meth:`last_folder` does; E624, E631 where it does not hold that run; E251, E252, E254 where it cannot be used.
        """
        from oneid.lookup.lookup import Lookup  # loads tables that runs do not need

        return Lookup(self.last_folder(), self.last_run)

    def last_folder(self) -> Path:
        """The folder of the last run. E632 where nothing was published yet, E633 where this is a copy without one."""
        head, found = self.head(), self.folders()
        if head is None or head.folder is None:
            message = "no run was published yet" if head is None else "the registry does not know the last run's folder"
            raise RegistryError("E632", message, place=self._place(), hint="oneid resolve publishes one")
        if found.others and not found.ours:
            raise not_ours(*next(iter(found.others.items())))
        return found.ours[0] if found.ours else Path(head.folder)

    @property
    def last_run(self) -> LastRun:
        """Asks for the last publication, also when the registry is closed."""
        return LastRun(self._engine, lambda: self._closed)

    def exposure(self, oneid: str) -> pl.DataFrame:
        """Whose data was shown to whoever held ``oneid``, and when: source, source_id, shown_as (what ``oneid`` led to
        then), from_at, to_at, from_run, to_run, in the order of ``from_run``.
        """
        with self._reading() as connection:
            return reading.exposure(connection, oneid)

    # --- inside ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Lets go of the database."""
        if self._untidy:
            self._tidy(rebuild=False)
        self._closed, self._untidy = True, False
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
        one_process()
        level = {"isolation_level": "REPEATABLE READ"} if self._engine.dialect.name == "postgresql" else {}
        with told(self._engine), self._engine.connect().execution_options(**level) as connection:
            opening.stale(connection)  # it is connected anew then
            yield connection
            if opening.stale(connection):
                message = "another process began to write to the registry"
                raise RegistryError("E607", message, place=self._place(), hint="try again")

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        one_process()
        options = opening.WRITING
        with told(self._engine), self._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def _tidy(self, *, rebuild: bool) -> None:
        """Tidies the file after a commit, which stands whatever happens here. What could not be done because readers
        stood in the way, or the disk was full, or the process was killed, the next run does.
        """
        try:
            done = forgetting.scrub(self._engine, rebuild=rebuild)
            if done and rebuild:
                with self._writing() as connection:
                    drop_setting(connection, "scrub")
                forgetting.scrub(self._engine, rebuild=False)
        except RegistryError:
            done = False
        if rebuild and not done:
            self.notes = (*self.notes, forgetting.UNUSED)
