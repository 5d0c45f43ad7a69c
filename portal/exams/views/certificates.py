"""合格证书: the list of a round, the page to print, the square to scan, and the check for anybody who is signed in."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask import Response, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select

from portal.core import clock
from portal.core.permissions import Permission
from portal.exams import bp
from portal.exams.certificate_text import Sheet, sheet_of, unwritable
from portal.exams.forms.after import CheckForm, ReasonForm
from portal.exams.models import ExamRound
from portal.exams.models_records import Certificate
from portal.exams.queries import certificates as queries
from portal.exams.queries import rounds
from portal.exams.rules.certificate import plain_code, shown_code
from portal.exams.services import certificates as services
from portal.exams.views.results import note_export
from portal.exams.views.rounds import MANAGE, VIEW, managed, phase, seen, show
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.exports import FileKind, Record, send_listing, send_written, wants_export
from portal.web.htmx import go
from portal.web.pdf import PDF

PRINTED = 200
"""So many certificates at most are printed at once: a browser still lays that many pages out in a few seconds."""
PDF_FILE = FileKind(".pdf", PDF, PRINTED)


@bp.get("/rounds/<int:round_id>/certificates")
@requires(MANAGE, VIEW)
def round_certificates(round_id: int) -> ResponseReturnValue:
    """Who holds one."""
    round_ = seen(round_id)
    statement = queries.of_round(round_, viewer())
    if wants_export("pdf"):
        return _pdf_of_round(round_, statement)
    if wants_export():
        title, record = _("%(title)s合格证书", title=round_.title), note_export(round_, _("合格证书"))
        return send_listing(title, queries.TABLE, db.session(), statement, record=record)
    manages = rounds.by_id(db.session(), viewer(), round_id, manage=True) is not None
    return show(
        "exams/certificates.html",
        "results",
        round=round_,
        phase=phase(round_),
        listing=queries.TABLE.read(db.session(), statement),
        waiting=len(queries.deserving(db.session(), round_, clock.now())) if manages and may_issue(round_) else 0,
        manages=manages,
    )


def _pdf_of_round(round_: ExamRound, statement: Select[Any]) -> ResponseReturnValue:
    """The valid ones of the list as it is filtered, a page each; many are made by a job."""
    session, valid = db.session(), statement.where(Certificate.voided_at.is_(None))
    title, total = _("%(title)s合格证书", title=round_.title), queries.TABLE.count(session, valid)
    rows = (row._asdict() for row in queries.TABLE.everything(session, valid))
    return send_pdf(title, rows, total, note_export(round_, _("合格证书")))


def send_pdf(
    title: str, rows: Iterable[Mapping[str, Any]], total: int, record: Record | None = None
) -> ResponseReturnValue:
    """Certificates as one PDF."""
    bureau = current_app.config["PORTAL"].bureau
    sheets = (sheet_of(row, bureau) for row in rows)

    def write(target: Any, tell: Callable[[int], None]) -> int:
        from portal.exams import certificate_pdf  # a start does without what draws PDF

        return certificate_pdf.write(target, title, sheets, check_address, tell)

    return send_written(title, PDF_FILE, write, total=total, record=record)


def check_address(code: str) -> str:
    """Where a code is checked, in full: what the square leads to."""
    return url_for("exams.check_certificate", code=shown_code(plain_code(code)), _external=True)


def may_issue(round_: ExamRound) -> bool:
    """Whether certificates are given for a round at all."""
    return round_.published_at is not None and round_.kind.value != "mock"


@bp.post("/rounds/<int:round_id>/certificates/issue")
@requires(MANAGE)
def issue_certificates(round_id: int) -> ResponseReturnValue:
    """Certify everybody who passed and has none."""
    round_ = managed(round_id)
    return act(
        url_for("exams.round_certificates", round_id=round_id),
        _("合格证书已发放，本人可在“历年考试记录”中打印。"),
        lambda: services.issue(db.session(), actor=viewer(), now=clock.now(), round_=round_),
    )


@bp.get("/rounds/<int:round_id>/certificates/print")
@requires(MANAGE, VIEW)
def round_certificates_print(round_id: int) -> ResponseReturnValue:
    """The valid ones of a round, a sheet each."""
    round_ = seen(round_id)
    statement = queries.of_round(round_, viewer()).where(Certificate.voided_at.is_(None))
    rows = db.session.execute(statement.order_by(Certificate.unit_name, Certificate.number).limit(PRINTED + 1)).all()
    return _sheets([row._asdict() for row in rows[:PRINTED]], round_.title, _back(round_), more=len(rows) > PRINTED)


def _back(round_: ExamRound) -> tuple[str, str]:
    return _("合格证书"), url_for("exams.round_certificates", round_id=round_.id)


def _sheets(
    rows: Sequence[Mapping[str, Any]], title: str, back: tuple[str, str], *, void: ReasonForm | None = None,
    round_: ExamRound | None = None, more: bool = False,
) -> ResponseReturnValue:  # fmt: skip
    """The sheets to print; for a single one also its PDF, that it is voided, or the form that voids it."""
    bureau = current_app.config["PORTAL"].bureau
    voided = rows[0] if len(rows) == 1 and rows[0]["voided_at"] else None
    sheets = [sheet_of(row, bureau) for row in rows]
    if wants_export("pdf") and len(rows) == 1:
        return _one_pdf(rows[0], sheets[0])
    return show(
        "exams/certificate_print.html", None, sheets=sheets, title=title, back=back, voided=voided, void=void,
        round=round_, pdf="" if voided or not rows else f"{back[1] if len(rows) > 1 else request.path}?export=pdf",
        more=PRINTED if more else 0,
    )  # fmt: skip


def _one_pdf(row: Mapping[str, Any], sheet: Sheet) -> ResponseReturnValue:
    """A single one as PDF, unless it is voided or has a character that the file cannot hold."""
    if row["voided_at"]:
        return go(request.path, _("证书已作废，不能下载 PDF。"), "error")
    if missing := unwritable(sheet):
        text = _("PDF 内置的字体没有“%(missing)s”，请用“打印”，在打印窗口里选“另存为 PDF”。", missing=missing)
        return go(request.path, text, "error")
    return send_pdf(f"{row['number']}{row['name']}", [row], 1)


def _as_dict(row: Certificate) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in Certificate.__table__.columns}


@bp.get("/rounds/<int:round_id>/certificates/<int:certificate_id>")
@requires(MANAGE, VIEW)
def round_certificate(round_id: int, certificate_id: int) -> ResponseReturnValue:
    """One of a round, as it is printed; who manages the round can void it."""
    round_ = seen(round_id)
    row = queries.one_of_round(db.session(), round_, viewer(), certificate_id) or abort(404)
    manages = rounds.by_id(db.session(), viewer(), round_id, manage=True) is not None
    void = ReasonForm() if manages and row.voided_at is None else None
    return _sheets([_as_dict(row)], row.number, _back(round_), void=void, round_=round_)


@bp.post("/rounds/<int:round_id>/certificates/<int:certificate_id>/void")
@requires(MANAGE)
def void_certificate(round_id: int, certificate_id: int) -> ResponseReturnValue:
    """Say that one no longer holds, with a reason."""
    round_, form = managed(round_id), ReasonForm()
    row = queries.one_of_round(db.session(), round_, viewer(), certificate_id) or abort(404)
    here = url_for("exams.round_certificate", round_id=round_id, certificate_id=certificate_id)
    if not form.validate_on_submit():
        return go(here, _("请填写作废原因，最多 200 个字。"), "error")
    reason = form.reason.data or ""
    return act(
        here,
        _("证书已作废。"),
        lambda: services.void(db.session(), actor=viewer(), now=clock.now(), certificate=row, reason=reason),
    )


@bp.get("/certificates/<int:certificate_id>")
@requires(Permission.EXAM_TAKE)
def certificate(certificate_id: int) -> ResponseReturnValue:
    """My own, to print."""
    row = queries.own(db.session(), viewer().id or 0, certificate_id) or abort(404)
    back = (_("历年考试记录"), url_for("exams.history"))
    return _sheets([_as_dict(row)], row.number, back)


@bp.get("/certificates/<string:code>/square")
@requires(Permission.PORTAL_USE)
def certificate_square(code: str) -> Response:
    """The square of dots that leads to the check of a code. It tells nothing that is not in the address."""
    import segno  # a start does without it

    drawn = io.BytesIO()
    segno.make(check_address(code), error="m").save(
        drawn, kind="svg", xmldecl=False, svgclass=None, lineclass=None, light="#fff", omitsize=True
    )
    return Response(drawn.getvalue(), mimetype="image/svg+xml", headers={"Cache-Control": "private, max-age=86400"})


@bp.get("/certificates/check")
@requires(Permission.PORTAL_USE)
def check_certificate() -> ResponseReturnValue:
    """Whether a certificate with this code was issued to this person, and still holds."""
    form = CheckForm(request.args)
    code, name = plain_code(form.code.data or ""), form.name.data or ""
    asked = bool(code and name)
    found = queries.by_code(db.session(), code, name) if asked and form.validate() else None
    return show("exams/certificate_check.html", None, form=form, asked=asked, found=found, shown_code=shown_code)
