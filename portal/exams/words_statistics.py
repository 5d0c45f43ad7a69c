"""What the item analysis and the quality of banks are called on the pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

LOOK_LABELS: dict[str, LazyString] = {
    "very-easy": _l("太易"),
    "very-hard": _l("太难"),
    "backwards": _l("高分者反而答错"),
    "weak": _l("区分度低"),
}

# What a look at a bank finds, in the order of the page.
QUALITY_LABELS: dict[str, LazyString] = {
    "near": _l("题干相近"),
    "length": _l("正确选项明显最长"),
    "all-above": _l("“以上都对”类选项"),
    "never-right": _l("从未有人答对"),
    "always-right": _l("人人答对"),
    "unused": _l("还没有用过"),
}
QUALITY_NOTES: dict[str, LazyString] = {
    "near": _l("两题题干的相邻字对有八成以上相同，可能是重复题，也可能只差一字而考点不同。"),
    "length": _l("正确选项比其他选项都长一半以上，不看内容也能猜中。"),
    "all-above": _l("这类选项往往就是答案，宜改为具体内容。"),
    "never-right": _l("至少 5 人作答、无人全对，请核对答案和题干。"),
    "always-right": _l("至少 5 人作答、全部答对，起不到考查作用。"),
    "unused": _l("没有出现在已评分的试卷中。"),
}
