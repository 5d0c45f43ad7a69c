"""The base of every form and the fields that all features share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateTimeLocalField, Field, SelectChoice, StringField
from wtforms.csrf.core import CSRFTokenField
from wtforms.fields.choices import SelectFieldBase
from wtforms.validators import InputRequired, Length

from portal.core import clock
from portal.core.errors import RuleError
from portal.web.errors import explain

FILL = InputRequired(_l("请填写这一项。"))
# Nobody counts a million points.
POINTS_LIMIT = 1_000_000


class PortalForm(FlaskForm):
    """A form whose rule errors land beside the field they belong to."""

    # What somebody else saved meanwhile, (label, value) for each field that differs.
    theirs: list[tuple[str, str]] = []

    class Meta(FlaskForm.Meta):
        """Several forms stand on one page, and nothing labels a token: it carries no id."""

        def render_field(self, field: Field, render_kw: dict[str, Any]) -> Any:
            """The field's HTML; see WTForms."""
            return super().render_field(
                field, {"id": False, **render_kw} if isinstance(field, CSRFTokenField) else render_kw
            )

    def refuse(self, error: RuleError, field: str | None = None) -> None:
        """Show a rule's sentence at `field`, or above the form."""
        text = explain(error)
        if field and field in self._fields:
            target: Field = self._fields[field]
            target.errors = [*target.errors, text]
        else:
            self.form_errors.append(text)

    def refuse_or_compare(self, error: RuleError, now: PortalForm, field: str | None = None) -> None:
        """Refuse, and where somebody else was quicker show what stands there `now`: a form made from the row."""
        if error.code != "changed-meanwhile":
            self.refuse(error, field)
            return
        self.form_errors.append(_("这条记录刚被别人改过。您填写的内容还在下面，核对后再保存。"))
        self.theirs = self.unlike(now)

    def unlike(self, other: PortalForm) -> list[tuple[str, str]]:
        """(label, the other's value in words) of the fields in which two forms differ."""
        found = []
        for name, field in self._fields.items():
            value = other._fields[name]
            if not isinstance(field, CSRFTokenField) and (field.data or None) != (value.data or None):
                found.append((str(field.label.text), _in_words(value)))
        return found


def _in_words(field: Field) -> str:
    """What a field holds, as a person reads it."""
    if isinstance(field, BooleanField):
        return str(_("是") if field.data else _("否"))
    if isinstance(field, SelectFieldBase):
        return "、".join(str(choice.label) for choice in field.iter_choices() if choice.selected) or "—"
    return str("—" if field.data is None or field.data == "" else field.data)


def most(length: int) -> Length:
    """No longer than this."""
    return Length(max=length, message=_l("最多 %(max)s 个字。"))


def choices(labels: Mapping[str, Any]) -> list[SelectChoice]:
    """Labels as a select field wants them."""
    return [SelectChoice(code, label) for code, label in labels.items()]


def clock_text(value: time | None) -> str:
    """A time of day as rows hold it: "09:30", or nothing."""
    return value.strftime("%H:%M") if value else ""


def clock_time(text: str) -> time | None:
    """The same the other way."""
    return time.fromisoformat(text) if text else None


def strip(value: Any) -> Any:
    """Cut blanks, full-width ones too, off the ends of what was typed."""
    return value.strip().strip("\u3000").strip() if isinstance(value, str) else value


class TextField(StringField):
    """A line of text without blanks at its ends."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the cut text, so that blanks alone do not count as an answer either."""
        self.raw_data = [strip(value) for value in valuelist]
        super().process_formdata(self.raw_data)


class LocalDateTimeField(DateTimeLocalField):
    """A wall-clock time of the office in the form, an aware UTC moment in Python."""

    def __init__(self, label: Any = None, validators: Iterable[Any] | None = None, **kwargs: Any) -> None:
        super().__init__(label, validators, format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the wall clock as the office's."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("请填写完整的日期和时间，例如 2026-06-01 09:30。")) from error
        typed: Any = getattr(self, "data", None)
        self.data: Any = clock.from_local(typed) if isinstance(typed, datetime) else None

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return clock.to_local(self.data).strftime("%Y-%m-%dT%H:%M") if self.data else ""


class PointsField(StringField):
    """Points with at most two decimals in the form, integer hundredths in Python."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read "2.5" as 250. A ValueError's text is shown at the field."""
        text = strip(valuelist[0]) if valuelist else ""
        if not text:
            self.data = None
            return
        try:
            hundredths = Decimal(text) * 100
        except ArithmeticError as error:  # no number, or one beyond all bounds
            raise ValueError(_("请填写数字，例如 2.5。")) from error
        # "NaN", "Infinity" and "1e400" are Decimals too.
        if not hundredths.is_finite() or abs(hundredths) >= POINTS_LIMIT * 100:
            raise ValueError(_("请填写数字，例如 2.5。"))
        if hundredths != hundredths.to_integral_value():
            raise ValueError(_("最多保留两位小数。"))
        self.data = int(hundredths)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else points_text(self.data)


def points_text(hundredths: int) -> str:
    """250 -> "2.5", 300 -> "3"."""
    return f"{Decimal(hundredths) / 100:f}".rstrip("0").rstrip(".") if hundredths % 100 else str(hundredths // 100)
