"""What rounds, rosters and results are called on the pages, and what is said when a rule refuses."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "round-transition": _l("考试当前的状态不能这样操作。请刷新页面后核对。"),
    "round-still-open": _l("考试还没有结束，结束后才能归档。"),
    "round-not-draft": _l("考试已经发布，这一项不能再改。"),
    "round-not-published": _l("考试还没有发布。"),
    "round-archived": _l("考试已经归档，不能再改。"),
    "closes-not-later": _l("结束时间只能往后延，不能提前。"),
    "unit-out-of-scope": _l("这个单位不在您的管理范围内。"),
    "bank-out-of-scope": _l("这个题库不在您可使用的范围内。"),
    "paper-empty": _l("试卷还没有题目。"),
    "paper-fixed": _l("试卷已固定题目。请先改回按规则抽题，再调整大题。"),
    "paper-not-fixed": _l("试卷是按规则抽题的，没有固定题目。"),
    "no-other-question": _l("题库里没有可换的题目了。"),
    "question-not-usable": _l("这道题不能加到这个大题里：题型或题库不符，或已在试卷中。"),
    "last-question": _l("大题至少保留一道题。不需要这个大题时，请改回按规则抽题后删除。"),
    "person-not-found": _l("没有找到工号为“%(number)s”的在用人员，或不在您的管理范围内。"),
    "already-on-roster": _l("%(name)s已在名单里。"),
    "nobody-added": _l("没有新增人员：所选单位的人员都已在名单里。"),
    "reason-missing": _l("缓考、免考须填写原因。"),
    "extra-minutes-range": _l("加时须在 0 到 %(most)s 分钟之间。"),
    "check-list-stops": _l("还有 %(count)s 项须改，改好后才能发布。"),
    "reason-missing-minutes": _l("请填写加时原因。"),
    "not-sitting": _l("%(name)s没有正在进行的答卷，不能加时。"),
    "has-attempt": _l("%(name)s已经开考，不能改为缓考或免考。如需取消成绩，请作废答卷。"),
    "marks-unread": _l("看不懂成绩表第 %(row)s 行第 %(column)s 列。第一行应为题号，以下每人一行、每题一列，只填数字。"),
    "marks-maxima": _l("满分应为一个数，或每题一个（共 %(count)s 个），用逗号分开。"),
}

ACTIONS = {
    "round.create": _l("新建考试"),
    "round.update": _l("修改考试设置"),
    "round.copy": _l("复制考试"),
    "round.delete": _l("删除考试草稿"),
    "round.publish": _l("发布考试"),
    "round.extend": _l("延长考试"),
    "round.archive": _l("归档考试"),
    "round.export-paper": _l("导出试卷"),
    "round.fix-paper": _l("固定试卷"),
    "round.unfix-paper": _l("改回按规则抽题"),
    "section.create": _l("添加大题"),
    "section.update": _l("修改大题"),
    "section.delete": _l("删除大题"),
    "section.move": _l("调整大题顺序"),
    "paper-item.create": _l("添加试题到试卷"),
    "paper-item.swap": _l("换题"),
    "paper-item.delete": _l("从试卷移除试题"),
    "roster.add-unit": _l("按单位加入考试名单"),
    "roster.create": _l("加入考试名单"),
    "roster.update": _l("修改考试名单"),
    "roster.delete": _l("移出考试名单"),
    "roster.minutes": _l("答题中加时"),
    "attempt.extend": _l("延长答题时间"),
    "results.export": _l("导出考试成绩"),
}

FIELDS = {
    "exam_rounds.title": _l("名称"),
    "exam_rounds.kind": _l("类型"),
    "exam_rounds.state": _l("状态"),
    "exam_rounds.year": _l("年度"),
    "exam_rounds.unit_id": _l("组织单位"),
    "exam_rounds.opens_at": _l("开始时间"),
    "exam_rounds.closes_at": _l("结束时间"),
    "exam_rounds.minutes": _l("答题时长"),
    "exam_rounds.pass_line": _l("及格线"),
    "exam_rounds.excellent_line": _l("优秀线"),
    "exam_rounds.attempts_allowed": _l("可考次数"),
    "exam_rounds.paper_kind": _l("组卷方式"),
    "exam_rounds.notes": _l("考试须知"),
    "exam_rounds.created_at": _l("创建时间"),
    "exam_rounds.published_at": _l("发布时间"),
    "exam_rounds.show_score": _l("成绩"),
    "exam_rounds.show_answers": _l("本人答案"),
    "exam_rounds.show_key": _l("正确答案"),
    "exam_rounds.show_analysis": _l("解析"),
    "paper_sections.title": _l("大题名称"),
    "paper_sections.type": _l("题型"),
    "paper_sections.bank_id": _l("题库"),
    "paper_sections.law_title": _l("法规"),
    "paper_sections.difficulty": _l("难度"),
    "paper_sections.count": _l("题数"),
    "paper_sections.points": _l("每题分值"),
    "paper_sections.partial": _l("漏选计分"),
    "paper_sections.shuffle": _l("打乱顺序"),
    "paper_sections.position": _l("顺序"),
    "paper_sections.round_id": _l("考试"),
    "paper_items.version_id": _l("题目"),
    "roster_entries.status": _l("状态"),
    "roster_entries.reason": _l("原因"),
    "roster_entries.extra_minutes": _l("加时分钟"),
    "roster_entries.user_id": _l("人员"),
    "roster_entries.unit_id": _l("单位"),
    "roster_entries.unit_name": _l("单位"),
    "roster_entries.position": _l("职务"),
    "roster_entries.round_id": _l("考试"),
    "attempts.due_at": _l("交卷期限"),
    "count": _l("数量"),
    "unit": _l("单位"),
    "leaders": _l("仅领导干部"),
    "reason": _l("原因"),
    "source": _l("来源"),
}

KIND_LABELS = {
    "main": _l("正考"),
    "resit": _l("补考"),
    "mock": _l("模拟"),
    "contest": _l("竞赛"),
    "superior": _l("上级统考"),
    "paper": _l("纸笔考试"),
}

PHASE_LABELS = {
    "draft": _l("草稿"),
    "upcoming": _l("未开始"),
    "open": _l("进行中"),
    "closed": _l("已结束"),
    "archived": _l("已归档"),
}
PHASE_COLOURS = {"draft": "grey", "upcoming": "blue", "open": "green", "closed": "amber", "archived": "grey"}

STATUS_LABELS = {"should": _l("应考"), "deferred": _l("缓考"), "exempt": _l("免考")}

WHEN_LABELS = {"at_once": _l("交卷后立即"), "after_closing": _l("考试结束后"), "never": _l("不显示")}

PARTIAL_LABELS = {
    "all": _l("全对才得分"),
    "partial_half": _l("漏选得一半"),
    "partial_each": _l("漏选按比例得分"),
    "weighted": _l("按选项比例得分"),
}

DIFFICULTY_LABELS = {"": _l("不限"), "easy": _l("容易"), "medium": _l("中等"), "hard": _l("较难")}

OUTCOME_LABELS = {
    "passed": _l("及格"),
    "failed": _l("不及格"),
    "waiting": _l("已交卷，待出分"),
    "marking": _l("待阅卷"),
    "sitting": _l("正在答题"),
    "not-sat": _l("未考"),
    "deferred": _l("缓考"),
    "exempt": _l("免考"),
}
OUTCOME_COLOURS = {
    "passed": "green",
    "failed": "red",
    "waiting": "blue",
    "marking": "blue",
    "sitting": "blue",
    "not-sat": "amber",
}

WATCH_LABELS = {
    "waiting": _l("未开始"),
    "sitting": _l("答题中"),
    "silent": _l("离线"),
    "done": _l("已交卷"),
}
WATCH_COLOURS = {"waiting": "grey", "sitting": "blue", "silent": "red", "done": "green"}

# code -> (what stands there, how it is put right)
CHECKS = {
    "times-sound": (_l("起止时间和时长合理。"), ""),
    "closes-before-opens": (_l("结束时间不晚于开始时间。"), _l("请把结束时间改到开始时间之后。")),
    "closes-past": (_l("结束时间已过。"), _l("请把结束时间改到今天以后。")),
    "opens-past": (_l("开始时间已过，发布后立即开考。"), _l("如需预留通知时间，请推迟开始时间。")),
    "window-short": (
        _l("开放时间只有 %(window)s 分钟，短于答题时长 %(minutes)s 分钟。"),
        _l("请延长开放时间，或缩短答题时长。"),
    ),
    "question-clocks-long": (
        _l("每题 %(seconds)s 秒、共 %(count)s 题，合计超过答题时长 %(minutes)s 分钟。"),
        _l("请延长答题时长，或减少每题限时。"),
    ),
    "people-join": (_l("参赛人自行报名，名单可以为空。"), ""),
    "no-sections": (_l("试卷还没有题目。"), _l("请至少添加一个大题。")),
    "by-hand": (_l("大题“%(section)s”是简答题，交卷后须人工阅卷，阅完才有成绩。"), _l("请安排好阅卷人员和时间。")),
    "questions-short": (
        _l("大题“%(section)s”缺 %(missing)s 道题。"),
        _l("请减少题数、放宽条件，或向题库补充题目。"),
    ),
    "questions-enough": (_l("题目够用，共 %(count)s 题。"), ""),
    "total": (_l("总分 %(total)s 分。"), ""),
    "total-unusual": (_l("总分 %(total)s 分，不是 100 分。"), _l("如不是有意为之，请调整题数或每题分值。")),
    "pass-line-high": (_l("及格线 %(line)s 分高于总分 %(total)s 分。"), _l("请降低及格线，或增加题目。")),
    "excellent-line-low": (_l("优秀线低于及格线。"), _l("请把优秀线改到及格线以上。")),
    "excellent-line-high": (_l("优秀线高于总分。"), _l("请降低优秀线，或增加题目。")),
    "lines-sound": (_l("及格线 %(line)s 分，合理。"), ""),
    "people-listed": (_l("应考 %(count)s 人。"), ""),
    "nobody-listed": (_l("名单里没有应考人员。"), _l("请按单位或工号加入人员。")),
    "key-at-once": (
        _l("交卷后立即显示正确答案，先考的人会看到答案。"),
        _l("建议改为考试结束后显示。"),
    ),
    "bank-public": (
        _l("试卷从公开练习的题库抽题，考生考前可以看到题目和答案。"),
        _l("如需保密，请在题库的“题库练习”里改为“开放，考试用题除外”。"),
    ),
}
