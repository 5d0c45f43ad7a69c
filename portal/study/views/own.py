"""My record: hours, make-up tasks, self-study; the year's file of one person; reflections as officers read them."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.extensions import db
from portal.library.rules.numbers import read_article
from portal.study import bp, progress
from portal.study.forms.own import MOST_READING, ReadingForm, ReviewForm
from portal.study.models import StudyPlanItem
from portal.study.queries import attendance as people
from portal.study.queries import hours as ledger
from portal.study.queries import own as queries
from portal.study.queries import plans as plan_queries
from portal.study.queries import topics
from portal.study.rules import hours as rules
from portal.study.services import own as services
from portal.study.views.sessions import EVERYBODY, MANAGE, VIEW, show
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.arguments import number
from portal.web.arguments import year as year_in
from portal.web.htmx import go


def asked_year() -> int:
    """The year in the address, this year where it makes no sense."""
    return year_in(request.args.get("year"), clock.today().year)


def _record(user_id: int, year: int) -> dict[str, Any]:
    """A person's year: hours by source, sessions, self-study, speeches, plans and how far they have come."""
    session = db.session()
    found = progress.figures(session, [user_id], year)
    plans = plan_queries.of_person(session, user_id, year)
    items = plan_queries.items_of(session, [plan.id for plan in plans])
    by_source = ledger.year_by_source(session, user_id, year)
    return {
        "year": year,
        "by_source": by_source,
        "minutes": sum(by_source.values()),
        "sessions": queries.sessions_of(session, user_id, year),
        "readings": queries.self_studies(session, user_id, year),
        "speeches": queries.speeches_of(session, user_id, year),
        "make_ups": people.make_ups_of(session, user_id),
        "plans": [(plan, _progress(items.get(plan.id, []), found, user_id, year)) for plan in plans],
        "hours": rules.hours,
    }


def _progress(
    items: list[StudyPlanItem], found: progress.Figures, user_id: int, year: int
) -> list[progress.ItemProgress]:
    return progress.of_person(items, found, user_id, clock.today(), year)


def _brought() -> dict[str, Any]:
    """What "我已读完" says of the article that was read: its title, itself, and how long the page was open."""
    regulation_id = number(request.args.get("regulation"))
    title = topics.regulation_title(db.session(), regulation_id) if regulation_id else None
    if title is None:
        return {}
    try:
        article = read_article(request.args.get("article", ""))
    except ValueError:
        return {"title": f"《{title}》", "regulation_id": regulation_id}
    opened = number(request.args.get("open"))
    return {
        "title": f"《{title}》{article.label}",
        "regulation_id": regulation_id,
        "article": article.address,
        "open_minutes": opened if opened is not None and 0 <= opened < MOST_READING else None,
    }


@bp.route("/mine", methods=["GET", "POST"])
@requires(EVERYBODY)
def mine() -> ResponseReturnValue:
    """What I studied this year, what is still asked of me, and a line for what I read."""
    form = ReadingForm(data={"read_on": clock.today(), **_brought()})
    if form.validate_on_submit():
        told: dict[str, Any] = {"actor": viewer(), "now": clock.now(), "today": clock.today()}
        work = lambda: services.read(db.session(), **told, **form.values())  # noqa: E731
        return act(url_for("study.mine", _anchor="readings"), _("已登记自学，学时已计入。"), work)
    record = _record(viewer().id or 0, asked_year())
    return show("study/mine.html", None, 422 if form.errors else 200, form=form, **record)


@bp.post("/mine/<int:line_id>/withdraw")
@requires(EVERYBODY)
def withdraw(line_id: int) -> ResponseReturnValue:
    """Take a line of one's own back."""
    row = queries.own_line(db.session(), viewer().id or 0, line_id) or abort(404)
    told: dict[str, Any] = {"actor": viewer(), "now": clock.now(), "row": row}
    here, undo = url_for("study.mine", _anchor="readings"), url_for("study.put_back", line_id=line_id)
    return act(here, _("已撤回。"), lambda: services.withdraw(db.session(), **told), undo=undo)


@bp.post("/mine/<int:line_id>/put-back")
@requires(EVERYBODY)
def put_back(line_id: int) -> ResponseReturnValue:
    """Undo that."""
    told: dict[str, Any] = {"actor": viewer(), "now": clock.now(), "line_id": line_id}
    here = url_for("study.mine", _anchor="readings")
    return act(here, _("自学记录已恢复。"), lambda: services.put_back(db.session(), **told))


@bp.get("/people/<int:user_id>/file")
@requires(EVERYBODY)
def person_file(user_id: int) -> ResponseReturnValue:
    """学法档案: one person's year on paper; one's own, or of somebody whose study one may read."""
    person = queries.person(db.session(), viewer(), user_id) or abort(404)
    year = asked_year()
    lines = ledger.lines(db.session(), user_id, year)
    return show("study/person_file.html", person=person, lines=lines, **_record(user_id, year))


@bp.get("/reflections")
@requires(MANAGE, VIEW)
def reflections() -> ResponseReturnValue:
    """Self-study of one's people, and what they thought."""
    listing = queries.TABLE.read(db.session(), queries.reflections(viewer()))
    return show("study/reflections.html", "results", listing=listing, form=ReviewForm(formdata=None))


@bp.post("/reflections/<int:line_id>")
@requires(MANAGE)
def review(line_id: int) -> ResponseReturnValue:
    """I have read it."""
    row, form = queries.reflection(db.session(), viewer(), line_id) or abort(404), ReviewForm()
    here = url_for("study.reflections")
    if not form.validate_on_submit():
        return go(here, _("最多 %(max)s 个字。", max=200), "error")
    told: dict[str, Any] = {"actor": viewer(), "now": clock.now(), "row": row, "note": form.note.data or ""}
    return act(here, _("已审阅。"), lambda: services.review(db.session(), **told))
