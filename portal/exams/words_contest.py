"""What contests are called on the pages, and what is said when a rule refuses."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "contest-not-open": _l("竞赛不在开放时间内，不能报名。"),
    "contest-no-minutes": _l("这场竞赛按题计时，开始作答后不能加时。请在开考前到人员名单里设置加时。"),
    "question-closed": _l("第 %(place)s 题的时间已到，答案不再接收。请接着答下一题。"),
}

ACTIONS = {
    "contest.update": _l("修改竞赛设置"),
    "contest.join": _l("报名参加竞赛"),
    "contest.consent": _l("设置排行榜是否显示姓名"),
}

FIELDS = {
    "contests.round_id": _l("考试"),
    "contests.question_seconds": _l("每题限时（秒）"),
    "contests.self_enrol": _l("允许自行报名"),
    "contests.names": _l("排行榜姓名"),
    "contests.board_during": _l("竞赛期间谁可看排行榜"),
    "contests.board_after": _l("竞赛结束后谁可看排行榜"),
    "contests.least_people": _l("单位参加排名的最少人数"),
    "contest_consents.round_id": _l("考试"),
    "contest_consents.user_id": _l("人员"),
    "contest_consents.agreed": _l("同意显示姓名"),
    "contest_consents.at": _l("时间"),
}

NAMES_LABELS = {
    "agreed": _l("只显示同意者的姓名"),
    "all": _l("显示全部姓名"),
    "own": _l("只让各人看到自己的名次"),
}

AUDIENCE_LABELS = {
    "organisers": _l("仅组织者"),
    "participants": _l("已交卷的参赛人"),
    "everybody": _l("参赛范围内所有人"),
}

VALUES = {
    "contests.names": NAMES_LABELS,
    "contests.board_during": AUDIENCE_LABELS,
    "contests.board_after": AUDIENCE_LABELS,
}
