"""Results that come in from elsewhere: what a cell of a sheet says about a score and a day.

Those who export such sheets write 92, 92.5分, ９２ or 缺考 into one column, and a day in half a dozen ways. What cannot
be read is refused by name and never taken for a zero.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation

from portal.core.errors import RuleError
from portal.exams.rules.round import RosterStatus

ABSENT = {
    "缺考": RosterStatus.SHOULD, "未考": RosterStatus.SHOULD, "缺席": RosterStatus.SHOULD, "旷考": RosterStatus.SHOULD,
    "未参加": RosterStatus.SHOULD, "未参考": RosterStatus.SHOULD, "缓考": RosterStatus.DEFERRED,
    "免考": RosterStatus.EXEMPT, "absent": RosterStatus.SHOULD, "deferred": RosterStatus.DEFERRED,
    "exempt": RosterStatus.EXEMPT,
}  # fmt: skip
"""Words that stand where a score would, and what they make of the person."""

_SCORE = re.compile(r"(\d{1,5}(?:\.\d+)?)分?")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


def folded(text: str) -> str:
    """A cell in half-width letters without any blank: names are padded to stand in line."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def absence(text: str) -> RosterStatus | None:
    """What somebody without a score is: 应考 who did not come, 缓考 or 免考; None where the cell says more."""
    return ABSENT.get(folded(text).casefold())


def score_of(text: str, full_marks: int) -> int:
    """A score in hundredths. Raises RuleError "score-unread", "score-decimals" or "score-range"."""
    found = _SCORE.fullmatch(folded(text))
    if found is None:
        raise RuleError("score-unread", value=text)
    try:
        hundredths = Decimal(found[1]) * 100
    except InvalidOperation as error:  # pragma: no cover  the pattern leaves digits only
        raise RuleError("score-unread", value=text) from error
    if hundredths != hundredths.to_integral_value():
        raise RuleError("score-decimals", value=text)
    check_score(int(hundredths), full_marks)
    return int(hundredths)


def check_score(score: int, full_marks: int) -> None:
    """Raises RuleError "score-range" unless 0 <= score <= full marks; hundredths."""
    if not 0 <= score <= full_marks:
        raise RuleError("score-range", most=f"{Decimal(full_marks) / 100:f}")


def day_of(text: str, latest: date) -> date:
    """The day of an exam. Raises RuleError "day-unread" or "day-ahead" (after `latest`)."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _DAY.fullmatch(plain) or _COMPACT.fullmatch(plain)
    try:
        day = date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        day = None
    if day is None:
        raise RuleError("day-unread", value=text)
    if day > latest:
        raise RuleError("day-ahead", day=day.isoformat())
    return day
