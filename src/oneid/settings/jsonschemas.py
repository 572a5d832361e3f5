"""JSON Schemas (2020-12) of config, rules and cases, for editors.

Made of what the code itself knows: kinds, parts, levels, blocking keys, criteria, limits and their words. Sources and
fields of one's own are free, so an editor cannot know whether one is misspelt; every other key is closed. What only the
whole of a file tells (a source that is named and not there, rules that contradict) is for ``oneid check``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, get_args

from oneid.kinds.base import Kind, Option
from oneid.kinds.catalogue import KINDS, STANDARD, kinds_of
from oneid.kinds.compared import LEVELS
from oneid.settings import configfile
from oneid.settings.config import Config, Feed, Limits, Source
from oneid.settings.rules import Guards, Rule, SurvivorshipGroup, Thresholds
from oneid.settings.rulesfile import BLOCKING_KEYS, TRUSTED
from oneid.vocabulary.language import LANGUAGES

__all__ = ["KINDS_OF_SCHEMA", "schema", "text", "words"]

Json = dict[str, Any]
_LINES: Json = {"type": "string", "pattern": r"^\d+( *(-|\.\.|:) *\d+)?$"}
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SCALAR = ["string", "number", "boolean"]
_NAMES = ("rare", "common", "frequent")


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """What is said about keys, tables and columns, by part and name."""
    found: dict[str, dict[str, str]] = json.loads(
        resources.files("oneid.japanese.data").joinpath("words.json").read_text("utf-8")
    )
    return found


def text(what: str) -> str:
    """:func:`schema` as it is printed."""
    return json.dumps(schema(what), ensure_ascii=False, indent=2) + "\n"


def schema(what: str) -> Json:
    """The schema of ``config``, ``rules`` or ``cases``."""
    body = KINDS_OF_SCHEMA[what]()
    return {"$schema": _DRAFT, "title": f"oneid {what}", **body, "$defs": _definitions()}


def _definitions() -> Json:
    text_ = {"type": _SCALAR}
    return {
        "text": text_,
        "texts": {"anyOf": [text_, {"type": "array", "items": text_, "minItems": 1, "uniqueItems": True}]},
        "field": _field(None),
        "when": _when(),
    }


_TEXT: Json = {"$ref": "#/$defs/text"}
_TEXTS: Json = {"$ref": "#/$defs/texts"}
_WHEN: Json = {"$ref": "#/$defs/when"}
_KIND: Json = {"type": "string", "pattern": "^[^:]+:[^:]+$"}
_NUMBER: Json = {"type": "number"}
_COUNT: Json = {"type": "integer", "minimum": 1}


def _closed(part: str | None, properties: Mapping[str, Json], required: Iterable[str] = (), **more: Any) -> Json:  # noqa: ANN401
    """A mapping with these keys alone, each with what is said about it."""
    said = words()[part] if part else {}
    known = {name: {"description": said[name], **body} if name in said else body for name, body in properties.items()}
    return {"type": "object", "properties": known, "required": list(required), "additionalProperties": False, **more}


def _free(values: Json, known: Mapping[str, Json] | None = None) -> Json:
    """A mapping with any keys, some of them known."""
    return {"type": "object", "properties": dict(known or {}), "additionalProperties": values}


def _one(choices: Sequence[str]) -> Json:
    return {"enum": list(choices)}


def _some(choices: Sequence[str]) -> Json:
    """One of the choices, or a list of them."""
    one = _one(choices)
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}]}


def _choices(model: Any, name: str) -> tuple[str, ...]:  # noqa: ANN401
    """The words of a Literal field of a model."""
    found: list[str] = []
    waiting: list[Any] = [model.model_fields[name].annotation]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, str):
            found.append(one)
        elif one not in (None, type(None), Ellipsis):
            waiting += get_args(one)
    return tuple(found)


# --- config --------------------------------------------------------------------------------------------------------


def _config() -> Json:
    top: dict[str, Json] = {
        "version": {"enum": [1, "1"]},
        "sources": {**_free(_source()), "minProperties": 1},
        "rules": _TEXT,
        "registry": _TEXT,
        "key": {"type": "string", "pattern": "^env:."},
        "decisions": _TEXT,
        "limits": _closed("limits", {name: _limit(name) for name in Limits.model_fields}),
        "outputs": _one(_choices(Config, "outputs")),
        "days": _TEXTS,
        "kinds": {"anyOf": [_KIND, {"type": "array", "items": _KIND, "uniqueItems": True}]},
    }
    known = {"properties": {"kind": _one(list(kinds_of()))}}
    fields = {"properties": {"fields": {"additionalProperties": known}}}
    return _closed(
        "top",
        {name: top[name] for name in configfile.TOP},
        ("version", "sources"),
        **{"if": {"not": {"required": ["kinds"]}}},  # kinds of one's own have names that an editor cannot know
        then={"properties": {"sources": {"additionalProperties": fields}}},
    )


def _limit(name: str) -> Json:
    return _COUNT if name == "largest" else {"type": ["number", "null"], "minimum": 0}


def _source() -> Json:
    deleted = _closed(None, {"column": _TEXT, "values": _TEXTS}, ("column", "values"))
    modes = _choices(Feed, "mode")
    company = _closed(None, {"column": _TEXT, "company": _TEXTS}, ("column", "company"))
    source: dict[str, Json] = {
        **dict.fromkeys(("path", "encoding", "since", "updated", "until"), _TEXT),
        **dict.fromkeys(("id", "carry", "null_values"), _TEXTS),
        "format": _one(_choices(Source, "format")),
        "header": {"anyOf": [_COUNT, _LINES, {"type": "array", "items": _COUNT, "minItems": 1}]},
        "columns": {"type": "array", "items": _TEXT, "minItems": 1},
        "skip_footer": {"type": ["integer", "null"], "minimum": 0},
        **dict.fromkeys(("sheet", "records", "table", "query"), _TEXT),
        "duplicate_id": _one(_choices(Source, "duplicate_id")),
        "feed": {"anyOf": [_one(modes), _closed(None, {"mode": _one(modes), "deleted": deleted})]},
        "deleted": deleted,
        "customer": {"anyOf": [_one(["person", "company"]), company]},
        "fields": {
            "type": "object",
            "minProperties": 1,
            "properties": {kind: {"anyOf": [_TEXTS, _field(kind)]} for kind in kinds_of()},
            "additionalProperties": _own_field(),
        },
        "status": _closed(None, {"column": _TEXT, "withdrawn": _TEXTS, "test": _TEXTS}, ("column",)),
    }
    return _closed("source", {name: source[name] for name in configfile.SOURCE}, ("path", "id", "fields"))


def _field(kind: str | None) -> Json:
    """The long form of a field; ``kind``: that of its name, None for a field of one's own."""
    kinds = kinds_of()
    known_kind = kinds.get(kind or "")
    parts = known_kind.parts if known_kind else ()
    forms: dict[str, Json] = {"column": _TEXT, "columns": _TEXTS, "join": _TEXTS}
    meanings = known_kind.words if known_kind else ()
    values = _closed(None, dict.fromkeys(meanings, _TEXTS)) if meanings else _free(_TEXTS)
    known: dict[str, Json] = {**forms, "values": values, **dict.fromkeys(parts, _TEXT)}
    for name, options in _options(kinds.values() if known_kind is None else [known_kind]).items():
        known[name] = _option(options)
    known["kind"] = _TEXT if kind is None else _one([kind])
    if kind in (None, "identifier"):
        known |= {"refers_to": _TEXT, "household_of": _TEXT}
    one: list[Json] = [{"required": [form]} for form in forms]
    if parts:
        one.append({"anyOf": [{"required": [part]} for part in parts]})
    return _closed("fields", known, oneOf=one)


def _options(kinds: Iterable[Kind]) -> dict[str, list[Option]]:
    """What fields of these kinds may be told beside, by name; what two kinds call alike stands together."""
    found: dict[str, list[Option]] = {}
    for kind in kinds:
        for name, option in kind.options.items():
            found.setdefault(name, []).append(option)
    return found


def _option(options: Sequence[Option]) -> Json:
    """What an option may be, and what it says."""
    open_ = any(not option.choices for option in options)
    said = _TEXT if open_ else _one([choice for option in options for choice in option.choices])
    return {"description": " ".join(dict.fromkeys(option.about for option in options)), **said}


def _own_levels() -> tuple[str, ...]:
    """The levels that fields of one's own can have, of whatever kind, and the words for several of them."""
    said = [one for kind in kinds_of().values() for one in kind.own("x", {}).comparisons]
    return tuple(dict.fromkeys(level for one in said for level in (*one.words, *one.also)))


def _own_field() -> Json:
    """A field of one's own says its kind, or whose ids it holds."""
    said = [{"required": [name]} for name in ("kind", "refers_to", "household_of")]
    return {"$ref": "#/$defs/field", "anyOf": said}


# --- rules ---------------------------------------------------------------------------------------------------------


def _rules() -> Json:
    order = _choices(SurvivorshipGroup, "order")
    fields = sorted(name for name, one in KINDS.items() if one.survival.beside)
    group = _closed(None, {"fields": {**_TEXTS, "examples": [fields]}, "order": _some(order)}, ("fields", "order"))
    keys = {"description": "Blocking keys: " + ", ".join(BLOCKING_KEYS) + ", and identifiers.", **_TEXTS}
    block = _closed(None, {"keys": keys, "most": _COUNT, "then": keys}, ("keys",))
    names = ("id", "when", "verdict", "why")
    why = {"anyOf": [_TEXT, {**_closed(None, dict.fromkeys(LANGUAGES, _TEXT)), "minProperties": 1}]}
    rule = {"id": _TEXT, "when": _WHEN, "verdict": _one(_choices(Rule, "verdict")), "why": why}
    thresholds = list(Thresholds.model_fields)
    guards: dict[str, Json] = {
        "alarm": _COUNT,
        "one_per_source": _TEXTS,
        "most_values": _free(_COUNT, dict.fromkeys(BLOCKING_KEYS, _COUNT)),
        "never_trusted": _free(_TEXTS, dict.fromkeys(TRUSTED, _TEXTS)),
    }
    bits = {field: _closed(None, dict.fromkeys(levels, _NUMBER)) for field, levels in LEVELS.items()}
    rules: dict[str, Json] = {
        "version": {"enum": [1, "1"]},
        "description": _TEXT,
        "blocking": _list({"anyOf": [keys, block]}),
        "base": _NUMBER,
        "weights": _free(_closed(None, dict.fromkeys(_own_levels(), _NUMBER)), bits),
        "interactions": _list(_closed(None, {"when": _WHEN, "bits": _NUMBER}, ("when", "bits"))),
        "rules": _list(_closed(None, rule, names)),
        "thresholds": _closed(None, dict.fromkeys(thresholds, _NUMBER), thresholds),
        "guards": _closed("guards", {name: guards[name] for name in Guards.model_fields}),
        "survivorship": _closed(None, {"sources": _TEXTS, "groups": _list(group)}),
    }
    return _closed("rules", rules, ("version", "blocking", "base", "weights", "thresholds"))


def _list(items: Json) -> Json:
    return {"type": ["array", "null"], "items": items}


def _when() -> Json:
    """A condition; a field of one's own has the levels of its kind."""
    said = words()["when"]
    some = {"type": "array", "items": _WHEN, "minItems": 1}
    special: dict[str, Json] = {
        "any_of": {**some, "description": said["any_of"]},
        "none_of": {**some, "description": said["none_of"]},
        "between": {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2, "description": said["between"]},
        "same_source": {"type": "boolean", "description": said["same_source"]},
    }
    return _free(_some(_own_levels()), special | {field: _some(levels) for field, levels in LEVELS.items()})


# --- cases ---------------------------------------------------------------------------------------------------------


def _cases() -> Json:
    fields = dict.fromkeys(("source", "source_id", *STANDARD), _TEXT)
    record = {"anyOf": [
        _closed(None, {"ref": {"type": "string", "pattern": "^[^:]+:."}}, ("ref",)),
        {**_free(_TEXT, fields), "required": ["source"], "not": {"required": ["ref"]}},
    ]}  # fmt: skip
    shared = _one(["shared"])
    shareable = [name for name, kind in KINDS.items() if kind.shareable]
    context = {"name": _one(_NAMES), "family": _one(_NAMES)} | dict.fromkeys(shareable, shared)
    letters = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    verdicts = _some(("match", "review", "never", "none"))
    pair = {"pair": {**letters, "minItems": 2, "maxItems": 2}, "verdict": verdicts, "rule": _TEXT}
    groups = {"groups": {"type": "array", "minItems": 1, "items": {**letters, "minItems": 1}}}
    case: dict[str, Json] = {
        "id": _TEXT,
        "why": _TEXT,
        "severity": _one(("must", "should", "known")),
        "records": {**_free(record), "minProperties": 1},
        "context": _closed(None, context),
        "expect": {"anyOf": [_closed(None, pair, ("pair", "verdict")), _closed(None, groups, ("groups",))]},
    }
    one = _closed(None, case, ("id", "records", "expect"))
    return _closed(
        None, {"version": {"enum": [1, "1"]}, "cases": {"type": "array", "items": one}}, ("version", "cases")
    )


KINDS_OF_SCHEMA = {"config": _config, "rules": _rules, "cases": _cases}
"""What there are schemas of."""
