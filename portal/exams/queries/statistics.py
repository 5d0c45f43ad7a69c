"""Every SELECT of the item analysis: sums by question and answers by option, added up by the database.

The attempt that counts is the one of the results: each person's best. Marks and papers are JSON lists of one length;
the two engines take them apart with functions of different names.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CTE, Float, Integer, Select, Text, and_, case, cast, func, literal, select, true
from sqlalchemy.orm import Session

from portal.core.viewer import Viewer
from portal.exams.models import AnswerRow, Attempt, ExamRound, QuestionVersion
from portal.exams.queries.results import people
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RosterStatus
from portal.exams.rules.statistics import SHARE, Sums

_HUNDRED = 100


class Place(NamedTuple):
    """Columns of one place on one paper, and the table of places to join to the attempt."""

    drawn: Any
    number: Any
    version: Any
    points: Any
    order: Any
    mark: Any


def places(session: Session) -> Place:
    """The places of a paper, for the engine in use."""
    return _postgresql() if session.get_bind().dialect.name == "postgresql" else _sqlite()


def _sqlite() -> Place:
    drawn = func.json_each(Attempt.paper).table_valued("key", "value", name="drawn")
    text = func.json_extract(Attempt.marks, "$[" + cast(drawn.c.key, Text) + "]")
    slash = func.instr(text, "/")
    mark = case(
        (slash > 0, cast(func.substr(text, 1, slash - 1), Float) / cast(func.substr(text, slash + 1), Float)),
        else_=cast(text, Float),
    )
    return Place(
        drawn,
        drawn.c.key,
        cast(func.json_extract(drawn.c.value, "$.v"), Integer),
        cast(func.json_extract(drawn.c.value, "$.p"), Integer),
        func.json_extract(drawn.c.value, "$.o"),
        mark,
    )


def _postgresql() -> Place:
    from sqlalchemy.dialects.postgresql import JSONB  # a site without it does not load it

    drawn = func.jsonb_array_elements(cast(Attempt.paper, JSONB)).table_valued("value", with_ordinality="key")
    drawn = drawn.render_derived(name="drawn")
    text = func.jsonb_extract_path_text(cast(Attempt.marks, JSONB), cast(drawn.c.key - 1, Text))
    below = func.coalesce(func.nullif(func.split_part(text, "/", 2), ""), "1")
    return Place(
        drawn,
        drawn.c.key - 1,
        cast(func.jsonb_extract_path_text(drawn.c.value, "v"), Integer),
        cast(func.jsonb_extract_path_text(drawn.c.value, "p"), Integer),
        func.jsonb_extract_path_text(drawn.c.value, "o"),
        cast(func.split_part(text, "/", 1), Float) / cast(below, Float),
    )


def _counted(round_: ExamRound, now: datetime, viewer: Viewer | None) -> CTE:
    """The attempts that count, each with its group: 1 upper, -1 lower, 0 between."""
    line = people(round_, now, viewer)[0].subquery()
    ranked = (
        select(
            Attempt.id,
            func.row_number().over(order_by=(Attempt.score.desc(), Attempt.id)).label("place"),
            func.count().over().label("everybody"),
        )
        .join(line, line.c.attempt_id == Attempt.id)
        .where(line.c.status == RosterStatus.SHOULD, Attempt.score.is_not(None), Attempt.marks.is_not(None))
        .subquery()
    )
    rounded = (ranked.c.everybody * SHARE + literal(50)) // _HUNDRED
    size = case((ranked.c.everybody < 2, 0), (rounded < 1, 1), else_=rounded)  # noqa: PLR2004 - one person is no group
    side = case((ranked.c.place <= size, 1), (ranked.c.place > ranked.c.everybody - size, -1), else_=0)
    return select(ranked.c.id, side.label("side")).cte("counted")


def _cells(session: Session, counted: CTE) -> CTE:
    """One row for each question of each attempt that counts: mark x and rest r, in hundredths."""
    at = places(session)
    cell = (
        select(
            Attempt.id.label("attempt"), counted.c.side, at.version.label("v"), at.points.label("p"), at.mark.label("x")
        )
        .select_from(Attempt)
        .join(counted, counted.c.id == Attempt.id)
        .join(at.drawn, true())
        .where(at.mark.is_not(None))  # a question that was made void
        .subquery()
    )
    total = func.sum(cell.c.x).over(partition_by=cell.c.attempt)
    return select(*cell.c, (total - cell.c.x).label("r"), total.label("t")).cte("cells")


@dataclass(frozen=True, slots=True)
class Analysed:
    """A question with its sums, in hundredths of a point."""

    version_id: int
    question_id: int
    type: QuestionType
    stem: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole test in sums: people, total, sum of squares; in hundredths."""

    people: int
    total: float
    squares: float


def analysis(
    session: Session, round_: ExamRound, now: datetime, viewer: Viewer | None = None
) -> tuple[list[Analysed], Totals]:
    """The sums of every question that was drawn, and of the whole test; one statement."""
    cells = _cells(session, _counted(round_, now, viewer))
    rows = list(session.execute(_sums(cells)))
    found = [
        Analysed(
            row.v,
            row.question_id,
            row.type,
            row.stem,
            Sums(
                row.n, row.x, row.xx, row.r, row.rr, row.xr, row.sorted_xr, row.maximum,
                (row.high_n, row.high_x), (row.low_n, row.low_x),
            ),
        )
        for row in rows
    ]  # fmt: skip
    first = rows[0] if rows else None
    return found, Totals(first.people, first.total, first.squares) if first else Totals(0, 0.0, 0.0)


def _sums(cells: CTE) -> Select[Any]:
    """GROUP BY question; beside it the sorted lists' products, and the whole test on every row."""
    plain = (
        select(
            cells.c.v,
            func.count().label("n"),
            func.sum(cells.c.x).label("x"),
            func.sum(cells.c.x * cells.c.x).label("xx"),
            func.sum(cells.c.r).label("r"),
            func.sum(cells.c.r * cells.c.r).label("rr"),
            func.sum(cells.c.x * cells.c.r).label("xr"),
            func.max(cells.c.p).label("maximum"),
            *_group(cells, 1, "high"),
            *_group(cells, -1, "low"),
        )
        .group_by(cells.c.v)
        .subquery("plain")
    )
    by_mark, by_rest = _sorted(cells, "x"), _sorted(cells, "r")
    paired = (
        select(by_mark.c.v, func.sum(by_mark.c.x * by_rest.c.r).label("sorted_xr"))
        .join(by_rest, and_(by_rest.c.v == by_mark.c.v, by_rest.c.place == by_mark.c.place))
        .group_by(by_mark.c.v)
        .subquery("paired")
    )
    each = select(cells.c.attempt, func.max(cells.c.t).label("t")).group_by(cells.c.attempt).subquery("each_total")
    test = select(
        func.count().label("people"), func.sum(each.c.t).label("total"), func.sum(each.c.t * each.c.t).label("squares")
    ).subquery("test")
    return (
        select(plain, paired.c.sorted_xr, test, QuestionVersion.question_id, QuestionVersion.type, QuestionVersion.stem)
        .join(paired, paired.c.v == plain.c.v)
        .join(test, true())
        .join(QuestionVersion, QuestionVersion.id == plain.c.v)
        .order_by(plain.c.x / plain.c.n / plain.c.maximum, plain.c.v)
    )


def _group(cells: CTE, side: int, name: str) -> tuple[Any, Any]:
    own = cells.c.side == side
    return (
        func.coalesce(func.sum(case((own, 1), else_=0)), 0).label(f"{name}_n"),
        func.coalesce(func.sum(case((own, cells.c.x), else_=0)), 0).label(f"{name}_x"),
    )


def _sorted(cells: CTE, name: str) -> Any:
    place = func.row_number().over(partition_by=cells.c.v, order_by=cells.c[name]).label("place")
    return select(cells.c.v, cells.c[name], place).subquery(f"by_{name}")


@dataclass(frozen=True, slots=True)
class Picked:
    """How many answered so: all, of the upper group, of the lower.

    `value` is the options picked, by their places in the bank, or the texts typed.
    """

    value: tuple[int, ...] | tuple[str, ...]
    all: int
    upper: int
    lower: int


def answers(
    session: Session, round_: ExamRound, version_id: int, now: datetime, viewer: Viewer | None = None
) -> list[Picked]:
    """What was answered to a question by those who had it, options as the bank numbers them; one grouped statement.

    An empty value stands for those who left it blank.
    """
    counted = _counted(round_, now, viewer)
    at = places(session)
    rows = session.execute(
        select(
            cast(at.order, Text).label("o"),
            cast(AnswerRow.value, Text).label("given"),
            counted.c.side,
            func.count().label("n"),
        )
        .select_from(Attempt)
        .join(counted, counted.c.id == Attempt.id)
        .join(at.drawn, true())
        .outerjoin(AnswerRow, and_(AnswerRow.attempt_id == Attempt.id, AnswerRow.position == at.number + 1))
        .where(at.version == version_id)
        .group_by("o", "given", counted.c.side)
    )
    counts: dict[tuple[Any, ...], Counter[int]] = {}
    for row in rows:
        order, given = json.loads(row.o or "[]"), json.loads(row.given or "[]")
        value = tuple(sorted(order[int(place)] for place in given)) if order else tuple(str(text) for text in given)
        counts.setdefault(value if any(str(part) for part in value) else (), Counter())[row.side] += row.n
    return [Picked(value, sides.total(), sides[1], sides[-1]) for value, sides in counts.items()]


def version(session: Session, version_id: int) -> QuestionVersion | None:
    """A version of a question."""
    return session.get(QuestionVersion, version_id)
