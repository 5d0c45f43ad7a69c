"""Plans of a year: what is asked of whom, and how far everybody has come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectChoice

from portal.audit.leaving import noted
from portal.core import clock
from portal.core.errors import RuleError
from portal.extensions import db
from portal.org import queries as units
from portal.org.choosing import unit_choices
from portal.study import bp, progress
from portal.study.forms.own import PlanForm, PlanItemForm
from portal.study.models import StudyPlan, StudyPlanItem
from portal.study.queries import plans as queries
from portal.study.queries import sessions
from portal.study.rules import hours as rules
from portal.study.rules.hours import PlanItemKind
from portal.study.services import plans as services
from portal.study.views.sessions import EVERYBODY, MANAGE, VIEW, show
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.exports import send_sheet, wants_export
from portal.web.htmx import go


def _managed(plan_id: int) -> StudyPlan:
    return queries.by_id(db.session(), viewer(), plan_id, manage=True) or abort(404)


def _say() -> dict[str, Any]:
    return {"actor": viewer(), "now": clock.now()}


@bp.get("/plans")
@requires(EVERYBODY)
def plan_list() -> ResponseReturnValue:
    """Plans in sight."""
    listing = queries.TABLE.read(db.session(), queries.listing(viewer()))
    return show("study/plans.html", "results", listing=listing)


@bp.route("/plans/new", methods=["GET", "POST"])
@requires(MANAGE)
def plan_new() -> ResponseReturnValue:
    """A new plan."""
    form = PlanForm(year=clock.today().year, unit_id=viewer().unit_id)
    form.unit_id.choices = unit_choices(MANAGE)
    if form.validate_on_submit():
        plan = services.create(db.session(), **_say(), values=form.values())
        db.session.commit()
        return go(url_for("study.plan", plan_id=plan.id), _("已保存。接着添加要求，再发布。"))
    return show("study/plan_form.html", None, 422 if form.errors else 200, form=form, plan=None, stamp="")


@bp.route("/plans/<int:plan_id>/edit", methods=["GET", "POST"])
@requires(MANAGE)
def plan_edit(plan_id: int) -> ResponseReturnValue:
    """Change a plan."""
    plan = _managed(plan_id)
    form, seen = _plan_form(plan), request.form.get("stamp", "")
    if form.validate_on_submit():
        try:
            services.update(db.session(), **_say(), plan=plan, values=form.values(), seen=seen)
        except RuleError as error:
            db.session.rollback()
            form.refuse_or_compare(error, _plan_form(plan, formdata=None))
        else:
            db.session.commit()
            return go(_url(plan_id), _("已保存。"))
    context = {"form": form, "plan": plan, "stamp": services.stamp_of(plan)}
    return show("study/plan_form.html", None, 422 if form.errors else 200, **context)


def _plan_form(plan: StudyPlan, **options: Any) -> PlanForm:
    form = PlanForm(obj=plan, **options)
    form.unit_id.choices = unit_choices(MANAGE, keep=plan.unit_id)
    return form


def _url(plan_id: int) -> str:
    return url_for("study.plan", plan_id=plan_id)


@bp.get("/plans/<int:plan_id>")
@requires(EVERYBODY)
def plan(plan_id: int) -> ResponseReturnValue:
    """What it asks for, and for who keeps or reads study how far people have come, a page of them at a time."""
    session = db.session()
    found = queries.by_id(session, viewer(), plan_id) or abort(404)
    items, reads = queries.items(session, plan_id), viewer().can(VIEW)
    if reads and wants_export():
        return _export(found, items)
    table = queries.people_table(found, items)
    listing = table.read(session, queries.people(viewer(), found)) if reads else None
    shown = progress.figures(
        session, [*(row.id for row in (listing.rows if listing else ())), viewer().id or 0], found.year
    )
    return show(
        "study/plan.html",
        "results",
        plan=found,
        items=items,
        unit_name=units.names(session, [found.unit_id]).get(found.unit_id, ""),
        manages=queries.by_id(session, viewer(), plan_id, manage=True) is not None,
        listing=listing,
        progress_of=lambda user_id: progress.of_person(items, shown, user_id, clock.today(), found.year),
        item_form=_item_form(),
        hours=rules.hours,
    )


@bp.get("/plans/<int:plan_id>/units")
@requires(VIEW)
def plan_units(plan_id: int) -> ResponseReturnValue:
    """How far each unit has come."""
    session = db.session()
    found = queries.by_id(session, viewer(), plan_id) or abort(404)
    rows = queries.by_unit(session, viewer(), found, queries.items(session, plan_id))
    return show("study/plan_units.html", plan=found, units=rows, hours=rules.hours)


def _export(found: StudyPlan, items: list[StudyPlanItem]) -> ResponseReturnValue:
    everybody = progress.figures(db.session(), queries.people_ids(viewer(), found), found.year)
    heads = [_("工号"), _("姓名"), _("单位"), *(item.title for item in items)]
    rows = (
        [row.number, row.name, row.unit_name, *(everybody.shown(item, row.id) for item in items)]
        for row in queries.people_rows(db.session(), viewer(), found)
    )
    record = noted(action="plan.export", subject=("study_plans", str(found.id), found.title))
    return send_sheet(found.title, heads, rows, record=record)


# ---- what it asks for ----------------------------------------------------------------------------------------------


def _item_form(**options: Any) -> PlanItemForm:
    form = PlanItemForm(**options)
    kinds = [SelectChoice(kind.id, kind.name) for kind in sessions.kinds(db.session())]
    form.study_kind_id.choices = [SelectChoice("", _("不限")), *kinds]
    return form


def _item(plan_id: int, item_id: int) -> StudyPlanItem:
    return queries.item(db.session(), plan_id, item_id) or abort(404)


@bp.post("/plans/<int:plan_id>/items")
@requires(MANAGE)
def plan_item(plan_id: int) -> ResponseReturnValue:
    """Ask for one more thing."""
    plan, form, here = _managed(plan_id), _item_form(), _url(plan_id)
    if not form.validate_on_submit():
        return go(here, _("请填写内容和数量，例如 2 或 1.5。"), "error")
    values = form.values()
    return act(here, _("已添加。"), lambda: services.add_item(db.session(), **_say(), plan=plan, values=values))


@bp.route("/plans/<int:plan_id>/items/<int:item_id>", methods=["GET", "POST"])
@requires(MANAGE)
def plan_item_edit(plan_id: int, item_id: int) -> ResponseReturnValue:
    """Ask for it otherwise."""
    plan, item, seen = _managed(plan_id), _item(plan_id, item_id), request.form.get("stamp", "")
    form = _item_edit_form(item)
    if form.validate_on_submit():
        told = {**_say(), "plan": plan, "item": item, "seen": seen}
        try:
            services.update_item(db.session(), **told, values=replace(form.values(), regulation_id=item.regulation_id))
        except RuleError as error:
            db.session.rollback()
            form.refuse_or_compare(error, _item_edit_form(item, formdata=None), "due_on")
        else:
            db.session.commit()
            return go(_url(plan_id), _("已保存。"))
    context = {"form": form, "plan": plan, "item": item, "stamp": services.item_stamp(item)}
    return show("study/plan_item.html", None, 422 if form.errors else 200, **context)


def _item_edit_form(item: StudyPlanItem, **options: Any) -> PlanItemForm:
    amount = rules.hours(item.amount) if item.kind is PlanItemKind.MINUTES else str(item.amount)
    held = {"kind": item.kind.value, "title": item.title, "amount": amount, "due_on": item.due_on}
    form = _item_form(data={**held, "study_kind_id": item.study_kind_id or ""}, **options)
    names = sessions.kind_names(db.session(), [item.study_kind_id or 0])
    if item.study_kind_id in names and item.study_kind_id not in {
        choice.value for choice in form.study_kind_id.choices
    }:
        form.study_kind_id.choices.append(SelectChoice(item.study_kind_id, names[item.study_kind_id]))
    return form


@bp.post("/plans/<int:plan_id>/items/<int:item_id>/remove")
@requires(MANAGE)
def plan_item_remove(plan_id: int, item_id: int) -> ResponseReturnValue:
    """Ask for it no longer."""
    told = {**_say(), "plan": _managed(plan_id), "item": _item(plan_id, item_id)}
    undo = url_for("study.plan_item_restore", plan_id=plan_id, item_id=item_id)
    return act(_url(plan_id), _("已删除。"), lambda: services.remove_item(db.session(), **told), undo=undo)


@bp.post("/plans/<int:plan_id>/items/<int:item_id>/restore")
@requires(MANAGE)
def plan_item_restore(plan_id: int, item_id: int) -> ResponseReturnValue:
    """Undo the deletion."""
    told = {**_say(), "plan": _managed(plan_id), "item_id": item_id}
    return act(_url(plan_id), _("已恢复。"), lambda: services.restore_item(db.session(), **told))


@bp.post("/plans/<int:plan_id>/publish")
@requires(MANAGE)
def plan_publish(plan_id: int) -> ResponseReturnValue:
    """Show it to those it asks."""
    plan = _managed(plan_id)
    work = lambda: services.publish(db.session(), **_say(), plan=plan)  # noqa: E731
    return act(_url(plan_id), _("已发布，相关人员在“我的学习”中看到。"), work)
