"""The course of an attempt on the pages: what was noted, who reads it, and that it says nothing more."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.accounts.queries import viewer_of
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.viewer import Viewer
from portal.exams.evidence import SealState, evidence_of
from portal.exams.models import Attempt, AttemptEvent, ExamRound
from portal.exams.queries import evidence as queries
from portal.exams.rules.evidence import Fate
from portal.exams.services import attempts as services
from tests.support.exams import SECRET, begin, build_round, sit
from tests.support.people import Office

ClientAs = Callable[[str], FlaskClient]


@pytest.fixture
def round_(session: Any, office: Office) -> ExamRound:
    return build_round(session(), office, show_answers="at_once")


def place_of(attempt: Attempt, kind: str) -> int:
    """The first place of a kind of question on the paper."""
    return next(place for place, drawn in enumerate(attempt.paper, start=1) if drawn["t"] == kind)


def send(session: Session, viewer: Viewer, attempt: Attempt, lease: int, **values: list[str]) -> None:
    """A page with that lease sends answers, by kind of question."""
    services.save(
        session, viewer=viewer, now=clock.now(), attempt=attempt, lease=lease,
        sent=[{"pos": place_of(attempt, kind), "value": value, "counter": 9} for kind, value in values.items()],
    )  # fmt: skip


def moved_attempt(session: Session, round_: ExamRound, office: Office) -> Attempt:
    """Begun on one device, gone on with on another; the first sends what it still had, then the paper is handed in."""
    user = office.people["cadre"]
    attempt = begin(session, round_, user, at=clock.now() - timedelta(minutes=20))
    viewer = viewer_of(session, user.id)
    services.note_events(
        session, viewer=viewer, now=clock.now(), attempt=attempt,
        events=[{"kind": "blur", "ago_ms": 600_000}, {"kind": "focus", "ago_ms": 558_000}],
    )  # fmt: skip
    services.take_over(session, viewer=viewer, now=clock.now(), attempt=attempt)
    send(session, viewer, attempt, 2, single=["1"], judge=["0"])
    send(session, viewer, attempt, 1, single=["2"], judge=["0"], fill=["旧页面的话"], multiple=["0", "1"])
    send(session, viewer, attempt, 2, multiple=["2"])
    services.submit(session, viewer=viewer, now=clock.now(), attempt=attempt, round_=round_, secret=SECRET)
    send(session, viewer, attempt, 2, single=["3"])
    session.commit()
    return attempt


def page_of(client: FlaskClient, attempt: Attempt) -> Any:
    return client.get(f"/exams/rounds/{attempt.round_id}/results/attempts/{attempt.id}/evidence")


def test_what_the_old_page_sent_and_what_became_of_it(session: Any, round_: ExamRound, office: Office) -> None:
    attempt = moved_attempt(session(), round_, office)
    found = evidence_of(session(), attempt, SECRET)
    fates = {(line.kind, attempt.paper[each.place - 1]["t"]): each.fate for line, each in found.sent}
    assert fates == {
        ("stale", "single"): Fate.KEPT_OUT,
        ("stale", "judge"): Fate.SAME,
        ("stale", "fill"): Fate.FILLED,
        ("stale", "multiple"): Fate.REPLACED,
        ("late", "single"): Fate.TOO_LATE,
    }
    said = {found.said(each) for _line, each in found.sent}
    assert said == {"C", "A", "旧页面的话", "AB", "D"}
    counted = found.counts
    assert (counted.blurs, counted.takeovers, counted.stale, counted.late, counted.offlines) == (1, 1, 1, 1, 0)


def test_the_page_tells_the_course_to_the_second(
    client_as: ClientAs, session: Any, round_: ExamRound, office: Office
) -> None:
    attempt = moved_attempt(session(), round_, office)
    html = page_of(client_as("exam_officer"), attempt).text
    assert clock.to_local(attempt.started_at).strftime("%Y-%m-%d %H:%M:%S") in html
    assert "回到答题页，历时 42 秒" in html
    assert "旧页面的话" in html
    assert "封存完好" in html
    assert not re.search(r"作弊|违纪|可疑|嫌疑", html)
    plain = begin(session(), round_, office.people["leader"])
    session.commit()
    assert "尚未封存" in page_of(client_as("exam_officer"), plain).text


def test_a_sheet_changed_behind_the_portal_is_seen(
    client_as: ClientAs, session: Any, round_: ExamRound, office: Office
) -> None:
    attempt = moved_attempt(session(), round_, office)
    for name in session.scalars(
        text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'answers'")
    ).all():
        session.execute(text(f"DROP TRIGGER {name}"))
    session.execute(text("UPDATE answers SET value = '[\"3\"]' WHERE attempt_id = :id AND position = :place"),
                    {"id": attempt.id, "place": place_of(attempt, "single")})  # fmt: skip
    assert evidence_of(session(), attempt, SECRET).seal is SealState.BROKEN
    assert "与封存不符" in page_of(client_as("exam_officer"), attempt).text


def test_others_read_the_facts_of_their_units_without_the_answers(
    client_as: ClientAs, session: Any, round_: ExamRound, office: Office
) -> None:
    attempt = moved_attempt(session(), round_, office)
    foreign = sit(session(), round_, office.people["foreign_cadre"])
    session.commit()
    for role in ("leader", "liaison"):
        html = page_of(client_as(role), attempt).text
        assert "填入空白题" in html
        assert "旧页面的话" not in html
    assert page_of(client_as("leader"), foreign).status_code == 200
    assert page_of(client_as("liaison"), foreign).status_code == 404
    assert page_of(client_as("cadre"), attempt).status_code == 403
    elsewhere = build_round(session(), office, title="另一场")
    session.commit()
    wrong = f"/exams/rounds/{elsewhere.id}/results/attempts/{attempt.id}/evidence"
    assert client_as("exam_officer").get(wrong).status_code == 404


def test_the_list_counts_sorts_and_narrows(
    client_as: ClientAs, session: Any, round_: ExamRound, office: Office
) -> None:
    attempt = moved_attempt(session(), round_, office)
    sit(session(), round_, office.people["leader"])
    session.add(AttemptEvent(attempt_id=attempt.id, kind="online", at=clock.now(), address="10.9.9.9", detail={}))
    session.commit()
    viewer = viewer_of(session(), office.people["exam_officer"].id)
    table, statement = queries.evidence_table(session(), round_, clock.now(), viewer)
    rows = {row.name: row for row in session.execute(statement)}
    moved, quiet = rows[office.people["cadre"].name], rows[office.people["leader"].name]
    names = ("blurs", "takeovers", "offlines", "stale", "late")
    assert [getattr(moved, name) for name in names] == [1, 1, 0, 1, 1]
    assert [getattr(quiet, name) for name in names] == [0, 0, 0, 0, 0]
    assert moved.addresses == evidence_of(session(), attempt, SECRET).counts.addresses
    assert (moved.state, quiet.state) == ("submitted", "submitted")
    client, address = client_as("exam_officer"), f"/exams/rounds/{round_.id}/results/evidence"
    for column in ("blurs", "addresses", "takeovers", "offlines", "stale", "late"):
        body = client.get(f"{address}?sort=-{column}").text.split("<tbody>", 1)[1]
        assert office.people["leader"].name in body, column
    top = client.get(f"{address}?sort=-stale").text.split("<tbody>", 1)[1]
    assert top.index(moved.name) < top.index(quiet.name)
    for noted in ("blurs", "takeovers", "stale", "late"):
        body = client.get(f"{address}?noted={noted}").text.split("<tbody>", 1)[1]
        assert moved.name in body, noted
        assert quiet.name not in body, noted
    assert table.name == "evidence"


def test_the_list_leaves_as_a_sheet_and_that_is_noted(
    client_as: ClientAs, session: Any, round_: ExamRound, office: Office
) -> None:
    moved_attempt(session(), round_, office)
    with client_as("exam_officer").get(f"/exams/rounds/{round_.id}/results/evidence?export=xlsx") as answer:
        head, line = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert head[6:] == ["离开页面", "地址数", "换设备", "断网", "原页面补送", "交卷后送达"]
    assert [int(line[place]) for place in (6, 8, 9, 10, 11)] == [1, 1, 0, 1, 1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", line[5])
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "results.export")).all()
    assert "过程记录" in noted[-1].subject_label


def test_the_list_shows_nobody_of_other_units(
    client_as: ClientAs, session: Any, round_: ExamRound, office: Office
) -> None:
    sit(session(), round_, office.people["foreign_cadre"])
    session.commit()
    address = f"/exams/rounds/{round_.id}/results/evidence"
    foreign = office.people["foreign_cadre"].name
    assert foreign in client_as("leader").get(address).text
    assert foreign not in client_as("liaison").get(address).text


def test_the_person_reads_the_same_facts_once_results_are_open(
    client_as: ClientAs, session: Any, office: Office
) -> None:
    for shows in ("at_once", "after_closing"):
        round_ = build_round(session(), office, title=shows, show_score=shows, show_answers=shows)
        attempt = moved_attempt(session(), round_, office)
        html = client_as("cadre").get(f"/exams/attempts/{attempt.id}/result").text
        assert ("回到答题页，历时 42 秒" in html) is (shows == "at_once")
        assert ("旧页面的话" in html) is (shows == "at_once")


def test_one_attempt_costs_the_same_however_much_was_noted(
    client_as: ClientAs, session: Any, round_: ExamRound, office: Office, statements: Any
) -> None:
    attempt, client, costs = moved_attempt(session(), round_, office), client_as("exam_officer"), []
    for more in (0, 200):
        session.add_all(
            AttemptEvent(attempt_id=attempt.id, kind="blur", at=clock.now(), address="10.0.0.1", detail={})
            for _ in range(more)
        )
        session.commit()
        with statements() as seen:
            assert page_of(client, attempt).status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 12
