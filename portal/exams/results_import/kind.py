"""Results as the imports know them: where they go, how they are judged, and what is said about a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.exams.queries import rounds
from portal.exams.results_import import judging, known, writing
from portal.exams.rules.round import RoundState
from portal.exams.words_after import SCORE_MESSAGES
from portal.imports.registry import Importer, Judgement, Mode, RowNote, Target, Verdict, as_they_are, reasons, register
from portal.imports.workbook import check_xlsx
from portal.web.arguments import number

COLUMNS = {
    "number": _l("工号"), "name": _l("姓名"), "unit": _l("单位"), "score": _l("成绩"), "sat_on": _l("考试日期"),
    "certificate": _l("证书编号"),
}  # fmt: skip
KINDS = {
    "new": _l("新成绩"),
    "changed": _l("有修改的成绩"),
    "same": _l("无变化的成绩"),
    "absent": _l("名单上的未考人员"),
    "listed": _l("加入名单，没有成绩"),
    "sum": _l("不是人员（合计、表头等）"),
    "bad": _l("有问题的行"),
}
SENTENCES = {
    **SCORE_MESSAGES,
    "unread-sheet": _l("工作表“%(name)s”没有找到标题行（工号或姓名，以及成绩），没有读取。"),
    "no-person": _l("没有工号和姓名，或是合计、表头，不作为成绩。"),
    "no-number": _l("没有找到工号为“%(value)s”的人员，或不在您的管理范围内。"),
    "no-name": _l("没有找到叫“%(value)s”的人员，或不在您的管理范围内。请补填工号。"),
    "name-twice": _l("有 %(count)s 个人叫“%(value)s”，请填工号，或填准确的单位。"),
    "other-name": _l("姓名是“%(value)s”，与工号对应的“%(name)s”不一致。"),
    "row-twice": _l("与%(where)s是同一个人。"),
    "will-list": _l("不在名单里，将加入名单，单位按现在所在单位记。"),
    "score-stands": _l("已有成绩，文件里却是“%(value)s”。如需取消成绩，请在个人成绩中逐人处理。"),
    "status-differs": _l("文件里是“%(value)s”，与名单上的状态不同。请先在人员名单中修改。"),
    "not-due": _l("名单上是缓考或免考，却有成绩。请先在人员名单中改为应考。"),
    "certificate-long": _l("证书编号最多 60 个字符。"),
    "score-changes": _l("成绩 %(old)s → %(new)s"),
    "day-changes": _l("考试日期 %(old)s → %(new)s"),
    "certificate-changes": _l("证书编号 %(old)s → %(new)s"),
}


def target(session: Session, viewer: Viewer, args: Mapping[str, Any]) -> Target:
    """A round that is sat elsewhere, of those that the viewer manages; the batch remembers whose view it was."""
    asked = number(str(args.get("round", "")))
    found = rounds.by_id(session, viewer, asked, manage=True) if asked is not None else None
    if found is None or found.kind.online or found.state is RoundState.ARCHIVED:
        raise LookupError(asked)
    options = {"round": found.id, "by": viewer.id}
    return Target(options, found.title, url_for("exams.round_page", round_id=found.id))


def load_known(session: Session, options: Mapping[str, Any]) -> judging.Known:
    """What the uploader may know of."""
    return known.load(session, round_id=options["round"], user_id=options["by"], today=clock.today())


def judge(parsed: Any, found: judging.Known, _options: Mapping[str, Any]) -> Judgement:
    """Every row of every sheet."""
    rows = judging.judge_rows(parsed["rows"], found)
    kinds = [row.kind for row in rows]
    return Judgement(
        rows=rows,
        warnings=[RowNote("unread-sheet", {"name": name}) for name in parsed["unread"]],
        extra={"kinds": {kind: kinds.count(kind) for kind in KINDS}},
    )


def sentence(code: str, params: Mapping[str, str]) -> str:
    """A note in words."""
    return str(SENTENCES[code]) % dict(params)


def failed(rows: Sequence[Any]) -> tuple[list[str], Iterable[list[Any]]]:
    """The rows that do not come in, as they stood in the file, with the reasons."""
    heads = [*(str(label) for label in COLUMNS.values()), str(_("位置")), str(_("未导入的原因"))]
    return heads, (
        [*(row.payload["cells"][cell] for cell in COLUMNS), row.place, reasons(row, sentence)] for row in rows
    )


register(
    Importer(
        kind="results",
        label=_l("考试成绩"),
        permission=Permission.ROUND_MANAGE,
        mode=Mode.WHOLE,
        suffixes=(".xlsx",),
        parse="portal.exams.results_import.reading:parse",
        check=check_xlsx,
        target=target,
        known=load_known,
        judge=judge,
        prepare=as_they_are,
        write=writing.write,
        sentence=sentence,
        failed=failed,
        help=_l(
            "Excel 文件（.xlsx），有工号（或姓名和单位）和成绩即可，也可有考试日期、证书编号；"
            "上级平台导出的表一般可直接上传。"
            "成绩栏写“缺考”“缓考”“免考”的人员照样计入名单。"
        ),
        kinds=KINDS,
        verdicts={Verdict.DUPLICATE: _l("无须导入")},
        template="exams.results_template",
    )
)
