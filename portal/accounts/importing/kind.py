"""Units and people as the imports know them: where they go, how they are judged, and what is said about a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.accounts.importing import known as there
from portal.accounts.importing import people, units, writing
from portal.core import clock
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.imports.registry import (
    Importer,
    Judgement,
    Mode,
    RowNote,
    Target,
    Verdict,
    as_they_are,
    reasons,
    register,
)
from portal.imports.workbook import check_xlsx

COLUMNS = {
    "number": _l("工号"),
    "name": _l("姓名"),
    "unit_code": _l("单位编码"),
    "unit": _l("单位"),
    "position": _l("职务"),
    "leader": _l("领导干部"),
    "is_leader": _l("领导干部"),
    "state": _l("状态"),
    "code": _l("单位编码"),
    "unit_name": _l("单位名称"),
    "kind": _l("类别"),
    "parent": _l("上级单位编码"),
}

SENTENCES = {
    "change": _l("%(old)s → %(new)s"),
    "number-missing": _l("没有填写"),
    "bad-number": _l("“%(value)s”不是工号，只能用字母、数字和横线，最多 32 个字符"),
    "number-twice": _l("与%(where)s重复"),
    "number-foreign": _l("“%(value)s”已有人使用，且不在您管辖的单位"),
    "bad-name": _l("应为 1 至 50 个字"),
    "bad-position": _l("最多 200 个字"),
    "bad-leader": _l("“%(value)s”看不懂，请填“是”或“否”"),
    "state-differs": _l("“%(value)s”与系统中不同，请在人员页面变更状态"),
    "unit-missing": _l("没有填写单位"),
    "no-unit": _l("没有找到单位“%(value)s”"),
    "unit-mismatch": _l("“%(value)s”与编码对应的单位“%(name)s”不一致"),
    "unit-ambiguous": _l("有 %(count)s 个单位叫“%(value)s”，请填单位编码，或写成“上级/单位”"),
    "unit-closed": _l("“%(name)s”已停用，请改为在用的单位"),
    "code-twice": _l("“%(code)s”在文件里出现过"),
    "bad-code": _l("“%(value)s”不是单位编码，只能用字母、数字和 . _ -"),
    "bad-unit-name": _l("应为 1 至 200 个字"),
    "bad-kind": _l("“%(value)s”不是单位类别，请填：区、局、科室、街道、社区、站点、部门"),
    "code-foreign": _l("“%(code)s”已被使用，且不在您管辖的单位"),
    "unit-moved": _l("类别或上级单位与系统中不同，请在单位页面调整"),
    "no-parent": _l("没有找到在用的上级单位“%(value)s”"),
    "wrong-place": _l("这一类单位不能设在所填的上级单位之下"),
}


def target(_session: Session, viewer: Viewer, _args: Mapping[str, Any]) -> Target:
    """The people whom the viewer keeps; the batch remembers whose view it was judged by."""
    return Target({"by": viewer.id}, str(_("人员")), url_for("accounts.people"))


def known(session: Session, options: Mapping[str, Any]) -> there.Known:
    """What the uploader may know of."""
    return there.load(session, options["by"], clock.today())


def judge(parsed: Any, found: there.Known, _options: Mapping[str, Any]) -> Judgement:
    """Every row of both sheets."""
    unit_rows, coming = units.judge_units(parsed["units"], found)
    rows = [*unit_rows, *people.judge_people(parsed["people"], found, units.Units(found, coming))]
    kinds = [row.kind for row in rows]
    return Judgement(
        rows=rows,
        warnings=[RowNote("unread-sheet", {"name": name}) for name in parsed["unread"]],
        extra={"kinds": {kind: kinds.count(kind) for kind in KINDS}},
    )


def sentence(code: str, params: Mapping[str, str]) -> str:
    """A note in words: the column first, as it is called on the page."""
    if code == "unread-sheet":
        return str(_("工作表“%(name)s”没有找到标题行（工号、姓名；或单位编码、单位名称、类别），没有读取。", **params))
    text = str(SENTENCES[code]) % {name: value or "—" for name, value in params.items()}
    return str(_("“%(column)s”列：%(text)s", column=COLUMNS[params["column"]], text=text))


def failed(rows: Sequence[Any]) -> tuple[list[str], Iterable[list[Any]]]:
    """The rows that do not come in, as they stood in the file, with the reasons."""
    cells = ("number", "name", "unit_code", "unit", "position", "leader")
    heads = [*(str(COLUMNS[cell]) for cell in cells), str(_("位置")), str(_("未导入的原因"))]
    return heads, ([*_cells(row, cells), row.place, reasons(row, sentence)] for row in rows)


def _cells(row: Any, names: Sequence[str]) -> list[str]:
    found = row.payload["cells"]
    if "code" in found:  # a unit
        found = {"unit_code": found["code"], "unit": found["name"]}
    return [found.get(name, "") for name in names]


KINDS = {
    "new": _l("新人员"),
    "changed": _l("有修改的人员"),
    "same": _l("无变化人员"),
    "person": _l("有问题的人员"),
    "unit-new": _l("新单位"),
    "unit-changed": _l("有修改的单位"),
    "unit-same": _l("无变化单位"),
    "unit": _l("有问题的单位"),
}

register(
    Importer(
        kind="people",
        label=_l("单位和人员"),
        permission=Permission.USER_MANAGE,
        mode=Mode.WHOLE,
        suffixes=(".xlsx",),
        parse="portal.accounts.importing.reading:parse",
        check=check_xlsx,
        target=target,
        known=known,
        judge=judge,
        prepare=as_they_are,  # nobody gets a password before their slip is printed: there is nothing to hash
        write=writing.write,
        sentence=sentence,
        failed=failed,
        help=_l(
            "Excel 文件（.xlsx）。人员须有工号、姓名、单位（编码或名称）；单位须有编码、名称、类别、上级单位编码。"
        ),
        kinds=KINDS,
        verdicts={Verdict.DUPLICATE: _l("无变化")},
        template="accounts.people_template",
        next_step=(_l("打印首次密码条"), "accounts.slips"),
    )
)
