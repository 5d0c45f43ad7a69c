"""考试码: slips to print for officers, the page where a code is typed, and the watch over what it opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts import services as accounts
from portal.accounts import sign_in
from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.exams import bp
from portal.exams.forms.after import CodeForm
from portal.exams.models import ExamRound
from portal.exams.queries import codes as queries
from portal.exams.rules.certificate import plain_code
from portal.exams.services import codes as services
from portal.exams.views.attempts import secret
from portal.exams.views.rounds import MANAGE, managed, phase, show
from portal.extensions import db
from portal.web.access import confine, public, requires, viewer
from portal.web.acts import act
from portal.web.arguments import number
from portal.web.confirmation import posting, recently_confirmed
from portal.web.errors import explain
from portal.web.htmx import go, page

# What a code opens, with the name of the argument that says which one.
_OF_ROUND = frozenset({"exams.notice", "exams.start"})
_OF_ATTEMPT = frozenset(
    {
        "exams.attempt", "exams.take_over", "exams.save", "exams.events", "exams.save_form", "exams.review",
        "exams.submit", "exams.result",
    }
)  # fmt: skip


def watch(round_id: str, endpoint: str, arguments: Mapping[str, Any]) -> str | None:
    """Let a session that a code opened reach that round and one's own attempt at it, and nothing else."""
    wanted = int(round_id)
    if endpoint == "exams.code_leave" or (endpoint in _OF_ROUND and arguments.get("round_id") == wanted):
        return None
    if endpoint in _OF_ATTEMPT:
        of = queries.round_of_attempt(db.session(), arguments["attempt_id"], viewer().id or 0)
        if of == wanted:
            return None
    return url_for("exams.notice", round_id=wanted)


confine("exams", watch)


@bp.get("/rounds/<int:round_id>/codes")
@requires(MANAGE)
def round_codes(round_id: int) -> ResponseReturnValue:
    """Who could get a code, by unit."""
    round_ = managed(round_id)
    units = queries.by_unit(db.session(), round_, viewer(), clock.now())
    return show("exams/codes.html", None, round=round_, phase=phase(round_), units=units, batch=services.BATCH)


def _people(round_: ExamRound, *, again: bool, limit: int) -> list[Any]:
    unit_id = number(request.form.get("unit"))
    return queries.to_print(db.session(), round_, viewer(), clock.now(), unit_id=unit_id, again=again, limit=limit)


@bp.post("/rounds/<int:round_id>/codes")
@requires(MANAGE)
@recently_confirmed(posting)
def codes_print(round_id: int) -> ResponseReturnValue:
    """A page of slips for those without a code, of one unit or of all."""
    round_ = managed(round_id)
    people = _people(round_, again=False, limit=services.BATCH)
    try:
        slips = services.issue(
            db.session(), actor=viewer(), now=clock.now(), round_=round_, people=people, secret=secret()
        )
    except RuleError as error:
        db.session.rollback()
        return go(url_for("exams.round_codes", round_id=round_id), explain(error), "info")
    db.session.commit()
    left = len(_people(round_, again=False, limit=10_000))
    unit_id = number(request.form.get("unit"))
    return show("exams/codes_print.html", None, round=round_, slips=slips, left=left, unit_id=unit_id)


@bp.post("/rounds/<int:round_id>/codes/void")
@requires(MANAGE)
@recently_confirmed(posting)
def codes_void(round_id: int) -> ResponseReturnValue:
    """Make the codes of a unit worthless, so that they can be printed again."""
    round_ = managed(round_id)
    people = _people(round_, again=True, limit=10_000)
    return act(
        url_for("exams.round_codes", round_id=round_id),
        _("考试码已作废，可以重新打印。"),
        lambda: services.void(db.session(), actor=viewer(), now=clock.now(), round_=round_, people=people),
    )


@bp.route("/code", methods=["GET", "POST"])
@public
def code_enter() -> ResponseReturnValue:
    """Where a code is typed."""
    form = CodeForm()
    if form.validate_on_submit():
        try:
            round_id = _enter(plain_code(form.code.data or ""))
        except RuleError as error:
            form.refuse(error, "code")
        else:
            return go(url_for("exams.notice", round_id=round_id))
    return page("exams/code.html", None, 422 if form.errors else 200, form=form)


def _enter(code: str) -> int:
    """Open the session of a code; refused ones are counted like wrong passwords. Gives the round."""
    now, digest = clock.now(), sign_in.name_digest(f"code:{code}")
    if throttled := sign_in.throttled_by(digest, now):
        raise throttled
    try:
        entry = services.redeem(db.session(), now=now, code=code, secret=secret())
    except RuleError:
        db.session.rollback()
        sign_in.refused(digest, now, subject=("exam_codes", "", ""))
        raise
    person = sign_in.enter_confined(entry.user_id, confined_to=f"exams:{entry.round_id}", lifetime=entry.lifetime)
    subject = ("exam_rounds", str(entry.round_id), "")
    note(db.session(), actor=person, at=now, action="session.code", subject=subject)
    db.session.commit()
    return entry.round_id


@bp.post("/code/leave")
@requires(Permission.EXAM_TAKE)
def code_leave() -> ResponseReturnValue:
    """End the session; answers stay, and the code opens them again until they are handed in."""
    person = viewer()
    accounts.close_session(
        db.session(), actor=person, now=clock.now(), fingerprint=person.session_id or "", reason="logout"
    )
    db.session.commit()
    return go(url_for("exams.code_enter"), _("已退出。没有交卷的，用考试码可以接着答。"))
