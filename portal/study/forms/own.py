"""Forms of self-study and plans."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, SelectField, TextAreaField, ValidationError
from wtforms.validators import NumberRange, Optional, Regexp
from wtforms.widgets import HiddenInput

from portal.study.rules.hours import MINUTES_AN_HOUR, PlanItemKind, parse_hours
from portal.study.services.plans import ItemValues, PlanValues
from portal.study.words import PLAN_ITEM_LABELS
from portal.web.converters import MOST
from portal.web.forms import FILL, PortalForm, TextField, choices, most, strip

MOST_READING = 600


class ReadingForm(PortalForm):
    """ "I have read this": what, when, for how long, and what it led to."""

    title = TextField(_l("内容"), [FILL, most(200)])
    read_on = DateField(_l("阅读日期"), [FILL])
    minutes = IntegerField(
        _l("用时（分钟）"),
        [
            FILL,
            NumberRange(1, MOST_READING, _l("请填写 %(min)s 到 %(max)s 之间的整数。")),
        ],
    )
    reflection = TextAreaField(_l("心得"), [most(5000)], filters=[strip])
    # What "我已读完" brings along from the library.
    regulation_id = IntegerField(_l("法规编号"), [Optional(), NumberRange(1, MOST)], widget=HiddenInput())
    article = TextField(_l("条文"), [most(32), Regexp(r"(?:art_[0-9-]{1,20})?$")], widget=HiddenInput())
    open_minutes = IntegerField(
        _l("页面打开（分钟）"), [Optional(), NumberRange(0, MOST_READING * 10)], widget=HiddenInput()
    )

    def values(self) -> dict[str, Any]:
        """What was filled in."""
        return {
            "title": self.title.data or "",
            "read_on": self.read_on.data,
            "minutes": self.minutes.data or 0,
            "reflection": self.reflection.data or "",
            "regulation_id": self.regulation_id.data,
            "article": self.article.data or "",
            "open_minutes": self.open_minutes.data,
        }


class ReviewForm(PortalForm):
    """What an officer thinks of a reflection."""

    note = TextField(_l("审阅意见"), [most(200)])


class PlanForm(PortalForm):
    """A plan: for which year, for whom."""

    title = TextField(_l("计划名称"), [FILL, most(200)])
    year = IntegerField(_l("年度"), [FILL, NumberRange(2000, 2100, _l("请填写 %(min)s 到 %(max)s 之间的整数。"))])
    unit_id = SelectField(_l("单位（含下级）"), [FILL], coerce=int)
    leaders_only = BooleanField(_l("只对领导干部"))
    note = TextAreaField(_l("说明"), [most(500)], filters=[strip])

    def values(self) -> PlanValues:
        """What was filled in."""
        return PlanValues(
            year=self.year.data or 0,
            title=self.title.data or "",
            unit_id=self.unit_id.data,
            leaders_only=bool(self.leaders_only.data),
            note=self.note.data or "",
        )


class PlanItemForm(PortalForm):
    """One thing that a plan asks for."""

    kind = SelectField(_l("要求"), [FILL], choices=choices(PLAN_ITEM_LABELS))
    title = TextField(_l("内容"), [FILL, most(200)])
    study_kind_id = SelectField(_l("学习形式"), [Optional()], coerce=lambda value: int(value or 0))
    amount = TextField(_l("数量（学时填小时）"), [FILL])
    due_on = DateField(_l("期限"), [Optional()])

    def values(self) -> ItemValues:
        """What was filled in, hours as minutes. Raises ValueError for an amount that is none."""
        kind = PlanItemKind(self.kind.data)
        text = (self.amount.data or "").strip()
        sessions = kind is PlanItemKind.SESSIONS
        return ItemValues(
            kind=kind,
            title=self.title.data or "",
            amount=parse_hours(text) if kind is PlanItemKind.MINUTES else int(text),
            study_kind_id=(self.study_kind_id.data or None) if sessions else None,
            due_on=self.due_on.data,
        )

    def validate_amount(self, field: Any) -> None:
        """A number, or hours with decimals."""
        try:
            amount = self.values().amount
        except ValueError as error:
            raise ValidationError(_("请填写数字，例如 2 或 1.5。")) from error
        if not 0 < amount <= 10_000 * MINUTES_AN_HOUR:
            raise ValidationError(_("请填写数字，例如 2 或 1.5。"))
