"""What a look-up answers: the OneIDs that a record may belong to, as JSON has them and as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oneid.vocabulary.masking import mask_pair
from oneid.vocabulary.references import RecordRef, Verdict

__all__ = ["Candidate", "LookupField", "LookupResult"]


@dataclass(frozen=True, slots=True)
class LookupField:
    """One compared field: the level, and what the record that was looked up and the one that was found have."""

    field: str
    level: str
    asked: str
    held: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A OneID that the record could belong to. ``rule``, ``score`` (hundredths of a bit) and ``fields`` are of the
    strongest of ``records``, the members that say so; ``why`` is the rule's reason, or what keeps the two apart.
    """

    oneid: str
    verdict: Verdict
    score: int
    rule: str
    why: str
    records: tuple[RecordRef, ...]
    fields: tuple[LookupField, ...]

    def as_dict(self, *, show_pii: bool = False) -> dict[str, Any]:
        """As JSON has it; values are masked unless ``show_pii``."""
        fields = {}
        for field in self.fields:
            asked, held = (field.asked, field.held) if show_pii else mask_pair(field.asked, field.held)
            fields[field.field] = {"level": field.level, "asked": asked, "held": held}
        return {
            "oneid": self.oneid, "verdict": str(self.verdict), "score": self.score / 100, "rule": self.rule,
            "why": self.why, "records": [str(record) for record in self.records], "fields": fields,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What is known of a record: the OneIDs that it meets, the likeliest first."""

    candidates: tuple[Candidate, ...]
    run_id: str

    @property
    def oneid(self) -> str | None:
        """The OneID that a run would give to the record; None where there is none, or where people must decide."""
        found = [one.oneid for one in self.candidates if one.verdict is Verdict.MATCH]
        return found[0] if len(found) == 1 else None

    @property
    def verdict(self) -> Verdict:
        """``match`` with a OneID, ``review`` where people must decide, else ``none``."""
        return self.candidates[0].verdict if self.candidates else Verdict.NONE

    def as_dict(self, *, show_pii: bool = False) -> dict[str, Any]:
        """As JSON has it; values are masked unless ``show_pii``."""
        candidates = [one.as_dict(show_pii=show_pii) for one in self.candidates]
        return {"oneid": self.oneid, "verdict": str(self.verdict), "run_id": self.run_id, "candidates": candidates}

    def text(self, *, show_pii: bool = False) -> str:
        """For people, as lines; values are masked unless ``show_pii``."""
        lines = [f"{self.verdict}: {self.oneid or 'no OneID'}"]
        for one in self.candidates:
            said = one.as_dict(show_pii=show_pii)
            why = f": {one.why}" if one.why else ""
            lines.append(f"{one.oneid}  {one.verdict} by {one.rule}, score {one.score / 100:+.2f}{why}")
            lines.append(f"  records: {', '.join(said['records'])}")
            lines += [
                f"  {name}: {field['level']}  {field['asked']} | {field['held']}"
                for name, field in said["fields"].items()
            ]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()
