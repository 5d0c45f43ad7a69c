"""Dates as people write them in a ledger: a day, or as much of one as they know.

The source report says 2022年5月中下旬; sheets hold 2022-05-18, 2022.5.18, 20220518 and cells that are dates.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from portal.study.rules.session import Precision

WORDS = {
    Precision.EARLY: "上旬",
    Precision.MIDDLE: "中旬",
    Precision.LATE: "下旬",
    Precision.EARLY_MIDDLE: "上中旬",
    Precision.MIDDLE_LATE: "中下旬",
    Precision.MONTH: "",
}
# 月初, 月底 and the like are read as the third of the month that they mean.
_READ = {
    **{word: precision for precision, word in WORDS.items()},
    "初": Precision.EARLY,
    "中": Precision.MIDDLE,
    "底": Precision.LATE,
    "末": Precision.LATE,
}
_DAY = re.compile(r"(\d{4})(?:年|[-./])(\d{1,2})(?:月|[-./])(\d{1,2})日?(?:[ T]0?0:00(?::00)?)?")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PART = re.compile(r"(\d{4})(?:年|[-./])(\d{1,2})月?(?:份)?(.*)")


def parse_date(text: str) -> tuple[date, Precision]:
    """A date as it was written, with its precision; less than a day is put on the first of the month.

    Raises ValueError for what is no date, or has no year.
    """
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()
    if found := _DAY.fullmatch(plain) or _PACKED.fullmatch(plain):
        year, month, day = map(int, found.groups())
        return date(year, month, day), Precision.DAY
    found = _PART.fullmatch(plain.replace(" ", ""))
    if found is None or found[3] not in _READ:
        raise ValueError(text)
    return date(int(found[1]), int(found[2]), 1), _READ[found[3]]


def written_date(day: date, precision: Precision) -> str:
    """A date for a sheet, so that `parse_date` reads the same: 2022-05-18, 2022年5月中下旬."""
    return day.isoformat() if precision is Precision.DAY else long_date(day, precision)


def long_date(day: date, precision: Precision) -> str:
    """A date for a document: 2022年5月18日, 2022年5月中下旬."""
    month = f"{day.year}年{day.month}月"
    return f"{month}{day.day}日" if precision is Precision.DAY else month + WORDS[precision]
