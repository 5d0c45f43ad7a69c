"""The demo's rounds: one open, last year's with its results, a mock, and one whose short answers wait; two contests.

The same seed gives the same lists, papers, answers and scores each time; only the dates follow the day of loading.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.audit.services import note
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.demo.questions import BANK_NAME
from portal.exams.contest_models import Contest, ContestConsent
from portal.exams.models import (
    AnswerRow,
    Attempt,
    AttemptEvent,
    ExamRound,
    PaperSection,
    QuestionBank,
    RosterEntry,
)
from portal.exams.queries import attempts as queries
from portal.exams.queries.rounds import sections_of
from portal.exams.rules.attempt import AttemptState, due_at
from portal.exams.rules.drawing import SectionRule, draw
from portal.exams.rules.marking import PartialRule
from portal.exams.rules.question import QuestionContent, QuestionType
from portal.exams.rules.round import RosterStatus, RoundKind, RoundState, When
from portal.exams.services import bank as bank_services
from portal.exams.services.attempts import close
from portal.org.models import Unit, UnitScope

SEED = 2026
ACTOR = system_viewer("演示数据")
EXEMPT, DEFERRED, ABSENT = 3, 2, 15
EXEMPT_REASONS = ("产假", "长期病假", "援派在外")
DEFERRED_REASONS = ("因公出差", "住院治疗")
NOTES = (
    "一、请使用本人工号登录，独立作答，不得由他人代考。\n"
    "二、答案随时自动保存；网络中断可继续作答，恢复后自动补存。\n"
    "三、到时自动交卷。可以提前交卷，交卷后不能再改。\n"
    "四、系统记录离开答题页、更换设备等情况，供考试管理员核查，不自动扣分。"
)

# Each: title, type, number of questions, points of each (hundredths), partial rule.
MAIN_PAPER = (
    ("一、单选题", QuestionType.SINGLE, 16, 250, PartialRule.ALL),
    ("二、多选题", QuestionType.MULTIPLE, 10, 300, PartialRule.PARTIAL_HALF),
    ("三、判断题", QuestionType.JUDGE, 10, 200, PartialRule.ALL),
    ("四、填空题", QuestionType.FILL, 4, 250, PartialRule.ALL),
)
CONTEST_PAPER = (
    ("一、单选题", QuestionType.SINGLE, 10, 600, PartialRule.ALL),
    ("二、判断题", QuestionType.JUDGE, 10, 400, PartialRule.ALL),
)
# Of the contest that is over and of the open one: how many have taken part. One in five keeps the name to themselves.
CONTEST_SAT, CONTEST_SITTING = 72, 14
# Twenty questions at thirty seconds take ten minutes at most.
CONTEST_MINUTES = (3, 10)
MOCK_PAPER = (
    ("一、单选题", QuestionType.SINGLE, 10, 500, PartialRule.ALL),
    ("二、判断题", QuestionType.JUDGE, 10, 500, PartialRule.ALL),
)

ESSAY = "结合工作实际，简述《信访工作条例》规定的信访工作原则。"
ESSAY_MODEL = (
    "坚持党的全面领导；（2分）\n坚持以人民为中心；（2分）\n坚持落实信访工作责任；（2分）\n"
    "坚持依法按政策解决问题；（2分）\n坚持源头治理化解矛盾。（2分）"
)
ESSAYS = (
    "信访工作要坚持属地管理、分级负责，谁主管、谁负责。\n群众反映的问题应当在当地解决。",
    "依法、及时、就地解决问题，并与疏导教育相结合；对群众多说明政策，把矛盾化解在基层。",
    "要把群众的事情当作自己的事情来办，做到件件有着落、事事有回音。",
)


@dataclass(frozen=True)
class _Plan:
    """What differs from round to round."""

    title: str
    kind: RoundKind
    opens: datetime
    closes: datetime
    minutes: int
    pass_line: int
    attempts: int | None
    paper: tuple[tuple[str, QuestionType, int, int, PartialRule], ...]


def load_rounds(session: Session, now: datetime, secret: bytes) -> None:
    """Write the four rounds. The bank named `BANK_NAME` and all people must be there; the caller commits.

    `secret` seals last year's attempts, as the site's own secret seals the others.
    """
    rng = random.Random(SEED)
    bank = session.execute(select(QuestionBank).where(QuestionBank.name == BANK_NAME)).scalar_one()
    midnight = clock.to_local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    year = midnight.year

    def at(days: int, hour: int) -> datetime:
        return midnight + timedelta(days=days, hours=hour)

    last = _Plan(
        f"{year - 1}年度学法考试", RoundKind.MAIN, at(-370, 9), at(-356, 18), 60, 8000, 1, MAIN_PAPER
    )  # fmt: skip
    this = _Plan(f"{year}年度学法考试", RoundKind.MAIN, at(-1, 9), at(7, 18), 60, 8000, 1, MAIN_PAPER)
    mock = _Plan(f"{year}年度学法考试模拟", RoundKind.MOCK, at(-10, 9), at(20, 18), 30, 6000, None, MOCK_PAPER)
    old = _round(session, bank, last)
    _sit_all(session, rng, old, secret)
    for plan in (this, mock):
        _round(session, bank, plan)
    essay = _Plan(
        f"{year}年度简答练习", RoundKind.MOCK, at(-5, 9), at(20, 18), 30, 600, 1,
        (("一、简答题", QuestionType.SHORT, 1, 1000, PartialRule.ALL),),
    )  # fmt: skip
    _essays(session, _round(session, _essay_bank(session, now), essay), secret)


def load_contests(session: Session, now: datetime, secret: bytes) -> None:
    """Write last month's contest with its leaderboard, by list, and an open one which anybody may join."""
    rng = random.Random(SEED)
    bank = session.execute(select(QuestionBank).where(QuestionBank.name == BANK_NAME)).scalar_one()
    midnight = clock.to_local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    opens, closes = midnight + timedelta(days=-45, hours=9), midnight + timedelta(days=-30, hours=18)
    over = _Plan("法治宣传月知识竞赛", RoundKind.CONTEST, opens, closes, 60, 6000, 1, CONTEST_PAPER)
    opens, closes = midnight + timedelta(days=-15, hours=9), midnight + timedelta(days=6, hours=18)
    this = _Plan("信访工作条例线上竞赛", RoundKind.CONTEST, opens, closes, 60, 6000, 1, CONTEST_PAPER)
    for plan, taking_part, contest in (
        (over, CONTEST_SAT, Contest(least_people=3)),
        (this, CONTEST_SITTING, Contest(least_people=2, self_enrol=True, question_seconds=30)),
    ):
        round_ = _round(session, bank, plan)
        contest.round_id = round_.id
        session.add(contest)
        entries = list(
            session.scalars(select(RosterEntry).where(RosterEntry.round_id == round_.id).order_by(RosterEntry.user_id))
        )
        chosen, sections = rng.sample(entries, taking_part), sections_of(session, round_)
        for entry in chosen:
            _sit(session, rng, round_, entry, sections, secret, took=CONTEST_MINUTES)
            agreed = rng.random() < 0.8  # noqa: PLR2004  four of five
            session.add(ContestConsent(round_id=round_.id, user_id=entry.user_id, agreed=agreed, at=round_.opens_at))
        if contest.self_enrol:
            kept = [entry.id for entry in chosen]
            session.execute(delete(RosterEntry).where(RosterEntry.round_id == round_.id, RosterEntry.id.not_in(kept)))
        session.flush()


def _round(session: Session, bank: QuestionBank, plan: _Plan) -> ExamRound:
    published = plan.opens - timedelta(days=3)
    round_ = ExamRound(
        title=plan.title,
        kind=plan.kind,
        state=RoundState.PUBLISHED,
        year=clock.to_local(plan.opens).year,
        unit_id=_top(session),
        opens_at=plan.opens,
        closes_at=plan.closes,
        minutes=plan.minutes,
        pass_line=plan.pass_line,
        excellent_line=9000,
        show_key=When.AT_ONCE if plan.kind is RoundKind.MOCK else When.AFTER_CLOSING,
        notes=NOTES,
        created_at=published - timedelta(days=2),
        published_at=published,
    )
    session.add(round_)
    session.flush()
    # An INSERT takes the column's default for None, so "any number" is written after it.
    round_.attempts_allowed = plan.attempts
    for position, (title, type_, count, points, partial) in enumerate(plan.paper):
        session.add(
            PaperSection(
                round_id=round_.id, position=position, title=title, type=type_, bank_id=bank.id,
                count=count, points=points, partial=partial,
            )
        )  # fmt: skip
    _list_everybody(session, round_)
    subject = ("exam_rounds", str(round_.id), round_.title)
    note(session, actor=ACTOR, at=published, action="round.publish", subject=subject)
    return round_


def _essay_bank(session: Session, now: datetime) -> QuestionBank:
    """One 简答, in a bank of its own."""
    bank = bank_services.create_bank(session, actor=ACTOR, now=now, name="简答题（演示）", unit_id=_top(session))
    content = QuestionContent(QuestionType.SHORT, ESSAY, (), (ESSAY_MODEL,))
    bank_services.add_question(session, actor=ACTOR, now=now, bank_id=bank.id, content=content)
    return bank


def _essays(session: Session, round_: ExamRound, secret: bytes) -> None:
    """A few people have written; their answers wait for a marker."""
    sections = sections_of(session, round_)
    entries = session.scalars(
        select(RosterEntry).where(RosterEntry.round_id == round_.id).order_by(RosterEntry.user_id).offset(20).limit(3)
    )
    for entry, text in zip(entries, ESSAYS, strict=False):
        started, ended = round_.opens_at + timedelta(hours=2), round_.opens_at + timedelta(hours=2, minutes=12)
        drawn = draw(sections, SEED)
        attempt = Attempt(
            round_id=round_.id,
            user_id=entry.user_id,
            no=1,
            paper=[{"v": each.version_id, "s": each.section, "p": each.points, "o": []} for each in drawn],
            started_at=started,
            due_at=due_at(started, round_.minutes, round_.closes_at, entry.extra_minutes),
            max_score=sum(each.points for each in drawn),
        )
        session.add(attempt)
        session.flush()
        answer = AnswerRow(attempt_id=attempt.id, position=1, value=[text], lease=1, counter=1, saved_at=ended)
        session.add(answer)
        session.flush()
        close(session, attempt=attempt, round_=round_, now=ended, secret=secret)


def _top(session: Session) -> int:
    """The unit above all others."""
    return session.execute(select(Unit.id).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1)).scalar_one()


def _list_everybody(session: Session, round_: ExamRound) -> None:
    people = (
        select(User.id, User.unit_id, Unit.name, User.position)
        .join(Unit, Unit.id == User.unit_id)
        .where(Unit.id.in_(select(UnitScope.unit_id).where(UnitScope.ancestor_id == round_.unit_id)))
        .order_by(User.id)
    )
    session.execute(
        insert(RosterEntry),
        [
            {
                "round_id": round_.id, "user_id": row[0], "unit_id": row[1], "unit_name": row[2], "position": row[3],
                "status": RosterStatus.SHOULD, "reason": "", "extra_minutes": 0,
            }
            for row in session.execute(people)
        ],
    )  # fmt: skip


def _sit_all(session: Session, rng: random.Random, round_: ExamRound, secret: bytes) -> None:
    """Last year's attempts: most of the list sat, a few were exempt or deferred, some did not come."""
    entries = list(
        session.scalars(select(RosterEntry).where(RosterEntry.round_id == round_.id).order_by(RosterEntry.user_id))
    )
    away = rng.sample(entries, EXEMPT + DEFERRED + ABSENT)
    for index, entry in enumerate(away[: EXEMPT + DEFERRED]):
        exempt = index < EXEMPT
        entry.status = RosterStatus.EXEMPT if exempt else RosterStatus.DEFERRED
        entry.reason = EXEMPT_REASONS[index] if exempt else DEFERRED_REASONS[index - EXEMPT]
    missing = {entry.id for entry in away}
    sections = sections_of(session, round_)
    for entry in entries:
        if entry.id not in missing:
            _sit(session, rng, round_, entry, sections, secret)


def sit_some(session: Session, rng: random.Random, round_: ExamRound, secret: bytes, *, absent: int) -> None:
    """Let those who should sit a round sit it, but for so many."""
    due = select(RosterEntry).where(RosterEntry.round_id == round_.id, RosterEntry.status == RosterStatus.SHOULD)
    entries = list(session.scalars(due.order_by(RosterEntry.user_id)))
    missing = {entry.id for entry in rng.sample(entries, absent)}
    sections = sections_of(session, round_)
    for entry in entries:
        if entry.id not in missing:
            _sit(session, rng, round_, entry, sections, secret)


def _sit(
    session: Session, rng: random.Random, round_: ExamRound, entry: RosterEntry, sections: list[SectionRule],
    secret: bytes, took: tuple[int, int] = (16, 56),
) -> None:  # fmt: skip
    """One sitting of so many minutes, from `took[0]` to below `took[1]`."""
    days = max((round_.closes_at - round_.opens_at).days, 1)
    opened = round_.opens_at + timedelta(days=rng.randrange(days))
    started = opened + timedelta(minutes=rng.randrange(8 * 60), seconds=rng.randrange(60))
    ended = started + timedelta(minutes=rng.randrange(*took), seconds=rng.randrange(60))
    drawn = draw(sections, rng.getrandbits(63))
    attempt = Attempt(
        round_id=round_.id,
        user_id=entry.user_id,
        no=1,
        state=AttemptState.IN_PROGRESS,
        paper=[{"v": each.version_id, "s": each.section, "p": each.points, "o": list(each.order)} for each in drawn],
        started_at=started,
        due_at=due_at(started, round_.minutes, round_.closes_at, entry.extra_minutes),
        max_score=sum(each.points for each in drawn),
    )
    session.add(attempt)
    session.flush()
    answers = _answers(session, rng, attempt, started, ended)
    session.execute(insert(AnswerRow), answers)
    close(session, attempt=attempt, round_=round_, now=ended, secret=secret)
    session.execute(
        insert(AttemptEvent),
        [
            {"attempt_id": attempt.id, "kind": kind, "at": moment, "address": "", "detail": {}}
            for kind, moment in (("start", started), ("submit", ended))
        ],
    )


def _answers(
    session: Session, rng: random.Random, attempt: Attempt, started: datetime, ended: datetime
) -> list[dict[str, Any]]:
    """A sheet as somebody of a certain skill fills it in; now and then a question stays blank."""
    keys, shapes = queries.keys(session, attempt.paper), queries.shapes(session, attempt.paper)
    skill = rng.betavariate(9, 1.5)
    step = (ended - started) / (len(attempt.paper) + 1)
    rows = []
    for place, drawn in enumerate(attempt.paper, start=1):
        if rng.random() < 0.01:  # noqa: PLR2004  one in a hundred is overlooked
            continue
        type_, key, order = shapes[drawn["v"]].type, keys[drawn["v"]], drawn["o"]
        knows = rng.random() < skill
        value = _typed(key, knows=knows) if type_ is QuestionType.FILL else _picked(rng, type_, key, order, knows=knows)
        rows.append(
            {
                "attempt_id": attempt.id, "position": place, "value": value, "lease": 1, "counter": place,
                "saved_at": started + step * place,
            }
        )  # fmt: skip
    return rows


def _typed(key: list[Any], *, knows: bool) -> list[str]:
    return [spellings[0] if knows else "不清楚" for spellings in key]


def _picked(
    rng: random.Random, type_: QuestionType, key: list[int], order: list[int], *, knows: bool
) -> list[str]:  # fmt: skip
    """Places on the paper: the right ones, or a plausible slip (one of several left out, a neighbour taken)."""
    right = [place for place, position in enumerate(order) if position in key]
    wrong = [place for place in range(len(order)) if place not in right]
    if knows:
        chosen = right
    elif type_ is QuestionType.MULTIPLE and len(right) > 1 and rng.random() < 0.6:  # noqa: PLR2004  the usual slip
        chosen = rng.sample(right, len(right) - 1)
    elif type_ is QuestionType.MULTIPLE:
        chosen = [*right[:-1], rng.choice(wrong)] if wrong else right[:-1]
    else:
        chosen = [rng.choice(wrong)]
    return [str(place) for place in sorted(chosen)]
