"""One's own second factor: set up, new recovery codes, off again."""

from __future__ import annotations

from collections.abc import Callable

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from portal.accounts import bp, factor_queries, factor_rules, factor_services, second_step, sign_in
from portal.accounts.forms import FirstCodeForm
from portal.accounts.models import SecondFactor
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import db
from portal.web import qr
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.confirmation import always, recently_confirmed
from portal.web.errors import explain
from portal.web.htmx import go, page


@bp.get("/second-factor")
@requires(Permission.PORTAL_USE)
def second_factor() -> ResponseReturnValue:
    """Whether it is on; while it is being set up, the code to scan."""
    return _factor_page(FirstCodeForm(formdata=None))


def _factor_page(form: FirstCodeForm, status: int = 200) -> ResponseReturnValue:
    person = viewer()
    row = factor_queries.factor(db.session(), person.id or 0)
    begun = row is not None and row.confirmed_at is None
    return page(
        "accounts/second_factor.html",
        "factor_form",
        status,
        form=form,
        row=row,
        begun=begun,
        secret=_secret(row) if row and begun else "",
        square=_square(row) if row and begun else "",
        codes_left=factor_queries.unused_codes(db.session(), person.id or 0),
        required=factor_rules.must_have_factor(sign_in.config().require_totp, person.roles),
    )


def _secret(row: SecondFactor) -> str:
    return factor_rules.secret_of(row.user_id, row.salt, second_step.site_key())


def _square(row: SecondFactor) -> Markup:
    """The square of dots for the app's camera."""
    return qr.square(factor_rules.address(_secret(row), number=viewer().number, site=sign_in.config().site_name))


@bp.post("/second-factor/begin")
@requires(Permission.PORTAL_USE)
@recently_confirmed(always)
def second_factor_begin() -> ResponseReturnValue:
    """Begin to set it up, or begin anew."""
    return _do(lambda: factor_services.begin(db.session(), actor=viewer(), now=clock.now()), None)


@bp.post("/second-factor/confirm")
@requires(Permission.PORTAL_USE)
def second_factor_confirm() -> ResponseReturnValue:
    """Switch it on with a first code; the answer is the page of recovery codes."""
    form = FirstCodeForm()
    if not form.validate_on_submit():
        return _factor_page(form, 422)
    try:
        codes = factor_services.confirm(
            db.session(), actor=viewer(), now=clock.now(), key=second_step.site_key(), typed=form.code.data or ""
        )
    except RuleError as error:
        db.session.rollback()
        form.refuse(error, "code")
        return _factor_page(form, 422)
    db.session.commit()
    return page("accounts/recovery_codes.html", codes=codes)


@bp.post("/second-factor/codes")
@requires(Permission.PORTAL_USE)
@recently_confirmed(always)
def second_factor_codes() -> ResponseReturnValue:
    """Ten new recovery codes, shown once."""
    try:
        codes = factor_services.renew_codes(db.session(), actor=viewer(), now=clock.now(), key=second_step.site_key())
    except RuleError as error:
        db.session.rollback()
        return go(url_for("accounts.second_factor"), explain(error), "error")
    db.session.commit()
    return page("accounts/recovery_codes.html", codes=codes)


@bp.post("/second-factor/off")
@requires(Permission.PORTAL_USE)
@recently_confirmed(always)
def second_factor_off() -> ResponseReturnValue:
    """Switch it off."""
    return _do(lambda: factor_services.switch_off(db.session(), actor=viewer(), now=clock.now()), _("两步验证已关闭。"))


def _do(work: Callable[[], object], said: str | None) -> ResponseReturnValue:
    return act(url_for("accounts.second_factor"), said, work)
