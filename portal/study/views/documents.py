"""What leaves a session as a file: minutes for Word, the ledger with everybody for Excel, the sheet to fill in."""

from __future__ import annotations

from io import BytesIO

from flask import abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.audit.services import note
from portal.core import clock
from portal.extensions import db, side_write
from portal.org import queries as units
from portal.study import bp, ledger_book, minutes
from portal.study.models import StudySession
from portal.study.queries import attendance as people
from portal.study.queries import sessions as queries
from portal.study.views.sessions import MANAGE, VIEW
from portal.web.access import requires, viewer
from portal.web.docx import DOCX
from portal.web.exports import XLSX, attachment


def whole(session_id: int) -> StudySession:
    """A session whose whole list the person may read, or 404."""
    return (
        queries.by_id(db.session(), viewer(), session_id, read=True)
        or queries.by_id(db.session(), viewer(), session_id, manage=True)
        or abort(404)
    )


def _told(session: Session, row: StudySession) -> minutes.Told:
    item = queries.agenda_item(session, row.agenda_item_id)
    return minutes.Told(
        row=row,
        kind_name=queries.kind(session, row.kind_id).name,
        unit_name=units.names(session, [row.unit_id]).get(row.unit_id, ""),
        topics=[topic.title for topic in queries.topics_of(session, row.id)],
        speeches=queries.speeches_of(session, row.id),
        people=session.execute(people.entries(row.id).order_by(*people.BY_UNIT)).all(),
        headcounts=queries.headcounts(session, row.id),
        tally=people.counts(session, row.id),
        agenda=f"{item.meeting_title}{item.number}" if item else "",
    )


@bp.get("/sessions/<int:session_id>/minutes")
@requires(VIEW, MANAGE)
def session_minutes(session_id: int) -> ResponseReturnValue:
    """学习纪要 as a Word document, for whoever may read the whole list."""
    row = whole(session_id)
    data = minutes.write(_told(db.session(), row))
    subject = ("study_sessions", str(row.id), row.title)
    with side_write() as log:
        note(log, actor=viewer(), at=clock.now(), action="study.minutes", subject=subject)
    return attachment(BytesIO(data), f"{row.title}学习纪要.docx", DOCX)


@bp.get("/sessions/template")
@requires(MANAGE)
def import_template() -> ResponseReturnValue:
    """The sheet to fill in for past sessions."""
    names = [kind.name for kind in queries.kinds(db.session())]
    return attachment(ledger_book.template(names), f"{_('学习补录模板')}.xlsx", XLSX)
