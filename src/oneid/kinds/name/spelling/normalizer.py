"""Names: tidied, folded, and seen for what they are: a person's, a company's, or a nickname.

``normalized`` is the name without blanks in folded form: kanji with the hard variant tier folded (髙橋 is 高橋) and
look-alikes of the other script mended (山ロ is 山口), kana as full-width katakana, Latin letters in lower case with
single blanks, legal forms of companies written out (㈱ is 株式会社) without the representative named behind. Honorifics
(様, 殿, 御中, Mr.) and remarks are left out, of ``display`` too, which else keeps the characters as written.

A character lost in transport (``?``, 〓, □, a private character ...) is one 〓 in ``normalized``, ``family`` and
``given`` where the rest is built like a Japanese name; it stands for any character, in that place only.

Extra columns: ``family`` and ``given`` (folded; null where the text itself does not separate them, see
:mod:`oneid.kinds.name.split`), ``script`` (``kanji``, ``kana`` or, for all other letters, ``latin``), ``kind``
(``person``, ``company`` or ``nickname``: handles, single words, anything with digits or signs that do not just stand
around known names: ★佐藤 太郎) and ``lost`` (Boolean:
the name holds such a 〓). Parts in different scripts are one name (やまだ太郎, 加藤ジュリア恵美), the family name first
where it is known to be one. What a cell says beside the name (:mod:`oneid.kinds.name.spelling.cells`): ``reading`` in
kana, ``romaji`` in Latin letters, and ``second``, another name of the same person, such as a 通称.

Reasons: ``missing``, ``placeholder`` (不明, 匿名希望, ゲスト, test ...), ``no_letters``, ``several`` (two people in one
cell: it names neither for sure).
"""

from __future__ import annotations

import unicodedata

import polars as pl

from oneid.japanese.kanji import fold_hard
from oneid.japanese.text import DUMMY_WORDS, NULL_WORDS, apart, as_text, katakana, on_distinct, settled, words
from oneid.kinds.name.spelling.cells import ARRANGED, TWOFOLD, arranged, marked_only, twofold
from oneid.kinds.name.spelling.company import BODIES, COMPANY, HINTS, OFFICES, company_form, is_company
from oneid.kinds.name.spelling.households import HOUSEHOLD, household, told_apart
from oneid.kinds.name.spelling.letters import (
    DAMAGED,
    HAN,
    KANA,
    MARKS,
    SIGNS,
    STARS,
    WILDCARD,
    looks_alike,
    repaired,
    undisguised,
    wildcards,
)
from oneid.kinds.name.spelling.persons import HAN_HANDLES, HAN_MARKS, LAST_KANJI, bare, handle, kind_of, several

__all__ = ["COMPANY", "PLACEHOLDERS", "name", "name_parts"]

PLACEHOLDERS = (
    NULL_WORDS
    | DUMMY_WORDS
    | frozenset(words("""
    お客様 お客さま 奥様 皆様 各位 名無しの権兵衛 名前なし 名前無し お名前 氏名不詳 秘密 ひみつ 内緒 ないしょ 本人
    未公開 店頭 メンバー カスタマー noname member customer admin administrator nobody somebody
    - -- --- ? ?? ???
    """))
    | {"no name"}
)  # fmt: skip
"""Values of a name field that name nobody, compared without case; our own list."""

_DUMMY = r"^(?:テスト|てすと|ダミー|サンプル|test|dummy|sample)(?:[ 0-9_\-].*)?$"
_AROUND = "()[]【】「」『』<>〈〉《》{}〔〕?!。、…*~・ "
"""Punctuation that people put around a placeholder."""

_HAN_SURE = r"[\u{3400}-\u{4DBF}\u{4E00}-\u{9FFF}]"
_HAN_PLAIN = r"[\u{3400}-\u{4DBF}\u{4E00}-\u{9FFF}々]"
_BLANK = r"[ \u{3000}]"
_PLAIN = (
    rf"^{_HAN_PLAIN}+(?:{_BLANK}(?:{_HAN_SURE}{_HAN_PLAIN}*|[ぁ-ゖ]+))?$|"
    rf"^{_HAN_SURE}{_HAN_PLAIN}+{_BLANK}?[ぁ-ゖ]{{1,4}}[{LAST_KANJI}]?$"
)
_NOT_PLAIN = sorted({*HAN_MARKS, *HAN_HANDLES, *BODIES, *OFFICES, *words("会社 法人 社団 財団 組合 株")})
_REPEATED = rf"[\p{{Han}}〆{WILDCARD}&&[^々]][々ゝヽゞヾ]|[ぁ-ゖァ-ヺ][ゝヽゞヾ]"
_JOINED_PLAIN = rf"^(?:[{HAN}]+[{KANA}]*|[{KANA}]+)$"
_BESIDE = ("reading", "romaji", "second")
"""What a cell may say beside the name."""
_PLACEHOLDER_WORDS = pl.Series(sorted(PLACEHOLDERS))


def _spelled_out(folded: pl.Series) -> pl.Series:
    """々 replaced by the kanji before it, ゞ by the kana before it voiced, so that 佐々木 and 佐佐木 meet; over the
    distinct pairs of such characters, which are few.
    """
    while True:
        marked = folded.filter(folded.str.contains("[々ゝヽゞヾ]"))
        pairs = marked.str.extract_all(_REPEATED).explode(empty_as_null=False).unique().drop_nulls()
        if pairs.is_empty():
            return folded
        doubled = []
        for first, mark in pairs.to_list():
            voiced = unicodedata.normalize("NFC", first + "\u3099")
            doubled.append(first + (voiced if mark in "ゞヾ" and len(voiced) == 1 else first))
        folded = folded.to_frame("x").select(pl.col("x").str.replace_many(pairs.to_list(), doubled)).to_series()


def _folded(text: pl.Expr, script: pl.Expr) -> pl.Expr:
    """The folded form; blanks stay, ``ヶ`` and ``ヵ`` become their large forms."""
    lower = text.str.to_lowercase().str.normalize("NFC")  # J with a caron has no capital of one character
    folded = fold_hard(lower).str.replace_many(["ヶ", "ヵ"], ["ケ", "カ"])
    return pl.when(script == "kanji").then(folded).when(script == "kana").then(katakana(lower)).otherwise(lower)


def _script(text: pl.Expr) -> pl.Expr:
    return (
        pl.when(text.str.contains(rf"[{HAN}]"))
        .then(pl.lit("kanji"))
        .when(text.str.contains(r"[\p{Hiragana}\p{Katakana}]"))
        .then(pl.lit("kana"))
        .when(text.str.contains(r"\p{L}"))
        .then(pl.lit("latin"))
    )


def _placeholder(text: pl.Expr) -> pl.Expr:
    lower = text.str.to_lowercase()
    known = _PLACEHOLDER_WORDS.implode()
    return lower.is_in(known) | lower.str.strip_chars(_AROUND).is_in(known) | lower.str.contains(_DUMMY)


def _bare(display: pl.Series) -> pl.Series:
    """:func:`bare`, and what that leaves repaired once more: all but a remark may be misread UTF-8."""
    clean = bare(display)
    rows = ((clean != display) & clean.str.contains(DAMAGED)).fill_null(value=False).arg_true()
    while not rows.is_empty():
        before = clean.gather(rows)
        after = bare(repaired(before))
        clean = clean.clone().scatter(rows, after)
        rows = rows.filter(before.ne_missing(after))
    return clean


def _told(display: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """The name that each cell is of, and what else it says (:data:`_BESIDE`)."""
    rows = display.str.contains(TWOFOLD).fill_null(value=False).arg_true()
    none = pl.DataFrame({name: pl.repeat(None, len(display), dtype=pl.String, eager=True) for name in _BESIDE})
    cells = [(row, cell) for row, text in zip(rows, display.gather(rows), strict=True) if (cell := twofold(text))]
    if not cells:
        return display, none
    at = pl.Series([row for row, _ in cells], dtype=pl.UInt32)
    said = pl.DataFrame([cell for _, cell in cells], schema=dict.fromkeys(("name", *_BESIDE), pl.String), orient="row")
    beside = pl.DataFrame({name: none[name].clone().scatter(at, said[name]) for name in _BESIDE})
    return display.clone().scatter(at, said["name"]), beside


def _unmarked(clean: pl.Series) -> pl.Series:
    """Names without the sign by which a list ticks them off; of a household its family name."""
    rows = clean.str.contains(HOUSEHOLD).fill_null(value=False).arg_true()
    if not rows.is_empty():
        clean = clean.clone().scatter(rows, pl.Series([household(text) or text for text in clean.gather(rows)]))
    rows = clean.str.contains(rf"^[{MARKS}] ?[{HAN}]{{2}}").fill_null(value=False).arg_true()
    if rows.is_empty():
        return clean
    texts = [text[1:].strip(" ") if marked_only(text) else text for text in clean.gather(rows)]
    return clean.clone().scatter(rows, pl.Series(texts, dtype=pl.String))


def _arranged(clean: pl.Series) -> pl.Series:
    """Names whose parts are in different scripts with a blank between the parts, the family name first."""
    rows = clean.str.contains(ARRANGED).fill_null(value=False).arg_true()
    if rows.is_empty():
        return clean
    asked = clean.gather(rows).alias("text").to_frame()
    asked = asked.with_columns(body=is_company(pl.col("text")) | handle(pl.col("text")))
    parts = [None if body else arranged(text) for text, body in asked.iter_rows()]
    texts = [" ".join(part) if part else text for part, text in zip(parts, asked["text"], strict=True)]
    return clean.clone().scatter(rows, pl.Series(texts, dtype=pl.String))


def _careful(raw: pl.Series) -> pl.DataFrame:
    """display, clean (lost characters marked), script, reason, kind, lost, the folded ``whole`` with its blanks, and
    what the cell says beside the name.
    """
    display = repaired(raw)
    main, beside = _told(display)
    clean = _unmarked(_bare(main))
    texts = pl.DataFrame({"raw": display, "display": clean, "clean": _arranged(undisguised(clean))})
    frame = texts.with_columns(beside.get_columns()).lazy()
    frame = frame.with_columns(
        marked=wildcards(pl.when(pl.col("clean").str.contains(f"[{SIGNS}{STARS}]")).then(pl.col("clean"))),
        # of both forms: what is left of お客様 without its honorific would pass for a name
        placeholder=_placeholder(pl.col("display")) | _placeholder(pl.col("raw")),
    ).with_columns(
        clean=pl.coalesce("marked", "clean"), script=_script(pl.col("clean")), lost=pl.col("marked").is_not_null()
    )
    frame = frame.with_columns(kind=kind_of(pl.col("clean"), pl.col("script")))
    frame = frame.with_columns(
        reason=pl.when(pl.col("clean").is_null())
        .then(pl.lit("missing"))
        .when(pl.col("placeholder"))
        .then(pl.lit("placeholder"))
        .when(pl.col("script").is_null())
        .then(pl.lit("no_letters"))
        .when((pl.col("kind") != "company") & several(pl.col("clean")))
        .then(pl.lit("several"))
    )
    usable = pl.col("reason").is_null()
    made = frame.with_columns(
        pl.when(usable).then(pl.col("clean", "script", "kind", *_BESIDE)), lost=usable & pl.col("lost")
    ).drop("raw", "marked", "placeholder").collect()  # fmt: skip
    made = (
        made.lazy()
        .with_columns(clean=pl.when(pl.col("kind") == "company").then(company_form(pl.col("clean"))).otherwise("clean"))
        .with_columns(clean=_parted(pl.col("clean"), pl.col("kind")))
        .with_columns(whole=_folded(pl.col("clean"), _script(pl.col("clean"))))
        .collect()
    )
    return made.with_columns(whole=_spelled_out(made["whole"]))


def _parted(text: pl.Expr, kind: pl.Expr) -> pl.Expr:
    """Middle dots and double hyphens between the parts of a Japanese name as blanks."""
    dotted = rf"([{HAN}{KANA}{WILDCARD}])[・=゠]([{HAN}{KANA}{WILDCARD}])"
    spaced = text.str.replace_all(dotted, "${1} ${2}").str.replace_all(dotted, "${1} ${2}")
    return pl.when(kind == "person").then(spaced).otherwise(text)


def _joined(whole: pl.Expr, script: pl.Expr) -> pl.Expr:
    return pl.when(script == "latin").then(whole).otherwise(whole.str.replace_all(" ", "", literal=True))


def _read(raw: pl.Series) -> pl.DataFrame:
    """Any whole names; a form without blanks that may mean something else than the parts did is read again."""
    made = _read_once(raw)
    form = pl.col("normalized")
    blanks = (form != pl.col("display").str.to_lowercase()) & (pl.col("script") != "latin")
    odd = ~form.str.contains(_JOINED_PLAIN) | form.str.contains_any(_NOT_PLAIN) | looks_alike(form)
    odd |= form.str.contains("[々ゝヽゞヾ]") | form.is_in(_PLACEHOLDER_WORDS.implode())
    rows = made.lazy().select((blanks & odd).fill_null(value=False)).collect().to_series().arg_true()
    return made if rows.is_empty() else settled(made, rows, _read_again, "no_letters")


def _read_again(forms: pl.Series) -> pl.DataFrame:
    return apart(forms, _plainly, _read_once)


def _read_once(raw: pl.Series) -> pl.DataFrame:
    named = pl.col("whole").str.split(" ")
    length = named.list.len()
    foreign = (length > 2) & pl.col("whole").str.contains(rf"^[{HAN}{WILDCARD}]+ [^{HAN}]+ ")
    split = (pl.col("script") == "kanji") & (pl.col("kind") == "person") & ((length == 2) | foreign)
    made = _careful(raw).lazy().select(
        normalized=_joined(pl.col("whole"), pl.col("script")),
        display="display",
        reason="reason",
        family=pl.when(split).then(named.list.first()),
        given=pl.when(split).then(named.list.slice(1).list.join("")),
        script="script",
        kind="kind",
        lost="lost",
        **{name: name for name in _BESIDE},
    )  # fmt: skip
    return made.collect()


def _plainly(raw: pl.Series) -> pl.DataFrame:
    """Names of one or two words in kanji, maybe hiragana near the end, with nothing that could be more than a name."""
    text = pl.col("raw")
    plain = text.str.contains(_PLAIN) & ~text.str.contains_any(_NOT_PLAIN) & ~text.is_in(_PLACEHOLDER_WORDS.implode())
    plain &= ~text.str.ends_with("寺")
    frame = raw.to_frame().lazy().select(display=pl.when(plain).then(text.str.replace("\u3000", " ", literal=True)))
    made = frame.with_columns(whole=fold_hard(pl.col("display"))).collect()
    joined = pl.col("whole").str.replace(" ", "", literal=True)
    odd = joined.str.contains_any(_NOT_PLAIN) | joined.is_in(_PLACEHOLDER_WORDS.implode())  # 營業 開発部, 本 人
    made = made.lazy().select(pl.when(~odd.fill_null(value=False)).then(pl.all())).collect()
    made = made.with_columns(whole=_spelled_out(made["whole"]))
    parts = pl.col("whole").str.splitn(" ", 2)
    given = parts.struct.field("field_1")
    there = pl.col("display").is_not_null()
    return made.lazy().select(
        normalized=pl.col("whole").str.replace(" ", "", literal=True),
        display="display",
        reason=pl.lit(None, dtype=pl.String),
        family=pl.when(given.is_not_null()).then(parts.struct.field("field_0")),
        given=given,
        script=pl.when(there).then(pl.lit("kanji")),
        kind=pl.when(there).then(pl.lit("person")),
        lost=pl.lit(value=False),
        **{name: pl.lit(None, dtype=pl.String) for name in _BESIDE},
    ).collect()  # fmt: skip


def name(values: pl.Series) -> pl.DataFrame:
    """Normalizes whole names of one column; two words of a kanji name are taken as family and given name.

    >>> name(pl.Series(["髙橋　花子様", "?橋 太郎"])).select("normalized", "family", "lost").rows()
    [('高橋花子', '高橋', False), ('〓橋太郎', '〓橋', True)]
    """
    return apart(as_text(values), _plainly, _read)


def name_parts(family: pl.Series, given: pl.Series) -> pl.DataFrame:
    """Normalizes names whose parts are known apart; a part that names nobody (``-``, 不明) is left out.

    Two Series of one length; the same columns as :func:`name`. A family name of nothing but lost characters counts
    where the given name is a Japanese one; what stands for no given name (様, 世帯主, ？) does not, and a whole name in
    the column of family names is cut (:mod:`oneid.kinds.name.spelling.households`).
    """
    read = [on_distinct(_part, part) for part in told_apart(as_text(family), as_text(given))]
    both = pl.concat(
        [frame.select(pl.all().name.prefix(f"{part}_")) for part, frame in zip(("family", "given"), read, strict=True)],
        how="horizontal",
    ).lazy()
    for part, other in (("family", "given"), ("given", "family")):
        filled = pl.col(f"{part}_signs").is_not_null() & pl.col(f"{other}_script").is_in(["kanji", "kana"])
        both = both.with_columns(
            pl.when(filled).then(f"{part}_signs").otherwise(f"{part}_normalized").alias(f"{part}_normalized"),
            pl.when(filled).then(f"{part}_shown").otherwise(f"{part}_display").alias(f"{part}_display"),
            (pl.col(f"{part}_lost") | filled).alias(f"{part}_lost"),
        )
    shown = pl.concat_str("family_display", "given_display", separator=" ", ignore_nulls=True).replace("", None)
    # Where neither part can be used: what was refused says more than what was not there.
    worst = pl.when(pl.col("family_reason") == "missing").then("given_reason").otherwise("family_reason")
    frame = both.with_columns(display=shown).with_columns(
        there=pl.col("display").is_not_null(),
        script=pl.when(pl.any_horizontal(pl.col("family_script", "given_script") == "kanji")).then(pl.lit("kanji"))
        .when(pl.any_horizontal(pl.col("family_script", "given_script") == "kana")).then(pl.lit("kana"))
        .when(pl.col("display").is_not_null()).then(pl.lit("latin")),
    )  # fmt: skip
    # Kana beside kanji stay as they are written, as they do in a name that stands in one cell.
    frame = frame.with_columns(
        pl.when((pl.col("script") == "kanji") & (pl.col(f"{part}_script") == "kana"))
        .then(f"{part}_written")
        .otherwise(f"{part}_normalized")
        .alias(f"{part}_normalized")
        for part in ("family", "given")
    )
    both_there = pl.col("family_normalized").is_not_null() & pl.col("given_normalized").is_not_null()
    gap = pl.when(both_there & (pl.col("script") == "latin")).then(pl.lit(" ")).otherwise(pl.lit(""))
    joined = pl.concat_str("family_normalized", gap, "given_normalized", ignore_nulls=True)
    company = pl.col("there") & pl.col("display").is_in(_companies(frame).implode())
    kind = pl.when(company).then(pl.lit("company")).otherwise(pl.lit("person"))
    return frame.select(
        normalized=pl.when("there").then(joined),
        display="display",
        reason=pl.when(~pl.col("there")).then(worst),
        family="family_normalized",
        given="given_normalized",
        script="script",
        kind=pl.when("there").then(kind),
        lost=pl.col("there") & (pl.col("family_lost") | pl.col("given_lost")),
        **{name: pl.lit(None, dtype=pl.String) for name in _BESIDE},
    ).collect()


def _companies(frame: pl.LazyFrame) -> pl.Series:
    """The names shown that are those of bodies; only where a part gives a hint are they looked at."""
    hinted = frame.filter(pl.any_horizontal("family_hint", "given_hint")).select(pl.col("display").unique())
    return hinted.filter(is_company(pl.col("display"))).collect()["display"]


def _part(values: pl.Series) -> pl.DataFrame:
    """One part of names: the name itself as ``normalized``; ``hint`` where it may be that of a body; ``signs`` where it
    is nothing but lost characters, with ``shown`` as written.
    """
    return apart(as_text(values), _part_plainly, _part_read)


def _part_plainly(raw: pl.Series) -> pl.DataFrame:
    none = pl.lit(None, dtype=pl.String)
    made = _plainly(raw).lazy().select("normalized", "display", "reason", "script", "lost")
    return made.with_columns(hint=pl.lit(value=False), signs=none, shown=none, written=none).collect()


def _part_read(raw: pl.Series) -> pl.DataFrame:
    signs = pl.col("display").str.contains(f"^[{SIGNS}]+$")
    made = _careful(raw).lazy().select(
        normalized=_joined(pl.col("whole"), pl.col("script")),
        display=pl.when(pl.col("reason").is_null()).then("display"),
        reason="reason",
        script="script",
        lost="lost",
        hint=pl.col("display").str.contains_any(list(HINTS), ascii_case_insensitive=True).fill_null(value=False),
        signs=pl.when(signs).then(pl.col("display").str.replace_all(".", WILDCARD)),
        shown=pl.when(signs).then("display"),
        written=pl.when(pl.col("script") == "kana").then(
            pl.col("clean").str.to_lowercase().str.normalize("NFC").str.replace_all(" ", "", literal=True)
            .str.replace_many(["ヶ", "ヵ"], ["ケ", "カ"])
        ),
    )  # fmt: skip
    return made.collect()
