"""The demo's meetings: a party group meeting each month with its first topic, and joint meetings with decisions."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.core.calendar import next_workday
from portal.core.viewer import Viewer
from portal.meetings import services
from portal.meetings.models import AgendaItem, Meeting
from portal.meetings.rules import DecisionState, ItemKind, MeetingKind, MeetingState
from portal.meetings.services import DecisionValues, Values

FIRST_TOPICS = (
    "学习全面依法治国有关论述",
    "学习《信访工作条例》总则",
    "学习法治政府建设实施纲要",
    "学习《信访工作条例》关于信访事项办理的规定",
    "学习宪法和民法典有关规定",
    "学习领导干部应知应会法律法规清单",
)
DECISIONS = (
    "梳理本季度重复信访事项，逐件明确包案领导。",
    "组织一次群众诉求录入审核培训。",
    "完善接访场所指引和公示内容。",
    "汇总物业管理领域突出问题，提出完善政策建议。",
)


def load_meetings(
    session: Session, *, actor: Viewer, now: datetime, today: date, bureau: int, places: list[int]
) -> list[AgendaItem]:
    """Write the year's meetings of the bureau; `places` are units that carry out decisions. Gives the first topics."""
    topics = []
    for month in range(1, today.month + 1):
        held = next_workday(date(today.year, month, 8))
        if held > today:
            break
        meeting = _hold(
            session,
            actor,
            now,
            today,
            unit=bureau,
            kind=MeetingKind.PARTY_GROUP,
            title="局党组会",
            held=held,
            number=month,
        )
        title = FIRST_TOPICS[(month - 1) % len(FIRST_TOPICS)]
        topics.append(
            services.add_item(
                session,
                actor=actor,
                now=now,
                meeting=meeting,
                kind=ItemKind.FIRST_TOPIC,
                title=title,
                presenter="办公室",
                conclusion="会议要求结合实际抓好学习贯彻。",
            )
        )
        if month % 3 == 0:
            _joint(session, actor, now, today, bureau, places, next_workday(held + timedelta(days=5)), month // 3)
        elif month % 2 == 0:
            _finish(session, actor, now, today, meeting)
    return topics


def _hold(
    session: Session, actor: Viewer, now: datetime, today: date, *, unit: int, kind: MeetingKind, title: str,
    held: date, number: int,
) -> Meeting:  # fmt: skip
    values = Values(
        kind=kind, number=f"{held.year}年第{number}次", title=title, unit_id=unit, held_on=held, begins="09:00",
        ends="10:30", place="局会议室", keeper="办公室",
    )  # fmt: skip
    meeting = services.create(session, actor=actor, now=now, values=values)
    services.set_state(session, actor=actor, now=now, today=today, meeting=meeting, state=MeetingState.HELD)
    return meeting


def _joint(
    session: Session, actor: Viewer, now: datetime, today: date, bureau: int, places: list[int], held: date, number: int
) -> None:
    """A joint meeting with a decision for each of four units, some of them done, one late."""
    meeting = _hold(
        session, actor, now, today, unit=bureau, kind=MeetingKind.JOINT, title="信访工作联席会议",
        held=min(held, today), number=number,
    )  # fmt: skip
    item = services.add_item(
        session, actor=actor, now=now, meeting=meeting, kind=ItemKind.DELIBERATE, title="研究重点信访事项化解"
    )
    for index, text in enumerate(DECISIONS):
        values = DecisionValues(
            text=text, unit_id=places[(number + index) % len(places)], item_id=item.id,
            due_on=held + timedelta(days=20 + 10 * index),
        )  # fmt: skip
        decision = services.add_decision(session, actor=actor, now=now, meeting=meeting, values=values)
        services.follow_up(
            session, actor=actor, now=now, today=today, decision=decision, note="已部署，正在推进。",
            closes=DecisionState.DONE if (number + index) % 3 else None,
        )  # fmt: skip


def _finish(session: Session, actor: Viewer, now: datetime, today: date, meeting: Meeting) -> None:
    services.set_state(
        session, actor=actor, now=now, today=today, meeting=meeting, state=MeetingState.RECORDED, signed_by="局长",
        signed_on=meeting.held_on + timedelta(days=3),
    )  # fmt: skip
