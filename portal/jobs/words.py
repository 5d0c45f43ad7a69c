"""What jobs are called on the pages, and what is said when one does not go well."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "job-fault": _l("处理时程序出错，已记入日志，没有留下做到一半的内容。请重试；仍不行请联系系统管理员。"),
    "job-gave-up": _l("这项任务连续三次使后台进程中断，已停止自动重试，没有留下做到一半的内容。请联系系统管理员。"),
    "job-cancelled": _l("已按要求取消，没有留下做到一半的内容。"),
    "job-over": _l("这项任务已经结束，不能取消。"),
    "job-not-over": _l("这项任务还没有结束，不用重试。"),
    "export-refused": _l("您已没有导出这份名单的权限，没有生成文件。"),
    "exported": _l("已导出 %(count)s 行。"),
}

ACTIONS = {
    "job.download": _l("下载任务结果"),
}

STATE_LABELS = {
    "queued": _l("排队中"),
    "running": _l("进行中"),
    "done": _l("已完成"),
    "failed": _l("没有完成"),
    "cancelled": _l("已取消"),
}
