"""Explanations as one page: no script, no network; every text of a member or of a source in it is escaped."""

from __future__ import annotations

from collections.abc import Sequence

from oneid.explain import drawing
from oneid.explain.facts import FieldEvidence, Graph, Link, OneIDFacts, PairFacts
from oneid.explain.lines import against_line, found_line, reason, verdict_word
from oneid.explain.words import Say
from oneid.vocabulary.pages import markup
from oneid.vocabulary.pages.markup import (
    Figure,
    Html,
    begins,
    cell,
    code,
    document,
    items,
    paragraph,
    section,
    table,
    terms,
)
from oneid.vocabulary.patterns import MISSING
from oneid.vocabulary.references import Verdict

__all__ = ["fragment", "is_page", "page"]

_KIND = "explain"


def is_page(begin: bytes) -> bool:
    """Whether a file that begins so is a page of explanations of ours."""
    return begin.startswith(begins(_KIND).encode())


def page(answers: Sequence[PairFacts | OneIDFacts], language: str = "en") -> str:
    """The page of some explanations in a language of :data:`oneid.vocabulary.language.LANGUAGES`."""
    say = Say(language)
    parts = [part for answer in answers for part in _parts(answer, say)]
    masked = all(answer.masked for answer in answers)
    note = paragraph(say("masked" if masked else "shown"), "pale")
    return document(_KIND, say("title"), *parts, note, language=language)


def fragment(answer: PairFacts | OneIDFacts, language: str = "en") -> str:
    """An explanation as a part of another page, a notebook say, whose looks it leaves alone."""
    say = Say(language)
    return markup.fragment(*_parts(answer, say))


def _parts(answer: PairFacts | OneIDFacts, say: Say) -> list[str]:
    return _of_pair(answer, say) if isinstance(answer, PairFacts) else _of_oneid(answer, say)


# --- two records -----------------------------------------------------------------------------------------------------


def _of_pair(found: PairFacts, say: Say) -> list[str]:
    head = [say("field"), str(found.left), str(found.right), say("level"), say("bits")]
    return [
        _head(found, say),
        _why_apart(found, say),
        section(say("evidence"), f'<div class="pair">{table(head, _fields(found.fields, say))}</div>'),
        section(say("waterfall"), str(drawing.waterfall(found, say)), paragraph(_outranked(found, say), "pale")),
        _graph(found.graph, say, found.oneids),
    ]


def _head(found: PairFacts, say: Say) -> str:
    if found.together:
        title = say("one", oneid=found.oneids[0])
        lead = " = ".join(map(str, found.path))
    else:
        title = say("two", one=found.oneids[0], other=found.oneids[1])
        lead = f"{found.left} ≠ {found.right}"
    verdict = verdict_word(found.verdict, say)
    scored = say("scored", score=f"{found.score / 100:+.2f}", verdict=verdict, rule=found.rule)
    why = reason(found.why, say)
    more = paragraph(say("never_compared")) if not found.found and found.rule != "decision" else ""
    about = _about(say, ("run", found.run_id))
    return "\n".join(
        [f"<header><h1>{cell(title)}</h1>", paragraph(lead, "lead"), paragraph(_sentence(scored + why)),
         paragraph(_sentence(found_line(found, say))), more, about, "</header>"]
    )  # fmt: skip


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _outranked(found: PairFacts, say: Say) -> str:
    if found.rule == "score":
        return ""
    return say("people_said") if found.rule == "decision" else say("named_rule", rule=found.rule)


def _why_apart(found: PairFacts, say: Say) -> str:
    if found.together or not found.steps:
        return ""
    path = str(found.steps[0].left) + "".join(f" {'=' if one.applied else '≠'} {one.right}" for one in found.steps)
    lines = [against_line(one, say) for one in found.against]
    return section(say("why_apart"), paragraph(say("chain", path=path)), paragraph(say("refused_by")), items(lines))


def _fields(fields: Sequence[FieldEvidence], say: Say) -> list[tuple[object, ...]]:
    def level(word: str) -> Html:
        named = cell(word).replace("_", "_<wbr>")
        said = say.level(word)
        return Html(f'{cell(said)} <span class="pale name">{named}</span>' if said else named)

    def bits(added: float) -> Figure | None:
        return Figure(f"{added:+.1f}") if added else None

    return [(say.field(one.field), _value(one.left), _value(one.right), level(one.level), bits(one.bits))
            for one in fields]  # fmt: skip


def _value(value: str) -> Html:
    return code(value) if value else Html("")


# --- a OneID ---------------------------------------------------------------------------------------------------------


def _of_oneid(found: OneIDFacts, say: Say) -> list[str]:
    title = say("oneid", oneid=found.oneid, records=f"{len(found.members):,}", sources=found.sources)
    golden = [(say.field(one.field), code(one.value), str(one.ref)) for one in found.golden]
    more = paragraph(say("more", n=f"{found.more:,}"), "pale") if found.more else ""
    links = section(say("links"), *(_link(one, say) for one in found.links), more) if found.links else ""
    doubtful = section(say("doubtful"), *(_link(one, say) for one in found.doubtful)) if found.doubtful else ""
    return [
        f"<header><h1>{cell(title)}</h1>{_about(say, ('run', found.run_id))}</header>",
        section(say("golden"), table([say("field"), say("value"), say("from")], golden)) if golden else "",
        _members(found, say),
        _graph(found.graph, say, (found.oneid,)),
        links,
        doubtful,
    ]


def _members(found: OneIDFacts, say: Say) -> str:
    fields = list(dict.fromkeys(field for one in found.members for field in one.values))
    rows = []
    for one in found.members:
        how = say(one.status)
        if one.rule is not None and one.score is not None:
            score = say("decided") if one.rule == "decision" else f"{one.score / 100:+.2f}"
            how = say("held_by", rule=one.rule, score=score, via=one.via)
        cells = (_value(one.values.get(field, "")) for field in fields)
        rows.append((str(one.ref), *cells, how))
    return section(say("records"), table([say("record"), *map(say.field, fields), say("held_through")], rows))


def _link(one: Link, say: Say) -> str:
    edge = one.edge
    sign = "=" if edge.applied else "≠" if edge.verdict is Verdict.MATCH else "?"
    score = say("decided") if edge.decided else f"{edge.score / 100:+.2f}"
    marks = [say(word) for word, holds in (("weakest", edge.weakest), ("alone", edge.alone)) if holds]
    if one.other is not None:
        marks += [say("refused" if edge.verdict is Verdict.MATCH else "asked"), say("of", oneid=one.other)]
    said = " · ".join([f"{edge.rule} {score}", *marks])
    head = [say("field"), str(edge.left), str(edge.right), say("level"), say("bits")]
    rows = _fields([field for field in one.fields if field.level != MISSING], say)
    return (
        f"<details><summary>{cell(f'{edge.left} {sign} {edge.right}')} "
        f'<span class="pale">{cell(said)}</span></summary><div class="pair">{table(head, rows)}</div></details>'
    )


# --- both ------------------------------------------------------------------------------------------------------------


def _about(say: Say, *about: tuple[str, str]) -> str:
    return terms({say(key): value for key, value in about})


def _graph(found: Graph | None, say: Say, oneids: Sequence[str]) -> str:
    if found is None:
        return section(say("graph"), paragraph(say("too_many")))
    if len(found.nodes) < 2:
        return ""
    return section(say("graph"), str(drawing.graph(found, say, oneids)))
