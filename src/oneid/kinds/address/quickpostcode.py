"""Postcodes in usual spellings, as :mod:`oneid.kinds.address.postcode` reads them; null for any other text."""

from __future__ import annotations

import re

from oneid.japanese.quicktext import Row, narrow, same_throughout

__all__ = ["postcode"]

_CODE = re.compile("〒?([0-9]{3})-?([0-9]{4})|([1-9][0-9]{5})")
_HYPHENS = str.maketrans(dict.fromkeys("‐−ー", "-"))


def postcode(text: str) -> Row | None:
    """Seven digits with or without 〒 and hyphen, or six that a spreadsheet left
    (:func:`oneid.kinds.address.postcode.postcode`).
    """
    found = _CODE.fullmatch(narrow(text).translate(_HYPHENS))
    if not found:
        return None
    digits = found[3] or found[1] + found[2]
    code = digits.zfill(7)
    if same_throughout(digits):
        return {"normalized": None, "display": text, "reason": "placeholder"} if text.isascii() else None
    if code.startswith("000"):
        return None
    return {"normalized": code, "display": f"{code[:3]}-{code[3:]}", "reason": None}
