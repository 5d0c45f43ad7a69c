"""The list of regulations, the page to read one, and two versions side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.permissions import Permission
from portal.extensions import db
from portal.library import bp, links, presenting
from portal.library.forms import NoteForm
from portal.library.models import Regulation, RegulationVersion
from portal.library.queries import regulations as queries
from portal.library.regulation_table import regulations_table
from portal.library.rules.compare import Change, compare
from portal.library.rules.dates import resolve, status_of
from portal.library.rules.titles import title_key
from portal.library.words import (
    BASIS_LABELS,
    CHANGE_LABELS,
    KIND_LABELS,
    PROVISION_LABELS,
    STATUS_COLOURS,
    STATUS_LABELS,
)
from portal.web.access import requires, viewer
from portal.web.htmx import page

LABELS = {
    "kinds": KIND_LABELS,
    "statuses": STATUS_LABELS,
    "colours": STATUS_COLOURS,
    "bases": BASIS_LABELS,
    "changes": CHANGE_LABELS,
    "provisions": PROVISION_LABELS,
}


@bp.get("/")
@requires(Permission.LIBRARY_VIEW)
def index() -> ResponseReturnValue:
    """All regulations, each with the version that holds today."""
    today = clock.today()
    table = regulations_table(today, queries.topics(db.session()))
    listing = table.read(db.session(), queries.listed(today))
    return page("library/index.html", "results", listing=listing, labels=LABELS)


def asked_day() -> date:
    """The day in the address, today where there is none or none that exists."""
    try:
        return date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return clock.today()


def found(regulation_id: int) -> Regulation:
    """The regulation of the address; 404 for none."""
    return queries.regulation(db.session(), regulation_id) or abort(404)


@bp.get("/<int:regulation_id>")
@requires(Permission.LIBRARY_VIEW)
def show(regulation_id: int) -> ResponseReturnValue:
    """The text as it holds on a day, or the version that was asked for."""
    return reading_page(found(regulation_id))


def reading_page(regulation: Regulation, form: NoteForm | None = None, at: str = "") -> ResponseReturnValue:
    """The reading page; `form` is a note that was refused, `at` the article that it stands at."""
    day, versions = asked_day(), queries.versions(db.session(), regulation.id)
    version = _chosen(versions, day)
    form = form or NoteForm(formdata=None)
    return page(
        "library/show.html",
        status=422 if form.errors else 200,
        regulation=regulation,
        version=version,
        versions=[(each, status_of(each, versions, day).value) for each in versions],
        state=status_of(version, versions, day).value if version else "",
        day=day,
        today=clock.today(),
        labels=LABELS,
        note_form=form,
        note_at=at or request.args.get("note", ""),
        **_text(regulation, version),
    )


def _chosen(versions: list[RegulationVersion], day: date) -> RegulationVersion | None:
    """The version whose id is asked for; else the one that holds on the day; where none has begun, the only one."""
    asked = request.args.get("version", "")
    if asked:
        return next((each for each in versions if str(each.id) == asked), None) or abort(404)
    holding = resolve(versions, day)
    return holding or (versions[0] if versions and "on" not in request.args else None)


def _text(regulation: Regulation, version: RegulationVersion | None) -> dict[str, Any]:
    session = db.session()
    pieces = queries.provisions(session, version.id) if version else []
    notes = defaultdict(list)
    for note, name in queries.notes(session, viewer().id or 0, regulation.id):
        notes[note.address].append((note, name, note.user_id == viewer().id))
    quotes = {place: [note.quote for note, _, mine in each if mine and note.quote] for place, each in notes.items()}
    rows = presenting.shown(
        pieces,
        queries.titled(session, presenting.titles_cited(pieces)),
        lambda number: url_for("library.show", regulation_id=number),
        quotes,
    )
    keys = frozenset({regulation.title_key, *(title_key(alias) for alias in regulation.aliases)})
    return {
        "rows": rows,
        "rail": presenting.rail(rows),
        "notes": notes,
        "links": links.links_for(session, viewer(), keys),
        "actions": lambda address: links.actions_for(viewer(), regulation.id, address),
    }


@bp.get("/<int:regulation_id>/compare")
@requires(Permission.LIBRARY_VIEW)
def compare_versions(regulation_id: int) -> ResponseReturnValue:
    """Two versions article by article."""
    regulation = found(regulation_id)
    versions = [each for each in queries.versions(db.session(), regulation_id) if not each.is_digest]
    old, new = _pair(versions)
    pairs = (
        compare(queries.articles(db.session(), old.id), queries.articles(db.session(), new.id)) if old and new else []
    )
    everything = request.args.get("all") == "1"
    return page(
        "library/compare.html",
        regulation=regulation,
        versions=versions,
        old=old,
        new=new,
        counts=Counter(pair.change.value for pair in pairs),
        pairs=[pair for pair in pairs if everything or pair.change is not Change.SAME],
        everything=everything,
        labels=LABELS,
    )


def _pair(versions: list[RegulationVersion]) -> tuple[RegulationVersion | None, RegulationVersion | None]:
    """The two versions asked for; the last two where none are. 404 for a version of another regulation."""
    asked = [request.args.get(name, "") for name in ("old", "new")]
    if not any(asked):
        return (versions[1], versions[0]) if len(versions) > 1 else (None, None)
    by_id = {str(each.id): each for each in versions}
    if any(each not in by_id for each in asked):
        abort(404)
    return by_id[asked[0]], by_id[asked[1]]
