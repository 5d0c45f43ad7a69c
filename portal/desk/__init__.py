"""What a person keeps at hand: saved views of lists, favourites, search, and work on many rows at once."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

bp = Blueprint("desk", __name__)

MESSAGES = {
    "bulk-done": _l("已处理 %(done)s 条，未处理 %(left)s 条。"),
    "view-no-name": _l("请填写视图名称。"),
    "view-name-long": _l("视图名称最多 %(most)s 个字。"),
    "view-name-taken": _l("您已有名为“%(name)s”的视图，请换一个名称，或打开那个视图后更新它。"),
    "view-too-long": _l("筛选条件太多，无法存为视图，请减少条件。"),
    "view-too-many": _l("每个列表最多存 %(most)s 个视图，请先删除不用的。"),
    "view-not-to-share": _l("您没有共享视图的权限，可以存为自己的视图。"),
    "row-in-use": _l("别的记录还关联着它，不能删除。请先解除关联。"),
    "undo-gone": _l("不能再撤销：已经恢复过，删除超过一天，或所属的记录已不在。"),
    "bulk-none": _l("没有选中任何记录，请先勾选。"),
    "bulk-too-many": _l("一次最多处理 %(most)s 条，请先缩小筛选范围。"),
    "bulk-filter": _l("“%(label)s”的筛选值无效，没有处理任何记录。请回到列表重新筛选。"),
    "bulk-at-work": _l("后台正在处理，请先在“我的任务”中取消。"),
    "bulk-stopped": _l("按要求不再处理。"),
    "bulk-over": _l("这次操作已经完成，不能再次执行。"),
    "bulk-not-allowed": _l("您没有这项操作的权限。"),
    "bulk-fault": _l("系统出错，这一条没有处理，请稍后单独重试。"),
    "bulk-actor-gone": _l("操作人的账号已不可用，没有继续处理。"),
}

ACTIONS = {
    "view.create": _l("存为视图"),
    "view.update": _l("修改视图"),
    "view.delete": _l("删除视图"),
    "view.restore": _l("恢复视图"),
    "bulk.run": _l("批量操作"),
    "bulk.export": _l("导出处理结果"),
}

FIELDS = {
    "saved_views.name": _l("视图名称"),
    "saved_views.list_name": _l("列表"),
    "saved_views.arguments": _l("筛选、排序和列"),
    "saved_views.shared": _l("共享"),
    "saved_views.owner_id": _l("保存人"),
    "saved_views.deleted_at": _l("删除时间"),
    "bulk_runs.done": _l("已处理"),
    "bulk_runs.left": _l("未处理"),
}

from portal.desk import bulk_views, favourite_views, marks, models, saved_views, search_views, tasks  # noqa: F401

bp.record_once(lambda state: marks.init_app(state.app))  # type: ignore[arg-type]
