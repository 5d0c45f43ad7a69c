"""The course of attempts for those who read results: a list with counts, and a page for each attempt."""

from __future__ import annotations

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.exams import bp, words_evidence, words_marking
from portal.exams.evidence import evidence_of
from portal.exams.queries import attempts, regrades, rounds
from portal.exams.queries import evidence as queries
from portal.exams.rules.attempt import phase as phase_of
from portal.exams.views.attempts import secret
from portal.exams.views.results import note_export
from portal.exams.views.rounds import MANAGE, VIEW, phase, seen, show
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.exports import send_listing, wants_export


@bp.get("/rounds/<int:round_id>/results/evidence")
@requires(MANAGE, VIEW)
def round_evidence(round_id: int) -> ResponseReturnValue:
    """What was noted during each attempt, as counts to sort by."""
    round_ = seen(round_id)
    table, statement = queries.evidence_table(db.session(), round_, clock.now(), viewer())
    if wants_export():
        title, record = _("%(title)s过程记录", title=round_.title), note_export(round_, _("过程记录"))
        return send_listing(title, table, db.session(), statement, record=record)
    listing = table.read(db.session(), statement)
    return show(
        "exams/evidence.html", "results", round=round_, phase=phase(round_), listing=listing, said=words_evidence
    )


@bp.get("/rounds/<int:round_id>/results/attempts/<int:attempt_id>/evidence")
@requires(MANAGE, VIEW)
def round_attempt_evidence(round_id: int, attempt_id: int) -> ResponseReturnValue:
    """The course of one attempt. What was answered is for those who manage the round; others may still have to sit."""
    round_ = seen(round_id)
    found, person, entry = queries.attempt_seen(db.session(), round_, attempt_id, viewer()) or abort(404)
    return show(
        "exams/attempt_evidence.html",
        None,
        round=round_,
        attempt=found,
        person=person,
        entry=entry,
        state=phase_of(attempts.attempt_view(found), clock.now()).value,
        evidence=evidence_of(db.session(), found, secret()),
        manages=rounds.by_id(db.session(), viewer(), round_id, manage=True) is not None,
        siblings=attempts.attempts_of(db.session(), round_id, found.user_id),
        said=words_evidence,
        regrades=regrades.of_attempt(db.session(), attempt_id),
        marking_words=words_marking,
    )
