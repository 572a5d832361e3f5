"""Words for people in the language that they read.

What is said to people (errors, hints, notes, help) is written in English where it is said: a constant, or, where it has
something to fill in, :func:`said`. Both are plain text in English. The catalogues in ``messages/LANGUAGE/`` know the
same in another language: one YAML file for each room, from the English text, its places to fill in included, to the
other. They are read when another language is first asked for, and never in English.

The language is that of the context (:func:`speaking`, :func:`speak`), else the one that ``ONEID_LANG`` names,
else English; the command sets it for each call (:func:`chosen`). Outputs, the registry and logs are the same in all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Final

__all__ = [
    "LANGUAGES", "Said", "catalogue", "chosen", "in_language", "joined", "language", "said", "speak", "speaking",
    "verbatim", "worded",
]  # fmt: skip

LANGUAGES: Final = ("en", "ja")
VARIABLE: Final = "ONEID_LANG"

_current: ContextVar[str | None] = ContextVar("language", default=None)


class Said(str):
    """A text in English that can be said in another language: it knows what it was filled from."""

    __slots__ = ("arguments", "template")
    template: str
    arguments: Mapping[str, object] | None

    def __new__(cls, text: str, template: str | None = None, arguments: Mapping[str, object] | None = None) -> Said:
        """A text as it is; :func:`said` fills templates."""
        made = super().__new__(cls, text)
        made.template = text if template is None else template
        made.arguments = arguments
        return made

    def __reduce__(self) -> tuple[type[Said], tuple[str, str, Mapping[str, object] | None]]:
        return type(self), (str(self), self.template, self.arguments)

    def within(self, language: str) -> str:
        """The text in a language; in English where the catalogues lack it."""
        template = catalogue(language).get(self.template, self.template)
        if self.arguments is None:
            return template
        inner = {name: value.within(language) if isinstance(value, Said) else value
                 for name, value in self.arguments.items()}  # fmt: skip
        return template.format(**inner)


class _Joined(Said):
    """Several texts with one between them."""

    __slots__ = ()

    def within(self, language: str) -> str:
        between = catalogue(language).get(self.template, self.template)
        return between.join(
            part.within(language) if isinstance(part, Said) else str(part) for part in (self.arguments or {}).values()
        )


def said(template: str, /, **arguments: object) -> Said:
    """``template`` filled as :meth:`str.format` does it. Arguments that are :class:`Said` are translated with it, all
    others stay as they are.

    >>> said("{n:,} rows of {source}", n=1200, source="ec")
    '1,200 rows of ec'
    """
    return Said(template.format(**arguments), template, arguments)


def verbatim(text: str) -> Said:
    """A text of ours that is not filled in, marked as such, so that it is translated within another."""
    return text if isinstance(text, Said) else Said(text)


def joined(between: str, parts: Iterable[str]) -> Said:
    """``parts`` with a text between them, which has another form in another language; of the parts those are translated
    that are :class:`Said`.

    >>> joined(", ", ["a", "b"])
    'a, b'
    """
    listed = list(parts)
    return _Joined(between.join(listed), between, {str(at): part for at, part in enumerate(listed)})


class _Worded(Said):
    """A text of somebody who wrote it in several languages, in English where it is there, else in the first of them."""

    __slots__ = ()

    def within(self, language: str) -> str:
        return str((self.arguments or {}).get(language, str(self)))


def worded(text: str | Mapping[str, str]) -> Said:
    """A text of others, in one language or by language in several.

    >>> worded({"en": "one name", "ja": "氏名が一致"}).within("ja"), worded("one name").within("ja")
    ('氏名が一致', 'one name')
    """
    texts = {LANGUAGES[0]: text} if isinstance(text, str) else text
    plain = texts.get(LANGUAGES[0]) or next(iter(texts.values()), "")
    return _Worded(plain, plain, {} if isinstance(text, str) else dict(texts))


def in_language(text: str, language: str | None = None) -> str:
    """A text of ours in a language (the current one if left out): a constant, or what :func:`said` made. What no
    catalogue knows stays as it is.
    """
    wanted = language or _now()
    if wanted == LANGUAGES[0]:
        return str(text)
    return text.within(wanted) if isinstance(text, Said) else catalogue(wanted).get(text, text)


def language() -> str:
    """The current language: one of :data:`LANGUAGES`."""
    return _now()


def speak(name: str | None) -> None:
    """From here on words are in this language, in this thread and in what it starts by ``asyncio``; None: as
    ``ONEID_LANG`` has it. Raises ValueError for a language that there is not.
    """
    _current.set(_known(name))


@contextmanager
def speaking(name: str | None) -> Iterator[None]:
    """The same for a while."""
    token = _current.set(_known(name))
    try:
        yield
    finally:
        _current.reset(token)


def chosen(option: str | None, environment: Mapping[str, str], system: str | None = None) -> str:
    """The language of a command: the one that an option names, else the variable ``ONEID_LANG``, else that of the
    locale (as POSIX has it, else the ``system``'s own name of it), else English.

    Raises ValueError, with the name that is none, if an option or ``ONEID_LANG`` names a language that there is not.

    >>> chosen(None, {"LANG": "ja_JP.UTF-8"}), chosen("en", {"ONEID_LANG": "ja"}), chosen(None, {}, "Japanese_Japan")
    ('ja', 'en', 'ja')
    """
    for name in (option, environment.get(VARIABLE)):
        if name:
            if (found := _of(name)) is None:
                raise ValueError(name)
            return found
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), system)
    return _of(locale or "") or LANGUAGES[0]


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """By English text the text in a language; empty for English."""
    if language == LANGUAGES[0]:
        return {}
    from importlib import resources

    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, str] = {}
    for file in resources.files("oneid.vocabulary").joinpath("messages", language).iterdir():
        if file.name.endswith(".yaml"):
            found |= yaml.load(file.read_text("utf-8"), loader)  # noqa: S506 - both loaders are safe ones
    return found


def _now() -> str:
    return _current.get() or _of(os.environ.get(VARIABLE, "")) or LANGUAGES[0]


def _known(name: str | None) -> str | None:
    if name is not None and name not in LANGUAGES:
        raise ValueError(name)
    return name


def _of(name: str) -> str | None:
    """The language that a name of it or of a locale means: ``ja``, ``ja_JP.UTF-8``, ``Japanese_Japan``."""
    word = name.lower().replace("-", "_").replace(".", "_").split("_")[0]
    return {"en": "en", "english": "en", "c": "en", "posix": "en", "ja": "ja", "japanese": "ja"}.get(word)
