"""Forms of the live monitor."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import InputRequired, Length, NumberRange

from portal.exams.services.rosters import MOST_EXTRA
from portal.web.forms import PortalForm, TextField


class MinutesForm(PortalForm):
    """So many minutes more for one person, and why."""

    minutes = IntegerField(
        _l("加时（分钟）"),
        [
            InputRequired(_l("请填写分钟数。")),
            NumberRange(1, MOST_EXTRA, message=_l("请填写 1 到 240 之间的整数。")),
        ],
    )
    reason = TextField(
        _l("加时原因"), [InputRequired(_l("请填写加时原因。")), Length(max=200, message=_l("最多 200 个字。"))]
    )
