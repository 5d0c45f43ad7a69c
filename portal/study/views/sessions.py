"""Study sessions: the list, the one-minute entry, one session and its state."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select
from wtforms import SelectChoice

from portal.audit.leaving import noted
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import db
from portal.files import queries as file_queries
from portal.meetings import queries as meeting_queries
from portal.org import queries as units
from portal.org.choosing import unit_choices
from portal.study import attached, bp, ledger_book, shown_topics, words
from portal.study.forms.sessions import (
    HeadcountForm,
    ListForm,
    PersonForm,
    ReasonForm,
    SessionForm,
    SpeechForm,
)
from portal.study.models import StudySession
from portal.study.queries import attendance as people
from portal.study.queries import sessions as queries
from portal.study.rules import attendance as attendance_rules
from portal.study.rules import session as rules
from portal.study.rules.session import SessionState
from portal.study.services import sessions
from portal.study.services.sessions import Values
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.exports import Record, send_listing, wants_export
from portal.web.forms import clock_time
from portal.web.htmx import go, in_panel, page
from portal.web.tables import Table

VIEW, MANAGE, EVERYBODY = Permission.STUDY_VIEW, Permission.STUDY_MANAGE, Permission.PORTAL_USE


def show(template: str, block: str | None = None, status: int = 200, **context: Any) -> Response:
    """A page with the words of study at hand."""
    return page(template, block, status, words=words, this_year=clock.today().year, **context)


def seen(session_id: int) -> StudySession:
    """A session that the person may look at, or 404."""
    return queries.by_id(db.session(), viewer(), session_id) or abort(404)


def managed(session_id: int) -> StudySession:
    """A session that the person may change, or 404."""
    return queries.by_id(db.session(), viewer(), session_id, manage=True) or abort(404)


def say(row: StudySession) -> dict[str, Any]:
    """What every verb on a session is told: who, when, which, and why where it is late."""
    return {
        "actor": viewer(),
        "now": clock.now(),
        "today": clock.today(),
        "row": row,
        "reason": request.form.get("reason", "").strip(),
    }


def session_url(session_id: int, anchor: str | None = None) -> str:
    """The page of a session."""
    return url_for("study.session_page", session_id=session_id, _anchor=anchor)


@bp.get("/sessions")
@requires(VIEW, MANAGE)
def session_list() -> ResponseReturnValue:
    """All sessions in sight whose day has come, the latest first."""
    if request.args.get("export") == "book":
        return ledger_book.send(_("学习台账（完整）"), db.session(), viewer(), record=record_export())
    return _list(queries.TABLE, queries.begun(queries.listing(viewer()), clock.today()), _("学习台账"))


@bp.get("/sessions/to-come")
@requires(VIEW, MANAGE)
def sessions_to_come() -> ResponseReturnValue:
    """Sessions in sight that are still to come, the next first."""
    return _list(queries.TO_COME, queries.to_come(queries.listing(viewer()), clock.today()), _("学习安排"))


def _list(table: Table, statement: Select[Any], title: str) -> ResponseReturnValue:
    if wants_export():
        return send_listing(title, table, db.session(), statement, record=record_export())
    coming = table is queries.TO_COME
    return show("study/sessions.html", "results", listing=table.read(db.session(), statement), coming=coming)


def record_export() -> Record:
    """A note that sessions, or figures of them, leave as a sheet."""
    return noted(action="study.export", subject=("study_sessions", "", _("学习台账")))


def fill(form: SessionForm, row: StudySession | None = None) -> SessionForm:
    """The choices of a session's form."""
    session, person = db.session(), viewer()
    form.kind_id.choices = [SelectChoice(kind.id, kind.name) for kind in queries.kinds(session)]
    keep = row.unit_id if row else None
    form.unit_id.choices = unit_choices(MANAGE, keep=keep)
    items = session.execute(meeting_queries.first_topic_items(person, clock.today().year)).all()
    form.agenda_item_id.choices = [SelectChoice("", _("不关联"))] + [
        SelectChoice(item.id, f"{item.held_on:%m-%d} {item.number} {item.title}") for item in items
    ]
    return form


@bp.get("/sessions/<int:session_id>")
@requires(EVERYBODY)
def session_page(session_id: int) -> ResponseReturnValue:
    """One session: what, when, who was there, who spoke."""
    row, session, beside = seen(session_id), db.session(), in_panel()
    manages = queries.by_id(session, viewer(), session_id, manage=True) is not None
    reads = manages or queries.by_id(session, viewer(), session_id, read=True) is not None
    return show(
        "study/session_panel.html" if beside else "study/session.html",
        "panel" if beside else "results",
        row=row,
        manages=manages,
        listing=people.TABLE.read(session, people.entries(session_id)) if reads and not beside else None,
        mine=people.of_person(session, session_id, viewer().id or 0),
        tally=people.counts(session, session_id),
        **_details(row, manages=manages),
    )


def _details(row: StudySession, *, manages: bool) -> dict[str, Any]:
    """What else the page of a session shows."""
    session, today = db.session(), clock.today()
    speeches = queries.speeches_of(session, row.id)
    spoken = [attendance_rules.Speech(each.user_id or each.name, each.minutes) for each in speeches]
    tree = unit_choices(MANAGE) if manages else []
    list_form, headcount_form = ListForm(formdata=None), HeadcountForm(formdata=None)
    list_form.unit_id.choices = headcount_form.unit_id.choices = tree
    return {
        "kind": queries.kind(session, row.kind_id),
        "unit_name": units.names(session, [row.unit_id]).get(row.unit_id, ""),
        "item": queries.agenda_item(session, row.agenda_item_id),
        "topics": shown_topics.shown(session, queries.topics_of(session, row.id), row.last_day, today),
        "speeches": speeches,
        "share": attendance_rules.speaking_share(spoken, row.minutes),
        "headcounts": queries.headcounts(session, row.id),
        "files": file_queries.of(session, attached.KIND, row.id),
        "removed_files": file_queries.removed_of(session, attached.KIND, row.id) if manages else [],
        "locked": not rules.is_open(row.state, row.entered_on, today),
        "open_until": rules.open_until(row.entered_on),
        "checking_in": row.check_in_until is not None and row.check_in_until > clock.now(),
        "list_form": list_form,
        "person_form": PersonForm(formdata=None),
        "speech_form": SpeechForm(formdata=None),
        "headcount_form": headcount_form,
        "reason_form": ReasonForm(formdata=None),
    }


@bp.route("/sessions/<int:session_id>/edit", methods=["GET", "POST"])
@requires(MANAGE)
def session_edit(session_id: int) -> ResponseReturnValue:
    """Change what a session was."""
    row = managed(session_id)
    form = _edit_form(row)
    if form.validate_on_submit():
        try:
            _change(row, form)
        except RuleError as error:
            db.session.rollback()
            late = "reason" if error.code in {"session-locked", "session-moved"} else None
            form.refuse_or_compare(error, _edit_form(row, formdata=None), late)
        else:
            db.session.commit()
            return go(session_url(session_id), _("已保存。"))
    return show("study/session_edit.html", None, 422 if form.errors else 200, form=form, row=row, **_beside(row))


def _beside(row: StudySession) -> dict[str, Any]:
    """What the form of a session needs beside itself."""
    session = db.session()
    return {
        "stamp": sessions.stamp_of(row, queries.topics_of(session, row.id)),
        "locked": not rules.is_open(row.state, row.entered_on, clock.today()),
        "suggested": queries.latest_topics(session, viewer()),
    }


def _change(row: StudySession, form: SessionForm) -> None:
    told = say(row)
    sessions.update(db.session(), **told, values=form.values(), seen=request.form.get("stamp", ""))
    sessions.set_topics(db.session(), **told, topics=form.topics_chosen())


def _edit_form(row: StudySession, **options: Any) -> SessionForm:
    topics = "\n".join(topic.title for topic in queries.topics_of(db.session(), row.id))
    held = {name: getattr(row, name) for name in Values.__dataclass_fields__}
    texts = {"precision": row.precision.value, "agenda_item_id": row.agenda_item_id or "", "topics": topics}
    times = {"begins": clock_time(row.begins), "ends": clock_time(row.ends)}
    form = SessionForm(data={**held, **texts, **times}, **options)
    return fill(form, row)


@bp.post("/sessions/<int:session_id>/state/<string:state>")
@requires(MANAGE)
def session_state(session_id: int, state: str) -> ResponseReturnValue:
    """Held, recorded, cancelled or planned again."""
    row = managed(session_id)
    if state not in set(SessionState):
        abort(404)
    return act(
        session_url(session_id),
        _("已改为“%(state)s”。", state=words.STATE_LABELS[state]),
        lambda: sessions.set_state(db.session(), **say(row), state=SessionState(state)),
    )


@bp.post("/sessions/<int:session_id>/speeches")
@requires(MANAGE)
def add_speech(session_id: int) -> ResponseReturnValue:
    """Note a speech; a name on the list is that person."""
    row, form, here = managed(session_id), SpeechForm(), session_url(session_id, "speeches")
    if not form.validate_on_submit():
        return go(here, _("请填写发言人，时长填分钟数。"), "error")
    name = form.person.data or ""
    values = {
        "name": name,
        "topic": form.topic.data or "",
        "minutes": form.minutes.data,
        "summary": form.summary.data or "",
        "user_id": people.listed_by_name(db.session(), session_id, name),
    }
    return act(here, _("已登记发言。"), lambda: sessions.add_speech(db.session(), **say(row), **values))


@bp.post("/sessions/<int:session_id>/speeches/<int:speech_id>/remove")
@requires(MANAGE)
def remove_speech(session_id: int, speech_id: int) -> ResponseReturnValue:
    """Take a speech out."""
    row = managed(session_id)
    speech = queries.speech(db.session(), session_id, speech_id) or abort(404)
    return act(
        session_url(session_id, "speeches"),
        _("已删除发言。"),
        lambda: sessions.remove_speech(db.session(), **say(row), speech=speech),
        undo=url_for("study.restore_speech", session_id=session_id, speech_id=speech_id),
    )


@bp.post("/sessions/<int:session_id>/speeches/<int:speech_id>/restore")
@requires(MANAGE)
def restore_speech(session_id: int, speech_id: int) -> ResponseReturnValue:
    """Undo the deletion."""
    row = managed(session_id)
    return act(
        session_url(session_id, "speeches"),
        _("发言已恢复。"),
        lambda: sessions.restore_speech(db.session(), **say(row), speech_id=speech_id),
    )


@bp.post("/sessions/<int:session_id>/headcounts")
@requires(MANAGE)
def set_headcount(session_id: int) -> ResponseReturnValue:
    """People without accounts, by unit."""
    row, form, here = managed(session_id), HeadcountForm(), session_url(session_id, "people")
    form.unit_id.choices = unit_choices(MANAGE)
    if not form.validate_on_submit():
        return go(here, _("请选择单位并填写人数。"), "error")
    unit_id, number = form.unit_id.data, form.people.data or 0
    return act(
        here,
        _("已登记人数。"),
        lambda: sessions.set_headcount(db.session(), **say(row), unit_id=unit_id, people=number),
    )
