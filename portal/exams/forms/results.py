"""Forms of results."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired, Length

from portal.web.forms import PortalForm, TextField


class VoidForm(PortalForm):
    """Why an attempt is taken out of the count."""

    reason = TextField(
        _l("作废原因"), [InputRequired(_l("请填写作废原因。")), Length(max=200, message=_l("最多 200 个字。"))]
    )
