"""How often things happen in the demo's world: every rate of the generator, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType

__all__ = ["SYSTEM_SHARES", "Rates"]

SYSTEM_SHARES: Mapping[str, float] = MappingProxyType(
    {"point_card": 0.2975, "credit_card": 0.1574, "prepaid": 0.1541, "mail_list": 0.1693, "ec": 0.2217}
)
"""What part of all records each system holds."""

RECORDS_PER_PERSON = 2.07
"""Records over all systems per living person, those without any record included."""

_MISSING = {
    "point_card.name": 0.03, "point_card.kana": 0.07, "point_card.birth": 0.08, "point_card.sex": 0.09,
    "point_card.phone": 0.05, "point_card.postcode": 0.15, "point_card.address": 0.06,
    "credit_card.home_phone": 0.45, "credit_card.email": 0.38, "credit_card.building": 0.03,
    "prepaid.family": 0.05, "prepaid.given": 0.05, "prepaid.birth": 0.20, "prepaid.phone": 0.10, "prepaid.email": 0.45,
    "mail_list.postcode": 0.48, "mail_list.year": 0.54, "mail_list.month": 0.48,
    "ec.birth": 0.49, "ec.sex": 0.41, "ec.building": 0.05,
}  # fmt: skip

_NICKNAMES = {
    "full name": 0.48, "given name in kanji": 0.06, "given name in kana": 0.05, "full name in hiragana": 0.06,
    "full name in katakana": 0.02, "full name in Latin letters": 0.12, "handle": 0.05, "a common word": 0.05,
    "null token": 0.02, "empty": 0.09,
}  # fmt: skip


def _error(rate: float) -> float:
    """A rate that ``noise`` scales."""
    value: float = field(default=rate, metadata={"error": True})
    return value


@dataclass(frozen=True, slots=True)
class Rates:
    """Every rate of the demo; ``scaled`` multiplies the error rates and leaves life and habits alone.

    Life (shares of people or households, over the 22 years that the systems have run):
    """

    twins: float = 0.08
    """Families with two or more children whose first two are twins."""
    namesake_child: float = 0.02
    """Children whose given name sounds like the parent's of the same sex (other kanji)."""
    own_name: float = 0.05
    """Couples in which both keep their family names."""
    husband_changes: float = 0.05
    """Married couples who took the wife's family name."""
    divorced: float = 0.5
    """Single parents who gave up a married name, and their children with them."""
    moved: float = 0.30
    """Households with an earlier address."""
    neighbours: float = 0.06
    """Households that live in the same building as some other household."""
    land_line: float = 0.70
    """Households with a land line."""
    new_mobile: float = 0.15
    """People who gave up an earlier mobile number."""
    recycled: float = 0.08
    """Given-up mobile numbers that another person has now."""
    family_mailbox: float = 0.12
    """Households of two or more with a common mail box."""
    uses_family_mailbox: float = 0.4
    """Records of such a household's members that give it."""
    second_mailbox: float = 0.50
    """People with a second e-mail address; a third of them have a third."""
    foreign: float = 0.015
    """Households from abroad."""
    company: float = 0.004
    """Companies per person; they become members like people."""
    near_siblings: float = 0.02
    """Families whose second child was born 11 to 14 months after the first (assumed)."""
    names_alike: float = 0.15
    """Second children whose name begins with the same character as the first's, if of one sex (assumed)."""
    name_taken_back: float = 0.06
    """People alone in their household who had another's name for some years and took theirs back (assumed)."""
    middle_name: float = 0.55
    """People from abroad whose name in Latin letters has a second given name (assumed)."""
    numeral_building: float = 0.03
    """Blocks of flats whose name begins with a kanji numeral or an ordinal: 一番館, 三号棟, 一条ハイツ (assumed)."""
    lettered_lot: float = 0.12
    """Homes with イロハ or 甲乙丙 beside the lot, in the prefectures best known for them (assumed)."""
    same_number: float = 0.10
    """Such homes that have the number of another home of the town and differ in the letter alone (assumed)."""
    hokkaido_line: float = 0.25
    """Homes in the country of Hokkaido whose lot is told by a 線, a 号 or a 区画 (assumed)."""
    kyoto_street: float = 0.70
    """Homes in the old wards of Kyoto whose address may name the streets (assumed)."""

    # habits of the systems
    further_card: float = 0.10
    """Records of a system that are a further card of someone who has one there already."""
    family_card: float = 0.10
    """Credit cards of other household members that quote the main member's phone and mail box."""
    parents_mobile: float = 0.12
    """Records of children born since 2000 that give a parent's mobile, twins' among them (assumed)."""
    parents_mobile_and_mail: float = 0.06
    """Such records that give the parent's mail box too (assumed)."""
    both_names: float = 0.03
    """Records of people with a former family name that show both: 佐藤（旧姓鈴木）, 鈴木・佐藤 (assumed)."""
    registered_often: float = 0.00005
    """Members of the EC shop, per record of it, who stand there forty times with other ids and equal rows (assumed)."""
    only_name_and_birth: float = 0.006
    """Records with a name and a birth and nothing else: paper lists, event desks (this and the next three: assumed)."""
    only_mail: float = 0.004
    """Records with a mail box and nothing else."""
    only_family_and_phone: float = 0.004
    """Records with a family name and a phone and nothing else, as of bookings by phone."""
    silent: float = 0.006
    """Records without name and birth that give the household's land line, mail box and address."""
    given_first: float = 0.25
    """Names from abroad with the family name last (this and the next six: assumed; shares of such names)."""
    middle_left_out: float = 0.15
    """Names from abroad of which only the first given name is written."""
    middle_initial: float = 0.06
    """Names from abroad with a letter for the second given name."""
    two_scripts: float = 0.06
    """Names from abroad in two scripts in one cell: 王 暁明 WANG XIAOMING."""
    alias: float = 0.04
    """Names from abroad with the 通称 in brackets behind."""
    name_cut: float = 0.10
    """Long names from abroad that a field cuts off."""
    updated: float = 0.5
    """Records that were brought up to date after a marriage, a move or a new number; the others are as of joining."""
    gives_land_line: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"point_card": 0.55, "prepaid": 0.18, "ec": 0.18})
    )
    """Records of a household with a land line that give it where a system asks for one number."""
    missing: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(_MISSING))
    """Empty cells, by ``system.field``."""
    nicknames: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(_NICKNAMES))
    """What people write as nickname."""
    withdrawn: float = 0.004
    """EC members who left and whose record was blanked out, and point cards marked as withdrawn."""
    doubled: float = 0.001
    """Rows that stand in the file twice, letter for letter."""
    no_id: float = 0.0005
    """Rows without an id (on top of the others; they are not in the truth)."""

    # errors, scaled by ``noise``
    old_form: float = _error(0.16)
    """Names with a character of several forms that are written in another one (高 for 髙, 﨑 for 崎)."""
    lost_character: float = _error(0.35)
    """Names with a character beyond JIS X 0208 that the point card system made ``?``; as many got the plain form."""
    homophone: float = _error(0.025)
    """Names of which a part is written with other kanji of the same reading."""
    wrong_reading: float = _error(0.02)
    """Kana of which a part is another reading of the same kanji."""
    kana_slip: float = _error(0.035)
    """Kana with a slip: a kana left out, doubled, swapped with the next, voiced or not, small or large, long or not."""
    swapped_name: float = _error(0.006)
    """Family and given name in each other's place."""
    birth_digit: float = _error(0.018)
    """Birth dates with one wrong digit or a neighbouring year or day."""
    birth_swapped: float = _error(0.006)
    """Birth dates with day and month swapped, where that is a date."""
    birth_placeholder: float = _error(0.010)
    """Births such as 1900-01-01."""
    phone_digit: float = _error(0.018)
    """Phone numbers with a digit wrong, left out or two swapped."""
    phone_placeholder: float = _error(0.012)
    """Phones such as 000-0000-0000."""
    email_slip: float = _error(0.008)
    """E-mail addresses with a letter wrong or a mistyped domain."""
    email_tag: float = _error(0.03)
    """Addresses with a ``+tag``, at providers that know them."""
    email_case: float = _error(0.06)
    """Addresses in capitals, or with a capital first letter."""
    email_placeholder: float = _error(0.004)
    """Addresses such as test@example.com."""
    postcode_wrong: float = _error(0.01)
    """Postcodes that are placeholders or another town's."""
    eaten_zero: float = _error(0.04)
    """Rows of the EC shop and the mail list that a spreadsheet opened: phone and postcode without the leading zero."""
    unknown_name: float = _error(0.003)
    """Point cards whose name is a word such as 不明."""
    # errors that reports tell of, without a count: how often they happen here is assumed
    given_in_kana: float = _error(0.015)
    """Names with the given name in kana where others have kanji: 佐藤 ゆうこ."""
    family_in_kana: float = _error(0.004)
    """Names with the family name in kana and the given name in kanji: やまだ太郎."""
    half_in_kana: float = _error(0.004)
    """Given names of which only the last character is written in kanji: さち子."""
    name_in_kana: float = _error(0.010)
    """Names written in kana altogether, in the field for the name."""
    between_kanji: float = _error(0.25)
    """Family names with a ノ, ツ or ヶ inside that are written in another way: 竹之内, 三ッ井."""
    no_put_in: float = _error(0.02)
    """Family names with a ノ that is heard and not written, of which it is written: 井ノ上."""
    gaiji_hole: float = _error(0.010)
    """Names of which a character of several forms became a mark: ●橋, 〓, ?."""
    title_ahead: float = _error(0.002)
    """Names with a title before: 医学博士, 代表."""
    title_behind: float = _error(0.006)
    """Names with a title behind: 様, 先生."""
    family_alone: float = _error(0.006)
    """Records with a family name alone."""
    no_kana: float = _error(0.005)
    """Kana fields that say that there is none: ナシ, フメイ."""
    large_kana: float = _error(0.05)
    """Kana without small letters, as old hosts and banks print them: キヨウコ."""
    mates_mail: float = _error(0.006)
    """Records with the mail box of another member of the household: the husband's on the wife's card."""
    mates_mobile: float = _error(0.006)
    """Records with the mobile of another member of the household."""
    mates_birth: float = _error(0.001)
    """Records with the birth of another member of the household."""
    mates_birth_and_mobile: float = _error(0.002)
    """Records with both of another member's."""
    previous_customer: float = _error(0.003)
    """Records with one or two fields of the customer before, which were still in the form."""
    terminal: float = _error(0.006)
    """Records with a shop's phone, mail box or address in the place of the member's; about eighty share one."""
    email_domain: float = _error(0.005)
    """E-mail addresses whose domain is one slip from the provider's."""
    second_phone: float = _error(0.02)
    """Land lines with a second number or a word behind: 03-1234-5678・5679."""
    address_front: float = _error(0.012)
    """Addresses with something before: 【自宅】, a postcode, a quote."""
    address_behind: float = _error(0.012)
    """Addresses with a note, a floor or somebody's name behind."""
    former_town: float = _error(0.15)
    """Addresses in merged towns of the demo's list that are written as before the merger."""
    machi_left_out: float = _error(0.03)
    """Towns that end with 町 and are written without it."""
    post_box: float = _error(0.001)
    """Addresses that are a box at the post office."""

    def scaled(self, noise: float) -> Rates:
        """These rates with the error rates multiplied by ``noise``, none above 0.9.

        >>> Rates().scaled(2.0).kana_slip, Rates().scaled(2.0).moved
        (0.07, 0.3)
        """
        errors = {
            item.name: min(0.9, getattr(self, item.name) * noise) for item in fields(self) if item.metadata.get("error")
        }
        return replace(self, **errors)
