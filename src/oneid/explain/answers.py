"""What explaining gives: :mod:`oneid.explain.facts` that say themselves as text, as JSON, as a page, in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneid.explain.facts import Graph, Link, OneIDFacts, PairFacts
from oneid.vocabulary.language import language as now
from oneid.vocabulary.references import RecordRef, Verdict

__all__ = ["Explanation", "OneIDExplanation"]


class _Shown:
    """What every explanation is besides lines: a page, something that a notebook shows, text."""

    __slots__ = ()

    if TYPE_CHECKING:

        def text(self, language: str | None = None) -> str:
            """The explanation as lines."""

    def html(self: Any, language: str | None = None) -> str:
        """The explanation as one page, likewise."""
        from oneid.explain.page import page

        return page([self], language or now())

    def _repr_html_(self: Any) -> str:
        """The explanation in a notebook."""
        from oneid.explain.page import fragment

        return fragment(self, now())

    def __str__(self) -> str:
        return self.text()


class Explanation(_Shown, PairFacts):
    """Why two records are one person or not: ``text()`` says it to people, ``as_dict()`` to programs, ``html()`` is a
    page; a notebook shows it. What there is to say is that of :class:`oneid.explain.facts.PairFacts`.
    """

    __slots__ = ()

    def text(self, language: str | None = None) -> str:
        """The explanation as lines, in a language of :data:`oneid.vocabulary.language.LANGUAGES` (left out: the current
        one).
        """
        from oneid.explain.lines import of_pair

        return of_pair(self, language or now())

    def as_dict(self) -> dict[str, Any]:
        """The explanation as JSON has it."""
        return {
            "run_id": self.run_id,
            "left": str(self.left),
            "right": str(self.right),
            "together": self.together,
            "oneids": list(self.oneids),
            "verdict": str(self.verdict),
            "score": self.score,
            "rule": self.rule,
            "why": self.why,
            "fields": [_plain(one) for one in self.fields],
            "extra": [{"name": name, "bits": bits} for name, bits in self.extra],
            "found": self.found,
            "candidate": self.candidate,
            "key": self.key_rule,
            "equal": self.equal,
            "path": [str(ref) for ref in self.path],
            "steps": [_plain(one) for one in self.steps],
            "against": [_plain(one) for one in self.against],
            "graph": None if self.graph is None else _graph(self.graph),
        }


class OneIDExplanation(_Shown, OneIDFacts):
    """A whole OneID, said in the same ways (:class:`oneid.explain.facts.OneIDFacts`)."""

    __slots__ = ()

    def text(self, language: str | None = None) -> str:
        """The explanation as lines, in a language of :data:`oneid.vocabulary.language.LANGUAGES` (left out: the current
        one).
        """
        from oneid.explain.lines import of_oneid

        return of_oneid(self, language or now())

    def as_dict(self) -> dict[str, Any]:
        """The explanation as JSON has it."""
        return {
            "run_id": self.run_id,
            "oneid": self.oneid,
            "golden": [_plain(one) for one in self.golden],
            "members": [_plain(one) for one in self.members],
            "links": [_link(one) for one in self.links],
            "doubtful": [_link(one) for one in self.doubtful],
            "links_not_listed": self.more,
            "graph": None if self.graph is None else _graph(self.graph),
        }


def _plain(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the values above
    """A value as JSON has it, without what is not said."""
    made: dict[str, Any] = {}
    for name in type(value).__slots__:
        held = getattr(value, name)
        if held is None:
            continue
        made[name] = str(held) if isinstance(held, (RecordRef, Verdict)) else held
    return made


def _link(one: Link) -> dict[str, Any]:
    more = {} if one.other is None else {"other": one.other}
    return {**_plain(one.edge), **more, "fields": [_plain(field) for field in one.fields]}


def _graph(graph: Graph) -> dict[str, Any]:
    return {"nodes": [_plain(node) for node in graph.nodes], "edges": [_plain(edge) for edge in graph.edges]}
