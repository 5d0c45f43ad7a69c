"""The list of a session: who is on it, who was there, self check-in, make-up."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.extensions import db
from portal.org.choosing import unit_choices
from portal.study import bp
from portal.study.forms.sessions import CheckInForm, EntryOfPersonForm, ListForm, MakeUpForm, PersonForm
from portal.study.models import StudyAttendance, StudySession
from portal.study.queries import attendance as queries
from portal.study.queries import sessions
from portal.study.rules import session as rules
from portal.study.rules.attendance import MISSED, Attendance, MakeUp
from portal.study.services import attendance as services
from portal.study.views.sessions import EVERYBODY, MANAGE, managed, say, session_url, show
from portal.web import qr
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.arguments import numbers
from portal.web.htmx import go, wants_fragment

# Where a refusal stands in the form of one person.
_AT = {"override-reason": "override_reason", "minutes-range": "override", "session-locked": "reason"}


def _people_url(session_id: int) -> str:
    return session_url(session_id, "people")


def _entry(session_id: int, entry_id: int) -> StudyAttendance:
    return queries.entry(db.session(), session_id, entry_id) or abort(404)


@bp.post("/sessions/<int:session_id>/people/unit")
@requires(MANAGE)
def add_unit(session_id: int) -> ResponseReturnValue:
    """Put a unit with all below it on the list."""
    row, form = managed(session_id), ListForm()
    form.unit_id.choices = unit_choices(MANAGE)
    if not form.validate_on_submit():
        return go(_people_url(session_id), _("请选择单位。"), "error")
    unit_id, leaders = form.unit_id.data, bool(form.leaders.data)
    return act(
        _people_url(session_id),
        lambda count: _("已加入 %(n)s 人。", n=count),
        lambda: services.add_unit(db.session(), **say(row), unit_id=unit_id, leaders=leaders),
    )


@bp.post("/sessions/<int:session_id>/people/person")
@requires(MANAGE)
def add_person(session_id: int) -> ResponseReturnValue:
    """Put one person on the list by number."""
    row, form, here = managed(session_id), PersonForm(), _people_url(session_id)
    found = queries.person_by_number(db.session(), viewer(), (form.number.data or "").strip())
    if found is None:
        return go(here, _("没有找到这个工号的在用人员，或不在您的管理范围内。"), "error")
    return act(
        here,
        _("已加入 %(n)s 人。", n=1),
        lambda: services.add_people(db.session(), **say(row), user_ids=[found]),
    )


@bp.post("/sessions/<int:session_id>/people/last")
@requires(MANAGE)
def add_last_list(session_id: int) -> ResponseReturnValue:
    """Put last time's people on the list."""
    row = managed(session_id)
    told = {name: value for name, value in say(row).items() if name != "reason"}
    return act(
        _people_url(session_id),
        lambda count: _("已加入 %(n)s 人。", n=count),
        lambda: services.add_last_list(db.session(), **told),
    )


@bp.post("/sessions/<int:session_id>/people/<int:entry_id>/mark/<string:status>")
@requires(MANAGE)
def mark(session_id: int, entry_id: int, status: str) -> ResponseReturnValue:
    """One click: was there, observed, on leave, absent, exempt; the same again takes the mark back."""
    row, person = managed(session_id), _entry(session_id, entry_id)
    if status not in set(Attendance):
        abort(404)
    wanted = Attendance.UNKNOWN if person.status == status else Attendance(status)
    services.mark(db.session(), **say(row), person=person, status=wanted)
    db.session.commit()
    if not wants_fragment():
        return go(f"{session_url(session_id)}#p{entry_id}")
    return show("study/mark.html", "marked", row=row, manages=True, **_marked(session_id, entry_id))


def _marked(session_id: int, entry_id: int) -> dict[str, Any]:
    """One line of the list and the tally, as they are now."""
    line = db.session.execute(queries.entries(session_id).where(StudyAttendance.id == entry_id)).one()
    return {"line": line, "tally": queries.counts(db.session(), session_id)}


@bp.post("/sessions/<int:session_id>/people/rest")
@requires(MANAGE)
def mark_rest(session_id: int) -> ResponseReturnValue:
    """Everybody who is not marked yet was there; those ticked were not."""
    row = managed(session_id)
    absent = numbers(request.form.getlist("id"))
    return act(
        _people_url(session_id),
        lambda count: _("已登记 %(n)s 人。", n=count),
        lambda: services.mark_rest(db.session(), **say(row), status=Attendance.PRESENT, absent_ids=absent),
    )


@bp.route("/sessions/<int:session_id>/people/<int:entry_id>", methods=["GET", "POST"])
@requires(MANAGE)
def person(session_id: int, entry_id: int) -> ResponseReturnValue:
    """What one person did there, a remark, hours of their own; or off the list."""
    row, line = managed(session_id), _entry(session_id, entry_id)
    form, seen = _person_form(line), request.form.get("stamp", "")
    if form.validate_on_submit():
        try:
            services.set_parts(db.session(), **say(row), person=line, seen=seen, **form.values())
        except RuleError as error:
            db.session.rollback()
            form.refuse_or_compare(error, _person_form(line, formdata=None), _AT.get(error.code))
        else:
            db.session.commit()
            return go(f"{session_url(session_id)}#p{entry_id}", _("已保存。"))
    name = queries.name_of(db.session(), line.user_id)
    locked = not rules.is_open(row.state, row.entered_on, clock.today())
    context = {"form": form, "row": row, "line": line, "name": name, "locked": locked}
    return show("study/person.html", None, 422 if form.errors else 200, stamp=services.stamp_of(line), **context)


def _person_form(line: StudyAttendance, **options: Any) -> EntryOfPersonForm:
    held = {"parts": line.parts, "note": line.note, "override": line.override_minutes}
    return EntryOfPersonForm(data={**held, "override_reason": line.override_reason}, **options)


@bp.post("/sessions/<int:session_id>/people/<int:entry_id>/remove")
@requires(MANAGE)
def take_off(session_id: int, entry_id: int) -> ResponseReturnValue:
    """Take a person off the list."""
    row, person = managed(session_id), _entry(session_id, entry_id)
    return act(
        _people_url(session_id),
        _("已移出名单。"),
        lambda: services.take_off(db.session(), **say(row), person=person),
    )


@bp.get("/sessions/<int:session_id>/sign-in-sheet")
@requires(MANAGE)
def sign_in_sheet(session_id: int) -> ResponseReturnValue:
    """A blank 签到表 to print."""
    row = managed(session_id)
    people = db.session.execute(queries.entries(session_id).order_by(*queries.BY_UNIT)).all()
    return show("study/sign_in_sheet.html", row=row, people=people)


# ---- self check-in -------------------------------------------------------------------------------------------------


@bp.post("/sessions/<int:session_id>/check-in/<string:what>")
@requires(MANAGE)
def set_check_in(session_id: int, what: str) -> ResponseReturnValue:
    """Open or close self check-in, or confirm whoever checked in."""
    row = managed(session_id)
    told = {name: value for name, value in say(row).items() if name != "reason"}
    session = db.session()
    if what == "open":
        screen = url_for("study.check_in_screen", session_id=session_id)
        return act(screen, _("签到已开放 4 小时。"), lambda: services.open_check_in(session, **told))
    if what == "confirm":
        said = lambda count: _("已确认 %(n)s 人出席。", n=count)  # noqa: E731
        return act(_people_url(session_id), said, lambda: services.confirm_check_ins(session, **told))
    if what != "close":
        abort(404)
    told.pop("today")
    return act(_people_url(session_id), _("签到已结束。"), lambda: services.close_check_in(session, **told))


def _taking(session_id: int) -> StudySession:
    """A session that takes check-ins now, or 404."""
    row = managed(session_id)
    return row if row.check_in_code and row.check_in_until and row.check_in_until > clock.now() else abort(404)


@bp.get("/sessions/<int:session_id>/check-in/screen")
@requires(MANAGE)
def check_in_screen(session_id: int) -> ResponseReturnValue:
    """The code for the wall: letters, QR, and how many have come; drawn anew every few seconds."""
    row = _taking(session_id)
    arrived = queries.checked_in(db.session(), session_id)
    tally = queries.counts(db.session(), session_id)
    return show("study/check_in_screen.html", "arrived", row=row, arrived=arrived, tally=tally)


@bp.get("/sessions/<int:session_id>/check-in/code")
@requires(MANAGE)
def check_in_qr(session_id: int) -> ResponseReturnValue:
    """The QR code of the check-in page."""
    row = _taking(session_id)
    drawn = qr.square(url_for("study.check_in", code=row.check_in_code, _external=True))
    return Response(drawn, mimetype="image/svg+xml")


@bp.route("/check-in", methods=["GET", "POST"])
@requires(EVERYBODY)
def check_in() -> ResponseReturnValue:
    """ "I am here": by the code on the screen, typed or scanned."""
    form = CheckInForm(code=request.args.get("code", ""))
    if form.validate_on_submit():
        try:
            row, news = services.check_in(db.session(), actor=viewer(), now=clock.now(), code=form.code.data or "")
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, "code")
        else:
            db.session.commit()
            return go(session_url(row.id), _("签到成功。") if news else _("您已签到，无需再签。"))
    return show("study/check_in.html", None, 422 if form.errors else 200, form=form)


# ---- make-up -------------------------------------------------------------------------------------------------------


@bp.post("/sessions/<int:session_id>/make-ups")
@requires(MANAGE)
def ask_make_ups(session_id: int) -> ResponseReturnValue:
    """Everybody who missed it gets a make-up task."""
    row = managed(session_id)
    missed = queries.with_status(db.session(), session_id, MISSED)
    return act(
        _people_url(session_id),
        lambda count: _("已给 %(n)s 人安排补学。", n=count),
        lambda: services.ask_make_up(db.session(), actor=viewer(), now=clock.now(), row=row, people=missed),
    )


@bp.route("/sessions/<int:session_id>/make-up", methods=["GET", "POST"])
@requires(EVERYBODY)
def make_up(session_id: int) -> ResponseReturnValue:
    """The person says how they made it up."""
    row = sessions.by_id(db.session(), viewer(), session_id) or abort(404)
    person, form = queries.of_person(db.session(), session_id, viewer().id or 0), MakeUpForm()
    if person is None or person.make_up is MakeUp.NONE:
        abort(404)
    if form.validate_on_submit():
        told, text = say(row), form.note.data or ""
        told.pop("reason")
        work = lambda: services.report_make_up(db.session(), **told, person=person, note_text=text)  # noqa: E731
        return act(session_url(session_id), _("补学已登记，学时已计入。"), work)
    topics = sessions.topics_of(db.session(), session_id)
    context = {"form": form, "row": row, "person": person, "topics": topics}
    return show("study/make_up.html", None, 422 if form.errors else 200, **context)
