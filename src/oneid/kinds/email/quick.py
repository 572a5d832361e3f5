"""Plain e-mail addresses, as :mod:`oneid.kinds.email.normalizer` reads them; null for any other text."""

from __future__ import annotations

from oneid.japanese.quicktext import Pattern, Row, compiled, same_throughout
from oneid.kinds.email.normalizer import _GMAIL, _LOCAL_DUMMIES, _PLAIN, _RESERVED, _TAGGED
from oneid.kinds.email.providers import mended

__all__ = ["email"]

_MAIL_PLAIN, _MAIL_ODD = compiled(_PLAIN), compiled(f"(?:^|[.])-|{_RESERVED}")
_TAG = Pattern("[+][a-z0-9_-]+(?:[.][a-z0-9_-]+)*@")
_DUMMIES = frozenset(_LOCAL_DUMMIES)


def email(text: str) -> Row | None:
    """One plain address in any case (:func:`oneid.kinds.email.normalizer.email`)."""
    lower = text.lower()
    bare = _TAG.sub("@", lower, count=1)
    if not text.isascii() or not _MAIL_PLAIN.match(bare):
        return None
    box, _, host = lower.partition("@")
    host = mended().get(host, host)
    main = bare.partition("@")[0] if host in _TAGGED else box
    main = main.replace(".", "") if host in _GMAIL else main
    if _MAIL_ODD.search(host) or len(box) > 64 or len(lower) > 250:
        return None
    alike = len(main) > 1 and same_throughout(main) and not host.partition(".")[0].strip(main[0])
    if alike or box in _DUMMIES or main in _DUMMIES:
        return _mail(None, None, text, "placeholder")
    return _mail(main, "gmail.com" if host in _GMAIL else host, f"{box}@{host}", None)


def _mail(local: str | None, domain: str | None, display: str, reason: str | None) -> Row:
    normalized = None if local is None else f"{local}@{domain}"
    return {
        "normalized": normalized, "display": display, "reason": reason, "local": local, "domain": domain, "more": [],
    }  # fmt: skip
