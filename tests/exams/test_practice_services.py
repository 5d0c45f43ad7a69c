"""Sets, answers, the notebook and the days, in the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams.models import Question, QuestionState
from portal.exams.models_practice import PracticeDay, PracticeMark, PracticeSet
from portal.exams.queries import practice as queries
from portal.exams.rules import practice as rules
from portal.exams.rules.practice import DAILY, NOTEBOOK, PracticeRelease
from portal.exams.rules.question import QuestionType
from portal.exams.services import bank as bank_services
from portal.exams.services import practice as services
from tests.support.exams import LAW, begin, build_round, content_of
from tests.support.practice import practise, released_bank, say, work

SINGLES = rules.of_type(QuestionType.SINGLE)


@pytest.fixture
def cadre(session, office):
    return office.viewer(session(), "cadre")


@pytest.fixture
def bank(session, office):
    return released_bank(session(), office)


def ids(row: PracticeSet) -> list[int]:
    return [item["q"] for item in row.items]


def test_the_daily_ten_stay_the_same_whatever_is_practised_meanwhile(session, cadre, bank):
    now = clock.now()
    row = services.start(session(), actor=cadre, now=now, scope=DAILY)
    ten = ids(row)
    assert len(set(ten)) == rules.SET_SIZE
    practise(session(), cadre, SINGLES, [False, False, True])
    work(session(), cadre, row, [True, False])
    assert ids(services.start(session(), actor=cadre, now=now, scope=DAILY)) == ten
    work(session(), cadre, row, [True] * 8)
    assert ids(services.start(session(), actor=cadre, now=now, scope=DAILY)) == ten, "one set a day, finished or not"


def test_tomorrow_has_ten_others_and_begins_with_what_was_wrong(session, cadre, bank):
    now = clock.now()
    row = practise(session(), cadre, DAILY, [False, False, False])
    wrong = ids(row)[:3]
    row = services.start(session(), actor=cadre, now=now + timedelta(days=1), scope=DAILY)
    assert set(ids(row)[:3]) == set(wrong)
    assert not any("r" in item for item in row.items)
    assert session.scalar(select(func.count(PracticeSet.id))) == 1


def test_one_goes_on_where_one_stopped(session, cadre, bank):
    row = practise(session(), cadre, SINGLES, [True])
    again = services.start(session(), actor=cadre, now=clock.now(), scope=SINGLES)
    assert again.id == row.id
    assert "r" in again.items[0]
    work(session(), cadre, row, [True] * 3)  # four singles in the bank
    anew = services.start(session(), actor=cadre, now=clock.now(), scope=SINGLES)
    assert not any("r" in item for item in anew.items)


def test_a_law_by_articles(session, cadre, bank):
    row = services.start(session(), actor=cadre, now=clock.now(), scope=rules.of_law(LAW, 2, 3))
    stems = session.scalars(select(Question.stem).where(Question.id.in_(ids(row)))).all()
    assert len(stems) == 8
    assert all("第2号" in stem or "第3号" in stem for stem in stems)
    with pytest.raises(RuleError, match="practice-nothing"):
        services.start(session(), actor=cadre, now=clock.now(), scope=rules.of_law(LAW, 90, 99))


def test_a_question_leaves_the_notebook_after_as_many_right_answers_as_were_asked_for(session, cadre, bank):
    services.set_needed(session(), actor=cadre, now=clock.now(), needed=3)
    row = practise(session(), cadre, SINGLES, [False, True, True, True])
    wrong = ids(row)[0]
    for count in (1, 2):
        row = practise(session(), cadre, NOTEBOOK, [True])
        mark = queries.mark_of(session(), cadre, wrong)
        assert (mark.in_a_row, mark.in_notebook) == (count, True)
    practise(session(), cadre, NOTEBOOK, [True])
    mark = queries.mark_of(session(), cadre, wrong)
    assert (mark.right, mark.wrong, mark.in_a_row, mark.in_notebook) == (3, 1, 3, False)
    with pytest.raises(RuleError, match="practice-nothing"):
        services.start(session(), actor=cadre, now=clock.now(), scope=NOTEBOOK)


def test_a_retired_question_is_no_longer_in_the_notebook(session, cadre, bank):
    row = practise(session(), cadre, SINGLES, [False, False])
    assert queries.overview(session(), cadre, clock.now()).notebook == 2
    session.get_one(Question, ids(row)[0]).state = QuestionState.RETIRED
    session.flush()
    assert queries.overview(session(), cadre, clock.now()).notebook == 1
    assert len(session.execute(queries.notebook(session(), cadre, clock.now())).all()) == 1
    session.get_one(Question, ids(row)[1]).state = QuestionState.RETIRED
    session.flush()
    with pytest.raises(RuleError, match="practice-nothing"):
        services.start(session(), actor=cadre, now=clock.now(), scope=NOTEBOOK)


def test_the_same_answer_twice_counts_once(session, cadre, bank):
    row = services.start(session(), actor=cadre, now=clock.now(), scope=SINGLES)
    version = queries.available(session(), clock.now(), ids(row))[ids(row)[0]]
    told = {"actor": cadre, "now": clock.now(), "row": row, "place": 0, "version_id": version}
    wrong, right = say(session(), version, right=False), say(session(), version, right=True)
    assert services.answer(session(), **told, value=wrong) is False
    assert services.answer(session(), **told, value=right) is False
    mark = queries.mark_of(session(), cadre, ids(row)[0])
    assert (mark.right, mark.wrong) == (0, 1)
    day = session.scalars(select(PracticeDay)).one()
    assert (day.done, day.right) == (1, 0)


def test_what_was_edited_meanwhile_is_asked_again(session, office, cadre, bank):
    row = services.start(session(), actor=cadre, now=clock.now(), scope=SINGLES)
    number = ids(row)[0]
    version = queries.available(session(), clock.now(), [number])[number]
    question = session.get_one(Question, number)
    officer, content = office.viewer(session(), "exam_officer"), content_of(QuestionType.SINGLE, 77)
    bank_services.edit_question(
        session(), actor=officer, now=clock.now(), question=question, version_no=1, content=content
    )
    with pytest.raises(RuleError, match="practice-changed"):
        services.answer(
            session(), actor=cadre, now=clock.now(), row=row, place=0, version_id=version, value=["0"]
        )  # fmt: skip
    work(session(), cadre, row, [True])
    assert row.items[0]["v"] != version


@pytest.mark.parametrize(
    ("value", "code"),
    [([], "practice-blank"), (["9"], "bad-answer"), (["0", "1"], "bad-answer"), (["x"], "bad-answer")],
)
def test_what_is_no_answer_is_refused_and_counts_nothing(session, cadre, bank, value, code):
    row = services.start(session(), actor=cadre, now=clock.now(), scope=SINGLES)
    version = queries.available(session(), clock.now(), ids(row))[ids(row)[0]]
    with pytest.raises(RuleError, match=code):
        services.answer(session(), actor=cadre, now=clock.now(), row=row, place=0, version_id=version, value=value)
    assert session.scalar(select(func.count()).select_from(PracticeMark)) == 0


def test_a_place_that_the_set_does_not_have(session, cadre, bank):
    row = services.start(session(), actor=cadre, now=clock.now(), scope=SINGLES)
    for place in (-1, 99):
        with pytest.raises(RuleError, match="practice-changed"):
            services.answer(session(), actor=cadre, now=clock.now(), row=row, place=place, version_id=1, value=["0"])


def test_days_are_those_of_the_office(session, cadre, bank):
    evening = clock.from_local(clock.to_local(clock.now()).replace(tzinfo=None, hour=23, minute=50))
    practise(session(), cadre, SINGLES, [True, False], at=evening)
    practise(session(), cadre, SINGLES, [True], at=evening + timedelta(minutes=20))
    days = queries.days_of(session(), cadre, clock.today() + timedelta(days=1))
    assert [(day.day, day.done, day.right) for day in days] == [
        (clock.to_local(evening).date() + timedelta(days=1), 1, 1),
        (clock.to_local(evening).date(), 2, 1),
    ]


def test_needed_stays_in_its_bounds(session, cadre):
    for needed in (0, rules.MOST_NEEDED + 1):
        with pytest.raises(RuleError, match="practice-needed"):
            services.set_needed(session(), actor=cadre, now=clock.now(), needed=needed)
    assert queries.needed(session(), cadre) == rules.USUAL_NEEDED
    services.set_needed(session(), actor=cadre, now=clock.now(), needed=4)
    services.set_needed(session(), actor=cadre, now=clock.now(), needed=5)
    assert queries.needed(session(), cadre) == 5


def test_practice_is_not_in_the_audit_log_and_its_release_is(session, office, cadre, bank):
    before = session.scalar(select(func.count(AuditEntry.id)))
    practise(session(), cadre, SINGLES, [True, False])
    services.set_needed(session(), actor=cadre, now=clock.now(), needed=3)
    session.commit()
    assert session.scalar(select(func.count(AuditEntry.id))) == before
    officer, told = office.viewer(session(), "exam_officer"), {"now": clock.now(), "bank": bank}
    assert services.release(session(), actor=officer, **told, practice=PracticeRelease.OFF)
    assert not services.release(session(), actor=officer, **told, practice=PracticeRelease.OFF)
    session.commit()
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry.action == "bank.practice"


def test_sums_need_enough_people(session, office, bank):
    people = [office.viewer(session(), label) for label in ("cadre", "liaison", "leader", "manager", "reviewer")]
    for viewer in people[:4]:
        practise(session(), viewer, SINGLES, [True, False])
    assert queries.bank_sum(session(), bank.id) is None
    assert queries.article_sums(session(), bank.id) == []
    practise(session(), people[4], SINGLES, [True])
    assert queries.bank_sum(session(), bank.id) == queries.Sum(5, 9, 5)
    assert queries.article_sums(session(), bank.id) == [(LAW, "第1条", queries.Sum(5, 5, 5))], "only four did the 2nd"


def test_whoever_sits_an_exam_practises_nothing_meanwhile(session, office, cadre, bank):
    row = practise(session(), cadre, SINGLES, [True])
    round_ = build_round(session(), office, bank=bank)
    begin(session(), round_, office.people["cadre"])
    for act in (
        lambda: services.start(session(), actor=cadre, now=clock.now(), scope=DAILY),
        lambda: services.told(session(), actor=cadre, now=clock.now(), item=row.items[0]),
        lambda: services.answer(session(), actor=cadre, now=clock.now(), row=row, place=1, version_id=1, value=["0"]),
    ):
        with pytest.raises(RuleError, match="practice-while-sitting"):
            act()
    leader = office.viewer(session(), "leader")
    assert practise(session(), leader, SINGLES, [True])
    later = clock.now() + timedelta(minutes=62)  # an hour and the grace
    assert services.start(session(), actor=cadre, now=later, scope=DAILY)
