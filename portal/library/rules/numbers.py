"""Chinese numerals, the numbers of articles, and addresses of provisions.

Numerals follow GB/T 15835-2011 as the texts of laws write them (第一百二十条之一); 〇, ○ and 两 are read too. Addresses
are in the spirit of Akoma Ntoso (OASIS LegalDocML, naming convention 4.2): `art_120-1__para_2__item_3`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DIGITS = "零一二三四五六七八九"
_VALUES = {**{digit: value for value, digit in enumerate(DIGITS)}, "〇": 0, "○": 0, "Ｏ": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_MYRIAD = 10_000
MOST = 99_999_999
NUMERAL = "[零〇○Ｏ一二三四五六七八九十百千万两]"
_ARABIC = re.compile(r"[0-9]{1,8}")

# 目 stands below 项 (立法技术规范(试行)(一), 2009: 编、章、节、条、款、项、目).
_STEPS = {"para": "款", "item": "项", "point": "目"}
_ADDRESS = re.compile(
    r"(?P<before>(?:annex_\d+__)?)art_(?P<number>\d+)(?:-(?P<sub>\d+))?(?:--\d+)?"
    r"(?:__para_(?P<para>\d+))?(?:__item_(?P<item>\d+)(?:-(?P<itemsub>\d+))?)?(?:__point_(?P<point>\d+))?"
)
_ARTICLE = re.compile(rf"第\s*({NUMERAL}+|[0-9]{{1,8}})\s*条(?:\s*之\s*({NUMERAL}+|[0-9]{{1,4}}))?")


def to_chinese(number: int) -> str:
    """120 -> "一百二十", 1005 -> "一千零五". Raises ValueError outside 0..99,999,999."""
    if not 0 <= number <= MOST:
        raise ValueError(number)
    if number == 0:
        return DIGITS[0]
    high, low = divmod(number, _MYRIAD)
    text = ""
    if high:
        text = f"{_below_myriad(high)}万"
        if low and low < _MYRIAD // 10:
            text += DIGITS[0]
    if low:
        text += _below_myriad(low)
    # 十一, not 一十一, at the very beginning.
    return text[1:] if text.startswith("一十") else text


def _below_myriad(number: int) -> str:
    text, pending = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            text += (DIGITS[0] if pending else "") + DIGITS[digit] + name
            pending = False
        else:
            pending = bool(text)
    return text


def from_chinese(text: str) -> int:
    """ "一百二十" -> 120; "一二〇", "120" and "１２０" are read too. Raises ValueError."""
    plain = text.strip().translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    if _ARABIC.fullmatch(plain):
        return int(plain)
    if not plain or not re.fullmatch(f"{NUMERAL}+", plain):
        raise ValueError(text)
    if all(char in _VALUES for char in plain):  # 二〇二二
        return int("".join(str(_VALUES[char]) for char in plain))
    total, section, digit = 0, 0, 0
    for char in plain:
        if char == "万":
            total, section, digit = (total + section + digit) * _MYRIAD, 0, 0
        elif char in _UNITS:
            # 十五 and 百 alone have an unwritten 一.
            section, digit = section + (digit or 1) * _UNITS[char], 0
        else:
            digit = _VALUES[char]
    return total + section + digit


@dataclass(frozen=True, slots=True, order=True)
class ArticleNumber:
    """第`number`条, with `sub` 第N条之`sub`."""

    number: int
    sub: int = 0

    @property
    def label(self) -> str:
        """第一百二十条之一."""
        return f"第{to_chinese(self.number)}条" + (f"之{to_chinese(self.sub)}" if self.sub else "")

    @property
    def address(self) -> str:
        """art_120-1."""
        return f"art_{self.number}" + (f"-{self.sub}" if self.sub else "")

    def follows(self, other: ArticleNumber) -> bool:
        """Whether it comes right after another: 六 after 五 and after 五之二, 五之二 after 五之一, 五之一 after 五."""
        if self.sub:
            return self.number == other.number and self.sub == other.sub + 1
        return self.number == other.number + 1


def read_article(text: str) -> ArticleNumber:
    """第三十五条, 第35条, 35, 三十五, 120-1, art_120-1 as a number. Raises ValueError."""
    plain = re.sub(r"\s+", "", text)
    if found := _ARTICLE.fullmatch(plain):
        return ArticleNumber(from_chinese(found[1]), from_chinese(found[2]) if found[2] else 0)
    if found := re.fullmatch(r"(?:art_)?([0-9]{1,8})(?:[-之]([0-9]{1,4}))?", plain):
        return ArticleNumber(int(found[1]), int(found[2] or 0))
    if found := re.fullmatch(rf"({NUMERAL}+)(?:之({NUMERAL}+))?", plain):
        return ArticleNumber(from_chinese(found[1]), from_chinese(found[2]) if found[2] else 0)
    raise ValueError(text)


@dataclass(frozen=True, slots=True)
class Address:
    """A place inside an article; 0 for "not named"."""

    article: ArticleNumber
    para: int = 0
    item: int = 0
    point: int = 0

    def __str__(self) -> str:
        steps = "".join(f"__{name}_{getattr(self, name)}" for name in _STEPS if getattr(self, name))
        return self.article.address + steps

    @property
    def label(self) -> str:
        """第三十五条第一款第二项. Items are written with their numeral alone: （二） is 第二项."""
        steps = "".join(
            f"第{to_chinese(getattr(self, name))}{word}" for name, word in _STEPS.items() if getattr(self, name)
        )
        return self.article.label + steps


def read_address(text: str) -> Address:
    """art_35__para_1__item_2 as an address. Raises ValueError."""
    found = _ADDRESS.fullmatch(text)
    if found is None or found["before"]:
        raise ValueError(text)
    parts = {name: int(found[name] or 0) for name in _STEPS}
    return Address(ArticleNumber(int(found["number"]), int(found["sub"] or 0)), **parts)
