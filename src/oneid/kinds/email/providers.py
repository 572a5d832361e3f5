"""Domains of mail providers one slip of the finger away from the right one: outrook.com, docomo.me.jp, nifty.con.

Our own lists. A spelling is mended only where it can be nothing else: one letter dropped, doubled, swapped with the
next or struck beside the right key (or l for r, as the sound suggests), never the first letter of the name, and only
for names of six letters or more; in the rest of the domain (.con, .me.jp, .cojp) for every provider. What is a domain
of its own stays (:data:`OTHERS`), and so does what two providers could have been.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

__all__ = ["OTHERS", "PROVIDERS", "TYPOS", "mended"]

PROVIDERS = """
    gmail.com googlemail.com icloud.com outlook.com outlook.jp hotmail.com hotmail.co.jp live.jp live.com msn.com
    yahoo.co.jp ymail.ne.jp ymobile.ne.jp ymobile1.ne.jp docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp
    vodafone.ne.jp uqmobile.jp rakumail.jp nifty.com biglobe.ne.jp so-net.ne.jp ocn.ne.jp plala.or.jp
    dion.ne.jp infoseek.jp excite.co.jp mail.goo.ne.jp asahi-net.or.jp eonet.ne.jp jcom.home.ne.jp jcom.zaq.ne.jp
    protonmail.com ybb.ne.jp dti.ne.jp
""".split()  # noqa: SIM905
"""Providers of mailboxes for persons in Japan."""

TYPOS = {
    "gmail.com": "gmial.com gmai.com gamil.com gmal.com gmil.com gmaill.com gmaii.com gnail.com gmail.co gmail.con "
    "gmail.cm gmail.om gmail.comm gmail.co.jp gmail.cpm gmail.vom gmailcom gmali.com gmaol.com gmaul.com gmaik.com "
    "gmaio.com gmaip.com gmsil.com gmqil.com gmwil.com ggmail.com gmmail.com gmaail.com gmaiil.com gimail.com "
    "gmail.ne.jp gmeil.com",
    "yahoo.co.jp": "yahoo.co.j yahoo.cojp yahoo.co.jpp yahoo.co.jo yahoo.co.ip yaho.co.jp yahooo.co.jp yhoo.co.jp "
    "yahho.co.jp yahoo.c.jp yahoo.cp.jp yahoo.co.p yafoo.co.jp yhaoo.co.jp yaoho.co.jp yahoo.com.jp yahoo.or.jp "
    "yahhoo.co.jp yaahoo.co.jp yyahoo.co.jp yafuu.co.jp yahuu.co.jp yajoo.co.jp yaoo.co.jp ayhoo.co.jp",
    "docomo.ne.jp": "docomo.ne.j docomo.nejp docomo.ne.jpp docomo.ne.jo docomo.n.jp docmo.ne.jp docomo.ne.ip "
    "dokomo.ne.jp docomone.jp docomo.co.jp",
    "ezweb.ne.jp": "ezweb.ne.j ezweb.nejp ezweb.ne.jpp ezweb.ne.jo ezwed.ne.jp ezeb.ne.jp eweb.ne.jp ezwebne.jp "
    "ezwev.ne.jp ezwen.ne.jp ezewb.ne.jp ezwbe.ne.jp ezwb.ne.jp ezwe.ne.jp ezwweb.ne.jp ezzweb.ne.jp "
    "ezweeb.ne.jp ezwebb.ne.jp exweb.ne.jp ezqeb.ne.jp ezwrb.ne.jp zeweb.ne.jp ez-web.ne.jp "
    "ezweb.co.jp",
    "softbank.ne.jp": "softbank.ne.j softbank.nejp softbank.ne.jpp softbank.ne.jo sofbank.ne.jp softbnak.ne.jp "
    "softbunk.ne.jp",
    "i.softbank.jp": "i.softbank.ne.jp i.softbank.j i.sofbank.jp i.softbank.jo i.softbank.co.jp isoftbank.jp "
    "l.softbank.jp 1.softbank.jp i-softbank.jp",
    "icloud.com": "icloud.co icloud.con icloud.cm iclud.com icoud.com iclould.com icloud.ne.jp icloud.co.jp "
    "icroud.com iclowd.com",
    "outlook.com": "outlook.con outlook.cm outlok.com outllook.com outlook.co.jp autlook.com outluk.com",
    "outlook.jp": "outlook.j outlok.jp",
    "hotmail.com": "hotmail.con hotmail.cm hotmial.com hotmai.com hotmal.com hotmeil.com",
    "hotmail.co.jp": "hotmail.co.j hotmail.cojp hotmial.co.jp",
}
"""Misspelt domains (right domain: wrong spellings, blank-separated) that no mail service for persons uses, beside those
that a rule finds."""

OTHERS = frozenset(
    """
    mail.com email.com ymail.com gmx.com gmx.net gmx.de aol.com aol.jp me.com mac.com live.com live.jp hotmall.com
    cloud.com outlook.co outlook.de outlook.fr outlook.es outlook.it hotmail.co hotmail.fr hotmail.de hotmail.it
    hotmail.es hotmail.jp yahoo.com yahoo.ne.jp yahoo.jp softbank.jp softbank.co.jp docomo.com docomo.jp nifty.ne.jp
    nifty.co.jp biglobe.jp infoseek.co.jp excite.jp rakuten.jp rakuten.co.jp goo.jp goo.ne.jp uqmobile.com plala.jp
    vodafone.com vodafone.jp so-net.jp au.jp proton.me proton.com protonmail.ch ocn.jp sonet.ne.jp exite.co.jp
    """.split()  # noqa: SIM905
)
"""Domains near a provider's that are somebody's own."""

_BESIDE = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "o", "a": "qsz", "s": "awdxe", "d": "sefcr", "f": "drgvt", "g": "fthbg", "h": "gyjnh", "j": "hukmj",
    "k": "jilom", "l": "kop", "z": "asx", "x": "zsdc", "c": "xdfv", "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip
"""The keys beside each on a keyboard."""
_SOUND = {"l": "r1", "r": "l", "i": "1", "o": "0", "c": "k", "b": "v", "v": "b", "m": "n", "n": "m"}
_ENDS = {
    "com": ("con", "cim", "cpm", "vom", "xom", "dom", "comm", "coom", "ccom", "cmo", "ocm", "cok",
            "col", "cpn", "c0m", "comn", "conm"),
    "jp": ("j", "p", "jpp", "jjp", "ip", "jo", "jl", "hp", "up", "pj"),
}  # fmt: skip
_REGISTRY = ("co", "ne", "or")
_LONG = 6
"""The letters that a name has at least, for a slip in it to be unmistakable."""


def _slips(text: str, first: int) -> Iterator[str]:
    """``text`` with one slip, none of them on what stands before place ``first``."""
    for at in range(first, len(text)):
        before, letter, after = text[:at], text[at], text[at + 1 :]
        yield before + after
        yield before + letter * 2 + after
        yield from (before + other + after for other in _BESIDE.get(letter, "") + _SOUND.get(letter, ""))
        if after and (at or first == 0):
            yield before + after[0] + letter + after[1:]


def _spellings(domain: str) -> Iterator[str]:
    """Everything that one slip makes of a domain."""
    name, *middle, end = domain.split(".")
    rest = ".".join((*middle, end))
    if len(name) >= _LONG:
        yield from (f"{wrong}.{rest}" for wrong in _slips(name, 1))
    for wrong in _ENDS.get(end, ()):
        yield domain.removesuffix(end) + wrong
    for number, part in enumerate(middle):
        if part not in _REGISTRY and len(part) < _LONG:
            continue
        for wrong in _slips(part, 0):
            parts = [*middle[:number], wrong, *middle[number + 1 :]]
            yield ".".join((name, *(each for each in parts if each), end))
    dots = [at for at, letter in enumerate(domain) if letter == "."]
    yield from (domain[:at] + domain[at + 1 :] for at in dots)
    yield from (domain[:at] + ".." + domain[at + 1 :] for at in dots)


@cache
def mended() -> dict[str, str]:
    """The right domain of each wrong one.

    >>> [mended().get(domain) for domain in ("outrook.com", "docomo.me.jp", "nifty.con", "ymail.com")]
    ['outlook.com', 'docomo.ne.jp', 'nifty.com', None]
    """
    found: dict[str, set[str]] = defaultdict(set)
    for provider in PROVIDERS:
        for wrong in _spellings(provider):
            found[wrong].add(provider)
    known = OTHERS.union(PROVIDERS)
    single = {wrong: min(right) for wrong, right in found.items() if len(right) == 1 and wrong not in known}
    listed = {wrong: right for right, spellings in TYPOS.items() for wrong in spellings.split()}
    return single | listed
