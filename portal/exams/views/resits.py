"""Re-sits of a round, and those who are deferred or exempt."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.exams import bp, words_after
from portal.exams.forms.after import ResitForm
from portal.exams.models import ExamRound
from portal.exams.queries import resits as queries
from portal.exams.queries import results, rounds
from portal.exams.queries.results import rate_text, score_text
from portal.exams.services import resits as services
from portal.exams.services.results import reminders_of_deferred
from portal.exams.views.results import note_export
from portal.exams.views.rounds import MANAGE, VIEW, managed, phase, seen, show
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.errors import explain
from portal.web.exports import send_listing, wants_export
from portal.web.htmx import go


def _reason_against(round_: ExamRound) -> str:
    """Why no re-sit can be set up now, in words; "" where one can."""
    try:
        services.check(db.session(), main=round_, now=clock.now())
    except RuleError as error:
        return explain(error)
    return ""


@bp.route("/rounds/<int:round_id>/resit/new", methods=["GET", "POST"])
@requires(MANAGE)
def round_resit_new(round_id: int) -> ResponseReturnValue:
    """Who would sit again, when, and one button."""
    round_ = managed(round_id)
    start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    title = _title(round_)
    form = ResitForm(data={"title": title, "opens_at": start, "closes_at": start + timedelta(days=7)})
    if form.validate_on_submit() and (made := _made(form, round_)):
        return go(url_for("exams.round_check", round_id=made.id), _("补考草稿和名单已建好，核对后发布。"))
    return show(
        "exams/resit_new.html",
        None,
        422 if form.errors else 200,
        form=form,
        round=round_,
        counts=queries.counts(db.session(), round_, clock.now()),
        against=_reason_against(round_),
    )


def _title(round_: ExamRound) -> str:
    """What the next re-sit is called."""
    number = len(queries.of_main(db.session(), round_.id)) + 1
    if number == 1:
        return str(_("%(title)s（补考）", title=round_.title))[:100]
    return str(_("%(title)s（第 %(n)s 次补考）", title=round_.title, n=number))[:100]


def _made(form: ResitForm, round_: ExamRound) -> ExamRound | None:
    try:
        made = services.create(
            db.session(), actor=viewer(), now=clock.now(), main=round_, title=form.title.data or "",
            opens_at=form.opens_at.data, closes_at=form.closes_at.data,
        )  # fmt: skip
    except RuleError as error:
        db.session.rollback()
        form.refuse(error, {"closes-before-opens": "closes_at"}.get(error.code))
        return None
    db.session.commit()
    return made


@bp.get("/rounds/<int:round_id>/results/resits")
@requires(MANAGE, VIEW)
def round_resits(round_id: int) -> ResponseReturnValue:
    """How those who failed or were absent did at the re-sits of the round."""
    round_, now = seen(round_id), clock.now()
    table, statement = queries.outcomes_table(round_, now, viewer())
    if wants_export():
        record = note_export(round_, _("补考成绩"))
        return send_listing(_("%(title)s补考成绩", title=round_.title), table, db.session(), statement, record=record)
    manages = rounds.by_id(db.session(), viewer(), round_id, manage=True) is not None
    return show(
        "exams/results_resits.html",
        "results",
        round=round_,
        phase=phase(round_),
        listing=table.read(db.session(), statement),
        total=results.overall(results.by_unit(db.session(), round_, now, viewer())),
        again=queries.passed_again(db.session(), round_, now, viewer()),
        resits=[each for each in queries.of_main(db.session(), round_id) if manages or each.published_at],
        main=queries.main_of(db.session(), round_),
        manages=manages,
        against=_reason_against(round_) if manages else "",
        phase_of=phase,
        rate=rate_text,
        score=score_text,
    )


@bp.get("/rounds/<int:round_id>/results/excused")
@requires(MANAGE, VIEW)
def round_excused(round_id: int) -> ResponseReturnValue:
    """缓考 and 免考 with reasons, what has become of each, and texts to remind the deferred."""
    round_, now, config = seen(round_id), clock.now(), current_app.config["PORTAL"]
    statement, table = queries.excused(round_, now, viewer()), queries.excused_table(clock.today())
    if wants_export():
        title, record = _("%(title)s缓考免考名单", title=round_.title), note_export(round_, _("缓考免考名单"))
        return send_listing(title, table, db.session(), statement, record=record)
    waiting = queries.deferred(db.session(), round_, now, viewer())
    manages = rounds.by_id(db.session(), viewer(), round_id, manage=True) is not None
    return show(
        "exams/results_excused.html",
        "results",
        round=round_,
        phase=phase(round_),
        listing=table.read(db.session(), statement),
        reminders=reminders_of_deferred(waiting, round_, site=config.site_name, phone=config.phone),
        state_of=lambda row: queries.state_of(row, clock.today()),
        after=words_after,
        manages=manages,
    )
