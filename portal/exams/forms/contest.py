"""The fields that a contest adds to the first page of the wizard."""

from __future__ import annotations

from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectChoice, SelectField
from wtforms.validators import NumberRange, Optional

from portal.exams.contest_models import Contest
from portal.exams.rules.contest import LEAST_SECONDS, MOST_SECONDS, Audience, NamesShown
from portal.exams.services.contest import ContestSettings
from portal.exams.words_contest import AUDIENCE_LABELS, NAMES_LABELS
from portal.web.forms import PortalForm

_BETWEEN = _l("请填写 %(min)s 到 %(max)s 之间的整数。")
_NAMES = [SelectChoice(code, label) for code, label in NAMES_LABELS.items()]
_AUDIENCES = [SelectChoice(code, label) for code, label in AUDIENCE_LABELS.items()]


class Settled:
    """A choice that always has a value: nothing to check, and not to be called optional."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, _form: Any, _field: Any) -> None:
        """Agree."""


class ContestFields(PortalForm):
    """How a contest is held; what is filled in here counts for a round of kind 竞赛 alone."""

    question_seconds = IntegerField(
        _l("每题限时（秒）"), [Optional(), NumberRange(LEAST_SECONDS, MOST_SECONDS, message=_BETWEEN)]
    )
    self_enrol = BooleanField(_l("允许自行报名"))
    names = SelectField(_l("排行榜姓名"), [Settled()], choices=_NAMES, default=NamesShown.AGREED.value)
    board_during = SelectField(
        _l("竞赛期间谁可看排行榜"), [Settled()], choices=_AUDIENCES, default=Audience.PARTICIPANTS.value
    )
    board_after = SelectField(
        _l("竞赛结束后谁可看排行榜"), [Settled()], choices=_AUDIENCES, default=Audience.EVERYBODY.value
    )
    least_people = IntegerField(
        _l("单位参加排名的最少人数"), [Optional(), NumberRange(1, 1000, message=_BETWEEN)], default=3
    )

    def show_contest(self, contest: Contest) -> None:
        """Fill in what is stored, unless this is what was just posted."""
        if not self.is_submitted():
            for name in ContestSettings.__dataclass_fields__:
                self[name].data = getattr(contest, name)

    def contest(self) -> ContestSettings:
        """What was filled in."""
        return ContestSettings(
            question_seconds=self.question_seconds.data,
            self_enrol=self.self_enrol.data,
            names=NamesShown(self.names.data),
            board_during=Audience(self.board_during.data),
            board_after=Audience(self.board_after.data),
            least_people=self.least_people.data or 1,
        )
