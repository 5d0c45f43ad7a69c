"""Home, display choices, liveness."""

from __future__ import annotations

from flask import make_response, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.permissions import Permission
from portal.desk.favourite_views import favourite_links
from portal.exams.practising import home_card
from portal.exams.queries import contest
from portal.exams.queries.results import rate_text
from portal.extensions import db
from portal.home import bp, queries, study_desk
from portal.web.access import public, requires, viewer
from portal.web.htmx import go, reload, wants_fragment
from portal.web.i18n import display
from portal.web.pages import kept_page
from portal.web.redirects import safe_path

MAX_FAVOURITES = 8


@bp.get("/")
@requires(Permission.PORTAL_USE)
def index() -> ResponseReturnValue:
    """What this person should do today."""
    session, me, now, today = db.session(), viewer(), clock.now(), clock.today()
    shows = {
        "cards": queries.exam_cards(session, me, now),
        "joinable": contest.joinable(session, me, now),
        "watched": queries.watched_exams(session, me, now),
        "practice": home_card(session, me, now, today),
        "desk": queries.security_desk(session, me),
        "study": study_desk.mine(session, me, today),
        "study_work": study_desk.desk(session, me, today),
        "favourites": favourite_links(session, me, MAX_FAVOURITES),
        "today": today,
        "me": me.id,
    }
    return kept_page("home/index.html", None, shows, lambda: {"rate": rate_text})


@bp.post("/prefs")
@public
def prefs() -> ResponseReturnValue:
    """Keep a display choice in the browser, and come back to the same page."""
    chosen = display()
    for name in ("lang", "mode", "size", "contrast", "keys"):
        chosen = chosen.changed(name, request.form.get(name, ""))
    back = safe_path(request.form.get("next"), url_for("home.index")).rstrip("?")
    response = make_response(reload() if wants_fragment() else go(back))
    chosen.remember(response, secure=request.is_secure)
    return response


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """For whoever watches the process: it answers, and the database does."""
    db.session.execute(db.text("SELECT 1"))
    return {"status": "ok"}
