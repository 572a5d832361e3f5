"""The words of a report in English and Japanese. A test holds that no entry lacks a language."""

from __future__ import annotations

from oneid.vocabulary.pages import evidencewords
from oneid.vocabulary.pages.words import LANGUAGES, Words

__all__ = ["LANGUAGES", "WORDS", "Say"]

WORDS: Words = {
    "title": ("oneid: report of a run", "oneid：実行レポート"),
    "sentence": (
        "{read} rows of {sources} sources became {oneids} OneIDs: {several} of them hold several records.",
        "{sources}ソースの{read}行から{oneids}件のOneIDを作成しました。このうち{several}件は複数のレコードを含みます。",
    ),
    "rejected": (
        "{n} rows could not be used ({reasons}); each is in rejected.parquet with its reason.",
        "使えなかった行は{n}件です（{reasons}）。理由とともにrejected.parquetにあります。",
    ),
    "waiting": ("{n} pairs wait for a person.", "要確認のペアは{n}件です。"),
    "masked": (
        "Personal data are masked; oneid report --show-pii shows them.",
        "個人情報は伏せ字です。oneid report --show-piiで表示します。",
    ),
    "shown": ("This page shows personal data.", "このページは個人情報を含みます。"),
    "unused": ("not used", "不使用"),
    "of_1": ("one record", "1レコード"),
    "of_2": ("two records", "2レコード"),
    "of_3": ("three records", "3レコード"),
    "of_4": ("four and more", "4レコード以上"),
    "oneids": ("{n} OneIDs", "OneID {n}件"),
    "of_rows": ("{n} rows", "{n}行"),
    "flow": ("What came in, and what came out", "入力と結果"),
    "since": ("Since the last run", "前回の実行から"),
    "first": (
        "This is the first run, or one without a registry: there are no OneIDs before it.",
        "初回の実行、または台帳を使わない実行です。比べる前回のOneIDはありません。",
    ),
    "from_to": ("OneIDs: {before} before, {now} now.", "OneIDは前回{before}件、今回{now}件です。"),
    "nothing": ("Nothing changed.", "変化はありません。"),
    "created": ("new OneIDs", "新しいOneID"),
    "joined": ("records joined a OneID", "既存のOneIDに加わったレコード"),
    "left": ("records left", "なくなったレコード"),
    "merged": ("OneIDs merged", "統合されたOneID"),
    "split": ("OneIDs split", "分割されたOneID"),
    "moved": ("records moved", "移ったレコード"),
    "retired": ("OneIDs retired", "廃止されたOneID"),
    "reinstated": ("OneIDs un-merged, alive again", "名寄せ解除で復活したOneID"),
    "rekeyed": ("records renumbered", "番号が変わったレコード"),
    "duplicates": ("Duplicates within and between sources", "ソース内・ソース間の重複"),
    "within": ("Within each source", "ソース内"),
    "between": ("OneIDs by the sources that know them", "OneIDを知るソースの組み合わせ"),
    "others": ("{n} more OneIDs are known to other sets of sources.", "他の組み合わせのOneIDは{n}件です。"),
    "source": ("source", "ソース"),
    "records": ("records", "レコード"),
    "persons": ("OneIDs", "OneID"),
    "double": ("duplicates", "重複"),
    "rules": ("Rules, and what each linked", "ルールごとのリンク"),
    "links_by_rule": ("Links by rule", "ルール別のリンク"),
    "by_score": ("score alone", "スコアのみ"),
    "rule": ("rule", "ルール"),
    "links": ("links", "リンク"),
    "refused": ("refused: the cluster contradicts", "矛盾のため不採用"),
    "examples": ("Two examples of each rule", "ルールごとの例（2件まで）"),
    "scores": ("Scores of the pairs compared", "比較したペアのスコア"),
    "bits": (
        (
            "In bits: each makes it twice as likely that a pair is one person. Heights are logarithmic. Between the "
            "two lines a pair waits for a person, unless a named rule decides."
        ),
        (
            "単位はビットです。1ビット増えるごとに、同一人物である確からしさが2倍になります。高さは対数です。"
            "二つの線の間のペアは、名前付きのルールが判定しないかぎり要確認になります。"
        ),
    ),
    "match": ("match", "一致"),
    "review": ("review", "要確認"),
    "none": ("not linked", "リンクなし"),
    "never": ("never", "名寄せ禁止"),
    "threshold_match": ("match from here", "ここから一致"),
    "threshold_review": ("review from here", "ここから要確認"),
    "queue": ("What waits for a person", "要確認の一覧"),
    "other": ("other", "その他"),
    "refused_link": ("a refused link", "矛盾のため不採用"),
    "sizes": ("OneIDs by number of records", "レコード数別のOneID"),
    "size": ("{n} records", "{n}レコード"),
    "size_more": ("{n} records and more", "{n}レコード以上"),
    "asked": ("the rules ask", "ルールによる要確認"),
    "doubtful": ("The largest OneIDs, and the most doubtful", "大きいOneIDと疑わしいOneID"),
    "largest": ("Most records", "レコードの多い順"),
    "weakest": ("Held by the weakest link", "最も弱いリンクで保たれている順"),
    "score": ("least score", "最小スコア"),
    "contradictions": (
        "{n} clusters hold two records that must not be one person; {births} OneIDs hold two births.",
        "矛盾するレコードを含むクラスターは{n}件、生年月日が二つあるOneIDは{births}件です。",
    ),
    "alarms": ("{n} clusters are larger than the rules allow.", "ルールの上限より大きいクラスターは{n}件です。"),
    "fields": ("Quality of each source's fields", "ソースごとの項目の品質"),
    "field": ("field", "項目"),
    "filled": ("filled", "入力あり"),
    "usable": ("usable", "使用可能"),
    "partial": ("known in part", "一部のみ"),
    "placeholder": ("placeholder", "ダミー値"),
    "list": (", ", "、"),
    "unreadable": ("unreadable", "読み取り不可"),
    "shared": ("shared", "共有"),
    "why": ("refused, by reason", "使えない値（理由別）"),
    "fields_what": (
        (
            "Shares are of all values that there could be. Shared: different values that more than two records of "
            "the source hold."
        ),
        "割合は、あり得る値の総数に対するものです。「共有」は、ソース内の3件以上のレコードが持つ値の種類数です。",
    ),
    "fields_anew": (
        "Only rows that are new or changed in this run were read, and are counted here.",
        "今回新しくなった行と変わった行だけを読み込み、数えています。",
    ),
    "reading_notes": ("What was detected or mended while reading", "読み込み時に検出・補正したこと"),
    "left_out": ("What was not compared, and why", "比較しなかったものと理由"),
    "all_compared": (
        "All pairs that a blocking key made were compared.",
        "ブロッキングキーが作るペアはすべて比較しました。",
    ),
    "key": ("blocking key", "ブロッキングキー"),
    "pairs_out": ("pairs not made", "作られなかったペア"),
    "blocks": ("blocks left out", "除いたブロック"),
    "refined": ("blocks split", "分割したブロック"),
    "greatest": ("records in the largest", "最大のブロックのレコード数"),
    "another": (
        (
            "More records share a value of these keys than the rules allow for one block: it was split by a second "
            "key or left out. Another key may have made these pairs."
        ),
        (
            "同じキーの値を持つレコードが、ルールの定めるブロックの上限を超えています。"
            "そのブロックは第二のキーで分割するか、除きました。これらのペアは別のキーで作られた可能性があります。"
        ),
    ),
    "equal": (
        "{n} records agree in everything with an earlier one of their source, which stood for them in large blocks.",
        "{n}件のレコードは、同じソースの先行レコードとすべての項目が一致します。大きなブロックでは代表の1件を比較しました。",
    ),
    "gates": ("Limits and drift", "上限チェックと変化の監視"),
    "no_gates": (
        "This run was written without looking at limits, by an earlier version.",
        "この実行は以前のバージョンによるもので、上限チェックの記録がありません。",
    ),
    "gates_held": ("No limit was breached.", "上限チェックの超過はありません。"),
    "limit": ("limit", "上限チェック"),
    "found": ("this run", "今回"),
    "most": ("at most", "上限"),
    "no_limit": ("not set", "設定なし"),
    "not_known": ("not compared", "比較なし"),
    "largest_limit": ("records of the largest OneID", "最大のOneIDのレコード数"),
    "birth_contradictions_pct": (
        "OneIDs of several records with two births, %", "複数レコードのOneIDのうち、生年月日が二つあるもの（%）",
    ),
    "members_moved_pct": ("known members whose OneID changed, %", "OneIDが変わった既存会員（%）"),
    "source_rows_drop_pct": ("rows fewer than before, %", "前回からの行数の減少（%）"),
    "members_renumbered_pct": ("members come back under other ids, %", "別の番号で戻ったとみられる会員（%）"),
    "drift": ("Against the run before, {run}", "前回の実行（{run}）との比較"),
    "no_before": ("There is no run before to compare with.", "比べる前回の実行はありません。"),
    "before": ("before", "前回"),
    "now": ("now", "今回"),
    "change": ("change", "増減"),
    "all_records": ("all records", "全レコード"),
    "births": ("OneIDs with two births", "生年月日が二つあるOneID"),
    "field_drift": (
        "Shares of filled or usable values that moved by five points or more",
        "入力あり・使用可能の割合が5ポイント以上動いた項目",
    ),
    "no_field_drift": (
        "No field's share of filled or usable values moved by five points or more.",
        "入力あり・使用可能の割合が5ポイント以上動いた項目はありません。",
    ),
    "cost": ("Seconds and memory", "所要時間とメモリ"),
    "stage": ("stage", "段階"),
    "in": ("in", "入力"),
    "out_rows": ("out", "出力"),
    "seconds": ("seconds", "秒"),
    "peak": ("peak MB", "最大MB"),
    "all": ("all", "合計"),
    "run": ("run", "実行"),
    "finished": ("finished", "終了"),
    "version": ("version", "バージョン"),
    "rules_version": ("rules", "ルール"),
    "linked": ("linked records", "リンクされたレコード"),
    "no id": ("no id", "IDなし"),
    "test record": ("test record", "テスト用"),
    "identical duplicate": ("identical duplicate", "同一内容の重複"),
    "duplicate id": ("duplicate id", "IDの重複"),
    "deleted": ("deleted", "削除済み"),
}  # fmt: skip


class Say(evidencewords.Say):
    """The words of a report in one language."""

    words = WORDS

    def of(self, name: str) -> str:
        """What an event, a rule or the reason of a rejected row is called; the name of a rule is its own."""
        key = {"score": "by_score"}.get(name, name)
        return self(key) if key in _NAMED else name


_NAMED = frozenset(
    ("created", "joined", "left", "merged", "split", "moved", "retired", "reinstated", "rekeyed", "by_score",
     "unreadable", "no id", "test record", "identical duplicate", "duplicate id", "deleted")
)  # fmt: skip
