"""What the course of an attempt is called on the pages: states, events, and what became of late answers."""

from flask_babel import lazy_gettext as _l

STATE_LABELS = {
    "in_progress": _l("正在答题"),
    "grace": _l("正在答题"),
    "expired": _l("已交卷，待出分"),
    "submitted": _l("已交卷"),
    "voided": _l("已作废"),
}

EVENT_LABELS = {
    "start": _l("开始答题"),
    "takeover": _l("换到另一台设备或浏览器继续"),
    "blur": _l("离开答题页"),
    "focus": _l("回到答题页"),
    "offline": _l("网络中断"),
    "online": _l("网络恢复"),
    "late": _l("交卷后才送达的答案"),
    "stale": _l("换设备后，原来的页面送来的答案"),
    "submit": _l("交卷"),
}

# code -> (what became of it, colour of the tag)
FATES = {
    "filled": (_l("填入空白题，已计入"), "green"),
    "replaced": (_l("曾填入空白题，后来改答"), "grey"),
    "same": (_l("与答卷相同"), "green"),
    "kept-out": (_l("未计入，以现有答案为准"), "grey"),
    "too-late": (_l("已交卷，未计入"), "grey"),
}
