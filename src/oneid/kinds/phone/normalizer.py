"""Telephone numbers as E.164, Japanese numbering first.

Numbers written alone are read by regular expressions over the whole column. What is left (labels, extensions, several
numbers in a cell, other countries) is a small rest, taken apart with more care; only numbers of other countries go one
by one through libphonenumber. The Japanese area codes and the way numbers are hyphenated are those of libphonenumber's
metadata, so they stay as fresh as that package.
"""

from __future__ import annotations

import functools
import re
from typing import Any

import polars as pl

from oneid.japanese.text import all_same, apart, as_text, hyphens, placeholders_among, tidy

__all__ = ["is_mobile", "phone"]

_MOBILE = "[6-9]0[1-9]"
"""How the national number of a mobile begins: 060, 070, 080 and 090, but not 0800."""

_SEP = "[-() .]{0,3}"
_LABELS = (
    r"(?:telephone|tel|phone|fax|mobile|cell|携帯電話|携帯番号|携帯|電話番号|電話|自宅|ご自宅|会社|勤務先|職場|実家|連絡先|"
    r"緊急|本人|固定|番号|呼出|代表|昼間|夜間|平日|休日|その他)+[):.\]]*"
)
_EXTENSION = r"[ (\[;-]*(?:内線|内|extension|ext\.?|x|#)[ :.=番)\]-]*[0-9]{1,6}番?[)\]]?"
_MAIN = r" *[(\[]?(?:代表?(?:番号)?|大代表)[)\]]?"
_RANGE = (
    rf"([0-9]{{4}})(?:{_MAIN})?[~〜][0-9]{{1,2}}$"
    rf"|((?:[0-9]{{1,4}}[-‐−–—ー() ]+){{2}}[0-9]{{4}}|0[0-9]{{9,10}})(?:{_MAIN})?"
    r" *(?:[~〜] *[0-9]{3,4}|[・/,、;&] *[0-9]{1,3})$"
)
"""03-1234-5678~9: the first number of a firm's row of lines."""
_FURTHER = (
    r"^(.*?\(?)((?:0|\+81[- ]?)[0-9]{1,4}[-) ] ?[0-9]{1,4}[- ]|0[0-9]{1,4}\([0-9]{1,4}\)|0[0-9]{5,6})([0-9]{4})"
    rf"(?:{_MAIN})?"
    r" *[・/,、;&] *([0-9]{4})((?:[^-0-9].*)?)$"
)
"""03-1234-5678・5679: two numbers that differ in their ends."""
_EITHER = r"(?i)([0-9)]) *(?:または|又は|もしくは|若しくは|および|及び|と|or) *([0-9])"
"""03-1234-5678または5679: words between two numbers."""
_BESIDE = (
    rf"(^|[^0-9])([(]?0(?:[1-9]|[1-9][1-9][0-9]{{0,2}})[-‐−–—ー() ]{{1,2}}[0-9]{{1,4}}[-‐−–—ー() ]{{1,2}}[0-9]{{4}})"
    rf"(?:{_MAIN})?(?: +| *[-‐−–—ー] +| *[(\[] *)[0-9]{{4}}[)\]]?$"
)
"""03-1234-5678 5679: a second end or an extension, behind the number of a land line; it is left out."""
_ENDS = r"[~〜・/,、;&] *[0-9]{1,4}(?:[^-0-9]|$)|[0-9)] *[-‐−–—ー(\[ ] *[0-9]{4}[)\]]?$|(?i)[0-9)] *[又もおまと及若o]"
_MOST_ENDS = 4
_KANJI = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
_SERVICE = r"^(?:(?:0|(?:00|010)?810?)(?:(?:570|600|990|1[78]0)[0-9]{6}|20[1-9][0-9]{7}|200[0-9]{10}))$"
"""Numbers of services and machines: 0570, 0600, 0990, 0170, 0180, 020 and 0200 (numbering plan, Ministry of Internal
Affairs and Communications)."""
_NUMBER = "|".join((
    rf"(?:\+|\b00|\b010-?)?81{_SEP}(?:0{_SEP})?(?:[5-9]0(?:{_SEP}[0-9]){{8}}|[1-9](?:{_SEP}[0-9]){{8}})(?-u:\b)",
    rf"\+{_SEP}[1-9](?:{_SEP}[0-9]){{6,14}}(?-u:\b)",
    rf"\(?0?[5-9]0(?:{_SEP}[0-9]){{8}}(?-u:\b)",
    rf"\(?0[1-9](?:{_SEP}[0-9]){{8}}(?-u:\b)",
))  # fmt: skip
_SEQUENCES = [
    "0123456789",
    "01234567890",
    "1234567890",
    "12345678901",
    "12345678",
    "123456789",
    "0987654321",
    "9876543210",
]


def _tail(length: int) -> str:
    """A regular expression for the same digit ``length`` times at the end."""
    return "(?:" + "|".join(f"{digit}{{{length}}}" for digit in "0123456789") + ")$"


_OWN = "[6-9]0[1-9][0-9]{7}|50[1-9][0-9]{7}|120[0-9]{6}|800[0-9]{7}"
_LAND = "(?:1[1-69]|[36][1-9]|[2478][2-9]|5[2-689]|9[2-8])[0-9]{7}|(?:17|18|57|99)[1-9][0-9]{6}"
_WRITTEN = rf"^(?:(?:00|010)?810?|0)({_OWN}|{_LAND})$"
"""A number behind its 0 or 81. Of land lines only the area is asked for: office codes are allotted all the time."""


@functools.cache
def _plan() -> tuple[str, tuple[tuple[str, int, int], ...]]:
    """What a number that lost its zero must look like, and how one is hyphenated: (beginning, digits, digits)."""
    import phonenumbers

    metadata: Any = phonenumbers.PhoneMetadata.metadata_for_region("JP", None)
    bare = f"^({_OWN}|{metadata.fixed_line.national_number_pattern})$"
    cuts = [("^800", 3, 3), ("^[5-9]0", 2, 4)]
    for shape in metadata.number_format:
        lengths = [int(length or 1) for length in re.findall(r"\\d(?:\{([0-9])\})?", shape.pattern)]
        if len(lengths) == 3 and sum(lengths) == 9:
            cuts.append((f"^(?:{shape.leading_digits_pattern[-1]})", lengths[0], lengths[1]))
    return bare, tuple(cuts)


def _national(digits: pl.Expr) -> pl.Expr:
    """The number without 0 or 81 in front, if ``digits`` are one whole Japanese number."""
    return pl.coalesce(digits.str.extract(_WRITTEN, 1), digits.str.extract(_plan()[0], 1))


def phone(values: pl.Series) -> pl.DataFrame:
    """Telephone numbers as E.164 (``+819012345678``), ``display`` hyphenated as at home (``090-1234-5678``).

    Read are all spellings of a Japanese number: full width, brackets, dots, blanks, any hyphen; +81, +81(0), 0081,
    010-81 and 81 alone; a leading zero that a spreadsheet ate, where the rest is a whole valid number; labels (TEL:,
    自宅) and extensions (内線12, ext. 12), which are left out; ends of further numbers (03-1234-5678・5679). Lengths
    are strict: 11 digits for mobile (060, 070, 080, 090), IP (050) and 0800 numbers, 10 for 0120 and for land lines; a
    land line without its zero must also begin with an area code that is allotted. Numbers of other countries are read
    where they begin with + and libphonenumber holds them valid. A number with an exponent is read if it has all its
    digits.

    Extras: ``line`` (String): mobile, land, ip, free (0120, 0800) or foreign; ``more`` (List of String): the further
    valid numbers of the cell, as E.164, in order, without repeats; empty in most rows.

    Reasons: ``missing``; ``placeholder``: a word such as なし; one digit throughout; the subscriber's digits all alike
    (8 at the end of any number, 7 of a land line, 6 of a free one); a whole number that only counts up or down
    (0123456789, 1234567890, 9876543210 and the like, while 03-1234-5678 and 090-1234-5678 are taken at their word);
    ``service_number``: 0570, 0990, 0180, 0600 and the like, and 020 of pagers and machines; ``too_short``;
    ``too_long``; ``not_a_phone``.

    >>> made = phone(pl.Series(["０９０−１２３４−５６７８", "312345678", "000-0000"]))
    >>> made.select("normalized", "line", "reason").rows()
    [('+819012345678', 'mobile', None), ('+81312345678', 'land', None), (None, None, 'placeholder')]
    """
    return apart(as_text(values), _plainly, _read)


_PLAIN = (
    r"^(?:0[0-9]{9,10}|0[0-9]{1,4}-[0-9]{1,4}-[0-9]{4}|0[0-9]{1,4}[.][0-9]{1,4}[.][0-9]{4}"
    r"|[(]0[0-9]{1,4}[)][0-9]{1,4}-[0-9]{4}|[+]81 [1-9][0-9]{0,3} [0-9]{1,4} [0-9]{4})$"
)
_WIDE = r"^[０-９－]{10,13}$"
_NARROW = dict(zip("０１２３４５６７８９－", "0123456789-", strict=True))
_COMPACT = {"+81 ": "0", "-": "", ".": "", "(": "", ")": "", " ": ""}


def _plainly(raw: pl.Series) -> pl.DataFrame:
    """Numbers as most systems write them, which need no more reading: null where a text is anything else."""
    digits = pl.col("raw").str.replace_many(_COMPACT, leftmost=True)
    wide = raw.str.contains(_WIDE).fill_null(value=False).arg_true()
    narrow = raw.gather(wide).to_frame("raw").lazy().select(pl.col("raw").str.replace_many(_NARROW)).collect()["raw"]
    raw = raw.clone().scatter(wide, narrow)
    rows = raw.str.contains(_PLAIN).fill_null(value=False).arg_true()
    read = raw.gather(rows).to_frame("raw").lazy().select(digits=digits).collect()
    fit = read["digits"].str.contains(f"^0(?:{_OWN}|{_LAND})$")
    rows, read = rows.filter(fit), read.filter(fit).with_columns(nsn=pl.col("digits").str.slice(1))
    odd = read["digits"].str.contains(_tail(6)) | read["digits"].is_in(_SEQUENCES)
    rows, read = rows.filter(~odd), read.filter(~odd)
    shown = _hyphenated(read)
    line = read.lazy().select(line=_line(pl.col("nsn"))).collect()["line"]
    nothing = pl.repeat(None, len(raw), dtype=pl.String, eager=True)
    return pl.DataFrame({
        "normalized": nothing.clone().scatter(rows, "+81" + read["nsn"]),
        "display": nothing.clone().scatter(rows, shown),
        "reason": nothing,
        "line": nothing.clone().scatter(rows, line),
    }).with_columns(more=pl.lit([], dtype=pl.List(pl.String)))  # fmt: skip


def _read(raw: pl.Series) -> pl.DataFrame:
    frame = raw.to_frame().select(tidy(pl.col("raw")).alias("tidy")).with_row_index("row")
    frame = frame.with_columns(text=_one_each(frame["tidy"]))
    frame = frame.with_columns(text=_spelled(pl.col("text")))
    text = pl.col("text")
    frame = frame.with_columns(digits=text.str.replace_all("[^0-9]+", ""))
    alone = text.str.contains(r"^[0-9(\[][0-9()\[\]\-. /・_]+$") | text.str.contains(r"^\+[-() .]*81[0-9()\-. ]+$")
    frame = frame.with_columns(nsn=pl.when(alone).then(_national(pl.col("digits"))))
    words = placeholders_among(frame["tidy"], frame["nsn"].is_null(), dummies=True)
    frame = frame.with_columns(word=words).with_columns(reason=_unusable())
    rest = frame.filter(pl.col("nsn").is_null() & pl.col("reason").is_null()).select("row", "text")
    frame = frame.join(_taken_apart(rest), on="row", how="left", maintain_order="left")
    frame = frame.with_columns(reason=pl.when("sham").then(pl.lit("placeholder")).otherwise("reason"))
    frame = frame.with_columns(nsn=pl.coalesce("nsn", "nsn_apart"))
    known = pl.col("nsn").is_not_null() & pl.col("reason").is_null()
    return frame.with_columns(line=pl.when(known).then(_line(pl.col("nsn"))).otherwise("line_apart")).select(
        normalized=pl.when(known).then("+81" + pl.col("nsn")).otherwise("foreign"),
        display=pl.when(known).then(_hyphenated(frame)).otherwise(pl.coalesce("shown", "tidy")),
        reason=pl.when(~known & pl.col("foreign").is_null()).then(pl.coalesce("reason", _wrong_length())),
        line="line",
        more=pl.col("more").fill_null(pl.lit([], dtype=pl.List(pl.String))),
    )


def _one_each(tidied: pl.Series) -> pl.Series:
    """The texts with every number whole: without the rest of a row of lines, with what two numbers share."""
    rows = tidied.str.contains(_ENDS).fill_null(value=False).arg_true()
    if rows.is_empty():
        return tidied
    text = pl.col("tidy").str.replace_all(_EITHER, "${1}・${2}").str.replace(_BESIDE, "${1}${2}")
    text = hyphens(text.str.replace(_RANGE, "${1}${2}"))
    for _ in range(_MOST_ENDS):
        text = text.str.replace(_FURTHER, "${1}${2}${3} / ${2}${4}${5}")
    return tidied.clone().scatter(rows, tidied.gather(rows).to_frame("tidy").select(text)["tidy"])


def _spelled(tidied: pl.Expr) -> pl.Expr:
    """Lower case, one kind of hyphen, kanji digits as digits; numbers as spreadsheets write them made whole."""
    text = hyphens(tidied.str.to_lowercase()).str.strip_chars("'\"=;,")
    text = text.str.replace(r"^([0-9]{9,11})\.0$", "$1").str.replace(
        r"^([0-9]{1,2}),([0-9]{3}),([0-9]{3}),([0-9]{3})$", "$1$2$3$4"
    )
    text = text.str.replace(r"^([1-9])\.([0-9]{9})e\+?0?9$", "$1$2").str.replace(
        r"^([1-9])\.([0-9]{8})e\+?0?8$", "$1$2"
    )
    in_kanji = text.str.contains("^[〇零○一二三四五六七八九() -]{9,}$")
    return pl.when(in_kanji).then(text.str.replace_many(_KANJI)).otherwise(text.str.replace(r"^t([0-9(])", "$1"))


def _unusable() -> pl.Expr:
    """Missing, placeholder or service, else null."""
    digits = pl.col("digits")
    sham = (
        digits.str.contains("^0+$")
        | (all_same(digits) & (digits.str.len_chars() >= 7))
        | digits.is_in(pl.Series(_SEQUENCES).implode())
        | (digits.str.contains(_tail(8)) & (digits.str.len_chars() <= 13))
    )
    return (
        pl.when(pl.col("tidy").is_null())
        .then(pl.lit("missing"))
        .when(sham | _sham(pl.col("nsn")) | pl.col("word"))
        .then(pl.lit("placeholder"))
        .when(digits.str.contains(_SERVICE))
        .then(pl.lit("service_number"))
    )


def _sham(nsn: pl.Expr) -> pl.Expr:
    """Whether a whole Japanese number is made up: the subscriber's digits all alike, or all digits counting on."""
    return (
        (nsn.str.contains(_tail(7)) & ~nsn.str.contains("^[5-9]0[1-9]"))
        | (nsn.str.contains(_tail(6)) & nsn.str.contains("^(?:120|800)"))
        | nsn.str.contains(_tail(8))
        | ("0" + nsn).is_in(pl.Series(_SEQUENCES).implode())
    )


def _wrong_length() -> pl.Expr:
    """Why a text that is no placeholder is no number."""
    digits, text = pl.col("digits"), pl.col("text")
    count = digits.str.len_chars()
    wanted = pl.when(digits.str.contains("^0(?:[5-9]0)")).then(11).otherwise(10)
    return (
        pl.when((count == 0) | text.str.contains("[a-z@*]"))
        .then(pl.lit("not_a_phone"))
        .when(count < wanted)
        .then(pl.lit("too_short"))
        .when(count > wanted)
        .then(pl.lit("too_long"))
        .otherwise(pl.lit("not_a_phone"))
    )


def is_mobile(phones: pl.Series) -> pl.Series:
    """Whether each normalized number is a Japanese mobile's: Boolean, false for null.

    >>> is_mobile(pl.Series(["+819012345678", "+81312345678", "+81800123456", None])).to_list()
    [True, False, False, False]
    """
    return phones.str.contains(rf"^\+81{_MOBILE}").fill_null(value=False)


def _line(nsn: pl.Expr) -> pl.Expr:
    return (
        pl.when(nsn.str.contains("^(?:120|800)"))
        .then(pl.lit("free"))
        .when(nsn.str.contains("^50[1-9]"))
        .then(pl.lit("ip"))
        .when(nsn.str.contains(f"^{_MOBILE}"))
        .then(pl.lit("mobile"))
        .otherwise(pl.lit("land"))
    )


def _hyphenated(frame: pl.DataFrame) -> pl.Series:
    """The numbers of the column ``nsn``, their zero back in front, hyphenated: 3-4-4 for ten digits, land lines
    where the first fitting beginning says.
    """
    nsn, beginnings = frame["nsn"], _plan()[1]
    shown = _cut(nsn, 2, 4)
    other = ((nsn.str.len_bytes() != 10) | nsn.str.starts_with("800")).fill_null(value=False).arg_true()
    rest = nsn.gather(other)
    for beginning, head, middle in (*beginnings, ("", 2, 3)):
        fit = rest.str.contains(f"^(?:{beginning})")
        shown = shown.scatter(other.filter(fit), _cut(rest.filter(fit), head, middle))
        other, rest = other.filter(~fit), rest.filter(~fit)
    return shown


def _cut(nsn: pl.Series, head: int, middle: int) -> pl.Series:
    parts = [pl.col("nsn").str.slice(*cut) for cut in ((0, head), (head, middle), (head + middle,))]
    zero, hyphen = pl.lit("0"), pl.lit("-")
    return nsn.to_frame("nsn").lazy().select(
        pl.concat_str(zero, parts[0], hyphen, parts[1], hyphen, parts[2])
    ).collect().to_series()  # fmt: skip


def _taken_apart(rest: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``rest`` (row, text) that hold readable numbers: row, nsn_apart, foreign, line_apart, shown, more, and
    ``sham`` where all numbers are made up.
    """
    text = pl.col("text").str.replace_all(_LABELS, " ").str.replace_all(_EXTENSION, " ")
    pieces = rest.with_columns(text=text).with_columns(
        piece=pl.col("text").str.extract_all(_NUMBER), around=pl.col("text").str.replace_all(_NUMBER, "☎")
    )
    pieces = pieces.filter(
        ~pl.col("around").str.contains("[0-9+]|[a-z_@]☎|☎[a-z_@]") & (pl.col("piece").list.len() > 0)
    )
    numbers = pieces.select("row", "piece").explode("piece", empty_as_null=True)
    digits = pl.col("piece").str.replace_all("[^0-9]+", "")
    at_home = ~pl.col("piece").str.contains(r"^\+") | digits.str.contains("^81")
    numbers = numbers.with_columns(nsn=pl.when(at_home).then(_national(digits)))
    abroad = _abroad(numbers.filter(pl.col("nsn").is_null() & ~at_home)["piece"].unique())
    numbers = numbers.join(abroad, on="piece", how="left", maintain_order="left")
    numbers = numbers.filter(pl.col("nsn").is_not_null() | pl.col("foreign").is_not_null())
    numbers = numbers.with_columns(e164=pl.coalesce("+81" + pl.col("nsn"), "foreign"))
    made_up = pl.when(pl.col("nsn").is_not_null()).then(_sham(pl.col("nsn")))
    numbers = numbers.with_columns(sham=made_up.otherwise(pl.col("e164").str.contains(_tail(8))))
    numbers = numbers.filter(~pl.col("sham") | pl.col("sham").all().over("row"))
    numbers = numbers.unique(["row", "e164"], keep="first", maintain_order=True)
    return numbers.group_by("row").agg(
        nsn_apart=pl.col("nsn").filter(~pl.col("sham")).first(),
        foreign=pl.col("foreign").filter(~pl.col("sham")).first(),
        sham=pl.col("sham").first(),
        line_apart=pl.when(pl.col("foreign").filter(~pl.col("sham")).first().is_not_null()).then(pl.lit("foreign")),
        shown=pl.col("shown").filter(~pl.col("sham")).first(),
        more=pl.col("e164").filter(~pl.col("sham")).slice(1),
    )


def _abroad(pieces: pl.Series) -> pl.DataFrame:
    """What libphonenumber makes of distinct texts that begin with +: piece, foreign (E.164), shown (international)."""
    import phonenumbers

    rows: list[tuple[str, str, str]] = []
    for piece in pieces:
        try:
            number = phonenumbers.parse(piece, None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and number.country_code != 81:
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            rows.append((piece, e164, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)))
    return pl.DataFrame(rows, schema={"piece": pl.String, "foreign": pl.String, "shown": pl.String}, orient="row")
