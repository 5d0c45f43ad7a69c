"""What stands on a 合格证书: a Chinese document, whatever the language of the page around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.core import clock
from portal.exams.rules.certificate import shown_code
from portal.web import pdf
from portal.web.forms import points_text

HEADING = "合格证书"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One certificate, ready to print."""

    id: int
    code: str
    name: str
    sentence: str
    number: str
    shown_code: str
    hint: str
    issuer: str
    day: str
    voided: str
    heading: str = HEADING
    square: str = "扫码验证"


def sheet_of(row: Mapping[str, Any], issuer: str) -> Sheet:
    """The sheet of a row of the table of certificates."""
    sat, issued = row["sat_on"], clock.to_local(row["issued_at"])
    return Sheet(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        sentence=(
            f"{row['name']}同志（{row['unit_name']}）于 {sat.year} 年 {sat.month} 月 {sat.day} 日参加{row['title']}，"
            f"成绩 {points_text(row['score'])} 分，考试合格，特发此证。"
        ),
        number=f"证书编号：{row['number']}",
        shown_code=f"验证码：{shown_code(row['code'])}",
        hint="登录系统后扫码，或在“验证证书”中输入验证码和姓名",
        issuer=issuer,
        day=f"{issued.year} 年 {issued.month} 月 {issued.day} 日",
        voided="已作废" if row["voided_at"] else "",
    )


def unwritable(sheet: Sheet) -> str:
    """The characters of a sheet that a PDF cannot hold."""
    return pdf.unwritable(sheet.sentence + sheet.issuer)
