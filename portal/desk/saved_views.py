"""The pages and acts of saved views."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from flask import abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.desk import bp, marks, queries, services
from portal.desk.models import SavedView
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.acts import offer_undo
from portal.web.errors import explain
from portal.web.htmx import go, page
from portal.web.redirects import safe_path


def _changeable(view_id: int, *, deleted: bool = False) -> SavedView:
    """A view that the person may change, of a list that they may open; or 404."""
    found = queries.changeable_view(db.session(), viewer(), view_id, deleted=deleted)
    if found is None or not marks.may_open(current_app, found.list_name):
        abort(404)
    return found


def _asked() -> dict[str, str]:
    return dict(parse_qsl(request.form.get("query", "")))


def _back(view: SavedView | None = None) -> str:
    """Where the form came from, with the view open where there is one."""
    here = safe_path(request.form.get("next"), url_for("home.index"))
    return here if view is None else f"{here.split('?')[0]}?{urlencode({**view.arguments, 'view': view.id})}"


def _refuse(error: RuleError) -> ResponseReturnValue:
    db.session.rollback()
    return go(_back(), explain(error), "error")


@bp.get("/views")
@requires(Permission.PORTAL_USE)
def views() -> ResponseReturnValue:
    """All views that I have saved."""
    mine = queries.my_views(db.session(), viewer())
    return page("desk/views.html", views=[view for view in mine if marks.may_open(current_app, view.list_name)])


@bp.post("/views")
@requires(Permission.PORTAL_USE)
def view_save() -> ResponseReturnValue:
    """Keep what is seen under a name."""
    form, list_name = request.form, request.form.get("list", "")
    if not marks.may_open(current_app, list_name):
        abort(404)
    try:
        view = services.save_view(
            db.session(), actor=viewer(), now=clock.now(), list_name=list_name, name=form.get("name", ""),
            asked=_asked(), shared="shared" in form,
        )  # fmt: skip
    except RuleError as error:
        return _refuse(error)
    db.session.commit()
    return go(_back(view), _("已存为视图“%(name)s”。", name=view.name))


@bp.post("/views/<int:view_id>/update")
@requires(Permission.PORTAL_USE)
def view_update(view_id: int) -> ResponseReturnValue:
    """Let the view stand for what is seen now."""
    view = _changeable(view_id)
    try:
        services.update_view(db.session(), actor=viewer(), now=clock.now(), view=view, asked=_asked())
    except RuleError as error:
        return _refuse(error)
    db.session.commit()
    return go(_back(view), _("视图“%(name)s”已更新。", name=view.name))


@bp.post("/views/<int:view_id>/rename")
@requires(Permission.PORTAL_USE)
def view_rename(view_id: int) -> ResponseReturnValue:
    """Give it another name; share it, or take it back."""
    view, form = _changeable(view_id), request.form
    try:
        services.rename_view(
            db.session(), actor=viewer(), now=clock.now(), view=view, name=form.get("name", ""),
            shared="shared" in form,
        )  # fmt: skip
    except RuleError as error:
        return _refuse(error)
    db.session.commit()
    return go(_back(), _("已保存。"))


@bp.post("/views/<int:view_id>/default")
@requires(Permission.PORTAL_USE)
def view_default(view_id: int) -> ResponseReturnValue:
    """Open the list with it, or no longer."""
    view = queries.seen_view(db.session(), viewer(), view_id) or abort(404)
    if not marks.may_open(current_app, view.list_name):
        abort(404)
    on = request.form.get("on") == "1"
    services.set_default(db.session(), actor=viewer(), view=view, on=on)
    db.session.commit()
    return go(_back(), _("以后打开这个列表先显示“%(name)s”。", name=view.name) if on else _("已取消默认视图。"))


@bp.post("/views/<int:view_id>/delete")
@requires(Permission.PORTAL_USE)
def view_delete(view_id: int) -> ResponseReturnValue:
    """Take it away; the next page offers to undo that."""
    view = _changeable(view_id)
    services.delete_view(db.session(), actor=viewer(), now=clock.now(), view=view)
    db.session.commit()
    said = _("视图“%(name)s”已删除。", name=view.name)
    offer_undo(said, url_for("desk.view_restore", view_id=view.id), _back())
    return go(_back())


@bp.post("/views/<int:view_id>/restore")
@requires(Permission.PORTAL_USE)
def view_restore(view_id: int) -> ResponseReturnValue:
    """Undo the deletion."""
    view = _changeable(view_id, deleted=True)
    try:
        services.restore_view(db.session(), actor=viewer(), now=clock.now(), view=view)
    except RuleError as error:
        return _refuse(error)
    db.session.commit()
    return go(_back(), _("视图“%(name)s”已恢复。", name=view.name))
