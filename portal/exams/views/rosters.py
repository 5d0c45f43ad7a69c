"""③ of the wizard, and the list of a published round."""

from __future__ import annotations

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.queries import by_id as user_by_id
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams import bp
from portal.exams.forms.rounds import EntryForm, RosterPersonForm, RosterUnitForm, unit_choices
from portal.exams.models import RosterEntry
from portal.exams.queries import rosters as queries
from portal.exams.services import rosters as services
from portal.exams.views.rounds import MANAGE, managed, phase, show
from portal.extensions import db
from portal.org import queries as units
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.htmx import go


def _roster_url(round_id: int) -> str:
    return url_for("exams.round_roster", round_id=round_id)


def _unit_form() -> RosterUnitForm:
    form = RosterUnitForm()
    tree = units.tree(db.session(), viewer(), day=clock.today(), permission=MANAGE)
    form.unit_id.choices = unit_choices(tree)
    return form


def _entry(round_id: int, entry_id: int) -> RosterEntry:
    return queries.entry(db.session(), round_id, entry_id) or abort(404)


@bp.get("/rounds/<int:round_id>/roster")
@requires(MANAGE)
def round_roster(round_id: int) -> ResponseReturnValue:
    """The list, and the two ways to add to it."""
    round_ = managed(round_id)
    return show(
        "exams/round_roster.html",
        "results",
        round=round_,
        phase=phase(round_),
        summary=queries.summary(db.session(), round_id),
        listing=queries.TABLE.read(db.session(), queries.entries(round_id)),
        unit_form=_unit_form(),
        person_form=RosterPersonForm(),
    )


@bp.post("/rounds/<int:round_id>/roster/units")
@requires(MANAGE)
def add_roster_unit(round_id: int) -> ResponseReturnValue:
    """Add a unit with all below it."""
    round_, form, here = managed(round_id), _unit_form(), _roster_url(round_id)
    if not form.validate_on_submit():
        return go(here, _("请选择单位。"), "error")
    unit, leaders = form.unit_id.data, form.leaders.data
    return act(
        here,
        _("已加入名单。"),
        lambda: services.add_unit(
            db.session(), actor=viewer(), now=clock.now(), round_=round_, unit_id=unit, leaders=leaders
        ),
    )


@bp.post("/rounds/<int:round_id>/roster/people")
@requires(MANAGE)
def add_roster_person(round_id: int) -> ResponseReturnValue:
    """Add one person by number."""
    round_, form, here = managed(round_id), RosterPersonForm(), _roster_url(round_id)
    if not form.validate_on_submit():
        return go(here, _("请输入工号。"), "error")
    number = form.number.data
    return act(
        here,
        _("已加入名单。"),
        lambda: services.add_person(db.session(), actor=viewer(), now=clock.now(), round_=round_, number=number),
    )


@bp.route("/rounds/<int:round_id>/roster/<int:entry_id>", methods=["GET", "POST"])
@requires(MANAGE)
def round_entry(round_id: int, entry_id: int) -> ResponseReturnValue:
    """Status, reason and extra minutes of one person."""
    round_, entry = managed(round_id), _entry(round_id, entry_id)
    form = EntryForm(obj=entry)
    if form.validate_on_submit() and _saved(form, round_id, entry):
        return go(_roster_url(round_id), _("已保存。"))
    person = user_by_id(db.session(), entry.user_id)
    code = 422 if form.errors else 200
    return show("exams/round_entry.html", None, code, round=round_, entry=entry, form=form, person=person)


def _saved(form: EntryForm, round_id: int, entry: RosterEntry) -> bool:
    try:
        services.set_status(
            db.session(),
            actor=viewer(),
            now=clock.now(),
            round_=managed(round_id),
            entry=entry,
            status=form.chosen(),
            reason=form.reason.data or "",
            extra_minutes=form.extra_minutes.data,
            until=form.deferred_until.data,
        )
    except RuleError as error:
        db.session.rollback()
        fields = {"reason-missing": "reason", "has-attempt": "status", "has-score": "status"}
        form.refuse(error, fields.get(error.code, "extra_minutes"))
        return False
    db.session.commit()
    return True


@bp.post("/rounds/<int:round_id>/roster/<int:entry_id>/remove")
@requires(MANAGE)
def remove_entry(round_id: int, entry_id: int) -> ResponseReturnValue:
    """Take a person off the list of a draft."""
    round_, entry = managed(round_id), _entry(round_id, entry_id)
    return act(
        _roster_url(round_id),
        _("已移出名单。"),
        lambda: services.remove(db.session(), actor=viewer(), now=clock.now(), round_=round_, entry=entry),
    )
