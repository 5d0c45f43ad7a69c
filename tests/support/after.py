"""Exams that are sat elsewhere, re-sits and certificates, for tests."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.exams.models import ExamRound, PaperSection, RosterEntry
from portal.exams.models_records import Certificate
from portal.exams.rules.round import RosterStatus, RoundKind, RoundState
from portal.exams.services import certificates, recorded
from portal.exams.services.recorded import Result
from tests.support.exams import EVERYBODY, build_round, enrol
from tests.support.people import Office

DAY = date(2026, 3, 2)


def build_elsewhere(session: Session, office: Office, *, title: str = "市级统考", **more: Any) -> ExamRound:
    """A round that is sat elsewhere and over: 100 points, 60 to pass, 90 for excellent."""
    now = clock.now()
    values = {
        "kind": RoundKind.SUPERIOR, "full_marks": 10_000, "opens": now - timedelta(days=40),
        "closes": now - timedelta(days=39), "per_type": 1, "people": EVERYBODY,
    }  # fmt: skip
    round_ = build_round(session, office, title=title, **{**values, **more})
    for section in session.scalars(select(PaperSection).where(PaperSection.round_id == round_.id)):
        session.delete(section)
    session.flush()
    return round_


def score(session: Session, round_: ExamRound, user: User, points: int, day: date = DAY) -> Any:
    """Put a result on record, in whole points."""
    return recorded.put(
        session, actor=system_viewer(), now=clock.now(), round_=round_, user=user, result=Result(points * 100, day)
    )


def certificate(round_: ExamRound, user: User, serial: int) -> Certificate:
    """A certificate out of nothing, for lists."""
    return Certificate(
        round_id=round_.id, user_id=user.id, year=2020, serial=serial, number=f"2020-{serial:06d}", code=f"C{serial}",
        name=user.name, unit_name="单位", title=round_.title, score=9000, sat_on=DAY, issued_at=clock.now(),
    )  # fmt: skip


def book(*rows: list[Any], more: dict[str, list[list[Any]]] | None = None) -> bytes:
    """A workbook of one sheet, or with `more` of several."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "成绩"
    for row in rows:
        sheet.append(row)
    for name, lines in (more or {}).items():
        other = made.create_sheet(name)
        for line in lines:
            other.append(line)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def closed(round_: ExamRound, *, since: timedelta = timedelta(days=1)) -> datetime:
    """Let a round be over, and say now."""
    now = clock.now()
    round_.closes_at = now - since
    if round_.opens_at >= round_.closes_at:
        round_.opens_at = round_.closes_at - timedelta(days=7)
    return now


def fill_after(session: Session, office: Office, past: ExamRound) -> dict[str, object]:
    """Rows for the pages of what comes after an exam."""
    now = clock.now()
    enrol(session, past, office.people["manager"], status=RosterStatus.DEFERRED, reason="因公出差")
    again = build_round(
        session, office, title="2025年度学法考试（补考）", people=("liaison",), kind=RoundKind.RESIT,
        main_round_id=past.id, opens=now - timedelta(days=20), closes=now - timedelta(days=10),
    )  # fmt: skip
    superior = build_elsewhere(session, office)
    row = score(session, superior, office.people["cadre"], 92)
    score(session, superior, office.people["leader"], 55)
    certificates.issue(session, actor=system_viewer(), now=now, round_=superior)
    held = session.scalars(select(Certificate).where(Certificate.round_id == superior.id)).one()
    paper = build_elsewhere(
        session, office, title="纸笔考试", kind=RoundKind.PAPER, state=RoundState.DRAFT, people=("cadre",)
    )
    assert session.scalar(select(RosterEntry.id).where(RosterEntry.round_id == again.id)) is not None
    return {"superior": superior.id, "score": row.id, "certificate": held.id, "paper": paper.id}
