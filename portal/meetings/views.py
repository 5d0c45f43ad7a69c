"""Meetings: the list, one meeting with agenda and decisions, and what became of the decisions."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select
from wtforms import SelectChoice

from portal.audit.leaving import noted
from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import db, side_write
from portal.files import queries as file_queries
from portal.meetings import attached, bp, minutes, queries, rules, services, words
from portal.meetings.forms import DecisionForm, FollowUpForm, ItemForm, MeetingForm, SignForm
from portal.meetings.models import AgendaItem, Decision, Meeting
from portal.meetings.rules import DecisionState, MeetingState
from portal.meetings.services import DecisionValues, Values
from portal.org import queries as units
from portal.org.choosing import unit_choices
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.docx import DOCX
from portal.web.exports import attachment, send_listing, wants_export
from portal.web.forms import clock_time
from portal.web.htmx import go, in_panel, page
from portal.web.tables import Table

VIEW, MANAGE, EVERYBODY = Permission.MEETING_VIEW, Permission.MEETING_MANAGE, Permission.PORTAL_USE


def show(template: str, block: str | None = None, status: int = 200, **context: Any) -> Response:
    """A page with the words of meetings at hand."""
    return page(template, block, status, words=words, due_state=rules.due_state, today=clock.today(), **context)


def _seen(meeting_id: int) -> Meeting:
    return queries.by_id(db.session(), viewer(), meeting_id) or abort(404)


def _managed(meeting_id: int) -> Meeting:
    return queries.by_id(db.session(), viewer(), meeting_id, manage=True) or abort(404)


def _say() -> dict[str, Any]:
    return {"actor": viewer(), "now": clock.now()}


def _url(meeting_id: int, anchor: str | None = None) -> str:
    return url_for("meetings.meeting", meeting_id=meeting_id, _anchor=anchor)


@bp.get("/")
@requires(VIEW, MANAGE)
def index() -> ResponseReturnValue:
    """All meetings in sight."""
    statement = queries.listing(viewer())
    if wants_export():
        return _export(_("会议台账"), queries.TABLE, statement)
    return show("meetings/index.html", "results", listing=queries.TABLE.read(db.session(), statement))


def _export(title: str, table: Table, statement: Select[Any]) -> ResponseReturnValue:
    record = noted(action="meeting.export", subject=("meetings", "", title))
    return send_listing(title, table, db.session(), statement, record=record)


@bp.get("/decisions")
@requires(EVERYBODY)
def decisions() -> ResponseReturnValue:
    """Decisions in sight, and those that one has to carry out."""
    statement = queries.decisions(viewer())
    if wants_export():
        return _export(_("议定事项"), queries.DECISIONS, statement)
    return show("meetings/decisions.html", "results", listing=queries.DECISIONS.read(db.session(), statement))


@bp.route("/new", methods=["GET", "POST"])
@requires(MANAGE)
def new() -> ResponseReturnValue:
    """A meeting to come, or one that was held."""
    form = MeetingForm(held_on=clock.today(), unit_id=viewer().unit_id)
    form.unit_id.choices = unit_choices(MANAGE)
    if form.validate_on_submit():
        made = services.create(db.session(), **_say(), values=form.values())
        db.session.commit()
        return go(_url(made.id), _("已登记。接着添加议题。"))
    return show("meetings/edit.html", None, 422 if form.errors else 200, form=form, meeting=None, stamp="")


@bp.get("/<int:meeting_id>")
@requires(VIEW, MANAGE)
def meeting(meeting_id: int) -> ResponseReturnValue:
    """One meeting: agenda, decisions, minutes, files."""
    found, session = _seen(meeting_id), db.session()
    manages = queries.by_id(session, viewer(), meeting_id, manage=True) is not None
    items, beside = queries.items(session, meeting_id), in_panel()
    return show(
        "meetings/meeting_panel.html" if beside else "meetings/meeting.html",
        "panel" if beside else None,
        meeting=found,
        manages=manages,
        open=found.state in {MeetingState.PLANNED, MeetingState.HELD},
        unit_name=units.names(session, [found.unit_id]).get(found.unit_id, ""),
        items=items,
        decisions=queries.decisions_of(session, viewer(), meeting_id),
        item_form=ItemForm(formdata=None),
        decision_form=_decision_form(items, formdata=None),
        sign_form=SignForm(formdata=None, signed_on=clock.today()),
        files=file_queries.of(session, attached.KIND, meeting_id),
        removed_files=file_queries.removed_of(session, attached.KIND, meeting_id) if manages else [],
    )


@bp.get("/<int:meeting_id>/minutes")
@requires(VIEW, MANAGE)
def meeting_minutes(meeting_id: int) -> ResponseReturnValue:
    """会议纪要 as a Word document."""
    found, session = _seen(meeting_id), db.session()
    unit_name = units.names(session, [found.unit_id]).get(found.unit_id, "")
    decided = queries.decisions_of(session, viewer(), meeting_id)
    data = minutes.write(found, unit_name, queries.items(session, meeting_id), decided)
    subject = ("meetings", str(meeting_id), found.title)
    with side_write() as log:
        note(log, actor=viewer(), at=clock.now(), action="meeting.minutes", subject=subject)
    return attachment(BytesIO(data), f"{found.title}{found.number}纪要.docx", DOCX)


@bp.route("/<int:meeting_id>/edit", methods=["GET", "POST"])
@requires(MANAGE)
def edit(meeting_id: int) -> ResponseReturnValue:
    """Change what is said of a meeting."""
    found = _managed(meeting_id)
    form = _edit_form(found)
    if form.validate_on_submit():
        seen = request.form.get("stamp", "")
        try:
            services.update(db.session(), **_say(), meeting=found, values=form.values(), seen=seen)
        except RuleError as error:
            db.session.rollback()
            form.refuse_or_compare(error, _edit_form(found, formdata=None))
        else:
            db.session.commit()
            return go(_url(meeting_id), _("已保存。"))
    context = {"form": form, "meeting": found, "stamp": services.stamp_of(found)}
    return show("meetings/edit.html", None, 422 if form.errors else 200, **context)


def _edit_form(found: Meeting, **options: Any) -> MeetingForm:
    held = {name: getattr(found, name) for name in Values.__dataclass_fields__}
    times = {name: clock_time(held[name]) for name in ("begins", "ends")}
    form = MeetingForm(data={**held, **times, "kind": found.kind.value}, **options)
    form.unit_id.choices = unit_choices(MANAGE, keep=found.unit_id)
    return form


@bp.post("/<int:meeting_id>/state/<string:state>")
@requires(MANAGE)
def set_state(meeting_id: int, state: str) -> ResponseReturnValue:
    """Held, cancelled, planned again, or opened again to be put right."""
    found = _managed(meeting_id)
    if state not in set(MeetingState) - {MeetingState.RECORDED}:
        abort(404)
    told = {**_say(), "today": clock.today(), "meeting": found, "state": MeetingState(state)}
    done = _("已改为“%(state)s”。", state=words.STATE_LABELS[state])
    return act(_url(meeting_id), done, lambda: services.set_state(db.session(), **told))


@bp.post("/<int:meeting_id>/sign")
@requires(MANAGE)
def sign(meeting_id: int) -> ResponseReturnValue:
    """The minutes are signed and filed."""
    found, form = _managed(meeting_id), SignForm()
    if not form.validate_on_submit():
        return go(_url(meeting_id), _("请填写签发人和签发日期。"), "error")
    told = {**_say(), "today": clock.today(), "meeting": found, "state": MeetingState.RECORDED}
    signed = {"signed_by": form.signed_by.data or "", "signed_on": form.signed_on.data}
    return act(_url(meeting_id), _("会议已归档。"), lambda: services.set_state(db.session(), **told, **signed))


# ---- agenda --------------------------------------------------------------------------------------------------------


def _item(meeting_id: int, item_id: int) -> AgendaItem:
    return queries.item(db.session(), meeting_id, item_id) or abort(404)


@bp.post("/<int:meeting_id>/items")
@requires(MANAGE)
def add_item(meeting_id: int) -> ResponseReturnValue:
    """One more matter."""
    found, form = _managed(meeting_id), ItemForm()
    if not form.validate_on_submit():
        return go(_url(meeting_id, "agenda"), _("请填写议题。"), "error")
    work = lambda: services.add_item(db.session(), **_say(), meeting=found, **form.values())  # noqa: E731
    return act(_url(meeting_id, "agenda"), _("已添加议题。"), work)


@bp.route("/<int:meeting_id>/items/<int:item_id>", methods=["GET", "POST"])
@requires(MANAGE)
def edit_item(meeting_id: int, item_id: int) -> ResponseReturnValue:
    """Change a matter, or write its conclusion."""
    found, item = _managed(meeting_id), _item(meeting_id, item_id)
    form, seen = ItemForm(data=_item_data(item)), request.form.get("stamp", "")
    if form.validate_on_submit():
        try:
            services.update_item(db.session(), **_say(), meeting=found, item=item, **form.values(), seen=seen)
        except RuleError as error:
            db.session.rollback()
            form.refuse_or_compare(error, ItemForm(formdata=None, data=_item_data(item)))
        else:
            db.session.commit()
            return go(_url(meeting_id, "agenda"), _("已保存。"))
    context = {"form": form, "meeting": found, "item": item, "stamp": services.item_stamp(item)}
    return show("meetings/item.html", None, 422 if form.errors else 200, **context)


def _item_data(item: AgendaItem) -> dict[str, Any]:
    return {**{name: getattr(item, name) for name in services.ITEM_FIELDS}, "kind": item.kind.value}


@bp.post("/<int:meeting_id>/items/<int:item_id>/<string:what>")
@requires(MANAGE)
def change_item(meeting_id: int, item_id: int, what: str) -> ResponseReturnValue:
    """Up, down, or off the agenda."""
    found, item, here = _managed(meeting_id), _item(meeting_id, item_id), _url(meeting_id, "agenda")
    told = {**_say(), "meeting": found, "item": item}
    if what == "remove":
        undo = url_for("meetings.restore_item", meeting_id=meeting_id, item_id=item_id)
        return act(here, _("已删除议题。"), lambda: services.remove_item(db.session(), **told), undo=undo)
    if what not in {"up", "down"}:
        abort(404)
    return act(here, _("已调整顺序。"), lambda: services.move_item(db.session(), **told, up=what == "up"))


@bp.post("/<int:meeting_id>/items/<int:item_id>/restore")
@requires(MANAGE)
def restore_item(meeting_id: int, item_id: int) -> ResponseReturnValue:
    """Undo the deletion."""
    told = {**_say(), "meeting": _managed(meeting_id), "item_id": item_id}
    return act(_url(meeting_id, "agenda"), _("议题已恢复。"), lambda: services.restore_item(db.session(), **told))


# ---- decisions -----------------------------------------------------------------------------------------------------


def _decision_form(items: list[AgendaItem], *, keep: int | None = None, **options: Any) -> DecisionForm:
    form = DecisionForm(**options)
    form.unit_id.choices = unit_choices(MANAGE, keep=keep)
    form.item_id.choices = [SelectChoice("", _("不对应议题")), *(SelectChoice(item.id, item.title) for item in items)]
    return form


def _decided(form: DecisionForm) -> DecisionValues:
    """What the form says. Raises RuleError owner-unknown for a number that nobody in office has."""
    number = (form.owner.data or "").strip()
    owner = queries.owner_by_number(db.session(), number) if number else None
    if number and owner is None:
        raise RuleError("owner-unknown", number=number)
    return form.values(owner)


@bp.post("/<int:meeting_id>/decisions")
@requires(MANAGE)
def add_decision(meeting_id: int) -> ResponseReturnValue:
    """What was decided."""
    found, here = _managed(meeting_id), _url(meeting_id, "decisions")
    form = _decision_form(queries.items(db.session(), meeting_id))
    if not form.validate_on_submit():
        return go(here, _("请填写议定事项并选择责任单位。"), "error")
    work = lambda: services.add_decision(db.session(), **_say(), meeting=found, values=_decided(form))  # noqa: E731
    return act(here, _("已登记议定事项。"), work)


@bp.route("/<int:meeting_id>/decisions/<int:decision_id>", methods=["GET", "POST"])
@requires(MANAGE)
def edit_decision(meeting_id: int, decision_id: int) -> ResponseReturnValue:
    """Put right what was decided, by whom and until when."""
    found, session = _managed(meeting_id), db.session()
    row = queries.decision_of(session, meeting_id, decision_id) or abort(404)
    form = _decision_edit_form(row)
    if form.validate_on_submit():
        told = {**_say(), "meeting": found, "decision": row, "seen": request.form.get("stamp", "")}
        try:
            services.update_decision(session, **told, values=_decided(form))
        except RuleError as error:
            db.session.rollback()
            now = _decision_edit_form(row, formdata=None)
            form.refuse_or_compare(error, now, "owner" if error.code.startswith("owner") else None)
        else:
            db.session.commit()
            return go(_url(meeting_id, "decisions"), _("已保存。"))
    context = {"form": form, "meeting": found, "decision": row, "stamp": services.decision_stamp(row)}
    return show("meetings/decision_edit.html", None, 422 if form.errors else 200, **context)


def _decision_edit_form(row: Decision, **options: Any) -> DecisionForm:
    session = db.session()
    held = {"text": row.text, "unit_id": row.unit_id, "due_on": row.due_on, "item_id": row.item_id or ""}
    held["owner"] = queries.owner_number(session, row)
    return _decision_form(queries.items(session, row.meeting_id), keep=row.unit_id, data=held, **options)


@bp.post("/<int:meeting_id>/decisions/<int:decision_id>/remove")
@requires(MANAGE)
def remove_decision(meeting_id: int, decision_id: int) -> ResponseReturnValue:
    """Take out what was entered by mistake."""
    row = queries.decision_of(db.session(), meeting_id, decision_id) or abort(404)
    told = {**_say(), "meeting": _managed(meeting_id), "decision": row}
    undo = url_for("meetings.restore_decision", meeting_id=meeting_id, decision_id=decision_id)
    work = lambda: services.remove_decision(db.session(), **told)  # noqa: E731
    return act(_url(meeting_id, "decisions"), _("已删除议定事项。"), work, undo=undo)


@bp.post("/<int:meeting_id>/decisions/<int:decision_id>/restore")
@requires(MANAGE)
def restore_decision(meeting_id: int, decision_id: int) -> ResponseReturnValue:
    """Undo the deletion."""
    told = {**_say(), "meeting": _managed(meeting_id), "decision_id": decision_id}
    work = lambda: services.restore_decision(db.session(), **told)  # noqa: E731
    return act(_url(meeting_id, "decisions"), _("议定事项已恢复。"), work)


def _decision(decision_id: int) -> Decision:
    return queries.decision(db.session(), viewer(), decision_id) or abort(404)


@bp.route("/decisions/<int:decision_id>", methods=["GET", "POST"])
@requires(EVERYBODY)
def decision(decision_id: int) -> ResponseReturnValue:
    """One decision, and reports on it."""
    found, form, session = _decision(decision_id), FollowUpForm(), db.session()
    may_report = queries.may_report(session, viewer(), found)
    if request.method == "POST" and not may_report:
        abort(404)
    if form.validate_on_submit():
        told = {**_say(), "today": clock.today(), "decision": found, "note": form.note.data or ""}
        closes = DecisionState(form.closes.data) if form.closes.data else None
        here = url_for("meetings.decision", decision_id=decision_id)
        return act(here, _("已填报。"), lambda: services.follow_up(session, **told, closes=closes))
    line = session.execute(queries.decisions(viewer()).where(Decision.id == decision_id)).one()
    context: dict[str, Any] = {"decision": line, "form": form, "reports": queries.follow_ups(session, decision_id)}
    context["sees"] = queries.by_id(session, viewer(), found.meeting_id) is not None
    return show("meetings/decision.html", None, 422 if form.errors else 200, may_report=may_report, **context)
