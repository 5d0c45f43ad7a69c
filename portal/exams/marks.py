"""A table of marks, a row for each person and a column for each question, read for the item analysis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from portal.core.errors import RuleError
from portal.exams.importers import xlsx
from portal.files.sniffing import decode, kind_of

# Columns that are about the person or the whole test.
_OTHERS = re.compile(
    r"^(?:quizattempt|attempt|id|user|name|no|number|unit|summarks|sum|total|score|grade"
    r"|序号|学号|工号|编号|姓名|单位|职务|总分|合计|成绩)$",
    re.IGNORECASE,
)
_SLOT = re.compile(r"^slots?[._ ]?(\w+?)(?:[._ ]mark)?$", re.IGNORECASE)
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks: names of the questions, a row for each person (None: did not have the question), highest marks."""

    names: tuple[str, ...]
    rows: tuple[tuple[Fraction | None, ...], ...]
    maxima: tuple[Fraction, ...]


def read_marks(path: Path, maxima: Sequence[Fraction] = ()) -> Marks:
    """Read a sheet or a comma-separated file with a head.

    `maxima` are the highest marks there are, one for all or one a question; without them a question's is the highest
    mark that anybody has, 1 at least. Raises RuleError "marks-unread" (row, column) or what files.kind_of raises.
    """
    kind = kind_of(path, path.name)
    if kind not in {"csv", "txt", "xlsx", "xls"}:
        raise RuleError("marks-unread", row=1, column=1)
    is_text = kind in {"csv", "txt"}
    sheets = xlsx.read_csv(decode(path.read_bytes())) if is_text else xlsx.read_workbook(path)
    table = [row for row in sheets[0].rows if any(cell.strip() for cell in row)] if sheets else []
    head = [cell.strip() for cell in table[0]] if table else []
    columns = [at for at, name in enumerate(head) if name and not _OTHERS.match(name)]
    if not columns or len(table) < 2:  # noqa: PLR2004 - a head and a person
        raise RuleError("marks-unread", row=1, column=1)
    rows = tuple(tuple(_mark(row, at, number) for at in columns) for number, row in enumerate(table[1:], 2))
    names = tuple(match[1] if (match := _SLOT.match(head[at])) else head[at] for at in columns)
    return Marks(names, rows, _maxima(rows, len(columns), maxima))


def _mark(row: Sequence[str], at: int, number: int) -> Fraction | None:
    text = row[at].strip() if at < len(row) else ""
    if text in {"", "-", "—"}:
        return None
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise RuleError("marks-unread", row=number, column=at + 1) from error


def _maxima(rows: Sequence[Sequence[Fraction | None]], count: int, given: Sequence[Fraction]) -> tuple[Fraction, ...]:
    if given and len(given) not in {1, count}:
        raise RuleError("marks-maxima", count=count)
    if given:
        return tuple(given) * (count if len(given) == 1 else 1)
    seen = [[mark for row in rows if (mark := row[at]) is not None] for at in range(count)]
    return tuple(max([*marks, _ONE]) for marks in seen)
