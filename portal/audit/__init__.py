"""The audit log: one entry for every change, written with it, readable by the audit administrator."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.web.navigation import NavItem

bp = Blueprint("audit", __name__, url_prefix="/audit", cli_group="audit")

NAV = (
    NavItem("audit.index", _l("审计日志"), "history", Permission.AUDIT_VIEW, section="audit.", group="admin", order=90),
)

ACTIONS = {
    "audit.export": _l("导出审计日志"),
    "demo.load": _l("写入演示数据"),
}

# Columns that every table has.
FIELDS = {"created_at": _l("建立时间"), "updated_at": _l("修改时间")}

from portal.audit import cli, search, views  # noqa: F401
