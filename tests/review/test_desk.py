"""People at the page: nobody gets another's pair, no verdict is lost, and none that contradicts the others is taken."""

from __future__ import annotations

import threading

import pytest

from oneid.review.books import FileBook, Said
from oneid.review.desk import Agreement, Contradicts, Desk, Meanwhile
from oneid.vocabulary.references import RecordRef
from review.conftest import Shop


@pytest.fixture
def desk(shop: Shop, labels: FileBook) -> Desk:
    return Desk(shop.pairs(), labels)


def test_a_review(desk: Desk, labels: FileBook) -> None:
    """Each verdict is in the book before the next pair is shown; at the end nothing waits."""
    seat = desk.sit("  佐藤 ")
    seen = []
    while (number := desk.queue.next(seat)) is not None and len(seen) < 20:
        pair = desk.pairs.pair(number)
        desk.decide(seat, number, "different", desk.version(number), " 理由 ")
        seen.append((pair.left.source_id, pair.right.source_id))
        rows = labels.known().select("source_id_l", "source_id_r", "decision", "by", "reason").rows()
        assert len(rows) == len(seen)
        assert (*seen[-1], "different", "佐藤", "理由") in rows
    assert len(set(seen)) == 20
    assert desk.queue.decided == 20


def test_the_same_form_twice(desk: Desk, labels: FileBook) -> None:
    """A double press writes one verdict."""
    seat = desk.sit("a")
    assert desk.decide(seat, 0, "same", 0) is desk.decide(seat, 0, "same", 0)
    assert labels.known().height == 1
    assert len(labels.path.read_text("utf-8-sig").splitlines()) == 2


def test_somebody_else_meanwhile(desk: Desk, labels: FileBook) -> None:
    """Nothing is overwritten unseen: the second is told, and may replace it when it has been seen."""
    one, two = desk.sit("佐藤"), desk.sit("鈴木")
    version = desk.version(0)
    desk.decide(one, 0, "same", version)
    with pytest.raises(Meanwhile) as told:
        desk.decide(two, 0, "different", version)
    assert (told.value.said.by, told.value.said.decision) == ("佐藤", "same")
    assert labels.known()["decision"].to_list() == ["same"]
    desk.decide(two, 0, "different", desk.version(0))
    assert labels.known().select("decision", "by").rows() == [("different", "鈴木")]
    with pytest.raises(Meanwhile):
        desk.undo(one)
    assert desk.undo(one) is None
    assert labels.known()["by"].to_list() == ["鈴木"]


def test_undo(desk: Desk, labels: FileBook) -> None:
    """One's own last verdict, one after the other; what was said before of the pair holds again."""
    one, two = desk.sit("佐藤"), desk.sit("鈴木")
    desk.decide(one, 0, "defer", 0)
    desk.decide(two, 0, "same", desk.version(0))
    desk.decide(two, 1, "different", desk.version(1))
    assert desk.undo(two) == 1
    assert desk.undo(two) == 0
    assert labels.known().select("decision", "by").rows() == [("defer", "佐藤")]
    given = desk.given(0)
    assert given is not None
    assert (given.decision, given.by) == ("defer", "佐藤")
    assert desk.undo(two) is None
    assert desk.undo(one) == 0
    assert labels.known().is_empty()
    assert (desk.queue.next(two), desk.queue.next(one)) == (0, 1)


def test_two_at_once(desk: Desk, labels: FileBook) -> None:
    """Two threads to the end of 40 pairs: none lost, none given twice."""
    given: dict[str, list[int]] = {}

    def work(name: str) -> None:
        seat = desk.sit(name)
        mine = given[name] = []
        while len(mine) < 20:
            with desk.lock:
                number = desk.queue.next(seat)
                assert number is not None
                version = desk.version(number)
            mine.append(number)
            desk.decide(seat, number, "different", version)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    both = given["a"] + given["b"]
    assert len(set(both)) == len(both) == 40
    assert labels.known().height == 40
    assert labels.known()["by"].value_counts().sort("by").rows() == [("a", 20), ("b", 20)]


def test_what_was_decided_before(shop: Shop, labels: FileBook) -> None:
    """Decided pairs are not asked again; those put off come last."""
    pairs = shop.pairs()
    first, second = pairs.pair(0), pairs.pair(1)
    labels.write([Said(first.left, first.right, "same", "x", "2026-01-01T00:00:00+00:00"),
                  Said(second.left, second.right, "defer", "x", "2026-01-01T00:00:00+00:00")])  # fmt: skip
    desk = Desk(pairs, labels)
    shown = [desk.pairs.pair(number) for case in desk.open_cases() for number in case]
    assert len(shown) == desk.queue.waiting == pairs.waiting.height - 1
    assert first not in shown
    assert desk.pairs.pair(desk.pairs.waiting.height - 1) == second
    assert desk.decided[first.rows] == "same"


def test_labels(shop: Shop, labels: FileBook) -> None:
    """Pairs of all verdicts are drawn, each its own case."""
    desk = Desk(shop.pairs(), labels, label=30)
    assert desk.queue.waiting == desk.pairs.waiting.height == 30
    assert len(set(desk.pairs.waiting["verdict"].to_list())) >= 3
    assert [len(case) for case in desk.open_cases()] == [1] * 30
    again = Desk(shop.pairs(), labels, label=30)
    assert again.pairs.waiting.equals(desk.pairs.waiting)


def said(decision: str, left: str, right: str) -> Said:
    return Said(RecordRef("s", left), RecordRef("s", right), decision, "", "")


@pytest.mark.parametrize(
    ("given", "new", "chain"),
    [
        ([("same", "a", "b"), ("same", "b", "c")], ("different", "a", "c"), "abc"),
        ([("same", "a", "b"), ("different", "a", "c")], ("same", "b", "c"), "bac"),
        ([("same", "a", "b"), ("same", "c", "d"), ("different", "a", "d")], ("same", "b", "c"), "badc"),
        ([("same", "a", "b"), ("different", "a", "c")], ("same", "a", "c"), None),
        ([("same", "a", "b")], ("different", "a", "b"), None),
        ([("same", "a", "b"), ("same", "b", "c")], ("defer", "a", "c"), None),
        ([("same", "a", "b"), ("defer", "b", "c")], ("different", "a", "c"), None),
    ],
)
def test_contradictions(given: list[tuple[str, str, str]], new: tuple[str, str, str], chain: str | None) -> None:
    """A verdict that would stop the next run (E234) is not taken; one that replaces another on its pair is."""
    agreement = Agreement({(one.left, one.right): one for one in (said(*words) for words in given)})
    if chain is None:
        agreement.check(said(*new))
        return
    with pytest.raises(Contradicts) as error:
        agreement.check(said(*new))
    found = [ref.source_id for ref in error.value.chain]
    assert found == list(chain)
