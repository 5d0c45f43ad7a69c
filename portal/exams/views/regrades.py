"""改判: the regrades of a round, a trial before anything changes, taking effect, undoing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.exams import bp, words_marking
from portal.exams.forms.marking import ConfirmForm, ReasonForm, RegradeForm
from portal.exams.models import ExamRound, QuestionVersion
from portal.exams.models_marking import Regrade, RegradeState
from portal.exams.queries import bank as bank_queries
from portal.exams.queries import regrades as queries
from portal.exams.queries.results import score_text
from portal.exams.regrading import AT_ONCE, REGRADE, carry_out, left_to_do
from portal.exams.rules.question import CHOICE_TYPES, QuestionType
from portal.exams.rules.regrade import Correction, Mode, keys_of
from portal.exams.rules.versions import LETTERS
from portal.exams.services import regrades as services
from portal.exams.views.rounds import MANAGE, managed, phase, show
from portal.extensions import db, own_transaction, writing
from portal.jobs.queue import enqueue
from portal.jobs.store import store
from portal.web.access import requires, viewer
from portal.web.confirmation import always, recently_confirmed
from portal.web.errors import explain
from portal.web.htmx import go


def _found(round_id: int, regrade_id: int, *, lock: bool = False) -> tuple[ExamRound, Regrade]:
    round_ = managed(round_id)
    return round_, queries.by_id(db.session(), round_id, regrade_id, lock=lock) or abort(404)


def _page(regrade: Regrade) -> str:
    return url_for("exams.round_regrade", round_id=regrade.round_id, regrade_id=regrade.id)


def key_text(version: QuestionVersion, correction: Correction) -> str:
    """The keys that count, in letters of the bank or in words; the mode where there are none."""
    if correction.mode in {Mode.FULL, Mode.VOID}:
        return str(words_marking.MODE_LABELS[correction.mode.value])
    return str(_(" 或 ")).join(_one_key(version.type, version.options, key) for key in correction.keys)


def _one_key(type_: QuestionType, options: list[Any], key: Any) -> str:
    if type_ is QuestionType.JUDGE:
        return "、".join(str(options[place]) for place in key)
    if type_ in CHOICE_TYPES:
        return "".join(LETTERS[place] for place in key)
    return "；".join(" / ".join(blank) if isinstance(blank, tuple | list) else str(blank) for blank in key)


@bp.get("/rounds/<int:round_id>/regrades")
@requires(MANAGE)
def round_regrades(round_id: int) -> ResponseReturnValue:
    """All regrades of a round, trials too."""
    round_ = managed(round_id)
    lines = queries.of_round(db.session(), round_id)
    return show("exams/regrades.html", round=round_, phase=phase(round_), lines=lines, said=words_marking)


@bp.route("/rounds/<int:round_id>/regrades/new/<int:version_id>", methods=["GET", "POST"])
@requires(MANAGE)
@own_transaction
def round_regrade_new(round_id: int, version_id: int) -> ResponseReturnValue:
    """Which way a question is to be marked; nothing changes yet."""
    managed(round_id)
    version, key, _question = queries.version_in(db.session(), round_id, version_id) or abort(404)
    current = queries.corrections(db.session(), round_id).get(version_id)
    form = RegradeForm(blanks=_lines(version, keys_of(key, current)))
    form.offer(version.type, [_option(version, at) for at in range(len(version.options))])
    if form.validate_on_submit():
        try:
            return _try(round_id, version, form)
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, None if error.code.startswith("round-") else "mode")
    said = key_text(version, current or Correction(Mode.KEY, (tuple(key),)))
    return show(
        "exams/regrade_new.html", None, 422 if form.errors else 200,
        round=managed(round_id), version=version, form=form, key=said, said=words_marking,
        choice=version.type in CHOICE_TYPES, fill=version.type is QuestionType.FILL,
    )  # fmt: skip


def _option(version: QuestionVersion, at: int) -> str:
    return f"{LETTERS[at]}. {version.options[at]}"


def _lines(version: QuestionVersion, keys: tuple[Any, ...]) -> str:
    if version.type is not QuestionType.FILL or not keys:
        return ""
    return "\n".join("|".join(blank) for blank in keys[0])


def _try(round_id: int, version: QuestionVersion, form: RegradeForm) -> ResponseReturnValue:
    version_id, mode, picked = version.id, Mode(form.mode.data), form.picked(version.type)
    db.session.rollback()
    with writing() as session:
        made = services.try_out(
            session, actor=viewer(), now=clock.now(), round_=managed(round_id), version_id=version_id,
            mode=mode, picked=picked,
        )  # fmt: skip
        made_id = made.id
        session.commit()
    return _carry_out(made_id, _("已试算，尚未生效。"))


def _carry_out(regrade_id: int, done: str) -> ResponseReturnValue:
    """Work it out now and put it into force if that was asked for; for many attempts hand it to the worker."""
    made, round_ = queries.get(db.session(), regrade_id) or abort(404)
    page, title, ids, person = _page(made), round_.title, left_to_do(made), viewer()
    if len(ids) <= AT_ONCE:
        carry_out(regrade_id, ids, lambda _session: person)
        return go(page, done)
    arguments = {"regrade": regrade_id}
    db.session.rollback()
    job = store().unfinished(REGRADE, person.id, arguments) or enqueue(
        REGRADE, arguments, owner_id=person.id, owner_name=person.name, title=title, back_url=page
    )
    return go(url_for("jobs.show", job_id=job.id))


@bp.get("/rounds/<int:round_id>/regrades/<int:regrade_id>")
@requires(MANAGE)
def round_regrade(round_id: int, regrade_id: int) -> ResponseReturnValue:
    """Who would change and how, by person and by unit; what can be done about it."""
    round_, regrade = _found(round_id, regrade_id)
    version, key, _question = queries.version_in(db.session(), round_id, regrade.version_id) or abort(404)
    listing = queries.TABLE.read(db.session(), queries.people(regrade))
    draft, corrected = regrade.state is RegradeState.DRAFT, queries.correction_of(regrade)
    return show(
        "exams/regrade.html",
        "results",
        round=round_,
        phase=phase(round_),
        regrade=regrade,
        version=version,
        old_key=_one_key(version.type, version.options, key),
        new_key=key_text(version, corrected),
        listing=listing,
        units=queries.by_unit(db.session(), regrade),
        stale=len(queries.to_work_out(db.session(), regrade, undo=False)) if draft else 0,
        latest=regrade.no == queries.last_no(db.session(), round_id, in_force=True),
        may_correct=len(corrected.keys) == 1 and _own_bank(version),
        confirm_form=ConfirmForm(formdata=None),
        undo_form=ReasonForm(formdata=None),
        said=words_marking,
        score=score_text,
    )


def _own_bank(version: QuestionVersion) -> bool:
    return bank_queries.editable_question(db.session(), viewer(), version.question_id) is not None


def _act(
    round_id: int, regrade_id: int, done: str, work: Callable[[ExamRound, Regrade], object]
) -> ResponseReturnValue:
    """Ask for something and carry it out, or say why not. What is asked for stands even if the rest is cut off."""
    db.session.rollback()  # the reading transaction in which the person was looked up
    try:
        with writing() as session:
            work(*_found(round_id, regrade_id, lock=True))
            session.commit()
        return _carry_out(regrade_id, done)
    except RuleError as error:
        db.session.rollback()
        return go(url_for("exams.round_regrade", round_id=round_id, regrade_id=regrade_id), explain(error), "error")


@bp.post("/rounds/<int:round_id>/regrades/<int:regrade_id>/confirm")
@requires(MANAGE)
@recently_confirmed(always)
@own_transaction
def confirm_regrade(round_id: int, regrade_id: int) -> ResponseReturnValue:
    """Let the new scores count."""
    form = ConfirmForm()
    reason = (form.reason.data or "") if form.validate_on_submit() else ""
    return _act(
        round_id,
        regrade_id,
        _("改判已生效，成绩已更新。"),
        lambda round_, regrade: services.confirm(
            db.session(), actor=viewer(), now=clock.now(), round_=round_, regrade=regrade, reason=reason,
            new_version=bool(form.new_version.data),
        ),
    )  # fmt: skip


@bp.post("/rounds/<int:round_id>/regrades/<int:regrade_id>/undo")
@requires(MANAGE)
@recently_confirmed(always)
@own_transaction
def undo_regrade(round_id: int, regrade_id: int) -> ResponseReturnValue:
    """Give everybody back the score from before."""
    form = ReasonForm()
    reason = (form.reason.data or "") if form.validate_on_submit() else ""
    return _act(
        round_id,
        regrade_id,
        _("改判已撤销，成绩已恢复。"),
        lambda round_, regrade: services.ask_undo(
            db.session(), actor=viewer(), now=clock.now(), round_=round_, regrade=regrade, reason=reason
        ),
    )


@bp.post("/rounds/<int:round_id>/regrades/<int:regrade_id>/go-on")
@requires(MANAGE)
@own_transaction
def go_on_regrade(round_id: int, regrade_id: int) -> ResponseReturnValue:
    """Work out what changed since the trial, or take up again what was left half done."""
    return _act(round_id, regrade_id, _("已按最新答卷重新计算。"), lambda _round, _regrade: None)


@bp.post("/rounds/<int:round_id>/regrades/<int:regrade_id>/discard")
@requires(MANAGE)
def discard_regrade(round_id: int, regrade_id: int) -> ResponseReturnValue:
    """Throw a trial away."""
    round_, regrade = _found(round_id, regrade_id, lock=True)
    try:
        services.discard(db.session(), actor=viewer(), now=clock.now(), round_=round_, regrade=regrade)
    except RuleError as error:
        db.session.rollback()
        return go(_page(regrade), explain(error), "error")
    db.session.commit()
    return go(url_for("exams.round_regrades", round_id=round_id), _("试算已取消，成绩没有变化。"))
