"""三员分立: who keeps accounts, who gives rights and who reads the log are three people, by every way there is."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, scoped_session

from portal.accounts import factor_services, slip_services
from portal.accounts import people_services as services
from portal.accounts import queries as queries_
from portal.accounts.models import RoleGrant, SecondFactor, User, UserState
from portal.accounts.passwords import FirstPassword, make_first
from portal.accounts.rules import ADMINISTRATORS, check_grant, ends_password
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import BASELINE, ROLE_GRANTS, Permission, Role
from portal.core.viewer import Viewer
from portal.web.access import access_of
from tests.accounts.test_people import post
from tests.accounts.test_sign_in import log_in
from tests.support.people import Office, number_of
from tests.support.routes import rules

Clients = Callable[[str], FlaskClient]
LABELS = tuple(sorted(role.value for role in ADMINISTRATORS))
# What two of them may both do: look at people and units, to find whom they are to serve.
# Looking, and tabs above lists that change no row.
SHARED = {Permission.UNIT_VIEW, Permission.USER_VIEW, Permission.VIEW_MANAGE, Permission.VIEW_SHARE}


# --- by permission and by address ----------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", list(itertools.combinations(sorted(ADMINISTRATORS), 2)))
def test_no_two_share_more_than_looking(pair: tuple[Role, Role]) -> None:
    assert ROLE_GRANTS[pair[0]] & ROLE_GRANTS[pair[1]] <= SHARED


def test_no_address_that_writes_is_open_to_two_of_them(app: Flask) -> None:
    shared = {}
    for rule in rules(app, "POST"):
        needs = access_of(app, rule.endpoint)
        if isinstance(needs, frozenset) and not needs & BASELINE:
            allowed = {role.value for role in ADMINISTRATORS if needs & ROLE_GRANTS[role]}
            if len(allowed) > 1:
                shared[rule.endpoint] = allowed
    assert shared == {}


def test_the_audit_administrator_writes_nothing(app: Flask) -> None:
    writable = {
        rule.endpoint
        for rule in rules(app, "POST")
        if isinstance(needs := access_of(app, rule.endpoint), frozenset)
        and not needs & BASELINE
        and needs & ROLE_GRANTS[Role.AUDIT_ADMIN]
    }
    assert writable == set()


@given(st.lists(st.tuples(st.sampled_from(list(Role)), st.integers(1, 3)), max_size=12))
def test_however_roles_are_given_nobody_holds_two_offices(asked: list[tuple[Role, int]]) -> None:
    held: frozenset[tuple[Role, int]] = frozenset()
    for role, unit in asked:
        try:
            check_grant(held, role, unit)
        except RuleError:
            continue
        held |= {(role, unit)}
    assert len({role for role, _ in held} & ADMINISTRATORS) <= 1


@pytest.mark.parametrize(("held", "wanted"), list(itertools.permutations(sorted(ADMINISTRATORS), 2)))
def test_the_database_refuses_a_second_office_past_the_application(
    session: scoped_session[Session], office: Office, held: Role, wanted: Role
) -> None:
    user = office.people[held.value]
    values = {"user": user.id, "role": wanted.value, "unit": office.units["D"].id, "at": "2026-01-01 00:00:00"}
    with pytest.raises(DatabaseError, match="administrators_apart"):
        session.execute(
            text("INSERT INTO role_grants (user_id, role, unit_id, granted_at) VALUES (:user, :role, :unit, :at)"),
            values,
        )


# --- by verb -------------------------------------------------------------------------------------------------------

# Every verb on somebody's account: who may do it. {verb: (label, call)}
Verb = Callable[[Session, Viewer, User, Office], object]


def _edit(session: Session, actor: Viewer, user: User, office: Office) -> object:
    return services.update(
        session, actor=actor, now=clock.now(), user=user, seen=services.fingerprint(user), number=user.number,
        name="别名", unit_id=user.unit_id, position="", is_leader=False,
    )  # fmt: skip


def _add(session: Session, actor: Viewer, _user: User, office: Office) -> object:
    return services.create(
        session, actor=actor, now=clock.now(), number="N9", name="新人", unit_id=office.units["D02"].id, position="",
        is_leader=False, password_hash="x",
    )  # fmt: skip


def _grant(session: Session, actor: Viewer, user: User, office: Office) -> object:
    unit = office.units["D02"].id
    return services.give_role(session, actor=actor, now=clock.now(), user=user, role=Role.LEADER, unit_id=unit)


def _held(session: Session, user: User) -> RoleGrant:
    return session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)).one()


VERBS: dict[str, tuple[str, Verb]] = {
    "create": ("system_admin", _add),
    "update": ("system_admin", _edit),
    "set_state": (
        "system_admin",
        lambda s, actor, user, _o: services.set_state(
            s, actor=actor, now=clock.now(), user=user, state=UserState.DISABLED
        ),
    ),
    "give_role": ("security_admin", _grant),
    "take_role": (
        "security_admin",
        lambda s, actor, user, _o: services.take_role(s, actor=actor, now=clock.now(), user=user, grant=_held(s, user)),
    ),
    "keep_role": (
        "security_admin",
        lambda s, actor, user, _o: services.keep_role(s, actor=actor, now=clock.now(), user=user, grant=_held(s, user)),
    ),
    "reset_password": (
        "security_admin",
        lambda s, actor, user, _o: services.reset_password(
            s, actor=actor, now=clock.now(), user=user, name_digest="x", password_hash="x"
        ),
    ),
    "clear_factor": (
        "security_admin",
        lambda s, actor, user, _o: services.clear_factor(s, actor=actor, now=clock.now(), user=user),
    ),
    "decline_reset": (
        "security_admin",
        lambda s, actor, user, _o: services.decline_reset(s, actor=actor, now=clock.now(), user=user),
    ),
}
# Verbs without an administrator: somebody who cannot sign in, and whoever holds the server.
OTHER_VERBS = {"ask_for_reset", "reset_from_server", "fingerprint", "label"}


def test_every_verb_is_in_the_table() -> None:
    import inspect

    public = {
        name for name, function in inspect.getmembers(services, inspect.isfunction)
        if function.__module__ == services.__name__ and not name.startswith("_")
    }  # fmt: skip
    assert public == set(VERBS) | OTHER_VERBS


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("label", [*LABELS, "manager", "cadre"])
def test_a_verb_does_only_for_its_own_administrator(
    session: scoped_session[Session], office: Office, verb: str, label: str
) -> None:
    owner, act = VERBS[verb]
    user, actor = office.people["foreign_cadre"], office.viewer(session(), label)
    session.add(SecondFactor(user_id=user.id, salt="x", created_at=clock.now(), confirmed_at=clock.now()))
    services.ask_for_reset(session(), now=clock.now(), number=user.number, address="")
    if label == owner:
        act(session(), actor, user, office)
        return
    with pytest.raises(RuleError, match="not-found"):
        act(session(), actor, user, office)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(data=st.data())
def test_no_run_of_acts_gives_one_person_two_offices(
    session: scoped_session[Session], office: Office, data: st.DataObject
) -> None:
    """Whatever the three do to one another, in whatever order, what each may do stays apart."""
    step = session.begin_nested()
    try:
        for _ in range(data.draw(st.integers(1, 5))):
            actor = office.viewer(session(), data.draw(st.sampled_from(LABELS)))
            user = office.people[data.draw(st.sampled_from([*LABELS, "cadre"]))]
            role = data.draw(st.sampled_from(sorted(ADMINISTRATORS)))
            unit = office.units[data.draw(st.sampled_from(["D", "D02"]))].id
            try:
                services.give_role(session(), actor=actor, now=clock.now(), user=user, role=role, unit_id=unit)
            except RuleError:
                continue
            assert user.id != actor.id
        for user in office.people.values():
            roles = {role for _, role, _ in queries_.grant_units(session(), user.id)}
            assert len(roles & ADMINISTRATORS) <= 1
    finally:
        step.rollback()


# --- ways around ---------------------------------------------------------------------------------------------------


@given(st.sampled_from(list(Role)), st.booleans())
def test_which_grants_end_a_password(role: Role, own: bool) -> None:
    assert ends_password(role, own=own) == (role in ADMINISTRATORS or (not own and bool(ROLE_GRANTS[role])))


@pytest.mark.parametrize("role", ["leader", "audit_admin"])
def test_whoever_made_an_account_cannot_use_its_later_rights(
    app: Flask, session: scoped_session[Session], client_as: Clients, office: Office, role: str
) -> None:
    """The slip that a system administrator printed dies with the grant; a security administrator prints the next."""
    made = office.viewer(session(), "system_admin")
    password, hashed = make_first()
    user = services.create(
        session(), actor=made, now=clock.now(), number="N9", name="新人", unit_id=office.units["D02"].id, position="",
        is_leader=False, password_hash=hashed,
    )  # fmt: skip
    session.commit()
    answer = post(
        client_as("security_admin"), f"/accounts/people/{user.id}/roles", role=role, unit_id=office.units["D"].id
    )
    assert answer.status_code == 303
    assert log_in(app.test_client(), "N9", password).status_code == 422
    again = slip_services.issue(session(), actor=made, now=clock.now(), ready={user.id: FirstPassword("x", "hash")})
    assert again == []


def test_an_office_ends_even_a_password_of_ones_own(
    app: Flask, session: scoped_session[Session], client_as: Clients, office: Office
) -> None:
    cadre = office.people["cadre"]
    inside = client_as("cadre")
    post(
        client_as("security_admin"),
        f"/accounts/people/{cadre.id}/roles",
        role="audit_admin",
        unit_id=office.units["D"].id,
    )
    assert inside.get("/").status_code == 303
    assert log_in(app.test_client(), number_of("cadre")).status_code == 422
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.void-password")).one()
    assert (entry.actor_id, entry.subject_id) == (office.people["security_admin"].id, str(cadre.id))


def test_a_plain_role_leaves_a_password_of_ones_own_alone(app: Flask, client_as: Clients, office: Office) -> None:
    cadre = office.people["cadre"]
    post(
        client_as("security_admin"), f"/accounts/people/{cadre.id}/roles", role="leader", unit_id=office.units["D02"].id
    )
    assert log_in(app.test_client(), number_of("cadre")).status_code == 303


@pytest.mark.parametrize("first", ["reset", "clear-factor"])
def test_one_person_does_not_take_both_factors_of_an_administrator(
    session: scoped_session[Session], client_as: Clients, office: Office, first: str
) -> None:
    target = office.people["audit_admin"]
    session.add(SecondFactor(user_id=target.id, salt="x", created_at=clock.now(), confirmed_at=clock.now()))
    session.commit()
    client, other = client_as("security_admin"), {"reset": "clear-factor", "clear-factor": "reset"}[first]
    post(client, f"/accounts/people/{target.id}/{first}")
    with pytest.raises(RuleError, match="two-hands"):
        VERBS["clear_factor" if first == "reset" else "reset_password"][1](
            session(), office.viewer(session(), "security_admin"), target, office
        )
    answer = post(client, f"/accounts/people/{target.id}/{other}")
    assert answer.location == f"/accounts/people/{target.id}"
    assert "请由另一位安全管理员" in client.get(answer.location).text


def test_the_server_command_clears_both_and_says_so(live_app: Flask) -> None:
    from portal.extensions import db, writing

    with live_app.app_context(), writing() as session:
        user = Office.load(session).people["security_admin"]
        viewer = Viewer(id=user.id, name=user.name)
        factor_services.begin(session, actor=viewer, now=clock.now())
        session.get_one(SecondFactor, user.id).confirmed_at = clock.now()
        session.commit()
        db.session.remove()
    done = live_app.test_cli_runner().invoke(args=["accounts", "reset", number_of("security_admin")])
    assert done.exit_code == 0, done.output
    with live_app.app_context():
        assert db.session.query(SecondFactor).count() == 0
        entries = list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)))
        assert {entry.action for entry in entries} == {"factor.clear", "user.reset"}
        assert {(entry.actor_id, entry.actor_name) for entry in entries} == {(None, "命令行")}
