"""The words of headers that stand beside those of the kinds: whose a column is, what only seems a field, ids and days.
They are those of common member systems, shops, mail tools and address books, Japanese and English: the headers that
their makers document for exports of members, contacts and orders. All patterns are searched for in a header as
:func:`oneid.sources.headers.folded` gives it: NFKC, lower case, ``_`` between words.
A column is of a **party**: the member (``self``, or whoever orders, or is billed), a recipient, a trading partner, or
somebody who is no member of this row at all: a company, a relative, staff, a bank account; ``thing`` is no person (a
shop, a product).
"""

from __future__ import annotations

from collections.abc import Sequence

from oneid.kinds.base import Header

__all__ = ["CODE", "IDS", "ID_WORD", "OTHERS", "PARTIES", "PERSONS", "STATUS", "WITHDRAWN_WORDS"]


def _words(latin: str, other: str = "") -> str:
    """A pattern of whole Latin words, and of others anywhere."""
    return rf"(?<![a-z])(?:{latin})s?(?![a-z])" + (f"|{other}" if other else "")


PARTIES: Sequence[tuple[str, str]] = (
    ("bank", _words(
        "bank|payee|iban|swift|account_holder|card_?holder|branch",
        "口座|銀行|振込|引き?落|カード名義|金融機関|支店",
    )),
    ("staff", _words(
        "staff|owner|agent|manager|assistant|asst|assignee|operator|author|sales_?rep|salesperson|stylist|"
        "(?:created|modified|updated|changed|owned|assigned|added|inserted|entered)_by|assigned_to",
        "担当|スタッフ|営業(?!所)|作成者|更新者|入力者|承認者|所有者|代理店|代理人|管理者|店長|販売員|店員|施術者",
    )),
    ("relative", _words(
        "spouse|wife|husband|partner|child|children|kid|baby|dependent|guardian|parent|emergency|relative|father|"
        "mother|referred|referrer|referral|introducer|pet",
        "連名|配偶者|家族|続柄|お?子(?:様|供|ども)|(?:^|_)子_?[1-9]|保護者|"
        "緊急|(?:^|_)[父母](?!音)|親権|紹介[者元]|同伴|同居|ペット|愛犬|愛猫",
    )),
    ("company", _words(
        "company|business|work|office|organi[sz]ation(?:al)?|corporate|corp|employer|department|job|account_name|"
        "radio|callback",
        "会社(?!員)|勤務先|法人|職場|企業|団体|所属|部署|部門|役職|屋号|学校",
    )),
    ("thing", _words(
        "product|item|line_?item|sku|vendor|brand|variant|plan|campaign|coupon|discount|tag|ticket|event|shipment|"
        "tracking|warehouse|category|session|device|ip|parent|shop|store|location|facility|merchant|seller|terminal|"
        "site|mall|property|currency|payment|list|segment|page|file|form|gateway|method|tax",
        "商品|製品|品番|品名|品目|明細|型番|在庫|メーカー|ブランド|仕入|種類|クーポン|キャンペーン|イベント|チケット|追跡|店舗|"
        "店名|店番|(?:^|_)店$|営業所|拠点|倉庫|ショップ|モール|サイト|出荷元|発送元|加盟店|支払い?(?!者)|決済|媒体|ページ|フォーム",
    )),
    ("former", _words("previous|former|old|maiden|prev", "旧(?!字)|変更前|以前の|前住所|転居前|実家")),
    ("second", r"^address_[2-9]_(?=street|city|state|region|county|postal|zip|line|country|formatted|extended|phone)|"
        + _words("other", "その他|帰省先|別荘")),
    ("recipient", _words(
        "ship(?:ping|to|_to)?|deliver(?:y|ed)?(?:_to)?|recipient|receiver|consignee|gift|dest(?:ination)?",
        "送付先|配送先|配達先|お?届け?先|発送先|送り先|受取人|受取先|納品先|出荷先|宛先|ギフト",
    )),
    ("orderer", _words(
        "buyer|purchaser|orderer|sender|shipper|applicant|registrant|booker",
        "ご?注文者|ご?注文主|ご?購入者|ご?購入主|お?申し?込み?者|ご?依頼[主人]|ご?予約者|送り主|発注者|応募者",
    )),
    ("billed", _words("bill(?:ing|to|_to)?|invoice|payer", "ご?請求先|お?支払い?者")),
    ("partner", "取引先(?!責任者)"),
    ("self", _words(
        "customer|member|user|contact|client|home|mailing|primary|default_address|default|personal|private|main|"
        "profile|person|subscriber|attendee|participant|guest|visitor|lead",
        "会員|顧客|お客様|本人|自宅|個人|郵送先|契約者|利用者|参加者|受講者|来場者|患者|得意先|取引先責任者",
    )),
)  # fmt: skip
"""The words that say whose a column is; the first that is found counts. No such word: the member's, like ``self``."""
PERSONS = ("self", "orderer", "billed", "recipient", "partner")
"""The parties that may be the member of a row: the first that has a name is."""
_KANA_OR_LATIN = "(?:カナ|かな|フリガナ|ふりがな|ローマ字|英字|kana|romaji)"
_PLACE = "(?:住所|都道府県|市区|町域|町名|番地|建物|ビル|address|city|pref|地名)"
_AT = r"(?:_on|_at|_?date|_day|_?time)(?=$|_)"
OTHERS: Sequence[tuple[str, Header]] = (
    ("", Header(8, rf"{_PLACE}\w*{_KANA_OR_LATIN}|{_KANA_OR_LATIN}\w*{_PLACE}")),
    ("", Header(10, "flag|flg|" + _words(
        "opt_?(?:in|out)(?!_time)|status|count|password|passwd|fax|consent|verified|verification|label|type|marketing|newsletter|"
        "magazine|subscription|subscribed|receive|accept|pager|po_?box|country|prefix|suffix|middle|title|initial|"
        "salutation|age|rank|language|locale|timezone|place|valid|invalid|bounced?|blocked|hash|url|score|im|source|"
        "domain|visit|login|preference|extension|ext|carrier|anniversary|latitude|longitude",
        "フラグ|許可|希望|可否|区分|種別|ファッ?クス|パスワード|回数|件数|メルマガ|マガジン|配信|受信|購読|オプトイン|同意|認証|有無|"
        "ラベル|ステータス|ブロック|敬称|肩書|ミドル|年齢|年代|国名|(?:^|_)国$|秘密|質問|備考|ランク|時間帯|私書箱|出身|理由|緯度|経度|"
        "不備|エラー|不達|文面|件名|本文|言語|内線|キャリア|記念日",
    ))),
    ("since", Header(220, r"(?:^|_)(?:open|join|regist|creat|subscrib|enroll|sign_?up|entry|added|ins(?:ert)?)[a-z]*"
        rf"{_AT}|date_(?:added|created|joined|registered|opened|of_joining|entered)|(?:member|customer|client|user)_since|optin_time|"
        r"(?:^|_)(?:created|registered|joined|subscribed|signed_up)(?:_utc|_jst|_gmt)?$|"
        r"入会(?!理由|店)|登録(?:$|_|日|年月日|時)|加入|作成(?:日|年月日)|追加日|開設日")),
    ("updated", Header(230, rf"(?:^|_)(?:updat|modif|chang|upd|edit)[a-z]*{_AT}|last_(?:changed|updated|modified)|"
        r"(?:^|_)(?:updated|modified)(?:_utc|_jst|_gmt)?$|"
        r"更新日|更新年月日|更新時|最終更新(?!者)|変更日")),
    ("until", Header(240,
        rf"(?:^|_)(?:clos|left|leave?|withdr|cancel|quit)[a-z]*{_AT}|退会(?!理由)|解約日|脱退")),
    ("ordered", Header(245, rf"(?:^|_)(?:order|purchase|sale|paid|checkout)[a-z]*{_AT}|"
        r"(?:注文|受注|購入|申込|予約|売上|取引)(?:日|年月日|日時)")),
)  # fmt: skip
"""The headers of what is no field; the role ``""`` means: a column about a field, not the field."""
ID_WORD = (
    r"(?:(?:^|_|(?<=[^a-z_]))(?:id|uid|uuid|guid|no|num|number|code|cd|key|nr)s?(?=$|_)|番号|コード|ナンバー|識別子)"
)
"""What a header has that names a number of somebody or something."""
IDS: Sequence[tuple[str, str]] = (
    ("member", _words(
        "customer|member|user|client|contact|person|people|profile|subscriber|friend|lead|guest|attendee|"
        "participant|patient|kaiin|kokyaku|buyer|payer|respondent|leid|euid|kunnr",
        "会員|顧客|お?客様?|ユーザー?|利用者|個人|登録|参加者|患者|得意先|取引先責任者|友だち|友達|リード|購読者|契約者|応募者|注文者",
    )),
    ("card", _words("card", "カード")),
    ("account", _words("account", "アカウント")),
    ("order", _words(
        "order|booking|reservation|purchase|transaction|receipt|checkout|charge|cart|sale|sales",
        "注文|オーダー|受注|購入|予約|申し?込み?|伝票|取引|売上|レシート",
    )),
    ("bare", _words("record|row|internal|system|sys", "レコード|管理|整理|識別|内部|宛名")),
)  # fmt: skip
"""What the number is of, the first that is found; nothing else in the header is ``bare`` too, all else ``other``."""
CODE = r"(?:^|_|(?<=[^a-z_]))(?:id|code|cd|no|key)$|コード$|番号$"
"""What a header ends in that holds the code of a value, not the value."""
STATUS = r"(?:^|_)(?:status|state|deleted|active)(?:$|_)|ステータス|状態|会員区分|退会|削除"
"""The headers of columns that may say who has withdrawn."""
WITHDRAWN_WORDS = {
    "withdrawn": ("退会", "退会済", "退会済み", "退会者", "退会会員", "解約", "解約済", "解約済み", "脱退", "withdrawn",
                  "cancelled", "canceled", "closed", "left", "resigned"),
    "test": ("テスト", "テスト会員", "test"),
}  # fmt: skip
"""The words in such a column that say so, in lower case."""
