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

from oneid.normalize.text import all_same, apart, as_text, hyphens, placeholders_among, tidy

__all__ = ["phone"]

_SEP = "[-() .]{0,3}"
_LABELS = (
    r"(?:telephone|tel|phone|fax|mobile|cell|携帯電話|携帯番号|携帯|電話番号|電話|自宅|ご自宅|会社|勤務先|職場|実家|連絡先|"
    r"緊急|本人|固定|番号|呼出|代表|昼間|夜間|平日|休日|その他)+[):.\]]*"
)
_EXTENSION = r"[ (\[-]*(?:内線|extension|ext\.?|x|#)[ :.番-]*[0-9]{1,6}番?[)\]]?"
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
_LAND = "(?:[1-46-8][1-9]|5[1-689]|9[1-8])[0-9]{7}|(?:57|99)[1-9][0-9]{6}"
_WRITTEN = rf"^(?:(?:00|010)?810?|0)({_OWN}|{_LAND})$"
"""A number behind its 0 or 81. Of land lines only the area is asked for: office codes are allotted all the time."""


@functools.cache
def _plan() -> tuple[str, tuple[tuple[str, int, int], ...]]:
    """What a number that lost its zero must look like, and how one is hyphenated: (beginning, digits, digits)."""
    import phonenumbers  # noqa: PLC0415  loading its tables takes time that an import of oneid should not

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
    自宅) and extensions (内線12, ext. 12), which are left out. Lengths are strict: 11 digits for mobile (060, 070, 080,
    090), IP (050) and 0800 numbers, 10 for 0120 and for land lines; a land line without its zero must also begin with
    an area code that is allotted. Numbers of other countries are read where
    they begin with + and libphonenumber holds them valid. 0570 and 0990 are services, no one's phone.

    Extras: ``line`` (String): mobile, land, ip, free (0120, 0800) or foreign; ``more`` (List of String): the further
    valid numbers of the cell, as E.164, in order, without repeats; empty in most rows.

    Reasons: ``missing``; ``placeholder``: a word such as なし; one digit throughout; the subscriber's digits all alike
    (8 at the end of any number, 7 of a land line, 6 of a free one); a whole number that only counts up or down
    (0123456789, 1234567890, 9876543210 and the like, while 03-1234-5678 and 090-1234-5678 are taken at their word);
    ``too_short``; ``too_long``; ``not_a_phone``.

    >>> made = phone(pl.Series(["０９０−１２３４−５６７８", "312345678", "000-0000"]))
    >>> made.select("normalized", "line", "reason").rows()
    [('+819012345678', 'mobile', None), ('+81312345678', 'land', None), (None, None, 'placeholder')]
    """
    return apart(as_text(values), _plainly, _read)


_MOBILE = r"^0[6-9]0-?[1-9][0-9]{3}-?[0-9]{4}$"


def _plainly(raw: pl.Series) -> pl.DataFrame:
    """Mobiles as most systems write them, which need no more reading: null where a text is anything else."""
    mobile = raw.str.contains(_MOBILE)
    digits = (
        raw.to_frame().select(pl.when(mobile).then(pl.col("raw").str.replace_all("-", "", literal=True))).to_series()
    )
    sham = digits.str.contains(_tail(8))
    kept = digits.to_frame("digits").lazy().select(pl.when(~sham).then("digits").alias("digits"))
    cuts = [pl.col("digits").str.slice(*cut) for cut in ((0, 3), (3, 4), (7,))]
    there = pl.col("digits").is_not_null()
    return kept.select(
        normalized="+81" + pl.col("digits").str.slice(1),
        display=pl.concat_str(*cuts, separator="-"),
        reason=pl.lit(None, dtype=pl.String),
        line=pl.when(there).then(pl.lit("mobile")),
        more=pl.lit([], dtype=pl.List(pl.String)),
    ).collect()


def _read(raw: pl.Series) -> pl.DataFrame:
    frame = raw.to_frame().select(tidy(pl.col("raw")).alias("tidy")).with_row_index("row")
    frame = frame.with_columns(text=hyphens(pl.col("tidy").str.to_lowercase()).str.replace(r"^([0-9]{9,11})\.0$", "$1"))
    text = pl.col("text")
    frame = frame.with_columns(digits=text.str.replace_all("[^0-9]+", ""))
    alone = text.str.contains(r"^[0-9(\[][0-9()\[\]\-. /]+$") | text.str.contains(r"^\+[-() .]*81[0-9()\-. ]+$")
    frame = frame.with_columns(nsn=pl.when(alone).then(_national(pl.col("digits"))))
    words = placeholders_among(frame["tidy"], frame["nsn"].is_null(), dummies=True)
    frame = frame.with_columns(word=words).with_columns(reason=_unusable())
    rest = frame.filter(pl.col("nsn").is_null() & pl.col("reason").is_null()).select("row", "text")
    frame = frame.join(_taken_apart(rest), on="row", how="left", maintain_order="left")
    frame = frame.with_columns(nsn=pl.coalesce("nsn", "nsn_apart"))
    known = pl.col("nsn").is_not_null() & pl.col("reason").is_null()
    return frame.with_columns(line=pl.when(known).then(_line(pl.col("nsn"))).otherwise("line_apart")).select(
        normalized=pl.when(known).then("+81" + pl.col("nsn")).otherwise("foreign"),
        display=pl.when(known).then(_hyphenated(frame)).otherwise(pl.coalesce("shown", "tidy")),
        reason=pl.when(~known & pl.col("foreign").is_null()).then(pl.coalesce("reason", _wrong_length())),
        line="line",
        more=pl.col("more").fill_null(pl.lit([], dtype=pl.List(pl.String))),
    )


def _unusable() -> pl.Expr:
    """Missing or placeholder, else null."""
    digits, nsn = pl.col("digits"), pl.col("nsn")
    sham = (
        digits.str.contains("^0+$")
        | (all_same(digits) & (digits.str.len_chars() >= 7))
        | digits.is_in(pl.Series(_SEQUENCES).implode())
        | (digits.str.contains(_tail(8)) & (digits.str.len_chars() <= 13))
        | (nsn.str.contains(_tail(7)) & ~nsn.str.contains("^[5-9]0[1-9]"))
        | (nsn.str.contains(_tail(6)) & nsn.str.contains("^(?:120|800)"))
    )
    return (
        pl.when(pl.col("tidy").is_null())
        .then(pl.lit("missing"))
        .when(sham | pl.col("word"))
        .then(pl.lit("placeholder"))
    )


def _wrong_length() -> pl.Expr:
    """Why a text that is no placeholder is no number."""
    digits, text = pl.col("digits"), pl.col("text")
    count = digits.str.len_chars()
    wanted = pl.when(digits.str.contains("^0(?:[5-9]0)")).then(11).otherwise(10)
    return (
        pl.when((count == 0) | text.str.contains("[a-z@]"))
        .then(pl.lit("not_a_phone"))
        .when(count < wanted)
        .then(pl.lit("too_short"))
        .when(count > wanted)
        .then(pl.lit("too_long"))
        .otherwise(pl.lit("not_a_phone"))
    )


def _line(nsn: pl.Expr) -> pl.Expr:
    return (
        pl.when(nsn.str.contains("^(?:120|800)"))
        .then(pl.lit("free"))
        .when(nsn.str.contains("^50[1-9]"))
        .then(pl.lit("ip"))
        .when(nsn.str.contains("^[6-9]0[1-9]"))
        .then(pl.lit("mobile"))
        .otherwise(pl.lit("land"))
    )


def _hyphenated(frame: pl.DataFrame) -> pl.Series:
    """The numbers of the column ``nsn``, their zero back in front, hyphenated: 3-4-4 for ten digits, land lines
    where the first fitting beginning says.
    """
    nsn = frame["nsn"]
    ten = frame.lazy().select(
        pl.concat_str(
            pl.lit("0"), pl.col("nsn").str.slice(0, 2), pl.lit("-"), pl.col("nsn").str.slice(2, 4), pl.lit("-"),
            pl.col("nsn").str.slice(6),
        )
    ).collect().to_series()  # fmt: skip
    other = ((nsn.str.len_chars() != 10) | nsn.str.starts_with("800")).fill_null(value=False).arg_true()
    if other.is_empty():
        return ten
    beginnings = _plan()[1]
    short = nsn.gather(other).to_frame()
    first = [pl.when(pl.col("nsn").str.contains(beginning)).then(head) for beginning, head, _ in beginnings]
    second = [pl.when(pl.col("nsn").str.contains(beginning)).then(middle) for beginning, _, middle in beginnings]
    cut = short.with_columns(head=pl.coalesce(*first, 2), middle=pl.coalesce(*second, 3))
    head, middle = pl.col("head"), pl.col("middle")
    parts = (pl.col("nsn").str.slice(*cuts) for cuts in ((0, head), (head, middle), (head + middle,)))
    return ten.scatter(other, cut.select("0" + pl.concat_str(*parts, separator="-")).to_series())


def _taken_apart(rest: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``rest`` (row, text) that hold readable numbers: row, nsn_apart, foreign, line_apart, shown, more."""
    text = pl.col("text").str.replace_all(_EXTENSION, " ").str.replace_all(_LABELS, " ")
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
    numbers = numbers.with_columns(e164=pl.coalesce("+81" + pl.col("nsn"), "foreign")).filter(
        ~pl.col("e164").str.contains(_tail(8))
    )
    numbers = numbers.unique(["row", "e164"], keep="first", maintain_order=True)
    return numbers.group_by("row").agg(
        nsn_apart=pl.col("nsn").first(),
        foreign=pl.col("foreign").first(),
        line_apart=pl.when(pl.col("foreign").first().is_not_null()).then(pl.lit("foreign")),
        shown=pl.col("shown").first(),
        more=pl.col("e164").slice(1),
    )


def _abroad(pieces: pl.Series) -> pl.DataFrame:
    """What libphonenumber makes of distinct texts that begin with +: piece, foreign (E.164), shown (international)."""
    import phonenumbers  # noqa: PLC0415

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
