"""Units: the district, its sub-districts, communities, stations, departments and sections."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from portal.core.permissions import Permission
from portal.web.navigation import NavItem

bp = Blueprint("org", __name__, url_prefix="/units")

NAV = (NavItem("org.index", _l("单位"), "building", Permission.UNIT_MANAGE, section="org.", group="admin", order=70),)

MESSAGES = {
    "unit-code-taken": _l("单位编码 %(code)s 已被使用。"),
    "unit-parent-inside": _l("不能把单位移到它自己的下级里。"),
    "unit-has-children": _l("“%(name)s”下还有在用的下级单位，请先停用或移走下级。"),
    "unit-has-people": _l("“%(name)s”还有 %(count)s 名在职人员，请先调整他们的单位。"),
    "unit-dates": _l("停用日期不能早于启用日期。"),
    "unit-kind-place": _l("这一类单位不能设在所选的上级单位之下。"),
    "unit-kind-children": _l("现有的下级单位不能设在这一类单位之下，请先调整下级。"),
    "unit-parent-closed": _l("上级单位“%(name)s”已停用，请先恢复上级或改选上级。"),
    "unit-parent-missing": _l("请选择您管辖范围内的上级单位。"),
}

ACTIONS = {
    "unit.create": _l("新建单位"),
    "unit.update": _l("修改单位"),
    "unit.close": _l("停用单位"),
    "unit.reopen": _l("恢复单位"),
}

FIELDS = {
    "units.name": _l("名称"),
    "units.code": _l("编码"),
    "units.kind": _l("类别"),
    "units.parent_id": _l("上级单位"),
    "units.valid_from": _l("启用日期"),
    "units.valid_to": _l("停用日期"),
}

KIND_LABELS = {
    "district": _l("区"),
    "bureau": _l("局"),
    "section": _l("科室"),
    "subdistrict": _l("街道"),
    "community": _l("社区"),
    "station": _l("站点"),
    "department": _l("部门"),
}

from portal.org import at_hand, queries, views  # noqa: F401

VALUES = {"unit_id": queries.names, "parent_id": queries.names, "kind": KIND_LABELS}
