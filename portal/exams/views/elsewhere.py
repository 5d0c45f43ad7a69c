"""Exams that are sat elsewhere (上级统考, 纸笔考试), and results of earlier years: set up, recorded, corrected."""

from __future__ import annotations

import io

from flask import Response, abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.queries import by_id as user_by_id
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams import bp
from portal.exams.forms.after import CorrectForm, ElsewhereForm, ReasonForm, ScoreForm
from portal.exams.forms.rounds import unit_choices
from portal.exams.models import ExamRound
from portal.exams.models_records import RecordedScore
from portal.exams.queries import recorded as queries
from portal.exams.queries import rosters
from portal.exams.results_import.kind import COLUMNS
from portal.exams.services import recorded as services
from portal.exams.services import rounds as round_services
from portal.exams.views.rounds import MANAGE, managed, show
from portal.extensions import db
from portal.org import queries as units
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.exports import XLSX, attachment, write_sheet
from portal.web.htmx import go


def _form(round_: ExamRound | None) -> ElsewhereForm:
    fresh = {"year": clock.today().year, "full_marks": 10_000, "pass_line": 6000, "excellent_line": 9000}
    form = ElsewhereForm(obj=round_) if round_ else ElsewhereForm(data=fresh)
    form.unit_id.choices = unit_choices(units.tree(db.session(), viewer(), day=clock.today(), permission=MANAGE))
    if round_ is not None:
        form.fill(round_)
    return form


@bp.route("/rounds/elsewhere/new", methods=["GET", "POST"])
@requires(MANAGE)
def round_elsewhere_new() -> ResponseReturnValue:
    """① of a round that is sat elsewhere, this year's or one of an earlier year."""
    form = _form(None)
    if form.validate_on_submit():
        round_ = round_services.create(db.session(), actor=viewer(), now=clock.now(), basics=form.basics())
        db.session.commit()
        return go(url_for("exams.round_page", round_id=round_.id), _("已保存。可以导入成绩，也可以先建名单。"))
    return show("exams/elsewhere_basics.html", None, 422 if form.errors else 200, form=form, round=None)


@bp.route("/rounds/<int:round_id>/elsewhere", methods=["GET", "POST"])
@requires(MANAGE)
def round_elsewhere(round_id: int) -> ResponseReturnValue:
    """① of a draft that is sat elsewhere."""
    round_ = elsewhere(round_id)
    round_services.require_draft(round_)
    form = _form(round_)
    if form.validate_on_submit():
        round_services.update(db.session(), actor=viewer(), now=clock.now(), round_=round_, basics=form.basics())
        db.session.commit()
        return go(url_for("exams.round_page", round_id=round_id), _("已保存。"))
    return show("exams/elsewhere_basics.html", None, 422 if form.errors else 200, form=form, round=round_)


def elsewhere(round_id: int) -> ExamRound:
    """A round that the person may change and that is sat elsewhere, or 404."""
    round_ = managed(round_id)
    return round_ if not round_.kind.online else abort(404)


def _row(round_: ExamRound, score_id: int) -> RecordedScore:
    return queries.result(db.session(), round_.id, score_id, lock=True) or abort(404)


@bp.get("/rounds/results-template")
@requires(MANAGE)
def results_template() -> Response:
    """An empty sheet to fill results into."""
    file = io.BytesIO()
    write_sheet(file, _("成绩"), [str(label) for label in COLUMNS.values()], [])
    file.seek(0)
    answer = attachment(file, f"{_('成绩导入模板')}.xlsx", XLSX)
    answer.headers["Cache-Control"] = "no-store, private"
    return answer


@bp.route("/rounds/<int:round_id>/scores/new", methods=["GET", "POST"])
@requires(MANAGE)
def round_score_new(round_id: int) -> ResponseReturnValue:
    """One result by hand."""
    round_ = elsewhere(round_id)
    form = ScoreForm(data={"sat_on": clock.to_local(round_.opens_at).date()})
    if form.validate_on_submit() and _put(form, round_):
        return go(url_for("exams.round_score_new", round_id=round_id), _("成绩已录入，可接着录下一人。"))
    return show("exams/score_new.html", None, 422 if form.errors else 200, form=form, round=round_)


def _put(form: ScoreForm, round_: ExamRound) -> bool:
    """Put one on record, or say at the form why not."""
    number, result = str(form.number.data), form.result()
    try:
        user = rosters.listed(db.session(), round_.id, number)
        services.put(db.session(), actor=viewer(), now=clock.now(), round_=round_, user=user, result=result)
    except RuleError as error:
        db.session.rollback()
        form.refuse(error, {"score-range": "score", "day-ahead": "sat_on"}.get(error.code, "number"))
        return False
    db.session.commit()
    return True


@bp.route("/rounds/<int:round_id>/scores/<int:score_id>", methods=["GET", "POST"])
@requires(MANAGE)
def round_score(round_id: int, score_id: int) -> ResponseReturnValue:
    """One result put right, with a reason."""
    round_ = elsewhere(round_id)
    row = _row(round_, score_id)
    person = user_by_id(db.session(), row.user_id)
    form = CorrectForm.of(row)
    if form.validate_on_submit() and _corrected(form, round_, row):
        return go(url_for("exams.round_results", round_id=round_id), _("成绩已更正。"))
    status = 422 if form.errors else 200
    return show("exams/score.html", None, status, form=form, round=round_, row=row, person=person, strike=ReasonForm())


def _corrected(form: CorrectForm, round_: ExamRound, row: RecordedScore) -> bool:
    try:
        services.correct(
            db.session(), actor=viewer(), now=clock.now(), round_=round_, row=row, result=form.result(),
            reason=form.reason.data or "",
        )  # fmt: skip
    except RuleError as error:
        db.session.rollback()
        form.refuse(error, {"score-range": "score", "day-ahead": "sat_on"}.get(error.code, "reason"))
        return False
    db.session.commit()
    return True


@bp.post("/rounds/<int:round_id>/scores/<int:score_id>/strike")
@requires(MANAGE)
def score_strike(round_id: int, score_id: int) -> ResponseReturnValue:
    """Take one result off the record, with a reason."""
    round_, form = elsewhere(round_id), ReasonForm()
    row = _row(round_, score_id)
    if not form.validate_on_submit():
        return go(url_for("exams.round_score", round_id=round_id, score_id=score_id), _("请填写原因。"), "error")
    reason = form.reason.data or ""
    return act(
        url_for("exams.round_results", round_id=round_id),
        _("成绩已撤销。"),
        lambda: services.strike(db.session(), actor=viewer(), now=clock.now(), round_=round_, row=row, reason=reason),
    )
