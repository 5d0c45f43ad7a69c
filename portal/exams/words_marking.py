"""What marking by hand and regrades are called on the pages, and what is said when a rule refuses."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "trial-cancelled": _l("试算已取消。"),
    "trial-done": _l("已算完 %(count)s 份答卷。"),
    "regrade-by-hand": _l("简答题由人工评分，不能更正答案。请改选“全员给分”或“作废本题”，或退回重阅。"),
    "regrade-no-key": _l("请选择正确答案。"),
    "regrade-key-unsound": _l("所选答案与题型不符，请核对后重选。"),
    "regrade-same-key": _l("所选的与现在的评分办法相同，没有需要改判的。"),
    "regrade-nothing-left": _l("这是试卷上最后一道计分的题，不能作废。请改选“全员给分”。"),
    "regrade-not-draft": _l("这次改判已经提交，不能再改。请刷新页面后核对。"),
    "regrade-not-applied": _l("这次改判没有生效，无须撤销。"),
    "regrade-not-latest": _l("只能撤销最近一次改判。请先撤销它之后的改判。"),
    "regrade-under-way": _l("这场考试有一次改判正在计算，请等它完成后再操作。"),
    "regrade-reason": _l("请填写原因，最多 200 个字。"),
    "regrade-one-key": _l("题库里的题只能有一个正确答案，请取消“同时更正题库”后再确认。"),
    "regrade-bank-not-yours": _l("您不能修改这道题所在的题库，请取消“同时更正题库”后再确认。"),
    "regrade-bank-moved-on": _l("题库里的这道题已改写，请到题库核对，并取消“同时更正题库”后再确认。"),
    "rubric-line": _l("看不懂第 %(line)s 行。请每行写一条，格式为“要点 | 分值”，最多 20 条。"),
    "rubric-sum": _l("各条分值合计 %(total)s 分，须等于本题满分 %(points)s 分。"),
    "marking-begun": _l("已经开始阅卷，不能再改评分办法。确需修改的，请先把已阅的答案退回重阅。"),
    "mark-own": _l("不能评阅自己的答案。"),
    "mark-twice": _l("这份答案您已评过。"),
    "mark-done": _l("这份答案刚由别人评完，已转到下一份。"),
    "mark-missing": _l("请给每一条打分。"),
    "mark-range": _l("打分须在 0 分到该条满分之间。"),
    "mark-none": _l("这份答案还没有评分。"),
    "mark-reason": _l("请填写退回原因，最多 200 个字。"),
}

ACTIONS = {
    "regrade.try": _l("试算改判"),
    "regrade.discard": _l("取消改判试算"),
    "regrade.confirm": _l("确认改判"),
    "regrade.apply": _l("改判生效"),
    "regrade.ask-undo": _l("申请撤销改判"),
    "regrade.undo": _l("撤销改判"),
    "marking.set-up": _l("设置阅卷办法"),
    "marking.set-rubric": _l("修改评分细则"),
    "marking.clear-rubric": _l("清除评分细则"),
    "marking.give": _l("阅卷评分"),
    "marking.reopen": _l("退回重阅"),
}

FIELDS = {
    "regrades.round_id": _l("考试"),
    "regrades.version_id": _l("题目"),
    "regrades.no": _l("改判序号"),
    "regrades.mode": _l("改判方式"),
    "regrades.keys": _l("改判后的答案"),
    "regrades.state": _l("状态"),
    "regrades.reason": _l("原因"),
    "regrades.undo_reason": _l("撤销原因"),
    "regrades.new_version_id": _l("题库新版本"),
    "regrades.made_by": _l("经办人"),
    "regrades.made_at": _l("试算时间"),
    "regrades.applied_at": _l("生效时间"),
    "regrades.undone_at": _l("撤销时间"),
    "marking_settings.round_id": _l("考试"),
    "marking_settings.markers": _l("评阅人数"),
    "marking_settings.limit": _l("分差上限"),
    "marking_rubrics.round_id": _l("考试"),
    "marking_rubrics.version_id": _l("题目"),
    "marking_rubrics.criteria": _l("评分细则"),
    "points": _l("得分"),
    "remark": _l("评语"),
    "before": _l("原评分"),
}

MODE_LABELS = {
    "key": _l("更正答案"),
    "accept": _l("多个答案都算对"),
    "full": _l("全员给分"),
    "void": _l("作废本题"),
}
MODE_NOTES = {
    "key": _l("原来的答案错了，改按新答案评分。"),
    "accept": _l("原来的答案对，另选的也对。"),
    "full": _l("凡抽到这道题的都得满分，未答的也得。"),
    "void": _l("这道题不计分，其余各题按比例折算到原满分。"),
}
REGRADE_STATES = {
    "draft": _l("试算，未生效"),
    "confirmed": _l("正在生效"),
    "applied": _l("已生效"),
    "undoing": _l("正在撤销"),
    "undone": _l("已撤销"),
}
REGRADE_COLOURS = {"draft": "amber", "confirmed": "blue", "applied": "green", "undoing": "blue", "undone": "grey"}

VALUES = {"regrades.mode": MODE_LABELS, "regrades.state": REGRADE_STATES}
