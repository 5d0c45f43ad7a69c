"""Rounds for officers: the list, one round, the first and last page of the wizard."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import Response, abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.desk.marks import is_favourite
from portal.exams import attached, bp, words_attempts, words_contest, words_rounds
from portal.exams.forms.rounds import BasicsForm, CopyForm, ExtendForm, unit_choices
from portal.exams.models import ExamRound
from portal.exams.queries import contest as contests
from portal.exams.queries import rosters as roster_queries
from portal.exams.queries import round_page as round_page_queries
from portal.exams.queries import rounds as queries
from portal.exams.queries.attempts import round_view
from portal.exams.rules.publishing import STOP, CheckLine, check_round
from portal.exams.rules.round import RoundKind, RoundState, round_phase
from portal.exams.services import contest as contest_services
from portal.exams.services import rounds as services
from portal.extensions import db
from portal.files import queries as file_queries
from portal.org import queries as units
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.errors import explain
from portal.web.forms import points_text
from portal.web.htmx import go, page
from portal.web.pages import kept_page

MANAGE, VIEW = Permission.ROUND_MANAGE, Permission.RESULT_VIEW
_PAGES = {"basics": "exams.round_basics", "paper": "exams.round_paper", "roster": "exams.round_roster"}


def show(template: str, block: str | None = None, status: int = 200, **context: Any) -> Response:
    """A page with the words of rounds at hand."""
    return page(template, block, status, **_words(), **context)


def seen(round_id: int) -> ExamRound:
    """A round that the person may look at, or 404."""
    return queries.by_id(db.session(), viewer(), round_id) or abort(404)


def managed(round_id: int) -> ExamRound:
    """A round that the person may change, or 404."""
    return queries.by_id(db.session(), viewer(), round_id, manage=True) or abort(404)


def phase(round_: Any) -> str:
    """draft, upcoming, open, closed or archived."""
    return round_phase(round_view(round_), clock.now()).value


def explain_checks(lines: Iterable[CheckLine], round_id: int) -> list[dict[str, str]]:
    """The check list in words, each line with the page where it is put right."""
    found = []
    for line in lines:
        text, fix = words_rounds.CHECKS[line.code]
        params = {key: points_text(value) if key in {"total", "line"} else value for key, value in line.params.items()}
        url = "" if line.state == "ok" else url_for(_PAGES[line.page], round_id=round_id)
        found.append({"state": line.state, "text": str(text) % params, "fix": str(fix), "url": url})
    return found


@bp.get("/rounds")
@requires(MANAGE, VIEW)
def rounds() -> ResponseReturnValue:
    """All rounds in sight."""
    seen = queries.TABLE.look(db.session(), queries.listing(viewer()))
    shows = {"listing": seen, "phases": {row.id: phase(row) for row in seen.rows}}
    return kept_page("exams/rounds.html", "results", shows, lambda: {**_words(), "listing": seen.dressed()})


@bp.get("/rounds/<int:round_id>")
@requires(MANAGE, VIEW)
def round_page(round_id: int) -> ResponseReturnValue:
    """One round: when, which paper, who, and what can be done."""
    round_ = round_page_queries.shown(db.session(), viewer(), round_id) or abort(404)
    if not round_.kind.online:
        return elsewhere_page(seen(round_id), round_.unit_name)
    draft = round_.state is RoundState.DRAFT
    checks = check_round(queries.facts(db.session(), round_), clock.now()) if draft else []
    shows = {
        "round": round_,
        "phase": phase(round_),
        "sections": round_page_queries.paper_lines(db.session(), round_id),
        "contest": contests.as_shown(db.session(), round_id) if round_.kind is RoundKind.CONTEST else None,
        "roster": roster_queries.summary(db.session(), round_id),
        "checks": explain_checks(checks, round_id),
        "manages": round_.manages,
        "unit_name": round_.unit_name,
        "files": file_queries.of(db.session(), attached.KIND, round_id),
        "removed_files": file_queries.removed_of(db.session(), attached.KIND, round_id) if round_.manages else (),
        "starred": is_favourite("rounds", round_id),
    }
    return kept_page("exams/round.html", None, shows, lambda: {**_words(), **_round_forms(round_)})


def _words() -> dict[str, Any]:
    return {"words": words_rounds, "contest_words": words_contest, "types": words_attempts.TYPE_LABELS}


def _round_forms(round_: Any) -> dict[str, Any]:
    return {
        "extend_form": ExtendForm(formdata=None, closes_at=round_.closes_at),
        "copy_form": CopyForm(formdata=None, title=_("%(title)s（副本）", title=round_.title)[:100]),
    }


def elsewhere_page(round_: ExamRound, unit_name: str) -> ResponseReturnValue:
    """One round that is sat elsewhere: when, its lines, who, and what can be done."""
    manages = queries.by_id(db.session(), viewer(), round_.id, manage=True) is not None
    draft = round_.state is RoundState.DRAFT
    checks = check_round(queries.facts(db.session(), round_), clock.now()) if draft else []
    return show(
        "exams/elsewhere.html",
        round=round_,
        phase=phase(round_),
        unit_name=unit_name,
        roster=roster_queries.summary(db.session(), round_.id),
        checks=explain_checks(checks, round_.id),
        manages=manages,
    )


def _basics_form(round_: ExamRound | None) -> BasicsForm:
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    fresh = {
        "year": clock.today().year,
        "opens_at": now + timedelta(days=1),
        "closes_at": now + timedelta(days=8),
        "minutes": 60,
        "pass_line": 6000,
        "excellent_line": 9000,
        "attempts_allowed": 1,
    }
    form = BasicsForm(obj=round_) if round_ else BasicsForm(data=fresh)
    tree = units.tree(db.session(), viewer(), day=clock.today(), permission=MANAGE)
    form.unit_id.choices = unit_choices(tree)
    if round_:
        form.show_contest(contests.settings(db.session(), round_.id))
    return form


def _set_contest(round_: ExamRound, form: BasicsForm) -> None:
    contest_services.set_settings(db.session(), actor=viewer(), now=clock.now(), round_=round_, settings=form.contest())


@bp.route("/rounds/new", methods=["GET", "POST"])
@requires(MANAGE)
def round_new() -> ResponseReturnValue:
    """① of a new draft."""
    form = _basics_form(None)
    if form.validate_on_submit():
        round_ = services.create(db.session(), actor=viewer(), now=clock.now(), basics=form.basics())
        _set_contest(round_, form)
        db.session.commit()
        return go(url_for("exams.round_paper", round_id=round_.id), _("草稿已保存，可随时回来继续。"))
    return show("exams/round_basics.html", None, 422 if form.errors else 200, form=form, round=None)


@bp.route("/rounds/<int:round_id>/basics", methods=["GET", "POST"])
@requires(MANAGE)
def round_basics(round_id: int) -> ResponseReturnValue:
    """① of a draft."""
    round_ = managed(round_id)
    services.require_draft(round_)
    if not round_.kind.online:
        return go(url_for("exams.round_elsewhere", round_id=round_id))
    form = _basics_form(round_)
    if form.validate_on_submit():
        services.update(db.session(), actor=viewer(), now=clock.now(), round_=round_, basics=form.basics())
        _set_contest(round_, form)
        db.session.commit()
        return go(url_for("exams.round_paper", round_id=round_id), _("已保存。"))
    return show("exams/round_basics.html", None, 422 if form.errors else 200, form=form, round=round_)


@bp.get("/rounds/<int:round_id>/check")
@requires(MANAGE)
def round_check(round_id: int) -> ResponseReturnValue:
    """④ what is in order, and what stands in the way."""
    round_ = managed(round_id)
    services.require_draft(round_)
    lines = check_round(queries.facts(db.session(), round_), clock.now())
    return show(
        "exams/round_check.html",
        round=round_,
        checks=explain_checks(lines, round_id),
        stops=sum(line.state == STOP for line in lines),
    )


@bp.post("/rounds/<int:round_id>/publish")
@requires(MANAGE)
def publish_round(round_id: int) -> ResponseReturnValue:
    """Show the round to those on its list."""
    round_ = managed(round_id)
    try:
        services.publish(db.session(), actor=viewer(), now=clock.now(), round_=round_)
    except RuleError as error:
        db.session.rollback()
        return go(url_for("exams.round_check", round_id=round_id), explain(error), "error")
    db.session.commit()
    return go(url_for("exams.round_page", round_id=round_id), _("考试已发布，名单上的人员可以看到。"))


@bp.post("/rounds/<int:round_id>/extend")
@requires(MANAGE)
def extend_round(round_id: int) -> ResponseReturnValue:
    """Close later."""
    round_, form, here = managed(round_id), ExtendForm(), url_for("exams.round_page", round_id=round_id)
    if not form.validate_on_submit():
        return go(here, _("请填写完整的日期和时间，例如 2026-06-01 09:30。"), "error")
    new = form.closes_at.data
    return act(
        here,
        _("结束时间已延长。"),
        lambda: services.extend(db.session(), actor=viewer(), now=clock.now(), round_=round_, closes_at=new),
    )


@bp.post("/rounds/<int:round_id>/archive")
@requires(MANAGE)
def archive_round(round_id: int) -> ResponseReturnValue:
    """Put a closed round away."""
    round_ = managed(round_id)
    return act(
        url_for("exams.round_page", round_id=round_id),
        _("考试已归档。"),
        lambda: services.archive(db.session(), actor=viewer(), now=clock.now(), round_=round_),
    )


@bp.post("/rounds/<int:round_id>/copy")
@requires(MANAGE)
def copy_round(round_id: int) -> ResponseReturnValue:
    """A new draft like this round."""
    round_, form = managed(round_id), CopyForm()
    if not form.validate_on_submit():
        return go(url_for("exams.round_page", round_id=round_id), _("请填写新考试名称，最多 100 个字。"), "error")
    made = services.copy(db.session(), actor=viewer(), now=clock.now(), round_=round_, title=form.title.data)
    db.session.commit()
    return go(url_for("exams.round_basics", round_id=made.id), _("已复制为新草稿，请核对时间。"))


@bp.post("/rounds/<int:round_id>/delete")
@requires(MANAGE)
def delete_round(round_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    round_ = managed(round_id)
    try:
        services.discard(db.session(), actor=viewer(), now=clock.now(), round_=round_)
    except RuleError as error:
        db.session.rollback()
        return go(url_for("exams.round_page", round_id=round_id), explain(error), "error")
    db.session.commit()
    return go(url_for("exams.rounds"), _("草稿已删除。"))
