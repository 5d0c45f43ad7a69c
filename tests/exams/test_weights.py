"""得分比例: what an option brings, as text and as share; how it is graded, kept with a version, and shown."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.core import clock
from portal.exams.exports import paper
from portal.exams.importers.reading import parse_file
from portal.exams.models import Attempt, PaperSection, Question, QuestionKey, QuestionVersion
from portal.exams.queries import bank as queries
from portal.exams.rules import regrade, weights
from portal.exams.rules.marking import PartialRule, mark
from portal.exams.rules.question import QuestionType, answer_key, check
from portal.exams.services import bank as services
from tests.support.exams import add_question, build_bank, build_round, content_of, sit
from tests.support.people import csrf

M = QuestionType.MULTIPLE
BASE = content_of(M, 77)
WEIGHED = replace(BASE, weights=(6_000_000, 4_000_000, -2_500_000, 0))


@given(st.lists(st.integers(-weights.WHOLE, weights.WHOLE), min_size=1, max_size=12))
def test_the_line_reads_back(given_weights: list[int]) -> None:
    line = weights.text(given_weights)
    assert weights.read(line, len(given_weights)) == (tuple(given_weights) if any(given_weights) else ())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("A 50%，B 50%，C -25%", (5_000_000, 5_000_000, -2_500_000)),
        ("ａ：３３．５％；b=66.5", (3_350_000, 6_650_000, 0)),
        ("A50B50C－25", (5_000_000, 5_000_000, -2_500_000)),
        ("", ()),
        ("A 50%，甲 50%", None),
        ("A 50%，A 20%", None),
        ("D 50%", None),
        ("50%", None),
    ],
)
def test_what_people_write(written: str, expected) -> None:
    assert weights.read(written, 3) == expected


@given(st.integers(1, 12), st.integers(1, 12))
def test_rounded_parts_make_the_whole(parts: int, digits: int) -> None:
    """33.33 % is a third: whoever has all of the right options has all of the points."""
    percent = round(Fraction(100, parts), max(digits, 2))
    assert weights.share(weights.from_percent(percent)) * parts == 1


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ((6_000_000, 4_000_000, 0), "weights-unsound"),
        ((6_000_000, 4_000_000, 0, -10_000_001), "weights-unsound"),
        ((6_000_000, 4_000_000, 1, 0), "weights-unlike-key"),
        ((6_000_000, 3_000_000, 0, 0), "weights-short"),
    ],
)
def test_unsound_ones_are_refused(changed: tuple[int, ...], problem: str) -> None:
    assert check(WEIGHED) == []
    assert check(replace(WEIGHED, weights=changed)) == [problem]
    assert check(replace(content_of(QuestionType.SINGLE, 1), weights=(weights.WHOLE, 0, 0, 0))) == ["weights-unsound"]


@given(st.sets(st.integers(0, 3), min_size=1), st.sets(st.integers(0, 3), min_size=1))
def test_without_weights_the_rule_is_the_one_by_parts(key: set[int], answer: set[int]) -> None:
    by_parts = mark(M, key, answer, 300, PartialRule.PARTIAL_EACH)
    assert mark(M, key, answer, 300, PartialRule.WEIGHTED) == by_parts
    stale = {place: Fraction(1) for place in range(4) if place not in key}
    assert mark(M, key, answer, 300, PartialRule.WEIGHTED, stale) == by_parts, "weights of another key are passed over"


def test_a_regrade_uses_weights_with_their_own_key_only() -> None:
    shares = weights.shares(WEIGHED.weights)
    both = regrade.Correction(regrade.Mode.ACCEPT, ((0, 1), (2,)))
    assert regrade.mark(both, M, {0}, 100, PartialRule.WEIGHTED, shares) == 60
    assert regrade.mark(both, M, {2}, 100, PartialRule.WEIGHTED, shares) == 100
    assert regrade.mark(both, M, {0, 2}, 100, PartialRule.WEIGHTED, shares) == 35


def test_other_weights_are_another_answer() -> None:
    assert answer_key(WEIGHED) != answer_key(BASE)
    turned = replace(WEIGHED, options=BASE.options[::-1], key=(2, 3), weights=WEIGHED.weights[::-1])
    assert answer_key(turned) == answer_key(WEIGHED)


def test_they_stay_with_their_version_and_go_with_a_new_key(session, office) -> None:
    bank, officer = build_bank(session(), office), office.viewer(session(), "exam_officer")
    question = services.add_question(session(), actor=officer, now=clock.now(), bank_id=bank.id, content=WEIGHED)
    assert queries.contents(session(), [question.id]) == [WEIGHED]
    first = queries.current_version_id(session(), question)
    services.correct_key(session(), actor=officer, now=clock.now(), version_id=first, key=[0, 2])
    assert [each.content.weights for each in queries.versions(session(), question)] == [(), WEIGHED.weights]
    assert queries.version_contents(session(), [first])[first] == WEIGHED


def test_a_section_marked_by_shares(session, office) -> None:
    bank = build_bank(session(), office, name="有比例", each=0)
    add_question(session(), bank, WEIGHED, clock.now())
    round_ = build_round(session(), office, bank=bank, per_type=1)
    session.execute(PaperSection.__table__.delete().where(PaperSection.round_id == round_.id))
    session.add(
        PaperSection(
            round_id=round_.id, position=1, title="多选题", type=M, bank_id=bank.id, count=1, points=1000,
            partial=PartialRule.WEIGHTED, shuffle=True,
        )
    )  # fmt: skip
    session.flush()
    sit(session(), round_, office.people["cadre"])
    attempt = session.scalars(select(Attempt).where(Attempt.round_id == round_.id)).one()
    assert attempt.score == 1000
    from portal.exams.rules.attempt import Answer, Rev
    from portal.exams.services.grading import grade

    place = attempt.paper[0]["o"].index(0)
    graded = grade(session(), attempt, round_, {1: Answer(Rev(1, 1), (str(place),))})
    assert graded.score == 600


def test_the_form_keeps_shows_and_refuses(session, office, client_as) -> None:
    bank = build_bank(session(), office)
    session.commit()
    officer = client_as("exam_officer")
    path = f"/exams/banks/{bank.id}/questions/new"
    assert "得分比例" in officer.get(f"{path}?type=multiple").text
    assert "得分比例" not in officer.get(f"{path}?type=single").text
    typed = {
        "csrf_token": csrf(officer), "do": "save", "difficulty": "", "type": "multiple", "stem": "哪些要登记？",
        "right": ["0", "2"],
        "options-0": "来信", "options-1": "", "options-2": "来访", "options-3": "闲谈",
        "weights": "A 70%，C 30%，D -50%",
    }  # fmt: skip
    assert "看不懂得分比例" in officer.post(path, data={**typed, "weights": "多少都行"}).text
    short = officer.post(path, data={**typed, "weights": "A 50%，C 30%"})
    assert short.status_code == 422
    assert "合计不到百分之百" in short.text
    assert officer.post(path, data=typed).status_code == 303
    question = session.scalars(select(Question).where(Question.stem == "哪些要登记？")).one()
    assert queries.contents(session(), [question.id])[0].weights == (7_000_000, 3_000_000, -5_000_000)
    assert "A 70%，B 30%，C -50%" in officer.get(f"/exams/questions/{question.id}").text
    assert 'value="A 70%，B 30%，C -50%"' in officer.get(f"/exams/questions/{question.id}/edit").text


def test_the_wizard_offers_the_rule_only_where_a_question_has_shares(session, office, client_as) -> None:
    from portal.exams.rules.round import RoundState

    bank = build_bank(session(), office)
    round_ = build_round(session(), office, bank=bank, state=RoundState.DRAFT)
    session.commit()
    officer, path = client_as("exam_officer"), f"/exams/rounds/{round_.id}/paper"
    assert "按选项比例得分" not in officer.get(path).text
    add_question(session(), bank, WEIGHED, clock.now())
    session.commit()
    assert "按选项比例得分" in officer.get(path).text


def test_a_question_without_shares_has_none_in_the_table(session, office) -> None:
    bank, officer = build_bank(session(), office), office.viewer(session(), "exam_officer")
    services.add_question(session(), actor=officer, now=clock.now(), bank_id=bank.id, content=BASE)
    found = session.scalars(
        select(QuestionKey)
        .join(QuestionVersion)
        .where(QuestionVersion.stem == BASE.stem, QuestionKey.weights.is_(None))
    )
    assert found.one().weights is None


def test_a_printed_paper_with_answers_reads_back(tmp_path) -> None:
    path = tmp_path / "卷.docx"
    path.write_bytes(paper.write("卷", paper.parts_of([WEIGHED]), paper.Kind.KEY))
    (row,) = parse_file(path, path.name).rows
    assert row.content is not None
    assert row.content.weights == WEIGHED.weights
