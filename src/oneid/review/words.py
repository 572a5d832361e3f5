"""The words of the review page in English and Japanese. A test holds that no entry lacks a language."""

from __future__ import annotations

from collections.abc import Mapping

from oneid.vocabulary.errors import UsageError
from oneid.vocabulary.language import LANGUAGES, in_language, said
from oneid.vocabulary.pages.evidencewords import FIELDS, LEVELS

__all__ = ["DECISIONS", "EVENTS", "FIELDS", "HEADERS", "LANGUAGES", "LEVELS", "WORDS", "Words"]

Both = tuple[str, str]

WORDS: Mapping[str, Both] = {
    "title": ("oneid: review", "oneid：レビュー"),
    "brand": ("OneID review", "OneIDレビュー"),
    "labelling": ("OneID labels", "OneID正解付け"),
    "skip": ("To the pair", "ペアへ移動"),
    "queue": ("Queue", "一覧"),
    "help": ("Keys", "キー操作"),
    "you": ("You: {name}", "担当者：{name}"),
    "progress": ("{done} decided, {waiting} waiting", "判断済み {done}件・残り {waiting}件"),
    "mine": ("{n} by you", "あなたの判断 {n}件"),
    "masked": (
        "Values are masked: what differs stays visible.",
        "値は伏せ字です。違う文字だけが見えます。",
    ),
    "shown": ("This page shows personal data.", "このページは個人情報を表示しています。"),
    "who_title": ("Who decides?", "判断する方のお名前"),
    "who_why": (
        "Your name is written with each verdict. It is asked once.",
        "お名前は判断と一緒に記録します。入力は最初の一度だけです。",
    ),
    "who_label": ("Name", "お名前"),
    "who_hint": ("as your colleagues know you, such as sato", "例：佐藤（お客さま相談室）"),
    "who_missing": ("Please give a name.", "お名前を入力してください。"),
    "begin": ("Begin", "レビューを始める"),
    "about": (
        "{waiting} pairs wait for a person. Verdicts are written to {place} at once; the next run heeds them.",
        "要確認のペアは{waiting}件です。判断はすぐに{place}へ書き込み、次回の実行から反映されます。",
    ),
    "about_label": (
        "{waiting} pairs are to be labelled. Labels are written to {place} at once.",
        "正解を付けるペアは{waiting}件です。結果はすぐに{place}へ書き込みます。",
    ),
    "pair_title": ("Are these two one person?", "この二件は同じ人ですか"),
    "case": ("Pair {at} of {of} in this case", "関連するペア {of}件のうち{at}件目"),
    "why_review": ("The rules ask a person: {why}", "ルールが確認を求めています：{why}"),
    "why_score": (
        "The score alone decides nothing ({bits} bits).",
        "スコアだけでは決められません（{bits}ビット）。",
    ),
    "by_score": ("the score is high enough", "スコアは十分"),
    "why_column": ("Why it waits", "要確認の理由"),
    "why_refused": (
        "A link was refused because other records of the same cluster contradict it: {why}",
        "リンクがありますが、同じクラスターのほかのレコードと矛盾します：{why}",
    ),
    "score": ("Score: {bits} bits", "スコア：{bits}ビット"),
    "field": ("Field", "項目"),
    "level": ("Level", "一致レベル"),
    "bits": ("Bits", "ビット"),
    "bits_why": (
        "Bits for and against: each one makes one person twice as likely, or half.",
        "ビットは根拠の強さです。1ビット増えると同一人物の確からしさが2倍、1ビット減ると半分になります。",
    ),
    "no_bits": (
        "The rules of this run are not at hand, so no bits are shown (give --config).",
        "この実行のルールが手元にないため、ビットは表示しません（--configで指定できます）。",
    ),
    "base": ("before any evidence", "根拠がない場合"),
    "interaction": ("levels that come together", "組み合わせによる補正"),
    "legend": ("Marked: what differs.", "印の付いた文字が違いです。"),
    "no_value": ("no value", "値なし"),
    "differs": ("differs", "相違"),
    "decide": ("Your verdict", "判断"),
    "same": ("Same person", "同じ人"),
    "different": ("Different people", "別の人"),
    "later": ("Later", "あとで"),
    "undo": ("Undo", "取り消す"),
    "reason": ("Reason (may be left out)", "理由（省略できます）"),
    "reason_hint": ("such as: called the member", "例：ご本人に電話で確認"),
    "ticket": ("Ticket", "チケット番号"),
    "effect": ("What it would change", "判断による変化"),
    "effect_none": ("No OneID changes.", "OneIDは変わりません。"),
    "effect_join": (
        "{n} OneIDs ({sizes} records) become one of {whole}.",
        "{n}件のOneID（{sizes}レコード）が、{whole}レコードの1件になります。",
    ),
    "effect_split": (
        "One OneID of {whole} records becomes {n} ({sizes}).",
        "{whole}レコードのOneIDが、{n}件（{sizes}レコード）に分かれます。",
    ),
    "effect_other": (
        "Records are parted anew: {before} → {after}; {moved} of them to another OneID.",
        "レコードの組み合わせが変わります：{before} → {after}（移動 {moved}件）。",
    ),
    "effect_unknown": (
        "{n} pairs among them were never compared; the next run compares them first.",
        "未比較のペアが{n}件あり、次回の実行で比較してから決まります。",
    ),
    "effect_rough": (
        "The rules are not at hand: the next run may part other records for it.",
        "ルールが手元にないため概算です。次回の実行で、ほかのレコードが分かれることがあります。",
    ),
    "effect_contradicts": (
        "It would not be taken: it contradicts earlier decisions ({chain}).",
        "受け付けられません。これまでの判断（{chain}）と矛盾します。",
    ),
    "effect_later": ("Both stay apart, and the pair waits.", "二件は別のまま、要確認に残ります。"),
    "graph": ("Records and links", "レコードとリンク"),
    "graph_title": (
        "Graph: {a} records of {left} on the left, {b} of {right} on the right; the pair in question is bold.",
        "図：左に{left}のレコード{a}件、右に{right}のレコード{b}件。太線がこのペアです。",
    ),
    "graph_one": (
        "Graph: the {a} records of {left}; the pair in question is bold.",
        "図：{left}のレコード{a}件。太線がこのペアです。",
    ),
    "edge_match": ("link", "リンク"),
    "edge_review": ("waits", "要確認"),
    "edge_none": ("no link", "リンクなし"),
    "edge_never": ("never", "名寄せ禁止"),
    "records": ("All records of these OneIDs", "このOneIDの全レコード"),
    "record": ("Record", "レコード"),
    "oneid": ("OneID", "OneID"),
    "history": ("History", "履歴"),
    "no_history": ("Nothing is recorded.", "記録はありません。"),
    "when": ("When", "日時"),
    "what": ("What", "できごと"),
    "about_what": ("Record or OneID", "レコードまたはOneID"),
    "written": ("Written: {verdict} — {left} and {right}", "記録しました：{verdict}（{left} と {right}）"),
    "undone": ("Taken back; the pair waits again.", "取り消しました。ペアは要確認に戻りました。"),
    "nothing_to_undo": ("There is nothing to undo.", "取り消す判断はありません。"),
    "earlier": ("Decided before: {verdict}, by {by}. A new verdict replaces it.",
                "判断済みです：{verdict}（{by}）。判断し直すと置き換わります。"),
    "meanwhile": (
        "Meanwhile {by} decided this pair: {verdict}. Yours ({own}) was not written; give it again to replace theirs.",
        "この間に{by}さんが「{verdict}」と判断しました。あなたの判断（{own}）は書き込んでいません。置き換えるにはもう一度判断してください。",
    ),
    "contradicts": (
        "Not written ({own}): it contradicts earlier decisions: {chain}. Change one of those, or choose Later.",
        "書き込んでいません（{own}）。これまでの判断と矛盾します：{chain}。いずれかを改めるか「あとで」を選んでください。",
    ),
    "held": ("{name} is looking at this pair.", "このペアは{name}さんが確認中です。"),
    "moved_on": (
        "A new run was published. This verdict was not written. Start oneid review again.",
        "新しい実行が公開されました。この判断は書き込んでいません。oneid reviewを起動し直してください。",
    ),
    "cannot_write": (
        "It could not be written ({code}), and counts for nothing. See the terminal.",
        "書き込めませんでした（{code}）。この判断は記録されていません。端末の表示を確認してください。",
    ),
    "done_title": ("Nothing waits", "要確認はありません"),
    "done_text": (
        "Every pair is decided, or others are looking at it. Thank you.",
        "すべてのペアが判断済みか、ほかの方が確認中です。お疲れさまでした。",
    ),
    "done_next": (
        "The next run heeds the verdicts: oneid resolve CONFIG --out RUN",
        "判断は次回の実行（oneid resolve CONFIG --out RUN）で反映されます。",
    ),
    "done_label": (
        "Use the labels: oneid train CONFIG --truth {place}",
        "正解データの使い方：oneid train CONFIG --truth {place}",
    ),
    "queue_title": ("What waits", "要確認の一覧"),
    "queue_about": (
        "Cases in order, the most valuable first; the next {n} are shown.",
        "優先度の高い順に、次の{n}組を表示しています。",
    ),
    "pairs": ("Pairs", "ペア"),
    "look": ("Look", "確認する"),
    "next": ("Next pair", "次のペアへ"),
    "state": ("State", "状態"),
    "open": ("open", "未判断"),
    "being_seen": ("with {name}", "{name}さんが確認中"),
    "key_s": ("same person", "同じ人"),
    "key_d": ("different people", "別の人"),
    "key_l": ("later", "あとで"),
    "key_u": ("undo your last verdict", "直前の判断を取り消す"),
    "key_r": ("write a reason (Esc leaves the field)", "理由を書く（Escで欄を出る）"),
    "key_help": ("this help", "このヘルプ"),
    "refused_title": ("Not allowed", "表示できません"),
    "used": (
        "This link was used, or is none. Look for another one in the terminal, or start oneid review again.",
        "このリンクは使用済みか、無効です。端末に表示された別のリンクを使うか、oneid reviewを起動し直してください。",
    ),
    "no_entry": (
        "Open the page by the link in the terminal.",
        "端末に表示されたリンクから開いてください。",
    ),
    "forbidden": (
        "This request does not come from this page. Nothing was written.",
        "このページからの操作ではないため、受け付けませんでした。何も書き込んでいません。",
    ),
    "missing": ("There is no such page.", "このページはありません。"),
    "too_large": ("That is more than a form of this page sends.", "送信内容が大きすぎます。"),
    "broken": (
        "Something went wrong; nothing more was written. Start oneid review again.",
        "内部エラーです。これ以上は書き込んでいません。oneid reviewを起動し直してください。",
    ),
    "back": ("Back", "戻る"),
    "note_values": (
        "The run kept no values (it has no registry): only what the outputs tell is shown. --config reads the sources.",
        "台帳のない実行のため、出力にある値だけを表示します。--configを付けるとソースを読み直します。",
    ),
}  # fmt: skip
"""By key the words in the languages of :data:`LANGUAGES`, with places to fill in braces."""

DECISIONS: Mapping[str, Both] = {
    "same": ("same person", "同じ人"), "different": ("different people", "別の人"), "defer": ("later", "あとで"),
}  # fmt: skip
"""What people say."""

EVENTS: Mapping[str, Both] = {
    "created": ("created", "作成"), "joined": ("a record joined", "レコードが加わった"),
    "left": ("a record left", "レコードがなくなった"), "merged": ("merged", "統合"), "split": ("split", "分割"),
    "moved": ("a record moved", "レコードが移った"), "retired": ("retired", "廃止"),
    "reinstated": ("un-merged", "名寄せ解除"), "rekeyed": ("renumbered", "番号変更"),
}  # fmt: skip
"""What happens to OneIDs."""

HEADERS: Mapping[str, Both] = {
    "pair": ("pair", "ペア番号"), "case": ("case", "組"), "source_l": ("source_l", "ソース1"),
    "source_id_l": ("source_id_l", "会員番号1"), "source_r": ("source_r", "ソース2"),
    "source_id_r": ("source_id_r", "会員番号2"), "oneid_l": ("oneid_l", "OneID1"), "oneid_r": ("oneid_r", "OneID2"),
    "score": ("score", "スコア"), "why": ("why", "要確認の理由"), "evidence": ("evidence", "根拠"),
    "decision": ("decision", "判断"), "by": ("by", "担当者"), "at": ("at", "判断日"), "reason": ("reason", "理由"),
    "ticket": ("ticket", "チケット番号"),
}  # fmt: skip
"""The columns of a spreadsheet, but for those of fields."""


class Words:
    """The words in one language. Raises UsageError (E410) for one that there is not."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            hint = said("languages are {names}", names=", ".join(LANGUAGES))
            raise UsageError("E410", said("no language '{name}'", name=language), hint=hint)
        self.language = language
        self._at = LANGUAGES.index(language)

    def __call__(self, key: str, **filled: object) -> str:
        """A sentence of the page, filled in."""
        return WORDS[key][self._at].format(**filled)

    def of(self, table: Mapping[str, Both], key: str) -> str:
        """A word of one of the other tables; what it does not know is called as it is."""
        return table[key][self._at] if key in table else key

    def why(self, text: str) -> str:
        """A rule's reason, in this language if it has one."""
        return in_language(text, self.language)
