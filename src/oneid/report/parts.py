"""The parts of a report, in their order: what came in and out, what changed, duplicates, rules, scores, what waits,
large and doubtful OneIDs, fields, what was not compared, limits and drift, cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from oneid.report import charts
from oneid.report.facts import Facts, Field, Rule, fields
from oneid.report.words import Say
from oneid.vocabulary.localtime import JAPAN
from oneid.vocabulary.masking import mask
from oneid.vocabulary.pages.markup import Figure, Html, cell, code, items, paragraph, section, table, terms
from oneid.vocabulary.pages.pictures import spark

__all__ = ["PARTS"]

Part = Callable[[Facts, Say, bool], str]
_DRIFT, _ENOUGH = 5.0, 100
"""Points from which on a share is told to have moved, and the values that both runs need for it."""


def _picture(name: str, found: Facts, say: Say) -> str:
    return str(charts.CHARTS[name](found, say).picture())


def _head(found: Facts, say: Say, show_pii: bool) -> str:
    run = found.run
    lead = say("sentence", read=f"{found.read:,}", sources=len(found.rows), oneids=f"{found.oneids:,}",
               several=f"{found.several:,}")  # fmt: skip
    unused = sum(found.rejected.values())
    reasons = say("list").join(f"{say.of(reason)} {n:,}" for reason, n in found.rejected.items())
    linked = found.records - (found.oneids - found.several)
    about = (("run", run["run_id"]), ("finished", _when(run.get("finished"))), ("version", run["oneid_version"]),
             ("rules_version", run["rules_version"]), ("linked", f"{linked:,}"))  # fmt: skip
    return "\n".join([
        f"<header><h1>{cell(say('title'))}</h1>", paragraph(lead, "lead"),
        paragraph(say("rejected", n=f"{unused:,}", reasons=reasons)) if unused else "",
        paragraph(say("waiting", n=f"{found.waiting:,}")), _picture("flow", found, say),
        paragraph(say("shown" if show_pii else "masked"), "pale"),
        terms({say(key): value for key, value in about}), "</header>",
    ])  # fmt: skip


def _when(finished: str | None) -> str | None:
    """A moment of run.json for people: Japan's time, to the second. What is none stays as it is."""
    try:
        at = datetime.fromisoformat(finished or "").astimezone(JAPAN)
    except ValueError:
        return finished
    return f"{at:%Y-%m-%d %H:%M:%S} +09:00"


def _since(found: Facts, say: Say, _show_pii: bool) -> str:
    title, before = say("since"), found.run.get("before") or {}
    if not found.events:
        return section(title, paragraph(say("first" if found.first else "nothing")))
    told = say("from_to", before=f"{before['oneids']:,}", now=f"{found.oneids:,}") if "oneids" in before else ""
    return section(title, paragraph(told) if told else "", _picture("since", found, say))


def _duplicates(found: Facts, say: Say, _show_pii: bool) -> str:
    rows = [(name, n, found.inside[name], n - found.inside[name]) for name, n in found.held.items()]
    rows.sort(key=lambda row: (-row[3], row[0]))
    head = [say("source"), say("records"), say("persons"), say("double")]
    more = paragraph(say("others", n=f"{found.others:,}"), "pale") if found.others else ""
    return section(
        say("duplicates"),
        section(say("within"), table(head, rows, say("within"), rowhead=True), level=3),
        section(say("between"), _picture("overlaps", found, say), more, level=3),
    )


def _rules(found: Facts, say: Say, show_pii: bool) -> str:
    told = [
        f"<h4>{cell(say.of(rule.rule))}</h4>{_examples(rule, say, show_pii)}" for rule in found.rules if rule.examples
    ]
    return section(
        say("rules"), _picture("rules", found, say), section(say("examples"), *told, level=3) if told else ""
    )


def _examples(rule: Rule, say: Say, show_pii: bool) -> str:
    lines = []
    for one in rule.examples:
        left, right = (f"{source}:{id_ if show_pii else mask(id_)}" for source, id_ in (one.left, one.right))
        called = "" if one.name is None else f" {one.name if show_pii else mask(one.name)}"
        told = (f"{say.field(field)} {say.level(level) or level}" for field, level in one.levels.items())
        levels = say("list").join(told)
        lines.append(f"<p>{code(one.oneid)}{cell(called)}<br>{cell(left)} – {cell(right)}<br>"
                     f'<span class="pale">{cell(levels)}</span></p>')  # fmt: skip
    return "".join(lines)


def _scores(found: Facts, say: Say, _show_pii: bool) -> str:
    return section(say("scores"), _picture("scores", found, say), paragraph(say("bits"), "pale"))


def _queue(found: Facts, say: Say, _show_pii: bool) -> str:
    picture = _picture("review", found, say) if found.review else ""
    return section(say("queue"), paragraph(say("waiting", n=f"{found.waiting:,}")), picture)


def _doubtful(found: Facts, say: Say, _show_pii: bool) -> str:
    run = found.run
    told = say(
        "contradictions", n=f"{run['clusters_with_contradictions']:,}", births=f"{run['birth_contradictions']:,}"
    )
    alarms = paragraph(say("alarms", n=f"{len(run['alarms']):,}"), "ill") if run["alarms"] else ""
    largest = table(["OneID", say("records")], [(code(oneid), n) for oneid, n in found.largest], say("largest"))
    weakest = table(
        ["OneID", say("records"), say("score")],
        [(code(oneid), n, score / 100) for oneid, n, score in found.weakest],
        say("weakest"),
    )
    return section(
        say("doubtful"), paragraph(told), alarms, _picture("sizes", found, say),
        f'<div class="row">{section(say("largest"), largest, level=3)}'
        f'{section(say("weakest"), weakest, level=3)}</div>',
    )  # fmt: skip


def _fields(found: Facts, say: Say, _show_pii: bool) -> str:
    head = [say(key) for key in ("field", "filled", "usable")] + [""]
    head += [say(key) for key in ("partial", "placeholder", "unreadable", "shared", "why")]
    made = []
    for source in dict.fromkeys(one.source for one in found.fields):
        rows = [
            (say.field(one.field), _percent(one.filled, one.values), _percent(one.usable, one.values),
             Html(spark(charts.parts_of(one), 100.0)), one.partial, one.placeholder, one.unreadable, one.shared,
             ", ".join(f"{reason} {n:,}" for reason, n in one.reasons.items()))
            for one in found.fields if one.source == source
        ]  # fmt: skip
        made.append(section(source, table(head, rows, f"{say('fields')}: {source}", rowhead=True), level=3))
    notes = [str(note) for note in found.run["notes"]]
    return section(
        say("fields"), paragraph(say("fields_what"), "pale"),
        paragraph(say("fields_anew")) if found.anew else "", *made,
        section(say("reading_notes"), items(notes), level=3) if notes else "",
    )  # fmt: skip


def _percent(n: int, of: int) -> Figure:
    return Figure(f"{100 * n / (of or 1):.1f} %")


def _left_out(found: Facts, say: Say, _show_pii: bool) -> str:
    rows = [(str(one["rule"]), one["pairs"], one["refined_blocks"], one["dropped_blocks"], one["largest_dropped"])
            for one in found.run["blocks_left_out"] if one["pairs"]]  # fmt: skip
    equal = found.run.get("equal_records", 0)
    told = paragraph(say("equal", n=f"{equal:,}")) if equal else ""
    if not rows:
        return section(say("left_out"), paragraph(say("all_compared")), told)
    head = [say(key) for key in ("key", "pairs_out", "refined", "blocks", "greatest")]
    return section(say("left_out"), paragraph(say("another")), table(head, rows, say("left_out"), rowhead=True), told)


def _gates(found: Facts, say: Say, _show_pii: bool) -> str:
    gates: Sequence[Mapping[str, Any]] | None = found.run.get("gates")
    if gates is None:
        made = paragraph(say("no_gates"))
    else:
        rows = [_gate(one, say) for one in gates]
        head = [say(key) for key in ("limit", "source", "found", "most")] + [""]
        made = paragraph(say("gates_held")) + table(head, rows, say("gates"), rowhead=True)
    return section(say("gates"), made, _drift(found, say))


def _gate(one: Mapping[str, Any], say: Say) -> tuple[object, ...]:
    limit, value, most = str(one["limit"]), one["found"], one["most"]
    part = [("one", float(value))] if value is not None and most else []
    return (
        say("largest_limit" if limit == "largest" else limit), one["source"],
        Figure(say("not_known") if value is None else f"{value:,g}"),
        Figure(say("no_limit") if most is None else f"{most:,g}"),
        Html(spark(part, float(most))) if part else "",
    )  # fmt: skip


def _drift(found: Facts, say: Say) -> str:
    before: Mapping[str, Any] | None = found.run.get("before")
    if not before:
        return paragraph(say("no_before"))
    pairs = {name: (n, found.held.get(name, 0)) for name, n in before.get("held", {}).items()}
    pairs |= {name: (0, n) for name, n in found.held.items() if name not in pairs}
    rows = [(name, *pair, _change(*pair)) for name, pair in sorted(pairs.items())]
    now = {"records": found.records, "oneids": found.oneids,
           "birth_contradictions": found.run["birth_contradictions"]}  # fmt: skip
    for key, words in (("records", "all_records"), ("oneids", "persons"), ("birth_contradictions", "births")):
        if key in before:
            rows.append((say(words), before[key], now[key], _change(before[key], now[key])))
    moved = _moved({"fields": before.get("fields", ()), "rows_in": before.get("rows_in", {})}, found.fields)
    title = say("drift", run=before.get("run_id", ""))
    head = ["", say("before"), say("now"), say("change")]
    shares = [say("source"), say("field"), "", say("before"), say("now")]
    told = [
        (one.source, one.field, say(what), Figure(f"{was:.1f} %"), Figure(f"{is_:.1f} %"))
        for one, what, was, is_ in moved
    ]
    return section(
        title, table(head, rows, title, rowhead=True),
        paragraph(say("field_drift" if moved else "no_field_drift")), table(shares, told, say("field_drift")), level=3,
    )  # fmt: skip


def _change(was: int, now: int) -> Figure:
    return Figure(f"{now - was:+,}" + (f" ({100 * (now - was) / was:+.1f} %)" if was and now != was else ""))


def _moved(before: Mapping[str, Any], now: Sequence[Field]) -> list[tuple[Field, str, float, float]]:
    """Fields of which the share of filled values, or of usable among these, is another than before."""
    known = {(one.source, one.field): one for one in fields(before)}
    moved = []
    for one in now:
        was = known.get((one.source, one.field))
        if was is None or min(one.values, was.values) < _ENOUGH:
            continue
        for what, part, whole in (("filled", "filled", "values"), ("usable", "usable", "filled")):
            if min(getattr(was, whole), getattr(one, whole)) < _ENOUGH:
                continue
            a, b = (100 * getattr(of, part) / getattr(of, whole) for of in (was, one))
            if abs(a - b) >= _DRIFT:
                moved.append((one, what, a, b))
    return moved


def _cost(found: Facts, say: Say, _show_pii: bool) -> str:
    stages = found.run["stages"]
    rows = [(one["stage"], one["in"], one["out"], float(one["seconds"]), one["peak_mb"]) for one in stages]
    rows.append((say("all"), None, None, sum(row[3] for row in rows), max((row[4] for row in rows), default=0)))
    head = [say(key) for key in ("stage", "in", "out_rows", "seconds", "peak")]
    return section(say("cost"), table(head, rows, say("cost"), rowhead=True))


PARTS: Sequence[Part] = (
    _head, _since, _duplicates, _rules, _scores, _queue, _doubtful, _fields, _left_out, _gates, _cost,
)  # fmt: skip
"""The parts of the page, in their order."""
