"""The pages on which administrators keep people's accounts."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectChoice

from portal.accounts import bp, queries, sign_in
from portal.accounts import people_services as services
from portal.accounts.forms import GrantForm, PersonForm
from portal.accounts.models import User, UserState
from portal.accounts.people_table import STATE_LABELS, people_table
from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission, Role
from portal.extensions import db, side_write
from portal.org import queries as org
from portal.web.access import requires, viewer
from portal.web.errors import explain
from portal.web.exports import send_table, wants_export
from portal.web.htmx import go, in_panel, page


def unit_choices(permission: Permission, keep: int | None = None) -> list[SelectChoice]:
    """The units in force for which the viewer holds the permission, and the one to keep, indented as a tree."""
    found = org.choices(db.session(), viewer(), permission, day=clock.today(), keep=keep)
    return [SelectChoice(unit_id, name) for unit_id, name in found]


def person_or_404(user_id: int, permission: Permission = Permission.USER_VIEW) -> User:
    """A person within the viewer's units."""
    return queries.visible_person(db.session(), viewer(), user_id, permission) or abort(404)


@bp.get("/people")
@requires(Permission.USER_VIEW)
def people() -> ResponseReturnValue:
    """The list of people."""
    table = people_table([(str(each.value), each.label) for each in unit_choices(Permission.USER_VIEW)])
    rows = queries.people(viewer())
    if wants_export():
        with side_write() as session:
            subject = ("users", "", _("人员名单"))
            note(session, actor=viewer(), at=clock.now(), action="user.export", subject=subject)
        return send_table(_("人员名单"), table.exported(), table.everything(db.session(), rows))
    return page("accounts/people.html", "results", listing=table.read(db.session(), rows), states=STATE_LABELS)


@bp.get("/people/<int:user_id>")
@requires(Permission.USER_VIEW)
def people_show(user_id: int) -> ResponseReturnValue:
    """One person: data, roles, sessions, and what may be done."""
    return _person_page(person_or_404(user_id), GrantForm(formdata=None))


def _person_page(user: User, form: GrantForm, status: int = 200) -> ResponseReturnValue:
    may_grant = viewer().can(Permission.ROLE_GRANT) and user.id != viewer().id
    form.unit_id.choices = unit_choices(Permission.ROLE_GRANT) if may_grant else []
    template, block = ("accounts/person_panel.html", "panel") if in_panel() else ("accounts/person.html", None)
    return page(
        template,
        block,
        status,
        user=user,
        unit=org.by_id(db.session(), viewer(), user.unit_id, Permission.USER_VIEW),
        grants=queries.grants_of(db.session(), user.id),
        sessions=queries.sessions_of(db.session(), user.id, now=clock.now()),
        states=STATE_LABELS,
        form=form,
        may_grant=may_grant,
    )


@bp.route("/people/new", methods=["GET", "POST"])
@requires(Permission.USER_MANAGE)
def people_new() -> ResponseReturnValue:
    """Add a person; the answer is the slip with the first password."""
    form = PersonForm()
    form.unit_id.choices = unit_choices(Permission.USER_MANAGE)
    if form.validate_on_submit():
        try:
            user, password = services.create(db.session(), actor=viewer(), now=clock.now(), **_person_data(form))
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, _field_of(error))
        else:
            db.session.commit()
            return page("accounts/slip.html", user=user, password=password)
    return page("accounts/person_form.html", "person_form", 422 if form.is_submitted() else 200, form=form, user=None)


@bp.route("/people/<int:user_id>/edit", methods=["GET", "POST"])
@requires(Permission.USER_MANAGE)
def people_edit(user_id: int) -> ResponseReturnValue:
    """Change a person's data."""
    user = person_or_404(user_id, Permission.USER_MANAGE)
    form = PersonForm(obj=user)
    form.unit_id.choices = unit_choices(Permission.USER_MANAGE, keep=user.unit_id)
    if form.validate_on_submit():
        data = _person_data(form)
        try:
            services.update(db.session(), actor=viewer(), now=clock.now(), user=user, seen=form.seen.data or "", **data)
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, _field_of(error))
        else:
            db.session.commit()
            return go(url_for("accounts.people_show", user_id=user_id), _("已保存。"))
    else:
        form.seen.data = form.seen.data or services.fingerprint(user)
    return page("accounts/person_form.html", "person_form", 422 if form.is_submitted() else 200, form=form, user=user)


def _person_data(form: PersonForm) -> dict[str, Any]:
    names = ("number", "name", "unit_id", "position", "is_leader")
    return {name: form.data[name] if form.data[name] is not None else "" for name in names}


def _field_of(error: RuleError) -> str | None:
    return {"number-taken": "number", "not-found": "unit_id", "unit-closed": "unit_id"}.get(error.code)


@bp.post("/people/<int:user_id>/state")
@requires(Permission.USER_MANAGE)
def people_state(user_id: int) -> ResponseReturnValue:
    """Disable, bring back or see off."""
    user = person_or_404(user_id, Permission.USER_MANAGE)
    asked = request.form.get("state", "")
    if asked not in {state.value for state in UserState}:
        abort(400)
    return _act(user_id, lambda: services.set_state(
        db.session(), actor=viewer(), now=clock.now(), user=user, state=UserState(asked)
    ))  # fmt: skip


def _act(user_id: int, act: Any) -> ResponseReturnValue:
    """Do it, and back to the person with what happened."""
    where = url_for("accounts.people_show", user_id=user_id)
    try:
        act()
    except RuleError as error:
        db.session.rollback()
        return go(where, explain(error), "error")
    db.session.commit()
    return go(where, _("已保存。"))


@bp.post("/people/<int:user_id>/reset")
@requires(Permission.USER_RESET)
def people_reset(user_id: int) -> ResponseReturnValue:
    """Give a new first password, shown once on a slip."""
    user = person_or_404(user_id, Permission.USER_RESET)
    try:
        digest = sign_in.name_digest(user.number)
        password = services.reset_password(db.session(), actor=viewer(), now=clock.now(), user=user, name_digest=digest)
    except RuleError as error:
        db.session.rollback()
        return go(url_for("accounts.people_show", user_id=user_id), explain(error), "error")
    db.session.commit()
    return page("accounts/slip.html", user=user, password=password)


@bp.post("/people/<int:user_id>/roles")
@requires(Permission.ROLE_GRANT)
def people_grant(user_id: int) -> ResponseReturnValue:
    """Give a role for a unit and all below it."""
    user = person_or_404(user_id, Permission.ROLE_GRANT)
    form = GrantForm()
    form.unit_id.choices = unit_choices(Permission.ROLE_GRANT)
    if not form.validate_on_submit():
        return _person_page(user, form, 422)
    role, unit_id = Role(form.role.data), form.unit_id.data
    return _act(user_id, lambda: services.give_role(
        db.session(), actor=viewer(), now=clock.now(), user=user, role=role, unit_id=unit_id
    ))  # fmt: skip


@bp.post("/people/<int:user_id>/roles/<int:grant_id>/revoke")
@requires(Permission.ROLE_GRANT)
def people_revoke(user_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role back."""
    user = person_or_404(user_id, Permission.ROLE_GRANT)
    grant = queries.grant(db.session(), user_id, grant_id) or abort(404)
    return _act(user_id, lambda: services.take_role(
        db.session(), actor=viewer(), now=clock.now(), user=user, grant=grant
    ))  # fmt: skip
