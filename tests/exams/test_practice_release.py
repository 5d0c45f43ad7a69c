"""Which questions may be practised: the secrecy of exams stands (docs/decisions/0019-what-may-be-practised.md)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.errors import RuleError
from portal.exams.models import PaperItem, PaperKind, PaperSection, Question, QuestionState, QuestionVersion
from portal.exams.queries import practice as queries
from portal.exams.queries import practice_release as released
from portal.exams.rules import practice as rules
from portal.exams.rules.practice import DAILY, PracticeRelease
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RoundKind, RoundState, When
from portal.exams.services import bank as bank_services
from portal.exams.services import practice as services
from tests.support.exams import TYPES, add_question, begin, build_bank, build_round, content_of
from tests.support.practice import practise, released_bank

AFTER, OPEN, OFF = PracticeRelease.AFTER, PracticeRelease.OPEN, PracticeRelease.OFF
PER_BANK = 4 * len(TYPES)


@pytest.fixture
def cadre(session, office):
    return office.viewer(session(), "cadre")


def count(session, viewer, now=None) -> int:
    return queries.overview(session(), viewer, now or clock.now()).count


def test_nothing_is_released_by_itself(session, office, cadre):
    build_bank(session(), office)
    assert count(session, cadre) == 0
    assert not released.anything(session())
    with pytest.raises(RuleError, match="practice-nothing"):
        services.start(session(), actor=cadre, now=clock.now(), scope=DAILY)


@pytest.mark.parametrize("release", [AFTER, OPEN])
def test_a_released_bank_that_no_exam_needs(session, office, cadre, release):
    released_bank(session(), office, release)
    assert count(session, cadre) == PER_BANK
    assert released.anything(session())


@pytest.mark.parametrize("unit", ["D", "D0102", "D03"])
def test_a_release_is_for_everybody_of_the_site(session, office, cadre, unit):
    """The bureau keeps the bank, and the people of the sub-districts sit the exam."""
    released_bank(session(), office, unit=unit)
    assert count(session, cadre) == PER_BANK


def test_retired_and_short_questions_are_not_practised(session, office, cadre):
    bank = released_bank(session(), office)
    content = content_of(QuestionType.SINGLE, 50)
    made = add_question(session(), bank, content, clock.now())
    assert count(session, cadre) == PER_BANK + 1
    session.get_one(Question, made.question_id).state = QuestionState.RETIRED
    session.flush()
    assert count(session, cadre) == PER_BANK
    session.get_one(Question, made.question_id).state = QuestionState.ACTIVE
    session.get_one(Question, made.question_id).type = QuestionType.SHORT
    session.flush()
    assert count(session, cadre) == PER_BANK


# ---- exams that are not over -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "closes", "state", "held"),
    [
        (-1, 7, RoundState.PUBLISHED, True),  # open
        (3, 7, RoundState.PUBLISHED, True),  # to come
        (3, 7, RoundState.DRAFT, True),  # perhaps to come
        (-9, -2, RoundState.PUBLISHED, False),  # over
        (-9, -2, RoundState.ARCHIVED, False),
        (-9, -2, RoundState.DRAFT, False),  # forgotten: cannot be published as it is
    ],
)
def test_what_an_exam_may_draw_is_held_back_until_it_closes(session, office, cadre, opens, closes, state, held):
    bank, now = released_bank(session(), office, AFTER), clock.now()
    build_round(
        session(),
        office,
        bank=bank,
        state=state,
        opens=now + timedelta(days=opens),
        closes=now + timedelta(days=closes),
    )
    assert count(session, cadre) == (0 if held else PER_BANK)
    assert count(session, cadre, now + timedelta(days=8)) == PER_BANK
    bank.practice = OPEN
    session.flush()
    assert count(session, cadre) == PER_BANK, "a public bank is public, and was declared so"


def test_only_the_types_that_are_drawn_are_held_back(session, office, cadre):
    bank = released_bank(session(), office, AFTER)
    round_ = build_round(session(), office, bank=bank)
    for section in session.query(PaperSection).filter_by(round_id=round_.id):
        if section.type is not QuestionType.JUDGE:
            session.delete(section)
    session.flush()
    left = {choice.value: choice.count for choice in queries.overview(session(), cadre, clock.now()).types}
    assert left == {"single": 4, "multiple": 4, "fill": 4}
    assert released.held_count(session(), bank.id, clock.now()) == 4
    assert released.drawing_rounds(session(), bank.id, clock.now()) == 1


def test_a_question_edited_to_another_difficulty_and_law_stays_held(session, office, cadre):
    """A paper was drawn from the version before, so the section's law and difficulty of today do not free it."""
    bank = released_bank(session(), office, AFTER)
    round_ = build_round(session(), office, bank=bank)
    for section in session.query(PaperSection).filter_by(round_id=round_.id):
        section.difficulty = "easy"
    session.flush()
    assert count(session, cadre) == 0, "hard ones too: they may have been easy when papers were drawn"


def test_a_question_edited_to_another_type_stays_held(session, office, cadre):
    bank = released_bank(session(), office, AFTER)
    round_ = build_round(session(), office, bank=bank)
    for section in session.query(PaperSection).filter_by(round_id=round_.id):
        if section.type is not QuestionType.SINGLE:
            session.delete(section)
    session.flush()
    question = session.query(Question).filter_by(bank_id=bank.id, type=QuestionType.SINGLE).first()
    officer, content = office.viewer(session(), "exam_officer"), content_of(QuestionType.MULTIPLE, 60)
    bank_services.edit_question(
        session(), actor=officer, now=clock.now(), question=question, version_no=1, content=content
    )
    assert question.type is QuestionType.MULTIPLE
    assert question.id not in released_ids(session, cadre)


def released_ids(session, viewer) -> set[int]:
    return {each.question_id for each in queries.candidates(session(), viewer, clock.now(), DAILY)}


def test_a_fixed_paper_holds_back_its_own_questions_only(session, office, cadre):
    bank = released_bank(session(), office, AFTER)
    round_ = build_round(session(), office, bank=bank, paper_kind=PaperKind.FIXED)
    section = session.query(PaperSection).filter_by(round_id=round_.id, type=QuestionType.SINGLE).one()
    version = session.query(QuestionVersion).filter_by(type=QuestionType.SINGLE).first()
    session.add(PaperItem(section_id=section.id, position=0, version_id=version.id))
    session.flush()
    assert count(session, cadre) == PER_BANK - 1
    assert version.question_id not in released_ids(session, cadre)


def test_a_copy_in_another_bank_is_held_back_with_it(session, office, cadre):
    """Copying the exam's questions into a practice bank gives nothing away."""
    secret = build_bank(session(), office, name="考试题库")
    released_bank(session(), office, AFTER, name="练习题库", each=6)  # the first four of each type are the same
    build_round(session(), office, bank=secret)
    assert count(session, cadre) == 2 * len(TYPES)


def test_a_mock_that_shows_its_keys_at_once_holds_nothing_back(session, office, cadre):
    bank = released_bank(session(), office, AFTER)
    mock = build_round(session(), office, bank=bank, kind=RoundKind.MOCK, show_key=When.AT_ONCE)
    assert count(session, cadre) == PER_BANK
    mock.show_key = When.AFTER_CLOSING
    session.flush()
    assert count(session, cadre) == 0
    mock.kind, mock.show_key = RoundKind.MAIN, When.AT_ONCE
    session.flush()
    assert count(session, cadre) == 0


def test_questions_stay_held_while_somebody_with_extra_time_still_writes(session, office, cadre):
    bank, now = released_bank(session(), office, AFTER), clock.now()
    round_ = build_round(session(), office, bank=bank)
    attempt = begin(session(), round_, office.people["leader"])
    round_.closes_at = now - timedelta(minutes=10)
    attempt.due_at = now + timedelta(minutes=20)
    session.flush()
    assert count(session, cadre) == 0
    assert count(session, cadre, now + timedelta(minutes=20, seconds=59)) == 0, "the grace counts"
    assert count(session, cadre, now + timedelta(minutes=22)) == PER_BANK


# ---- what was begun before an exam was announced -----------------------------------------------------------------


def test_a_set_begun_before_shows_no_key_any_more(session, office, cadre):
    bank = released_bank(session(), office, AFTER)
    row = practise(session(), cadre, rules.of_type(QuestionType.SINGLE), [False])
    item = row.items[0]
    assert services.told(session(), actor=cadre, now=clock.now(), item=item).key
    build_round(session(), office, bank=bank, state=RoundState.DRAFT, people=())
    assert services.told(session(), actor=cadre, now=clock.now(), item=item) is None
    with pytest.raises(RuleError, match="practice-closed"):
        services.answer(session(), actor=cadre, now=clock.now(), row=row, place=1, version_id=1, value=["0"])
    assert queries.overview(session(), cadre, clock.now()).notebook == 0


def test_no_key_before_the_answer(session, office, cadre):
    released_bank(session(), office)
    row = practise(session(), cadre, DAILY, [True])
    assert services.told(session(), actor=cadre, now=clock.now(), item=row.items[1]) is None
