"""Progress of plans: one page of people at a time, units in one statement, and both say the same."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.viewer import Viewer
from portal.study import progress
from portal.study.models import HoursEntry, SelfStudy, StudyAttendance, StudyPlan
from portal.study.queries import plans as queries
from portal.study.rules.attendance import Attendance, MakeUp
from portal.study.rules.hours import PlanItemKind, Source
from portal.study.services import plans
from tests.study.test_study_pages import post
from tests.support.people import START, Office, stamp_in
from tests.support.study import TODAY, build_session, kind

ClientAs = Callable[[str], FlaskClient]
YEAR = TODAY.year


@pytest.fixture
def officer(session: Session, office: Office) -> Viewer:
    return office.viewer(session, "study_officer")


@pytest.fixture
def plan(session: Session, office: Office, officer: Viewer) -> StudyPlan:
    """A plan of the district that asks for one thing of every kind."""
    made = plans.create(
        session, actor=officer, now=clock.now(), values=plans.PlanValues(YEAR, "学法计划", office.units["D"].id)
    )
    for values in (
        plans.ItemValues(PlanItemKind.MINUTES, "学时", 60),
        plans.ItemValues(PlanItemKind.SESSIONS, "讲座", 1, kind(session, "lecture").id),
        plans.ItemValues(PlanItemKind.SESSIONS, "学习", 2),
        plans.ItemValues(PlanItemKind.ARTICLES, "条文", 2),
        plans.ItemValues(PlanItemKind.ARTICLES, "某法条文", 1, regulation_id=7),
    ):
        plans.add_item(session, actor=officer, now=clock.now(), plan=made, values=values)
    plans.publish(session, actor=officer, now=clock.now(), plan=made)
    session.commit()
    return made


def scatter(session: Session, office: Office, officer: Viewer, seed: int) -> None:
    """Everybody did something or other, also in another year, not marked, or made up."""
    dice = random.Random(seed)
    rows = [
        build_session(session, office, officer, code=code, day=day)
        for code in ("lecture", "training")
        for day in (date(YEAR, 3, 1), date(YEAR, 5, 1), date(YEAR - 1, 5, 1))
    ]
    for person in office.people.values():
        for row in dice.sample(rows, dice.randrange(len(rows))):
            session.add(
                StudyAttendance(
                    session_id=row.id, user_id=person.id, unit_id=person.unit_id, unit_name="单位",
                    status=dice.choice(list(Attendance)), make_up=dice.choice(list(MakeUp)),
                )
            )  # fmt: skip
        for number in range(dice.randrange(4)):
            session.add(
                HoursEntry(
                    user_id=person.id, year=YEAR - dice.randrange(2), day=date(YEAR, 3, 1), source=Source.SELF_STUDY,
                    source_id=number, minutes=dice.choice([-20, 30, 60]), title="学", at=START,
                )
            )  # fmt: skip
            session.add(
                SelfStudy(
                    user_id=person.id, title=dice.choice(["甲", "乙"]), regulation_id=dice.choice([None, 7, 8]),
                    article=dice.choice(["", "art_1"]), read_on=date(YEAR - dice.randrange(2), 3, 1), created_at=START,
                )
            )  # fmt: skip
    session.commit()


@pytest.mark.parametrize("seed", range(6))
def test_the_sums_of_units_are_those_of_their_people(
    session: Session, office: Office, officer: Viewer, plan: StudyPlan, seed: int
) -> None:
    scatter(session, office, officer, seed)
    reader = office.viewer(session, "manager")
    items = queries.items(session, plan.id)
    found = progress.figures(session, queries.people_ids(reader, plan), YEAR)
    expected: dict[str, list[int]] = {}
    finished = set()
    for row in queries.people_rows(session, reader, plan):
        line = expected.setdefault(row.unit_name, [0, 0, 0])
        done = all(each.complete for each in progress.of_person(items, found, row.id, TODAY, YEAR))
        finished |= {row.id} if done else set()
        line[0] += 1
        line[1] += found.minutes.get(row.id, 0)
        line[2] += done
    got = {row.name: [row.people, row.minutes, row.complete] for row in queries.by_unit(session, reader, plan, items)}
    assert got == expected
    everybody = queries.people(reader, plan)
    complete = queries.complete(items, YEAR)
    assert {row.id for row in session.execute(everybody.where(complete))} == finished


def test_a_plan_that_asks_nothing_is_complete_for_nobody(session: Session, office: Office, officer: Viewer) -> None:
    made = plans.create(
        session, actor=officer, now=clock.now(), values=plans.PlanValues(YEAR, "空", office.units["D"].id)
    )
    assert {row.complete for row in queries.by_unit(session, office.viewer(session, "manager"), made, [])} == {0}


def test_one_looks_for_who_is_not_done_and_at_units(
    client_as: ClientAs, session: Session, office: Office, officer: Viewer, plan: StudyPlan
) -> None:
    manager, url = client_as("manager"), f"/study/plans/{plan.id}"
    name = office.people["cadre"].name
    assert name in manager.get(f"{url}?done=no").text
    assert f">{name}<" not in manager.get(f"{url}?done=yes").text
    page = manager.get(f"{url}/units").text
    assert "人均学时" in page
    assert client_as("cadre").get(url).status_code == 200
    assert client_as("cadre").get(f"{url}/units").status_code == 403


def test_what_it_asks_is_changed_and_two_see_one_another(
    client_as: ClientAs, session: Session, plan: StudyPlan
) -> None:
    officer, item = client_as("study_officer"), queries.items(session, plan.id)[0]
    url = f"/study/plans/{plan.id}/items/{item.id}"
    seen = stamp_in(officer, url)
    said: dict[str, Any] = {"kind": "minutes", "title": "学时", "due_on": f"{YEAR}-09-30"}
    assert 'value="1"' in officer.get(url).text, "sixty minutes are one hour"
    assert post(officer, url, stamp=seen, **said, amount="abc").status_code == 422
    assert post(officer, url, stamp=seen, **{**said, "due_on": "2020-01-01"}, amount="2").status_code == 422
    assert post(officer, url, stamp=seen, **said, amount="1.5").status_code == 303
    assert (item.amount, item.due_on) == (90, date(YEAR, 9, 30))
    again = post(officer, url, stamp=seen, **said, amount="8")
    assert again.status_code == 422
    assert "数量（学时填小时）：1.5" in again.text
    assert 'value="8"' in again.text
    edit = f"/study/plans/{plan.id}/edit"
    seen = stamp_in(officer, edit)
    body = {"title": "甲计划", "year": YEAR, "unit_id": plan.unit_id}
    assert post(officer, edit, stamp=seen, **body).status_code == 303
    second = post(officer, edit, stamp=seen, **{**body, "title": "乙计划"})
    assert second.status_code == 422
    assert "计划名称：甲计划" in second.text
    assert plan.title == "甲计划"


def test_a_form_of_study_that_was_switched_off_stays_where_a_plan_asks_for_it(
    client_as: ClientAs, session: Session, plan: StudyPlan
) -> None:
    lecture = kind(session, "lecture")
    lecture.active = False
    session.commit()
    item = queries.items(session, plan.id)[1]
    page = client_as("study_officer").get(f"/study/plans/{plan.id}/items/{item.id}").text
    assert re.search(rf'<option selected value="{lecture.id}">', page)


def test_due_days_and_reminders_stay_true(session: Session, office: Office, officer: Viewer, plan: StudyPlan) -> None:
    items = queries.items(session, plan.id)
    found = progress.figures(session, [officer.id or 0], YEAR)
    early = progress.of_person(items, found, officer.id or 0, date(YEAR, 1, 1), YEAR)
    late = progress.of_person(items, found, officer.id or 0, date(YEAR, 12, 31) + timedelta(days=1), YEAR)
    assert [each.progress.behind for each in early] == [0] * 5
    assert [each.progress.behind for each in late] == [item.amount for item in items]
