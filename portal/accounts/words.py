"""What roles allow, why a session ended, and what a browser is called, in words."""

from flask_babel import lazy_gettext as _l

from portal.core.permissions import ROLE_GRANTS, Permission, Role

PERMISSION_LABELS = {
    Permission.USER_MANAGE: _l("建立、导入和修改人员"),
    Permission.USER_RESET: _l("重置密码、解除两步验证"),
    Permission.USER_VIEW: _l("查看人员"),
    Permission.ROLE_GRANT: _l("授予和收回角色"),
    Permission.AUDIT_VIEW: _l("查看审计日志"),
    Permission.VIEW_MANAGE: _l("整理共享的列表视图"),
    Permission.VIEW_SHARE: _l("共享列表视图"),
    Permission.EXAM_TAKE: _l("参加考试和练习"),
    Permission.BANK_EDIT: _l("维护题库"),
    Permission.BANK_VIEW: _l("查看题库"),
    Permission.RESULT_VIEW: _l("查看成绩和参考情况"),
    Permission.ROUND_MANAGE: _l("组织考试"),
    Permission.STYLE_VIEW: _l("查看界面样式"),
    Permission.JOB_VIEW: _l("查看后台任务"),
    Permission.MEETING_MANAGE: _l("登记会议和议定事项"),
    Permission.MEETING_VIEW: _l("查看会议和议定事项"),
    Permission.LIBRARY_EDIT: _l("维护法规库"),
    Permission.LIBRARY_VIEW: _l("查阅法规"),
    Permission.UNIT_MANAGE: _l("维护单位"),
    Permission.UNIT_VIEW: _l("查看单位"),
    Permission.PORTAL_USE: _l("登录和管理本人账号"),
    Permission.STUDY_FORMS: _l("维护学习形式"),
    Permission.STUDY_MANAGE: _l("登记学习、安排计划"),
    Permission.STUDY_VIEW: _l("查看学习情况"),
    Permission.SYSTEM_VIEW: _l("查看系统状态"),
}

END_REASONS = {
    "logout": _l("已退出"),
    "own": _l("本人结束"),
    "password": _l("修改密码后结束"),
    "reset": _l("重置密码后结束"),
    "factor": _l("两步验证变更后结束"),
    "disabled": _l("停用后结束"),
    "left": _l("离任后结束"),
}

BROWSERS = {
    "wechat": _l("微信"),
    "dingtalk": _l("钉钉"),
    "QQ": _l("QQ 浏览器"),
    "UC": _l("UC 浏览器"),
    "360": _l("360 浏览器"),
    "sogou": _l("搜狗浏览器"),
}


def allowed(role: Role) -> list[str]:
    """What a role lets its holder do, in the order of the enumeration."""
    return [str(PERMISSION_LABELS[permission]) for permission in Permission if permission in ROLE_GRANTS[role]]
