"""A whole OneID: golden record, records, links and what is doubtful, masked unless asked for."""

from __future__ import annotations

import pytest

import oneid
from conftest import PEOPLE, Demo
from explain.test_onepair import values
from oneid.explain.answers import OneIDExplanation
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.references import RecordRef, Verdict


def of(people: oneid.Result, record: str, *, show_pii: bool = False) -> OneIDExplanation:
    one = people.merge_map.set_index("source_id").loc[record, "oneid"]
    return people.explain(one, show_pii=show_pii)


def test_a_whole_oneid(people: oneid.Result) -> None:
    """Its golden record, masked, its records and the link that holds each, as text, JSON and a page."""
    found = of(people, "E1")
    assert f"{found.oneid}: 2 records of 2 sources" in found.text()
    assert [str(member.ref) for member in found.members] == ["ec:E1", "store:S1"]
    (link,) = found.links
    assert (link.edge.alone, link.edge.weakest, link.edge.applied) == (True, False, True)
    assert {field.field: field.level for field in link.fields}["birth"] == "equal"
    shown = (found.text(), found.text("ja"), str(found.as_dict()), found.html(), found._repr_html_())
    for said in shown:
        assert "ec:E1" in said
        for value in values([PEOPLE["ec"][0], PEOPLE["store"][0]]):
            assert value not in said
    whole = of(people, "E1", show_pii=True)
    assert "花子" in whole.text()
    assert "花子" in whole.html()


def test_what_is_doubtful(demo: Demo) -> None:
    """Refused links and questions lead to records of other OneIDs, refused ones first."""
    tables = demo.result.to_polars()
    oneids = {ref: one for *ref_, one in tables["merge_map"].select("source", "source_id", "oneid").rows()
              for ref in [RecordRef(*ref_)]}  # fmt: skip
    for row in tables["review"].head(4).iter_rows(named=True):
        left, right = (RecordRef(row[f"source_{side}"], row[f"source_id_{side}"]) for side in "lr")
        found = demo.result.explain(oneids[left])
        (link,) = [one for one in found.doubtful if (one.edge.left, one.edge.right) == (left, right)]
        assert link.other == oneids[right]
        assert (link.edge.score, link.edge.rule, link.edge.applied) == (row["score"], row["rule"], False)
        refused = [one.edge.verdict is Verdict.MATCH for one in found.doubtful]
        assert refused == sorted(refused, reverse=True)
        assert right in {node.ref for node in found.graph.nodes}


@pytest.mark.parametrize("word", ["OID0", "OIDQ4YZ46M02VQEC6"])
def test_a_oneid_that_is_none(people: oneid.Result, word: str) -> None:
    """Of a wrong form, or unknown."""
    with pytest.raises(UsageError, match="E412"):
        people.explain(word)


def test_a_lone_record_is_no_oneid(people: oneid.Result) -> None:
    with pytest.raises(UsageError, match="E418"):
        people.explain("ec:E1")
