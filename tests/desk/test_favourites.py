"""Favourites: one's own, and never more than one may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import RoleGrant
from portal.desk import favourites
from portal.desk.models import Favourite
from portal.exams.rules.round import RoundState
from portal.library.models import Regulation
from portal.meetings.models import Decision
from portal.study.models import StudyPlan
from tests.support.exams import build_bank, build_round
from tests.support.library import law, put
from tests.support.people import START, Office, csrf
from tests.support.study import build_meeting, build_session

As = Callable[[str], FlaskClient]


def toggle(client: FlaskClient, kind: str, row_id: int, **headers: str) -> Any:
    return client.post(f"/favourites/{kind}/{row_id}", data={"csrf_token": csrf(client)}, headers=headers)


def test_the_star_goes_on_and_off(session: Session, office: Office, client_as: As) -> None:
    bank = build_bank(session, office, name="收藏题库", each=1)
    session.commit()
    client = client_as("exam_officer")
    page = f"/exams/banks/{bank.id}"
    assert 'aria-pressed="false">' in client.get(page).text
    assert toggle(client, "banks", bank.id).status_code == 303
    assert 'class="btn star" type="submit" aria-pressed="true"' in client.get(page).text
    fragment = toggle(client, "banks", bank.id, **{"HX-Request": "true"})
    assert fragment.status_code == 200
    assert "<html" not in fragment.text
    assert 'aria-pressed="false" data-autofocus' in fragment.text
    assert list(session.scalars(select(Favourite))) == []


def test_every_kind_on_its_page_on_mine_and_at_home(session: Session, office: Office, client_as: As) -> None:
    bank = build_bank(session, office, name="收藏题库", each=1)
    round_ = build_round(session, office, title="收藏考试", bank=bank, per_type=1)
    officer = office.viewer(session, "study_officer")
    study = build_session(session, office, officer, title="收藏学习")
    meeting = build_meeting(session, office, officer, title="收藏会议")
    decision = Decision(meeting_id=meeting.id, no=1, text="收藏事项", unit_id=office.units["D01"].id)
    plan = StudyPlan(year=2026, title="收藏计划", unit_id=office.units["D01"].id, created_at=START)
    session.add_all([decision, plan])
    put(session, law("收藏条例", "为了试验。"))
    session.commit()
    law_id = session.scalars(select(Regulation.id)).one()
    cases = {
        "study": ("study_officer", study.id, f"/study/sessions/{study.id}", "收藏学习"),
        "plans": ("study_officer", plan.id, f"/study/plans/{plan.id}", "收藏计划"),
        "meetings": ("leader", meeting.id, f"/meetings/{meeting.id}", "收藏会议"),
        "decisions": ("study_officer", decision.id, f"/meetings/decisions/{decision.id}", "收藏事项"),
        "banks": ("exam_officer", bank.id, f"/exams/banks/{bank.id}", "收藏题库"),
        "rounds": ("leader", round_.id, f"/exams/rounds/{round_.id}", "收藏考试"),
        "people": ("manager", office.people["cadre"].id, f"/accounts/people/{office.people['cadre'].id}", "（T001）"),
        "units": ("system_admin", office.units["D02"].id, f"/units/{office.units['D02'].id}/edit", "东风街道"),
        "regulations": ("case_officer", law_id, f"/library/{law_id}", "收藏条例"),
    }
    assert set(cases) == set(favourites.kinds())
    for kind, (who, row_id, path, name) in cases.items():
        client = client_as(who)
        assert f'action="/favourites/{kind}/{row_id}"' in client.get(path).text
        toggle(client, kind, row_id)
        for page in ("/favourites", "/"):
            text = client.get(page).text
            assert name in text, (kind, page)
            assert f'href="{path}"' in text, (kind, page)
        assert name not in client_as("publicity_officer").get("/favourites").text


def test_what_one_may_not_see_is_a_404(session: Session, office: Office, client_as: As) -> None:
    bank = build_bank(session, office, name="西山题库", unit="D03", each=1)
    draft = build_round(session, office, title="西山草稿", unit="D03", state=RoundState.DRAFT, bank=bank, per_type=1)
    session.commit()
    liaison = client_as("liaison")
    foreign = office.people["foreign_cadre"].id
    for kind, row_id in (
        ("banks", bank.id), ("rounds", draft.id), ("people", foreign), ("units", office.units["D03"].id),
        ("banks", 987654), ("planets", 1),
    ):  # fmt: skip
        assert toggle(liaison, kind, row_id).status_code == 404, kind
    assert list(session.scalars(select(Favourite))) == []


def test_a_favourite_that_one_may_no_longer_see_is_not_shown(session: Session, office: Office, client_as: As) -> None:
    client, cadre = client_as("manager"), office.people["cadre"]
    toggle(client, "people", cadre.id)
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == office.people["manager"].id)).one()
    grant.unit_id = office.units["D03"].id
    session.commit()
    for page in ("/favourites", "/"):
        assert cadre.name not in client.get(page).text
    assert toggle(client, "people", cadre.id).status_code == 404
