"""Sign-in, sign-out, one's own account."""

from __future__ import annotations

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import bp, queries, services, sign_in
from portal.accounts.forms import LoginForm, PasswordForm
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import db
from portal.web import identity
from portal.web.access import public, requires, viewer
from portal.web.htmx import go, page
from portal.web.redirects import safe_path


@bp.get("/login")
@public
def login() -> ResponseReturnValue:
    """The sign-in page."""
    home = url_for("home.index")
    if current_user.is_authenticated:
        return go(safe_path(request.args.get("next"), home))
    form = LoginForm(next=safe_path(request.args.get("next"), ""))
    return page("accounts/login.html", "login_form", form=form)


@bp.post("/login")
@public
def sign_in_post() -> ResponseReturnValue:
    """Check number and password; on success start a new session."""
    form = LoginForm()
    if form.validate_on_submit():
        try:
            user_id = sign_in.check(form.number.data or "", form.password.data or "")
        except RuleError as error:
            form.refuse(error)
        else:
            sign_in.enter(user_id, form.number.data or "")
            db.session.commit()
            return go(safe_path(form.next.data, url_for("home.index")))
    return page("accounts/login.html", "login_form", 422, form=form)


@bp.post("/logout")
@requires(Permission.PORTAL_USE)
def logout() -> ResponseReturnValue:
    """End this session, here and in the database."""
    person = viewer()
    services.close_session(
        db.session(), actor=person, now=clock.now(), fingerprint=person.session_id or "", reason="logout"
    )
    db.session.commit()
    identity.renew()
    return go(url_for("accounts.login"), _("已退出。"))


@bp.get("/me")
@requires(Permission.PORTAL_USE)
def me() -> ResponseReturnValue:
    """One's own account: who I am here, my roles, where I am signed in."""
    person = viewer()
    assert person.id is not None  # noqa: S101  a signed-in person has an id
    return page(
        "accounts/me.html",
        user=queries.by_id(db.session(), person.id),
        grants=queries.grants_of(db.session(), person.id),
        sessions=queries.sessions_of(db.session(), person.id, now=clock.now()),
        current=person.session_id,
    )


@bp.post("/me/sessions/<string:session_id>/end")
@requires(Permission.PORTAL_USE)
def end_session(session_id: str) -> ResponseReturnValue:
    """End one of one's own sessions."""
    services.close_session(db.session(), actor=viewer(), now=clock.now(), fingerprint=session_id, reason="own")
    db.session.commit()
    return go(url_for("accounts.me"), _("已结束该会话。"))


@bp.route("/password", methods=["GET", "POST"])
@requires(Permission.PORTAL_USE)
def change_password() -> ResponseReturnValue:
    """Change one's own password."""
    form, person = PasswordForm(), viewer()
    if not form.validate_on_submit():
        return page("accounts/password.html", "password_form", 422 if form.is_submitted() else 200, form=form)
    try:
        user = queries.by_id(db.session(), person.id or 0) or abort(404)
        services.change_password(
            db.session(), actor=person, now=clock.now(), user=user, current=form.current.data, new=form.new.data
        )
    except RuleError as error:
        form.refuse(error, "current" if error.code == "password-wrong" else "new")
        return page("accounts/password.html", "password_form", 422, form=form)
    db.session.commit()
    return go(url_for("home.index"), _("密码已修改，其他设备上的登录已结束。"))
