"""Forms of meetings, their agenda and decisions."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectChoice, SelectField, TextAreaField, TimeField
from wtforms.validators import Optional

from portal.meetings.rules import DecisionState, ItemKind, MeetingKind
from portal.meetings.services import DecisionValues, Values
from portal.meetings.words import ITEM_LABELS, KIND_LABELS
from portal.web.forms import FILL, PortalForm, TextField, choices, clock_text, most, strip


class MeetingForm(PortalForm):
    """What a meeting is; who came is said in words, as the minutes will say it."""

    kind = SelectField(_l("会议类型"), [FILL], choices=choices(KIND_LABELS))
    number = TextField(_l("期次"), [most(40)])
    title = TextField(_l("会议名称"), [FILL, most(200)])
    unit_id = SelectField(_l("单位"), [FILL], coerce=int)
    held_on = DateField(_l("日期"), [FILL])
    begins = TimeField(_l("开始时间"), [Optional()])
    ends = TimeField(_l("结束时间"), [Optional()])
    place = TextField(_l("地点"), [most(100)])
    chair = TextField(_l("主持人"), [most(50)])
    keeper = TextField(_l("记录人"), [most(50)])
    present = TextAreaField(_l("出席"), [most(2000)], filters=[strip])
    observers = TextAreaField(_l("列席"), [most(2000)], filters=[strip])
    absent = TextAreaField(_l("请假"), [most(2000)], filters=[strip])

    def values(self) -> Values:
        """What was filled in."""
        return Values(
            kind=MeetingKind(self.kind.data),
            number=self.number.data or "",
            title=self.title.data or "",
            unit_id=self.unit_id.data,
            held_on=self.held_on.data,
            begins=clock_text(self.begins.data),
            ends=clock_text(self.ends.data),
            place=self.place.data or "",
            chair=self.chair.data or "",
            present=self.present.data or "",
            observers=self.observers.data or "",
            absent=self.absent.data or "",
            keeper=self.keeper.data or "",
        )


class ItemForm(PortalForm):
    """A matter of the agenda."""

    kind = SelectField(_l("议题类型"), [FILL], choices=choices(ITEM_LABELS), default=ItemKind.OTHER.value)
    title = TextField(_l("议题"), [FILL, most(200)])
    presenter = TextField(_l("汇报人"), [most(50)])
    conclusion = TextAreaField(_l("结论"), [most(5000)], filters=[strip])

    def values(self) -> dict[str, Any]:
        """What was filled in."""
        return {
            "kind": ItemKind(self.kind.data),
            "title": self.title.data,
            "presenter": self.presenter.data or "",
            "conclusion": self.conclusion.data or "",
        }


class DecisionForm(PortalForm):
    """What was decided, who carries it out, until when."""

    text = TextAreaField(_l("议定事项"), [FILL, most(500)], filters=[strip])
    unit_id = SelectField(_l("责任单位"), [FILL], coerce=int)
    owner = TextField(_l("责任人工号"), [most(32)])
    due_on = DateField(_l("完成期限"), [Optional()])
    item_id = SelectField(_l("议题"), [Optional()], coerce=lambda value: int(value or 0))

    def values(self, owner_id: int | None) -> DecisionValues:
        """What was filled in, with the person found for the number."""
        return DecisionValues(
            text=self.text.data or "",
            unit_id=self.unit_id.data,
            owner_id=owner_id,
            due_on=self.due_on.data,
            item_id=self.item_id.data or None,
        )


class FollowUpForm(PortalForm):
    """How it stands, and whether that ends it."""

    note = TextAreaField(_l("进展"), [FILL, most(1000)], filters=[strip])
    closes = RadioField(
        _l("办结"),
        choices=[
            SelectChoice("", _l("继续落实")),
            SelectChoice(DecisionState.DONE.value, _l("已落实")),
            SelectChoice(DecisionState.DROPPED.value, _l("不再执行")),
        ],
        default="",
    )


class SignForm(PortalForm):
    """Who signed the minutes, and when."""

    signed_by = TextField(_l("签发人"), [FILL, most(50)])
    signed_on = DateField(_l("签发日期"), [FILL])
