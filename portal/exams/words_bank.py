"""What question banks are called on the pages, and what is said when a rule refuses."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.exams.importers import REASONS
from portal.exams.importers.reasons import PARTS

_PLACE = re.compile(r"\{(\w+)\}")


def sentence(code: str, params: Any) -> str:
    """A code of the question readers in the reader's language."""
    if code not in REASONS:
        return code
    words = {name: _in_words(name, str(value)) for name, value in params.items()}
    return str(gettext(REASONS[code]).format(**words))


def _in_words(name: str, value: str) -> str:
    """A param that names things of other formats by code, in words."""
    if name not in {"kind", "parts"}:
        return value
    return "、".join(gettext(PARTS[part]) if part in PARTS else part for part in value.split(","))


def _message(text: str) -> LazyString:
    """A reader's sentence as the messages keep theirs: with %(name)s places."""
    return LazyString(lambda: _PLACE.sub(r"%(\1)s", gettext(text)))


MESSAGES: dict[str, Any] = {
    **{code: _message(text) for code, text in REASONS.items()},
    "bank-name-taken": _l("题库名称“%(name)s”已被使用。"),
    "bank-not-yours": _l("题库只能归属您负责的单位。"),
    "question-duplicate": _l("题库里已有题干、选项和答案都相同的题目，没有保存。"),
    "question-conflict": _l("题库里已有题干和选项相同但答案不同的题目，请先核对那一道题。"),
    "question-not-yours": _l("这道题不归您管理，没有处理。"),
    "question-retired": _l("本来就已停用，没有改动。"),
    "question-in-use": _l("本来就在使用，没有改动。"),
    "no-unit": _l("系统中还没有单位，请先建立单位。"),
    "bank-missing": _l("没有名为“%(name)s”的题库。"),
    "file-missing": _l("找不到文件：%(name)s"),
}

ACTIONS = {
    "bank.create": _l("新建题库"),
    "bank.update": _l("修改题库"),
    "bank.import": _l("导入题目"),
    "bank.export": _l("导出题库"),
    "question.create": _l("新建题目"),
    "question.update": _l("修改题目"),
    "question.retire": _l("停用题目"),
    "question.restore": _l("恢复题目"),
}

FIELDS = {
    "question_banks.name": _l("题库名称"),
    "question_banks.note": _l("说明"),
    "question_banks.unit_id": _l("归属单位"),
    "questions.type": _l("题型"),
    "questions.stem": _l("题干"),
    "questions.difficulty": _l("难度"),
    "questions.state": _l("状态"),
    "questions.version_no": _l("版本"),
    "questions.same_stem": _l("同题干"),
}

TYPE_LABELS = {
    "single": _l("单选题"),
    "multiple": _l("多选题"),
    "judge": _l("判断题"),
    "fill": _l("填空题"),
    "short": _l("简答题"),
}

FORMAT_LABELS = {
    "excel": _l("Excel 表格"),
    "word": _l("Word 文档"),
    "text-zh": _l("中文文本"),
    "gift": "GIFT",
    "aiken": "Aiken",
    "moodle-xml": "Moodle XML",
    "qti": _l("QTI 题目"),
    "qti-package": _l("QTI 题库包"),
}

EXPORT_LABELS = {
    "xlsx": _l("Excel 表格"),
    "gift": "GIFT",
    "moodle-xml": "Moodle XML",
    "qti": "QTI 2.2",
}
EXPORT_NOTES = {
    "xlsx": _l("可在 Excel、WPS 中修改后重新导入。"),
    "gift": _l("纯文本，Moodle 等学习平台可读。一题只能有一个空，简答题不能另带解析。"),
    "moodle-xml": _l("Moodle 的完整格式，题目内容都能保存。"),
    "qti": _l("国际通用的题库交换格式（压缩包）。文字中的空行会去掉。"),
}
PAPER_LABELS = {
    "paper": _l("试卷"),
    "key": _l("试卷（含答案和解析）"),
    "sheet": _l("答题卡"),
}

# What a question can lose on its way out.
LOSS_LABELS = {
    "whole": _l("整题不能保存"),
    "type": _l("题型"),
    "stem": _l("题干"),
    "options": _l("选项"),
    "key": _l("答案"),
    "analysis": _l("解析"),
    "difficulty": _l("难度"),
    "points": _l("分值"),
    "articles": _l("依据"),
    "tags": _l("知识点"),
    "weights": _l("得分比例"),
}

DIFFICULTY_LABELS = {"": _l("未定"), "easy": _l("易"), "medium": _l("中"), "hard": _l("难")}

QUESTION_STATE_LABELS = {"active": _l("在用"), "retired": _l("停用")}

CHANGE_LABELS = {
    "type": _l("题型"),
    "stem": _l("题干"),
    "option": _l("选项"),
    "key": _l("答案"),
    "weights": _l("得分比例"),
    "analysis": _l("解析"),
    "difficulty": _l("难度"),
    "points": _l("分值"),
    "tags": _l("知识点"),
}
