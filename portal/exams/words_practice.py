"""What practice is called on the pages and in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.exams.rules.practice import Scope, ScopeKind
from portal.exams.words_bank import TYPE_LABELS

MESSAGES = {
    "practice-while-sitting": _l("您正在考试，练习暂停。请先交卷，再来练习。"),
    "practice-nothing": _l("这里现在没有可以练习的题目，请换一个范围。"),
    "practice-scope": _l("没有这个练习范围。请回到练习页重新选择。"),
    "practice-closed": _l("这道题现在不能练习，答案没有记录。请接着练下一题。"),
    "practice-changed": _l("这道题刚被修改，答案没有记录。请按现在的题面再答一次。"),
    "practice-blank": _l("还没有作答。请选择或填写答案，再提交。"),
    "practice-needed": _l("请填写 1 到 %(most)s 之间的整数。"),
}
ACTIONS = {"bank.practice": _l("设置题库练习")}
FIELDS = {"question_banks.practice": _l("练习")}
RELEASE_LABELS = {
    "off": _l("不开放"),
    "after": _l("开放，考试用题除外"),
    "open": _l("公开题库，全部开放"),
}
RELEASE_NOTES = {
    "off": _l("任何人都不能用本题库练习。"),
    "after": _l("草稿、未开始和进行中的考试可能抽到的题目，考试结束前不出现在练习里。"),
    "open": _l("考试正在抽用的题目也可以练习，并看到答案。适合考前公开的题库。"),
}
VALUES = {"question_banks.practice": RELEASE_LABELS}


def scope_title(scope: Scope, banks: Mapping[str, str]) -> str:
    """The name of a scope; `banks` are names by id as text."""
    if scope.kind is ScopeKind.LAW:
        return _law_title(scope)
    names: dict[ScopeKind, Any] = {
        ScopeKind.DAILY: _("每日十题"),
        ScopeKind.NOTEBOOK: _("错题本"),
        ScopeKind.TYPE: TYPE_LABELS.get(scope.value, ""),
        ScopeKind.BANK: banks.get(scope.value) or _("题库"),
    }
    return str(names[scope.kind])


def _law_title(scope: Scope) -> str:
    law = f"《{scope.value}》"
    if not scope.last:
        return law
    return str(_("%(law)s第 %(first)s 至 %(last)s 条", law=law, first=scope.first, last=scope.last))
