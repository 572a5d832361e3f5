"""The command ``oneid explain``: why two records are one person or not, and what a OneID is made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oneid.cli.console import done, say, say_json, tell
from oneid.cli.options import Format, Variables, variables
from oneid.cli.terminal.commands import OnConfig
from oneid.cli.terminal.given import config_of, refuse_no_run
from oneid.cli.terminal.progress import progress
from oneid.vocabulary.errors import OneIDError, UsageError
from oneid.vocabulary.language import language, said

if TYPE_CHECKING:
    from oneid.explain.answers import Explanation, OneIDExplanation
    from oneid.explain.evidence import RunEvidence
    from oneid.settings.config import Config
    from oneid.vocabulary.references import RecordRef

    Answer = Explanation | OneIDExplanation
    Asked = tuple[RecordRef, RecordRef] | tuple[str, ...]

__all__ = ["OnRunOrConfig", "explain"]


class OnRunOrConfig(OnConfig):
    """A command on the folder of a run or a config, before records and OneIDs."""

    likely = staticmethod(lambda word: Path(word).exists() or (":" not in word and not word.startswith("OID")))


def explain(
    where: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="The folder of a run, or a config; left out: oneid.yaml in this folder.",
            show_default=False,
        ),
    ],
    what: Annotated[list[str], typer.Argument(metavar="WHAT...", help="Two records (source:id), or OneIDs.")],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page, with pictures.")] = None,
    show_pii: Annotated[bool, typer.Option("--show-pii", help="Do not mask values.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Of a config: run again, on its sources of now.")] = False,
    var: Variables = None,
    form: Format = "text",
    as_json: Annotated[bool, typer.Option("--json", hidden=True, help="The same as --format json.")] = False,
) -> None:
    """Say why two records are one person or not, or show whole OneIDs; from a run's folder, or that of a config's last
    run, in a moment.

    Examples:
        oneid explain out ec:E0000001 point_card:P0000001
        oneid explain out OID00000000000000 --html why.html
        oneid explain oneid.yaml ec:E0000001 point_card:P0000001 --fresh --format json
    """
    from oneid.explain.arguments import asked

    named = asked(what)
    if html is not None:
        _refuse(html)
    if where.is_dir():
        refuse_no_run(where, "explain")
        answers = _answers(_of_folder(where), named, show_pii=show_pii)
    else:
        answers = _of_config(_loaded(where, named, var), named, fresh=fresh, show_pii=show_pii)
    if html is not None:
        _write(html, answers)
    if as_json or form == "json":
        found = [answer.as_dict() for answer in answers]
        say_json(found[0] if len(found) == 1 else found)
    elif html is None:
        for answer in answers:
            say(answer.text())
    else:
        say(said("wrote {file}", file=html))


def _answers(evidence: RunEvidence, named: Asked, *, show_pii: bool) -> list[Answer]:
    from oneid.explain.onepair import explain_pair
    from oneid.explain.oneperson import explain_oneid

    if isinstance(named[0], str):
        return [explain_oneid(evidence, str(oneid), show_pii=show_pii) for oneid in named]
    return [explain_pair(evidence, named[0], named[1], show_pii=show_pii)]


def _of_folder(folder: Path) -> RunEvidence:
    from oneid.daily.keptrows import look_ahead
    from oneid.outputs.runtables import read_tables

    tables = read_tables(folder)
    look_ahead(tables)  # beside the loading of what follows, which takes as long
    from oneid.explain.evidence import evidence_in

    return evidence_in(tables)


def _loaded(path: Path, named: Asked, var: list[str] | None) -> Config:
    from oneid.explain.arguments import refuse_unknown

    config = config_of(path, "explain", variables(var))
    refuse_unknown(named, config.sources)
    return config


def _of_config(config: Config, named: Asked, *, fresh: bool, show_pii: bool) -> list[Answer]:
    """By the last run of a config's registry, from its folder; else by a run now, which publishes nothing."""
    held = None if fresh else _published(config)
    if held is None:
        return _resolved(config, named, show_pii=show_pii)
    try:
        return _answers(held, named, show_pii=show_pii)
    except UsageError as error:
        if error.code not in ("E412", "E421") or error.hint:
            raise
        raise UsageError(error.code, error.message, hint="--fresh runs again, on the sources of now") from None


def _published(config: Config) -> RunEvidence | None:
    from oneid.explain.evidence import evidence_in
    from oneid.registry.fromconfig import last_run_of

    try:
        tables = last_run_of(config)
        return None if tables is None else evidence_in(tables)
    except OneIDError as error:
        tell(said("note: the last run cannot be asked ({code}), so everything is run again", code=error.code))
        return None


def _resolved(config: Config, named: Asked, *, show_pii: bool) -> list[Answer]:
    from oneid.runs.resolve import resolve as run

    with progress() as shown, run(config, progress=shown, dry_run=True) as result:
        if isinstance(named[0], str):
            return [result.explain(str(oneid), show_pii=show_pii) for oneid in named]
        return [result.explain(named[0], named[1], show_pii=show_pii)]


def _refuse(output: Path) -> None:
    """Refuses to write a page where another file is (E307)."""
    from oneid.explain.page import is_page
    from oneid.outputs.ownfiles import refuse_file

    refuse_file(output, is_page)


def _write(output: Path, answers: Sequence[Answer]) -> None:
    from oneid.explain.page import is_page, page
    from oneid.outputs.textfile import write_text

    write_text("E322", "the page cannot be written", output, page(answers, language()), is_page)
    done()
