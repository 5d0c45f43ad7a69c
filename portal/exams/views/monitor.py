"""The live monitor: an exam while it goes on, and more time for somebody who lost some."""

from __future__ import annotations

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.queries import by_id as user_by_id
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams import bp
from portal.exams.forms.monitor import MinutesForm
from portal.exams.queries import monitor as queries
from portal.exams.queries import rosters, rounds
from portal.exams.services import rosters as services
from portal.exams.views.rounds import MANAGE, VIEW, managed, phase, seen, show
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.htmx import go


@bp.get("/rounds/<int:round_id>/monitor")
@requires(MANAGE, VIEW)
def round_monitor(round_id: int) -> ResponseReturnValue:
    """Who has not begun, is at it, has gone silent, has handed in; drawn anew every few seconds while it goes on."""
    round_, now, person = seen(round_id), clock.now(), viewer()
    table, statement = queries.watch_table(db.session(), round_, now, person)
    figures = queries.watch_figures(db.session(), round_, now, person)
    total = queries.watch_total(figures, _("合计"))
    listing = table.read(db.session(), statement)
    going_on = phase(round_) == "open" or total.sitting + total.silent > 0
    return show(
        "exams/monitor.html",
        "results",
        round=round_,
        phase=phase(round_),
        listing=listing,
        progress=queries.progress(db.session(), (row.attempt_id for row in listing.rows)),
        units=figures,
        total=total,
        going_on=going_on,
        manages=rounds.by_id(db.session(), person, round_id, manage=True) is not None,
        taken_at=now,
    )


@bp.route("/rounds/<int:round_id>/monitor/<int:entry_id>/minutes", methods=["GET", "POST"])
@requires(MANAGE)
def add_minutes(round_id: int, entry_id: int) -> ResponseReturnValue:
    """More time for one person who is at it."""
    round_, form = managed(round_id), MinutesForm()
    entry = rosters.entry(db.session(), round_id, entry_id) or abort(404)
    here = url_for("exams.round_monitor", round_id=round_id)
    if form.validate_on_submit():
        minutes, reason = form.minutes.data or 0, form.reason.data or ""
        try:
            services.add_minutes(
                db.session(), actor=viewer(), now=clock.now(), round_=round_, entry=entry, minutes=minutes,
                reason=reason,
            )  # fmt: skip
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, "minutes")
        else:
            db.session.commit()
            return go(here, _("已加时 %(n)s 分钟，答题页一分钟内更新。", n=minutes))
    person, code = user_by_id(db.session(), entry.user_id), 422 if form.errors else 200
    return show("exams/monitor_minutes.html", None, code, round=round_, entry=entry, form=form, person=person)
