"""What is asked is told from the words alone, before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneid.explain.arguments import asked, refuse_unknown
from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.references import RecordRef

ONE, OTHER = "OIDQ4YZ46M02VQEC6", "OIDQ4YZ46M02VQEC7"
PAIR = (RecordRef("ec", "E1"), RecordRef("store", "S:1"))


def test_what_may_be_asked() -> None:
    """Two records, as words or not, one OneID or several."""
    assert asked(["ec:E1", "store:S:1"]) == asked(PAIR) == PAIR
    assert asked([ONE]) == (ONE,)
    assert asked([ONE, OTHER]) == (ONE, OTHER)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "E418"), (("ec:E1",), "E418"), (("ec:E1", "ec:E2", "ec:E3"), "E418"), (("ec:E1", ONE), "E418"),
        (("ec:E1", "E2"), "E420"), (("ec:", "ec:E1"), "E420"), (("ec:E1", "ec:E1"), "E422"), (("佐藤太郎",), "E418"),
        (("OID123",), "E412"), ((ONE, "OIDQ4YZ46M02VQECI"), "E412"), ((ONE, "E1"), "E418"),
    ],
)  # fmt: skip
def test_what_may_not(words: tuple[str, ...], code: str) -> None:
    """A lone record, too many, a mixture, what is neither; no text that may be a member's is repeated."""
    with pytest.raises(UsageError) as caught:
        asked(words)
    assert caught.value.code == code
    assert caught.value.hint or code == "E422"
    assert "佐藤太郎" not in str(caught.value)


def test_records_of_other_sources() -> None:
    with pytest.raises(UsageError, match=r"E421.*did you mean 'store'"):
        refuse_unknown((RecordRef("stores", "1"), PAIR[0]), ("ec", "store"))
    refuse_unknown(PAIR, ("ec", "store"))
    refuse_unknown((ONE,), ())


def test_wrong_words_are_told_before_anything_is_read(command, tmp_path: Path) -> None:
    """The folder need not be there."""
    for words, code in ((("E1", "ec:2"), "E420"), (("ec:E1",), "E418"), (("OID1",), "E412")):
        said = command("explain", tmp_path / "nowhere", *words)
        assert said.code == 2
        assert code in said.err
    assert "E251" not in command("explain", tmp_path, "ec:1", "ec:1").err
    assert "E251" in command("explain", tmp_path, "ec:1", "ec:2").err
