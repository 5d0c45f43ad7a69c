"""② of the wizard: the paper of a draft."""

from __future__ import annotations

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.exams import bp
from portal.exams.forms.rounds import SectionForm
from portal.exams.models import ExamRound, PaperKind, PaperSection
from portal.exams.queries import fixed as fixed_queries
from portal.exams.queries import rounds as queries
from portal.exams.queries.attempts import section_rules
from portal.exams.services import papers as services
from portal.exams.services.rounds import require_draft
from portal.exams.views.rounds import MANAGE, managed, show
from portal.extensions import db
from portal.web.access import requires, viewer
from portal.web.acts import act
from portal.web.arguments import number


def _paper_url(round_id: int, anchor: str | None = None) -> str:
    return url_for("exams.round_paper", round_id=round_id, _anchor=anchor)


def _form(section: PaperSection | None) -> SectionForm:
    banks = queries.usable_banks(db.session(), viewer())
    form = SectionForm(obj=section) if section else SectionForm()
    ids = [bank.id for bank in banks]
    form.offer(banks, queries.law_titles(db.session(), ids), weighted=queries.any_weights(db.session(), ids))
    return form


def _section(round_: ExamRound, section_id: int) -> PaperSection:
    return queries.section(db.session(), round_.id, section_id) or abort(404)


@bp.route("/rounds/<int:round_id>/paper", methods=["GET", "POST"])
@requires(MANAGE)
def round_paper(round_id: int) -> ResponseReturnValue:
    """The sections with running totals, and a form for one more."""
    round_, form = managed(round_id), _form(None)
    require_draft(round_)
    if form.validate_on_submit():
        values = form.values()
        return act(
            _paper_url(round_id),
            _("大题已添加。"),
            lambda: services.add_section(db.session(), actor=viewer(), now=clock.now(), round_=round_, values=values),
        )
    return _paper_page(round_, form)


def _paper_page(round_: ExamRound, form: SectionForm) -> ResponseReturnValue:
    sections = section_rules(db.session(), round_.id)
    fixed = round_.paper_kind is PaperKind.FIXED
    wanted = number(request.args.get("section"))
    searched = next((each for each in sections if each.id == wanted), None) if fixed else None
    text = (request.args.get("q") or "").strip()
    return show(
        "exams/round_paper.html",
        None,
        422 if form.errors else 200,
        round=round_,
        form=form,
        sections=sections,
        fixed=fixed,
        available={} if fixed else queries.available(db.session(), sections),
        items=fixed_queries.fixed_items(db.session(), round_.id) if fixed else {},
        searched=searched,
        q=text,
        found=fixed_queries.search_spare(db.session(), searched, text) if searched else [],
    )


@bp.route("/rounds/<int:round_id>/sections/<int:section_id>", methods=["GET", "POST"])
@requires(MANAGE)
def round_section(round_id: int, section_id: int) -> ResponseReturnValue:
    """Change one section."""
    round_ = managed(round_id)
    section, session = _section(round_, section_id), db.session()
    require_draft(round_)
    form = _form(section)
    if form.validate_on_submit():
        values = form.values()
        return act(
            _paper_url(round_id),
            _("已保存。"),
            lambda: services.update_section(
                session, actor=viewer(), now=clock.now(), round_=round_, section=section, values=values
            ),
        )
    fixed = round_.paper_kind is PaperKind.FIXED
    return show("exams/round_section.html", None, 422 if form.errors else 200, round=round_, form=form, fixed=fixed)


@bp.post("/rounds/<int:round_id>/sections/<int:section_id>/remove")
@requires(MANAGE)
def remove_section(round_id: int, section_id: int) -> ResponseReturnValue:
    """Take a section off the paper."""
    round_ = managed(round_id)
    section, session = _section(round_, section_id), db.session()
    return act(
        _paper_url(round_id),
        _("大题已删除。"),
        lambda: services.remove_section(session, actor=viewer(), now=clock.now(), round_=round_, section=section),
    )


@bp.post("/rounds/<int:round_id>/sections/<int:section_id>/move")
@requires(MANAGE)
def move_section(round_id: int, section_id: int) -> ResponseReturnValue:
    """One place up or down."""
    round_, up = managed(round_id), request.form.get("to") == "up"
    section, session = _section(round_, section_id), db.session()
    return act(
        _paper_url(round_id),
        _("顺序已调整。"),
        lambda: services.move_section(session, actor=viewer(), now=clock.now(), round_=round_, section=section, up=up),
    )


@bp.post("/rounds/<int:round_id>/paper/fix")
@requires(MANAGE)
def fix_paper(round_id: int) -> ResponseReturnValue:
    """Draw once and keep."""
    round_ = managed(round_id)
    return act(
        _paper_url(round_id),
        _("已抽题并固定，所有人答同一份试卷。"),
        lambda: services.fix(db.session(), actor=viewer(), now=clock.now(), round_=round_),
    )


@bp.post("/rounds/<int:round_id>/paper/unfix")
@requires(MANAGE)
def unfix_paper(round_id: int) -> ResponseReturnValue:
    """Draw for each person again."""
    round_ = managed(round_id)
    return act(
        _paper_url(round_id),
        _("已改回按规则抽题。"),
        lambda: services.unfix(db.session(), actor=viewer(), now=clock.now(), round_=round_),
    )


@bp.post("/rounds/<int:round_id>/sections/<int:section_id>/items")
@requires(MANAGE)
def add_item(round_id: int, section_id: int) -> ResponseReturnValue:
    """Add a found question to a fixed paper."""
    round_, version = managed(round_id), number(request.form.get("version")) or 0
    section, session = _section(round_, section_id), db.session()
    return act(
        _paper_url(round_id, f"s{section_id}"),
        _("试题已添加。"),
        lambda: services.add_item(
            session, actor=viewer(), now=clock.now(), round_=round_, section=section, version_id=version
        ),
    )


@bp.post("/rounds/<int:round_id>/items/<int:item_id>")
@requires(MANAGE)
def change_item(round_id: int, item_id: int) -> ResponseReturnValue:
    """Swap a question of a fixed paper, or take it off."""
    round_ = managed(round_id)
    item, section = fixed_queries.item(db.session(), round_id, item_id) or abort(404)
    swap = request.form.get("action") == "swap"
    change = services.swap_item if swap else services.remove_item
    return act(
        _paper_url(round_id, f"s{section.id}"),
        _("已换题。") if swap else _("试题已移除。"),
        lambda: change(db.session(), actor=viewer(), now=clock.now(), round_=round_, section=section, item=item),
    )
