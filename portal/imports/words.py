"""What imports are called on the pages, and what is said when a rule refuses."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "import-read": _l("读取完成，请核对后确认导入。"),
    "import-written": _l("已导入 %(count)s 条。"),
    "import-missing": _l("没有找到等待处理的导入，没有写入任何记录。请重试；仍不行请重新上传文件。"),
    "import-refused": _l("您已没有这项导入的权限，没有写入任何记录。"),
    "import-not-ready": _l("这次导入不在等待确认的状态，不能再取消。"),
    "import-nothing-good": _l("没有可以导入的记录。"),
    "import-not-whole": _l("文件里还有 %(count)s 条记录有问题。这类导入要么全部成功，要么都不导入，请改好后重新上传。"),
    "import-fault": _l("读取文件时程序出错，已记入日志。请联系系统管理员。"),
    "import-disk-full": _l("服务器磁盘空间不足，文件没有读完，也没有写入任何数据。请联系系统管理员清理后重试。"),
    "import-expired": _l("上传的文件已过保存期并被清除，请重新上传。"),
    "sheet-locked": _l("文件有密码，或是旧版 Excel（.xls）。请用 Excel 打开，另存为不带密码的 .xlsx 后再上传。"),
    "sheet-not-xlsx": _l("这不是 Excel 文件（.xlsx）。请下载模板填写，或用 Excel 另存为 .xlsx。"),
    "sheet-damaged": _l("文件打不开，可能已损坏。请用 Excel 打开并另存后再上传。"),
    "sheet-long": _l("每个工作表最多 %(most)s 行，请拆分后上传。"),
    "import-too-big": _l("文件超过 %(limit)s MB，请拆分后上传。"),
}

ACTIONS = {
    "import.upload": _l("上传导入文件"),
    "import.accept": _l("确认导入"),
    "import.cancel": _l("取消导入"),
    "import.failed-rows": _l("下载未导入的记录"),
}

FIELDS = {
    "import_batches.kind": _l("导入类别"),
    "import_batches.filename": _l("文件名"),
    "import_batches.size": _l("大小"),
    "import_batches.sha256": _l("文件摘要"),
    "import_batches.state": _l("状态"),
}

STATE_LABELS = {
    "reading": _l("正在读取"),
    "ready": _l("等待确认"),
    "failed": _l("无法读取"),
    "accepting": _l("正在导入"),
    "accepted": _l("已导入"),
    "cancelled": _l("已取消"),
}

VERDICT_LABELS = {
    "accepted": _l("可导入"),
    "duplicate": _l("重复"),
    "rejected": _l("不导入"),
}
