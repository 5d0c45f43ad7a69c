"""Past sessions as the imports know them: where they go, how they are judged, and what is said about a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.imports.registry import Importer, Mode, Target, as_they_are, reasons, register
from portal.imports.workbook import check_xlsx
from portal.study.importing import judging, writing
from portal.study.importing import known as there

COLUMNS = {
    "ref": _l("编号"),
    "day": _l("日期"),
    "kind": _l("形式"),
    "title": _l("名称"),
    "unit": _l("单位"),
    "organiser": _l("组织单位"),
    "begins": _l("开始时间"),
    "ends": _l("结束时间"),
    "minutes": _l("时长（分钟）"),
    "place": _l("地点"),
    "chair": _l("主持人"),
    "lecturer": _l("授课人"),
    "lecturer_post": _l("授课人职务"),
    "expected": _l("应到"),
    "attended": _l("实到"),
    "present": _l("参加人员"),
    "observer": _l("列席人员"),
    "leave": _l("请假人员"),
    "absent": _l("缺席人员"),
    "extra": _l("无账号人数"),
    "topics": _l("学习内容"),
    "speakers": _l("发言人"),
    "summary": _l("学习纪要"),
    "publicity": _l("同时计为普法活动"),
}
# Of the other two sheets.
_MORE = {
    "number": _l("工号"),
    "name": _l("姓名"),
    "status": _l("到会"),
    "note": _l("备注"),
    "override": _l("单独计算（分钟）"),
    "override_reason": _l("单独计算原因"),
    "make_up": _l("补学"),
    "make_up_due": _l("补学期限"),
    "make_up_on": _l("补学日期"),
    "make_up_note": _l("补学说明"),
    "topic": _l("发言题目"),
}

SENTENCES = {
    "bad-date": _l("“%(value)s”不是日期，请写成 2022-05-18 或 2022年5月中下旬，须有年份"),
    "not-yet": _l("日期还没到"),
    "bad-kind": _l("没有“%(value)s”这种形式，可填：%(names)s"),
    "title-missing": _l("没有填写"),
    "too-long": _l("最多 %(most)s 个字"),
    "bad-time": _l("“%(value)s”不是时间，请写成 09:30"),
    "times-order": _l("须晚于开始时间"),
    "bad-number": _l("“%(value)s”不是 0 到 %(most)s 之间的整数"),
    "bad-yes": _l("“%(value)s”看不懂，请填“是”或“否”"),
    "no-unit": _l("没有找到单位“%(value)s”，或不在您的管理范围内"),
    "unit-ambiguous": _l("不止一个单位叫“%(value)s”，请填单位编码"),
    "person-unknown": _l(
        "没有找到“%(value)s”，或不在您的管理范围内。请改正姓名；没有账号的人员请去掉姓名，计入“无账号人数”"
    ),
    "person-ambiguous": _l("有 %(count)s 人叫“%(value)s”，请改填工号"),
    "person-mismatch": _l("“%(value)s”与工号对应的姓名“%(name)s”不一致"),
    "person-twice": _l("“%(value)s”写了两次，只算一次"),
    "person-two-answers": _l("“%(value)s”既是%(first)s又是%(second)s，请留一个"),
    "bad-word": _l("“%(value)s”看不懂，可填：%(words)s"),
    "reason-missing": _l("单独计算学时须填写原因"),
    "no-session": _l("学习记录里没有编号“%(value)s”"),
    "ref-twice": _l("编号“%(value)s”出现了两次，不知道名单是哪一次的"),
    "only-counted": _l("没有姓名，%(value)s 人记为无账号人数，不计个人学时"),
    "count-differs": _l("写的是 %(value)s 人，名单是 %(count)s 人，以名单为准"),
    "twice": _l("与%(where)s重复"),
}


def target(_session: Session, viewer: Viewer, _args: Mapping[str, Any]) -> Target:
    """The sessions that the viewer keeps; the batch remembers whose view it was judged by."""
    return Target({"by": viewer.id}, str(_("集体学习")), url_for("study.session_list"))


def known(session: Session, options: Mapping[str, Any]) -> there.Known:
    """What the uploader may know of."""
    return there.load(session, options["by"])


def sentence(code: str, params: Mapping[str, str]) -> str:
    """A note in words: the column first, as it is called in the sheet, and the line where it is another sheet's."""
    if code == "unread-sheet":
        return str(_("工作表“%(name)s”没有找到标题行（日期、形式、名称），没有读取。", **params))
    if code == "there":
        return str(_("已有同一单位、日期、形式和名称的学习记录。"))
    if code == "listed":
        return str(_("名单 %(people)s 人，发言 %(speeches)s 人次", **params))
    text = str(SENTENCES[code]) % {name: value or "—" for name, value in params.items()}
    said = _("“%(column)s”列：%(text)s", column=(COLUMNS | _MORE)[params["column"]], text=text)
    return f"{params['at']}，{said}" if params.get("at") else str(said)


def failed(rows: Sequence[Any]) -> tuple[list[str], Iterable[list[Any]]]:
    """The rows that do not come in, as they stood in the file, with the reasons."""
    heads = [*(str(label) for label in COLUMNS.values()), str(_("位置")), str(_("未导入的原因"))]
    return heads, (
        [*(row.payload["cells"].get(name, "") for name in COLUMNS), row.place, reasons(row, sentence)] for row in rows
    )


KINDS = {"session": _l("学习"), "line": _l("名单、发言")}

register(
    Importer(
        kind="study",
        label=_l("学习记录"),
        permission=Permission.STUDY_MANAGE,
        mode=Mode.WHOLE,
        suffixes=(".xlsx",),
        parse="portal.study.importing.reading:parse",
        check=check_xlsx,
        target=target,
        known=known,
        judge=judging.judge,
        prepare=as_they_are,
        write=writing.write,
        sentence=sentence,
        failed=failed,
        help=_l(
            "Excel 文件（.xlsx）。每行一次学习，须有日期、形式、名称；参加人员写姓名或工号，用顿号隔开。"
            "导出的完整台账可以原样导入。"
        ),
        kinds=KINDS,
        template="study.import_template",
    )
)
