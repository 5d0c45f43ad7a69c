"""Forms of study sessions: the one-minute entry and what can be added to it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.errors import RuleError
from portal.study.rules.attendance import Part
from portal.study.rules.recurrence import MOST_TIMES, Every, Recurrence, dates_of, next_dates, rule_from
from portal.study.rules.session import MOST_MINUTES, Precision, SessionState
from portal.study.services.linking import Topic
from portal.study.services.sessions import Values
from portal.study.words import EVERY_LABELS, PART_LABELS, PRECISION_LABELS
from portal.web.forms import FILL, PortalForm, TextField, choices, clock_text, most, strip

_MINUTES = NumberRange(min=0, max=MOST_MINUTES, message=_l("请填写 %(min)s 到 %(max)s 之间的整数。"))
_TOPICS, _TOPIC_LENGTH = 30, 200


class SessionForm(PortalForm):
    """What a session is; everything but the first four has a sensible value already."""

    title = TextField(_l("学习名称"), [FILL, most(200)])
    kind_id = SelectField(_l("形式"), [FILL], coerce=int)
    day = DateField(_l("日期"), [FILL])
    unit_id = SelectField(_l("单位"), [FILL], coerce=int)
    begins = TimeField(_l("开始时间"), [Optional()])
    ends = TimeField(_l("结束时间"), [Optional()])
    precision = SelectField(_l("日期精度"), [FILL], choices=choices(PRECISION_LABELS), default=Precision.DAY.value)
    minutes = IntegerField(_l("计入时长（分钟）"), [Optional(), _MINUTES])
    place = TextField(_l("地点"), [most(100)])
    chair = TextField(_l("主持人"), [most(50)])
    lecturer = TextField(_l("授课人"), [most(50)])
    lecturer_post = TextField(_l("授课人职务"), [most(100)])
    own = BooleanField(_l("本单位组织"), default=True)
    organiser = TextField(_l("组织单位（非本单位组织时填写）"), [most(100)])
    agenda_item_id = SelectField(_l("对应的会议议题"), [Optional()], coerce=lambda value: int(value or 0))
    topics = TextAreaField(_l("学习内容（每行一项）"), filters=[strip])
    topic_pick = TextField(_l("从法规库和材料中找"), [most(200)])
    summary = TextAreaField(_l("学习纪要"), [most(20_000)], filters=[strip])
    publicity = BooleanField(_l("同时计为普法活动"))
    reason = TextField(_l("更正原因"), [most(200)])

    def validate_topics(self, field: Any) -> None:
        """So many lines, each so long."""
        lines = self.topic_lines()
        if len(lines) > _TOPICS or any(len(line) > _TOPIC_LENGTH for line in lines):
            raise ValidationError(
                _("学习内容最多 %(lines)s 项，每项最多 %(most)s 个字。", lines=_TOPICS, most=_TOPIC_LENGTH)
            )

    def validate_organiser(self, field: Any) -> None:
        """Another's session names who held it."""
        if not self.own.data and not field.data:
            raise ValidationError(_("请填写组织单位。"))

    def topic_lines(self) -> list[str]:
        """The topics, a line each."""
        lines = [line.strip() for line in (self.topics.data or "").splitlines() if line.strip()]
        picked = (self.topic_pick.data or "").strip()
        return [*lines, picked] if picked and picked not in lines else lines

    def topics_chosen(self) -> list[Topic]:
        """The topics as the service takes them."""
        return [Topic(line) for line in self.topic_lines()]

    def values(self) -> Values:
        """What was filled in."""
        return Values(
            kind_id=self.kind_id.data,
            title=self.title.data or "",
            unit_id=self.unit_id.data,
            day=self.day.data,
            precision=Precision(self.precision.data),
            own=bool(self.own.data),
            organiser="" if self.own.data else self.organiser.data or "",
            begins=clock_text(self.begins.data),
            ends=clock_text(self.ends.data),
            minutes=self.minutes.data,
            place=self.place.data or "",
            chair=self.chair.data or "",
            lecturer=self.lecturer.data or "",
            lecturer_post=self.lecturer_post.data or "",
            summary=self.summary.data or "",
            publicity=bool(self.publicity.data),
            agenda_item_id=self.agenda_item_id.data or None,
        )


class EntryForm(SessionForm):
    """The one-minute entry: held or planned, with last time's list; what is planned may come back."""

    state = RadioField(
        _l("状态"),
        choices=[SelectChoice("held", _l("已办")), SelectChoice("planned", _l("计划"))],
        default=SessionState.HELD.value,
    )
    last_list = BooleanField(_l("沿用上次同类学习的名单"), default=True)
    repeat = SelectField(
        _l("重复"), [Optional()], choices=[SelectChoice("", _l("不重复")), *choices(EVERY_LABELS)], default=""
    )
    until = DateField(_l("重复到哪一天"), [Optional()])
    times = IntegerField(
        _l("共几次"), [Optional(), NumberRange(2, MOST_TIMES, _l("请填写 %(min)s 到 %(max)s 之间的整数。"))]
    )

    def validate_repeat(self, field: Any) -> None:
        """Only what is planned comes back, and it has an end."""
        if not field.data:
            return
        if self.state.data != SessionState.PLANNED.value:
            raise ValidationError(_("重复安排只用于计划，请把状态改为“计划”。"))
        if not self.until.data and not self.times.data:
            raise ValidationError(_("请填写重复到哪一天，或共几次。"))

    def rule(self) -> Recurrence:
        """How it comes back."""
        return rule_from(Every(self.repeat.data), self.day.data)

    def dates(self) -> list[date]:
        """The days of it: so many, until a day, or whichever ends first. Raises RuleError recurrence-range."""
        first, until = self.day.data, self.until.data
        if not self.times.data:
            return dates_of(self.rule(), first, until)
        if until and until < first:
            raise RuleError("recurrence-range")
        found = next_dates(self.rule(), first, self.times.data)
        return [day for day in found if until is None or day <= until]


class MaterialForm(PortalForm):
    """A speech or a document."""

    title = TextField(_l("材料名称"), [FILL, most(200)])
    issuer = TextField(_l("发布单位"), [most(100)])
    issued_on = DateField(_l("发布日期"), [Optional()])
    number = TextField(_l("文号"), [most(60)])


class ReasonForm(PortalForm):
    """Why."""

    reason = TextField(_l("原因"), [FILL, most(200)])


class SpeechForm(PortalForm):
    """Who spoke, on what, for how long."""

    person = TextField(_l("发言人"), [FILL, most(50)])
    topic = TextField(_l("发言题目"), [most(200)])
    minutes = IntegerField(_l("分钟"), [Optional(), _MINUTES])
    summary = TextAreaField(_l("发言要点"), [most(5_000)], filters=[strip])
    reason = TextField(_l("更正原因"), [most(200)])


class ListForm(PortalForm):
    """Whom to put on the list."""

    unit_id = SelectField(_l("单位"), [FILL], coerce=int)
    leaders = BooleanField(_l("只加领导干部"))
    reason = TextField(_l("更正原因"), [most(200)])


class PersonForm(PortalForm):
    """One person by number."""

    number = TextField(_l("工号"), [FILL, most(32)])
    reason = TextField(_l("更正原因"), [most(200)])


class EntryOfPersonForm(PortalForm):
    """What one person did there, and hours of their own."""

    parts = SelectMultipleField(
        _l("担任"), choices=choices(PART_LABELS), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    note = TextField(_l("备注"), [most(200)])
    override = IntegerField(_l("单独计算（分钟）"), [Optional(), _MINUTES])
    override_reason = TextField(_l("单独计算原因"), [most(200)])
    reason = TextField(_l("更正原因"), [most(200)])

    def values(self) -> dict[str, Any]:
        """What was filled in."""
        return {
            "parts": [Part(code) for code in self.parts.data or ()],
            "override": self.override.data,
            "override_reason": self.override_reason.data or "",
            "note_text": self.note.data or "",
        }


class HeadcountForm(PortalForm):
    """People without accounts."""

    # The page has another field of this name.
    unit_id = SelectField(_l("单位"), [FILL], coerce=int, id="headcount_unit")
    people = IntegerField(_l("人数"), [FILL, _MINUTES], id="headcount")
    reason = TextField(_l("更正原因"), [most(200)])


class CheckInForm(PortalForm):
    """The code on the screen."""

    code = TextField(_l("签到码"), [FILL, most(16)])


class MakeUpForm(PortalForm):
    """How it was made up."""

    note = TextField(_l("补学说明"), [FILL, most(500)])
