"""A list costs the same number of statements whatever the number of its rows."""

from __future__ import annotations

import ast

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.services import create_user
from portal.audit.services import note
from portal.core.viewer import system_viewer
from portal.exams.models import ExamRound, QuestionBank, RosterEntry
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RoundState
from portal.org import services as org
from portal.org.rules import UnitKind
from tests.architecture.source import MODULES
from tests.support.exams import add_question, build_bank, build_round, content_of
from tests.support.library import law, put
from tests.support.people import START

# Every list, its address and who opens it. {round}, {bank} are rows of the test's own.
LISTS = {
    "accounts.people": ("/accounts/people", "manager"),
    "audit.index": ("/audit/", "audit_admin"),
    "exams.bank": ("/exams/banks/{bank}", "exam_officer"),
    "exams.banks": ("/exams/banks", "exam_officer"),
    "exams.mine": ("/exams/", "cadre"),
    "exams.round_monitor": ("/exams/rounds/{round}/monitor", "exam_officer"),
    "exams.round_not_sat": ("/exams/rounds/{round}/results/not-sat", "exam_officer"),
    "exams.round_results": ("/exams/rounds/{round}/results", "exam_officer"),
    "exams.round_roster": ("/exams/rounds/{draft}/roster", "exam_officer"),
    "exams.round_units": ("/exams/rounds/{round}/results/units", "exam_officer"),
    "exams.rounds": ("/exams/rounds", "exam_officer"),
    "home.index": ("/", "manager"),
    "library.index": ("/library/", "cadre"),
    "org.index": ("/units/", "system_admin"),
}
# Lists whose rows are no rows of the database: the staging file of an import is read beside it.
NOT_HERE = {"imports.show"}


def fill(session, office, numbers: range) -> dict[str, int]:
    """One more for each number of everything that a list shows."""
    bank = build_bank(session, office, name="满", each=2)
    round_ = first(session, "满") or build_round(session, office, title="满", people=("cadre",), bank=bank)
    draft = first(session, "稿") or build_round(
        session, office, title="稿", people=("cadre",), bank=bank, state=RoundState.DRAFT
    )
    actor = system_viewer()
    for number in numbers:
        unit = org.create(
            session, actor=actor, now=START, code=f"N{number}", name=f"新单位{number}", kind=UnitKind.SECTION,
            parent_id=office.units["D01"].id, valid_from=START.date(),
        )  # fmt: skip
        note(session, actor=actor, at=START, action="demo.load", subject=("units", str(unit.id), ""))
        add_question(session, bank, content_of(QuestionType.SINGLE, 100 + number), START)
        session.add(QuestionBank(name=f"题库{number}", unit_id=unit.id, created_at=START))
        build_round(session, office, title=f"考试{number}", people=("cadre", "leader"), bank=bank)
        put(session, law(f"第{number}号办法", f"第{number}号的内容。"))
        user = create_user(
            session, actor=actor, now=START, number=f"Q{number:03d}", name=f"新人{number}", unit_id=unit.id,
            password_hash="-",
        )  # fmt: skip
        for listed in (round_, draft):
            session.add(RosterEntry(round_id=listed.id, user_id=user.id, unit_id=unit.id, unit_name=unit.name))
    session.commit()
    return {"bank": bank.id, "round": round_.id, "draft": draft.id}


def first(session, title: str) -> ExamRound | None:
    """The round of that title."""
    return session.scalar(select(ExamRound).where(ExamRound.title == title))


@pytest.mark.parametrize("endpoint", sorted(LISTS))
def test_a_list_costs_the_same_at_any_length(session, office, client_as, statements, endpoint) -> None:
    path, role = LISTS[endpoint]
    client, costs = client_as(role), []
    for numbers in (range(3), range(3, 33)):
        ids = fill(session(), office, numbers)
        with statements() as seen:
            assert client.get(path.format(**ids)).status_code == 200
        costs.append(seen)
    # Not "==": a page of the audit log looks up only the kinds of row that its entries name.
    assert len(costs[1]) <= len(costs[0]), "\n".join(costs[1])


def test_every_list_is_in_the_table(app: Flask) -> None:
    """A view that hands a `listing` to its template is a list."""
    found = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        name = f"{view.__module__.removeprefix('portal.').replace('.', '/')}.py"
        for function in ast.walk(MODULES[name]) if name in MODULES else ():
            if isinstance(function, ast.FunctionDef) and function.name == view.__name__:
                words = {keyword.arg for keyword in ast.walk(function) if isinstance(keyword, ast.keyword)}
                if "listing" in words:
                    found.add(rule.endpoint)
    assert found - set(LISTS) - NOT_HERE == set()
