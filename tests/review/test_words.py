"""Both languages say everything, and in the terms that are fixed."""

from __future__ import annotations

import re

import pytest

from oneid.kinds.compared import LEVELS as KNOWN
from oneid.review import words
from oneid.review.words import DECISIONS, EVENTS, FIELDS, HEADERS, LANGUAGES, LEVELS, WORDS, Words
from oneid.settings.rulesfile import load_rules
from oneid.vocabulary.errors import UsageError

TABLES = (WORDS, DECISIONS, FIELDS, LEVELS, EVENTS, HEADERS)


def test_no_word_lacks_a_language() -> None:
    """And both fill in the same."""
    for table in TABLES:
        for key, both in table.items():
            assert len(both) == len(LANGUAGES), key
            assert all(both), key
            names = [set(re.findall(r"{(\w+)}", text)) for text in both]
            assert names[0] == names[1], key


def test_japanese_is_japanese() -> None:
    """No word of the page was left in English; no half-width blank between scripts."""
    for key, (_, japanese) in WORDS.items():
        assert re.search(r"[぀-ヿ一-鿿]", japanese) or key in ("oneid",), key
    text = "".join(japanese for _, japanese in WORDS.values())
    assert not re.search(r"得点|証拠|源泉|マスクされ|登録簿|歯止め", text)


def test_every_level_has_words() -> None:
    assert {level for levels in KNOWN.values() for level in levels} <= set(LEVELS)
    assert set(KNOWN) <= set(FIELDS)


def test_words() -> None:
    """A language that there is not is refused; what is not known is called as it is."""
    with pytest.raises(UsageError, match="E410"):
        Words("fr")
    say = Words("ja")
    assert say("mine", n=3) == "あなたの判断 3件"
    assert say.of(FIELDS, "shoe_size") == "shoe_size"
    assert say.why("plain") == "plain"
    assert words.__all__


def test_the_reason_of_a_rule_is_in_the_language_of_the_page() -> None:
    """Presets give a sentence in each language."""
    for rule in load_rules("jp-members").rules:
        assert Words("en").why(rule.reason) == str(rule.reason)
        assert Words("ja").why(rule.reason) == rule.reason.within("ja") != str(rule.reason)
