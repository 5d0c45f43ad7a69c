"""What sitting an exam is called on the pages, and what is said when a rule refuses."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "attempt-closed": _l("这场考试已经交卷，不能再作答。"),
    "attempt-open": _l("这个人还在答题，交卷后才能作废。"),
    "bad-answer": _l("收到的答案格式不对，没有保存。请刷新页面后重试。"),
    "bad-revision": _l("收到的答案序号不对，没有保存。请刷新页面后重试。"),
    "no-such-option": _l("收到的选项不在题目里，没有保存。请刷新页面后重试。"),
    "marking-by-hand-open": _l("还有题目等待人工评分。"),
    "not-on-roster": _l("您不在这场考试的名单里。如有疑问，请联系本单位学法普法联络员。"),
    "exempt": _l("您在这场考试中为免考，不必参加。"),
    "deferred": _l("您在这场考试中为缓考，请等待补考安排。"),
    "round-not-online": _l("这场考试不在本系统作答。"),
    "round-not-open": _l("考试还没有开始。"),
    "round-closed": _l("考试已经结束。"),
    "already-passed": _l("您已及格，不必再考。"),
    "no-attempts-left": _l("可参加的次数已用完。"),
    "deadline-moved-back": _l("只能延长时间，不能提前。"),
    "not-enough-questions": _l("试卷里有大题的题目不够，请联系考试管理员。"),
    "attempt-not-found": _l("没有找到这份答卷。"),
}

ACTIONS = {"attempt.void": _l("作废答卷")}

FIELDS = {
    "attempts.state": _l("状态"),
    "attempts.score": _l("得分"),
}

TYPE_LABELS = {
    "single": _l("单选题"),
    "multiple": _l("多选题"),
    "judge": _l("判断题"),
    "fill": _l("填空题"),
    "short": _l("简答题"),
}
