"""Whole clusters in a run: who stays apart in one source, and what is compared inside components."""

from __future__ import annotations

from pathlib import Path

import polars as pl

import oneid

RULES = """
version: 1
blocking:
  - {keys: [email]}
  - {keys: [phone]}
base: -5
weights:
  email: {equal: 10}
  phone: {mobile_equal: 12}
rules:
  - {id: mail, when: {email: [equal]}, verdict: match, why: one mail}
  - {id: mobile, when: {phone: [mobile_equal]}, verdict: match, why: one mobile}
  - {id: births, when: {birth: [differs]}, verdict: never, why: another birth date}
  - {id: apart, when: {between: [ec, store], sex: [differs]}, verdict: never, why: another sex in the other shop}
thresholds: {match: 5, review: -2, never: -8}
guards: {one_per_source: [ec], most_values: {phone: 1}}
"""

MEMBERS = {
    "ec": [
        ("A1", "a@x.com", None, "1980-01-01", None),
        ("B1", "b@x.com", None, None, None),
        ("B3", None, "090-1111-0002", None, None),
        ("C2", "c@x.com", "090-1111-0003", None, None),
        ("D1", "d@x.com", None, None, None),
        ("D2", "d@x.com", None, None, None),
        ("F1", "f@x.com", None, None, None),
        ("G1", "g1@x.com", None, None, None),
        ("G2", "g2@x.com", None, None, None),
        ("H2", "h@x.com", "090-1111-0009", None, None),
        ("J2", "j@x.com", None, None, None),
        ("K1", "k@x.com", None, None, "M"),
    ],
    "store": [
        ("A2", "a@x.com", "090-1111-0001", None, None),
        ("A3", None, "090-1111-0001", "1990-12-31", None),
        ("B2", "b@x.com", "090-1111-0002", None, None),
        ("C1", "c@x.com", None, None, None),
        ("C3", None, "090-1111-0003", None, None),
        ("E1", "e@x.com", None, None, None),
        ("E2", "e@x.com", None, None, None),
        ("F2", "f@x.com", None, None, None),
        ("H1", "h@x.com", "090-1111-0008", None, None),
        ("I1", "i@x.com", None, None, None),
        ("I2", "i@x.com", None, None, None),
        ("I3", "i@x.com", None, None, None),
        ("J1", "j1@x.com", None, None, None),
        ("J3", "j@x.com", None, None, None),
        ("K2", "k@x.com", None, None, "F"),
        ("L1", "l@x.com", None, None, "M"),
        ("L2", "l@x.com", None, None, "F"),
    ],
}
COLUMNS = ["id", "email", "phone", "birth", "sex"]

DECISIONS = """source_l,source_id_l,source_r,source_id_r,decision
ec,G1,ec,G2,same
ec,J2,store,J1,same
"""


def test_who_belongs_together_and_what_was_compared_for_it(tmp_path: Path) -> None:
    """One small run with a group of members per question.

    A: nobody blocks A1 with A3, whose birth dates clash: compared inside their component, the weaker link gives way.
    B: two members of the web shop come into one component; it may have one each. C: two of the store may.
    D, E, F: the same for members who share a key. G: a person said so, which no guard undoes. H: one phone each.
    I: all three pairs were candidates. J: the pair that a person decided is not compared. K, L: one rule holds between
    shops, not inside one.
    """
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "decisions.csv").write_text(DECISIONS, encoding="utf-8")
    schema = dict.fromkeys(COLUMNS, pl.String)
    frames = {shop: pl.DataFrame(rows, schema=schema, orient="row") for shop, rows in MEMBERS.items()}
    fields = {name: name for name in COLUMNS[1:]}
    config = {
        "sources": {shop: {"id": "id", "fields": fields} for shop in MEMBERS},
        "rules": str(tmp_path / "rules.yaml"),
        "decisions": str(tmp_path / "decisions.csv"),
    }
    found = oneid.resolve(frames, config)
    merge_map = found.to_polars()["merge_map"]
    together = merge_map.group_by("oneid").agg(pl.col("source_id").sort()).filter(pl.col("source_id").list.len() > 1)
    assert sorted("+".join(members) for members in together["source_id"].to_list()) == [
        "A2+A3", "B2+B3", "C1+C2+C3", "E1+E2", "F1+F2", "G1+G2", "I1+I2+I3", "J1+J2+J3", "L1+L2",
    ]  # fmt: skip
    found.write(tmp_path / "out")
    names = merge_map["source_id"].to_list()
    inside = pl.read_parquet(tmp_path / "out" / "state" / "inside.parquet")
    compared = {f"{names[left]}-{names[right]}" for left, right in inside.select("left", "right").iter_rows()}
    assert compared == {"A1-A3", "C1-C3", "J1-J3"}

    assert found.run["clusters_with_contradictions"] == 3  # A, B and H
    assert found.run["compared_inside_clusters"] == 5 * 3  # A, B, C, I and J
