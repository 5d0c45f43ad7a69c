"""Forms of accounts: shape and syntax only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, PasswordField, SelectChoice, SelectField
from wtforms.validators import EqualTo, InputRequired, Length, Optional, Regexp

from portal.accounts import ROLE_LABELS
from portal.accounts.rules import NUMBER, NUMBER_MAX, PASSWORD_MAX
from portal.web.forms import PortalForm, TextField


class LoginForm(PortalForm):
    """Number and password."""

    number = TextField(_l("工号"), [InputRequired(_l("请输入工号。")), Length(max=NUMBER_MAX)])
    password = PasswordField(_l("密码"), [InputRequired(_l("请输入密码。")), Length(max=1024)])
    next = HiddenField()


class CodeForm(PortalForm):
    """The code of the app, or a recovery code."""

    code = TextField(_l("验证码或恢复码"), [InputRequired(_l("请输入验证码。")), Length(max=32)])


class FirstCodeForm(PortalForm):
    """The first code of an app that is being set up."""

    code = TextField(_l("App 显示的 6 位验证码"), [InputRequired(_l("请输入验证码。")), Length(max=32)])


class ForgotForm(PortalForm):
    """Who has forgotten their password."""

    number = TextField(_l("工号"), [InputRequired(_l("请输入工号。")), Length(max=NUMBER_MAX)])


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


class PersonForm(PortalForm):
    """A person's data. `seen` is the fingerprint of the row as the form showed it."""

    number = TextField(
        _l("工号"),
        [
            InputRequired(_l("请填写工号。")),
            Regexp(NUMBER, message=_l("工号只能用字母、数字、横线，最多 32 个字符。")),
        ],
    )
    name = TextField(_l("姓名"), [InputRequired(_l("请填写姓名。")), Length(max=50, message=_l("姓名最多 50 个字。"))])
    unit_id = SelectField(_l("单位"), [InputRequired(_l("请选择单位。"))], coerce=int)
    position = TextField(_l("职务"), [Optional(), Length(max=200, message=_l("职务最多 200 个字。"))])
    is_leader = BooleanField(_l("领导干部"))
    moved_on = DateField(_l("调入新单位的日期"), [Optional()])
    seen = HiddenField()


class GrantForm(PortalForm):
    """A role and the unit that it holds for, with all below."""

    role = SelectField(
        _l("角色"),
        [InputRequired(_l("请选择角色。"))],
        choices=[SelectChoice(value, label) for value, label in ROLE_LABELS.items()],
    )
    unit_id = SelectField(_l("范围（含下级）"), [InputRequired(_l("请选择单位。"))], coerce=int)
