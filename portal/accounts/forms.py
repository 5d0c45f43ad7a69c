"""Forms of accounts: shape and syntax only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField
from wtforms.validators import EqualTo, InputRequired, Length

from portal.accounts.rules import PASSWORD_MAX
from portal.web.forms import PortalForm, TextField


class LoginForm(PortalForm):
    """Number and password."""

    number = TextField(_l("工号"), [InputRequired(_l("请输入工号。")), Length(max=32)])
    password = PasswordField(_l("密码"), [InputRequired(_l("请输入密码。")), Length(max=1024)])
    next = HiddenField()


class PasswordForm(PortalForm):
    """The current password and, twice, the new one."""

    current = PasswordField(_l("当前密码"), [InputRequired(_l("请输入当前密码。")), Length(max=1024)])
    new = PasswordField(
        _l("新密码"), [InputRequired(_l("请输入新密码。")), Length(max=PASSWORD_MAX, message=_l("密码最多 128 位。"))]
    )
    again = PasswordField(
        _l("再输一次新密码"),
        [InputRequired(_l("请再输一次新密码。")), EqualTo("new", _l("两次输入的新密码不一致。"))],
    )
