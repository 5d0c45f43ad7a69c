"""A small question bank, rounds on it, and people who sit them, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.exams.contest_models import Contest
from portal.exams.models import (
    Attempt,
    ExamRound,
    PaperSection,
    Question,
    QuestionBank,
    QuestionKey,
    QuestionLaw,
    QuestionVersion,
    RosterEntry,
)
from portal.exams.queries import attempts as queries
from portal.exams.rules.marking import PartialRule
from portal.exams.rules.question import (
    JUDGE_OPTIONS,
    QuestionContent,
    QuestionType,
    answer_key,
    identity_key,
    stem_key,
)
from portal.exams.rules.round import RoundKind, RoundState
from portal.exams.services import attempts as services
from portal.org.models import Unit
from tests.support.people import Office

SECRET = b"a-secret-for-tests-only"
LAW = "信访工作条例"
TYPES = (QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.JUDGE, QuestionType.FILL)
TITLES = {
    QuestionType.SINGLE: "单选题",
    QuestionType.MULTIPLE: "多选题",
    QuestionType.JUDGE: "判断题",
    QuestionType.FILL: "填空题",
}
EVERYBODY = ("cadre", "liaison", "exam_officer", "leader", "foreign_cadre")


def content_of(type_: QuestionType, number: int) -> QuestionContent:
    """Question `number` of a type. Right: the first option (多选 the first two), 正确, or "甲" in the blank."""
    options: tuple[str, ...] = ()
    key: Any = (("甲", "甲方"),)
    if type_ is QuestionType.JUDGE:
        options, key = JUDGE_OPTIONS, (0,)
    elif type_ is not QuestionType.FILL:
        options = tuple(f"{TITLES[type_]}第{number}题选项{letter}" for letter in "甲乙丙丁")
        key = (0,) if type_ is QuestionType.SINGLE else (0, 1)
    return QuestionContent(
        type=type_,
        stem=f"{TITLES[type_]}测试题干第{number}号" + ("____" if type_ is QuestionType.FILL else ""),
        options=options,
        key=key,
        analysis="依据条例。",
        difficulty="easy" if number % 2 else "hard",
        articles=((LAW, f"第{number}条"),),
    )


def add_question(session: Session, bank: QuestionBank, content: QuestionContent, now: datetime) -> QuestionVersion:
    """Put one question into a bank."""
    question = Question(
        bank_id=bank.id,
        type=content.type,
        stem=content.stem,
        difficulty=content.difficulty,
        identity_key=identity_key(content),
        stem_key=stem_key(content),
        answer_key=answer_key(content),
        updated_at=now,
    )
    session.add(question)
    session.flush()
    version = QuestionVersion(
        question_id=question.id,
        no=1,
        type=content.type,
        stem=content.stem,
        options=list(content.options),
        blanks=len(content.key) if content.type is QuestionType.FILL else 0,
        analysis=content.analysis,
        difficulty=content.difficulty,
        tags=[],
        created_at=now,
    )
    session.add(version)
    session.flush()
    data = content.to_dict()
    session.add(QuestionKey(version_id=version.id, key=data["key"], weights=data["weights"] or None))
    session.add_all(QuestionLaw(question_id=question.id, title=law, article=no) for law, no in content.articles)
    session.flush()
    return version


def build_bank(
    session: Session, office: Office, *, name: str = "测试题库", unit: str = "D", each: int = 4
) -> QuestionBank:
    """A bank with `each` questions of every type that a machine can mark; the one of that name if it exists."""
    found = session.scalar(select(QuestionBank).where(QuestionBank.name == name))
    if found is not None:
        return found
    now = clock.now()
    bank = QuestionBank(name=name, unit_id=office.units[unit].id, created_at=now)
    session.add(bank)
    session.flush()
    for type_ in TYPES:
        for number in range(1, each + 1):
            add_question(session, bank, content_of(type_, number), now)
    return bank


def build_round(
    session: Session,
    office: Office,
    *,
    title: str = "年度学法考试",
    unit: str = "D",
    people: Iterable[str] = EVERYBODY,
    state: RoundState = RoundState.PUBLISHED,
    opens: datetime | None = None,
    closes: datetime | None = None,
    bank: QuestionBank | None = None,
    per_type: int = 2,
    **more: Any,
) -> ExamRound:
    """A round that is open now unless `opens` and `closes` say otherwise.

    `per_type` questions of each of the four types. At the default of 2 they count 12.5 points each: 100 in all, 60 to
    pass, 90 for excellent. `people` are labels of the office for the list; `more` are further columns of ExamRound.
    """
    now = clock.now()
    round_ = ExamRound(
        **{
            "title": title,
            "kind": RoundKind.MAIN,
            "state": state,
            "year": 2026,
            "unit_id": office.units[unit].id,
            "opens_at": opens or now - timedelta(days=1),
            "closes_at": closes or now + timedelta(days=7),
            "minutes": 60,
            "pass_line": 6000,
            "excellent_line": 9000,
            "created_at": now,
            "published_at": None if state is RoundState.DRAFT else now,
            **more,
        }
    )
    session.add(round_)
    session.flush()
    # An INSERT takes the column's default for None.
    round_.attempts_allowed = more.get("attempts_allowed", 1)
    source = bank or build_bank(session, office)
    for position, type_ in enumerate(TYPES):
        session.add(
            PaperSection(
                round_id=round_.id,
                position=position,
                title=TITLES[type_],
                type=type_,
                bank_id=source.id,
                count=per_type,
                points=1250,
                partial=PartialRule.PARTIAL_HALF,
            )
        )
    for label in people:
        enrol(session, round_, office.people[label])
    session.flush()
    return round_


CONTEST_FIELDS = ("question_seconds", "self_enrol", "names", "board_during", "board_after", "least_people")


def build_contest(session: Session, office: Office, **more: Any) -> ExamRound:
    """A contest that is open now; `more` are settings of the contest, or what build_round() takes."""
    settings = {name: more.pop(name) for name in CONTEST_FIELDS if name in more}
    round_ = build_round(session, office, **{"title": "知识竞赛", "kind": RoundKind.CONTEST, **more})
    session.add(Contest(round_id=round_.id, question_seconds=settings.pop("question_seconds", None), **settings))
    session.flush()
    return round_


def enrol(session: Session, round_: ExamRound, user: User, **more: Any) -> RosterEntry:
    """Put a person on the list as of today; `more` are further columns."""
    unit = session.get_one(Unit, user.unit_id)
    entry = RosterEntry(
        round_id=round_.id, user_id=user.id, unit_id=unit.id, unit_name=unit.name, position=user.position, **more
    )
    session.add(entry)
    session.flush()
    return entry


def right_answers(session: Session, attempt: Attempt) -> dict[int, list[str]]:
    """What a sheet without a mistake says, by place."""
    keys, shapes = queries.keys(session, attempt.paper), queries.shapes(session, attempt.paper)
    sheet = {}
    for place, drawn in enumerate(attempt.paper, start=1):
        key = keys[drawn["v"]]
        if shapes[drawn["v"]].type is QuestionType.FILL:
            sheet[place] = [spellings[0] for spellings in key]
        else:
            sheet[place] = [str(shown) for shown, position in enumerate(drawn["o"]) if position in key]
    return sheet


def begin(session: Session, round_: ExamRound, user: User, *, at: datetime | None = None) -> Attempt:
    """Start an attempt."""
    viewer = viewer_of(session, user.id)
    return services.start(session, viewer=viewer, now=at or clock.now(), round_id=round_.id, secret=SECRET)


def sit(
    session: Session,
    round_: ExamRound,
    user: User,
    *,
    right: int | None = None,
    at: datetime | None = None,
    minutes: int = 10,
) -> Attempt:
    """Start, answer the first `right` questions rightly (all for None) and leave the others blank, and hand in."""
    started = at or clock.now() - timedelta(minutes=minutes + 1)
    attempt = begin(session, round_, user, at=started)
    sheet = right_answers(session, attempt)
    places = sorted(sheet)[:right]
    viewer, ended = viewer_of(session, user.id), started + timedelta(minutes=minutes)
    services.save(
        session,
        viewer=viewer,
        now=ended,
        attempt=attempt,
        lease=attempt.lease,
        sent=[{"pos": place, "value": sheet[place], "counter": place} for place in places],
    )
    services.submit(session, viewer=viewer, now=ended, attempt=attempt, round_=round_, secret=SECRET)
    return attempt
