"""Forms of practice: shape and syntax only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, IntegerField, RadioField, SelectChoice, SelectField
from wtforms.validators import InputRequired, Length, NumberRange

from portal.exams.rules.practice import MAX_KEY, MOST_NEEDED, PracticeRelease
from portal.exams.words_practice import RELEASE_LABELS
from portal.web.converters import MOST
from portal.web.forms import PortalForm


class StartForm(PortalForm):
    """What to practise: the key of a scope."""

    scope = HiddenField(validators=[InputRequired(), Length(max=MAX_KEY)])


class RangeForm(PortalForm):
    """From one article to another of a law."""

    first = IntegerField(_l("从第几条"), [InputRequired(_l("请填写条数。")), NumberRange(1, 9999)])
    last = IntegerField(_l("到第几条"), [InputRequired(_l("请填写条数。")), NumberRange(1, 9999)])


class ListField(Field):  # type: ignore[misc]  # WTForms has no types
    """All that was sent under one name: places that were ticked, or texts that were typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the values as they came; the service says what an answer may be."""
        self.data = list(valuelist)


class AnswerForm(PortalForm):
    """The version that was shown, and the answer."""

    version = IntegerField(validators=[InputRequired(), NumberRange(1, MOST)])
    a = ListField(default=list)


class NeededForm(PortalForm):
    """Right answers in a row that take a question out of the notebook."""

    needed = SelectField(
        _l("连续答对几次后移出"),
        [InputRequired()],
        coerce=int,
        choices=[SelectChoice(count, str(count)) for count in range(1, MOST_NEEDED + 1)],
    )


class ReleaseForm(PortalForm):
    """Whether people may practise with a bank."""

    practice = RadioField(
        _l("用于练习"), choices=[SelectChoice(value, label) for value, label in RELEASE_LABELS.items()]
    )

    @property
    def chosen(self) -> PracticeRelease:
        """The choice as the rules know it."""
        return PracticeRelease(self.practice.data)
