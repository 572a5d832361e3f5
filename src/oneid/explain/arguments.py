"""What is asked: two records, or OneIDs. Told from the words alone, before anything is read.

==== ==================================================================================
E418 neither two records nor OneIDs are named
E420 a word is no record: those are written source:id
E422 a record is to be compared with itself
==== ==================================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from oneid.vocabulary.errors import UsageError, did_you_mean
from oneid.vocabulary.language import said
from oneid.vocabulary.masking import mask
from oneid.vocabulary.references import RecordRef

__all__ = ["asked", "record", "refuse_unknown"]

_SYMBOLS = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_LENGTH = 17
_HINT = "name two records (source:id source:id), or OneIDs"


def record(ref: str | RecordRef) -> RecordRef:
    """A record that is named. E420 for what is none."""
    if isinstance(ref, RecordRef):
        return ref
    try:
        return RecordRef.parse(ref)
    except ValueError:
        raise UsageError(
            "E420", said("'{text}' is no record", text=mask(ref)), hint="write source:id, as in ec:E1024"
        ) from None


def asked(words: Sequence[str | RecordRef]) -> tuple[RecordRef, RecordRef] | tuple[str, ...]:
    """Two records, the words having a colon, or OneIDs. Raises UsageError: E418, E420, E422; E412 for a word that
    begins like a OneID and is none.

    >>> asked(["OIDQ4YZ46M02VQEC6"])
    ('OIDQ4YZ46M02VQEC6',)
    """
    refs = [word for word in words if not isinstance(word, str) or ":" in word]
    others = [word for word in words if isinstance(word, str) and ":" not in word]
    if refs and len(words) == 2 and len(others) == 1 and not others[0].startswith("OID"):
        record(others[0])
    if not words or (refs and (others or len(words) != 2)):
        if not words:
            raise UsageError("E418", "nothing is named", hint=_HINT)
        if others:
            both = said("{n} records and {others} others are named", n=len(refs), others=len(others))
            raise UsageError("E418", both, hint=_HINT)
        raise UsageError("E418", said("{n} records are named", n=len(refs)), hint=_HINT)
    if refs:
        first, second = map(record, refs)
        if first == second:
            raise UsageError("E422", "the two records are one and the same record")
        return first, second
    for word in others:
        if not word.startswith("OID"):
            raise UsageError("E418", said("'{text}' is neither a record nor a OneID", text=mask(word)), hint=_HINT)
        if len(word) != _LENGTH or not _SYMBOLS.issuperset(word[3:]):
            raise UsageError("E412", said("'{text}' is no OneID", text=word[:40]), hint="OneIDs are OID and 14 symbols")
    return tuple(others)


def refuse_unknown(named: Sequence[str | RecordRef], sources: Collection[str]) -> None:
    """Refuses records of sources that there are not (E421)."""
    for ref in named:
        if isinstance(ref, RecordRef) and ref.source not in sources:
            hint = did_you_mean(ref.source, sorted(sources))
            raise UsageError("E421", said("no record {ref} in this run", ref=ref), hint=hint)
