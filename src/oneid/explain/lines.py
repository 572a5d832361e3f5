"""Explanations as lines, for a terminal or a log."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from oneid.explain.facts import Against, FieldEvidence, Link, OneIDFacts, PairFacts
from oneid.explain.words import Say
from oneid.vocabulary.language import in_language
from oneid.vocabulary.patterns import MISSING
from oneid.vocabulary.references import Verdict
from oneid.vocabulary.terminaltext import harmless, in_line

__all__ = ["against_line", "found_line", "of_oneid", "of_pair", "reason", "verdict_word"]


def of_pair(found: PairFacts, language: str) -> str:
    """A pair."""
    say = Say(language)
    lines = _table(found.fields, (say("field"), str(found.left), str(found.right), say("level"), say("bits")))
    lines += [say("n_bits", name=name, bits=f"{bits:+.1f}") for name, bits in found.extra]
    why = reason(found.why, say)
    verdict = verdict_word(found.verdict, say)
    lines.append(say("scored", score=f"{found.score / 100:+.2f}", verdict=verdict, rule=found.rule) + why)
    lines.append(found_line(found, say))
    if found.together:
        path = say("by", path=" = ".join(map(str, found.path))) if found.path else ""
        return harmless("\n".join([*lines, in_line(say("one", oneid=found.oneids[0]) + path)]))
    lines.append(say("two", one=found.oneids[0], other=found.oneids[1]))
    if found.steps:
        path = str(found.steps[0].left)
        path += "".join(f" {'=' if step.applied else '≠'} {step.right}" for step in found.steps)
        lines += [in_line(say("chain", path=path)), say("refused_by")]
        lines += [f"  {in_line(against_line(one, say))}" for one in found.against]
    return harmless("\n".join(lines))


def found_line(found: PairFacts, say: Say) -> str:
    """How the two came to be compared."""
    if found.equal:
        return say("found_equal")
    if found.found == "key":
        return say("found_key", key=found.key_rule) if found.key_rule else say("found_some")
    return say("found_inside") if found.found == "inside" else say("found_no")


def against_line(one: Against, say: Say) -> str:
    """What stands against a link."""
    said = say(
        one.kind, **{name: getattr(one, name) for name in ("left", "right", "via", "rule", "field", "count", "most")}
    )
    return said + reason(one.why, say)


def reason(why: str, say: Say) -> str:
    """The reason that a rule gives, behind what it says, in the language if it has one."""
    return say("reason", why=in_language(why, say.language)) if why else ""


def verdict_word(verdict: Verdict, say: Say) -> str:
    """A verdict in words."""
    return say("never_" if verdict is Verdict.NEVER else str(verdict))


def of_oneid(found: OneIDFacts, language: str) -> str:
    """A whole OneID."""
    say = Say(language)
    lines = [say("oneid", oneid=found.oneid, records=len(found.members), sources=found.sources)]
    lines += [f"  {one.field}: {one.value}  ({one.ref})" for one in found.golden]
    for member in found.members:
        how = say(member.status)
        if member.rule is not None and member.score is not None:
            score = say("decided") if member.rule == "decision" else f"{member.score / 100:+.2f}"
            how = say("held_by", rule=member.rule, score=score, via=member.via)
        lines.append(f"  {member.ref}  {how}")
    for title, links in (("links", found.links), ("doubtful", found.doubtful)):
        if links:
            lines.append(say(title))
            lines += [f"  {_link(one, say)}" for one in links]
        if title == "links" and found.more:
            lines.append("  " + say("more", n=f"{found.more:,}"))
    return harmless("\n".join(map(in_line, lines)))


def _link(one: Link, say: Say) -> str:
    edge = one.edge
    score = say("decided") if edge.decided else f"{edge.score / 100:+.2f}"
    parts = [f"{edge.left} {'=' if edge.applied else '≠' if edge.verdict is Verdict.MATCH else '?'} {edge.right}"]
    parts += [f"{edge.rule} {score}"]
    parts += [say(word) for word, holds in (("alone", edge.alone), ("weakest", edge.weakest)) if holds]
    if one.other is not None:
        parts += [say("refused" if edge.verdict is Verdict.MATCH else "asked"), say("of", oneid=one.other)]
    parts.append(" ".join(f"{field.field}={field.level}" for field in one.fields if field.level != MISSING))
    return "  ".join(parts)


def _table(fields: Sequence[FieldEvidence], head: tuple[str, ...]) -> list[str]:
    rows = [head, *((f.field, f.left, f.right, f.level, f"{f.bits:+.1f}" if f.bits else "") for f in fields)]
    shown = [tuple(map(in_line, row)) for row in rows]
    widths = [max(map(_width, column)) for column in zip(*shown, strict=True)]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]


def _width(text: str) -> int:
    """Columns on a terminal: full-width characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
