"""The list of the forms of study, for whoever keeps it."""

from __future__ import annotations

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import db
from portal.study import bp
from portal.study.forms.kinds import KindForm
from portal.study.models import StudyKind
from portal.study.queries import kinds as queries
from portal.study.services import kinds as services
from portal.study.views.sessions import show
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.htmx import go

FORMS = Permission.STUDY_FORMS


def _kind(kind_id: int) -> StudyKind:
    return queries.by_id(db.session(), kind_id) or abort(404)


@bp.route("/kinds", methods=["GET", "POST"])
@requires(FORMS)
def kind_list() -> ResponseReturnValue:
    """All of them, and one more."""
    form, session = KindForm(active=True), db.session()
    if form.validate_on_submit():
        try:
            services.create(session, actor=viewer(), now=clock.now(), values=form.values())
        except RuleError as error:
            session.rollback()
            form.refuse(error, "name")
        else:
            session.commit()
            return go(url_for("study.kind_list"), _("已增加。"))
    context = {"kinds": queries.everything(session), "used": queries.used(session)}
    return show("study/kinds.html", None, 422 if form.errors else 200, form=form, **context)


@bp.route("/kinds/<int:kind_id>", methods=["GET", "POST"])
@requires(FORMS)
def kind_edit(kind_id: int) -> ResponseReturnValue:
    """Rename one, switch it off or on."""
    row = _kind(kind_id)
    form, seen = KindForm(obj=row), request.form.get("stamp", "")
    if form.validate_on_submit():
        try:
            services.update(db.session(), actor=viewer(), now=clock.now(), row=row, values=form.values(), seen=seen)
        except RuleError as error:
            db.session.rollback()
            form.refuse_or_compare(error, KindForm(formdata=None, obj=_kind(kind_id)), "name")
        else:
            db.session.commit()
            return go(url_for("study.kind_list"), _("已保存。"))
    context = {"form": form, "row": row, "stamp": services.stamp_of(row)}
    return show("study/kind_edit.html", None, 422 if form.errors else 200, **context)


@bp.post("/kinds/<int:kind_id>/<string:where>")
@requires(FORMS)
def kind_move(kind_id: int, where: str) -> ResponseReturnValue:
    """Up or down the list."""
    row = _kind(kind_id)
    if where not in {"up", "down"}:
        abort(404)
    work = lambda: services.move(db.session(), actor=viewer(), now=clock.now(), row=row, up=where == "up")  # noqa: E731
    return act(url_for("study.kind_list", _anchor=f"k{kind_id}"), _("已调整顺序。"), work)
