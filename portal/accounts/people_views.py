"""The pages on which administrators keep people's accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts import bp, factor_queries, queries, sign_in
from portal.accounts import people_services as services
from portal.accounts.forms import GrantForm, PersonForm
from portal.accounts.models import LoginSession, User, UserState
from portal.accounts.passwords import make_first
from portal.accounts.people_table import STATE_LABELS, people_table
from portal.accounts.rules import ends_password
from portal.audit.leaving import noted
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission, Role
from portal.extensions import between_transactions, db, own_transaction
from portal.org import queries as org
from portal.org.choosing import unit_choices
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.confirmation import always, posting, recently_confirmed
from portal.web.errors import explain
from portal.web.exports import send_listing, wants_export
from portal.web.htmx import go, in_panel, page


def person_or_404(user_id: int, permission: Permission = Permission.USER_VIEW) -> User:
    """A person within the viewer's units."""
    return queries.visible_person(db.session(), viewer(), user_id, permission) or abort(404)


@bp.get("/people")
@requires(Permission.USER_VIEW)
@recently_confirmed(wants_export)
def people() -> ResponseReturnValue:
    """The list of people."""
    table = people_table([(str(each.value), each.label) for each in unit_choices(Permission.USER_VIEW)])
    rows = queries.people(viewer())
    if wants_export():
        record = noted(action="user.export", subject=("users", "", _("人员名单")))
        return send_listing(_("人员名单"), table, db.session(), rows, record=record)
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
        sessions=_devices(user),
        states=STATE_LABELS,
        form=form,
        may_grant=may_grant,
        in_question=queries.grants_in_question(db.session(), user.id),
        stays=queries.memberships_of(db.session(), user.id),
        factor_on=factor_queries.is_on(db.session(), user.id),
        request_open=factor_queries.open_request(db.session(), user.id),
    )


def _devices(user: User) -> list[LoginSession] | None:
    """Where a person is signed in, for those who can sign them out; None for whoever may only look at the account."""
    if not any(
        queries.visible_person(db.session(), viewer(), user.id, permission)
        for permission in (Permission.USER_MANAGE, Permission.USER_RESET)
    ):
        return None
    return queries.sessions_of(db.session(), user.id, now=clock.now())


@bp.route("/people/new", methods=["GET", "POST"])
@requires(Permission.USER_MANAGE)
@recently_confirmed(posting)
@own_transaction
def people_new() -> ResponseReturnValue:
    """Add a person; the answer is the slip with the first password."""
    form = PersonForm()
    form.unit_id.choices = unit_choices(Permission.USER_MANAGE)
    if form.validate_on_submit():
        first = between_transactions(make_first)
        told: dict[str, Any] = {"actor": viewer(), "now": clock.now(), "password_hash": first.hashed}
        try:
            user = services.create(db.session(), **told, **_person_data(form))
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, _field_of(error))
        else:
            db.session.commit()
            return page("accounts/slip.html", user=user, password=first.text)
    return page("accounts/person_form.html", "person_form", 422 if form.is_submitted() else 200, form=form, user=None)


def _changes_number() -> bool:
    """Whether an edit gives a person another name to sign in with: the account would be somebody else's."""
    if not posting():
        return False
    user = queries.visible_person(db.session(), viewer(), (request.view_args or {})["user_id"], Permission.USER_MANAGE)
    return user is not None and request.form.get("number", "").strip() != user.number


@bp.route("/people/<int:user_id>/edit", methods=["GET", "POST"])
@requires(Permission.USER_MANAGE)
@recently_confirmed(_changes_number)
def people_edit(user_id: int) -> ResponseReturnValue:
    """Change a person's data."""
    user = person_or_404(user_id, Permission.USER_MANAGE)
    form = PersonForm(obj=user)
    form.unit_id.choices = unit_choices(Permission.USER_MANAGE, keep=user.unit_id)
    if form.validate_on_submit():
        data = _person_data(form)
        moved_on, moves = form.moved_on.data, data["unit_id"] != user.unit_id
        try:
            services.update(
                db.session(), actor=viewer(), now=clock.now(), user=user, seen=form.seen.data or "", moved_on=moved_on,
                **data,
            )  # fmt: skip
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, _field_of(error))
        else:
            db.session.commit()
            return go(url_for("accounts.people_show", user_id=user_id), _saved(user_id, moves=moves))
    else:
        form.seen.data = form.seen.data or services.fingerprint(user)
    return page("accounts/person_form.html", "person_form", 422 if form.is_submitted() else 200, form=form, user=user)


def _saved(user_id: int, *, moves: bool) -> str:
    """What is said after an edit; a move that leaves roles behind says who decides about them."""
    if moves and queries.grants_in_question(db.session(), user_id):
        return str(_("已保存。此人仍有原单位的角色，请安全管理员确认保留或收回。"))
    return str(_("已保存。"))


def _person_data(form: PersonForm) -> dict[str, Any]:
    names = ("number", "name", "unit_id", "position", "is_leader")
    return {name: form.data[name] if form.data[name] is not None else "" for name in names}


def _field_of(error: RuleError) -> str | None:
    fields = {"number-taken": "number", "not-found": "unit_id", "unit-closed": "unit_id"}
    return "moved_on" if error.code.startswith("move-") else fields.get(error.code)


@bp.post("/people/<int:user_id>/state")
@requires(Permission.USER_MANAGE)
@recently_confirmed(always)
def people_state(user_id: int) -> ResponseReturnValue:
    """Disable, bring back or see off."""
    user = person_or_404(user_id, Permission.USER_MANAGE)
    asked = request.form.get("state", "")
    if asked not in {state.value for state in UserState}:
        abort(400)
    return _act(user_id, lambda: services.set_state(
        db.session(), actor=viewer(), now=clock.now(), user=user, state=UserState(asked)
    ))  # fmt: skip


def _act(user_id: int, work: Callable[[], object], said: str | None = None) -> ResponseReturnValue:
    """Do it, and back to the person with what happened."""
    return act(url_for("accounts.people_show", user_id=user_id), said or _("已保存。"), work)


@bp.post("/people/<int:user_id>/reset")
@requires(Permission.USER_RESET)
@recently_confirmed(always)
@own_transaction
def people_reset(user_id: int) -> ResponseReturnValue:
    """Give a new first password, shown once on a slip."""
    first = between_transactions(make_first)
    user = person_or_404(user_id, Permission.USER_RESET)
    told = {"name_digest": sign_in.name_digest(user.number), "password_hash": first.hashed}
    try:
        services.reset_password(db.session(), actor=viewer(), now=clock.now(), user=user, **told)
    except RuleError as error:
        db.session.rollback()
        return go(url_for("accounts.people_show", user_id=user_id), explain(error), "error")
    db.session.commit()
    return page("accounts/slip.html", user=user, password=first.text)


@bp.post("/people/<int:user_id>/roles")
@requires(Permission.ROLE_GRANT)
@recently_confirmed(always)
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
    ), _granted(role, own=not user.must_change_password))  # fmt: skip


def _granted(role: Role, *, own: bool) -> str:
    if ends_password(role, own=own):
        return str(_("角色已授予。此人原来的密码同时作废：请点“重置密码”打印新的密码条，当面交给本人。"))
    return str(_("已保存。"))


@bp.post("/people/<int:user_id>/roles/<int:grant_id>/revoke")
@requires(Permission.ROLE_GRANT)
@recently_confirmed(always)
def people_revoke(user_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role back."""
    user = person_or_404(user_id, Permission.ROLE_GRANT)
    grant = queries.grant(db.session(), user_id, grant_id) or abort(404)
    return _act(user_id, lambda: services.take_role(
        db.session(), actor=viewer(), now=clock.now(), user=user, grant=grant
    ))  # fmt: skip


@bp.post("/people/<int:user_id>/roles/<int:grant_id>/keep")
@requires(Permission.ROLE_GRANT)
@recently_confirmed(always)
def people_keep_role(user_id: int, grant_id: int) -> ResponseReturnValue:
    """Say that a role stays although the person has moved."""
    user = person_or_404(user_id, Permission.ROLE_GRANT)
    grant = queries.grant(db.session(), user_id, grant_id) or abort(404)
    return _act(user_id, lambda: services.keep_role(
        db.session(), actor=viewer(), now=clock.now(), user=user, grant=grant
    ))  # fmt: skip


@bp.post("/people/<int:user_id>/clear-factor")
@requires(Permission.USER_RESET)
@recently_confirmed(always)
def people_clear_factor(user_id: int) -> ResponseReturnValue:
    """Take the second factor from somebody who has lost it."""
    user = person_or_404(user_id, Permission.USER_RESET)
    return _act(user_id, lambda: services.clear_factor(db.session(), actor=viewer(), now=clock.now(), user=user))


@bp.post("/people/<int:user_id>/decline-reset")
@requires(Permission.USER_RESET)
def people_decline_reset(user_id: int) -> ResponseReturnValue:
    """Close a request for a new password without giving one."""
    user = person_or_404(user_id, Permission.USER_RESET)
    return _act(user_id, lambda: services.decline_reset(db.session(), actor=viewer(), now=clock.now(), user=user))
