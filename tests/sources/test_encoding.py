"""Encodings: what Japanese systems export is recognised, and what does not decode is refused with its line."""

from __future__ import annotations

import pytest

from oneid.sources.encoding import _strangeness, detect, to_utf8
from oneid.vocabulary.errors import InputError

PLAIN = (
    "会員番号,氏名,フリガナ,住所\r\n1,佐藤 花子,サトウ ハナコ,東京都港区芝公園4丁目2番8号\r\n"
    "2,山田 太郎,ヤマダ タロウ,大阪府大阪市北区\r\n"
)
HALF = "会員番号,氏名,ﾌﾘｶﾞﾅ\n1,渡邊 浩,ﾜﾀﾅﾍﾞ ﾋﾛｼ\n2,小鳥遊 薫,ﾀｶﾅｼ ｶｵﾙ\n"
ONLY_HALF = "id,kana\n" + "".join(
    f"{n},{name}\n" for n, name in enumerate(["ｻﾄｳ ﾊﾅｺ", "ﾔﾏﾀﾞ ﾀﾛｳ", "ｺﾊﾞﾔｼ ﾐｻｷ", "ﾐﾑﾗ ﾘﾖ", "ﾓﾘ ﾕﾘ", "ﾛﾂｶｸ ﾚﾅ"])
)
EVEN_HALF = "id,kana\n1,ﾔﾏﾀﾞ ﾀﾛ\n2,ﾅｶﾑﾗ ﾕｷ\n3,ｻｲﾄｳ ﾐｷ\n4,ﾓﾘ ﾘｴ\n"
"""Every word has an even number of bytes, so that EUC-JP decodes it, to kanji."""
VENDOR = "id,name\n1,髙橋 ①郎\n2,山﨑 ～\n"


@pytest.mark.parametrize("text", [PLAIN, HALF])
@pytest.mark.parametrize(
    ("encoding", "want"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp932", "cp932"),
        ("euc_jp", "euc-jp"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_the_usual_encodings_are_recognised(text, encoding, want):
    """Bytes in any of them come out as the text they were."""
    assert detect(text.encode(encoding)) == want
    assert to_utf8(text.encode(encoding)).utf8.decode() == text


@pytest.mark.parametrize("encoding", ["iso-2022-jp", "iso-2022-jp-ext"])
def test_mail_encodings_are_not_taken_for_utf_8(encoding):
    """ISO-2022-JP is 7-bit, so strict UTF-8 would decode it, to nonsense."""
    text = PLAIN if encoding == "iso-2022-jp" else HALF
    assert detect(text.encode(encoding)) == encoding
    assert to_utf8(text.encode(encoding)).utf8.decode() == text


@pytest.mark.parametrize("text", [VENDOR, ONLY_HALF, EVEN_HALF])
def test_what_only_cp932_has(text):
    """Vendor characters, and files whose only Japanese is half-width kana, also where EUC-JP would decode."""
    assert detect(text.encode("cp932")) == "cp932"


def test_kana_in_euc_jp_are_not_half_width_nonsense():
    """Hiragana and katakana alone, in EUC-JP, also decode as cp932: as half-width kana and punctuation."""
    for text in ("さとう はなこ\nやまだ たろう\n" * 3, "サトウ ハナコ\nヤマダ タロウ\n" * 3, "佐藤\n山田\n田中\n" * 3):
        assert detect(text.encode("euc_jp")) == "euc-jp"


def test_half_width_punctuation_gives_euc_jp_away():
    """Kana in EUC-JP read as cp932 are far stranger than half-width kana that are meant."""
    misread = "さとう はなこ やまだ たろう".encode("euc_jp").decode("cp932", errors="replace")
    assert _strangeness(misread.encode()) > 2 * _strangeness(EVEN_HALF.encode())


def test_plain_ascii_is_utf_8():
    """A file without any other character has no encoding to be found out."""
    assert detect(b"id,name\n1,x\n") == "utf-8"


def test_other_languages_are_left_to_the_library():
    """A Latin-1 file is recognised as some encoding that decodes it; nothing is raised."""
    text = "id,name\n" + "".join(f"{n},François Müller à Besançon, où l'été fut très agréable\n" for n in range(50))
    decoded = to_utf8(text.encode("latin-1")).utf8.decode()
    assert decoded.count("\n") == 51


def test_a_declared_encoding_that_is_wrong():
    """E203 names the line of the first bad byte and the encoding that would work."""
    data = ("id,name\n1,a\n2,佐藤\n" + PLAIN).encode("cp932")
    with pytest.raises(InputError) as caught:
        to_utf8(data, "utf-8", "x.csv")
    assert (caught.value.code, caught.value.place.file, caught.value.place.line) == ("E203", "x.csv", 3)
    assert "'encoding: cp932'" in caught.value.hint


def test_shift_jis_without_its_vendor_characters():
    """Declared shift_jis lacks 髙 and ①; the hint names cp932."""
    with pytest.raises(InputError) as caught:
        to_utf8(VENDOR.encode("cp932"), "shift_jis")
    assert caught.value.place.line == 2
    assert "cp932" in caught.value.hint


def test_one_broken_byte_is_not_guessed_away():
    """A Japanese file with a broken byte is refused with its line: another encoding would make nonsense of it."""
    data = (PLAIN * 200).encode("cp932") + b"3,\x81\x20\xff\n"
    with pytest.raises(InputError) as caught:
        to_utf8(data)
    assert (caught.value.code, caught.value.place.line) == ("E203", 601)
    assert "cp932" in caught.value.hint


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-16", "euc_jp"])
def test_characters_across_chunks(monkeypatch, encoding):
    """Large files are decoded in chunks; a character may lie across two."""
    monkeypatch.setattr("oneid.sources.encoding._CHUNK", 7)
    assert to_utf8(PLAIN.encode(encoding), encoding).utf8.decode() == PLAIN
