"""Forms of what comes after the exam, and of exams that are sat elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, SelectField, SelectMultipleField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.core import clock
from portal.exams.forms.rounds import offered
from portal.exams.models import ExamRound
from portal.exams.models_records import RecordedScore
from portal.exams.rules.round import RoundKind
from portal.exams.services.recorded import Result
from portal.exams.services.rounds import Basics
from portal.exams.words_rounds import KIND_LABELS
from portal.web.forms import LocalDateTimeField, PointsField, PortalForm, TextField, strip

_FILL = InputRequired(_l("请填写这一项。"))
_POINTS = NumberRange(min=1, max=100_000, message=_l("请填写大于 0 的分数，最多 1000 分。"))
_SCORE = NumberRange(min=0, max=100_000, message=_l("请填写 0 到 1000 之间的分数。"))
_ELSEWHERE = (RoundKind.SUPERIOR, RoundKind.PAPER)


def _most(count: int) -> Length:
    return Length(max=count, message=_l("最多 %(max)d 个字。"))


class ElsewhereForm(PortalForm):
    """What, when, who holds it, and the lines of an exam that is sat elsewhere."""

    title = TextField(_l("考试名称"), [_FILL, _most(100)])
    kind = SelectField(
        _l("类型"), [_FILL], choices=offered((kind.value, KIND_LABELS[kind.value]) for kind in _ELSEWHERE)
    )
    year = IntegerField(
        _l("年度"), [_FILL, NumberRange(min=1990, max=2100, message=_l("请填写 %(min)s 到 %(max)s 之间的整数。"))]
    )
    unit_id = SelectField(_l("组织单位"), [_FILL], coerce=int)
    first_day = DateField(_l("考试日期"), [_FILL])
    last_day = DateField(_l("最后一天"), [Optional()])
    full_marks = PointsField(_l("满分"), [_FILL, _POINTS])
    pass_line = PointsField(_l("及格线（分）"), [_FILL, _POINTS])
    excellent_line = PointsField(_l("优秀线（分）"), [Optional(), _POINTS])
    notes = TextAreaField(_l("说明"), [_most(2000)], filters=[strip])

    def fill(self, round_: ExamRound) -> None:
        """Show a round's days: the last one only where there is more than one."""
        first = clock.to_local(round_.opens_at).date()
        last = clock.to_local(round_.closes_at - timedelta(minutes=1)).date()
        if not self.is_submitted():
            self.first_day.data, self.last_day.data = first, last if last != first else None

    def validate_last_day(self, field: Any) -> None:
        """Not before the first."""
        if self.first_day.data and field.data and field.data < self.first_day.data:
            raise ValidationError(_("最后一天不能早于第一天。"))

    def validate_pass_line(self, field: Any) -> None:
        """Not above the full marks."""
        if field.data and self.full_marks.data and field.data > self.full_marks.data:
            raise ValidationError(_("及格线不能高于满分。"))

    def validate_excellent_line(self, field: Any) -> None:
        """Between pass line and full marks."""
        low, high = self.pass_line.data or 0, self.full_marks.data or 0
        if field.data and not low <= field.data <= high:
            raise ValidationError(_("优秀线须在及格线和满分之间。"))

    def basics(self) -> Basics:
        """What was filled in; the window is whole days, in which the given minutes have no meaning."""
        first, last = self.first_day.data, self.last_day.data or self.first_day.data
        opens, closes = _midnight(first), _midnight(last + timedelta(days=1))
        return Basics(
            title=self.title.data,
            kind=RoundKind(self.kind.data),
            year=self.year.data,
            unit_id=self.unit_id.data,
            opens_at=opens,
            closes_at=closes,
            minutes=int((closes - opens) / timedelta(minutes=1)),
            pass_line=self.pass_line.data or 0,
            excellent_line=self.excellent_line.data,
            notes=self.notes.data or "",
            full_marks=self.full_marks.data,
        )


def _midnight(day: Any) -> datetime:
    return clock.from_local(datetime.combine(day, time())).astimezone(UTC)


class ScoreForm(PortalForm):
    """One result by hand."""

    number = TextField(_l("工号"), [InputRequired(_l("请输入工号。")), Length(max=32)])
    score = PointsField(_l("成绩"), [_FILL, _SCORE])
    sat_on = DateField(_l("考试日期"), [_FILL])
    certificate = TextField(_l("证书编号"), [_most(60)])

    def result(self) -> Result:
        """What was filled in."""
        return Result(self.score.data or 0, self.sat_on.data, self.certificate.data or "")


class CorrectForm(PortalForm):
    """A result put right."""

    score = PointsField(_l("成绩"), [_FILL, _SCORE])
    sat_on = DateField(_l("考试日期"), [_FILL])
    certificate = TextField(_l("证书编号"), [_most(60)])
    reason = TextField(_l("更正原因"), [_FILL, _most(200)])

    def result(self) -> Result:
        """What was filled in."""
        return Result(self.score.data or 0, self.sat_on.data, self.certificate.data or "")

    @classmethod
    def of(cls, row: RecordedScore) -> CorrectForm:
        """With what stands there."""
        return cls(obj=row)


class ReasonForm(PortalForm):
    """Why something is struck or voided."""

    reason = TextField(_l("原因"), [_FILL, _most(200)])


class ResitForm(PortalForm):
    """When the re-sit is, and what it is called."""

    title = TextField(_l("补考名称"), [_FILL, _most(100)])
    opens_at = LocalDateTimeField(_l("开始时间"), [_FILL])
    closes_at = LocalDateTimeField(_l("结束时间"), [_FILL])


class CompareForm(PortalForm):
    """Which rounds stand beside one another."""

    class Meta:
        """Read by GET: nothing is changed."""

        csrf = False

    round = SelectMultipleField(_l("考试"), coerce=int)
    by = SelectField(
        _l("对比方式"), choices=offered([("round", _l("按场次")), ("year", _l("按年度"))]), default="round"
    )


class BulletinForm(PortalForm):
    """The text of a 通报; everything in it can be changed before it is a document."""

    title = TextField(_l("标题"), [_FILL, _most(100)])
    to = TextField(_l("主送"), [_most(200)])
    opening = TextAreaField(_l("开头"), [_most(2000)], filters=[strip])
    overall = TextAreaField(_l("总体情况"), [_most(3000)], filters=[strip])
    units = TextAreaField(_l("各单位情况"), [_most(3000)], filters=[strip])
    demands = TextAreaField(_l("有关要求"), [_most(3000)], filters=[strip])
    signer = TextField(_l("落款"), [_most(100)])
    day = DateField(_l("日期"), [_FILL])


class CheckForm(PortalForm):
    """A certificate to be checked."""

    class Meta:
        """Read by GET: nothing is changed."""

        csrf = False

    code = TextField(_l("验证码"), [_most(64)])
    name = TextField(_l("姓名"), [_most(50)])


class CodeForm(PortalForm):
    """An exam code."""

    code = TextField(_l("考试码"), [InputRequired(_l("请输入考试码。")), Length(max=64)])
