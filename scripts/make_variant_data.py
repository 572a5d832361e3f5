"""Rebuilds ``src/oneid/japanese/data/kanji_variants.csv``: which kanji forms stand for one another in names, and how
surely.

Usage: ``python scripts/make_variant_data.py``

The ``hard`` tier is the old-to-new table of the yosina package (MIT), reduced to single characters, together with the
vendor characters and copying habits listed in ``OWN_HARD``. The ``soft`` tier, forms that one family keeps apart and
another mixes, is our own list. A canonical form is never itself a variant. Rows of the tier ``apart`` are characters
beyond JIS X 0208 that no further table may fold, since they look like another one.
"""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

from yosina import TransliterationRecipe, make_transliterator

TARGET = Path(__file__).resolve().parent.parent / "src/oneid/japanese/data/kanji_variants.csv"


def words(text: str) -> list[str]:
    """The words of a list that stands as a block of text."""
    return text.split()


OWN_HARD = words("""
高髙 崎﨑嵜碕㟢 辺邉邊𨘢𨕙 柳栁桺 吉𠮷 桑桒 富冨 凛凜 皓晧 徳德 瀬瀨 曽曾 桝枡 橋槗𣘺 館舘
渕淵渊 頬頰 濱濵 郎郞 杉杦 斎齋 斉齊 島㠀 鶴靏鸖靍 熊㷱 船舩 裏裡 卯夘 閣閤 昂昻 槙槇 祢禰
弥彌 蛍螢 清淸 増增 黒黑 緑綠 青靑 静靜 内內 真眞 横橫 滝瀧 穂穗 恵惠 呉吳 巻卷 黄黃 寛寬
戸戶 教敎 歩步 毎每 歳歲 査查 录彔 挿插 揺搖 遥遙 尭堯 鉄鐵 剣劍劒剱劔 検檢 亀龜 関關闗 沢澤
広廣 達逹 今𫝆 土圡𡈽 世卋 珍珎 昇曻 匡匤 喜㐂 間閒 多夛 本夲 京亰 事叓 場塲 国圀 回囘 器噐
写冩 竈竃 慎愼 鎮鎭 聡聦 肇肈 鴎鷗 靭靱 隣鄰 鶏雞 啓啟 第㐧 宝寳 定㝎 廿卄 函凾 勲勛 厨廚
叱𠮟 喩喻 鬱欝 悳惪 松柗 蝿蠅 桟棧 叙敘 況况 決决 減减 準凖 博愽 協恊 妊姙 婿壻 期朞
棋棊 棄弃 秘祕 稚穉 総總 縄繩 解觧 賛贊 鑑鑒 雑雜 顔顏 駆駈 髪髮 鼓皷 鼠鼡 沖冲 稟禀 隆𨺓 称稱 臥卧 弯彎
""")
"""One character in several forms: register and vendor forms, old forms and copying habits. The first one is shown."""

OWN_SOFT = words("""
島嶋嶌 園薗 刈苅 薮籔藪 斎斉 峰峯 野埜 草艸 柏栢 秋龝穐 朝晁 涼凉 克剋 略畧 群羣 杯盃 糸絲
芦蘆 兎兔 桧檜 灯燈 竜龍 滝瀧 万萬 予豫 余餘 庵菴 仙僊 鎌鐮 翠翆 哲喆 村邨 剣釼 徳悳 松枩
岩嵓 杉椙 栃杤 梅楳 磯礒 雁鴈 蓑簑 鉄銕鉃 晃晄 輝煇 耀燿 叡睿 寧甯 岡崗 峨峩 耕畊 渓谿 澄澂
夢梦 妙玅 爾尓 一弌 二弍 傑杰 萌萠 猪豬 栖棲 塚塜 映暎
""")
"""Forms that one family keeps apart and another mixes."""

SIMPLIFIED = words("""
張张 劉刘 陳陈 楊杨 趙赵 孫孙 馬马 羅罗 鄭郑 謝谢 許许 鄧邓 馮冯 韓韩 盧卢 陸陆 銭钱 顧顾
龔龚 賀贺 頼赖 譚谭 鄒邹 閻阎 麗丽 偉伟 軍军 紅红 華华 東东 蘭兰 鳳凤 竜龙 剛刚 飛飞 寧宁
慶庆 艶艳 瑩莹 穎颖 鵬鹏 賓宾 鋒锋 銘铭 輝辉 陽阳 瓊琼 賢贤 貴贵 興兴 義义 楽乐 書书 詩诗
語语 誠诚 謙谦 維维 紀纪 紹绍 緒绪 縁缘 純纯 緑绿 駿骏 馳驰 島岛 岡冈 橋桥 沢泽 辺边 浜滨
斉齐 関关 図图 長长 門门 間间 亀龟 鳥鸟 魚鱼 魯鲁 鶴鹤 凱凯 呉吴 厳严 栄荣 営营 労劳 単单
聡聪 潔洁 鈴铃 鋼钢 錦锦 鉄铁 銀银 騰腾 貞贞 財财 資资 質质 賽赛 運运 進进 遠远 達达 選选
還还 鄺邝 鄔邬 龐庞 齢龄 霊灵 霧雾 頌颂 順顺 項项 須须 顏颜 風风 驍骁 喬乔 倫伦 儀仪 億亿
優优 勛勋 協协 務务 動动
""")
"""Mainland Chinese forms that stand for one traditional character only; soft, since papers show one of them."""

APART = words("""
坂阪 崎埼 藤籐 田由 土士 未末 林森 裕祐 裕𧙗 巳已 己已 己巳 斉済 崇祟 大太 大犬 太犬 田町
堀掘 荻萩 日曰 千干 阿河 管菅 渚諸 柿杮 祭察 弊幣 祐祜 佑祐 祇祗 茅萱 花華 幸倖 亨享 怜伶
船舟 河川 壱一 簗梁 畑畠 蕭肖 範范 雲云 葉叶 鐘鍾 後后 穀谷 余予 乾干 丘岳 待侍 候侯 徹撤
宇字 午牛 矢失 夫天 永氷 木本 人入 白自 目日 貝具 鳥烏 鳥島 九丸 刀力 王玉 石右 今令 住佳
桂佳 郎朗 陽湯 隆降 陸睦 晴睛 晴清 晶昌 亮享 浩洸 慎真 健建 教敦 義議 昭照 孝考 瑠璃 奈菜
采彩 沙紗 沙砂 綾凌 凌陵 弘広 宏広 良艮 井丼 若苦 柴紫 粟栗 桂柱 薗蘭 蘭藺 蒲浦 冶治 沖仲
仲中 滝竜 瀬頼 熊態 秦泰 秦奏 壇檀 垣桓 埴植 喜嘉 卯卵 厚原 凪凧 鎬鍋 蔵倉 窪久 笹篠 惇淳
脇脅 巌岩 飰飯 蘿蔦 葦芦 湶泉 回廻 麹糀 豊禮 宍肉 富宮 宮官 兄児 丹舟 吉古 吉𠮟 吾五
園圃 庄荘 曾會 村材 松杉 杉彬 柏拍 柳抑 栄永 桃挑 根恨 椎推 樋桶 橘桔 櫛節 武式 比此
氏民 水氷 沼招 津律 港湊 滋慈 澄登 為偽 玲鈴 瑞端 甲申 申由 眸瞳
祢弥 稔念 竹筑 緑縁 美実 翔祥 芽茅 茉末 茜西 莉利 葵癸 藍監 衣依 誠城 諒涼 賢堅
輔補 辻込 遼僚 釘針 錦綿 門問 関間 飛非 鷹鴈 麻磨 黒墨
""")
"""Characters that look or sound alike, or that another language writes alike, and name different families."""

REFUSED = set("柿杮")
"""What the old-to-new table must not fold."""


def is_kanji(char: str) -> bool:
    """Whether ``char`` is a CJK ideograph."""
    return unicodedata.name(char, "").startswith("CJK")


def from_yosina() -> dict[str, str]:
    """The old-to-new pairs of yosina as single characters, variation selectors left out."""
    convert = make_transliterator(TransliterationRecipe(kanji_old_new=True))
    table = {}
    for code in [*range(0x3400, 0x9FFF), *range(0xF900, 0xFAFF), *range(0x20000, 0x2FA1F)]:
        char = chr(code)
        new = "".join(c for c in convert(char) if not unicodedata.combining(c) and not 0xE0100 <= ord(c) <= 0xE01EF)
        if len(new) == 1 and new != char and is_kanji(new):
            table[char] = new
    return table


def groups(words: list[str]) -> dict[str, str]:
    """Each further character of a word leads to its first."""
    table = {}
    for word in words:
        for other in word[1:]:
            table[other] = word[0]
    return table


def root(char: str, table: dict[str, str]) -> str:
    """The end of the chain that begins at ``char``."""
    seen = {char}
    while char in table and table[char] not in seen:
        char = table[char]
        seen.add(char)
    return char


def in_jis_x_0208(char: str) -> bool:
    """Whether every Japanese system can hold ``char``."""
    try:
        return len(char.encode("euc_jp")) == 2
    except UnicodeEncodeError:
        return False


def main() -> None:
    hard = {old: new for old, new in from_yosina().items() if old not in REFUSED} | groups(OWN_HARD)
    hard = {unicodedata.normalize("NFKC", old): unicodedata.normalize("NFKC", new) for old, new in hard.items()}
    hard = {old: root(new, hard) for old, new in hard.items() if old != root(new, hard)}
    soft = {old: root(new, hard) for old, new in groups(OWN_SOFT + SIMPLIFIED).items()}
    soft = {root(old, hard): new for old, new in soft.items() if root(old, hard) != new}
    soft = {old: root(new, soft) for old, new in soft.items()}
    for pair in APART:
        if len({root(root(char, hard), soft) for char in pair}) < len(pair):
            raise SystemExit(f"{pair} must never fold together")
    apart = sorted({char for pair in APART for char in pair if not in_jis_x_0208(char)} - set(hard) - set(soft))
    rows = [(old, new, "hard") for old, new in sorted(hard.items())]
    rows += [(old, new, "soft") for old, new in sorted(soft.items())]
    rows += [(char, char, "apart") for char in apart]
    with TARGET.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([("variant", "canonical", "tier"), *rows])
    print(f"{len(hard)} hard, {len(soft)} soft, {len(apart)} apart")


if __name__ == "__main__":
    main()
