"""What fields and evidence levels are called on pages for people, in English and Japanese: one word for one thing."""

from __future__ import annotations

from oneid.vocabulary.language import LANGUAGES
from oneid.vocabulary.pages import words
from oneid.vocabulary.pages.words import Words

__all__ = ["FIELDS", "LEVELS", "Say", "called"]

FIELDS: Words = {
    "name": ("name", "氏名"), "kana": ("kana", "フリガナ"), "romaji": ("romaji", "ローマ字"),
    "nickname": ("nickname", "ニックネーム"), "birth": ("date of birth", "生年月日"), "sex": ("sex", "性別"),
    "phone": ("phone", "電話番号"), "email": ("e-mail", "メール"), "postcode": ("postcode", "郵便番号"),
    "address": ("address", "住所"), "since": ("member since", "入会日"), "updated": ("updated", "更新日"),
    "customer": ("customer", "顧客区分"),
}  # fmt: skip
"""Fields that every run has; others are called as the config calls them."""

LEVELS: Words = {
    "missing": ("says nothing", "判断材料なし"),
    "equal": ("equal", "一致"),
    "differs": ("differs", "相違"),
    "equal_rare": ("equal, rare", "一致（珍しい）"),
    "equal_common": ("equal, common", "一致（よくある）"),
    "equal_frequent": ("equal, frequent", "一致（とても多い）"),
    "variant_rare": ("variant, rare", "表記違い（珍しい）"),
    "variant_common": ("variant, common", "表記違い（よくある）"),
    "homophone": ("same sound", "同じ読み"),
    "close": ("close", "よく似ている"),
    "swapped": ("family and given name swapped", "姓と名が逆"),
    "given_only": ("given name alone", "名のみ"),
    "family_only": ("family name alone", "姓のみ"),
    "given_equal": ("given name equal", "名が一致、姓は相違"),
    "family_equal": ("family name equal", "姓が一致、名は相違"),
    "near": ("near", "一か所違い"),
    "partial_equal": ("equal as far as known", "わかる範囲で一致"),
    "partial_weak": ("equal, little known", "わずかな範囲で一致"),
    "mobile_equal": ("mobile equal", "携帯が一致"),
    "mobile_shared": ("mobile equal, shared", "携帯が一致（共用）"),
    "land_equal": ("land line equal", "固定電話が一致"),
    "land_shared": ("land line equal, shared", "固定電話が一致（共用）"),
    "land_equal_mobiles_differ": ("land line equal, mobiles differ", "固定電話は一致、携帯は相違"),
    "mobiles_differ": ("mobiles differ", "携帯が相違"),
    "shared": ("equal, shared", "一致（共用）"),
    "equal_full": ("equal to the room", "部屋番号まで一致"),
    "equal_street": ("equal to the block", "番地まで一致"),
    "room_differs": ("room differs", "部屋番号が相違"),
    "same_town": ("same town", "町名まで一致"),
    "same_postcode": ("same postcode", "郵便番号が一致"),
}  # fmt: skip
"""Evidence levels; those of one's own kinds are called as they are."""


def called(table: Words, key: str, language: str) -> str:
    """A field's or a level's name in a language; what the table does not know is called as it is.

    >>> called(FIELDS, "birth", "ja"), called(FIELDS, "shoe_size", "ja")
    ('生年月日', 'shoe_size')
    """
    return table[key][LANGUAGES.index(language)] if key in table else key


class Say(words.Say):
    """The words of a room that tells of fields and levels: on English pages by their names, which are English."""

    def field(self, name: str) -> str:
        """A field: by its name, which is English, or by the word of another language."""
        return name if self.language == "en" else called(FIELDS, name, self.language)

    def level(self, name: str) -> str:
        """What a level means in another language than that of its name; empty where nothing is to be said of it."""
        told = name if self.language == "en" else called(LEVELS, name, self.language)
        return "" if told == name else told
