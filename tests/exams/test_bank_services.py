"""Banks and questions: what may be changed by whom, versions, flags, the bulk write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core.errors import RuleError
from portal.core.viewer import system_viewer
from portal.demo.questions import demo_questions
from portal.exams.demo import load_bank
from portal.exams.exports import sheet
from portal.exams.importers.reading import parse_file
from portal.exams.models import Question, QuestionBank, QuestionKey, QuestionState, QuestionVersion
from portal.exams.queries import bank as queries
from portal.exams.rules.question import QuestionContent, QuestionType
from portal.exams.rules.versions import changes
from portal.exams.services import bank as services
from portal.exams.services import bank_rows
from portal.web.exports import write_sheet
from tests.support.people import Office

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SINGLE = QuestionContent(QuestionType.SINGLE, "几日内转送？", ("15日", "30日", "60日"), (0,))


def make_bank(session: Session, office: Office, unit: str = "D02", label: str = "liaison") -> QuestionBank:
    actor = office.viewer(session, label)
    return services.create_bank(session, actor=actor, now=NOW, name=f"{unit} 题库", unit_id=office.units[unit].id)


def add(session: Session, office: Office, bank: QuestionBank, content: QuestionContent = SINGLE) -> Question:
    actor = office.viewer(session, "liaison")
    return services.add_question(session, actor=actor, now=NOW, bank_id=bank.id, content=content)


def edit(session: Session, office: Office, question: Question, content: QuestionContent, version_no: int) -> None:
    services.edit_question(
        session,
        actor=office.viewer(session, "liaison"),
        now=NOW,
        question=question,
        version_no=version_no,
        content=content,
    )


def test_a_bank_belongs_to_ones_own_units(session: Session, office: Office) -> None:
    with pytest.raises(RuleError, match="bank-not-yours"):
        make_bank(session, office, unit="D03")
    with pytest.raises(RuleError, match="bank-not-yours"):
        make_bank(session, office, unit="D")
    make_bank(session, office, unit="D0201")


def test_a_bank_name_is_taken_once(session: Session, office: Office) -> None:
    bank = make_bank(session, office)
    with pytest.raises(RuleError, match="bank-name-taken"):
        make_bank(session, office)
    actor = office.viewer(session, "liaison")
    services.update_bank(
        session, actor=actor, now=NOW, bank=bank, name=bank.name, unit_id=bank.unit_id, note="同名不变"
    )
    assert bank.note == "同名不变"


@pytest.mark.parametrize(
    ("unit", "sees"),
    [("D", True), ("D02", True), ("D0201", True), ("D03", False), ("D0301", False)],
)
def test_a_liaison_sees_banks_of_the_units_above_and_below(
    session: Session, office: Office, unit: str, sees: bool
) -> None:
    bank = services.create_bank(session, actor=system_viewer(), now=NOW, name="甲", unit_id=office.units[unit].id)
    liaison = office.viewer(session, "liaison")
    assert (queries.bank(session, liaison, bank.id) is not None) is sees
    inside = unit in {"D02", "D0201"}
    assert (queries.editable_bank(session, liaison, bank.id) is not None) is inside
    assert queries.bank(session, office.viewer(session, "cadre"), bank.id) is None


def test_an_edit_adds_a_version_and_leaves_the_old_one(session: Session, office: Office) -> None:
    question = add(session, office, make_bank(session, office))
    edit(session, office, question, replace(SINGLE, options=("15日", "20日"), key=(1,)), 1)
    new, old = queries.versions(session, question)
    assert (old.no, old.content) == (1, SINGLE)
    assert (new.no, new.content.options, new.content.key) == (2, ("15日", "20日"), (1,))
    assert [(each.what, each.mark, each.before, each.after) for each in changes(old.content, new.content)] == [
        ("option", "B", "30日", "20日"),
        ("option", "C", "60日", ""),
        ("key", "", "A", "B"),
    ]


def test_an_edit_that_changes_nothing_makes_no_version(session: Session, office: Office) -> None:
    question = add(session, office, make_bank(session, office))
    edit(session, office, question, SINGLE, 1)
    assert [version.no for version in queries.versions(session, question)] == [1]


def test_a_version_cannot_be_rewritten(session: Session, office: Office) -> None:
    question = add(session, office, make_bank(session, office))
    version = session.scalars(select(QuestionVersion).where(QuestionVersion.question_id == question.id)).one()
    version.stem = "改了"
    with pytest.raises(DatabaseError, match="immutable"):
        session.flush()
    session.rollback()


def test_an_edit_on_an_old_version_is_refused(session: Session, office: Office) -> None:
    question = add(session, office, make_bank(session, office))
    edit(session, office, question, replace(SINGLE, analysis="先到"), 1)
    with pytest.raises(RuleError, match="changed-meanwhile"):
        edit(session, office, question, replace(SINGLE, analysis="后到"), 1)
    assert queries.versions(session, question)[0].content.analysis == "先到"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (replace(SINGLE, key=()), "no-answer"),
        (replace(SINGLE, options=("一",), key=(0,)), "too-few-options"),
        (SINGLE, "question-duplicate"),
        (replace(SINGLE, key=(1,)), "question-conflict"),
        (QuestionContent(QuestionType.FILL, "自____起____日", (), (("今日",),)), "blanks-differ"),
    ],
)
def test_what_is_unfit_or_there_already_is_refused(
    session: Session, office: Office, content: QuestionContent, code: str
) -> None:
    bank = make_bank(session, office)
    add(session, office, bank)
    with pytest.raises(RuleError, match=code):
        add(session, office, bank, content)


def test_same_stems_are_flagged_on_both_and_unflagged_again(session: Session, office: Office) -> None:
    bank = make_bank(session, office)
    first = add(session, office, bank)
    second = add(session, office, bank, replace(SINGLE, options=("7日", "8日")))
    session.refresh(first)
    assert (first.same_stem, second.same_stem) == (True, True)
    edit(session, office, second, replace(SINGLE, stem="几日内答复？", options=("7日", "8日")), 1)
    session.refresh(first)
    assert (first.same_stem, second.same_stem) == (False, False)


def test_retiring_and_restoring_say_whether_anything_changed(session: Session, office: Office) -> None:
    question = add(session, office, make_bank(session, office))
    actor = office.viewer(session, "liaison")

    def turn(state: QuestionState) -> bool:
        return services.set_state(session, actor=actor, now=NOW, question=question, state=state)

    assert [turn(QuestionState.RETIRED), turn(QuestionState.RETIRED), turn(QuestionState.ACTIVE)] == [
        True,
        False,
        True,
    ]


def test_the_audit_log_tells_no_answer(session: Session, office: Office) -> None:
    question = add(session, office, make_bank(session, office))
    edit(session, office, question, replace(SINGLE, key=(2,)), 1)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "questions")).all()
    assert [entry.action for entry in entries] == ["question.create", "question.update"]
    told = {name for entry in entries for name in entry.detail["changes"]}
    assert "stem" in told
    assert not told & {"answer_key", "identity_key", "stem_key", "key"}


def test_a_bulk_write_leaves_out_what_came_meanwhile(session: Session, office: Office) -> None:
    bank = make_bank(session, office)
    contents = [SINGLE, replace(SINGLE, stem="二", key=(1,)), replace(SINGLE, stem="三")]
    dialect = session.get_bind().dialect
    prepared = bank_rows.prepare(contents, dialect=dialect, now=NOW, author_id=None, source="甲.docx")
    add(session, office, bank)
    add(session, office, bank, replace(SINGLE, stem="二"))
    done = bank_rows.write(session, bank.id, prepared)
    assert done == bank_rows.WrittenQuestions(accepted=1, duplicates=1, conflicts=1)
    assert session.scalar(select(func.count()).where(Question.bank_id == bank.id)) == 3


def test_keys_stand_beside_their_own_versions(session: Session, office: Office) -> None:
    bank = make_bank(session, office)
    contents = [replace(SINGLE, stem=f"第{n}问", key=(n % 3,)) for n in range(1300)]
    dialect = session.get_bind().dialect
    prepared = bank_rows.prepare(contents, dialect=dialect, now=NOW, author_id=None, source="")
    bank_rows.write(session, bank.id, prepared)
    stored = session.execute(
        select(QuestionVersion.stem, QuestionKey.key)
        .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(Question.bank_id == bank.id)
    ).all()
    assert {row.stem: tuple(row.key) for row in stored} == {each.stem: each.key for each in contents}


def test_the_demo_bank_loads_whole_and_survives_a_sheet(
    session: Session, office: Office, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bank = load_bank(session, NOW, office.units["D01"].id)
    contents = queries.contents(session, queries.question_ids(session, bank.id))
    assert len(contents) == len(demo_questions())
    path = tmp_path_factory.mktemp("sheet") / "demo.xlsx"
    write_sheet(str(path), bank.name, *sheet(contents))
    assert [row.content for row in parse_file(path, path.name).rows] == contents
