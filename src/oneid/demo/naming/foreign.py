"""Names of the demo's residents from abroad and of its companies: common names and words, plain facts."""

from __future__ import annotations

import polars as pl

__all__ = ["COMPANY_FORMS", "COMPANY_TRADES", "DEPARTMENTS", "FOREIGN_FAMILY", "FOREIGN_GIVEN"]


def _table(text: str) -> pl.DataFrame:
    rows = [line.replace("_", " ").split("/") for line in text.split()]
    return pl.DataFrame(rows, schema=["written", "kana", "latin"], orient="row")


FOREIGN_FAMILY = _table("""
    NGUYEN/グエン/NGUYEN TRAN/チャン/TRAN PHAM/ファム/PHAM LE/レー/LE HOANG/ホアン/HOANG VU/ヴー/VU BUI/ブイ/BUI
    SANTOS/サントス/SANTOS
    SILVA/シルバ/SILVA REYES/レイエス/REYES CRUZ/クルス/CRUZ GARCIA/ガルシア/GARCIA TANAKA/タナカ/TANAKA
    OLIVEIRA/オリベイラ/OLIVEIRA
    SOUZA/ソウザ/SOUZA SMITH/スミス/SMITH JOHNSON/ジョンソン/JOHNSON BROWN/ブラウン/BROWN MILLER/ミラー/MILLER
    SHARMA/シャルマ/SHARMA DELA_CRUZ/デラ_クルス/DELA_CRUZ DOS_SANTOS/ドス_サントス/DOS_SANTOS
    DA_SILVA/ダ_シルバ/DA_SILVA DE_SOUZA/デ_ソウザ/DE_SOUZA
    VAN_DIJK/ファン_ダイク/VAN_DIJK GARCIA_LOPEZ/ガルシア_ロペス/GARCIA_LOPEZ
    GURUNG/グルン/GURUNG RAI/ライ/RAI THAPA/タパ/THAPA 王/オウ/WANG 李/リ/LI 張/チョウ/ZHANG 劉/リュウ/LIU
    陳/チン/CHEN 楊/ヨウ/YANG
    趙/チョウ/ZHAO 周/シュウ/ZHOU 呉/ゴ/WU 金/キム/KIM 朴/パク/PARK 崔/チェ/CHOI 鄭/チョン/JUNG 姜/カン/KANG
    尹/ユン/YOON 林/リン/LIN 黄/コウ/HUANG
""")
"""Family names as written, in katakana and in Latin letters; those in Latin letters first."""

FOREIGN_GIVEN = {
    "f": _table("""
        ANH/アン/ANH LINH/リン/LINH HUONG/フオン/HUONG THAO/タオ/THAO MARIA/マリア/MARIA ANA/アナ/ANA
        JENNIFER/ジェニファー/JENNIFER
        EMILY/エミリー/EMILY SARAH/サラ/SARAH GRACE/グレース/GRACE SITA/シタ/SITA PRIYA/プリヤ/PRIYA 麗/レイ/LI
        静/セイ/JING 敏/ビン/MIN
        芳/ホウ/FANG 秀英/シュウエイ/XIUYING 美玲/メイリン/MEILING 恩英/ウンヨン/EUNYOUNG 智恵/チヘ/JIHYE
        秀珍/スジン/SUJIN 雪梅/セツバイ/XUEMEI
    """),
    "m": _table("""
        MINH/ミン/MINH HUNG/フン/HUNG DUNG/ズン/DUNG TUAN/トゥアン/TUAN JOSE/ホセ/JOSE CARLOS/カルロス/CARLOS
        MARCO/マルコ/MARCO
        JOHN/ジョン/JOHN MICHAEL/マイケル/MICHAEL DAVID/デイビッド/DAVID RAJ/ラジ/RAJ BISHAL/ビシャル/BISHAL 偉/イ/WEI
        強/キョウ/QIANG
        磊/ライ/LEI 軍/グン/JUN 洋/ヨウ/YANG 浩然/コウゼン/HAORAN 民俊/ミンジュン/MINJUN 成浩/ソンホ/SUNGHO
        智勳/チフン/JIHOON 建国/ケンコク/JIANGUO
    """),
}
"""Given names as written, in katakana and in Latin letters."""

COMPANY_FORMS = pl.DataFrame(
    [
        ("株式会社", "カブシキガイシャ"), ("有限会社", "ユウゲンガイシャ"), ("合同会社", "ゴウドウガイシャ"),
        ("㈱", "カ"),
    ],
    schema=["written", "kana"], orient="row",
)  # fmt: skip
COMPANY_TRADES = pl.DataFrame(
    [
        ("商店", "ショウテン"), ("工業", "コウギョウ"), ("建設", "ケンセツ"), ("電機", "デンキ"),
        ("運送", "ウンソウ"), ("不動産", "フドウサン"),
        ("製作所", "セイサクショ"), ("印刷", "インサツ"), ("企画", "キカク"), ("サービス", "サービス"),
        ("食品", "ショクヒン"), ("興業", "コウギョウ"),
    ],
    schema=["written", "kana"], orient="row",
)  # fmt: skip
DEPARTMENTS = ("経理部", "総務部", "営業部", "担当", "御担当者")
"""What stands in the field for the given name of a company's EC account."""
