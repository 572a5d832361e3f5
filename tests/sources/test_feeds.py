"""A feed against what is known: every member is new, changed, the same, kept or gone, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from oneid.daily.kept import reading
from oneid.settings.config import Feed as FeedSpec
from oneid.settings.config import FieldSpec, Source
from oneid.settings.configfile import from_dict
from oneid.sources.feeds import DEPARTED, STALE, Feed, against, departed, prints, without_late, without_stale
from oneid.sources.reading import SourceRows, read_source
from oneid.vocabulary.contracts import REJECTED

NAMES = dict.fromkeys(("id", "name"), pl.String)


def read(
    rows: Sequence[tuple[str | None, ...]], rejected: Sequence[tuple[str | None, str]] = (), source: str = "shop"
) -> SourceRows:
    """Rows (id, name) as reading gives them, and rejected ones (id, reason)."""
    table = pl.DataFrame(rows, schema={"source_id": pl.String, "@name": pl.String}, orient="row")
    table = table.with_columns(pl.col("source_id").alias("@id"), row=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32))
    out = pl.DataFrame(
        [(source, len(rows) + place, *row) for place, row in enumerate(rejected, 1)], schema=dict(REJECTED),
        orient="row",
    )  # fmt: skip
    return SourceRows(source, table, out, len(rows) + len(rejected))


def known(rows: Sequence[tuple[str, str | None]]) -> pl.DataFrame:
    """What is known of members (id, name), under rows that say nothing about their order here."""
    held = read(rows).frame
    marks = prints(held, ("id",))
    return held.select("source_id").with_columns(marks, row=pl.int_range(100, 100 + pl.len(), dtype=pl.UInt32))


def told(
    rows: Sequence[tuple[str | None, ...]], held: Sequence[tuple[str, str | None]], *, full: bool = True,
    reread: bool = False, rejected: Sequence[tuple[str | None, str]] = (),
) -> Feed:  # fmt: skip
    return against(read(rows, rejected), known(held), ("id",), full=full, reread=reread)


HELD = [("1", "ann"), ("2", "bob"), ("3", "cid")]


def test_a_full_feed_names_everybody() -> None:
    """Who is missing has left; who is there as before is taken from what is known, by its row there."""
    feed = told([("1", "ann"), ("2", "rob"), ("4", "dan")], HELD)
    assert feed.counts == {"new": 1, "changed": 1, "same": 1, "kept": 0, "gone": 1}
    assert feed.fresh["source_id"].to_list() == ["2", "4"]
    assert feed.was.to_list() == [101, None]
    assert feed.known.to_list() == [100]
    assert feed.gone.to_list() == ["3"]
    assert feed.prints.to_list() == prints(feed.fresh, ("id",)).to_list()


def test_a_delta_feed_names_who_changed() -> None:
    """Who is missing stays, and only a row that is marked takes its member away."""
    feed = told([("2", "rob")], HELD, full=False, rejected=[("3", "deleted"), ("9", "deleted")])
    assert feed.counts == {"new": 0, "changed": 1, "same": 0, "kept": 1, "gone": 1}
    assert (feed.known.to_list(), feed.gone.to_list(), feed.was.to_list()) == ([100], ["3"], [101])


def test_what_takes_a_member_away() -> None:
    """Rows marked as deleted or as a test do; rows refused for another reason, or without an id, do not."""
    reasons = ["deleted", "test record", "identical duplicate", "duplicate id", "no id", "unreadable", STALE]
    for reason in reasons:
        feed = told([], HELD, full=False, rejected=[("2", reason), (None, reason)])
        assert feed.gone.to_list() == (["2"] if reason in ("deleted", "test record") else []), reason
        assert feed.counts["kept"] == 3 - feed.counts["gone"]


def test_a_column_marks_deleted_members_in_a_full_feed_too() -> None:
    """As read from a data frame: the marked member is gone though the feed names it, and a test record is one."""
    said = {"id": "id", "fields": {"name": "name"}, "deleted": {"column": "del", "values": ["1"]},
            "status": {"column": "kind", "test": ["test"]}}  # fmt: skip
    config = from_dict({"sources": {"shop": said}})
    rows = pl.DataFrame(
        [("1", "ann", None, None), ("2", "bob", "1", None), ("3", "cid", None, "test")],
        schema=dict.fromkeys(("id", "name", "del", "kind"), pl.String), orient="row",
    )  # fmt: skip
    source = config.sources["shop"]
    for full in (True, False):
        feed = against(read_source(source, config, rows), known(HELD), source.id, full=full, reread=False)
        assert sorted(feed.gone.to_list()) == ["2", "3"]
        assert feed.counts["kept"] == 0


def test_nothing_known() -> None:
    """Everybody is new, in either feed, and nobody is gone."""
    for full in (True, False):
        feed = told([("1", "ann")], [], full=full, rejected=[("2", "deleted")])
        assert feed.counts == {"new": 1, "changed": 0, "same": 0, "kept": 0, "gone": 0}


def test_read_anew() -> None:
    """Where a source is read in another way no print counts, and yet who is known is known."""
    feed = told([("1", "ann"), ("2", "bob")], HELD, full=False, reread=True)
    assert feed.counts == {"new": 0, "changed": 2, "same": 0, "kept": 1, "gone": 0}
    assert feed.was.to_list() == [100, 101]


def test_prints_are_of_the_needed_cells_but_not_of_the_id() -> None:
    """So that a member who comes back under another number is recognised. The order of columns says nothing."""
    one, other = read([("1", "ann"), ("2", "bob")]).frame, read([("8", "ann"), ("2", None)]).frame
    ours, theirs = prints(one, ("id",)), prints(other, ("id",))
    assert ours[0] == theirs[0]
    assert ours[1] != theirs[1]
    assert prints(one)[0] != prints(other)[0]
    assert prints(one.select(reversed(one.columns)), ("id",)).equals(ours)
    assert prints(one.select("source_id"), ("id",)).to_list() == [0, 0]


def test_how_a_source_is_read_decides_about_reading_it_anew() -> None:
    """Fields, dates and nulls do; the path, the encoding and the mode of the feed do not."""
    base = Source(name="a", id=("id",), fields={"name": FieldSpec(field="name", kind="name", columns=("n",))})
    same = base.model_copy(update={"path": "b.csv", "encoding": "cp932", "feed": FeedSpec(mode="delta"), "line": 7})
    assert reading(same) == reading(base)
    for other in ({"since": "joined"}, {"null_values": ("-",)}, {"fields": {}}, {"carry": ("x",)}):
        assert reading(base.model_copy(update=other)) != reading(base)


members = st.dictionaries(st.sampled_from("123456"), st.sampled_from(["ann", "bob", None]))


@given(members, members, st.sets(st.sampled_from("1234567")), st.booleans(), st.booleans(), st.randoms())
def test_every_member_is_one_of_the_words(
    now: dict[str, str | None],
    then: dict[str, str | None],
    marked: set[str],
    full: bool,
    reread: bool,
    random: object,
) -> None:
    """As a plain loop over members says it; and the digest is that of the same rows in any order."""
    now = {one: name for one, name in now.items() if one not in marked}
    words = {}
    for one in {*now, *then}:
        if one in now:
            same = then.get(one, 0) == now[one] and not reread
            words[one] = "new" if one not in then else "same" if same else "changed"
        else:
            words[one] = "gone" if full or one in marked else "kept"
    order = sorted(then)
    rejected = [(one, "deleted") for one in sorted(marked)]
    rows = sorted(now.items())
    feed = against(read(rows, rejected), known([(one, then[one]) for one in order]), ("id",), full=full, reread=reread)
    assert feed.counts == {word: list(words.values()).count(word) for word in feed.counts}
    assert sorted(feed.fresh["source_id"]) == sorted(one for one in words if words[one] in ("new", "changed"))
    assert sorted(feed.known) == sorted(100 + order.index(one) for one in words if words[one] in ("same", "kept"))
    assert sorted(feed.gone) == sorted(one for one in words if words[one] == "gone")
    random.shuffle(rejected)  # type: ignore[attr-defined]
    again = against(read(rows, rejected), known([]), ("id",), full=full, reread=reread)
    assert again.digest == feed.digest


def test_the_digest_is_of_what_the_feed_says() -> None:
    """Not of what is known; but of names, ids, who is marked, and whether it is all."""
    rows = [("1", "ann"), ("2", "bob")]
    base = told(rows, []).digest
    assert told(rows, HELD, reread=True).digest == base
    others = [
        told(rows[:1], []),
        told([("1", "ann"), ("3", "bob")], []),
        told([("1", "ann"), ("2", "bo")], []),
        told(rows, [], full=False),
        told(rows, [], rejected=[("3", "deleted")]),
        against(read(rows, source="other"), known([]), ("id",), full=True, reread=False),
    ]
    assert len({base, *(feed.digest for feed in others)}) == 1 + len(others)


def test_the_digest_of_a_data_frame_does_not_know_the_order_of_its_rows() -> None:
    """Reading sorts them; a row that stands twice says nothing more."""
    config = from_dict({"sources": {"shop": {"id": "id", "fields": {"name": "name"}}}})
    rows = pl.DataFrame([("1", "ann"), ("2", "bob"), ("3", "cid")], schema=NAMES, orient="row")
    source = config.sources["shop"]
    digests = {
        against(read_source(source, config, one), known([]), ("id",), full=True, reread=False).digest
        for one in (rows, rows.reverse(), pl.concat([rows, rows[:1]]))
    }
    assert len(digests) == 1


def test_a_row_older_than_what_is_known_is_left_out() -> None:
    """Only where both are dated; the member stays as known."""
    held = [("1", "ann"), ("2", "bob"), ("3", "cid"), ("4", "dan")]
    feed = told([("1", "an"), ("2", "bo"), ("3", "ci"), ("4", "da"), ("5", "eve")], held, full=False)
    days = pl.Series(["2024-01-01", "2024-01-03", None, "2024-01-01", "2024-01-01"]).str.to_date()
    dated = known(held).select("source_id", "row").with_columns(
        updated=pl.Series(["2024-01-02", "2024-01-03", "2024-01-02", None]).str.to_date()
    )  # fmt: skip
    left, stale = without_stale(feed, days, dated)
    assert stale.to_list() == [True, False, False, False, False]
    assert left.fresh["source_id"].to_list() == ["2", "3", "4", "5"]
    assert left.was.to_list() == [101, 102, 103, None]
    assert left.prints.equals(feed.prints.slice(1))
    assert left.known.to_list() == [100]
    assert left.counts == {"new": 1, "changed": 3, "same": 0, "kept": 1, "gone": 0}
    assert left.digest == feed.digest
    same, none = without_stale(feed, pl.Series([None] * 5, dtype=pl.Date), dated)
    assert same is feed
    assert not none.any()


def test_a_mark_older_than_what_is_known_is_left_out() -> None:
    """Only where both are dated, and no other mark of the member is newer; the member stays as known."""
    held = [("1", "ann"), ("2", "bob"), ("3", "cid"), ("4", "dan"), ("5", "eve")]
    marks = [(one, "deleted") for one in ("1", "2", "3", "4", "5", "5", "9")]
    feed = told([], held, full=False, rejected=marks)
    days = ["2024-01-01", "2024-01-02", None, "2024-01-01", "2024-01-01", "2024-01-03", "2024-01-01"]
    marked = pl.DataFrame({"source_id": [one for one, _ in marks], "row": range(1, 8), "updated": days}).with_columns(
        pl.col("updated").str.to_date(), pl.col("row").cast(pl.UInt32)
    )  # fmt: skip
    dated = known(held).select("source_id", "row").with_columns(
        updated=pl.Series(["2024-01-02", "2024-01-02", "2024-01-02", None, "2024-01-02"]).str.to_date()
    )  # fmt: skip
    left, late = without_late(feed, marked, dated)
    assert late.to_list() == [1]
    assert sorted(left.gone) == ["2", "3", "4", "5"]
    assert left.known.to_list() == [100]
    assert left.counts == {"new": 0, "changed": 0, "same": 0, "kept": 1, "gone": 4}
    assert left.digest == feed.digest
    same, none = without_late(feed, marked.filter(source_id="2"), dated)
    assert same is feed
    assert none.is_empty()


def dates(*rows: tuple[str, str | None]) -> pl.DataFrame:
    """source_id and updated."""
    made = pl.DataFrame(rows, schema={"source_id": pl.String, "updated": pl.String}, orient="row")
    return made.with_columns(pl.col("updated").str.to_date())


def test_the_digest_is_of_the_dates_of_marks() -> None:
    """The same mark with another date is another feed: it may be newer than what is known by now."""
    base = read([("1", "ann")], [("2", "deleted")])

    def of(day: str, row: int = 2) -> bytes:
        marked = pl.DataFrame({"source_id": ["2"], "row": [row], "@changed": [day]})
        return against(replace(base, marked=marked), known([]), ("id",), full=False, reread=False).digest

    assert of("2024-01-01") == of("2024-01-01", row=9)
    without = against(base, known([]), ("id",), full=False, reread=False).digest
    assert len({of("2024-01-01"), of("2024-01-02"), without}) == 3


def test_who_left_is_remembered_by_the_last_date() -> None:
    """That of the mark, of what was known, or of an earlier mark; without any there is nothing to remember."""
    held = dates(("1", "2024-01-03"), ("2", "2024-01-01"), ("3", None), ("4", "2024-01-01"))
    before = dates(("8", "2024-01-05"), ("9", "2024-01-02"))
    marks = dates(("1", None), ("2", "2024-01-02"), ("3", None), ("9", "2024-01-01"), ("7", "2024-01-04"))
    left = departed(marks, held, before)
    assert left.schema == DEPARTED
    assert [(one, day.day) for one, day in left.rows()] == [("1", 3), ("2", 2), ("7", 4), ("8", 5), ("9", 2)]
    assert departed(None, held, before).equals(before)


def test_a_row_older_than_the_mark_that_took_its_member_away() -> None:
    """It makes nobody new; one of the same day does."""
    feed = told([("1", "an"), ("2", "bo"), ("3", "ci")], [("1", "ann")], full=False)
    days = pl.Series(["2024-01-05", "2024-01-01", "2024-01-02"]).str.to_date()
    gone = dates(("2", "2024-01-02"), ("3", "2024-01-02")).with_columns(row=pl.lit(None, pl.UInt32))
    left, stale = without_stale(feed, days, gone)
    assert stale.to_list() == [False, True, False]
    assert left.counts == {"new": 1, "changed": 1, "same": 0, "kept": 0, "gone": 0}
    assert left.fresh["source_id"].to_list() == ["1", "3"]
    assert not left.known.null_count()
