"""Sign-in, sign-out, one's own account."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from portal.accounts import bp, queries, second_step, services, sign_in
from portal.accounts.device_rules import device
from portal.accounts.forms import CodeForm, ForgotForm, LoginForm, PasswordForm
from portal.accounts.words import BROWSERS, END_REASONS, allowed
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission, Role
from portal.extensions import db, own_transaction
from portal.web import identity
from portal.web.access import public, requires, viewer
from portal.web.confirmation import always, ask, recently_confirmed
from portal.web.htmx import go, page
from portal.web.redirects import safe_path

SIGN_INS = 20
"""So many sign-ins of the past are shown to their owner."""


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
            back = safe_path(form.next.data, "")
            if second_step.begin(user_id):
                return go(url_for("accounts.second_step_page", next=back or None))
            sign_in.enter(user_id, form.number.data or "")
            db.session.commit()
            return go(back or url_for("home.index"))
    return page("accounts/login.html", "login_form", 422, form=form)


@bp.route("/second-step", methods=["GET", "POST"])
@public
def second_step_page() -> ResponseReturnValue:
    """After the password: the code of the app, or a recovery code."""
    back = safe_path(request.args.get("next"), url_for("home.index"))
    form = CodeForm()
    if not second_step.waiting():
        return go(url_for("accounts.login", next=request.args.get("next")))
    if form.validate_on_submit():
        try:
            second_step.finish(form.code.data or "")
        except RuleError as error:
            form.refuse(error, "code")
        else:
            db.session.commit()
            return go(back)
    return page("accounts/second_step.html", "code_form", 422 if form.is_submitted() else 200, form=form)


@bp.route("/forgot", methods=["GET", "POST"])
@public
def forgot() -> ResponseReturnValue:
    """Ask the security administrators for a new password; the answer is the same for every number."""
    form = ForgotForm()
    if not form.validate_on_submit():
        return page("accounts/forgot.html", "forgot_form", 422 if form.is_submitted() else 200, form=form)
    try:
        sign_in.ask_for_reset(form.number.data or "")
    except RuleError as error:
        form.refuse(error)
        return page("accounts/forgot.html", "forgot_form", 422, form=form)
    db.session.commit()
    return page("accounts/forgot_done.html")


@bp.route("/confirm", methods=["GET", "POST"])
@requires(Permission.PORTAL_USE)
def confirm() -> ResponseReturnValue:
    """Give the password once more, and go back."""
    back = safe_path(request.args.get("next"), url_for("home.index"))
    asked = ask(viewer(), url=url_for("accounts.confirm", next=back), kept=[])
    return asked or go(back, _("已确认，请继续刚才的操作。"))


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
        allowed=allowed,
        sessions=queries.sessions_of(db.session(), person.id, now=clock.now()),
        sign_ins=queries.sign_ins_of(db.session(), person.id, SIGN_INS),
        stays=queries.memberships_of(db.session(), person.id),
        keepers=queries.keepers_of(db.session(), person, Role.SYSTEM_ADMIN),
        guards=queries.keepers_of(db.session(), person, Role.SECURITY_ADMIN),
        current=person.session_id,
        ends=END_REASONS,
        device=device_words,
        factor_on=person.has_second_factor,
    )


def device_words(agent: str) -> str:
    """A browser as its owner would call it."""
    browser, system = device(agent)
    names = [str(BROWSERS.get(browser, browser)), system]
    return " · ".join(name for name in names if name) or _("无法识别的设备")


@bp.post("/me/sessions/<string:session_id>/end")
@requires(Permission.PORTAL_USE)
def end_session(session_id: str) -> ResponseReturnValue:
    """End one of one's own sessions."""
    services.close_session(db.session(), actor=viewer(), now=clock.now(), fingerprint=session_id, reason="own")
    db.session.commit()
    return go(url_for("accounts.me"), _("已结束该会话。"))


@bp.post("/me/sessions/end-others")
@requires(Permission.PORTAL_USE)
@recently_confirmed(always)
def end_other_sessions() -> ResponseReturnValue:
    """End all of one's own sessions but this one."""
    services.end_others(db.session(), actor=viewer(), now=clock.now())
    db.session.commit()
    return go(url_for("accounts.me"), _("其他设备上的登录已全部结束。"))


@bp.route("/password", methods=["GET", "POST"])
@requires(Permission.PORTAL_USE)
@own_transaction
def change_password() -> ResponseReturnValue:
    """Change one's own password."""
    form, person = PasswordForm(), viewer()
    if not form.validate_on_submit():
        return page("accounts/password.html", "password_form", 422 if form.is_submitted() else 200, form=form)
    try:
        sign_in.change_password(person, current=form.current.data or "", new=form.new.data or "")
    except RuleError as error:
        form.refuse(error, "current" if error.code in {"password-wrong", "login-throttled"} else "new")
        return page("accounts/password.html", "password_form", 422, form=form)
    db.session.commit()
    return go(url_for("home.index"), _("密码已修改，其他设备上的登录已结束。"))
