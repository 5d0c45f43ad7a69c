"""阅卷: the short answers of a round, question by question, one answer at a time and without names."""

from __future__ import annotations

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.exams import bp
from portal.exams.forms.marking import MarkForm, ReasonForm, RubricForm, SettingsForm
from portal.exams.models import ExamRound
from portal.exams.queries import marking as queries
from portal.exams.rules.hand_marking import written
from portal.exams.services import marking as services
from portal.exams.views.rounds import MANAGE, managed, phase, show
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.arguments import numbers
from portal.web.errors import explain
from portal.web.htmx import go

_MOST_SKIPPED = 50


def _asked(round_: ExamRound, version_id: int) -> queries.Asked:
    return queries.asked(db.session(), round_.id, version_id) or abort(404)


@bp.get("/rounds/<int:round_id>/marking")
@requires(MANAGE)
def round_marking(round_id: int) -> ResponseReturnValue:
    """What waits for markers, by question, and how it is marked."""
    round_ = managed(round_id)
    kept = queries.settings(db.session(), round_id)
    return show(
        "exams/marking.html",
        round=round_,
        phase=phase(round_),
        lines=queries.progress(db.session(), round_id, viewer().id),
        waiting=queries.waiting_attempts(db.session(), round_id),
        settings=kept,
        form=SettingsForm(formdata=None, markers=kept.markers, limit=kept.limit),
        begun=queries.anything_given(db.session(), round_id),
    )


@bp.post("/rounds/<int:round_id>/marking/settings")
@requires(MANAGE)
def marking_settings(round_id: int) -> ResponseReturnValue:
    """One marker or two."""
    round_, form, here = managed(round_id), SettingsForm(), url_for("exams.round_marking", round_id=round_id)
    if not form.validate_on_submit():
        return go(here, _("请选择评阅人数，并用数字填写分差上限。"), "error")
    markers, limit = form.markers.data, form.limit.data or 0
    return act(
        here,
        _("阅卷办法已保存。"),
        lambda: services.set_up(
            db.session(), actor=viewer(), now=clock.now(), round_=round_, markers=markers, limit=limit
        ),
    )


@bp.route("/rounds/<int:round_id>/marking/<int:version_id>/rubric", methods=["GET", "POST"])
@requires(MANAGE)
def round_rubric(round_id: int, version_id: int) -> ResponseReturnValue:
    """评分细则 of a question."""
    round_ = managed(round_id)
    asked = _asked(round_, version_id)
    form = RubricForm(text=written(asked.criteria))
    if form.validate_on_submit():
        try:
            services.set_rubric(
                db.session(), actor=viewer(), now=clock.now(), round_=round_, version_id=version_id,
                text=form.text.data or "",
            )  # fmt: skip
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, "text")
            return show("exams/marking_rubric.html", None, 422, round=managed(round_id), asked=asked, form=form)
        db.session.commit()
        return go(url_for("exams.round_marking", round_id=round_id), _("评分细则已保存。"))
    return show("exams/marking_rubric.html", None, 422 if form.errors else 200, round=round_, asked=asked, form=form)


def _skipped() -> list[int]:
    """Answers passed over, as the address says."""
    return numbers(request.args.get("skip", "").split(","))


@bp.get("/rounds/<int:round_id>/marking/<int:version_id>")
@requires(MANAGE)
def round_mark(round_id: int, version_id: int) -> ResponseReturnValue:
    """The next answer to this question: nothing on the page tells whose it is."""
    round_, person, skipped = managed(round_id), viewer().id or 0, _skipped()[-_MOST_SKIPPED:]
    asked = _asked(round_, version_id)
    task = queries.next_task(db.session(), round_id, version_id, person, skip=skipped)
    if task is None and skipped:  # those passed over come round again
        return go(url_for("exams.round_mark", round_id=round_id, version_id=version_id))
    return show(
        "exams/marking_answer.html",
        round=round_,
        asked=asked,
        task=task,
        answer=queries.answer_text(db.session(), task) if task else "",
        form=MarkForm(formdata=None),
        skip=",".join(str(each) for each in [*skipped, *([task.id] if task else [])]),
        line=next(
            (each for each in queries.progress(db.session(), round_id, person) if each.version_id == version_id), None
        ),
        recent=queries.recent(db.session(), round_id, version_id, person),
        reopen_form=ReasonForm(formdata=None),
    )


@bp.post("/rounds/<int:round_id>/marking/<int:version_id>/<int:task_id>")
@requires(MANAGE)
def give_mark(round_id: int, version_id: int, task_id: int) -> ResponseReturnValue:
    """Keep the points and go on with the next answer."""
    round_, form = managed(round_id), MarkForm()
    here = url_for("exams.round_mark", round_id=round_id, version_id=version_id)
    if not form.validate_on_submit():
        return go(here, _("评语最多 200 个字，请缩短后重新评分。"), "error")
    points, note = form.points_given(_asked(round_, version_id).criteria), form.note.data or ""
    return act(
        here,
        _("已评分。"),
        lambda: _give(round_, task_id, points, note),
    )


def _give(round_: ExamRound, task_id: int, points: list[int | None], note: str) -> None:
    try:
        services.give(
            db.session(), actor=viewer(), now=clock.now(), round_=round_, task_id=task_id, points=points, note=note
        )
    except LookupError:
        abort(404)


@bp.post("/rounds/<int:round_id>/marking/tasks/<int:task_id>/reopen")
@requires(MANAGE)
def reopen_mark(round_id: int, task_id: int) -> ResponseReturnValue:
    """退回重阅: the answer goes back into the queue."""
    round_, form = managed(round_id), ReasonForm()
    task, attempt, _round = queries.task(db.session(), round_id, task_id) or abort(404)
    here = url_for("exams.round_mark", round_id=round_id, version_id=task.version_id)
    if request.form.get("from") == "attempt":
        here = url_for("exams.round_attempt", round_id=round_id, attempt_id=attempt.id)
    if not form.validate_on_submit():
        return go(here, explain(RuleError("mark-reason")), "error")
    reason = form.reason.data
    return act(
        here,
        _("已退回重阅，阅完前没有成绩。"),
        lambda: services.reopen(
            db.session(), actor=viewer(), now=clock.now(), round_=round_, task_id=task_id, reason=reason
        ),
    )
