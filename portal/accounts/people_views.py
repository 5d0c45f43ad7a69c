"""The pages on which administrators look after people."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts import ROLE_LABELS, STATE_LABELS, bp, queries, rules, services, sign_in
from portal.accounts.forms import GrantForm, PersonForm
from portal.accounts.models import User, UserState
from portal.accounts.passwords import hash_password
from portal.accounts.people_table import people_table, role_names
from portal.audit.queries import of_subject
from portal.audit.readable import Reader
from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission, Role
from portal.core.stamp import check_stamp
from portal.extensions import db, side_write
from portal.org import queries as units
from portal.web.access import requires, viewer
from portal.web.exports import send_table, wants_export
from portal.web.htmx import go, page

_FIELD_OF = {"number-taken": "number", "unit-closed": "unit_id"}
_HISTORY = 30


@bp.get("/people")
@requires(Permission.USER_VIEW)
def people() -> ResponseReturnValue:
    """The people in the units that the viewer looks after."""
    tree = units.tree(db.session(), viewer(), permission=Permission.USER_VIEW)
    table = people_table([(unit.id, "\u3000" * depth + unit.name) for unit, depth in tree])
    if wants_export():
        with side_write() as session:
            subject = ("users", "", _("人员名单"))
            note(session, actor=viewer(), at=clock.now(), action="user.export", subject=subject)
        return send_table(_("人员名单"), table.columns, table.everything(db.session(), queries.people(viewer())))
    return page(
        "accounts/people.html",
        "results",
        listing=table.read(db.session(), queries.people(viewer())),
        role_names=role_names,
        states=STATE_LABELS,
    )


@bp.route("/people/new", methods=["GET", "POST"])
@requires(Permission.USER_MANAGE)
def people_new() -> ResponseReturnValue:
    """Add a person; the answer is the slip with the first password, shown this once."""
    form = PersonForm(data={"unit_id": request.args.get("unit", type=int)})
    form.offer(units.choices(db.session(), viewer(), Permission.USER_MANAGE, day=clock.today()))
    if form.validate_on_submit():
        password = rules.first_password()
        hashed = hash_password(password)
        try:
            made = services.create_user(
                db.session(), actor=viewer(), now=clock.now(), password_hash=hashed, **_typed(form)
            )
        except RuleError as error:
            form.refuse(error, _FIELD_OF.get(error.code))
        else:
            db.session.commit()
            return _slip(made, password)
    return page("accounts/people_edit.html", "person_form", _status(form), form=form, person=None)


@bp.get("/people/<int:user_id>")
@requires(Permission.USER_VIEW)
def people_show(user_id: int) -> ResponseReturnValue:
    """A person: what they are, which roles they hold, where they are signed in."""
    return _person_page(_person(user_id), None)


@bp.route("/people/<int:user_id>/edit", methods=["GET", "POST"])
@requires(Permission.USER_MANAGE)
def people_edit(user_id: int) -> ResponseReturnValue:
    """Change what is known of a person."""
    person = _person(user_id, Permission.USER_MANAGE)
    seen = services.stamp_of(person)
    form = PersonForm(obj=person, seen=seen)
    form.offer(units.choices(db.session(), viewer(), Permission.USER_MANAGE, day=clock.today(), keep=person.unit_id))
    if form.validate_on_submit():
        try:
            check_stamp(form.seen.data, seen)
            services.update_user(db.session(), actor=viewer(), now=clock.now(), user=person, **_typed(form))
        except RuleError as error:
            form.refuse(error, _FIELD_OF.get(error.code))
        else:
            db.session.commit()
            return go(url_for("accounts.people_show", user_id=user_id), _("人员信息已保存。"))
    return page("accounts/people_edit.html", "person_form", _status(form), form=form, person=person)


@bp.post("/people/<int:user_id>/state")
@requires(Permission.USER_MANAGE)
def people_state(user_id: int) -> ResponseReturnValue:
    """Disable a person, let them in again, or note that they left."""
    person = _person(user_id, Permission.USER_MANAGE)
    asked = request.form.get("state", "")
    if asked not in STATE_LABELS:
        abort(400)
    services.set_state(db.session(), actor=viewer(), now=clock.now(), user=person, state=UserState(asked))
    db.session.commit()
    said = {
        UserState.ACTIVE: _("账号已恢复。"),
        UserState.DISABLED: _("账号已停用，其登录已全部结束。"),
        UserState.LEFT: _("已登记离任，其登录已全部结束。"),
    }
    return go(url_for("accounts.people_show", user_id=user_id), said[person.state])


@bp.post("/people/<int:user_id>/reset")
@requires(Permission.USER_RESET)
def people_reset(user_id: int) -> ResponseReturnValue:
    """Give a person a new first password; the answer is the slip, shown this once."""
    person = _person(user_id, Permission.USER_RESET)
    password = rules.first_password()
    services.reset_password(
        db.session(),
        actor=viewer(),
        now=clock.now(),
        user=person,
        password_hash=hash_password(password),
        name_digest=sign_in.name_digest(person.number),
    )
    db.session.commit()
    return _slip(person, password)


@bp.post("/people/<int:user_id>/roles")
@requires(Permission.ROLE_GRANT)
def people_grant(user_id: int) -> ResponseReturnValue:
    """Give a person a role."""
    person = _person(user_id, Permission.ROLE_GRANT)
    form = _grant_form()
    if form.validate_on_submit():
        try:
            role, unit_id = Role(form.role.data), form.unit_id.data
            services.grant_role(db.session(), actor=viewer(), now=clock.now(), user=person, role=role, unit_id=unit_id)
        except RuleError as error:
            form.refuse(error, "unit_id" if error.code == "unit-closed" else "role")
        else:
            db.session.commit()
            said = _("已授予角色“%(role)s”。", role=ROLE_LABELS[role])
            return go(url_for("accounts.people_show", user_id=user_id), said)
    return _person_page(person, form)


@bp.post("/people/<int:user_id>/roles/<int:grant_id>/revoke")
@requires(Permission.ROLE_GRANT)
def people_revoke(user_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role back."""
    person = _person(user_id, Permission.ROLE_GRANT)
    held = queries.revocable(db.session(), viewer(), user_id)
    grant = next((row for row, _unit, mine in held if mine and row.id == grant_id), None) or abort(404)
    services.revoke_role(db.session(), actor=viewer(), now=clock.now(), user=person, grant=grant)
    db.session.commit()
    return go(url_for("accounts.people_show", user_id=user_id), _("已收回角色。"))


def _person(user_id: int, permission: Permission = Permission.USER_VIEW) -> User:
    return queries.person(db.session(), viewer(), user_id, permission) or abort(404)


def _status(form: PersonForm) -> int:
    return 422 if form.is_submitted() else 200


def _typed(form: PersonForm) -> dict[str, Any]:
    return {
        "number": form.number.data,
        "name": form.name.data,
        "unit_id": form.unit_id.data,
        "position": form.position.data or "",
        "is_leader": bool(form.is_leader.data),
    }


def _grant_form() -> GrantForm:
    form = GrantForm()
    form.offer(units.choices(db.session(), viewer(), Permission.ROLE_GRANT, day=clock.today()))
    return form


def _slip(person: User, password: str) -> ResponseReturnValue:
    """Never a redirect: the password must not be kept anywhere but on this page."""
    unit = units.names(db.session(), [person.unit_id])[person.unit_id]
    return page("accounts/slip.html", person=person, unit=unit, password=password, address=request.host_url)


def _person_page(person: User, form: GrantForm | None) -> ResponseReturnValue:
    """The person's page; `form` is a refused grant. What the viewer may not do is not on it."""
    session, may = db.session(), queries.permissions_over(db.session(), viewer(), person.unit_id)
    own = person.id == viewer().id
    grants_allowed = Permission.ROLE_GRANT in may and not own
    looks_after = Permission.USER_MANAGE in may or Permission.USER_RESET in may
    reader = Reader(session)
    history = of_subject(session, "users", str(person.id), _HISTORY) if viewer().can(Permission.AUDIT_VIEW) else None
    reader.learn(history or [])
    return page(
        "accounts/person.html",
        None,
        422 if form is not None else 200,
        person=person,
        unit=units.names(session, [person.unit_id])[person.unit_id],
        own=own,
        grants=queries.revocable(session, viewer(), person.id),
        sessions=queries.sessions_of(session, person.id, now=clock.now()) if looks_after else None,
        history=history,
        reader=reader,
        form=(form or _grant_form()) if grants_allowed else None,
        may_manage=Permission.USER_MANAGE in may,
        may_reset=Permission.USER_RESET in may and not own and person.state == UserState.ACTIVE,
        states=STATE_LABELS,
    )
