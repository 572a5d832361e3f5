"""Words in two languages: what is said keeps what it was said from, and the language is that of whoever reads."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest

from oneid.vocabulary import language as words
from oneid.vocabulary.errors import InputError, Place, Problems, UsageError, did_you_mean, use_language
from oneid.vocabulary.language import chosen, in_language, joined, language, said, speaking


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of three texts."""
    texts = {"{n:,} rows of {what}": "{what}の{n:,}行", "a file": "ファイル", ", ": "、"}
    texts["{{n}} is a place"] = "{{n}}は穴"
    monkeypatch.setattr(words, "catalogue", lambda language: texts if language == "ja" else {})


@pytest.mark.usefixtures("known")
def test_said() -> None:
    """English for all that know nothing of it; another language for what asks, inner texts of ours included."""
    text = said("{n:,} rows of {what}", n=1200, what=said("a file"))
    assert text == "1,200 rows of a file" == in_language(text)
    assert in_language(text, "ja") == "ファイルの1,200行"
    assert in_language("a file", "ja") == "ファイル"
    assert in_language("unknown", "ja") == "unknown" == in_language(said("unknown"), "ja")
    assert type(in_language(text, "en")) is str
    assert in_language(said("{{n}} is a place"), "ja") == "{n}は穴"


@pytest.mark.usefixtures("known")
def test_words_of_others_stay() -> None:
    """Only what was said by us is translated: a cell, a column or a file may be called as a text of ours."""
    assert in_language(said("{n:,} rows of {what}", n=1, what="a file"), "ja") == "a fileの1行"
    assert in_language(joined(", ", ["a file", said("a file")]), "ja") == "a file、ファイル"
    braces = said("{n:,} rows of {what}", n=1, what="{n} {x}")
    assert (braces, in_language(braces, "ja")) == ("1 rows of {n} {x}", "{n} {x}の1行")


@pytest.mark.usefixtures("known")
def test_said_survives_processes() -> None:
    for text in (said("{n:,} rows of {what}", n=1200, what=said("a file")), joined(", ", [said("a file"), "x"])):
        again = pickle.loads(pickle.dumps(text))
        assert (again, in_language(again, "ja")) == (text, in_language(text, "ja"))


@pytest.mark.parametrize(
    ("option", "environment", "system", "expected"),
    [
        (None, {}, None, "en"),
        (None, {"LANG": "ja_JP.UTF-8"}, None, "ja"),
        (None, {"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, None, "en"),
        (None, {"LANG": "C.UTF-8", "LC_MESSAGES": "ja_JP.eucJP"}, None, "ja"),
        (None, {"LANG": "", "LC_ALL": ""}, "Japanese_Japan", "ja"),
        (None, {"LANG": "fr_FR.UTF-8"}, "ja_JP", "en"),
        (None, {"ONEID_LANG": "en", "LANG": "ja_JP.UTF-8"}, None, "en"),
        (None, {"ONEID_LANG": "JA"}, None, "ja"),
        ("ja", {"ONEID_LANG": "en"}, None, "ja"),
        ("ja-JP", {}, None, "ja"),
    ],
)
def test_which_language(option: str | None, environment: dict[str, str], system: str | None, expected: str) -> None:
    assert chosen(option, environment, system) == expected


@pytest.mark.parametrize(("option", "environment"), [("fr", {}), (None, {"ONEID_LANG": "fr"})])
def test_no_such_language(option: str | None, environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="fr"):
        chosen(option, environment)


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No language is set."""
    monkeypatch.delenv("ONEID_LANG")
    with speaking(None):
        yield


@pytest.mark.usefixtures("unset")
def test_the_current_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """English, whatever the locale, for those who use the library; what is set for a while ends."""
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert language() == "en"
    monkeypatch.setenv("ONEID_LANG", "ja")
    assert language() == "ja"
    use_language("en")
    assert language() == "en"
    with speaking("ja"):
        assert language() == "ja"
    assert language() == "en"
    with pytest.raises(UsageError, match="E410 no language 'fr'"):
        use_language("fr")
    use_language(None)
    assert language() == "ja"


def test_errors() -> None:
    """Place, message and hint in the language; the code and what was given are the same in both."""
    problem = InputError("E290", said("the system refused a file: {reason}", reason="x"), place=Place(None, 3))
    hinted = InputError("E401", "?", hint=did_you_mean("nmae", ["name", "namae", "kana"]))
    assert str(hinted) == "E401 ? Hint: did you mean 'namae' or 'name'?"
    several = Problems([problem, hinted])
    assert several.message == "2 problems"
    with speaking("ja"):
        assert str(several).splitlines() == [
            "3行目: E290 システムがファイルの操作を拒みました: x",
            "E401 ? ヒント: もしかして: 'namae'または'name'",
        ]
        assert several.message == "2 problems"
    assert str(problem) == "line 3: E290 the system refused a file: x"
