"""Stories of people, and the worlds in which they are judged.

A story is a few records, what is true around them (its context), and what a careful clerk would say. Stories are read
with their lines (:func:`load`), made true by adding bystanders (:func:`bystanders`), put together into worlds in which
none can touch another (:func:`worlds`), and each world is one real run with the jp-members preset.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from itertools import combinations
from pathlib import Path

import polars as pl

import oneid
from oneid.errors import ConfigError, Place, raise_all
from oneid.explain import Explanation
from oneid.nodes import Node, Reader, parse_yaml

__all__ = ["FIELDS", "SEVERITIES", "Expect", "Story", "World", "bystanders", "load", "worlds"]

FIELDS = ("name", "kana", "romaji", "nickname", "birth", "sex", "phone", "email", "postcode", "address")
SEVERITIES = ("must", "should", "known")
VERDICTS = ("match", "review", "never", "none")
CONTEXTS: Mapping[str, tuple[str, ...]] = {
    "name": ("rare", "common", "frequent"),
    "family": ("rare", "common", "frequent"),
    **dict.fromkeys(("phone", "email", "address", "postcode"), ("shared",)),
}
BYSTANDERS = "bystanders"
STRANGERS = 3
BEARERS = {"rare": 0, "common": 12, "frequent": 45}
"""How many bystanders make a value shared, and a name common or frequent (:data:`oneid.namelevels.COMMON`)."""

Row = dict[str, str]


@dataclass(frozen=True)
class Expect:
    """Either a pair with its acceptable verdicts (and the rule, where it matters), or who is one person."""

    pair: tuple[str, str] | None = None
    verdicts: tuple[str, ...] = ()
    rule: str | None = None
    groups: frozenset[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Story:
    """One case of the file; ``records`` by letter, each with its source and fields as written."""

    id: str
    line: int
    why: str
    severity: str
    records: Mapping[str, Row]
    context: Mapping[str, str]
    expect: Expect


def load(path: Path) -> list[Story]:
    """The stories of a file, every scalar a text. Raises ConfigError or Problems, each with its line."""
    reader = Reader(str(path))
    root = parse_yaml(path.read_text(encoding="utf-8"), reader)
    top = reader.mapping(root, ("version", "cases"), ("version", "cases")) if root else {}
    listed = top["cases"].value if "cases" in top else ()
    stories = [_story(node, reader) for node in listed] if isinstance(listed, tuple) else []
    seen: dict[str, int] = {}
    for story in stories:
        first = seen.setdefault(story.id, story.line)
        if first != story.line:
            place = Place(str(path), story.line, story.id)
            reader.problems.append(ConfigError("E106", f"the id stands on line {first} already", place=place))
    raise_all(reader.problems)
    return stories


def _story(node: Node, reader: Reader) -> Story:
    keys = ("id", "why", "severity", "records", "context", "expect")
    entries = reader.mapping(node, keys, tuple(key for key in keys if key != "context"))
    records = {}
    for letter, record in reader.mapping(entries["records"]).items() if "records" in entries else ():
        cells = reader.mapping(record, ("source", *FIELDS), ("source",))
        records[letter] = {field: str(cell.value) for field, cell in cells.items()}
    context = reader.mapping(entries["context"], CONTEXTS) if "context" in entries else {}
    return Story(
        id=reader.optional(entries.get("id")) or "",
        line=node.line or 0,
        why=reader.optional(entries.get("why")) or "",
        severity=reader.choice(entries.get("severity"), SEVERITIES, "must"),
        records=records,
        context={field: reader.choice(word, CONTEXTS[field], "") for field, word in context.items()},
        expect=_expect(entries["expect"], list(records), reader) if "expect" in entries else Expect(),
    )


def _expect(node: Node, letters: Sequence[str], reader: Reader) -> Expect:
    entries = reader.mapping(node, ("pair", "verdict", "rule", "groups"))
    if "groups" in entries:
        listed = entries["groups"].value
        groups = [reader.texts(group) for group in listed] if isinstance(listed, tuple) else []
        if sorted(letter for group in groups for letter in group) != sorted(letters) or len(entries) > 1:
            reader.wrong("E105", "groups must name every record once, and stand alone", node)
        return Expect(groups=frozenset(map(frozenset, groups)))
    pair, verdicts = reader.texts(entries.get("pair")), reader.texts(entries.get("verdict"))
    if len(pair) != 2 or not set(pair) <= set(letters):
        reader.wrong("E105", "expected a pair of two records of the case, or groups", node)
        return Expect()
    if not verdicts or not set(verdicts) <= set(VERDICTS):
        reader.wrong("E105", f"the verdicts are {', '.join(VERDICTS)}", node)
    return Expect((pair[0], pair[1]), verdicts, reader.optional(entries.get("rule")))


_FAMILIES = (
    "鷲頭ワシズ", "蓬莱ホウライ", "鏑木カブラギ", "雲居クモイ", "犬養イヌカイ", "柘植ツゲ", "御厨ミクリヤ",
    "苫米地トマベチ", "鮫島サメジマ", "樋渡ヒワタリ", "額賀ヌカガ", "葛巻クズマキ", "米倉ヨネクラ",
    "蔭山カゲヤマ", "錦織ニシコリ", "鵜飼ウカイ", "轟トドロキ", "塩釜シオガマ", "仁科ニシナ", "穴沢アナザワ",
)  # fmt: skip
_GIVENS = (
    "源蔵ゲンゾウ", "操ミサオ", "梅子ウメコ", "金次キンジ", "節セツ", "虎雄トラオ", "妙ミョウ", "鉄也テツヤ",
    "蝶子チョウコ", "伝助デンスケ", "綾乃アヤノ", "銀河ギンガ", "時次トキジ", "鶴代ツルヨ", "又三マタゾウ",
    "琴路コトジ", "与一ヨイチ", "露子ツユコ", "兵馬ヒョウマ",
)  # fmt: skip


def _stranger(number: int) -> Row:
    """A person whose name no other bystander bears: 380 names with births ten months apart."""
    family, given = _FAMILIES[number % 20], _GIVENS[number % 19]
    kanji, kana = zip(*(re.findall(r"[一-龠]+|[ァ-ヺー]+", part) for part in (family, given)), strict=True)
    birth = dt.date(1921, 3, 7) + dt.timedelta(days=307 * (number % 97))
    return {"name": " ".join(kanji), "kana": " ".join(kana), "birth": birth.isoformat()}


def _most_held(story: Story, field: str) -> str:
    """The value that most records of the story hold, as it was written first."""
    written = [record[field] for record in story.records.values() if field in record]
    alike = [str(value) for value in oneid.normalize(field, written)]
    return written[max(range(len(written)), key=lambda at: alike.count(alike[at]))]


def bystanders(story: Story, number: int) -> list[Row]:
    """Records of other people that make the story's context true.

    A shared value is held by strangers who bear other names and births. A common or frequent name is borne by people
    of other births; of a family name, by people of other given names. ``number`` is the story's, so that strangers of
    two stories are two people.
    """
    shared = {field: _most_held(story, field) for field, word in story.context.items() if word == "shared"}
    made = [_stranger(STRANGERS * number + at) | shared for at in range(STRANGERS if shared else 0)]
    for field, word in story.context.items():
        for at in range(BEARERS.get(word, 0)):
            names, other = _names(story, at), _stranger(at)
            if field == "family":
                names = {key: f"{name.split()[0]} {other[key].split()[-1]}" for key, name in names.items()}
            made.append({**names, "birth": other["birth"]})
    return [{"source": BYSTANDERS, **row} for row in made]


def _names(story: Story, at: int) -> Row:
    """The name and kana of the story's records, one after the other."""
    spelled = [{key: row[key] for key in row if key in ("name", "kana")} for row in story.records.values()]
    named = [row for row in spelled if row]
    return named[at % len(named)]


@dataclass(frozen=True)
class World:
    """Stories that are resolved in one run."""

    stories: tuple[Story, ...]
    rows: tuple[Row, ...] = dataclass_field(repr=False)

    @cached_property
    def result(self) -> oneid.Result:
        """The run. Ids are ``STORY.LETTER``, of bystanders ``STORY.NUMBER``."""
        fields = [field for field in FIELDS if any(field in row for row in self.rows)]
        schema = dict.fromkeys(("source", "id", *fields), pl.String)
        frame = pl.DataFrame([{key: row.get(key) for key in schema} for row in self.rows], schema=schema)
        frames = {str(source): part for (source,), part in frame.partition_by("source", as_dict=True).items()}
        config = {source: {"id": "id", "fields": {field: field for field in fields}} for source in frames}
        return oneid.resolve(frames, {"sources": config, "rules": "jp-members"})

    @cached_property
    def oneids(self) -> dict[str, str]:
        """The OneID of each record by its id."""
        found = self.result.to_polars()["merge_map"]
        return dict(zip(found["source_id"].to_list(), found["oneid"].to_list(), strict=True))

    @cached_property
    def asked(self) -> set[frozenset[str]]:
        """The pairs of ids that wait for a person."""
        found = self.result.to_polars()["review"]
        return {frozenset(pair) for pair in found.select("source_id_l", "source_id_r").iter_rows()}

    def verdict(self, story: Story, a: str, b: str) -> str:
        """What became of two records of a story: one OneID is a match, the review queue a review."""
        ids = [f"{story.id}.{letter}" for letter in (a, b)]
        if self.oneids[ids[0]] == self.oneids[ids[1]]:
            return "match"
        if frozenset(ids) in self.asked:
            return "review"
        return "never" if self.explain(story, a, b).verdict == "never" else "none"

    def explain(self, story: Story, a: str, b: str) -> Explanation:
        """Why, field by field; the people are invented, so nothing is masked."""
        ends = (oneid.RecordRef(story.records[letter]["source"], f"{story.id}.{letter}") for letter in (a, b))
        return self.result.explain(*ends, show_pii=True)

    def groups(self, story: Story) -> frozenset[frozenset[str]]:
        """Who is one person."""
        found: dict[str, set[str]] = {}
        for letter in story.records:
            found.setdefault(self.oneids[f"{story.id}.{letter}"], set()).add(letter)
        return frozenset(map(frozenset, found.values()))

    def agrees(self, story: Story) -> bool:
        """Whether all is as the clerk would have it."""
        expect = story.expect
        if expect.pair is None:
            return self.groups(story) == expect.groups
        if self.verdict(story, *expect.pair) not in expect.verdicts:
            return False
        return expect.rule is None or self.explain(story, *expect.pair).rule == expect.rule

    def told(self, story: Story) -> str:
        """What the clerk expects, what became of the story, and the evidence of its pairs: for people."""
        expect = story.expect
        if expect.pair is None:
            wanted, got = _shown(expect.groups), _shown(self.groups(story))
            pairs = list(combinations(story.records, 2))
        else:
            wanted = " or ".join(expect.verdicts) + (f" by {expect.rule}" if expect.rule else "")
            got, pairs = self.verdict(story, *expect.pair), [expect.pair]
        head = f"people.yaml:{story.line} {story.id} ({story.why}): expected {wanted}, got {got}"
        return "\n  ".join((head, *(self._evidence(story, a, b) for a, b in pairs)))

    def _evidence(self, story: Story, a: str, b: str) -> str:
        found = self.explain(story, a, b)
        levels = " ".join(f"{one.field}={one.level}" for one in found.fields if one.level != "missing")
        met = "" if found.candidate else ", not compared"
        judged = f"{found.verdict} by {found.rule} {found.score / 100:+.1f}{met}"
        return f"{a}-{b} {self.verdict(story, a, b)}: {levels} gives {judged}"


def _shown(groups: Iterable[Iterable[str]]) -> str:
    return " | ".join(sorted(" ".join(sorted(group)) for group in groups))


def worlds(stories: Sequence[Story]) -> list[World]:
    """The stories in as few worlds as can be such that no two of one world have a name, a reading, a phone, an e-mail
    or an address in common: none changes how rare or how shared anything of another is.
    """
    told = [
        [
            *({"id": f"{story.id}.{letter}", **record} for letter, record in story.records.items()),
            *({"id": f"{story.id}.{at}", **row} for at, row in enumerate(bystanders(story, number))),
        ]
        for number, story in enumerate(stories)
    ]
    marks = _marks([row for rows in told for row in rows])
    places: list[tuple[list[int], set[str]]] = []
    for number, rows in enumerate(told):
        mine = set().union(*(marks[row["id"]] for row in rows))
        for members, taken in places:
            if taken.isdisjoint(mine):
                members.append(number)
                taken.update(mine)
                break
        else:
            places.append(([number], mine))
    return [
        World(tuple(stories[number] for number in members), tuple(row for number in members for row in told[number]))
        for members, _ in places
    ]


_MARKS = {"name": "name", "kana": "romaji", "romaji": "romaji", "phone": "phone", "email": "email"}
"""The fields whose values two stories of a world may not share, and how they are normalized to see it."""


def _marks(rows: Sequence[Row]) -> dict[str, set[str]]:
    """By record id, its values in a form that all their spellings share."""
    found: dict[str, set[str]] = {row["id"]: {row["address"]} if "address" in row else set() for row in rows}
    for field, kind in _MARKS.items():
        held = [(row["id"], value) for row in rows for value in re.split("[、/]", row.get(field, ""))]
        for (id_, _), value in zip(held, oneid.normalize(kind, [value for _, value in held]), strict=True):
            if value:
                found[id_].add(f"{kind} {value}")
    return found
