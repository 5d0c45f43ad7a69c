"""The item analysis of a round: every question with its figures, and one question with what was answered to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.exams import bp
from portal.exams.models import ExamRound, QuestionVersion
from portal.exams.queries import bank as bank_queries
from portal.exams.queries import statistics as queries
from portal.exams.rules import statistics as rules
from portal.exams.rules.question import CHOICE_TYPES, QuestionContent
from portal.exams.rules.versions import LETTERS
from portal.exams.views.results import note_export
from portal.exams.views.rounds import MANAGE, managed, phase, show
from portal.exams.words_bank import TYPE_LABELS
from portal.exams.words_statistics import LOOK_LABELS
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.exports import send_sheet, wants_export
from portal.web.forms import points_text

_BANDS = 10
_TEXTS = 30

Line = tuple[queries.Analysed, rules.ItemFigures]


def _analysis(round_: ExamRound) -> tuple[list[Line], rules.TestFigures]:
    analysed, totals = queries.analysis(db.session(), round_, clock.now(), viewer())
    figures, test = rules.analyse([each.sums for each in analysed], totals.people, totals.total, totals.squares)
    return list(zip(analysed, figures, strict=True)), test


def number(value: float | None, digits: int = 2) -> str:
    """A figure, "—" where it is not defined."""
    return "—" if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """A share as percent, "—" where it is not defined."""
    return "—" if value is None else f"{value * 100:.1f}%"


@bp.get("/rounds/<int:round_id>/results/items")
@requires(MANAGE)
def round_items(round_id: int) -> ResponseReturnValue:
    """All questions, the hardest first."""
    round_ = managed(round_id)
    lines, test = _analysis(round_)
    if wants_export():
        return _sheet(round_, lines)
    labels = [str(low * 10) for low in range(_BANDS)]
    return show(
        "exams/results_items.html",
        round=round_,
        phase=phase(round_),
        lines=lines,
        test=test,
        labels=labels,
        counts=bands([figures.facility for _row, figures in lines]),
        looks=rules.looks,
        look_labels=LOOK_LABELS,
        number=number,
        percent=percent,
        points=lambda value: "—" if value is None else points_text(round(value)),
    )


def bands(shares: Sequence[float | None]) -> list[int]:
    """How many shares fall into each tenth; 1 belongs to the last."""
    counts = [0] * _BANDS
    for share in shares:
        if share is not None:
            counts[min(_BANDS - 1, max(0, int(share * _BANDS)))] += 1
    return counts


def _sheet(round_: ExamRound, lines: Sequence[Line]) -> ResponseReturnValue:
    head = [
        _("编号"), _("题型"), _("题干"), _("人数"), _("得分率"), _("高低分组区分度 D"), _("区分指数 DI（%）"),
        _("区分效率 DE（%）"), _("标准差"), _("实际权重（%）"), _("提示"),
    ]  # fmt: skip
    rows = (
        [
            row.question_id, str(TYPE_LABELS[row.type.value]), row.stem, each.n, each.facility,
            each.upper_lower, each.discrimination, each.efficiency, None if each.sd is None else each.sd / 100,
            each.weight, "、".join(str(LOOK_LABELS[code]) for code in rules.looks(each)),
        ]
        for row, each in lines
    )  # fmt: skip
    record = note_export(round_, _("题目分析"))
    return send_sheet(_("%(title)s题目分析", title=round_.title), head, rows, record=record)


@bp.get("/rounds/<int:round_id>/results/items/<int:version_id>")
@requires(MANAGE)
def round_item(round_id: int, version_id: int) -> ResponseReturnValue:
    """One question: its figures, and how many gave which answer, in all and in the upper and lower group."""
    round_ = managed(round_id)
    lines, _test = _analysis(round_)
    row, figures = next((line for line in lines if line[0].version_id == version_id), None) or abort(404)
    version = db.session().get(QuestionVersion, version_id) or abort(404)
    content = bank_queries.version_contents(db.session(), [version_id])[version_id]
    picked = queries.answers(db.session(), round_, version_id, clock.now(), viewer())
    answers = _answers(content, picked)
    return show(
        "exams/results_item.html",
        round=round_,
        row=row,
        figures=figures,
        version=version,
        content=content,
        answers=answers,
        chart=[each["mark"] for each in answers if each["mark"]],
        choice=content.type in CHOICE_TYPES,
        looks=rules.looks(figures),
        look_labels=LOOK_LABELS,
        number=number,
        percent=percent,
    )


def _answers(content: QuestionContent, picked: Sequence[queries.Picked]) -> list[dict[str, Any]]:
    """Lines of the table: every option for a choice, the most frequent texts for another; those left blank last."""
    if content.type in CHOICE_TYPES:
        lines = [_line(LETTERS[at], option, at in content.key, [p for p in picked if at in p.value])
                 for at, option in enumerate(content.options)]  # fmt: skip
    else:
        given = sorted((each for each in picked if each.value), key=lambda each: -each.all)[:_TEXTS]
        lines = [
            _line("", "；".join(str(part) for part in each.value), _right(content, each), [each]) for each in given
        ]
    return [*lines, _line("", _("未作答"), False, [each for each in picked if not each.value])]


def _right(content: QuestionContent, picked: queries.Picked) -> bool:
    spellings = [blank if isinstance(blank, tuple) else (str(blank),) for blank in content.key]
    return len(spellings) == len(picked.value) and all(
        text in accepted for text, accepted in zip(picked.value, spellings, strict=True)
    )


def _line(mark: str, text: str, right: bool, picked: Sequence[queries.Picked]) -> dict[str, Any]:
    return {
        "mark": mark,
        "text": text,
        "right": right,
        "all": sum(each.all for each in picked),
        "upper": sum(each.upper for each in picked),
        "lower": sum(each.lower for each in picked),
    }
