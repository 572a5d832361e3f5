"""E-mail addresses as a kind."""

from __future__ import annotations

from oneid.kinds.base import Betrayal, Header, Kind, Survival
from oneid.kinds.email import quick
from oneid.kinds.email.facet import EMAIL_FACET
from oneid.kinds.email.normalizer import email
from oneid.kinds.plain.own import plain

__all__ = ["EMAIL"]

EMAIL = Kind(
    "email",
    email,
    plain,
    facet=EMAIL_FACET,
    usual=quick.email,
    several=True,
    in_short=True,
    headers=(Header(130, r"e_?mail|(^|_)mail($|_|\d|addr)|smtp_addr|メール|メアド"),),
    obvious=r"[^@\s]+@[^@\s]+\.[a-z]+",
    many_columns=True,
    tells=2,
    betrayal=Betrayal(("normalized", "local")),
    survival=Survival(every=True),
    shareable=True,
    mark="email",
)
"""E-mail addresses."""
