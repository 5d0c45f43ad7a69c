"""People's accounts: who sees whom, what each administrator may do, and what the log says of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from portal.accounts import people_services as services
from portal.accounts import queries, rules, sign_in
from portal.accounts.models import LoginFailure, LoginSession, RoleGrant, User, UserState
from portal.accounts.passwords import verify
from portal.accounts.services import create_user, grant_role, note_failure
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission, Role
from portal.core.viewer import system_viewer
from portal.org.models import Unit
from tests.support.people import PASSWORD, PEOPLE, START, Office, csrf, number_of

Clients = Callable[[str], FlaskClient]
Statements = Callable[[], AbstractContextManager[list[str]]]
ADMINISTRATORS = ("system_admin", "security_admin", "audit_admin")


def post(client: FlaskClient, path: str, **fields: object):  # type: ignore[no-untyped-def]
    return client.post(path, data={"csrf_token": csrf(client), **{name: str(value) for name, value in fields.items()}})


def entries(session: scoped_session[Session], action: str) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


@pytest.fixture
def as_local(session: scoped_session[Session], office: Office, client_as: Clients) -> Callable[[Role], FlaskClient]:
    """Somebody who holds one role, for one sub-district alone."""

    def make(role: Role) -> FlaskClient:
        person = office.people["liaison"]
        session.query(RoleGrant).filter_by(user_id=person.id).delete()
        unit = office.units["D02"].id
        grant_role(session(), actor=system_viewer(), now=START, user=person, role=role, unit_id=unit)
        return client_as("liaison")

    return make


def exported(client: FlaskClient) -> Any:
    with client.get("/accounts/people?export=xlsx") as answer:
        return openpyxl.load_workbook(io.BytesIO(answer.data)).active


# --- who sees whom -----------------------------------------------------------------------------------------------


def test_the_list_holds_the_people_of_ones_units(client_as: Clients, office: Office) -> None:
    page = client_as("manager").get("/accounts/people?size=50").text
    assert all(number_of(label) in page for label in PEOPLE)


def test_a_local_reader_sees_nobody_else(as_local: Callable[[Role], FlaskClient], office: Office) -> None:
    client = as_local(Role.MANAGER)
    page = client.get("/accounts/people").text
    rows = list(exported(client).values)[1:]
    local = {number_of("cadre"), number_of("liaison")}
    assert {row[0] for row in rows} == local
    assert set(re.findall(r">(T\d{3})<", page)) == local
    assert client.get(f"/accounts/people/{office.people['cadre'].id}").status_code == 200
    assert client.get(f"/accounts/people/{office.people['foreign_cadre'].id}").status_code == 404
    assert client.get("/accounts/people/999999").status_code == 404
    assert "西山街道" not in page


def test_a_foreign_unit_in_the_address_finds_nothing_more(
    as_local: Callable[[Role], FlaskClient], office: Office
) -> None:
    page = as_local(Role.MANAGER).get(f"/accounts/people?unit={office.units['D03'].id}").text
    assert number_of("foreign_cadre") not in page
    assert "已忽略" in page


@pytest.mark.parametrize("path", ["edit", "state", "reset", "roles"])
def test_nobody_acts_on_a_foreign_person(
    session: scoped_session[Session], as_local: Callable[[Role], FlaskClient], office: Office, path: str
) -> None:
    client = as_local(Role.SYSTEM_ADMIN if path in {"edit", "state"} else Role.SECURITY_ADMIN)
    foreign = office.people["foreign_cadre"]
    before = foreign.password_hash
    answer = post(
        client, f"/accounts/people/{foreign.id}/{path}", state="disabled", role="leader", unit_id=office.units["D02"].id
    )
    assert answer.status_code == 404
    session.refresh(foreign)
    assert (foreign.state, foreign.password_hash) == (UserState.ACTIVE, before)


def test_filters(client_as: Clients, office: Office) -> None:
    client = client_as("manager")

    def found(query: str) -> set[str]:
        return set(re.findall(r">(T\d{3})<", client.get(f"/accounts/people?size=50&{query}").text))

    assert found(f"unit={office.units['D02'].id}") == {number_of("cadre"), number_of("liaison")}
    assert found("role=leader") == {number_of("leader")}
    assert found("state=left") == set()
    assert found(f"q={office.people['reviewer'].name}") == {number_of("reviewer")}


def test_the_list_costs_the_same_however_long(
    session: scoped_session[Session], as_local: Callable[[Role], FlaskClient], office: Office, statements: Statements
) -> None:
    client = as_local(Role.MANAGER)
    client.get("/accounts/people?size=50")
    with statements() as few:
        client.get("/accounts/people?size=50")
    for index in range(30):
        person = create_user(
            session(), actor=system_viewer(), now=START, number=f"N{index:02}", name="新人",
            unit_id=office.units["D0201"].id, password_hash="x",
        )  # fmt: skip
        grant_role(session(), actor=system_viewer(), now=START, user=person, role=Role.CADRE, unit_id=person.unit_id)
    with statements() as many:
        page = client.get("/accounts/people?size=50").text
    assert page.count("新人") == 30
    assert len(many) == len(few)


def test_a_sheet_of_people_holds_no_formula_and_is_noted(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    dangerous = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "http://x.test"]
    for index, text in enumerate(dangerous):
        create_user(
            session(), actor=system_viewer(), now=START, number=f"S{index}", name=text, position=text,
            unit_id=office.units["D0101"].id, password_hash="x",
        )  # fmt: skip
    cells = [cell for row in exported(client_as("system_admin")).iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    assert {str(cell.value) for cell in cells} >= {"=1+1", "@SUM(A1)", "http://x.test"}
    assert entries(session, "user.export")[-1].actor_id == office.people["system_admin"].id


# --- three administrators ----------------------------------------------------------------------------------------

ACTS = {
    "create": ("/accounts/people/new", {"system_admin"}),
    "edit": ("/accounts/people/{id}/edit", {"system_admin"}),
    "state": ("/accounts/people/{id}/state", {"system_admin"}),
    "reset": ("/accounts/people/{id}/reset", {"security_admin"}),
    "grant": ("/accounts/people/{id}/roles", {"security_admin"}),
    "revoke": ("/accounts/people/{id}/roles/{grant}/revoke", {"security_admin"}),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("label", PEOPLE)
def test_each_act_belongs_to_one_administrator(
    session: scoped_session[Session], client_as: Clients, office: Office, act: str, label: str
) -> None:
    path, allowed = ACTS[act]
    person = office.people["cadre"]
    grant = session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == person.id)).one()
    fields = {
        "number": "N1", "name": "新人", "unit_id": office.units["D02"].id, "state": "disabled", "role": "liaison",
        "seen": services.fingerprint(person),
    }  # fmt: skip
    answer = post(client_as(label), path.format(id=person.id, grant=grant), **fields)
    if label in allowed:
        assert answer.status_code in {200, 303}
    else:
        assert answer.status_code == 403


def test_only_the_audit_administrator_reads_the_log(client_as: Clients) -> None:
    assert {label for label in PEOPLE if client_as(label).get("/audit/").status_code == 200} == {"audit_admin"}


@pytest.mark.parametrize("held", ADMINISTRATORS)
@pytest.mark.parametrize("wanted", ADMINISTRATORS)
def test_nobody_is_two_administrators(held: str, wanted: str) -> None:
    pairs = frozenset({(Role.CADRE, 1), (Role(held), 1)})
    if held == wanted:
        rules.check_grant(pairs, Role(wanted), 2)
    else:
        with pytest.raises(RuleError, match="admins-apart"):
            rules.check_grant(pairs, Role(wanted), 2)


def test_an_administrator_may_hold_other_roles() -> None:
    rules.check_grant(frozenset({(Role.SYSTEM_ADMIN, 1)}), Role.CADRE, 1)
    rules.check_grant(frozenset({(Role.MANAGER, 1)}), Role.AUDIT_ADMIN, 1)


# --- a new person ------------------------------------------------------------------------------------------------


def slip_password(page: str) -> str:
    found = set(re.findall(r"\b[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}\b", page))
    assert len(found) == 1
    return found.pop()


def test_a_new_person_gets_a_first_password_that_is_kept_nowhere(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    client = client_as("system_admin")
    answer = post(
        client, "/accounts/people/new", number="N100", name="新来的人", unit_id=office.units["D0102"].id,
        position="一级科员", is_leader="y",
    )  # fmt: skip
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    password = slip_password(answer.text)
    person = session.scalars(select(User).where(User.number == "N100")).one()
    assert verify(person.password_hash, password)
    assert (person.must_change_password, person.is_leader, person.position) == (True, True, "一级科员")
    entry = entries(session, "user.create")[-1]
    assert (entry.actor_id, entry.subject_label) == (office.people["system_admin"].id, "新来的人（N100）")
    assert password not in str(entry.detail)
    assert "argon2" not in str(entry.detail)
    assert password not in client.get(f"/accounts/people/{person.id}").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "T001"}, "已有人使用"),
        ({"number": ""}, "请填写工号"),
        ({"number": "有 空格"}, "工号只能用"),
        ({"number": "x" * 33}, "最多 32"),
        ({"name": "　"}, "请填写姓名"),
        ({"unit_id": 999999}, "单位"),
    ],
)
def test_a_person_who_cannot_be_is_refused_at_the_field(
    session: scoped_session[Session], client_as: Clients, office: Office, changes: dict[str, object], words: str
) -> None:
    before = session.scalar(select(func.count(User.id)))
    fields = {"number": "N100", "name": "新人", "unit_id": office.units["D0102"].id, **changes}
    answer = post(client_as("system_admin"), "/accounts/people/new", **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert session.scalar(select(func.count(User.id))) == before


def test_no_person_is_put_into_a_foreign_or_closed_unit(
    session: scoped_session[Session], as_local: Callable[[Role], FlaskClient], office: Office
) -> None:
    client = as_local(Role.SYSTEM_ADMIN)
    fields = {"number": "N100", "name": "新人"}
    assert post(client, "/accounts/people/new", unit_id=office.units["D03"].id, **fields).status_code == 422
    closed = office.units["D0201"]
    closed.valid_to = (clock.now() - timedelta(days=2)).date()
    session.commit()
    assert post(client, "/accounts/people/new", unit_id=closed.id, **fields).status_code == 422
    viewer = office.viewer(session(), "liaison")
    for unit, code in ((office.units["D03"], "not-found"), (closed, "unit-closed")):
        with pytest.raises(RuleError, match=code):
            services.create(
                session(), actor=viewer, now=clock.now(), unit_id=unit.id, position="", is_leader=False,
                password_hash="x", **fields,
            )  # fmt: skip


def test_the_day_on_which_a_unit_closes_is_the_offices_own(session: scoped_session[Session], office: Office) -> None:
    unit = office.units["D0201"]
    unit.valid_to = date(2026, 3, 9)
    session.flush()
    viewer = office.viewer(session(), "system_admin")

    def create(number: str, moment: datetime) -> None:
        services.create(
            session(),
            actor=viewer,
            now=moment,
            number=number,
            name="新人",
            unit_id=unit.id,
            position="",
            is_leader=False,
            password_hash="x",
        )

    create("N1", datetime(2026, 3, 9, 15, 59, tzinfo=UTC))  # the last minute of the 9th in the office
    with pytest.raises(RuleError, match="unit-closed"):
        create("N2", datetime(2026, 3, 9, 16, 0, tzinfo=UTC))  # the 10th there, still the 9th in UTC


# --- changes -----------------------------------------------------------------------------------------------------


def shown(person: User, **changes: object) -> dict[str, object]:
    """What the form of a person sends back."""
    return {
        "number": person.number, "name": person.name, "unit_id": person.unit_id, "position": person.position,
        "seen": services.fingerprint(person), **changes,
    }  # fmt: skip


def test_an_edit_is_saved_and_noted(session: scoped_session[Session], client_as: Clients, office: Office) -> None:
    person, unit = office.people["cadre"], office.units["D02"]
    path = f"/accounts/people/{person.id}/edit"
    assert post(client_as("system_admin"), path, **shown(person, unit_id=unit.id, position="主任")).status_code == 303
    session.refresh(person)
    assert (person.unit_id, person.position) == (unit.id, "主任")
    changes = entries(session, "user.update")[-1].detail["changes"]
    assert changes == {"unit_id": [office.units["D0201"].id, unit.id], "position": ["", "主任"]}
    log = client_as("audit_admin").get("/audit/?action=user.update").text
    assert "东风街道一社区" in log


def test_the_second_of_two_who_edit_is_told(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    person, client = office.people["cadre"], client_as("system_admin")
    mine, other = shown(person, name="我改的"), shown(person, name="别人改的")
    path = f"/accounts/people/{person.id}/edit"
    assert post(client, path, **other).status_code == 303
    answer = post(client, path, **mine)
    assert answer.status_code == 422
    assert "刚被别人改过" in answer.text
    session.refresh(person)
    assert person.name == "别人改的"


def test_a_number_stays_with_one_person(client_as: Clients, office: Office) -> None:
    person = office.people["cadre"]
    answer = post(
        client_as("system_admin"), f"/accounts/people/{person.id}/edit", **shown(person, number=number_of("leader"))
    )
    assert answer.status_code == 422
    assert "已有人使用" in answer.text


def test_an_edit_keeps_a_person_in_a_unit_that_has_closed(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    person, unit = office.people["cadre"], office.units["D0201"]
    unit.valid_to = (clock.now() - timedelta(days=2)).date()
    session.flush()
    client, path = client_as("system_admin"), f"/accounts/people/{person.id}/edit"
    assert f'<option selected value="{unit.id}">' in client.get(path).text
    assert post(client, path, **shown(person, position="主任")).status_code == 303
    session.refresh(person)
    assert (person.unit_id, person.position) == (unit.id, "主任")


@pytest.mark.parametrize("state", ["disabled", "left"])
def test_whoever_may_not_sign_in_is_out_at_once(
    session: scoped_session[Session], client_as: Clients, office: Office, state: str
) -> None:
    person, theirs, admin = office.people["cadre"], client_as("cadre"), client_as("system_admin")
    assert theirs.get("/").status_code == 200
    assert post(admin, f"/accounts/people/{person.id}/state", state=state).status_code == 303
    assert theirs.get("/").status_code == 303
    ended = session.scalars(select(LoginSession).where(LoginSession.user_id == person.id)).all()
    assert {(row.ended_at is not None, row.end_reason) for row in ended} == {(True, state)}
    assert entries(session, "user.state")[-1].detail["changes"] == {"state": ["active", state]}
    assert post(admin, f"/accounts/people/{person.id}/state", state="active").status_code == 303
    session.refresh(person)
    assert person.state == UserState.ACTIVE
    assert theirs.get("/").status_code == 303  # the old session stays dead


def test_nobody_disables_themselves(session: scoped_session[Session], client_as: Clients, office: Office) -> None:
    own, client = office.people["system_admin"], client_as("system_admin")
    post(client, f"/accounts/people/{own.id}/state", state="disabled")
    session.refresh(own)
    assert own.state == UserState.ACTIVE
    assert "不能停用自己的账号" in client.get(f"/accounts/people/{own.id}").text


def test_a_state_that_does_not_exist(client_as: Clients, office: Office) -> None:
    path = f"/accounts/people/{office.people['cadre'].id}/state"
    assert post(client_as("system_admin"), path, state="gone").status_code == 400


# --- first passwords again ---------------------------------------------------------------------------------------


def test_a_reset_password(app: Flask, session: scoped_session[Session], client_as: Clients, office: Office) -> None:
    person, theirs = office.people["cadre"], client_as("cadre")
    digest = sign_in.name_digest(person.number)
    note_failure(session(), name_digest=digest, address="10.0.0.9", now=clock.now())
    session.commit()
    answer = post(client_as("security_admin"), f"/accounts/people/{person.id}/reset")
    assert answer.status_code == 200
    password = slip_password(answer.text)
    session.refresh(person)
    assert verify(person.password_hash, password)
    assert not verify(person.password_hash, PASSWORD)
    assert person.must_change_password
    assert theirs.get("/").status_code == 303
    assert session.scalar(select(func.count()).where(LoginFailure.name_digest == digest)) == 0
    entry = entries(session, "user.reset")[-1]
    assert entry.actor_name == office.people["security_admin"].name
    assert person.name in entry.subject_label
    assert password not in str(entry.detail)


def test_nobody_resets_their_own_password(session: scoped_session[Session], client_as: Clients, office: Office) -> None:
    own, client = office.people["security_admin"], client_as("security_admin")
    before = own.password_hash
    assert post(client, f"/accounts/people/{own.id}/reset").status_code == 303
    session.refresh(own)
    assert own.password_hash == before
    assert "不能重置自己的密码" in client.get(f"/accounts/people/{own.id}").text


@pytest.mark.parametrize(("role", "path"), [(Role.SECURITY_ADMIN, "reset"), (Role.SYSTEM_ADMIN, "state")])
def test_a_local_administrator_does_not_get_at_a_wider_account(
    session: scoped_session[Session], as_local: Callable[[Role], FlaskClient], office: Office, role: Role, path: str
) -> None:
    client, person = as_local(role), office.people["cadre"]
    grant_role(
        session(), actor=system_viewer(), now=START, user=person, role=Role.SYSTEM_ADMIN, unit_id=office.units["D"].id
    )
    session.commit()
    before = person.password_hash
    assert post(client, f"/accounts/people/{person.id}/{path}", state="disabled").status_code == 303
    session.refresh(person)
    assert (person.password_hash, person.state) == (before, UserState.ACTIVE)
    assert "管辖范围以外" in client.get(f"/accounts/people/{person.id}").text


# --- roles -------------------------------------------------------------------------------------------------------


def held(session: scoped_session[Session], person: User) -> set[tuple[str, str]]:
    rows = session.execute(
        select(RoleGrant.role, Unit.code).join(Unit, Unit.id == RoleGrant.unit_id).where(RoleGrant.user_id == person.id)
    )
    return {(row.role, row.code) for row in rows}


def test_a_role_given_and_taken(session: scoped_session[Session], client_as: Clients, office: Office) -> None:
    person, admin, theirs = office.people["cadre"], client_as("security_admin"), client_as("cadre")
    path = f"/accounts/people/{person.id}/roles"
    assert theirs.get("/accounts/people").status_code == 403
    assert post(admin, path, role="manager", unit_id=office.units["D02"].id).status_code == 303
    assert held(session, person) == {("cadre", "D0201"), ("manager", "D02")}
    assert theirs.get("/accounts/people").status_code == 200
    given = entries(session, "user.grant")[-1]
    assert (given.actor_id, person.name in given.subject_label) == (office.people["security_admin"].id, True)
    grant = session.scalars(select(RoleGrant).where(RoleGrant.role == Role.MANAGER, RoleGrant.user_id == person.id))
    assert post(admin, f"{path}/{grant.one().id}/revoke").status_code == 303
    assert held(session, person) == {("cadre", "D0201")}
    assert theirs.get("/accounts/people").status_code == 403
    assert person.name in entries(session, "user.revoke")[-1].subject_label
    log = client_as("audit_admin").get("/audit/?action=user.grant").text
    assert "业务主管" in log
    assert "东风街道" in log


def test_a_role_is_held_once(session: scoped_session[Session], client_as: Clients, office: Office) -> None:
    person, admin = office.people["cadre"], client_as("security_admin")
    path, unit = f"/accounts/people/{person.id}", office.units["D0201"].id
    post(admin, f"{path}/roles", role="cadre", unit_id=unit)
    assert held(session, person) == {("cadre", "D0201")}
    assert "已有这个角色" in admin.get(path).text


def test_nobody_gives_or_takes_their_own_roles(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    own, admin = office.people["security_admin"], client_as("security_admin")
    before = held(session, own)
    post(admin, f"/accounts/people/{own.id}/roles", role="leader", unit_id=office.units["D"].id)
    grant = session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == own.id)).one()
    post(admin, f"/accounts/people/{own.id}/roles/{grant}/revoke")
    assert held(session, own) == before
    assert "不能修改自己的角色" in admin.get(f"/accounts/people/{own.id}").text


def test_roles_are_given_and_taken_within_ones_own_units(
    session: scoped_session[Session], as_local: Callable[[Role], FlaskClient], office: Office
) -> None:
    client, person = as_local(Role.SECURITY_ADMIN), office.people["cadre"]
    wide = grant_role(
        session(), actor=system_viewer(), now=START, user=person, role=Role.LEADER, unit_id=office.units["D"].id
    )
    session.commit()
    path = f"/accounts/people/{person.id}/roles"
    for unit in ("D", "D03"):
        assert post(client, path, role="manager", unit_id=office.units[unit].id).status_code == 422
    post(client, f"{path}/{wide.id}/revoke")
    assert held(session, person) == {("cadre", "D0201"), ("leader", "D")}
    assert post(client, path, role="manager", unit_id=office.units["D0201"].id).status_code == 303
    assert ("manager", "D0201") in held(session, person)


def test_a_grant_of_somebody_else_is_not_found(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    other = session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == office.people["leader"].id)).one()
    path = f"/accounts/people/{office.people['cadre'].id}/roles/{other}/revoke"
    assert post(client_as("security_admin"), path).status_code == 404
    assert held(session, office.people["leader"]) == {("leader", "D")}


def test_counts_of_people_leave_out_those_who_left(session: scoped_session[Session], office: Office) -> None:
    unit = office.units["D0101"].id
    before = queries.count_in_units(session(), [unit])[unit]
    office.people["study_officer"].state = UserState.LEFT
    office.people["exam_officer"].state = UserState.DISABLED
    session.flush()
    assert queries.count_in_units(session(), [unit])[unit] == before - 1


def test_permission_to_see_is_not_permission_to_manage(session: scoped_session[Session], office: Office) -> None:
    viewer, person = office.viewer(session(), "security_admin"), office.people["cadre"]
    assert queries.visible_person(session(), viewer, person.id) is person
    assert queries.visible_person(session(), viewer, person.id, Permission.USER_MANAGE) is None
