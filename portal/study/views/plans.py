"""Plans of a year: what is asked of whom, and how far everybody has come."""

from __future__ import annotations

from typing import Any

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectChoice

from portal.audit.leaving import noted
from portal.core import clock
from portal.extensions import db
from portal.org import queries as units
from portal.org.choosing import unit_choices
from portal.study import bp, progress
from portal.study.forms.own import PlanForm, PlanItemForm
from portal.study.models import StudyPlan
from portal.study.queries import plans as queries
from portal.study.queries import sessions
from portal.study.rules import hours as rules
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
    return show("study/plan_form.html", None, 422 if form.errors else 200, form=form, plan=None)


@bp.route("/plans/<int:plan_id>/edit", methods=["GET", "POST"])
@requires(MANAGE)
def plan_edit(plan_id: int) -> ResponseReturnValue:
    """Change a plan."""
    plan = _managed(plan_id)
    form = PlanForm(obj=plan)
    form.unit_id.choices = unit_choices(MANAGE, keep=plan.unit_id)
    if form.validate_on_submit():
        services.update(db.session(), **_say(), plan=plan, values=form.values())
        db.session.commit()
        return go(url_for("study.plan", plan_id=plan_id), _("已保存。"))
    return show("study/plan_form.html", None, 422 if form.errors else 200, form=form, plan=plan)


@bp.get("/plans/<int:plan_id>")
@requires(EVERYBODY)
def plan(plan_id: int) -> ResponseReturnValue:
    """What it asks for, and for who keeps or reads study everybody's progress."""
    session = db.session()
    found = queries.by_id(session, viewer(), plan_id) or abort(404)
    items = queries.items(session, plan_id)
    mine = progress.figures(session, [viewer().id or 0], found.year)
    reads = viewer().can(VIEW)
    listing = queries.PEOPLE.read(session, queries.people(viewer(), found)) if reads else None
    asked: Any = queries.people_ids(viewer(), found) if reads else []
    everybody = progress.figures(session, asked, found.year)
    if reads and wants_export():
        return _export(found, items, everybody)
    return show(
        "study/plan.html",
        "results",
        plan=found,
        items=items,
        unit_name=units.names(session, [found.unit_id]).get(found.unit_id, ""),
        manages=queries.by_id(session, viewer(), plan_id, manage=True) is not None,
        mine=progress.of_person(items, mine, viewer().id or 0, clock.today(), found.year),
        listing=listing,
        progress_of=lambda user_id: progress.of_person(items, everybody, user_id, clock.today(), found.year),
        units=_by_unit(found, items, everybody) if reads else [],
        item_form=_item_form(),
        hours=rules.hours,
    )


def _by_unit(found: StudyPlan, items: list[Any], everybody: Any) -> list[dict[str, Any]]:
    """For each unit: people, hours a head, and how many have done all of it."""
    lines: dict[str, dict[str, Any]] = {}
    for row in queries.people_rows(db.session(), viewer(), found):
        line = lines.setdefault(row.unit_name, {"name": row.unit_name, "people": 0, "minutes": 0, "complete": 0})
        line["people"] += 1
        line["minutes"] += everybody.minutes.get(row.id, 0)
        done = progress.of_person(items, everybody, row.id, clock.today(), found.year)
        line["complete"] += bool(done) and all(each.complete for each in done)
    return list(lines.values())


def _export(found: StudyPlan, items: list[Any], everybody: Any) -> ResponseReturnValue:
    heads = [_("工号"), _("姓名"), _("单位"), *(item.title for item in items)]
    rows = (
        [row.number, row.name, row.unit_name, *(everybody.shown(item, row.id) for item in items)]
        for row in queries.people_rows(db.session(), viewer(), found)
    )
    record = noted(action="plan.export", subject=("study_plans", str(found.id), found.title))
    return send_sheet(found.title, heads, rows, record=record)


def _item_form(**options: Any) -> PlanItemForm:
    form = PlanItemForm(**options)
    kinds = [SelectChoice(kind.id, kind.name) for kind in sessions.kinds(db.session())]
    form.study_kind_id.choices = [SelectChoice("", _("不限")), *kinds]
    return form


@bp.post("/plans/<int:plan_id>/items")
@requires(MANAGE)
def plan_item(plan_id: int) -> ResponseReturnValue:
    """Ask for one more thing."""
    plan, form, here = _managed(plan_id), _item_form(), url_for("study.plan", plan_id=plan_id)
    if not form.validate_on_submit():
        return go(here, _("请填写内容和数量，例如 2 或 1.5。"), "error")
    values = form.values()
    return act(here, _("已添加。"), lambda: services.add_item(db.session(), **_say(), plan=plan, values=values))


@bp.post("/plans/<int:plan_id>/items/<int:item_id>/remove")
@requires(MANAGE)
def plan_item_remove(plan_id: int, item_id: int) -> ResponseReturnValue:
    """Ask for it no longer."""
    plan = _managed(plan_id)
    item = queries.item(db.session(), plan_id, item_id) or abort(404)
    here = url_for("study.plan", plan_id=plan_id)
    return act(here, _("已删除。"), lambda: services.remove_item(db.session(), **_say(), plan=plan, item=item))


@bp.post("/plans/<int:plan_id>/publish")
@requires(MANAGE)
def plan_publish(plan_id: int) -> ResponseReturnValue:
    """Show it to those it asks."""
    plan = _managed(plan_id)
    here = url_for("study.plan", plan_id=plan_id)
    return act(
        here, _("已发布，相关人员在“我的学习”中看到。"), lambda: services.publish(db.session(), **_say(), plan=plan)
    )
