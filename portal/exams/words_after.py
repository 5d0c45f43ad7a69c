"""What re-sits, results from elsewhere, certificates and codes are called, and what is said when a rule refuses."""

from flask_babel import lazy_gettext as _l

SCORE_MESSAGES = {
    "score-unread": _l("“%(value)s”不是成绩。请填数字，没有参加的填“缺考”。"),
    "score-decimals": _l("“%(value)s”：成绩最多保留两位小数。"),
    "score-range": _l("成绩须在 0 到 %(most)s 分之间。"),
    "day-unread": _l("“%(value)s”不是日期，请写成 2025-11-03。"),
    "day-ahead": _l("考试日期 %(day)s 还没有到。"),
}

MESSAGES = {
    **SCORE_MESSAGES,
    "results-no-heading": _l("没有找到标题行。表里要有一行写着“工号”或“姓名”，并有“成绩”。"),
    "results-changed": _l("“%(name)s”的成绩或名单在预览之后有变动，没有写入任何成绩。请重新上传核对。"),
    "round-online": _l("这场考试在本系统作答，成绩由系统评定，不能录入。"),
    "not-listed": _l("%(name)s不在名单里，请先加入名单。"),
    "not-due": _l("%(name)s在名单上是缓考或免考，请先改为应考。"),
    "score-there": _l("%(name)s已有成绩，请用“更正”修改。"),
    "has-score": _l("%(name)s已有成绩，不能改为缓考或免考。请先撤销成绩。"),
    "reason-missing-score": _l("请填写更正或撤销成绩的原因。"),
    "reason-missing-void": _l("请填写作废原因。"),
    "certificate-voided": _l("这张证书已经作废。"),
    "no-certificates": _l("模拟考试不发合格证书。"),
    "nobody-deserves": _l("没有需要发证的人员：及格人员都已有有效证书，或还没有人及格。"),
    "resit-too-early": _l("考试结束后才能组织补考。"),
    "resit-of-resit": _l("这已经是补考。再次补考请从正考的补考页面组织。"),
    "resit-not-for-kind": _l("模拟和竞赛不设补考。"),
    "resit-going-on": _l("补考“%(title)s”还没有结束，请结束后再组织下一次。"),
    "nobody-resits": _l("没有需要补考的人员。"),
    "closes-before-opens": _l("结束时间须晚于开始时间。"),
    "entry-unchanged": _l("已经是这个状态，没有改动。"),
    "entry-not-yours": _l("这一行不在您管理的名单里。"),
    "compare-too-many": _l("一次最多对比 %(most)s 场考试。"),
    "code-refused": _l("考试码不正确、已失效，或考试不在开放时间。请核对后重新输入，或联系发码人。"),
    "nobody-gets-code": _l("没有需要考试码的人员。"),
    "codes-too-late": _l("考试没有发布或已经结束，不能再发考试码。"),
}

ACTIONS = {
    "score.record": _l("录入考试成绩"),
    "score.correct": _l("更正考试成绩"),
    "score.strike": _l("撤销考试成绩"),
    "score.import": _l("导入考试成绩"),
    "certificate.issue": _l("发放合格证书"),
    "certificate.void": _l("作废合格证书"),
    "resit.create": _l("组织补考"),
    "roster.status": _l("批量修改应考状态"),
    "bulletin.export": _l("导出考试情况通报"),
    "code.issue": _l("打印考试码"),
    "code.void": _l("作废考试码"),
    "session.code": _l("用考试码登录"),
}

FIELDS = {
    "exam_rounds.full_marks": _l("满分"),
    "exam_rounds.main_round_id": _l("正考"),
    "roster_entries.deferred_until": _l("缓考至"),
    "recorded_scores.round_id": _l("考试"),
    "recorded_scores.user_id": _l("人员"),
    "recorded_scores.score": _l("成绩"),
    "recorded_scores.sat_on": _l("考试日期"),
    "recorded_scores.certificate": _l("证书编号"),
    "recorded_scores.created_at": _l("录入时间"),
    "recorded_scores.updated_at": _l("修改时间"),
    "certificates.voided_at": _l("作废时间"),
    "certificates.void_reason": _l("作废原因"),
    "recorded": _l("新成绩"),
    "corrected": _l("修改的成绩"),
    "score": _l("成绩"),
    "sat_on": _l("考试日期"),
    "format": _l("格式"),
}

DEFERRAL_LABELS = {
    "open": _l("缓考中"),
    "due": _l("已到期，待补考"),
    "resit": _l("已列入补考"),
    "done": _l("补考已考"),
}
DEFERRAL_COLOURS = {"open": "blue", "due": "red", "resit": "amber", "done": "green"}
