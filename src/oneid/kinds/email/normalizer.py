"""E-mail addresses, so that one mailbox has one form.

``display`` is the address as mail is sent to it; ``normalized`` leaves out what providers ignore (Gmail's dots, +tags),
so that two spellings of one mailbox are equal.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from oneid.japanese.text import apart, as_text, placeholders_among, tidy
from oneid.kinds.email.providers import PROVIDERS, mended

__all__ = ["email"]

_GMAIL = ["gmail.com", "googlemail.com"]
_TAGGED = [
    *_GMAIL, "outlook.com", "outlook.jp", "hotmail.com", "hotmail.co.jp", "live.com", "live.jp", "msn.com",
    "icloud.com", "me.com", "mac.com", "fastmail.com", "fastmail.fm", "proton.me", "protonmail.com", "pm.me",
]  # fmt: skip
"""Providers whose own help pages say that local+tag reaches local. Yahoo! JAPAN is not among them: its aliases are
addresses of their own."""

_OLD_CARRIERS = r"(?:^|\.)(?:docomo\.ne\.jp|ezweb\.ne\.jp|au\.com|softbank\.(?:ne\.)?jp|vodafone\.ne\.jp)$"
"""Carriers that once gave out addresses with dots where RFC 5321 allows none (taro..sato@, .taro@, taro.@)."""

_LOCAL_DUMMIES = """
    test tests testtest testuser test1 test01 test123 tester testing noreply no-reply no_reply donotreply do-not-reply
    none nomail no-mail no_mail noemail no-email nashi null nil na unknown fumei dummy sample example xxx hoge hogehoge
    fuga foo bar withdrawn withdrawal taikai deleted
    asdf asdfg qwerty abc abcd mail email user username aaaa mailer-daemon
""".split()  # noqa: SIM905
_RESERVED = r"(?:^|\.)(?:invalid|localhost)$"

_COMMA = rf"^[^@ ,]+@(?:{'|'.join(provider.replace('.', '[.,]') for provider in PROVIDERS)})$"
"""A provider's domain with a comma for a point (yahoo,co.jp)."""
_LOCAL = r"^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$"
_DOMAIN = r"^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}][\p{L}\p{N}-]*[\p{L}\p{N}]$"
_ADDRESS = r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[\p{L}\p{N}.-]+"


def email(values: pl.Series) -> pl.DataFrame:
    """E-mail addresses in one form per mailbox.

    Lower case, NFKC, no blanks; ``mailto:`` and a display name (``"Taro" <taro@a.jp>``) are taken off, quotes around
    the local part too. In ``normalized``, Gmail's dots and +tags are left out and googlemail.com is gmail.com; +tags
    are left out for the other providers that offer them. Old carrier addresses that break the RFC
    (``taro..sato@docomo.ne.jp``) are kept. A domain that is one slip away from a provider's
    (:mod:`oneid.kinds.email.providers`: outrook.com, docomo.me.jp, nifty.con) is the provider's, in ``display`` too.

    Extras: ``local`` and ``domain`` (String), the two sides of ``normalized``; ``more`` (List of String): the
    further addresses of the cell in order, normalized, without repeats; empty in most rows.

    Reasons: ``missing``; ``placeholder``: a word such as なし; a local part that says so at any domain (test, noreply,
    none, dummy, sample ...); one letter throughout on both sides (aaa@aaa.com); the reserved domains .invalid and
    .localhost. Other addresses at example.com and example.jp are taken at their word, as trial data uses them;
    ``not_an_email``.

    >>> email(pl.Series(["Taro.Sato+shop@GoogleMail.com", "test@example.com"])).select("normalized", "reason").rows()
    [('tarosato@gmail.com', None), (None, 'placeholder')]
    """
    return apart(as_text(values), _plainly, _read)


_PLAIN = r"^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*@[a-z0-9-]*[a-z0-9](?:\.[a-z0-9-]*[a-z0-9])*\.[a-z]{2,}$"


@cache
def _pairs() -> tuple[pl.Series, pl.Series]:
    """Wrong domains, and the right one of each."""
    return pl.Series(list(mended()), dtype=pl.String), pl.Series(list(mended().values()), dtype=pl.String)


def _wrong() -> pl.Series:
    return _pairs()[0]


def _plainly(raw: pl.Series) -> pl.DataFrame:
    """Addresses as most systems write them, which need no more reading: null where a text is anything else."""
    frame = raw.to_frame().lazy().select(raw=pl.when(pl.col("raw").str.contains(_PLAIN)).then("raw"))
    sides = pl.col("raw").str.split_exact("@", 1)
    frame = frame.with_columns(box=sides.struct.field("field_0"), host=sides.struct.field("field_1"))
    box, host = pl.col("box"), pl.col("host")
    main = pl.when(host.is_in(_GMAIL)).then(box.str.replace_all(".", "", literal=True)).otherwise(box)
    frame = frame.with_columns(main=main)
    odd = host.is_in(_wrong().implode()) | pl.any_horizontal(pl.col("box", "main").is_in(_LOCAL_DUMMIES))
    odd |= host.str.contains(f"(?:^|[.])-|{_RESERVED}") | (host == "googlemail.com")
    odd |= (box.str.len_chars() > 64) | (pl.col("raw").str.len_chars() > 254)
    odd |= pl.col("main").str.strip_chars(pl.col("main").str.slice(0, 1)) == ""
    frame = frame.with_columns(fit=(~odd).fill_null(value=False))
    frame = frame.with_columns(
        local=pl.when("fit").then("main"),
        domain=pl.when("fit").then("host"),
    )
    return frame.select(
        normalized=pl.concat_str("local", pl.lit("@"), "domain"),
        display=pl.when("fit").then("raw"),
        reason=pl.lit(None, dtype=pl.String),
        local="local",
        domain="domain",
        more=pl.lit([], dtype=pl.List(pl.String)),
    ).collect()


def _read(raw: pl.Series) -> pl.DataFrame:
    frame = raw.to_frame().select(tidy(pl.col("raw")).alias("tidy")).with_row_index("row")
    text = pl.col("tidy").str.to_lowercase().str.replace_all("[。｡]", ".").str.replace_all("[‐‑–—−ー]", "-")
    text = text.str.replace(r"^[^@]*<([^<>@]*@[^<>@]*)>[^@]*$", "$1").str.replace_all("mailto:", "", literal=True)
    text = text.str.replace(r'^="(.*)"$', "$1").str.replace(r"^[^@:<]{1,12}: ?([^@: ]+@[^@: ]+)$", "$1")
    text = text.str.replace(r"^([^@ ()]+)[(\[]at[)\]]([^@ ()]+)$", "$1@$2")
    text = text.str.replace(r"^([^@ ()]+@[^@ ()]+) ?\([^()@]*\)$", "$1")
    text = pl.when(text.str.contains(_COMMA)).then(text.str.replace_all(",", ".", literal=True)).otherwise(text)
    frame = frame.with_columns(text=text)
    alone = frame.with_columns(
        address=pl.col("text").str.replace_all(r"[ \"]+", "").str.strip_chars(",;:()[]<>'").str.strip_chars_end(".")
    )
    several = frame.filter(pl.col("text").str.count_matches("@", literal=True) > 1).select(
        "row", address=pl.col("text").str.replace_all('"', "", literal=True).str.extract_all(_ADDRESS)
    )
    pieces = several.explode("address", empty_as_null=True).with_columns(
        address=pl.col("address").str.strip_chars_end(".-").str.strip_chars_start("'")
    )
    pieces = (
        _mailbox(pieces).filter(pl.col("normalized").is_not_null()).unique(["row", "normalized"], maintain_order=True)
    )
    firsts = pieces.group_by("row").agg(first=pl.col("address").first(), more=pl.col("normalized").slice(1))
    alone = alone.join(firsts, on="row", how="left", maintain_order="left")
    made = _mailbox(alone.with_columns(address=pl.coalesce("first", "address")))
    word = placeholders_among(made["tidy"], made["normalized"].is_null(), dummies=True)
    return made.with_columns(word=word).select(
        normalized="normalized",
        display=pl.when(pl.col("normalized").is_not_null()).then("sent").otherwise("tidy"),
        reason=pl.when(pl.col("tidy").is_null())
        .then(pl.lit("missing"))
        .when(pl.col("word") | pl.col("sham"))
        .then(pl.lit("placeholder"))
        .when(pl.col("normalized").is_null())
        .then(pl.lit("not_an_email")),
        local=pl.col("normalized").str.extract("^(.*)@", 1),
        domain=pl.col("normalized").str.extract("@(.*)$", 1),
        more=pl.col("more").fill_null(pl.lit([], dtype=pl.List(pl.String))),
    )


def _mailbox(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds normalized, sent (the address mail goes to) and sham (a placeholder) for the column ``address``."""
    sides = pl.col("address").str.split_exact("@", 2)
    frame = frame.with_columns(
        box=sides.struct.field("field_0"), host=sides.struct.field("field_1"), third=sides.struct.field("field_2")
    )
    frame = frame.with_columns(host=pl.col("host").replace(*_pairs()))
    box, host = pl.col("box"), pl.col("host")
    bare = box.str.replace(r"\+.*$", "")  # a dot before the tag is no end of a name of its own
    main = pl.when(host.is_in(_TAGGED) & (~bare.str.ends_with(".") | host.is_in(_GMAIL))).then(bare).otherwise(box)
    main = pl.when(host.is_in(_GMAIL)).then(main.str.replace_all(".", "", literal=True)).otherwise(main)
    frame = frame.with_columns(main=main)
    dotted = box.str.contains(r"^\.|\.\.|\.$") & ~host.str.contains(_OLD_CARRIERS) & ~host.is_in(_GMAIL)
    proper = (
        pl.col("third").is_null()
        & box.str.contains(_LOCAL)
        & host.str.contains(_DOMAIN)
        & (pl.col("address").str.len_chars() <= 254)
        & ~dotted
        & (pl.col("main") != "")
    )
    meant = pl.col("main")  # a dummy with a tag or dots is one too
    one_letter = meant.str.strip_chars(meant.str.slice(0, 1)) == ""
    same = one_letter & (host.str.replace(r"\..*$", "").str.strip_chars(meant.str.slice(0, 1)) == "")
    sham = box.is_in(_LOCAL_DUMMIES) | meant.is_in(_LOCAL_DUMMIES)
    sham |= (same & (meant.str.len_chars() > 1)) | host.str.contains(_RESERVED)
    frame = frame.with_columns(sham=sham.fill_null(False))
    usable = proper & ~pl.col("sham")
    target = pl.when(host == "googlemail.com").then(pl.lit("gmail.com")).otherwise(host)
    return frame.with_columns(
        normalized=pl.when(usable).then(pl.concat_str("main", pl.lit("@"), target)),
        sent=pl.concat_str(box, pl.lit("@"), host),
    )
