"""Runs cases through the real pipeline, many in one run where none can touch another.

A case is made true by bystanders: records of other people that make a value shared or a name frequent. Cases that have
no name, reading, phone, e-mail, address or identifier in common, bystanders included, form a *world*, which is one run;
a case whose dates or codes are read by what the rest of their column shows has a world of its own.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from oneid.daily.intake import Records
from oneid.engines.local import LocalEngine
from oneid.identity.state import Run
from oneid.kinds.name.levels import COMMON, RARE
from oneid.kinds.name.possible import possible_splits
from oneid.kinds.normalizing import normalize
from oneid.pairs import scoring as score
from oneid.pairs.evidence import Evidence
from oneid.pairs.schema import schema_of
from oneid.ruletests.cases import FIELDS, Case
from oneid.runs import stages
from oneid.runs.preparing import RunSettings
from oneid.settings.config import Config, FieldSpec, Source
from oneid.settings.rules import Rules
from oneid.vocabulary.oneids import PUBLIC_KEY

__all__ = ["Came", "Outcome", "World", "WorldRun", "bystanders", "came_of", "groups", "resolve", "run_world", "worlds"]

Row = Mapping[str, str]
_STRANGERS = 3
_BEARERS = {"rare": 0, "common": RARE + 6, "frequent": COMMON + 5}
"""How many bystanders make a value shared, and a name common or frequent."""


@dataclass(frozen=True, slots=True)
class Came:
    """What became of a pair of a case's records.

    ``verdict`` is the outcome: one OneID is a match, the queue a review. ``rule``, ``said`` and ``score`` (hundredths
    of a bit) are what the rules say of the pair's ``levels`` alone; ``candidate``: whether blocking brings them
    together. Without levels (a pair of a stored run that was not compared) the rule is empty.
    """

    a: str
    b: str
    verdict: str
    rule: str
    said: str
    score: int
    levels: Mapping[str, str]
    candidate: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case with what came of the pairs it asks about, and who is one person."""

    case: Case
    pairs: tuple[Came, ...]
    groups: frozenset[frozenset[str]]

    @property
    def holds(self) -> bool:
        """Whether all is as the case expects."""
        expect = self.case.expect
        if expect.pair is None:
            return self.groups == expect.groups
        came = self.pairs[0]
        return came.verdict in expect.verdicts and expect.rule in (None, came.rule)


@dataclass(frozen=True)
class World:
    """Cases that are resolved in one run; ``rows`` by the case's id and its letter, of bystanders ``+`` and a
    number.
    """

    cases: tuple[Case, ...]
    rows: Mapping[tuple[str, str], Row]


def worlds(cases: Sequence[Case], config: Config) -> list[World]:
    """The cases in as few worlds as can be such that none changes how rare or how shared anything of another is."""
    ids = {
        spec.field for source in config.sources.values() for spec in source.fields.values() if spec.kind == "identifier"
    }
    name = _bystanders_source(config)
    told: list[dict[tuple[str, str], Row]] = [
        {(case.id, letter): row for letter, row in case.records.items()}
        | {(case.id, f"+{at}"): {"source": name, **row} for at, row in enumerate(bystanders(case, number), 1)}
        for number, case in enumerate(cases)
    ]
    marks = _marks({key: row for rows in told for key, row in rows.items()}, ids)
    places: list[tuple[list[int], set[str]]] = []
    alone = []
    for number, rows in enumerate(told):
        mine = set().union(*(marks[key] for key in rows))
        if any(_column_decides(row) for row in rows.values()):
            alone.append([number])
            continue
        for members, taken in places:
            if taken.isdisjoint(mine):
                members.append(number)
                taken.update(mine)
                break
        else:
            places.append(([number], mine))
    return [
        World(tuple(cases[number] for number in members), {k: v for number in members for k, v in told[number].items()})
        for members in [*(members for members, _ in places), *alone]
    ]


_CLEAR = re.compile(r"\s*((1[89]|20)\d\d\D.*|(1[89]|20)\d{6}|[明大昭平令MTSHRmtshr].*)?", re.S)


def _column_decides(row: Row) -> bool:
    """Whether a date or code may be read one way or another by what the rest of its column holds."""
    return not _CLEAR.fullmatch(row.get("birth", "")) or row.get("sex", "").strip() in ("0", "00", "0.0")


_MARKS = {"name": "name", "kana": "romaji", "romaji": "romaji", "phone": "phone", "email": "email"}
"""The fields whose values two cases of a world may not share, and how they are normalized to see it."""


def _marks(rows: Mapping[tuple[str, str], Row], ids: Iterable[str]) -> dict[tuple[str, str], set[str]]:
    """By record, its values in a form that all their spellings share."""
    found: dict[tuple[str, str], set[str]] = {key: set() for key in rows}
    for key, row in rows.items():
        found[key] |= {f"id {row[field].strip()}" for field in ("source_id", *ids) if row.get(field)}
        found[key] |= {f"address {row['address']}"} if row.get("address") else set()
    for field, kind in _MARKS.items():
        held = [(key, value) for key, row in rows.items() for value in re.split("[、/]", row.get(field, ""))]
        for (key, _), value in zip(held, normalize(kind, [value for _, value in held]), strict=True):
            if value:
                found[key].add(f"{kind} {value}")
    return found


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


def _stranger(number: int) -> dict[str, str]:
    """A person whose name no other bystander bears: 380 names with births ten months apart."""
    family, given = _FAMILIES[number % 20], _GIVENS[number % 19]
    kanji, kana = zip(*(re.findall(r"[一-龠]+|[ァ-ヺー]+", part) for part in (family, given)), strict=True)
    birth = dt.date(1921, 3, 7) + dt.timedelta(days=307 * (number % 97))
    return {"name": " ".join(kanji), "kana": " ".join(kana), "birth": birth.isoformat()}


def bystanders(case: Case, number: int) -> list[Row]:
    """Records of other people that make the case's context true.

    A shared value is held by strangers who bear other names and births. A common or frequent name is borne by people
    of other births; of a family name, by people of other given names. ``number`` is the case's, so that strangers of
    two cases are two people.
    """
    shared = {field: _most_held(case, field) for field, word in case.context.items() if word == "shared"}
    made = [_stranger(_STRANGERS * number + at) | shared for at in range(_STRANGERS if shared else 0)]
    for field, word in case.context.items():
        names = _names(case, family=field == "family") if _BEARERS.get(word) else []
        for at in range(_BEARERS.get(word, 0)):
            name, other = names[at % len(names)], _stranger(at)
            if field == "family":
                name = {key: f"{text} {other[key].split()[-1]}" for key, text in name.items()}
            made.append({**name, "birth": other["birth"]})
    return list(made)


def _most_held(case: Case, field: str) -> str:
    """The value that most records of the case hold, as it was written first."""
    written = [record[field] for record in case.records.values() if record.get(field)]
    alike = [str(value) for value in normalize(field, written)]
    return written[max(range(len(written)), key=lambda at: alike.count(alike[at]))]


def _names(case: Case, *, family: bool) -> list[dict[str, str]]:
    """The names and kana of the case's records, or of their families."""
    held = [{key: row[key] for key in ("name", "kana") if row.get(key)} for row in case.records.values()]
    held = [row for row in held if row]
    return [_family(row) for row in held] if family else held


def _family(row: Row) -> dict[str, str]:
    """The family name, of a name that may be written in one; kana that are written in one say nothing beside it."""
    name, kana = row.get("name", "").split(), row.get("kana", "").split()
    made = {}
    if name:
        (splits,) = possible_splits(["".join(name)]) if len(name) == 1 else ([],)
        made["name"] = splits[0].family if splits else name[0]
    if kana and (len(kana) > 1 or not name):
        made["kana"] = kana[0]
    return made


def _bystanders_source(config: Config) -> str:
    name = "bystanders"
    while name in config.sources:
        name += "_"
    return name


@dataclass(frozen=True)
class WorldRun:
    """The run of a world, to the merge map. ``tables``: merge map, links, review and what else there is by then."""

    settings: RunSettings
    records: Records
    evidence: Evidence
    tables: Mapping[str, pl.DataFrame]


def run_world(world: World, config: Config, rules: Rules) -> WorldRun:
    """The run of a world, to the merge map; ``config`` says what sources and fields there are, ``rules`` judge.

    A record that has no ``source_id`` of its own bears the case's id and its letter, with U+001F between.
    """
    sources = _sources(world, config)
    made = config.model_copy(update={"sources": sources, "registry": None, "key": None, "decisions": None})
    settings = RunSettings(made, rules, schema_of(made, rules), LocalEngine(), PUBLIC_KEY)
    records = stages.read(settings, _frames(world, sources, config), erased=None, known=None)
    compared, people = stages.compare(settings, records, known=None), stages.People()
    assert isinstance(compared.evidence, Evidence)
    judgements = stages.judge(settings, records, people, compared.pairs)
    entities = stages.cluster(settings, records, None, people, compared.pairs, compared.evidence, judgements)
    run = Run("cases", 1, dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
    identities = stages.identify(settings, records, None, people, run, judgements, entities)
    return WorldRun(settings, records, compared.evidence, identities.tables)


def resolve(world: World, config: Config, rules: Rules) -> tuple[Outcome, ...]:
    """What comes of each case of a world."""
    run = run_world(world, config, rules)
    members = {key: number for number, key in enumerate(run.records.ids.iter_rows())}
    row = {key: members[record["source"], _id(key, record)] for key, record in world.rows.items()}
    asked = [(case, a, b) for case in world.cases for a, b, _ in case.asked]
    ends = np.array([(row[case.id, a], row[case.id, b]) for case, a, b in asked], dtype=np.uint32).reshape(-1, 2)
    came = iter(_pairs(run, [(a, b) for _, a, b in asked], ends))
    one = run.tables["merge_map"]["oneid"].to_list()
    return tuple(
        Outcome(case, tuple(next(came) for _ in case.asked), groups({a: one[row[case.id, a]] for a in case.letters}))
        for case in world.cases
    )


def groups(oneids: Mapping[str, str]) -> frozenset[frozenset[str]]:
    """Letters that have one OneID."""
    found: dict[str, set[str]] = {}
    for letter, oneid in oneids.items():
        found.setdefault(oneid, set()).add(letter)
    return frozenset(map(frozenset, found.values()))


def _id(key: tuple[str, str], record: Row) -> str:
    return record.get("source_id", "").strip() or "\x1f".join(key)


def _sources(world: World, config: Config) -> dict[str, Source]:
    """The sources that the world has records of, each field a column of its own name."""
    held: dict[str, set[str]] = {}
    for record in world.rows.values():
        held.setdefault(record["source"], set()).update(record)
    made = {}
    for name, keys in held.items():
        known = config.sources.get(name) or Source(name=name, id=("source_id",), fields={})
        specs = {field: FieldSpec(field=field, kind=field, columns=(field,)) for field in FIELDS if field in keys}
        for spec in known.fields.values():
            if spec.field in keys or spec.own:
                specs[spec.field] = spec.model_copy(
                    update={"columns": (spec.field,), "shape": "values", "parts": {}, "values": {}}
                )
        kind = known.customer.model_copy(update={"column": None})
        made[name] = Source(
            name=name, id=("source_id",), fields=specs, customer=kind, null_values=known.null_values, line=known.line
        )
    own = {spec.field: spec for source in config.sources.values() for spec in source.fields.values() if spec.own}
    lacking = [field for field in own if not any(field in source.fields for source in made.values())]
    first = next(iter(made))
    extra = {field: FieldSpec(field=field, kind=own[field].kind, columns=(field,)) for field in lacking}
    return made | {first: made[first].model_copy(update={"fields": {**made[first].fields, **extra}})}


def _frames(world: World, sources: Mapping[str, Source], config: Config) -> dict[str, pl.DataFrame]:
    """The rows of each source, all text; cells that the config's ``values`` explain as what they mean."""
    frames = {}
    for name, source in sources.items():
        schema = dict.fromkeys(("source_id", *source.fields), pl.String)
        known = config.sources[name].fields if name in config.sources else {}
        meant = {
            (field, cell): meaning
            for field, spec in known.items() for meaning, cells in spec.values.items() for cell in cells
        }  # fmt: skip
        rows = []
        for key, row in world.rows.items():
            if row["source"] == name:
                cells = {field: meant.get((field, cell.strip()), cell) for field, cell in row.items()}
                rows.append({**dict.fromkeys(schema), **cells, "source_id": _id(key, row)})
        frames[name] = pl.DataFrame([{key: row[key] for key in schema} for row in rows], schema=schema)
    return frames


def _pairs(run: WorldRun, letters: Sequence[tuple[str, str]], ends: np.ndarray) -> list[Came]:
    """What became of pairs of records by number."""
    left, right = ends.min(axis=1), ends.max(axis=1)
    patterns = run.evidence.patterns(left, right)
    distinct, inverse = np.unique(patterns, return_inverse=True)
    table = score.judge(run.settings.rules, run.settings.schema, distinct, [1] * distinct.size)
    rows = table[inverse].to_dicts()
    met = run.evidence.met(left, right)
    one = run.tables["merge_map"]["oneid"].to_list()
    sides = ("source_l", "source_id_l", "source_r", "source_id_r")
    asked = set(run.tables["review"].select(sides).iter_rows())
    name = run.records.ids.row
    return [
        Came(
            a=a, b=b, rule=row["rule"], said=row["verdict"], score=row["score"], candidate=bool(met[at]),
            verdict=came_of(one[low] == one[high], (*name(low), *name(high)) in asked, row["verdict"]),
            levels={field: row[field] for field in run.settings.schema.levels},
        )
        for at, ((a, b), row, low, high) in enumerate(zip(letters, rows, left.tolist(), right.tolist(), strict=True))
    ]  # fmt: skip


def came_of(together: bool, asked: bool, said: str) -> str:
    """The outcome of a pair: one OneID is a match, the queue a review, and only what the rules forbid a never.

    >>> came_of(True, False, "review"), came_of(False, True, "match"), came_of(False, False, "match")
    ('match', 'review', 'none')
    """
    if together:
        return "match"
    if asked:
        return "review"
    return "never" if said == "never" else "none"
