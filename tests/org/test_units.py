"""The unit tree: its scope table, who may change it, what may be closed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, scoped_session

from portal.accounts import services as accounts
from portal.accounts.models import RoleGrant, User, UserState
from portal.audit.models import AuditEntry, AuditSeal
from portal.core.db import Base
from portal.core.errors import RuleError
from portal.core.permissions import Permission, Role
from portal.core.viewer import system_viewer
from portal.org import queries, rules, services
from portal.org.models import Unit, UnitScope
from portal.org.rules import Occupation, UnitKind
from tests.support.people import START, Office, csrf

Clients = Callable[[str], FlaskClient]
Statements = Callable[[], AbstractContextManager[list[str]]]


# --- rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "parent"),
    [
        (UnitKind.SECTION, UnitKind.BUREAU),
        (UnitKind.COMMUNITY, UnitKind.SUBDISTRICT),
        (UnitKind.STATION, UnitKind.COMMUNITY),
        (UnitKind.BUREAU, None),
        (UnitKind.COMMUNITY, None),
    ],
)
def test_where_a_kind_may_stand(kind: UnitKind, parent: UnitKind | None) -> None:
    rules.check_place(kind, parent)


@pytest.mark.parametrize(
    ("kind", "parent"),
    [
        (UnitKind.DISTRICT, UnitKind.DISTRICT),
        (UnitKind.DISTRICT, UnitKind.BUREAU),
        (UnitKind.BUREAU, UnitKind.SECTION),
        (UnitKind.COMMUNITY, UnitKind.BUREAU),
        (UnitKind.SECTION, UnitKind.STATION),
    ],
)
def test_where_a_kind_may_not_stand(kind: UnitKind, parent: UnitKind) -> None:
    with pytest.raises(RuleError, match="unit-kind-place"):
        rules.check_place(kind, parent)


def test_every_kind_has_its_parents() -> None:
    assert set(rules.PARENT_KINDS) == set(UnitKind)


@pytest.mark.parametrize(
    ("occupation", "code"),
    [(Occupation(1, 0), "unit-has-children"), (Occupation(0, 1), "unit-has-people"), (Occupation(0, 0), None)],
)
def test_what_keeps_a_unit_open(occupation: Occupation, code: str | None) -> None:
    if code is None:
        rules.check_close("某科", occupation)
        return
    with pytest.raises(RuleError, match=code):
        rules.check_close("某科", occupation)


def test_both_ends_of_the_dates_count() -> None:
    first, last = date(2026, 1, 1), date(2026, 3, 1)
    assert rules.in_force(first, last, first)
    assert rules.in_force(first, last, last)
    assert rules.in_force(first, None, date(2099, 1, 1))
    assert not rules.in_force(first, last, date(2025, 12, 31))
    assert not rules.in_force(first, last, date(2026, 3, 2))


# --- the scope table ---------------------------------------------------------------------------------------------


def closure(parents: dict[int, int | None]) -> set[tuple[int, int, int]]:
    """(ancestor, unit, depth) worked out anew from the parents."""
    found = set()
    for unit in parents:
        ancestor: int | None = unit
        depth = 0
        while ancestor is not None:
            found.add((ancestor, unit, depth))
            ancestor, depth = parents[ancestor], depth + 1
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_scope_table_follows_every_move(shared_app: Flask, data: st.DataObject) -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, tables=[each.__table__ for each in (Unit, UnitScope, AuditEntry, AuditSeal)])  # type: ignore[misc]
    actor, size = system_viewer(), data.draw(st.integers(1, 9))
    with shared_app.app_context(), Session(engine) as session:
        units: list[Unit] = []
        for index in range(size):
            above = data.draw(st.sampled_from([None, *units]))
            units.append(make(session, actor, f"U{index}", above))
        for _ in range(data.draw(st.integers(0, 6))):
            unit, target = data.draw(st.sampled_from(units)), data.draw(st.sampled_from([None, *units]))
            inside = target is not None and target.id in queries.inside(session, unit.id)
            with pytest.raises(RuleError, match="unit-parent-inside") if inside else contextlib.nullcontext():
                services.move(session, unit=unit, parent_id=target.id if target else None)
        kept = {
            tuple(row) for row in session.execute(select(UnitScope.ancestor_id, UnitScope.unit_id, UnitScope.depth))
        }
        assert kept == closure({unit.id: unit.parent_id for unit in units})


def make(session: Session, actor: object, code: str, above: Unit | None) -> Unit:
    """A unit whose kind does not matter here: stations may not nest, so it hangs itself by a move."""
    unit = services.create(
        session, actor=actor, now=START, code=code, name=code, kind=UnitKind.STATION, parent_id=None,  # type: ignore[arg-type]
        valid_from=date(2020, 1, 1),
    )  # fmt: skip
    services.move(session, unit=unit, parent_id=above.id if above else None)
    return unit


def test_a_moved_unit_takes_its_readers_along(session: scoped_session[Session], office: Office) -> None:
    liaison = office.viewer(session(), "liaison")
    community = office.units["D0301"]
    assert queries.by_id(session(), liaison, community.id) is None
    services.move(session(), unit=community, parent_id=office.units["D02"].id)
    assert queries.by_id(session(), liaison, community.id) is community


# --- pages -------------------------------------------------------------------------------------------------------


def post(client: FlaskClient, path: str, **fields: object) -> object:
    return client.post(path, data={"csrf_token": csrf(client), **{name: str(value) for name, value in fields.items()}})


def test_the_tree_shows_units_kinds_and_people(client_as: Clients, office: Office) -> None:
    page = client_as("system_admin").get("/units/").text
    assert all(unit.name in page and unit.code in page for unit in office.units.values())
    assert "科室" in page
    assert page.index("东风街道一社区") > page.index("东风街道</a>")


def test_the_tree_costs_the_same_however_large(
    session: scoped_session[Session], client_as: Clients, office: Office, statements: Statements
) -> None:
    client = client_as("system_admin")
    client.get("/units/")
    with statements() as few:
        client.get("/units/")
    for index in range(30):
        services.create(
            session(), actor=system_viewer(), now=START, code=f"X{index}", name=f"第{index}社区",
            kind=UnitKind.COMMUNITY, parent_id=office.units["D02"].id, valid_from=date(2020, 1, 1),
        )  # fmt: skip
    with statements() as many:
        assert "第29社区" in client.get("/units/").text
    assert len(many) == len(few)


def test_a_new_unit_is_there_with_its_scope_and_its_entry(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    answer = post(
        client_as("system_admin"), "/units/new", name="督查科", code="D0109", kind="section",
        parent_id=office.units["D01"].id, valid_from="2026-01-01",
    )  # fmt: skip
    assert answer.status_code == 303
    made = session.scalars(select(Unit).where(Unit.code == "D0109")).one()
    above = set(session.scalars(select(UnitScope.ancestor_id).where(UnitScope.unit_id == made.id)))
    assert above == {made.id, office.units["D01"].id, office.units["D"].id}
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "unit.create").order_by(AuditEntry.id)).all()
    assert (entry[-1].subject_label, entry[-1].actor_id) == ("督查科", office.people["system_admin"].id)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "D02"}, "已被使用"),
        ({"code": "有空格 的"}, "编码只能用"),
        ({"name": ""}, "请填写单位名称"),
        ({"kind": "community"}, "不能设在所选的上级单位之下"),
        ({"valid_from": "x"}, "启用日期"),
        ({"parent_id": 999999}, "上级单位"),
    ],
)
def test_a_unit_that_cannot_be_is_refused_at_its_field(
    session: scoped_session[Session], client_as: Clients, office: Office, changes: dict[str, object], words: str
) -> None:
    before = session.scalar(select(func.count(Unit.id)))
    fields = {
        "name": "督查科", "code": "D0109", "kind": "section", "parent_id": office.units["D01"].id,
        "valid_from": "2026-01-01", **changes,
    }  # fmt: skip
    answer = post(client_as("system_admin"), "/units/new", **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert session.scalar(select(func.count(Unit.id))) == before


def shown(unit: Unit, **changes: object) -> dict[str, object]:
    """What the form of a unit sends back."""
    return {
        "name": unit.name, "code": unit.code, "kind": unit.kind.value, "parent_id": unit.parent_id or 0,
        "valid_from": unit.valid_from.isoformat(), "seen": services.stamp_of(unit), **changes,
    }  # fmt: skip


def test_a_renamed_and_moved_unit(session: scoped_session[Session], client_as: Clients, office: Office) -> None:
    unit, target = office.units["D0301"], office.units["D02"]
    fields = shown(unit, name="东风街道二社区", parent_id=target.id)
    assert post(client_as("system_admin"), f"/units/{unit.id}/edit", **fields).status_code == 303
    session.refresh(unit)
    assert (unit.name, unit.parent_id) == ("东风街道二社区", target.id)
    assert unit.id in queries.inside(session(), target.id)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "unit.update")).all()[-1]
    assert entry.detail["changes"] == {
        "parent_id": [office.units["D03"].id, target.id], "name": ["西山街道一社区", "东风街道二社区"],
    }  # fmt: skip
    page = client_as("audit_admin").get("/audit/?action=unit.update").text
    assert "西山街道" in page
    assert "东风街道" in page


def test_saving_what_is_there_already_leaves_no_entry(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    unit = office.units["D02"]
    assert post(client_as("system_admin"), f"/units/{unit.id}/edit", **shown(unit)).status_code == 303
    assert session.scalars(select(AuditEntry).where(AuditEntry.action == "unit.update")).all() == []


def test_a_unit_does_not_hang_below_itself(client_as: Clients, office: Office) -> None:
    unit, own = office.units["D02"], office.units["D0201"]
    answer = post(client_as("system_admin"), f"/units/{unit.id}/edit", **shown(unit, parent_id=own.id))
    assert answer.status_code == 422
    with pytest.raises(RuleError, match="unit-parent-inside"):
        services.move(Session.object_session(unit), unit=unit, parent_id=own.id)  # type: ignore[arg-type]


def test_the_second_of_two_who_edit_is_told(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    unit, client = office.units["D02"], client_as("system_admin")
    mine, other = shown(unit, name="我改的"), shown(unit, name="别人改的")
    assert post(client, f"/units/{unit.id}/edit", **other).status_code == 303
    answer = post(client, f"/units/{unit.id}/edit", **mine)
    assert answer.status_code == 422
    assert "刚被别人改过" in answer.text
    session.refresh(unit)
    assert unit.name == "别人改的"


def test_a_kind_below_which_the_children_may_not_stand(client_as: Clients, office: Office) -> None:
    unit = office.units["D02"]
    answer = post(client_as("system_admin"), f"/units/{unit.id}/edit", **shown(unit, kind="department"))
    assert answer.status_code == 422
    assert "现有的下级单位" in answer.text


def test_a_unit_closes_only_when_empty(session: scoped_session[Session], client_as: Clients, office: Office) -> None:
    client, unit, child = client_as("system_admin"), office.units["D02"], office.units["D0201"]
    assert "下还有在用的下级单位" in post(client, f"/units/{unit.id}/close", on="2026-11-01").text
    answer = post(client, f"/units/{child.id}/close", on="2026-11-01")
    assert answer.status_code == 422
    assert "还有 1 名在职人员" in answer.text
    office.people["cadre"].state = UserState.LEFT
    session.flush()
    assert post(client, f"/units/{child.id}/close", on="2026-11-01").status_code == 303
    session.refresh(child)
    assert child.valid_to == date(2026, 11, 1)


def test_a_unit_does_not_end_before_it_begins(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    unit = office.units["D0102"]
    for person in session.scalars(select(User).where(User.unit_id == unit.id)):
        person.unit_id = office.units["D0101"].id
    session.flush()
    answer = post(client_as("system_admin"), f"/units/{unit.id}/close", on="2019-12-31")
    assert answer.status_code == 422
    assert "停用日期不能早于启用日期" in answer.text


def test_a_closed_unit_is_no_parent_and_can_come_back(
    session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    client, unit, child = client_as("system_admin"), office.units["D03"], office.units["D0301"]
    unit.valid_to = child.valid_to = date(2026, 1, 31)
    session.flush()
    assert f'value="{unit.id}"' not in client.get("/units/new").text
    with pytest.raises(RuleError, match="unit-parent-closed"):
        services.create(
            session(), actor=system_viewer(), now=START, code="N1", name="新社区", kind=UnitKind.COMMUNITY,
            parent_id=unit.id, valid_from=date(2026, 6, 1),
        )  # fmt: skip
    assert post(client, f"/units/{child.id}/reopen").status_code == 409
    assert post(client, f"/units/{unit.id}/reopen").status_code == 303
    assert post(client, f"/units/{child.id}/reopen").status_code == 303
    session.refresh(child)
    assert child.valid_to is None


# --- whose units -------------------------------------------------------------------------------------------------


@pytest.fixture
def local(session: scoped_session[Session], office: Office, client_as: Clients) -> FlaskClient:
    """A system administrator of one sub-district alone."""
    person = office.people["liaison"]
    session.query(RoleGrant).filter_by(user_id=person.id).delete()
    accounts.grant_role(
        session(), actor=system_viewer(), now=START, user=person, role=Role.SYSTEM_ADMIN,
        unit_id=office.units["D02"].id,
    )  # fmt: skip
    return client_as("liaison")


def test_an_administrator_sees_and_changes_only_their_own_units(
    app: Flask, session: scoped_session[Session], local: FlaskClient, office: Office
) -> None:
    page = local.get("/units/").text
    assert "东风街道一社区" in page
    assert "西山街道" not in page
    foreign = office.units["D03"]
    assert local.get(f"/units/{foreign.id}/edit").status_code == 404
    for path in ("edit", "close", "reopen"):
        assert post(local, f"/units/{foreign.id}/{path}", **shown(foreign)).status_code == 404
    answer = post(
        local, "/units/new", name="外面", code="Z9", kind="community", parent_id=foreign.id, valid_from="2026-01-01"
    )
    assert answer.status_code == 422


def test_the_top_of_ones_units_stays_where_it_is(
    session: scoped_session[Session], local: FlaskClient, office: Office
) -> None:
    unit = office.units["D02"]
    assert post(local, f"/units/{unit.id}/edit", **shown(unit, name="东风街道办")).status_code == 303
    session.refresh(unit)
    assert (unit.name, unit.parent_id) == ("东风街道办", office.units["D"].id)
    assert post(local, f"/units/{unit.id}/edit", **shown(unit, parent_id=0)).status_code == 422
    assert post(local, f"/units/{unit.id}/edit", **shown(unit, parent_id=office.units["D03"].id)).status_code == 422


def test_choices_hold_what_a_row_has_already(session: scoped_session[Session], office: Office) -> None:
    viewer, unit = office.viewer(session(), "system_admin"), office.units["D0301"]
    unit.valid_to = date(2026, 1, 31)
    session.flush()
    day = date(2026, 6, 1)
    offered = dict(queries.choices(session(), viewer, Permission.UNIT_MANAGE, day=day))
    assert unit.id not in offered
    kept = dict(queries.choices(session(), viewer, Permission.UNIT_MANAGE, day=day, keep=unit.id))
    assert kept[unit.id] == "\u3000\u3000西山街道一社区"
