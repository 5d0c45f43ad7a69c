"""Who reads which lines: the liaison of a sub-district sees the district's exam, and of it only the own people."""

from __future__ import annotations

import pytest

from portal.core import clock
from portal.exams.models import RosterEntry
from portal.exams.queries import results, rounds
from portal.exams.rules.round import RoundState
from portal.home import queries as home
from tests.support.exams import build_round


@pytest.fixture
def round_(session, office):
    """The district's round; its list has people of two sub-districts and of the bureau."""
    return build_round(session(), office)


def test_the_liaison_reads_the_lines_of_the_own_sub_district(session, office, round_):
    liaison = office.viewer(session(), "liaison")
    assert rounds.by_id(session(), liaison, round_.id) is not None
    assert rounds.by_id(session(), liaison, round_.id, manage=True) is None
    names = {row.name for row in results.absent(session(), round_, clock.now(), liaison)}
    assert names == {office.people["cadre"].name, office.people["liaison"].name}
    everybody = results.absent(session(), round_, clock.now(), office.viewer(session(), "exam_officer"))
    assert len(everybody) == 5


def test_a_draft_and_a_round_without_own_people_stay_unseen(session, office):
    liaison = office.viewer(session(), "liaison")
    draft = build_round(session(), office, title="草稿", state=RoundState.DRAFT)
    elsewhere = build_round(session(), office, title="别处", people=("foreign_cadre",))
    assert rounds.by_id(session(), liaison, draft.id) is None
    assert rounds.by_id(session(), liaison, elsewhere.id) is None


def test_pages_show_the_own_lines_only(client_as, office, round_):
    client = client_as("liaison")
    foreign = office.people["foreign_cadre"].name
    for part in ("", "/units", "/distribution", "/not-sat"):
        page = client.get(f"/exams/rounds/{round_.id}/results{part}")
        assert page.status_code == 200
        assert foreign not in page.text
        assert "西山街道" not in page.text
    assert foreign in client_as("exam_officer").get(f"/exams/rounds/{round_.id}/results").text
    for closed in ("/roster", "/paper", "/basics"):
        assert client.get(f"/exams/rounds/{round_.id}{closed}").status_code == 404


def test_home_counts_the_own_units_for_each_role(session, office, round_):
    now = clock.now()
    assert home.watched_exams(session(), office.viewer(session(), "cadre"), now) == []
    assert [each.not_sat for each in home.watched_exams(session(), office.viewer(session(), "liaison"), now)] == [2]
    assert [each.not_sat for each in home.watched_exams(session(), office.viewer(session(), "leader"), now)] == [5]


@pytest.mark.parametrize("copies", [1, 30])
def test_home_costs_the_same_whatever_the_number_of_people(session, office, round_, client_as, statements, copies):
    client = client_as("manager")
    unit = office.units["D0301"]
    known = {entry.user_id for entry in session.query(RosterEntry).filter_by(round_id=round_.id)}
    others = [user for user in office.people.values() if user.id not in known][:copies]
    session.add_all(RosterEntry(round_id=round_.id, user_id=user.id, unit_id=unit.id, unit_name="x") for user in others)
    session.commit()
    with statements() as seen:
        assert client.get("/").status_code == 200
    assert len(seen) <= 12, "\n".join(seen)
