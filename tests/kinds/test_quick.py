"""One value read by itself is what its normalizer reads in a column of that one value: cases, the demo, any text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneid.demo import generate
from oneid.japanese import quickkeys
from oneid.japanese.latin import latin
from oneid.japanese.quickkeys import fold, sound
from oneid.japanese.romaji import fold_tokens
from oneid.japanese.sound import sound as sounds
from oneid.kinds import quick
from oneid.kinds.birth.normalizer import birth_parts
from oneid.kinds.catalogue import KINDS
from oneid.kinds.name.quicksplit import given_first, split_kana, split_kanji
from oneid.kinds.name.spelling.kana import readings, readings_parts
from oneid.kinds.name.spelling.normalizer import PLACEHOLDERS, name_parts
from oneid.kinds.name.split import given_first as givens_first
from oneid.kinds.name.split import split_kana as splits_kana
from oneid.kinds.name.split import split_names
from oneid.kinds.normalizing import NORMALIZERS
from oneid.kinds.sex.normalizer import sex
from oneid.settings.config import FieldSpec, Source
from oneid.settings.configfile import load
from oneid.sources.reading import read_source
from oneid.vocabulary.contracts import raw
from paths import cases
from strategies import thorough

COLUMNS: dict[str, Callable[[pl.Series], pl.DataFrame]] = {**NORMALIZERS, "kana": readings, "latin": latin}
PARTS = {"name": (name_parts, ("family", "given")), "kana": (readings_parts, ("family", "given")),
         "birth": (birth_parts, ("year", "month", "day"))}  # fmt: skip
LEAST = {"name": 0.6, "kana": 0.4, "romaji": 0.2, "latin": 0.08, "birth": 0.1, "phone": 0.3, "email": 0.3,
         "postcode": 0.2, "address": 0.15, "sex": 0.3}  # fmt: skip
"""The least share of the case files, which collect what is odd, that is read without the column's reader."""

NOBODY = pl.DataFrame(schema={"kanji": pl.String, "reading": pl.String})


def texts_of(kind: str) -> list[str]:
    """Every value of ``tests/**/cases/KIND.yaml`` that is one text."""
    rows = cases(kind)
    return sorted({row["raw"] for row in rows if isinstance(row.get("raw"), str)})


def usual(kind: str, text: str, words: Any = None) -> Any:
    """What the quick reader of a kind, or of Latin names, says of a text."""
    if kind == "latin":
        return quickkeys.latin(text)
    found = KINDS[kind]
    return found.usual_by(text, words) if words else found.usual(text) if found.usual else None


def read(kind: str, text: str | None) -> Any:
    """What is read of one text, by the quick reader or the column's."""
    return quick.one(quickkeys.latin, latin, text) if kind == "latin" else quick.read(KINDS[kind], text)


def column(values: list[str | None]) -> pl.Series:
    return pl.Series("value", values, dtype=pl.String)


def alike(kind: str, texts: list[str], made: pl.DataFrame | None = None) -> float:
    """Holds the usual reader to the column's reader, where it says anything; the share of texts where it does."""
    made = COLUMNS[kind](column(texts)) if made is None else made
    said = [usual(kind, text) for text in texts]
    for text, row, wanted in zip(texts, said, made.iter_rows(named=True), strict=True):
        if row is not None:
            assert dict(row) == {name: wanted[name] for name in row}, text
    return sum(row is not None for row in said) / max(1, len(said))


@pytest.mark.parametrize("kind", [kind for kind in LEAST if kind != "birth"])
def test_cases(kind: str) -> None:
    """Every case; what is read is read alike, and the greater part is read where cases are not chosen to be odd."""
    assert alike(kind, texts_of(kind)) >= LEAST[kind]


def test_placeholders_in_two_words() -> None:
    """Where a blank or a dot parts them, they are read as by the column's reader."""
    words = sorted(PLACEHOLDERS)
    texts = [word[:at] + sign + word[at:] for word in words for at in range(1, len(word)) for sign in " ・"]
    assert alike("name", texts) > 0.2


def test_births_one_by_one() -> None:
    """A birth is read as in a column of its own: no other value decides what it means."""
    texts = [text for text in texts_of("birth") if usual("birth", text) is not None]
    assert len(texts) >= LEAST["birth"] * len(texts_of("birth"))
    apart = pl.concat([NORMALIZERS["birth"](column([text])) for text in texts])
    assert alike("birth", texts, apart) == 1.0


@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_no_value_and_odd_ones(kind: str) -> None:
    """Null, and what no usual reader reads, is what the column's reader says of it."""
    for text in (None, "?橋 Ω", "\u200b", "a\u0301b", "一\n二", "ﷺ"):
        assert dict(read(kind, text)) == COLUMNS[kind](column([text])).row(0, named=True)


CHARACTERS = {
    "name": "佐藤髙𠮷﨑々太郎子外様田山ノロニ一ーエカァ　 ・社(株)様本人さんちゃくんなしヶAbz.-1「」",
    "kana": "ｻﾄｳｶﾞﾞサトウマカァーんさとヽゞ　 ・.様-",
    "romaji": "SATOhumrnj ouyc-'A",
    "latin": "SMITHjohnvade ug,.-",
    "phone": "0123456789０９-－ー. +81()~",
    "email": "abt.+_-@gmailcoejp.",
    "postcode": "0123〒T-－ー６",
    "sex": "男女性MFf120 (:)その他",
    "identifier": "AB-１0 zn/a",
}
WORDS = {
    "romaji": ["MR", "SATO", "TARO", "NO", "NAME", "TSUJI", "unknown", "GIFT", "CARD", "JUN'ICHI", "NAMBA"],
    "latin": ["nguyen", "wang", "van", "Jr", "John", "SMITH", "test", "Li"],
    "name": ["佐藤", "髙橋", "太郎", "様", "株式会社", "(退会)", "ちゃん", "Taro", "テスト", "・",
             "高校", "花 子", "サン", "祥", "Inc"],
    "kana": ["サトウ", "ﾀﾛｳ", "はなこ", "テスト", "サマ", "セイ", "メイ", "ー", "ア"],
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(CHARACTERS))
@settings(max_examples=thorough(8), deadline=None)
@given(data=st.data())
def test_any_text_of_its_characters(kind: str, data: st.DataObject) -> None:
    """Texts put together of the characters and words that the readers know."""
    text = st.text(st.sampled_from(CHARACTERS[kind]), min_size=1, max_size=14)
    if kind in WORDS:
        pieces = st.lists(st.sampled_from(WORDS[kind]), min_size=1, max_size=3)
        text = text | pieces.map(" ".join) | pieces.map("".join)
    alike(kind, data.draw(st.lists(text, min_size=30, max_size=60)))


@settings(max_examples=thorough(8), deadline=None)
@given(data=st.data())
def test_texts_near_the_usual(data: st.DataObject) -> None:
    """One character of a case changed, left out or doubled."""
    kind = data.draw(st.sampled_from([kind for kind in LEAST if kind not in ("birth", "sex")]))
    base = data.draw(st.lists(st.sampled_from(texts_of(kind)), min_size=20, max_size=40))
    texts = []
    for text in base:
        at = data.draw(st.integers(0, max(0, len(text) - 1)))
        put = data.draw(st.sampled_from(["", text[at : at + 1] * 2, "-", "ー", "1", " ", "の", "一"]))
        texts.append(text[:at] + put + text[at + 1 :])
    alike(kind, texts)


@settings(max_examples=thorough(25), deadline=None)
@given(
    st.from_regex(r"\A([MTSHRs]|明治|昭和?|平成)?(19|20)?[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?\Z")
    | st.from_regex(r"\A(昭和|平成|令和)[元一二十]{1,3}年[一二十]{1,2}月[一二三十]{1,3}日\Z")
    | st.from_regex(r"\A(18|19|20)[0-9]{2}[01][0-9][0-3][0-9]\Z")
)
def test_any_birth(text: str) -> None:
    """Whole dates in eras and Gregorian years, real ones and others."""
    alike("birth", [text])


@settings(max_examples=thorough(30), deadline=None)
@given(
    st.none() | st.sampled_from(["1980", "1900", "1873", "1872", "2999", "80", "x"]),
    st.none() | st.sampled_from(["1", "03", "12", "13", "0", "3月"]),
    st.none() | st.sampled_from(["1", "30", "31", "99"]),
)
def test_births_in_parts(year: str | None, month: str | None, day: str | None) -> None:
    """Year, month and day apart, any of them missing, or no date at all."""
    parts = (year, month, day)
    assert dict(quick.read_parts(KINDS["birth"], parts)) == birth_parts(*(column([part]) for part in parts)).row(
        0, named=True
    )


@pytest.mark.parametrize("kind", ["name", "kana"])
def test_names_in_parts(kind: str) -> None:
    """Every pair of words, and a part that is missing, placeholder or a company's."""
    words: list[str | None] = [*WORDS[kind], "SMITH", "会員", "営業部", "サントス", "けん子", None]
    pairs = [(first, last) for first in words for last in words]
    made = PARTS[kind][0](*(column(list(part)) for part in zip(*pairs, strict=True)))
    said = [KINDS[kind].usual_parts(*pair) if pair != (None, None) else None for pair in pairs]
    for pair, row, wanted in zip(pairs, said, made.iter_rows(named=True), strict=True):
        assert row is None or dict(row) == wanted, pair
    assert sum(row is not None for row in said) > len(said) / 4


class Cells:
    """What a source of the demo holds in one field, as texts and as the column's reader reads them."""

    def __init__(self, rows: pl.DataFrame, spec: FieldSpec) -> None:
        if spec.shape == "parts" and spec.kind != "address":
            read, names = PARTS[spec.kind]
            empty = column([None] * rows.height)
            parts = [rows[raw(spec.parts[part])] if part in spec.parts else empty for part in names]
            self.texts: list[Any] = list(zip(*(part.to_list() for part in parts), strict=True))
            self.made, self.say = read(*parts), lambda parts: KINDS[spec.kind].usual_parts(*parts)
            return
        if spec.shape == "values":
            cells = pl.concat([rows[raw(name)].alias("v") for name in spec.columns])
        else:
            whole = pl.concat_str([pl.col(raw(name)) for name in spec.columns], separator=" ", ignore_nulls=True)
            cells = rows.select(whole.replace("", None)).to_series()
        cells = cells.drop_nulls()
        own = spec.kind == "sex" and spec.values
        self.texts = cells.to_list()
        self.made = sex(cells, spec.values) if own else COLUMNS[spec.kind](cells)
        self.say = lambda text: usual(spec.kind, text, spec.values)


@pytest.fixture(scope="session")
def demo_sources(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Source, pl.DataFrame]]:
    """The sources of a demo of 8,000 records, and their rows as they are read."""
    folder = tmp_path_factory.mktemp("usual")
    generate(8_000, seed=5).write(folder)
    config = load(folder / "oneid.yaml")
    return [(source, read_source(source, config).frame) for source in config.sources.values()]


@pytest.mark.slow
def test_demo(demo_sources: list[tuple[Source, pl.DataFrame]]) -> None:
    """Every field of every record of the demo; 97 of 100 values are in a usual spelling. A birth that the column's own
    counts betray is none there.
    """
    asked = read = 0
    for source, rows in demo_sources:
        for spec in source.fields.values():
            cells = Cells(rows, spec)
            for text, wanted in zip(cells.texts, cells.made.iter_rows(named=True), strict=True):
                if text == (None,) * len(text) or (spec.kind == "birth" and wanted["reason"] == "placeholder"):
                    continue
                row = cells.say(text)
                asked, read = asked + 1, read + (row is not None)
                assert row is None or dict(row) == wanted, (spec.kind, text)
    assert asked > 20_000
    assert read > 0.97 * asked


def test_keys(demo_sources: list[tuple[Source, pl.DataFrame]]) -> None:
    """Folding keys, sounds and the split of kana, over the readings of the demo."""
    (rows,) = (rows for source, rows in demo_sources if source.name == "point_card")
    made = readings(rows[raw("フリガナ")])
    words = pl.concat([made["family"], made["given"]]).drop_nulls().unique(maintain_order=True).head(4_000)
    assert [fold(word) for word in words] == fold_tokens(words).to_list()
    assert [sound(word) for word in words] == sounds(words).to_list()
    wholes = made["normalized"].drop_nulls().head(4_000)
    assert [split_kana(whole) for whole in wholes] == splits_kana(wholes).rows()
    first, last = words.head(3_000), words.reverse().head(3_000)
    keys = fold_tokens(first), fold_tokens(last)
    assert [given_first(*pair) for pair in zip(*keys, strict=True)] == givens_first(*keys).to_list()


@pytest.mark.parametrize("spoken", [True, False])
def test_splits(demo_sources: list[tuple[Source, pl.DataFrame]], spoken: bool) -> None:
    """Where the family name of unspaced names ends, with their kana and without; also with another's kana."""
    (rows,) = (rows for source, rows in demo_sources if source.name == "point_card")
    names, kana = NORMALIZERS["name"](rows[raw("氏名")]), readings(rows[raw("フリガナ")])
    frame = pl.DataFrame({"name": names["normalized"], "family": kana["family"], "given": kana["given"]})
    frame = frame.filter((names["script"] == "kanji") & (names["kind"] == "person")).head(3_000)
    extra = [(row["raw"], *[*(row.get("kana") or "").split(" "), ""][:2]) for row in cases("split")]
    more = pl.DataFrame([[part or None for part in row] for row in extra], schema=frame.schema, orient="row")
    turned = frame.head(150).with_columns(pl.col("family", "given").reverse())
    frame = pl.concat([frame, more, turned])
    if not spoken:
        frame = frame.with_columns(pl.lit(None, pl.String).alias(part) for part in ("family", "given"))
    made = split_names(frame["name"], frame["family"], frame["given"], NOBODY)
    for row, wanted in zip(frame.iter_rows(), made.iter_rows(), strict=True):
        assert tuple(split_kanji(*row)) == wanted, row
