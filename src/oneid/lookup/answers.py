"""What a look-up answers: the OneIDs that a record may belong to, as JSON has them and as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oneid.vocabulary.language import in_language, joined, said
from oneid.vocabulary.masking import HIDDEN, mask
from oneid.vocabulary.pages.markup import code, fragment, paragraph, table
from oneid.vocabulary.references import RecordRef, Verdict
from oneid.vocabulary.terminaltext import harmless

__all__ = ["Candidate", "LookupField", "LookupResult"]


@dataclass(frozen=True, slots=True)
class LookupField:
    """One compared field: the level, and what the record that was looked up and the one that was found have. What is
    held is hidden as a whole: whoever asks with a value of their own would know the rest from what is left of it.
    """

    field: str
    level: str
    asked: str
    held: str

    def shown(self, *, show_pii: bool) -> tuple[str, str]:
        """What was asked and what is held, for people."""
        return (self.asked, self.held) if show_pii else (mask(self.asked), HIDDEN if self.held else "")

    def __repr__(self) -> str:
        asked, held = self.shown(show_pii=False)
        return f"LookupField(field={self.field!r}, level={self.level!r}, asked={asked!r}, held={held!r})"


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
            asked, held = field.shown(show_pii=show_pii)
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
        lines = [f"{self.verdict}: {self.oneid or in_language('no OneID')}"]
        for one in self.candidates:
            shown = one.as_dict(show_pii=show_pii)
            told = said(
                "{verdict} by {rule}, score {score:+.2f}", verdict=one.verdict, rule=one.rule, score=one.score / 100
            )
            told = joined(": ", [told, one.why]) if one.why else told
            lines.append(f"{one.oneid}  {in_language(told)}")
            lines.append(in_language(said("  records: {records}", records=", ".join(shown["records"]))))
            lines += [
                f"  {name}: {field['level']}  {field['asked']} | {field['held']}"
                for name, field in shown["fields"].items()
            ]
        return harmless("\n".join(lines))

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        """For notebooks: the candidates, and the fields of each; masked."""
        parts = [paragraph(f"{self.verdict}: {self.oneid or 'no OneID'}")]
        head = ["OneID", "verdict", "rule", "score", "why", "records"]
        rows = [
            (
                code(one.oneid),
                one.verdict,
                one.rule,
                f"{one.score / 100:+.2f}",
                one.why,
                ", ".join(map(str, one.records)),
            )
            for one in self.candidates
        ]
        parts.append(table(head, rows, "candidates"))
        for one in self.candidates:
            fields = [(field.field, field.level, *field.shown(show_pii=False)) for field in one.fields]
            parts.append(paragraph(code(one.oneid)))
            parts.append(table(["field", "level", "asked", "held"], fields, f"fields of {one.oneid}", rowhead=True))
        return fragment(*parts)
