"""People: who may sign in, as what, for which units."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.web.navigation import NavItem

bp = Blueprint("accounts", __name__, url_prefix="/accounts", cli_group="accounts")

NAV = (
    NavItem(
        "accounts.people", _l("人员"), "users", Permission.USER_VIEW, section="accounts.people", group="admin", order=60
    ),
)

MESSAGES = {
    "login-refused": _l("工号或密码不正确。"),
    "login-throttled": _l("尝试次数过多，请 %(minutes)s 分钟后再试，或联系管理员重置密码。"),
    "password-wrong": _l("当前密码不正确。"),
    "password-same": _l("新密码不能与当前密码相同。"),
    "password-short": _l("密码至少 %(least)s 位，一句好记的话最合适。"),
    "password-long": _l("密码最多 %(most)s 位。"),
    "password-personal": _l("密码里不要包含本人姓名或工号。"),
    "password-plain": _l("密码太简单，请不要用重复或连续的字符。"),
    "number-taken": _l("工号 %(number)s 已有人使用。"),
    "own-account": _l("不能停用自己的账号，请由另一位管理员操作。"),
    "own-roles": _l("不能修改自己的角色，请由另一位安全管理员操作。"),
    "role-held": _l("这个人在该单位已有这个角色。"),
    "own-reset": _l("不能重置自己的密码，请在“我的账号”中修改。"),
    "admins-apart": _l("系统管理员、安全管理员、审计管理员不能由同一人兼任。"),
    "site-has-people": _l("这个站点已经有单位或人员，不能再次初始化。"),
    "too-many-sections": _l("科室最多 %(most)s 个，其余请在“单位”页面添加。"),
    "roles-beyond": _l("这个人还担任您管辖范围以外的角色，请由上级单位的管理员操作。"),
    "person-not-yours": _l("不在您的管辖范围内，没有处理。"),
    "person-not-active": _l("本来就不在用，没有改动。"),
    "person-active": _l("本来就在用，没有改动。"),
    "person-left": _l("已离任，请到本人页面核对后恢复。"),
    "unit-closed": _l("“%(name)s”已停用，请选择在用的单位。"),
    "password-common": _l("这是很多人会用的密码，容易被猜到。请换一句只有您自己想得到的话，比如三四个不相干的词。"),
    "move-ahead": _l("调入日期不能晚于今天，请到当天再改。"),
    "move-long-ago": _l("调入日期最多补登 %(days)s 天以前的，请核对日期。"),
    "move-before": _l("调入日期不能早于到现单位的日期（%(day)s），请核对。"),
    "people-no-heading": _l("没有找到标题行。人员表须有“工号”“姓名”，单位表须有“单位编码”“单位名称”“类别”。请用模板。"),
    "people-changed": _l("预览之后“%(what)s”被别人改过，什么都没有写入。请取消后重新上传，再核对一次。"),
    "factor-on": _l("两步验证已经开启。要换手机，请先关闭再重新设置。"),
    "factor-off": _l("没有开启两步验证。"),
    "factor-not-begun": _l("设置已过期，请重新开始。"),
    "factor-code": _l("验证码不对，或已经用过。请等 App 显示下一个验证码再输入；手机时间不准也会出错。"),
    "factor-late": _l("等待时间过长或账号有变动，请重新登录。"),
    "two-hands": _l(
        "管理员的密码和两步验证，不能在 %(days)s 天内由同一人重置和解除。请由另一位安全管理员或在服务器上办理。"
    ),
    "own-factor": _l("不能解除自己的两步验证，请在“我的账号”中操作，或由另一位安全管理员解除。"),
}

ACTIONS = {
    "session.login": _l("登录"),
    "session.refused": _l("登录被拒"),
    "session.logout": _l("退出"),
    "session.end": _l("结束会话"),
    "session.end-others": _l("结束其他全部会话"),
    "factor.begin": _l("开始设置两步验证"),
    "factor.on": _l("开启两步验证"),
    "factor.off": _l("关闭两步验证"),
    "factor.codes": _l("更换恢复码"),
    "factor.recovery": _l("使用恢复码登录"),
    "factor.clear": _l("解除他人两步验证"),
    "user.create": _l("新建人员"),
    "user.export": _l("导出人员名单"),
    "user.update": _l("修改人员"),
    "user.state": _l("变更人员状态"),
    "user.password": _l("修改密码"),
    "user.reset": _l("重置密码"),
    "user.grant": _l("授予角色"),
    "user.revoke": _l("收回角色"),
    "user.keep-role": _l("调动后保留角色"),
    "user.void-password": _l("授权时作废原密码"),
    "user.slip": _l("打印首次密码条"),
    "user.ask-reset": _l("申请重置密码"),
    "user.decline-reset": _l("关闭重置申请"),
    "people.import": _l("导入单位和人员"),
}

FIELDS = {
    "users.number": _l("工号"),
    "users.name": _l("姓名"),
    "users.unit_id": _l("单位"),
    "users.position": _l("职务"),
    "users.is_leader": _l("领导干部"),
    "users.state": _l("状态"),
    "users.password_hash": _l("密码"),
    "users.must_change_password": _l("须改密码"),
    "role_grants.user_id": _l("人员"),
    "role_grants.role": _l("角色"),
    "role_grants.unit_id": _l("单位"),
    "role_grants.reviewed_at": _l("确认保留时间"),
    "reset_requests.user_id": _l("人员"),
    "reset_requests.at": _l("申请时间"),
    "reset_requests.address": _l("来源地址"),
    "moved_on": _l("调入日期"),
    "left": _l("剩余恢复码"),
    "people_new": _l("新建人员"),
    "people_changed": _l("修改人员"),
    "units_new": _l("新建单位"),
    "units_changed": _l("修改单位"),
    "reason": _l("原因"),
}

ROLE_LABELS = {
    "cadre": _l("干部"),
    "liaison": _l("学法普法联络员"),
    "study_officer": _l("学习管理员"),
    "exam_officer": _l("考试管理员"),
    "publicity_officer": _l("普法管理员"),
    "case_officer": _l("办信干部"),
    "reviewer": _l("审核人"),
    "leader": _l("领导"),
    "manager": _l("业务主管"),
    "system_admin": _l("系统管理员"),
    "security_admin": _l("安全管理员"),
    "audit_admin": _l("审计管理员"),
}

from portal.accounts import (  # noqa: F401
    at_hand,
    cli,
    factor_views,
    people_views,
    queries,
    sheet_views,
    slip_views,
    tasks,
    views,
)
from portal.accounts.importing import kind  # noqa: F401
from portal.accounts.people_table import STATE_LABELS
from portal.org import occupants
from portal.org import queries as units

# What the log calls the ids and codes that stand in these columns.
VALUES = {
    "user_id": queries.names,
    "users.state": STATE_LABELS,
    "role_grants.role": ROLE_LABELS,
    "role_grants.unit_id": units.names,
}
occupants.register(queries.count_in_units)
bp.record_once(lambda state: state.app.cli.add_command(cli.init))  # type: ignore[has-type]
