"""《关于…考试情况的通报》: the text from the figures, changed by hand, and taken away as a document or a sheet."""

from __future__ import annotations

import io

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.audit.services import note
from portal.core import clock
from portal.exams import bp
from portal.exams import bulletin_text as texts
from portal.exams.forms.after import BulletinForm
from portal.exams.models import ExamRound
from portal.exams.queries import resits, results
from portal.exams.queries.results import UnitFigures
from portal.exams.services.rounds import require_shown
from portal.exams.views.rounds import MANAGE, VIEW, seen, show
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.docx import DOCX
from portal.web.exports import XLSX, attachment


def _figures(round_: ExamRound) -> tuple[list[UnitFigures], UnitFigures]:
    units = results.by_unit(db.session(), round_, clock.now(), viewer())
    return units, results.overall(units, "合计")


@bp.route("/rounds/<int:round_id>/bulletin", methods=["GET", "POST"])
@requires(MANAGE, VIEW)
def round_bulletin(round_id: int) -> ResponseReturnValue:
    """The text to change, and the two files."""
    round_ = seen(round_id)
    require_shown(round_)
    units, total = _figures(round_)
    again = resits.passed_again(db.session(), round_, clock.now(), viewer())
    bureau = current_app.config["PORTAL"].bureau
    form = BulletinForm(data=texts.texts(round_, units, total, bureau=bureau, passed_again=again, today=clock.today()))
    if form.validate_on_submit():
        return _file(round_, form, units, total)
    lines, status = texts.rows(units, total), 422 if form.errors else 200
    return show("exams/bulletin.html", None, status, form=form, round=round_, lines=lines, heads=texts.HEADINGS)


def _file(round_: ExamRound, form: BulletinForm, units: list[UnitFigures], total: UnitFigures) -> ResponseReturnValue:
    kind = "xlsx" if request.form.get("format") == "xlsx" else "docx"
    title = form.title.data or ""
    subject = ("exam_rounds", str(round_.id), round_.title)
    note(db.session(), actor=viewer(), at=clock.now(), action="bulletin.export", subject=subject, format=kind)
    db.session.commit()
    if kind == "xlsx":
        return attachment(texts.sheet(_("考试情况"), units, total), f"{title}.xlsx", XLSX)
    made = texts.document(form.data, texts.rows(units, total))
    return attachment(io.BytesIO(made), f"{title}.docx", DOCX)
