"""What a report says of a run, in both languages, and that it shows nobody who must not be seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from string import Formatter
from typing import Any

import polars as pl
import pytest

import oneid
from conftest import Demo, Said, people_config, people_frames
from oneid.outputs.runtables import read_tables
from oneid.report.charts import CHARTS
from oneid.report.facts import Facts, Field, facts, fields
from oneid.report.page import is_report, page
from oneid.report.words import LANGUAGES, WORDS, Say
from oneid.vocabulary.errors import UsageError

HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture(scope="module")
def found(demo: Demo) -> Facts:
    tables = read_tables(demo.folder / "out")
    return facts(tables, tables.run)


class Page(HTMLParser):
    """The tags, texts and attributes of a page; every tag must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.heads: list[tuple[int, str]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action", "style")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.open and re.fullmatch("h[1-4]", self.open[-1]):
            self.heads.append((int(self.open[-1][1]), data))


def test_facts_are_those_of_the_run(demo: Demo, found: Facts) -> None:
    """Counted once more, by the tables."""
    summary = demo.result.summary()
    merge_map = demo.result.to_polars()["merge_map"]
    assert found.records == merge_map.height
    assert found.read == sum(demo.result.run["rows_in"].values())
    assert found.oneids == summary["oneids"]
    assert found.waiting == summary["review"] == sum(n for _, _, n in found.review)
    assert {rule.rule: rule.links for rule in found.rules} == summary["links_by_rule"]
    sizes = merge_map.group_by("oneid").len()
    assert found.several == sizes.filter(pl.col("len") > 1).height
    assert found.largest[0] == (found.largest[0][0], summary["largest"])
    assert sum(one.oneids for one in found.overlaps) + found.others == found.oneids
    known = merge_map.with_columns(pl.col("source").cast(str)).group_by("oneid").agg(pl.col("source").unique().sort())
    for one in found.overlaps:
        assert known.filter(pl.col("source") == list(one.sources)).height == one.oneids
    patterns = demo.result.to_polars()["patterns"]
    assert sum(sum(bar.values()) for bar in found.scores.values()) == patterns["pairs"].sum()
    assert found.thresholds["match"] >= 500 > found.thresholds["review"] >= -200
    least = [score for _, _, score in found.weakest]
    assert least == sorted(least)
    assert found.events == {}
    assert sum(size * n for size, n in found.sizes.items()) == found.records
    assert {name: sum(of.values()) for name, of in found.flows.items()} == found.held
    assert sum(found.unused.values()) == sum(found.rejected.values())


def test_examples_are_links_of_their_rule(demo: Demo, found: Facts) -> None:
    """Two of each at most, each of another OneID, between two sources where there are such."""
    links = demo.result.to_polars()["links"].filter("applied").with_columns(pl.col("rule", "^source_.$").cast(str))
    golden = dict(demo.result.to_polars()["golden"].select("oneid", "name").iter_rows())
    bearer = {(row[0], row[1]): row[2] for row in demo.result.to_polars()["merge_map"].iter_rows()}
    for rule in found.rules:
        mine = links.filter(pl.col("rule") == rule.rule)
        pairs = {((row[0], row[1]), (row[2], row[3])) for row in mine.iter_rows()}
        assert rule.examples
        assert len({one.oneid for one in rule.examples}) == len(rule.examples) <= 2
        for one in rule.examples:
            assert (one.left, one.right) in pairs
            assert one.oneid == bearer[one.left] == bearer[one.right]
            assert one.name == golden[one.oneid]
            assert one.levels
        across = any(left[0] != right[0] for left, right in pairs)
        assert not across or rule.examples[0].left[0] != rule.examples[0].right[0]


def test_facts_of_seven_people(tmp_path: Path) -> None:
    """Counted by hand: two shops, seven members, five people; a cell that fills a form, one that is no phone."""
    frames = people_frames()
    frames["ec"] = frames["ec"].with_columns(
        phone=pl.when(pl.col("id") == "E4").then(pl.lit("123")).otherwise("phone"),
        kana=pl.when(pl.col("id") == "E2").then(pl.lit("不明")).otherwise("kana"),
    )
    frames["ec"] = pl.concat([frames["ec"], frames["ec"].tail(1)])
    oneid.resolve(frames, people_config(limits={"largest": 9})).write(tmp_path)
    tables = read_tables(tmp_path)
    seen = facts(tables, tables.run)
    assert (seen.rows, dict(seen.rejected), seen.unused) == (
        {"ec": 5, "store": 3},
        {"identical duplicate": 1},
        {"ec": 1},
    )
    assert (seen.records, seen.oneids, seen.several, seen.read) == (7, 5, 2, 8)
    assert (seen.held, seen.inside) == ({"ec": 4, "store": 3}, {"ec": 4, "store": 3})
    assert seen.flows == {"ec": {1: 2, 2: 2}, "store": {1: 1, 2: 2}}
    assert seen.sizes == {1: 3, 2: 2}
    assert [(one.sources, one.oneids, one.records) for one in seen.overlaps] == [
        (("ec",), 2, 2), (("ec", "store"), 2, 4), (("store",), 1, 1),
    ]  # fmt: skip
    assert seen.others == 0
    by = {(one.source, one.field): one for one in seen.fields}
    assert by["ec", "phone"] == Field("ec", "phone", 4, 4, 3, 0, 0, 1, 0, {"too_short": 1})
    assert by["ec", "kana"] == Field("ec", "kana", 4, 4, 3, 0, 1, 0, 0, {"placeholder": 1})
    assert (by["store", "email"].values, by["store", "email"].filled) == (3, 2)
    gates = {one["limit"]: (one["found"], one["most"]) for one in tables.run["gates"]}
    assert gates == {"largest": (2, 9), "birth_contradictions_pct": (50.0, None), "members_moved_pct": (None, None)}
    assert tables.run["before"] is None
    assert not seen.anew


def test_shared_values_are_counted() -> None:
    """Those that more than two records of a source hold; two columns of one record are one holder."""
    rows = [(f"E{at}", "03-3333-4444", "03-3333-4444", f"a{at % 2}@example.com") for at in range(3)]
    rows += [("E7", "090-1111-2222", None, None), ("E8", "090-1111-2222", "090-1111-2222", None)]
    frame = pl.DataFrame(rows, schema=["id", "phone", "phone2", "email"], orient="row")
    said = {"sources": {"ec": {"id": "id", "fields": {"phone": ["phone", "phone2"], "email": "email"}}}}
    (phone, email) = oneid.resolve({"ec": frame}, said).run["fields"]
    assert (phone["rows"], phone["filled"], phone["shared"]) == (10, 9, 1)
    assert (email["rows"], email["filled"], email["shared"]) == (5, 3, 0)


def test_a_second_day(people_files: Callable[..., Path], tmp_path: Path) -> None:
    """Events, what the limits looked at, and what drifts against the day before: counted by hand."""
    config = people_files(registry=f"sqlite:///{tmp_path}/r.db", limits={"source_rows_drop_pct": 50, "largest": 4,
                                                                        "members_moved_pct": 10})  # fmt: skip
    with oneid.resolve(config, folder=tmp_path / "out") as result:
        result.write(tmp_path / "out")
    store = config.parent / "store.csv"
    lines = store.read_text("utf-8").splitlines(keepends=True)
    new = lines[-1].replace("S3", "S9").replace("田中", "山本").replace("080-5555-6666", "").replace("minoru", "yama")
    store.write_text("".join([*lines[:-1], new.replace("1990", "1981")]), "utf-8")
    with oneid.resolve(config, folder=tmp_path / "out") as result:
        result.write(tmp_path / "out")
    tables = read_tables(tmp_path / "out")
    seen = facts(tables, tables.run)
    assert seen.events == {"created": 1, "left": 1, "retired": 1}
    assert seen.anew
    assert {one.values for one in seen.fields if one.source == "store"} == {1}
    gates = {(one["limit"], one["source"]): (one["found"], one["most"]) for one in tables.run["gates"]}
    assert gates["members_moved_pct", None] == (0.0, 10)
    assert gates["source_rows_drop_pct", "store"] == (0.0, 50)
    assert gates["largest", None] == (2, 4)
    before = tables.run["before"]
    assert (before["records"], before["oneids"], before["held"]) == (7, 5, {"ec": 4, "store": 3})
    text = page(seen)
    assert "OneIDs: 5 before, 5 now." in text
    assert f"Against the run before, {before['run_id']}" in text
    assert "Only rows that are new or changed" in text
    with oneid.resolve(config, folder=tmp_path / "out") as again:
        assert again.run["unchanged"]
        again.write(tmp_path / "copy")
    assert read_tables(tmp_path / "copy").run["before"] == before


def test_fields_that_drift(found: Facts) -> None:
    """A share that moved by five points is told, one of few values is not."""
    some = replace(found.fields[0], values=200, filled=200, usable=200)
    was: dict[str, Any] = {"source": some.source, "field": some.field, "rows": 200, "refused": {}}
    for filled, usable, told in ((189, 189, 1), (200, 189, 1), (195, 195, 0), (99, 20, 1), (12, 12, 1)):
        before = {"held": {}, "fields": [{**was, "filled": filled, "usable": usable}]}
        text = page(replace(found, fields=[some], run={**found.run, "before": before}))
        assert ("moved by five points or more</p>" in text) == bool(told), (filled, usable)
    few = {"held": {}, "fields": [{**was, "rows": 50, "filled": 1, "usable": 1}]}
    assert "No field" in page(replace(found, fields=[some], run={**found.run, "before": few}))


def test_fields_of_an_earlier_version() -> None:
    """Which counted neither the values that there could be nor those that are shared."""
    refused = {"partial": 2, "column_placeholder": 1, "too_old": 2}
    said = {"source": "ec", "field": "birth", "filled": 6, "usable": 1, "refused": refused}
    run = {"rows_in": {"ec": 8}, "fields": [said]}
    reasons = {"partial": 2, "too_old": 2, "column_placeholder": 1}
    assert fields(run) == [Field("ec", "birth", 8, 6, 1, 2, 1, 2, None, reasons)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page(found: Facts, language: str) -> None:
    """Sound, of this language, self-contained, the same for equal facts, small, and its parts in their order."""
    text = page(found, language)
    assert text == page(found, language)
    assert is_report(text.encode()[:4096])
    made = Page(text)
    assert {"html", "main", "svg", "table"} <= set(made.tags)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(made.tags)
    assert made.links == []
    assert not [name for name in made.names if name.startswith("on")]
    assert not re.search(r"url\(|@import|https?:", text)
    assert f'<html lang="{language}">' in text
    say = Say(language)
    keys = ("since", "duplicates", "rules", "scores", "queue", "doubtful", "fields", "left_out", "gates", "cost")
    assert [words for level, words in made.heads if level == 2] == [say(key) for key in keys]
    levels = [level for level, _ in made.heads]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(text) < 200_000
    assert f"{found.oneids:,}" in text
    assert text.count('role="img"') == text.count("<desc>") == 6


def test_languages() -> None:
    """No entry lacks one, and both fill the same places; others are refused."""
    for key, (english, japanese) in WORDS.items():
        assert english, key
        assert japanese, key
        places = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, japanese)]
        assert places[0] == places[1], key
        assert not re.search("[ぁ-んァ-ヶ一-龥]", english), key
    with pytest.raises(UsageError, match="E410"):
        page(None, "fr")  # type: ignore[arg-type]


def test_every_word_is_used() -> None:
    """Each key stands in the sources of the report, by its name or made of parts."""
    sources = "".join(path.read_text("utf-8") for path in Path(oneid.__file__).parent.glob("report/*.py"))
    body = sources.replace(sources[sources.index("WORDS: Words") : sources.index("class Say")], "")
    made = {f"of_{size}" for size in range(1, 5)} | {"threshold_match", "threshold_review"}
    limits = {key for key in WORDS if key.endswith("_pct")} | {"match", "review", "none", "never"}
    assert [key for key in WORDS if key not in made | limits and f'"{key}"' not in body] == []


def test_nobody_is_shown_unless_it_is_asked_for(found: Facts) -> None:
    """Names and ids of the examples are masked; what people wrote is never markup."""
    rule = found.rules[0]
    example = replace(rule.examples[0], name="<script>佐藤</script>", left=("ec", "E<b>77123</b>"))
    strange = replace(found, rules=[replace(rule, rule="<i>", examples=(example,))])
    masked = page(strange)
    assert "佐藤" not in masked
    assert "77123" not in masked
    shown = page(strange, show_pii=True)
    assert "&lt;script&gt;佐藤&lt;/script&gt;" in shown
    assert "E&lt;b&gt;77123&lt;/b&gt;" in shown
    for text in (masked, shown):
        assert not {"script", "i>"} & set(Page(text).tags)
    orders = replace(rule, examples=(replace(example, left=("ec", "\x1b[31mE1\u202e"), name="\x9b1m"),))
    shown = page(replace(found, rules=[orders]), show_pii=True)
    assert not {"\x1b", "\u202e", "\x9b"} & set(shown)
    names = {one.name for each in found.rules for one in each.examples if one.name}
    assert names
    assert not [name for name in names if name in page(found)]


def strange(value: Any) -> Any:
    """The same facts with a hostile text in the place of every text."""
    if isinstance(value, str):
        return HOSTILE + value
    if isinstance(value, dict):
        return {HOSTILE + str(key) if isinstance(key, str) else key: strange(inner) for key, inner in value.items()}
    return type(value)(map(strange, value)) if isinstance(value, list | tuple) else value


def test_hostile_texts_in_every_place(found: Facts) -> None:
    """Names of sources, fields, rules, reasons, stages, notes, OneIDs, the run itself: never markup."""
    keys = {"fields", "blocks_left_out", "stages", "gates"}
    run = {name: strange(value) for name, value in found.run.items() if name not in keys} | {
        "fields": [],
        "notes": [HOSTILE],
        "blocks_left_out": [
            {"rule": HOSTILE, "pairs": 1, "refined_blocks": 0, "dropped_blocks": 1, "largest_dropped": 2}
        ],
        "stages": [{"stage": HOSTILE, "in": 1, "out": 1, "seconds": 1, "peak_mb": 1}],
        "gates": [{"limit": "largest", "code": HOSTILE, "source": HOSTILE, "found": 1, "most": None}],
        "before": {"run_id": HOSTILE, "held": {HOSTILE: 3}, "fields": []},
    }
    one = Field(HOSTILE, HOSTILE, 1, 1, 0, 0, 0, 1, 0, {HOSTILE: 1})
    evil = replace(
        found, run=run, rejected={HOSTILE: 1}, rows={HOSTILE: 3}, held={HOSTILE: 3}, inside={HOSTILE: 2},
        flows={HOSTILE: {1: 3}}, unused={HOSTILE: 1}, events={HOSTILE: 2}, fields=[one],
        overlaps=[replace(found.overlaps[0], sources=(HOSTILE,))], review=[(HOSTILE, HOSTILE, 3)],
        largest=[(HOSTILE, 3)], weakest=[(HOSTILE, 3, 1)],
        rules=[replace(found.rules[0], rule=HOSTILE, examples=[replace(
            found.rules[0].examples[0], oneid=HOSTILE, name=HOSTILE, left=(HOSTILE, HOSTILE),
            levels={HOSTILE: HOSTILE})])],
    )  # fmt: skip
    for language in LANGUAGES:
        for show in (True, False):
            made = Page(page(evil, language, show_pii=show))
            assert "script" not in made.tags
            assert not [name for name in made.names if name.startswith("on")]
            assert "".join(made.texts).count(HOSTILE) > 20


def test_a_run_of_nothing(tmp_path: Path) -> None:
    """No records, no links, no pairs: the page is sound and says so."""
    frame = pl.DataFrame(schema={"id": pl.String, "email": pl.String})
    said = {"sources": {"ec": {"id": "id", "feed": "delta", "fields": {"email": "email"}}}}
    oneid.resolve({"ec": frame}, said).write(tmp_path)
    tables = read_tables(tmp_path)
    seen = facts(tables, tables.run)
    for language in LANGUAGES:
        Page(page(seen, language))
    assert "0 rows of 1 sources became 0 OneIDs" in page(seen)


def test_charts_say_what_the_facts_are(found: Facts) -> None:
    """The words of each picture, which who does not see it reads, hold its numbers."""
    told = {name: chart(found, Say("en")).picture().told for name, chart in CHARTS.items()}
    for rule in found.rules:
        assert f"{rule.links:,}" in told["rules"]
    assert f"{' + '.join(found.overlaps[0].sources)}: {found.overlaps[0].oneids:,}" in told["overlaps"]
    assert f"match {sum(found.scores['match'].values()):,}" in told["scores"]
    assert f"one record: {found.sizes[1]:,}" in told["sizes"]
    assert f"one record {found.sizes[1]:,} OneIDs" in told["flow"]
    assert "OneIDs merged: 0" in told["since"]


def test_by_command(
    command: Callable[..., Said], people_files: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written by every run, in the language of ONEID_LANG, and once more on demand; another file is never replaced."""
    monkeypatch.setenv("ONEID_LANG", "ja")
    out = tmp_path / "out"
    said = command("resolve", people_files(), "--out", out)
    assert (said.code, "report.html" in said.out) == (0, True)
    written = (out / "report.html").read_text("utf-8")
    assert '<html lang="ja">' in written
    assert command("report", out).code == 0
    assert (out / "report.html").read_text("utf-8") == written  # from the folder as from what was in memory
    assert command("report", out, "--lang", "en").code == 0
    assert '<html lang="en">' in (out / "report.html").read_text("utf-8")
    theirs = tmp_path / "theirs.html"
    theirs.write_text("<p>mine", "utf-8")
    said = command("report", out, "-o", theirs)
    assert (said.code, "E307" in said.err, theirs.read_text("utf-8")) == (2, True, "<p>mine")
    said = command("report", out, "--lang", "fr")
    assert (said.code, "E410" in said.err) == (2, True)
    said = command("report", tmp_path / "nothing")
    assert (said.code, "E251" in said.err) == (2, True)
    (out / "report.html").write_text("mine", "utf-8")
    said = command("resolve", people_files(), "--out", out)
    assert (said.code, "E307" in said.err) == (2, True)


def test_the_demo_ends_with_the_report(command: Callable[..., Said], tmp_path: Path) -> None:
    """The last line names the page to open."""
    said = command("demo", "--records", "100", "--out", tmp_path / "demo")
    assert said.code == 0
    assert said.out.rstrip().splitlines()[-1].endswith(str(tmp_path / "demo/out/report.html"))


def test_reasons_and_times_are_for_people(tmp_path: Path) -> None:
    """On a Japanese page rejected rows have Japanese reasons; the run ended at a time of Japan."""
    frames = people_frames()
    frames["ec"] = pl.concat([frames["ec"], frames["ec"].tail(1)])
    oneid.resolve(frames, people_config()).write(tmp_path)
    tables = read_tables(tmp_path)
    seen = facts(tables, tables.run | {"finished": "2026-11-30T20:15:02.5+00:00"})
    text = page(seen, "ja")
    assert "同一内容の重複 1" in text
    assert "identical duplicate" not in text
    assert "2026-12-01 05:15:02 +09:00" in text
    assert "氏名 一致" in text
    assert "identical duplicate 1" in page(seen, "en")
