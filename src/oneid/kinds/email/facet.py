"""Which e-mail addresses somebody has: addresses and mailbox names place by place, and which are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from oneid.kinds.base import Comparison, Context, Facet, Home, Key, Tie
from oneid.kinds.email.household import household_mailboxes, is_household_mailbox
from oneid.kinds.few import Few, OneRecord
from oneid.kinds.quick import listed
from oneid.kinds.shapes import Flags, Found, FoundRow, Levels, Rows
from oneid.kinds.texts import Text, no_texts, one_edit, places_of, texts_of
from oneid.vocabulary.codes import Codes, both, equal, list_codes
from oneid.vocabulary.patterns import MISSING

__all__ = ["EMAIL_FACET", "EMAIL_LEVELS", "Emails", "email"]

EMAIL_LEVELS: Mapping[str, str] = {
    MISSING: "",
    "equal": "",
    "shared": "an address whose holders contradict each other, or a household's by its own words (suzuki-ke@)",
    "near": "one edit apart, or the same mailbox name at another provider",
    "differs": "",
}


@dataclass(frozen=True)
class Emails:
    """Addresses, the parts before @ (mailbox names), and by place and record whether an address is shared, and whether
    it says so itself.
    """

    addresses: Sequence[Text]
    mailbox: Sequence[Codes]
    shared: Sequence[Flags]
    household: Sequence[Flags]


def email(emails: Emails, left: Rows, right: Rows) -> Levels:
    """The level of the e-mail addresses: the best of all pairs of values."""
    level = {word: np.uint8(number) for number, word in enumerate(EMAIL_LEVELS)}
    result = np.zeros(left.size, dtype=np.uint8)
    lefts, rights = ([text.codes[rows] for text in emails.addresses] for rows in (left, right))
    same = [[equal(x, y) for y in rights] for x in lefts]
    for a, x, same_a in zip(emails.addresses, lefts, same, strict=True):
        for b, y, equal_ in zip(emails.addresses, rights, same_a, strict=True):
            there = both(x, y)
            result[there & (result == 0)] = level["differs"]
            result[one_edit(a, left, right, there & (result == level["differs"]) & ~equal_, b)] = level["near"]
    for box_a in emails.mailbox:
        for box_b in emails.mailbox:
            result[equal(box_a[left], box_b[right]) & (result == level["differs"])] = level["near"]
    either = [np.logical_or.reduce(same_a) for same_a in same]
    for word, wanted in (("shared", True), ("equal", False)):
        for equal_, shared in zip(either, emails.shared, strict=True):
            result[equal_ & (shared[left] == wanted)] = level[word]
    return result


def _make(found: Found, height: int) -> dict[str, pl.Series]:
    emails = found.get("email", [])
    if not emails:
        return {"email": no_texts(height), "mailbox": no_texts(height)}
    return {"email": texts_of(emails, "normalized", "more"), "mailbox": texts_of(emails, "local")}


def _make_one(found: FoundRow, _families: object) -> dict[str, Any]:
    emails = found.get("email", ())
    return {"email": listed(emails, "normalized", "more"), "mailbox": listed(emails, "local")}


def _columns(features: pl.DataFrame, _context: Context) -> Emails:
    addresses = places_of(features["email"])
    household = [household_mailboxes(text.values) for text in addresses]
    return Emails(addresses, list_codes(features["mailbox"]), household, household)


def _few(made: Few, _borne: object) -> Emails:
    addresses = made.listed("email")
    texts = [made.texts("email", place) for place in range(made.places["email"])]
    household = [np.array([is_household_mailbox(text) for text in held], dtype=np.bool_) for held in texts]
    boxes = [made.codes("mailbox", place) for place in range(made.places["mailbox"])]
    return Emails(addresses, boxes, household, household)


def _held(emails: Emails) -> list[Codes]:
    return [text.codes for text in emails.addresses]


def _with_shared(emails: Emails, flags: Sequence[Flags]) -> Emails:
    told = [shared | own for shared, own in zip(flags, emails.household, strict=True)]
    return replace(emails, shared=told)


def _keys(emails: Emails, _heard: bool | None) -> dict[str, Sequence[Codes]]:
    return {"email": _held(emails), "mailbox": emails.mailbox}


def _keys_of_one(record: OneRecord, _borne: object) -> dict[str, list[int]]:
    return {name: record.codes(name) for name in ("email", "mailbox")}


EMAIL_FACET = Facet(
    name="email",
    features={"email": pl.List(pl.String), "mailbox": pl.List(pl.String)},
    make=_make,
    make_one=_make_one,
    columns=_columns,
    few=_few,
    comparisons=(
        Comparison(
            "email",
            EMAIL_LEVELS,
            email,
            order=(("equal", "shared", "differs"), ("equal", "near", "differs")),
            finds=("equal", "shared"),
            independent=True,
            household={"differs": 45, "shared": 40, "equal": 10, "near": 5},
            place=4,
        ),
    ),
    keys=_keys,
    key_names={
        "email": Key("the whole e-mail address", ("email",)),
        "mailbox": Key("the part of the e-mail address before @", ("email",)),
    },
    keys_of_one=_keys_of_one,
    trusted={"email": {"email": "normalized", "mailbox": "local"}},
    held=_held,
    with_shared=_with_shared,
    ties={"email": Tie("email", near=True)},
    home=lambda features: Home(ties={"email": list_codes(features["email"])}),
    lives_by=("email",),
)
"""The facet of e-mail addresses."""
