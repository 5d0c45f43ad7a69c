"""The numbers that Word writes before paragraphs by itself and that stand nowhere in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "〇一二三四五六七八九"
_TEN = 10
_CIRCLED = 20


def chinese(number: int) -> str:
    """Write a number below 1000 with Chinese numerals."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, _TEN)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if hundreds and not tens and ones:
        text += "〇"
    if tens:
        text += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    return text + (_DIGITS[ones] if ones or not number else "")


def roman(number: int) -> str:
    """Write a number with Roman numerals."""
    signs = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
    text = ""
    for value, sign in signs:
        count, number = divmod(number, value)
        text += sign * count
    return text


def _letter(number: int) -> str:
    return chr(ord("A") + (number - 1) % 26)


def render(number: int, style: str) -> str:
    """Write a number in one of Word's number formats (ST_NumberFormat of ECMA-376)."""
    if style in {"none", "bullet"}:
        return ""
    if style in {"upperLetter", "lowerLetter"}:
        return _letter(number) if style == "upperLetter" else _letter(number).lower()
    if style in {"upperRoman", "lowerRoman"}:
        return roman(number) if style == "upperRoman" else roman(number).lower()
    if style.startswith(("chinese", "japaneseCounting", "ideographDigital", "taiwanese")):
        return chinese(number)
    if style.startswith("decimalEnclosedCircle") and number <= _CIRCLED:
        return chr(0x2460 + number - 1)
    return str(number)


@dataclass(slots=True)
class _Level:
    start: int = 1
    style: str = "decimal"
    text: str = ""


@dataclass(slots=True)
class Numbering:
    """Counts as Word does: a list's level goes on until a level above it moves."""

    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    abstract_of: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, dict[int, int]] = field(default_factory=dict)
    style_numbers: dict[str, tuple[str, int]] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, numbering: Any | None, styles: Any | None) -> Numbering:
        """Read the roots of numbering.xml and styles.xml, either of which may be missing."""
        self = cls()
        if numbering is not None:
            for abstract in numbering.iter(f"{W}abstractNum"):
                self.levels[abstract.get(f"{W}abstractNumId")] = _levels(abstract)
            for num in numbering.iter(f"{W}num"):
                self._read_num(num)
        for style in styles.iter(f"{W}style") if styles is not None else ():
            found = _num_of(style.find(f"{W}pPr"))
            if found:
                self.style_numbers[style.get(f"{W}styleId")] = found
        return self

    def _read_num(self, num: Any) -> None:
        number, abstract = num.get(f"{W}numId"), num.find(f"{W}abstractNumId")
        if abstract is None:
            return
        self.abstract_of[number] = abstract.get(f"{W}val")
        for override in num.iter(f"{W}lvlOverride"):
            start = override.find(f"{W}startOverride")
            if start is not None:
                self.overrides.setdefault(number, {})[int(override.get(f"{W}ilvl"))] = int(start.get(f"{W}val"))

    def label(self, properties: Any | None) -> str:
        """Give the number before a paragraph, by its w:pPr; empty where it has none. Moves the count on."""
        found = _num_of(properties) if properties is not None else None
        if found is None and properties is not None:
            style = properties.find(f"{W}pStyle")
            found = self.style_numbers.get(style.get(f"{W}val")) if style is not None else None
        if found is None:
            return ""
        number, depth = found
        levels = self.levels.get(self.abstract_of.get(number, ""), {})
        if number == "0" or depth not in levels:
            return ""
        counts = self._advance(number, depth, levels)
        return self._text(levels, depth, counts)

    def _advance(self, number: str, depth: int, levels: dict[int, _Level]) -> dict[int, int]:
        counts = self.counts.setdefault(self.abstract_of[number], {})
        if number not in self.used:
            self.used.add(number)
            for level, start in self.overrides.get(number, {}).items():
                counts[level] = start - 1
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        for deeper in [level for level in counts if level > depth]:
            del counts[deeper]
        return counts

    def _text(self, levels: dict[int, _Level], depth: int, counts: dict[int, int]) -> str:
        if levels[depth].style == "bullet":
            return ""

        def fill(match: re.Match[str]) -> str:
            level = int(match[1]) - 1
            other = levels.get(level, _Level())
            return render(counts.get(level, other.start), other.style)

        text = re.sub(r"%(\d)", fill, levels[depth].text).strip()
        return f"{text} " if text else ""


def _levels(abstract: Any) -> dict[int, _Level]:
    found = {}
    for level in abstract.iter(f"{W}lvl"):
        values = {
            child.tag.removeprefix(W): child.get(f"{W}val") for child in level if child.get(f"{W}val") is not None
        }
        found[int(level.get(f"{W}ilvl"))] = _Level(
            int(values.get("start", "1")), values.get("numFmt", "decimal"), values.get("lvlText", "")
        )
    return found


def _num_of(properties: Any | None) -> tuple[str, int] | None:
    numbers = properties.find(f"{W}numPr") if properties is not None else None
    number = numbers.find(f"{W}numId") if numbers is not None else None
    if numbers is None or number is None:
        return None
    depth = numbers.find(f"{W}ilvl")
    return number.get(f"{W}val"), int(depth.get(f"{W}val")) if depth is not None else 0
