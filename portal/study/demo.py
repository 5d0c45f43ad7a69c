"""The demo's year of study: sessions of every form with 120 people, speeches, make-up, self-study and a plan.

The same each time; only the dates follow the day of loading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.core.calendar import next_workday
from portal.core.viewer import Viewer
from portal.demo.places import BUREAU_CODE, DISTRICT_CODE, SUBDISTRICTS, subdistrict_code
from portal.meetings.demo import load_meetings
from portal.meetings.models import AgendaItem
from portal.org.models import Unit
from portal.study.models import StudyAttendance, StudyKind, StudySession
from portal.study.queries.attendance import with_status
from portal.study.rules.attendance import MISSED, Attendance
from portal.study.rules.hours import PlanItemKind
from portal.study.rules.recurrence import Recurrence, dates_of
from portal.study.rules.session import Precision, SessionState
from portal.study.services import attendance, ledger, own, plans, series, sessions
from portal.study.services.linking import Topic
from portal.study.services.plans import ItemValues, PlanValues
from portal.study.services.sessions import Values

RECORDER = "Y1007"
READERS = 24


@dataclass(frozen=True)
class _Held:
    """A session of the year: month and day, form, title, unit, list, and so on."""

    month: int
    day: int
    kind: str
    title: str
    unit: str
    listed: str
    begins: str = "09:00"
    ends: str = "10:30"
    precision: Precision = Precision.DAY
    lecturer: str = ""
    lecturer_post: str = ""
    own: bool = True
    organiser: str = ""
    speakers: int = 0
    publicity: bool = False


SESSIONS = (
    _Held(2, 24, "mobilisation", "年度普法工作动员部署会", BUREAU_CODE, DISTRICT_CODE),
    _Held(3, 18, "centre_group", "理论学习中心组学习：依法行政", BUREAU_CODE, BUREAU_CODE, speakers=3),
    _Held(4, 15, "branch", "党支部学习：国家安全法律知识", BUREAU_CODE, BUREAU_CODE, speakers=2),
    _Held(
        5, 20, "watching", "集中收看条例宣传月启动仪式", BUREAU_CODE, DISTRICT_CODE, "", "", Precision.MIDDLE_LATE,
        own=False, organiser="市信访局", publicity=True,
    ),
    _Held(6, 12, "training", "群众诉求录入审核工作培训会", BUREAU_CODE, DISTRICT_CODE, "14:30", "17:00"),
    _Held(7, 9, "discussion", "重复信访治理交流研讨", BUREAU_CODE, BUREAU_CODE, speakers=6),
    _Held(
        8, 21, "lecture", "《信访工作条例》专题讲座", BUREAU_CODE, DISTRICT_CODE, "09:00", "11:30",
        lecturer="许明屿", lecturer_post="市委党校教授",
    ),
    _Held(9, 16, "court", "旁听行政诉讼案件庭审", BUREAU_CODE, BUREAU_CODE, "09:30", "11:30"),
    _Held(10, 22, "centre_group_extended", "理论学习中心组（扩大）学习", BUREAU_CODE, DISTRICT_CODE, speakers=4),
    _Held(11, 12, "training", "复查复核业务培训会", BUREAU_CODE, DISTRICT_CODE, "14:30", "16:30"),
)  # fmt: skip
# What sub-districts hold by themselves: month, form, title, topic.
LOCAL = (
    (3, "branch", "街道法律知识学习会", "《信访工作条例》第三条、第十九条"),
    (6, "lecture", "社区干部法治讲座", "《信访工作条例》第二十二条至第二十四条"),
    (10, "training", "基层信访业务培训", "《信访工作条例》第三十一条"),
)
LOCAL_HOLDERS = 7
READING = (
    "《信访工作条例》第二十二条",
    "《信访工作条例》第三十一条",
    "《信访工作条例》第三十四条",
    "行政复议法修订要点",
)


def load_study(session: Session, now: datetime) -> None:
    """Write meetings, sessions, self-study and the plan of the year. Units and people must be there."""
    today = clock.to_local(now).date()
    recorder = viewer_of(session, session.scalars(select(User.id).where(User.number == RECORDER)).one())
    units = {row.code: row.id for row in session.execute(select(Unit.code, Unit.id))}
    places = [units[subdistrict_code(name)] for name in SUBDISTRICTS]
    topics = load_meetings(session, actor=recorder, now=now, today=today, bureau=units[BUREAU_CODE], places=places)
    kinds = {row.code: row.id for row in session.execute(select(StudyKind.code, StudyKind.id))}
    _first_topics(session, recorder, now, today, kinds["first_topic"], units[BUREAU_CODE], topics)
    for held in SESSIONS:
        if date(today.year, held.month, held.day) <= today:
            _hold(session, recorder, now, today, kinds, units, held)
    for turn, unit_id in enumerate(places[:LOCAL_HOLDERS]):
        _local(session, recorder, now, today, kinds, unit_id, turn)
    _planned(session, recorder, now, today, kinds["first_topic"], units[BUREAU_CODE])
    _reading(session, now, today)
    _plan(session, recorder, now, today.year, kinds, units[DISTRICT_CODE])


def _first_topics(
    session: Session, actor: Viewer, now: datetime, today: date, kind: int, bureau: int, topics: Sequence[AgendaItem]
) -> None:
    """One session for each first topic of a party group meeting."""
    for month, topic in enumerate(topics, start=1):
        values = Values(
            kind_id=kind, title=f"党组第一议题：{topic.title}", unit_id=bureau,
            day=next_workday(date(today.year, month, 8)), begins="09:00", ends="09:40",
            place="局会议室", chair="局长", agenda_item_id=topic.id,
        )  # fmt: skip
        row = _enter(session, actor, now, today, values, [topic.title])
        attendance.add_unit(session, actor=actor, now=now, today=today, row=row, unit_id=bureau, leaders=True)
        _finish(session, actor, now, today, row, month, speakers=month % 3)


def _hold(
    session: Session, actor: Viewer, now: datetime, today: date, kinds: dict[str, int], units: dict[str, int],
    held: _Held,
) -> None:  # fmt: skip
    values = Values(
        kind_id=kinds[held.kind], title=held.title, unit_id=units[held.unit],
        day=date(today.year, held.month, held.day), precision=held.precision, begins=held.begins, ends=held.ends,
        minutes=None if held.begins else 120, place="" if held.kind == "court" else "区机关会议中心",
        lecturer=held.lecturer, lecturer_post=held.lecturer_post, own=held.own, organiser=held.organiser,
        publicity=held.publicity,
    )  # fmt: skip
    row = _enter(session, actor, now, today, values, [held.title.split("：")[-1]])
    attendance.add_unit(session, actor=actor, now=now, today=today, row=row, unit_id=units[held.listed])
    _finish(session, actor, now, today, row, held.month, speakers=held.speakers)


def _local(
    session: Session, actor: Viewer, now: datetime, today: date, kinds: dict[str, int], unit_id: int, turn: int
) -> None:
    """One or more sessions of a sub-district for its own people."""
    for month, kind, title, topic in LOCAL[turn % 3 :]:
        day = next_workday(date(today.year, month, 4 + 3 * turn))
        if day > today:
            continue
        values = Values(
            kind_id=kinds[kind], title=title, unit_id=unit_id, day=day, begins="14:30", ends="16:00", place="街道会议室"
        )
        row = _enter(session, actor, now, today, values, [topic])
        attendance.add_unit(session, actor=actor, now=now, today=today, row=row, unit_id=unit_id)
        _finish(session, actor, now, today, row, month, speakers=1)


def _enter(
    session: Session, actor: Viewer, now: datetime, today: date, values: Values, topics: Sequence[str]
) -> StudySession:
    row = sessions.create(session, actor=actor, now=now, today=today, values=values, state=SessionState.HELD)
    told = [Topic(title) for title in topics]
    sessions.set_topics(session, actor=actor, now=now, today=today, row=row, topics=told)
    return row


def _finish(
    session: Session, actor: Viewer, now: datetime, today: date, row: StudySession, turn: int, *, speakers: int
) -> None:
    """Mark the list: every eleventh was on leave, every seventeenth absent; some make it up; some speak."""
    turn_of = (StudyAttendance.user_id + turn) % 17
    for status, remainder in ((Attendance.LEAVE, 5), (Attendance.ABSENT, 11)):
        session.execute(
            update(StudyAttendance)
            .where(StudyAttendance.session_id == row.id, turn_of == remainder)
            .values(status=status, marked_at=now, marked_by=actor.id)
        )
    attendance.mark_rest(session, actor=actor, now=now, today=today, row=row, status=Attendance.PRESENT)
    missed = with_status(session, row.id, MISSED)
    attendance.ask_make_up(session, actor=actor, now=now, row=row, people=missed)
    for person in missed[::2]:
        attendance.report_make_up(
            session, actor=actor, now=now, today=today, row=row, person=person, note_text="已自学讲稿并摘记要点。"
        )
    _speeches(session, actor, now, today, row, speakers)
    ledger.settle_session(session, now=now, row=row)
    if row.first_day.month < today.month:
        sessions.set_state(session, actor=actor, now=now, today=today, row=row, state=SessionState.RECORDED)


def _speeches(session: Session, actor: Viewer, now: datetime, today: date, row: StudySession, count: int) -> None:
    present = session.execute(
        select(User.id, User.name)
        .join(StudyAttendance, StudyAttendance.user_id == User.id)
        .where(StudyAttendance.session_id == row.id, StudyAttendance.status == Attendance.PRESENT)
        .order_by(User.is_leader.desc(), func.abs(User.id - row.id * 7))
        .limit(count)
    )
    for minutes, person in enumerate(present, start=6):
        sessions.add_speech(
            session, actor=actor, now=now, today=today, row=row, name=person.name, user_id=person.id,
            topic="结合岗位谈学习体会", minutes=minutes,
        )  # fmt: skip


def _planned(session: Session, actor: Viewer, now: datetime, today: date, kind: int, bureau: int) -> None:
    """The first topic of each month to come until next spring."""
    values = Values(
        kind_id=kind, title="党组第一议题学习", unit_id=bureau, day=today + timedelta(days=1), begins="09:00",
        ends="09:40", place="局会议室",
    )  # fmt: skip
    rule = Recurrence(weekday=0, nth=2)
    days = dates_of(rule, values.day, today + timedelta(days=150))
    series.create(session, actor=actor, now=now, today=today, values=values, rule=rule, days=days)


def _reading(session: Session, now: datetime, today: date) -> None:
    """Some people read by themselves, and some say what they thought."""
    readers = session.scalars(select(User.id).order_by(User.id).limit(READERS)).all()
    for index, user_id in enumerate(readers):
        for step in range(index % 3 + 1):
            own.read(
                session, actor=viewer_of(session, user_id), now=now, today=today,
                title=READING[(index + step) % len(READING)],
                read_on=max(today - timedelta(days=9 * step + index), date(today.year, 1, 1)), minutes=20 + 10 * step,
                reflection="办理时先看受理范围，再看期限，告知要写明理由。" if (index + step) % 4 == 0 else "",
            )  # fmt: skip


def _plan(session: Session, actor: Viewer, now: datetime, year: int, kinds: dict[str, int], district: int) -> None:
    values = PlanValues(year=year, title=f"{year}年度干部学法计划", unit_id=district, note="全体干部参加。")
    plan = plans.create(session, actor=actor, now=now, values=values)
    for item in (
        ItemValues(PlanItemKind.MINUTES, "全年学法不少于 10 学时", 600),
        ItemValues(PlanItemKind.SESSIONS, "参加专题讲座", 1, kinds["lecture"], due_on=date(year, 9, 30)),
        ItemValues(PlanItemKind.SESSIONS, "参加业务培训", 2, kinds["training"]),
        ItemValues(PlanItemKind.ARTICLES, "自学条例条文", 2),
    ):
        plans.add_item(session, actor=actor, now=now, plan=plan, values=item)
    plans.publish(session, actor=actor, now=now, plan=plan)
