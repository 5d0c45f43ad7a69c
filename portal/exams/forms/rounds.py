"""Forms of rounds, papers and rosters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, SelectChoice, SelectField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.exams.forms.contest import ContestFields
from portal.exams.rules.marking import PartialRule
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RosterStatus, RoundKind, When
from portal.exams.services.papers import SectionValues
from portal.exams.services.rounds import Basics
from portal.exams.words_attempts import TYPE_LABELS
from portal.exams.words_rounds import DIFFICULTY_LABELS, KIND_LABELS, PARTIAL_LABELS, STATUS_LABELS, WHEN_LABELS
from portal.org.models import Unit
from portal.web.forms import LocalDateTimeField, PointsField, PortalForm, TextField, strip

_FILL = InputRequired(_l("请填写这一项。"))
_MOST_POINTS = NumberRange(min=1, max=100_000, message=_l("请填写大于 0 的分数，最多 1000 分。"))


def offered(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """(value, label) pairs as a select field wants them."""
    return [SelectChoice(value, label) for value, label in pairs]


def unit_choices(tree: Iterable[tuple[Unit, int]]) -> list[SelectChoice]:
    """Units as a tree, each as far in as it stands deep."""
    return offered((unit.id, "　" * depth + unit.name) for unit, depth in tree)


def _choices(labels: Mapping[str, Any], codes: Iterable[str] | None = None) -> list[SelectChoice]:
    return offered((code, labels[code]) for code in (labels if codes is None else codes))


def _number(least: int, most: int) -> NumberRange:
    return NumberRange(min=least, max=most, message=_l("请填写 %(min)s 到 %(max)s 之间的整数。"))


class BasicsForm(ContestFields):
    """① what, when, who holds it, which lines, what is shown afterwards."""

    title = TextField(_l("考试名称"), [_FILL, Length(max=100, message=_l("最多 100 个字。"))])
    kind = SelectField(_l("类型"), [_FILL], choices=_choices(KIND_LABELS, ("main", "mock", "contest")))
    year = IntegerField(_l("年度"), [_FILL, _number(2000, 2100)])
    unit_id = SelectField(_l("组织单位"), [_FILL], coerce=int)
    opens_at = LocalDateTimeField(_l("开始时间"), [_FILL])
    closes_at = LocalDateTimeField(_l("结束时间"), [_FILL])
    minutes = IntegerField(_l("答题时长（分钟）"), [_FILL, _number(1, 600)])
    pass_line = PointsField(_l("及格线（分）"), [_FILL, _MOST_POINTS])
    excellent_line = PointsField(_l("优秀线（分）"), [Optional(), _MOST_POINTS])
    attempts_allowed = IntegerField(_l("可考次数"), [Optional(), _number(1, 99)])
    show_score = SelectField(_l("成绩"), [_FILL], choices=_choices(WHEN_LABELS), default=When.AT_ONCE.value)
    show_answers = SelectField(_l("本人答案"), [_FILL], choices=_choices(WHEN_LABELS), default=When.AFTER_CLOSING.value)
    show_key = SelectField(_l("正确答案"), [_FILL], choices=_choices(WHEN_LABELS), default=When.AFTER_CLOSING.value)
    show_analysis = SelectField(_l("解析"), [_FILL], choices=_choices(WHEN_LABELS), default=When.AFTER_CLOSING.value)
    notes = TextAreaField(_l("考试须知"), [Length(max=2000, message=_l("最多 2000 个字。"))], filters=[strip])

    def validate_closes_at(self, field: Any) -> None:
        """A window has an end after its beginning."""
        if self.opens_at.data and field.data and field.data <= self.opens_at.data:
            raise ValidationError(_("结束时间须晚于开始时间。"))

    def basics(self) -> Basics:
        """What was filled in."""
        return Basics(
            title=self.title.data,
            kind=RoundKind(self.kind.data),
            year=self.year.data,
            unit_id=self.unit_id.data,
            opens_at=self.opens_at.data,
            closes_at=self.closes_at.data,
            minutes=self.minutes.data,
            pass_line=self.pass_line.data or 0,
            excellent_line=self.excellent_line.data,
            attempts_allowed=self.attempts_allowed.data,
            show_score=When(self.show_score.data),
            show_answers=When(self.show_answers.data),
            show_key=When(self.show_key.data),
            show_analysis=When(self.show_analysis.data),
            notes=self.notes.data or "",
        )


class SectionForm(PortalForm):
    """② one section of the paper."""

    title = TextField(_l("大题名称"), [_FILL, Length(max=50, message=_l("最多 50 个字。"))])
    type = SelectField(_l("题型"), [_FILL], choices=_choices(TYPE_LABELS))
    bank_id = SelectField(_l("题库"), [_FILL], coerce=int)
    law_title = SelectField(_l("法规"))
    difficulty = SelectField(_l("难度"), choices=_choices(DIFFICULTY_LABELS))
    count = IntegerField(_l("题数"), [_FILL, _number(1, 500)])
    points = PointsField(_l("每题分值"), [_FILL, _MOST_POINTS])
    partial = SelectField(_l("多选漏选"), [_FILL], choices=_choices(PARTIAL_LABELS))
    shuffle = BooleanField(_l("打乱题目和选项顺序"), default=True)

    def offer(self, banks: Iterable[Any], laws: Iterable[str], *, weighted: bool) -> None:
        """Fill the choices that depend on the person. `weighted`: some question says what its options bring."""
        if not weighted and self.partial.data != PartialRule.WEIGHTED:
            self.partial.choices = _choices(PARTIAL_LABELS, [rule for rule in PARTIAL_LABELS if rule != "weighted"])
        self.bank_id.choices = offered((bank.id, bank.name) for bank in banks)
        self.law_title.choices = offered([("", _("不限")), *((law, law) for law in laws)])

    def values(self) -> SectionValues:
        """What was filled in."""
        return SectionValues(
            title=self.title.data,
            type=QuestionType(self.type.data),
            bank_id=self.bank_id.data,
            law_title=self.law_title.data,
            difficulty=self.difficulty.data,
            count=self.count.data,
            points=self.points.data or 0,
            partial=PartialRule(self.partial.data),
            shuffle=self.shuffle.data,
        )


class RosterUnitForm(PortalForm):
    """③ a whole unit."""

    unit_id = SelectField(_l("单位（含下级单位）"), [_FILL], coerce=int)
    leaders = BooleanField(_l("仅领导干部"))


class RosterPersonForm(PortalForm):
    """③ one person."""

    number = TextField(_l("工号"), [InputRequired(_l("请输入工号。")), Length(max=32)])


class EntryForm(PortalForm):
    """A line of the list."""

    status = SelectField(_l("状态"), [_FILL], choices=_choices(STATUS_LABELS))
    reason = TextField(_l("原因"), [Length(max=200, message=_l("最多 200 个字。"))])
    deferred_until = DateField(_l("缓考至"), [Optional()])
    extra_minutes = IntegerField(_l("加时（分钟）"), [_FILL, _number(0, 240)], default=0)

    def chosen(self) -> RosterStatus:
        """The status picked."""
        return RosterStatus(self.status.data)


class ExtendForm(PortalForm):
    """A later closing."""

    closes_at = LocalDateTimeField(_l("新的结束时间"), [_FILL])


class CopyForm(PortalForm):
    """The name of the copy."""

    title = TextField(_l("新考试名称"), [_FILL, Length(max=100, message=_l("最多 100 个字。"))])
