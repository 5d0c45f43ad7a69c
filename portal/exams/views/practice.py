"""The pages of practice. What they show is the person's own; officers see sums of a bank without names."""

from __future__ import annotations

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.exams import bp, practising
from portal.exams.forms.practice import AnswerForm, NeededForm, RangeForm, ReleaseForm, StartForm
from portal.exams.models_practice import PracticeSet
from portal.exams.practice_tables import NOTEBOOK
from portal.exams.queries import bank as banks
from portal.exams.queries import practice as queries
from portal.exams.queries import practice_release as released
from portal.exams.rules import practice as rules
from portal.exams.services import practice as services
from portal.exams.words_bank import TYPE_LABELS
from portal.exams.words_practice import RELEASE_LABELS, RELEASE_NOTES, scope_title
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.arguments import number as number_in
from portal.web.errors import explain
from portal.web.htmx import go, page, wants_fragment

EVERYBODY = Permission.EXAM_TAKE


@bp.get("/practice")
@requires(EVERYBODY)
def practice() -> ResponseReturnValue:
    """What there is to practise, and what was begun."""
    session, now, today = db.session(), clock.now(), clock.today()
    overview = queries.overview(session, viewer(), now)
    daily, others = practising.begun(queries.sets_of(session, viewer()), today)
    return page(
        "exams/practice/index.html",
        overview=overview,
        daily=daily,
        others=others[:5],
        streak=rules.streak({each.day for each in queries.days_of(session, viewer(), today)}, today),
        sitting=released.sitting(session, viewer(), now),
        title=lambda scope: scope_title(scope, {each.value: each.label for each in overview.banks}),
        types=TYPE_LABELS,
        scopes=rules,
    )


@bp.post("/practice/sets")
@requires(EVERYBODY)
def practice_start() -> ResponseReturnValue:
    """Begin a set, or go on with the one begun."""
    form, back = StartForm(), url_for("exams.practice")
    try:
        scope = rules.scope_of((form.scope.data or "") if form.validate_on_submit() else "")
        row = services.start(db.session(), actor=viewer(), now=clock.now(), scope=scope)
    except RuleError as error:
        db.session.rollback()
        return go(back, explain(error), "error")
    db.session.commit()
    return go(url_for("exams.practice_set", set_id=row.id))


def _own(set_id: int) -> PracticeSet:
    return queries.own_set(db.session(), viewer(), set_id) or abort(404)


@bp.get("/practice/sets/<int:set_id>")
@requires(EVERYBODY)
def practice_set(set_id: int) -> ResponseReturnValue:
    """The next question of a set, one looked back at, or how it went."""
    return _show(_own(set_id), number_in(request.args.get("at")))


def _show(row: PracticeSet, number: int | None, refused: RuleError | None = None) -> ResponseReturnValue:
    """The question of that number (from 1); the first one to answer for None."""
    session, place = db.session(), None if number is None else number - 1
    try:
        found = practising.page_of(session, viewer(), clock.now(), row, place)
    except RuleError as error:
        return go(url_for("exams.practice"), explain(error), "error")
    names = queries.bank_names(session, found.scope)
    return page(
        "exams/practice/set.html",
        "practice_question",
        422 if refused else 200,
        set=found,
        title=scope_title(found.scope, names),
        lines=practising.summary(session, found) if found.shown is None else [],
        refused=explain(refused) if refused else "",
        swapped=wants_fragment(),
    )


@bp.post("/practice/sets/<int:set_id>/answers/<int:number>")
@requires(EVERYBODY)
def practice_answer(set_id: int, number: int) -> ResponseReturnValue:
    """Mark one answer, and show at once what is right and why."""
    row, form = _own(set_id), AnswerForm()
    try:
        sent = form.validate_on_submit()
        told = {"version_id": form.version.data or 0, "value": form.a.data} if sent else {"version_id": 0, "value": []}
        services.answer(db.session(), actor=viewer(), now=clock.now(), row=row, place=number - 1, **told)
    except RuleError as error:
        db.session.rollback()
        return _show(row, number, error)
    db.session.commit()
    if wants_fragment():
        return _show(row, number)
    return go(url_for("exams.practice_set", set_id=set_id, at=number))


@bp.route("/practice/laws", methods=["GET", "POST"])
@requires(EVERYBODY)
def practice_law() -> ResponseReturnValue:
    """The articles of a law by tens, or from one to another."""
    law, form = request.args.get("law", ""), RangeForm()
    cited = queries.cited(db.session(), clock.now(), law)
    if not cited:
        return go(url_for("exams.practice"))
    if form.validate_on_submit():
        first, last = sorted((form.first.data or 1, form.last.data or 1))
        try:
            row = services.start(db.session(), actor=viewer(), now=clock.now(), scope=rules.of_law(law, first, last))
        except RuleError as error:
            db.session.rollback()
            form.refuse(error)
        else:
            db.session.commit()
            return go(url_for("exams.practice_set", set_id=row.id))
    count, blocks = len({question for _place, question in cited}), rules.blocks(cited)
    status = 422 if form.errors else 200
    return page("exams/practice/law.html", None, status, law=law, form=form, count=count, blocks=blocks, scopes=rules)


@bp.route("/practice/notebook", methods=["GET", "POST"])
@requires(EVERYBODY)
def practice_notebook() -> ResponseReturnValue:
    """The wrong questions, and how often each has to be right before it leaves."""
    needed = queries.needed(db.session(), viewer())
    form = NeededForm(needed=needed)
    if form.validate_on_submit():
        services.set_needed(db.session(), actor=viewer(), now=clock.now(), needed=form.needed.data)
        db.session.commit()
        return go(url_for("exams.practice_notebook"), _("已保存。"))
    listing = NOTEBOOK.read(db.session(), queries.notebook(db.session(), viewer(), clock.now()))
    status = 422 if form.errors else 200
    told = {"listing": listing, "form": form, "needed": needed, "scopes": rules}
    return page("exams/practice/notebook.html", "results", status, **told)


@bp.get("/practice/record")
@requires(EVERYBODY)
def practice_record() -> ResponseReturnValue:
    """My practice: days, and how it stands by law. Nobody else can open it."""
    session, today = db.session(), clock.today()
    days = queries.days_of(session, viewer(), today)
    return page(
        "exams/practice/record.html",
        days=days,
        streak=rules.streak({each.day for each in days}, today),
        laws=queries.by_law(session, viewer()),
    )


@bp.get("/banks/<int:bank_id>/practice")
@requires(Permission.BANK_VIEW)
def bank_practice(bank_id: int) -> ResponseReturnValue:
    """Whether a bank may be practised, and what practice says of it: sums without names."""
    found, _unit, mine = banks.bank(db.session(), viewer(), bank_id) or abort(404)
    now = clock.now()
    return page(
        "exams/banks/practice.html",
        bank=found,
        mine=mine,
        form=ReleaseForm(practice=found.practice.value),
        rounds=released.drawing_rounds(db.session(), bank_id, now),
        held=released.held_count(db.session(), bank_id, now),
        total=queries.bank_sum(db.session(), bank_id),
        articles=queries.article_sums(db.session(), bank_id),
        least=rules.MIN_PEOPLE,
        labels=RELEASE_LABELS,
        notes=RELEASE_NOTES,
    )


@bp.post("/banks/<int:bank_id>/practice")
@requires(Permission.BANK_EDIT)
def bank_practice_set(bank_id: int) -> ResponseReturnValue:
    """Release a bank for practice, or take it back."""
    found, form = banks.editable_bank(db.session(), viewer(), bank_id) or abort(404), ReleaseForm()
    here = url_for("exams.bank_practice", bank_id=bank_id)
    if not form.validate_on_submit():
        return go(here, _("请选择一项。"), "error")
    changed = services.release(db.session(), actor=viewer(), now=clock.now(), bank=found, practice=form.chosen)
    db.session.commit()
    return go(here, _("已保存。") if changed else _("没有改动。"))
