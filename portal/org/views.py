"""The pages of the unit tree."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.stamp import check_stamp
from portal.extensions import db
from portal.org import KIND_LABELS, bp, occupants, queries, services
from portal.org.forms import NO_PARENT, CloseForm, UnitForm
from portal.org.models import Unit
from portal.org.rules import UnitKind, in_force
from portal.web.access import requires, viewer
from portal.web.arguments import number
from portal.web.htmx import go, page

_FIELD_OF = {
    "unit-code-taken": "code",
    "unit-kind-place": "kind",
    "unit-kind-children": "kind",
    "unit-parent-inside": "parent_id",
    "unit-parent-closed": "parent_id",
    "unit-dates": "valid_from",
}


@bp.get("/")
@requires(Permission.UNIT_MANAGE)
def index() -> ResponseReturnValue:
    """The tree of units that the administrator looks after."""
    tree = queries.tree(db.session(), viewer(), permission=Permission.UNIT_MANAGE)
    today = clock.today()
    return page(
        "org/index.html",
        tree=tree,
        people=occupants.count(db.session(), [unit.id for unit, _depth in tree]),
        kinds=KIND_LABELS,
        open_ids={unit.id for unit, _depth in tree if in_force(unit.valid_from, unit.valid_to, today)},
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.UNIT_MANAGE)
def new() -> ResponseReturnValue:
    """Add a unit below one that the administrator looks after."""
    above = number(request.args.get("parent"))
    form = UnitForm(data={"parent_id": above, "valid_from": clock.today(), "kind": UnitKind.SECTION.value})
    form.offer(queries.choices(db.session(), viewer(), Permission.UNIT_MANAGE, day=clock.today()))
    if form.validate_on_submit():
        try:
            made = services.create(db.session(), actor=viewer(), now=clock.now(), **_typed(form))
        except RuleError as error:
            form.refuse(error, _FIELD_OF.get(error.code))
        else:
            db.session.commit()
            return go(url_for("org.index"), _("已新建单位“%(name)s”。", name=made.name))
    return _form_page(form, None)


@bp.route("/<int:unit_id>/edit", methods=["GET", "POST"])
@requires(Permission.UNIT_MANAGE)
def edit(unit_id: int) -> ResponseReturnValue:
    """Rename a unit, change its kind, hang it elsewhere."""
    unit = _unit(unit_id)
    form = UnitForm(data=_shown(unit))
    form.offer(_parents(unit))
    if form.validate_on_submit():
        try:
            check_stamp(form.seen.data, services.stamp_of(unit))
            services.update(db.session(), actor=viewer(), now=clock.now(), unit=unit, **_typed(form))
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, _FIELD_OF.get(error.code))
        else:
            db.session.commit()
            return go(url_for("org.index"), _("单位信息已保存。"))
    return _form_page(form, _unit(unit_id))


@bp.post("/<int:unit_id>/close")
@requires(Permission.UNIT_MANAGE)
def close(unit_id: int) -> ResponseReturnValue:
    """Take a unit out of use."""
    unit, form = _unit(unit_id), CloseForm()
    if form.validate_on_submit():
        try:
            services.close(db.session(), actor=viewer(), now=clock.now(), unit=unit, on=form.on.data)
        except RuleError as error:
            form.refuse(error, "on")
        else:
            db.session.commit()
            return go(url_for("org.index"), _("已停用“%(name)s”。", name=unit.name))
    return _form_page(_opened(unit), unit, closing=form, status=422)


@bp.post("/<int:unit_id>/reopen")
@requires(Permission.UNIT_MANAGE)
def reopen(unit_id: int) -> ResponseReturnValue:
    """Put a closed unit back into use."""
    unit = _unit(unit_id)
    services.reopen(db.session(), actor=viewer(), now=clock.now(), unit=unit)
    db.session.commit()
    return go(url_for("org.index"), _("已恢复“%(name)s”。", name=unit.name))


def _unit(unit_id: int) -> Unit:
    return queries.by_id(db.session(), viewer(), unit_id, Permission.UNIT_MANAGE) or abort(404)


def _typed(form: UnitForm) -> dict[str, Any]:
    return {
        "code": form.code.data,
        "name": form.name.data,
        "kind": UnitKind(form.kind.data),
        "parent_id": form.parent,
        "valid_from": form.valid_from.data,
    }


def _shown(unit: Unit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "name": unit.name,
        "kind": unit.kind.value,
        "parent_id": unit.parent_id or NO_PARENT,
        "valid_from": unit.valid_from,
        "seen": services.stamp_of(unit),
    }


def _parents(unit: Unit) -> list[tuple[int, Any]]:
    """Where a unit may hang: anywhere in one's own units but below itself; the top of one's units stays where it is."""
    keep = unit.parent_id
    offered = queries.choices(db.session(), viewer(), Permission.UNIT_MANAGE, day=clock.today(), keep=keep)
    if keep not in {unit_id for unit_id, _name in offered}:
        name = queries.names(db.session(), [keep])[keep] if keep is not None else _("无（最上级）")
        return [(keep or NO_PARENT, name)]
    own = queries.inside(db.session(), unit.id)
    return [(unit_id, name) for unit_id, name in offered if unit_id not in own]


def _opened(unit: Unit) -> UnitForm:
    """The form as it stands in the database, whatever was posted."""
    form = UnitForm(formdata=None, data=_shown(unit))
    form.offer(_parents(unit))
    return form


def _form_page(
    form: UnitForm, unit: Unit | None, *, closing: CloseForm | None = None, status: int = 0
) -> ResponseReturnValue:
    return page(
        "org/edit.html",
        "unit_form",
        status or (422 if form.is_submitted() else 200),
        form=form,
        unit=unit,
        closing=closing or CloseForm(formdata=None, data={"on": clock.today()}),
    )
