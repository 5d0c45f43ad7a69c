"""What meetings are called on the pages and in the log, and what is said when a rule refuses."""

from flask_babel import lazy_gettext as _l

KIND_LABELS = {
    "party_group": _l("党组会"),
    "standing_committee": _l("常委会"),
    "executive": _l("常务会议"),
    "joint": _l("联席会议"),
    "dispatch": _l("调度会"),
    "assessment": _l("研判会"),
    "office": _l("局务会"),
}
STATE_LABELS = {
    "planned": _l("拟开"),
    "held": _l("已开"),
    "recorded": _l("已归档"),
    "cancelled": _l("已取消"),
}
STATE_COLOURS = {"planned": "blue", "held": "amber", "recorded": "green", "cancelled": "grey"}
ITEM_LABELS = {
    "first_topic": _l("第一议题"),
    "study": _l("学习"),
    "report": _l("听取汇报"),
    "deliberate": _l("审议"),
    "case": _l("研究案件"),
    "other": _l("其他"),
}
DECISION_LABELS = {"open": _l("待落实"), "done": _l("已落实"), "dropped": _l("不再执行")}
DECISION_COLOURS = {"open": "amber", "done": "green", "dropped": "grey"}
DUE_LABELS = {
    "overdue": _l("已逾期"),
    "soon": _l("7 天内到期"),
    "later": _l("未到期"),
    "no_date": _l("无期限"),
    "closed": _l("已结束"),
}
DUE_LAMPS = {"overdue": "red", "soon": "amber", "later": "green", "no_date": "grey", "closed": "grey"}

MESSAGES = {
    "meeting-step": _l("会议当前的状态不能这样操作。请刷新页面后核对。"),
    "meeting-not-yet": _l("会议日期还没到，不能登记为已开。"),
    "meeting-closed": _l("会议已归档或已取消，不能再改。需要更正时，请先“退回修改”。"),
    "decision-closed": _l("这项议定事项已经结束。"),
    "note-missing": _l("请写明情况。"),
    "item-has-decisions": _l("这个议题下有议定事项，不能删除。"),
    "decision-reported": _l("已有落实情况填报，不能删除。不再执行的，请在落实情况里办结。"),
    "item-elsewhere": _l("所选议题不在这次会议里。请刷新页面后重选。"),
    "owner-unknown": _l("没有找到工号为“%(number)s”的在用人员。"),
    "owner-elsewhere": _l("负责人不在所选单位，请改选单位或负责人。"),
}

ACTIONS = {
    "meeting.create": _l("登记会议"),
    "meeting.update": _l("修改会议"),
    "meeting.state": _l("变更会议状态"),
    "agenda.create": _l("添加议题"),
    "agenda.update": _l("修改议题"),
    "agenda.restore": _l("恢复议题"),
    "decision.delete": _l("删除议定事项"),
    "decision.restore": _l("恢复议定事项"),
    "agenda.delete": _l("删除议题"),
    "agenda.move": _l("调整议题顺序"),
    "decision.create": _l("登记议定事项"),
    "decision.update": _l("修改议定事项"),
    "decision.follow-up": _l("填报落实情况"),
    "decision.close": _l("办结议定事项"),
    "meeting.export": _l("导出会议台账"),
    "meeting.minutes": _l("生成会议纪要"),
}

FIELDS = {
    "meetings.kind": _l("会议类型"),
    "meetings.state": _l("状态"),
    "meetings.number": _l("期次"),
    "meetings.title": _l("会议名称"),
    "meetings.unit_id": _l("单位"),
    "meetings.held_on": _l("日期"),
    "meetings.begins": _l("开始时间"),
    "meetings.ends": _l("结束时间"),
    "meetings.place": _l("地点"),
    "meetings.chair": _l("主持人"),
    "meetings.present": _l("出席"),
    "meetings.observers": _l("列席"),
    "meetings.absent": _l("请假"),
    "meetings.keeper": _l("记录人"),
    "meetings.signed_by": _l("签发人"),
    "meetings.signed_on": _l("签发日期"),
    "meetings.created_by": _l("登记人编号"),
    "meetings.created_at": _l("登记时间"),
    "agenda_items.meeting_id": _l("会议编号"),
    "agenda_items.position": _l("序号"),
    "agenda_items.kind": _l("议题类型"),
    "agenda_items.title": _l("议题"),
    "agenda_items.presenter": _l("汇报人"),
    "agenda_items.conclusion": _l("结论"),
    "decisions.meeting_id": _l("会议编号"),
    "decisions.item_id": _l("议题编号"),
    "decisions.no": _l("序号"),
    "decisions.text": _l("议定事项"),
    "decisions.unit_id": _l("责任单位"),
    "decisions.owner_id": _l("责任人"),
    "decisions.due_on": _l("完成期限"),
    "decisions.state": _l("落实情况"),
    "decisions.closed_on": _l("办结日期"),
    "follow_ups.decision_id": _l("议定事项编号"),
    "follow_ups.at": _l("填报时间"),
    "follow_ups.author_id": _l("填报人编号"),
    "follow_ups.author_name": _l("填报人"),
    "follow_ups.note": _l("进展"),
    "follow_ups.closes": _l("办结方式"),
}
