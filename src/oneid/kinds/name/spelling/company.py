"""Names of companies, shops, schools and other bodies, told from the names of people.

What counts: a legal form written out or abbreviated (株式会社, (株), カ), Inc.), a word that only bodies end in
(商店, 医院, 小学校, 管理組合, ...), a department (営業部). Surnames that look alike stay: 小野寺, 服部, 株木.
"""

from __future__ import annotations

import polars as pl

from oneid.japanese.text import words

__all__ = ["BODIES", "COMPANY", "HINTS", "OFFICES", "company_form", "is_company"]

COMPANY = (
    r"会社(?:[^員]|$)|相互会社|\((?:株|有|同|資|名|医|財|社|学|宗|福|独|特非|一社|一財|公社|公財)\)|法人|[社財]団|"
    r"協同組合|^株\s|\s株$|商[店事会]株$|カブシキ(?:ガ|カ)イシ[ャヤ]|ユウゲンガイシ[ャヤ]|ゴウドウガイシ[ャヤ]|"
    r"^\(?(?:カ|ユ|ド|メ|シ|イ|ザイ|シヤ|シユウ|ガク|フク|トクヒ|ドク|ゼイ|ベン|ノウ)\)|\((?:カ|ユ|ド|メ|シ|イ)\)?$|"
    r"(?i:(?-u:\b)(?:inc|incorporated|corp|corporation|co\.?,? ?ltd|ltd|limited|llc|plc|gmbh|company|k\.k|foundation|"
    r"association|university|hospital)(?-u:\b))"
)
"""Legal forms, written out and abbreviated as registers do; ㈱ and ㈲ arrive here as (株) and (有). The kana before or
behind one bracket are the abbreviations of bank transfers (Japanese Bankers Association, *全銀協* formats)."""

BODIES = words("""
    商店 商会 商事 商工会 商工会議所 工務店 工業 工房 工場 製作所 製造所 建設 産業 物産 運輸 運送 興業 興産
    不動産 電機 電器 印刷 酒造 醸造 酒店 書店 薬店 薬局 喫茶店 料理店 飲食店 販売店 代理店 専門店 青果店 精肉店
    鮮魚店 呉服店 時計店 電器店 電気店 洋品店 理髪店 新聞店 本店 支店 支社 本社 営業所 出張所 事務所 相談所
    研究所 研究室 診療所 医院 病院 歯科 内科 外科 眼科 小児科 皮膚科 整骨院 接骨院 鍼灸院 美容院 美容室 理容室
    理容所 保育園 保育所 幼稚園 小学校 中学校 高校 高等学校 専門学校 大学 大学院 学院 学園 教室 教会 神社 神宮
    別院 組合 協会 連盟 連合会 協議会 委員会 自治会 町内会 老人会 子供会 子ども会 婦人会 後援会 同窓会 県人会
    振興会 研究会 互助会 農園 農場 牧場 旅館 食堂 銀行 信用金庫 郵便局 市役所 区役所 町役場 村役場 県庁 都庁
    府庁 警察署 消防署 税務署 図書館 公民館 美術館 博物館 体育館 クリニック センター サービス ホテル マンション
    コーポレーション カンパニー ホールディングス
""")
"""Words that names of bodies end in, and no given name does; something must stand before them in the word. Ours."""

OFFICES = words("""
    総務 人事 経理 財務 営業 開発 企画 管理 製造 購買 広報 宣伝 法務 情報システム システム 業務 技術 販売 秘書
    品質管理 品質保証 お客様相談 カスタマーサポート
""")
"""What departments are named after."""

_DEPARTMENT = rf"(?:{'|'.join(OFFICES)})[第0-9一二三]*(?:部|課|室|係|担当|本部|グループ)"

_BODY = rf"[^\s](?:{'|'.join(sorted(BODIES, key=len, reverse=True))})(?:\s|$)|^\S{{3,}}寺$|{_DEPARTMENT}"
"""A temple has at least four characters: three are as often a surname (小野寺, 西園寺)."""

HINTS = (
    *words("会社 法人 社団 財団 組合 ( 株 イシャ イシヤ ) 寺 部 課 室 係 担当 グループ"),
    *words("inc corp ltd limited llc plc gmbh company k.k foundation association university hospital"),
    *BODIES,
)
"""What every match holds; looking for these is ten times faster than the expressions."""

_FORMS = {
    "(株)": "株式会社", "(有)": "有限会社", "(同)": "合同会社", "(資)": "合資会社", "(名)": "合名会社",
    "(医)": "医療法人", "(財)": "財団法人", "(社)": "社団法人", "(学)": "学校法人", "(宗)": "宗教法人",
    "(福)": "社会福祉法人", "(独)": "独立行政法人", "(特非)": "特定非営利活動法人", "(一社)": "一般社団法人",
    "(一財)": "一般財団法人", "(公社)": "公益社団法人", "(公財)": "公益財団法人",
    "NPO法人": "特定非営利活動法人",
}  # fmt: skip
"""Abbreviated legal forms and what they stand for."""

_PERSON = (
    r"\s*(?:代表取締役|代表社員|代表理事|取締役社長)\S*(?:\s.*)?$|"
    r"\s(?:代表者?|社長|理事長|院長|園長|店長|担当者?)(?:\s.*)?$"
)
"""A representative behind the name of a body."""


def is_company(text: pl.Expr) -> pl.Expr:
    """Whether tidy text names a body; False for null.

    >>> names = pl.DataFrame({"x": ["(株)青葉", "青葉小学校", "小野寺 学"]})
    >>> names.select(is_company(pl.col("x")))["x"].to_list()
    [True, True, False]
    """
    hinted = pl.when(text.str.contains_any(list(HINTS), ascii_case_insensitive=True)).then(text)
    return (hinted.str.contains(COMPANY) | hinted.str.contains(_BODY)).fill_null(value=False)


def company_form(text: pl.Expr) -> pl.Expr:
    """The name of a body in the form that is compared: the legal form written out, the person behind it left out.

    >>> pl.select(company_form(pl.lit("(株)青葉 代表取締役 佐藤 太郎"))).item()
    '株式会社青葉'
    """
    whole = text.str.replace(_PERSON, "").str.replace_many(_FORMS, ascii_case_insensitive=True, leftmost=True)
    whole = whole.str.replace(r"^株\s|\s株$", "株式会社").str.replace(r"(商[店事会])株$", "${1}株式会社")
    whole = whole.str.replace(r"^\(?カ\)|\(カ\)?$", "カブシキガイシャ")
    whole = whole.str.replace(r"^\(?ユ\)|\(ユ\)?$", "ユウゲンガイシャ")
    return pl.when(whole.str.strip_chars() != "").then(whole).otherwise(text)
