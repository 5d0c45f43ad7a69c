"""Forms of marking by hand and of regrades."""

from __future__ import annotations

import re
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.exams.forms.rounds import offered
from portal.exams.rules.hand_marking import Criterion
from portal.exams.rules.question import CHOICE_TYPES, QuestionType
from portal.exams.rules.regrade import Mode
from portal.exams.words_marking import MODE_LABELS
from portal.web.forms import PointsField, PortalForm, TextField, strip

_REASON = [InputRequired(_l("请填写原因。")), Length(max=200, message=_l("最多 200 个字。"))]
_TAKES_KEY = (Mode.KEY, Mode.ACCEPT)


class ReasonForm(PortalForm):
    """Why something is undone or reopened."""

    reason = TextField(_l("原因"), _REASON)


class ConfirmForm(PortalForm):
    """Why a regrade takes effect, and whether the bank is corrected with it."""

    reason = TextField(_l("改判原因"), _REASON)
    new_version = BooleanField(_l("同时更正题库（为这道题建一个新版本）"))


class RegradeForm(PortalForm):
    """How a question is marked from now on."""

    mode = RadioField(_l("改判方式"), [InputRequired(_l("请选择改判方式。"))])
    right = SelectMultipleField(
        _l("算对的选项"), coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    blanks = TextAreaField(_l("各空的答案"), [Length(max=5000)])

    def offer(self, type_: QuestionType, options: list[str]) -> None:
        """Fill the choices that depend on the question."""
        self.mode.choices = offered(
            (mode.value, MODE_LABELS[mode.value])
            for mode in Mode
            if type_ is not QuestionType.SHORT or mode not in _TAKES_KEY
        )
        self.right.choices = offered(enumerate(options))

    def picked(self, type_: QuestionType) -> list[Any]:
        """The keys chosen: one set of options, each option by itself where one alone is right, or the blanks."""
        mode = Mode(self.mode.data)
        right = tuple(sorted(self.right.data or ()))
        if mode not in _TAKES_KEY:
            return []
        if type_ not in CHOICE_TYPES:
            blanks = tuple(_spellings(line) for line in (self.blanks.data or "").splitlines() if line.strip())
            return [blanks] if blanks else []
        if mode is Mode.ACCEPT and type_ is not QuestionType.MULTIPLE:
            return [(place,) for place in right]
        return [right] if right else []


def _spellings(line: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[|｜]", line) if part.strip()))


class SettingsForm(PortalForm):
    """One marker or two, and how far two may be apart."""

    markers = SelectField(
        _l("评阅人数"),
        [InputRequired(_l("请选择评阅人数。"))],
        coerce=int,
        choices=offered([(1, _l("一人评阅")), (2, _l("两人分别评阅"))]),
    )
    limit = PointsField(_l("分差上限（分）"), [InputRequired(_l("请填写分差上限。"))])


class RubricForm(PortalForm):
    """A line for each criterion: what is looked for | points."""

    text = TextAreaField(_l("得分点"), [Length(max=8000)], filters=[strip])


class MarkForm(PortalForm):
    """Points for one answer; the figures themselves are read by `points_given`."""

    note = TextField(_l("评语"), [Length(max=200, message=_l("最多 200 个字。"))])

    def points_given(self, criteria: tuple[Criterion, ...]) -> list[int | None]:
        """One figure a criterion, None where nothing sound was written; all or none by one button."""
        whole = request.form.get("whole", "")
        if whole in {"full", "zero"}:
            return [each.points if whole == "full" else 0 for each in criteria]
        return [_hundredths(request.form.get(f"p{at}", "")) for at in range(len(criteria))]


def _hundredths(text: str) -> int | None:
    field = re.fullmatch(r"(\d{1,4})(?:[.．](\d{1,2}))?", strip(text))
    return int(field[1]) * 100 + int((field[2] or "").ljust(2, "0")) if field else None
