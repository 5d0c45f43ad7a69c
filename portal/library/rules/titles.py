"""Titles of regulations: one key for all the ways to write one, and what kind of document a title names."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

COUNTRY = "中华人民共和国"
_QUOTES = re.compile(r"[《》〈〉<>「」\"“”]")
_SPACE = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad·•・]+")
_DATE_TAIL = re.compile(r"[(（][^()（）]*[0-9]{4}[^()（）]*[)）]$|[(（](?:修正|修订|最新|全文)(?:文本|本|版)?[)）]$")
_PROVINCE = re.compile(r"^.{1,9}?(?:省|市|自治区|自治州|自治县|特别行政区|县|区)")


class RegulationKind(StrEnum):
    """宪法, 法律, 党内法规, 行政法规, 地方性法规, 规章, 司法解释, 其他."""

    CONSTITUTION = "constitution"
    LAW = "law"
    PARTY = "party"
    ADMINISTRATIVE = "administrative"
    LOCAL = "local"
    RULE = "rule"
    JUDICIAL = "judicial"
    OTHER = "other"


def clean_title(text: str) -> str:
    """A title as it is shown: without marks of a file, blanks and a date at its end."""
    plain = _SPACE.sub("", text.strip().lstrip("#").strip())
    plain = plain.strip("*_")
    if plain.startswith("《") and plain.endswith("》") and plain.count("《") == 1:
        plain = plain[1:-1]
    return _DATE_TAIL.sub("", plain)


def title_key(text: str) -> str:
    """What two titles share when they name one regulation: no country, quotes, blanks, width or date.

    （试行） stays: a trial regulation is a work of its own.
    """
    plain = _QUOTES.sub("", unicodedata.normalize("NFKC", clean_title(text))).lower()
    plain = re.sub(r"\((?:修正|修订)[^()]*\)$|\([^()]*[0-9]{4}[^()]*\)$", "", plain)
    return plain.removeprefix(COUNTRY) or plain


def guess_kind(title: str, lines: str = "") -> RegulationKind:
    """What kind a document probably is, from its title and the lines under it; for a person to correct.

    The forms of 立法法 (2023): laws of the National People's Congress, 行政法规 of the State Council, 地方性法规 of
    local congresses, 规章 of ministries and local governments; 党内法规 by 中国共产党党内法规制定条例 (2019) 第五条.
    """
    name = clean_title(title)
    words = name + lines
    local = not name.startswith(COUNTRY) and (_PROVINCE.match(name) or re.search(r"[省市州县区]人民代表大会", lines))
    order = (
        (RegulationKind.CONSTITUTION, name.removeprefix(COUNTRY) in {"宪法", "宪法修正案"}),
        (RegulationKind.JUDICIAL, re.search(r"最高人民(?:法院|检察院)", words)),
        (RegulationKind.PARTY, re.search(r"中国共产党|中共中央|党组", words)),
        (RegulationKind.LOCAL, local and re.search(r"条例|规定|办法|决定|细则", name)),
        (RegulationKind.OTHER, local),
        (RegulationKind.LAW, re.search(r"法$|法典|法修正案|法[（(]", name) or "全国人民代表大会" in lines),
        (RegulationKind.ADMINISTRATIVE, "国务院" in lines or name.endswith("条例")),
        (RegulationKind.RULE, re.search(r"办法|规定|规则|细则", name)),
    )
    return next((kind for kind, fits in order if fits), RegulationKind.OTHER)
