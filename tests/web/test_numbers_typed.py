"""Numbers that no row can have, wherever a view reads one from an address or a form: never a fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, scoped_session

from portal.accounts.queries import viewer_of
from portal.exams.models import PaperKind, RoundState
from portal.exams.queries.attempts import section_rules
from portal.exams.rules.practice import of_type
from tests.accounts.test_people import post
from tests.support.exams import begin, build_contest, build_round
from tests.support.marking import short_round, sit_short
from tests.support.people import Office
from tests.support.practice import practise, released_bank

Clients = Callable[[str], FlaskClient]

# Longer than the database's numbers, longer than Python reads, digits of another script, and none at all.
NUMBERS = ["9" * 30, "9" * 5000, "-1", "-" + "9" * 30, "٣", "²", "1e9", "x", ""]

# Each: who asks, how, where ({names} are rows of `rows`), and the field.
READERS = [
    ("system_admin", "POST", "/accounts/slips", "unit"),
    ("system_admin", "POST", "/accounts/slips/void", "unit"),
    ("system_admin", "GET", "/units/new", "parent"),
    ("exam_officer", "POST", "/exams/rounds/{round}/codes", "unit"),
    ("exam_officer", "POST", "/exams/rounds/{round}/codes/void", "unit"),
    ("exam_officer", "GET", "/exams/rounds/{draft}/paper", "section"),
    ("exam_officer", "GET", "/exams/rounds/{round}/papers", "seed"),
    ("exam_officer", "POST", "/exams/rounds/{draft}/sections/{section}/items", "version"),
    ("exam_officer", "GET", "/exams/rounds/{marked}/marking/{asked}", "skip"),
    ("liaison", "GET", "/exams/practice/sets/{set}", "at"),
    ("liaison", "POST", "/exams/practice/sets/{set}/answers/1", "version"),
    ("cadre", "POST", "/exams/attempts/{attempt}/question", "place"),
    ("cadre", "POST", "/exams/attempts/{attempt}/question", "lease"),
    ("cadre", "GET", "/study/mine", "regulation"),
    ("cadre", "GET", "/study/mine", "open"),
    ("cadre", "POST", "/study/mine", "regulation_id"),
    ("system_admin", "GET", "/accounts/people", "unit"),
    ("system_admin", "POST", "/bulk", "id"),
]
# What else such a form holds, so that it gets as far as the number.
MORE = {
    "lease": {"place": "1", "a1": "0"},
    "regulation_id": {"title": "宪法", "read_on": "2026-01-05", "minutes": "10"},
    "id": {"list": "accounts.people", "action": "disable", "next": "/"},
}


@pytest.fixture
def rows(session: scoped_session[Session], office: Office) -> dict[str, object]:
    """The rows that the addresses name."""
    bank = released_bank(session(), office)
    round_ = build_round(session(), office, bank=bank)
    draft = build_round(session(), office, bank=bank, title="固定卷", state=RoundState.DRAFT)
    draft.paper_kind = PaperKind.FIXED
    contest = build_contest(session(), office, bank=bank, question_seconds=30)
    reader = viewer_of(session(), office.people["liaison"].id)
    marked = short_round(session(), office)
    unmarked = sit_short(session(), marked, office.people["leader"], "属地管理")
    found = {
        "round": round_.id,
        "draft": draft.id,
        "section": section_rules(session(), draft.id)[0].id,
        "marked": marked.id,
        "asked": unmarked.paper[-1]["v"],
        "attempt": begin(session(), contest, office.people["cadre"]).id,
        "set": practise(session(), reader, of_type("single"), []).id,
    }
    session.commit()
    return found


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: f"{reader[1]} {reader[2]} {reader[3]}")
def test_a_number_that_cannot_be_is_no_fault(
    client_as: Clients, rows: dict[str, object], reader: tuple[str, ...]
) -> None:
    label, method, where, name = reader
    client, path = client_as(label), where.format(**rows)
    for text in NUMBERS:
        if method == "GET":
            answer = client.get(path, query_string={name: text})
        else:
            answer = post(client, path, **{**MORE.get(name, {}), name: text})
        assert answer.status_code in {200, 303, 404, 422}, f"{text[:40]}: {answer.status_code}"
