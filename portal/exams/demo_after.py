"""The demo of what comes after an exam: a re-sit of last year's, an imported superior exam, certificates.

The same seed gives the same scores each time; only the dates follow the day of loading.
"""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.viewer import system_viewer
from portal.exams.demo_rounds import sit_some
from portal.exams.models import ExamRound, PaperSection, RosterEntry
from portal.exams.models_records import RecordedScore
from portal.exams.queries import resits
from portal.exams.queries.attempts import section_rules
from portal.exams.rules.round import RosterStatus, RoundKind, RoundState
from portal.exams.services.certificates import issue
from portal.exams.services.resits import COLUMNS

SEED = 1115
ACTOR = system_viewer("演示数据")
_AGAIN = 4
"""So many of those listed for the re-sit do not come again."""
_AWAY = 6
_SECTION = ("position", "title", "type", "bank_id", "law_title", "difficulty", "count", "points", "partial", "shuffle")


def load_after(session: Session, now: datetime, secret: bytes) -> None:
    """Write it. The rounds of `demo_rounds` must be there; the caller commits."""
    rng = random.Random(SEED)
    last = session.scalars(
        select(ExamRound).where(ExamRound.kind == RoundKind.MAIN).order_by(ExamRound.opens_at).limit(1)
    ).one()
    again = _resit(session, last)
    sit_some(session, rng, again, secret, absent=_AGAIN)
    superior = _superior(session, rng, last, now)
    for round_ in (last, again, superior):
        issue(session, actor=ACTOR, now=round_.closes_at + timedelta(days=3), round_=round_)


def _like(main: ExamRound, **changed: object) -> ExamRound:
    """A published round with what the main one has, but for what is given."""
    same = ("year", "unit_id", "minutes", "pass_line", "excellent_line", "notes")
    return ExamRound(
        **{
            **{name: getattr(main, name) for name in same},
            "state": RoundState.PUBLISHED,
            "attempts_allowed": 1,
            **changed,
        }
    )


def _resit(session: Session, main: ExamRound) -> ExamRound:
    """A fortnight later, for those who failed or were absent, with the same paper."""
    opens, closes = main.closes_at + timedelta(days=14), main.closes_at + timedelta(days=21)
    made = _like(
        main, title=f"{main.title}（补考）", kind=RoundKind.RESIT, main_round_id=main.id, opens_at=opens,
        closes_at=closes, created_at=opens - timedelta(days=5), published_at=opens - timedelta(days=3),
    )  # fmt: skip
    session.add(made)
    session.flush()
    for section in section_rules(session, main.id):
        session.add(PaperSection(round_id=made.id, **{name: getattr(section, name) for name in _SECTION}))
    lines = resits.roster_of(main, opens, resit_id=made.id, last_day=clock.to_local(closes).date())
    session.execute(insert(RosterEntry).from_select(COLUMNS, lines))
    session.flush()
    return made


def _superior(session: Session, rng: random.Random, main: ExamRound, now: datetime) -> ExamRound:
    """This spring's exam on the city's platform, whose results came as a sheet."""
    day = clock.to_local(now).date() - timedelta(days=150)
    opens = clock.from_local(datetime.combine(day, time()))
    made = _like(
        main, title=f"{day.year}年市级统一学法考试", kind=RoundKind.SUPERIOR, year=day.year, opens_at=opens,
        closes_at=opens + timedelta(days=1), minutes=1440, full_marks=10_000, pass_line=6000,
        notes="在市级普法平台统一组织，成绩由市级平台导出。", created_at=opens, published_at=opens,
    )  # fmt: skip
    session.add(made)
    session.flush()
    listed = session.scalars(select(RosterEntry).where(RosterEntry.round_id == main.id).order_by(RosterEntry.user_id))
    people = list(listed)
    away = {entry.user_id for entry in rng.sample(people, _AWAY)}
    for number, entry in enumerate(people, start=1):
        session.add(
            RosterEntry(
                round_id=made.id, user_id=entry.user_id, unit_id=entry.unit_id, unit_name=entry.unit_name,
                position=entry.position, status=RosterStatus.SHOULD,
            )
        )  # fmt: skip
        if entry.user_id not in away:
            score = min(100, max(42, round(rng.gauss(82, 11)))) * 100
            session.add(
                RecordedScore(
                    round_id=made.id, user_id=entry.user_id, score=score, sat_on=day,
                    certificate=f"SF{day.year}{number:05d}" if score >= made.pass_line else "", created_at=opens,
                    updated_at=opens,
                )
            )  # fmt: skip
    session.flush()
    return made
