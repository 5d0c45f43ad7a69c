"""The pages of question banks."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.desk.marks import is_favourite
from portal.exams import bp, exports
from portal.exams.bank_table import BANKS, questions_table
from portal.exams.forms.bank import PREVIEW, SAVE, BankForm, QuestionForm, typed_from
from portal.exams.models import Question, QuestionBank, QuestionState
from portal.exams.queries import bank as queries
from portal.exams.rules import versions as words
from portal.exams.rules import weights
from portal.exams.services import bank as services
from portal.exams.words_bank import (
    CHANGE_LABELS,
    DIFFICULTY_LABELS,
    QUESTION_STATE_LABELS,
    TYPE_LABELS,
)
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.exports import hand_over, left_to_job, send_sheet, wants_export
from portal.web.htmx import go, in_panel, page
from portal.web.pages import kept_page

LABELS = {
    "types": TYPE_LABELS,
    "difficulties": DIFFICULTY_LABELS,
    "states": QUESTION_STATE_LABELS,
    "changes": CHANGE_LABELS,
}


def _bank(bank_id: int) -> tuple[QuestionBank, str, bool]:
    return queries.bank(db.session(), viewer(), bank_id) or abort(404)


def _editable(bank_id: int) -> QuestionBank:
    return queries.editable_bank(db.session(), viewer(), bank_id) or abort(404)


@bp.get("/banks")
@requires(Permission.BANK_VIEW)
def banks() -> ResponseReturnValue:
    """All banks that the viewer may see."""
    return page("exams/banks/index.html", "results", listing=BANKS.read(db.session(), queries.banks(viewer())))


@bp.route("/banks/new", methods=["GET", "POST"])
@requires(Permission.BANK_EDIT)
def bank_new() -> ResponseReturnValue:
    """Make a bank."""
    form = _bank_form()
    if form.validate_on_submit():
        try:
            made = services.create_bank(db.session(), actor=viewer(), now=clock.now(), **_typed(form))
        except RuleError as error:
            form.refuse(error, "name" if error.code == "bank-name-taken" else "unit_id")
        else:
            db.session.commit()
            return go(url_for("exams.bank", bank_id=made.id), _("题库已建立。"))
    return page("exams/banks/edit.html", "bank_form", 422 if form.is_submitted() else 200, form=form, bank=None)


def _bank_form(bank: QuestionBank | None = None) -> BankForm:
    form = BankForm(obj=bank)
    form.offer(queries.unit_choices(db.session(), viewer(), clock.today()))
    return form


def _typed(form: BankForm) -> dict[str, Any]:
    return {"name": form.name.data, "unit_id": form.unit_id.data, "note": form.note.data or ""}


@bp.route("/banks/<int:bank_id>/edit", methods=["GET", "POST"])
@requires(Permission.BANK_EDIT)
def bank_edit(bank_id: int) -> ResponseReturnValue:
    """Rename a bank."""
    found = _editable(bank_id)
    form = _bank_form(found)
    if form.validate_on_submit():
        try:
            services.update_bank(db.session(), actor=viewer(), now=clock.now(), bank=found, **_typed(form))
        except RuleError as error:
            form.refuse(error, "name" if error.code == "bank-name-taken" else "unit_id")
        else:
            db.session.commit()
            return go(url_for("exams.bank", bank_id=bank_id), _("已保存。"))
    return page("exams/banks/edit.html", "bank_form", 422 if form.is_submitted() else 200, form=form, bank=found)


@bp.get("/banks/<int:bank_id>")
@requires(Permission.BANK_VIEW)
def bank(bank_id: int) -> ResponseReturnValue:
    """The questions of a bank."""
    found = queries.bank_shown(db.session(), viewer(), bank_id) or abort(404)
    table = questions_table(tuple(queries.law_titles(db.session(), bank_id)))
    statement = queries.questions(bank_id)
    if wants_export():
        return _export(found, [row.id for row in table.everything(db.session(), statement)])
    seen = table.look(db.session(), statement)
    shows = {"bank": found, "listing": seen, "starred": is_favourite("banks", bank_id)}
    return kept_page("exams/banks/show.html", "results", shows, lambda: {"labels": LABELS, "listing": seen.dressed()})


def _export(found: Any, question_ids: list[int]) -> ResponseReturnValue:
    """The questions seen, keys included, in the shape that can be imported again."""
    total, subject = len(question_ids), ("question_banks", str(found.id), found.name)
    if left_to_job(total):  # before anything is read: the columns depend on the longest question
        return hand_over(found.name)

    def record(session: Session) -> None:
        note(session, actor=viewer(), at=clock.now(), action="bank.export", subject=subject, questions=total)

    contents = queries.contents(db.session(), question_ids)
    return send_sheet(found.name, *exports.sheet(contents), total=total, record=record)


@bp.get("/questions/<int:question_id>")
@requires(Permission.BANK_VIEW)
def bank_question(question_id: int) -> ResponseReturnValue:
    """A question as an examinee sees it, its key, and its versions."""
    found = queries.question(db.session(), viewer(), question_id) or abort(404)
    bank_, _unit, mine = _bank(found.bank_id)
    history = queries.versions(db.session(), found)
    beside = in_panel()
    return page(
        "exams/banks/question_panel.html" if beside else "exams/banks/question.html",
        "panel" if beside else None,
        question=found,
        bank=bank_,
        mine=mine,
        content=history[0].content,
        history=_with_changes(history),
        key_text=words.key_text,
        weights_text=weights.text,
        labels=LABELS,
    )


def _with_changes(history: list[queries.VersionRow]) -> list[tuple[queries.VersionRow, list[words.Change]]]:
    older = [*history[1:], None]
    return [
        (row, words.changes(before.content, row.content) if before else [])
        for row, before in zip(history, older, strict=True)
    ]


@bp.route("/banks/<int:bank_id>/questions/new", methods=["GET", "POST"])
@requires(Permission.BANK_EDIT)
def bank_question_new(bank_id: int) -> ResponseReturnValue:
    """Write a question."""
    found, form = _editable(bank_id), QuestionForm()
    if form.do.data == SAVE and form.validate_on_submit():
        try:
            made = services.add_question(
                db.session(), actor=viewer(), now=clock.now(), bank_id=bank_id, content=form.content()
            )
        except RuleError as error:
            _refuse(form, error)
        else:
            db.session.commit()
            return go(url_for("exams.bank_question", question_id=made.id), _("题目已保存。"))
    return _question_page(form, found, None)


@bp.route("/questions/<int:question_id>/edit", methods=["GET", "POST"])
@requires(Permission.BANK_EDIT)
def bank_question_edit(question_id: int) -> ResponseReturnValue:
    """Write the next version of a question."""
    found = queries.editable_question(db.session(), viewer(), question_id) or abort(404)
    form = QuestionForm(data=typed_from(queries.versions(db.session(), found)[0].content, found.version_no))
    if form.do.data == SAVE and form.validate_on_submit():
        try:
            changed = _save(form, found)
        except RuleError as error:
            _refuse(form, error)
        else:
            return go(
                url_for("exams.bank_question", question_id=question_id),
                _("已保存为新版本。") if changed else _("没有改动。"),
            )
    return _question_page(form, _editable(found.bank_id), found)


def _save(form: QuestionForm, found: Question) -> bool:
    changed = services.edit_question(
        db.session(),
        actor=viewer(),
        now=clock.now(),
        question=found,
        version_no=form.version_no.data or 0,
        content=form.content(),
    )
    db.session.commit()
    return changed


def _refuse(form: QuestionForm, error: RuleError) -> None:
    db.session.rollback()
    form.refuse(error)


def _question_page(form: QuestionForm, bank_: QuestionBank, found: Question | None) -> ResponseReturnValue:
    """The form again: with errors, with more rows for options, or with a preview of what was typed."""
    preview = form.do.data == PREVIEW
    form.choose(request.args.get("type"))
    form.grow()
    return page(
        "exams/banks/question_form.html",
        "question_preview" if preview else "question_form",
        422 if form.errors else 200,
        form=form,
        bank=bank_,
        question=found,
        content=form.content(),
        labels=LABELS,
        cancel_url=url_for("exams.bank_question", question_id=found.id)
        if found
        else url_for("exams.bank", bank_id=bank_.id),
        action_url=request.path,
        type_tabs=[
            (label, f"{request.path}?type={kind}", kind == form.type.data) for kind, label in TYPE_LABELS.items()
        ],
    )


@bp.post("/questions/<int:question_id>/retire")
@requires(Permission.BANK_EDIT)
def bank_question_retire(question_id: int) -> ResponseReturnValue:
    """Draw it no more."""
    return _set_state(question_id, QuestionState.RETIRED, _("题目已停用，不再被抽取；可随时恢复。"))


@bp.post("/questions/<int:question_id>/restore")
@requires(Permission.BANK_EDIT)
def bank_question_restore(question_id: int) -> ResponseReturnValue:
    """Draw it again."""
    return _set_state(question_id, QuestionState.ACTIVE, _("题目已恢复使用。"))


def _set_state(question_id: int, state: QuestionState, said: str) -> ResponseReturnValue:
    found = queries.editable_question(db.session(), viewer(), question_id) or abort(404)
    services.set_state(db.session(), actor=viewer(), now=clock.now(), question=found, state=state)
    db.session.commit()
    return go(url_for("exams.bank_question", question_id=question_id), said)
