"""What leaves the results: sheets, and reminders for those who have not sat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core import clock
from portal.core.viewer import Viewer
from portal.exams.models import ExamRound
from portal.exams.rules.round import RoundKind


def note_export(session: Session, *, actor: Viewer, now: datetime, round_id: int, title: str, sheet: str) -> None:
    """Write down that a sheet with people's results left the portal."""
    subject = ("exam_rounds", str(round_id), f"{title} / {sheet}")
    note(session, actor=actor, at=now, action="results.export", subject=subject)


@dataclass(frozen=True)
class Absentees:
    """Those of one unit who have not sat, and the text that reminds them."""

    unit_id: int
    unit_name: str
    people: list[Any]
    text: str


def by_unit(rows: Sequence[Any], round_: ExamRound, *, site: str, phone: str, over: bool = False) -> list[Absentees]:
    """Group the lines of queries.results.absent by unit; who is answering right now needs no reminder."""
    found = []
    for unit_id, group in groupby(rows, key=lambda row: row.unit_id):
        members = list(group)
        text = reminder(round_, [(members[0].unit_name, names_of(members))], site=site, phone=phone, over=over)
        found.append(Absentees(unit_id, members[0].unit_name, members, text))
    return found


def names_of(rows: Sequence[Any]) -> list[str]:
    """The names to remind."""
    return [row.name for row in rows if row.outcome != "sitting"]


def reminder(
    round_: ExamRound, units: Sequence[tuple[str, list[str]]], *, site: str, phone: str, over: bool = False
) -> str:
    """A text to paste into a chat group: exam, deadline, names by unit, how to enter, whom to ask. "" for nobody.

    Once the exam is `over` nobody is asked to hurry any more.
    """
    named = [(unit, names) for unit, names in units if names]
    if not named:
        return ""
    lines = [*_head(round_, over=over), *(f"{unit}（{len(names)}）：{'、'.join(names)}" for unit, names in named)]
    if round_.kind.online and not over:
        lines.append(_("参加办法：用工号登录“%(site)s”，打开“考试”，点“开始考试”。", site=site))
    if phone:
        lines.append(_("咨询电话：%(phone)s", phone=phone))
    return "\n".join(lines)


def _head(round_: ExamRound, *, over: bool) -> list[str]:
    """What it is, until when, and what is asked."""
    again = round_.kind is RoundKind.RESIT or round_.main_round_id is not None
    title = _("【补考提醒】%(title)s", title=round_.title) if again else _("【考试提醒】%(title)s", title=round_.title)
    if not round_.kind.online:
        return [title, _("以下人员没有参加或没有成绩，请核对并安排补考：")]
    day = f"{clock.to_local(round_.closes_at):%Y-%m-%d %H:%M}"
    if over:
        return [title, _("考试已于 %(day)s 结束，以下人员没有参加，补考时间另行通知：", day=day)]
    return [
        title,
        _("截止时间：%(day)s，答题时长 %(minutes)s 分钟。", day=day, minutes=round_.minutes),
        _("以下人员尚未参加，请尽快完成："),
    ]


def reminders_of_deferred(rows: Sequence[Any], round_: ExamRound, *, site: str, phone: str) -> list[Absentees]:
    """Those of each unit whose deferral has not ended in a re-sit yet, with a text to paste into a chat group."""
    found = []
    for unit_id, group in groupby(rows, key=lambda row: row.unit_id):
        members = list(group)
        text = "\n".join(_deferred_lines(members, round_, site, phone))
        found.append(Absentees(unit_id, members[0].unit_name, members, text))
    return found


def _deferred_lines(members: Sequence[Any], round_: ExamRound, site: str, phone: str) -> list[str]:
    names = "、".join(
        _("%(name)s（缓考至 %(day)s）", name=row.name, day=row.deferred_until) if row.deferred_until else row.name
        for row in members
    )
    lines = [
        _("【缓考提醒】%(title)s", title=round_.title),
        _("以下人员已批准缓考，须参加补考，请做好准备："),
        f"{members[0].unit_name}（{len(members)}）：{names}",
        _("补考时间另行通知，届时用工号登录“%(site)s”参加。", site=site),
    ]
    return [*lines, _("咨询电话：%(phone)s", phone=phone)] if phone else lines
