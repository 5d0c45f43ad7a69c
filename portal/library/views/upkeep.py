"""Correcting what the library says about a regulation, and settling the dates of its versions."""

from __future__ import annotations

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.stamp import check_stamp, stamp
from portal.extensions import db
from portal.library import bp
from portal.library.forms import RegulationForm, VersionForm, words_of
from portal.library.models import Regulation, RegulationVersion
from portal.library.queries import regulations as queries
from portal.library.rules.titles import RegulationKind
from portal.library.services import upkeep as services
from portal.library.views.reading import LABELS, found
from portal.web.access import requires, viewer
from portal.web.htmx import go, page


def _seen(row: Regulation | RegulationVersion) -> str:
    if isinstance(row, Regulation):
        return stamp(row.title, row.kind, row.aliases, row.topics, row.issuing_bodies, row.number)
    return stamp(row.adopted_on, row.published_on, row.in_force_from, row.repealed_on, row.source, row.source_date)


@bp.route("/<int:regulation_id>/edit", methods=["GET", "POST"])
@requires(Permission.LIBRARY_EDIT)
def edit(regulation_id: int) -> ResponseReturnValue:
    """Change title, kind and the like."""
    regulation = found(regulation_id)
    lists = {"aliases": "\n".join(regulation.aliases), "topics": "\n".join(regulation.topics)}
    form = RegulationForm(obj=regulation, data={**lists, "seen": _seen(regulation)})
    if form.validate_on_submit():
        try:
            _save(form, regulation)
        except RuleError as error:
            form.refuse(error, "title" if error.code != "changed-meanwhile" else None)
        else:
            db.session.commit()
            return go(url_for("library.show", regulation_id=regulation_id), _("已保存。"))
    else:
        form.aliases.data, form.topics.data = (lists["aliases"], lists["topics"]) if not form.is_submitted() else (
            form.aliases.data, form.topics.data)  # fmt: skip
    status = 422 if form.errors else 200
    return page("library/edit.html", "regulation_form", status, form=form, regulation=regulation)


def _save(form: RegulationForm, regulation: Regulation) -> None:
    check_stamp(form.seen.data, _seen(regulation))
    services.update_regulation(
        db.session(),
        actor=viewer(),
        now=clock.now(),
        regulation=regulation,
        title=form.title.data or "",
        aliases=words_of(form.aliases.data),
        kind=RegulationKind(form.kind.data),
        issuing_bodies=form.issuing_bodies.data or "",
        number=form.number.data or "",
        topics=words_of(form.topics.data),
    )


@bp.route("/versions/<int:version_id>", methods=["GET", "POST"])
@requires(Permission.LIBRARY_EDIT)
def settle(version_id: int) -> ResponseReturnValue:
    """Confirm the dates of a version."""
    version = queries.version(db.session(), version_id) or abort(404)
    regulation = found(version.regulation_id)
    form = VersionForm(obj=version, data={"seen": _seen(version)})
    if form.validate_on_submit():
        try:
            _settle(form, version)
        except RuleError as error:
            form.refuse(error, "repealed_on" if error.code != "changed-meanwhile" else None)
        else:
            db.session.commit()
            return go(url_for("library.show", regulation_id=regulation.id, version=version_id), _("日期已核定。"))
    status = 422 if form.errors else 200
    return page(
        "library/settle.html", "version_form", status, form=form, regulation=regulation, version=version, labels=LABELS
    )


def _settle(form: VersionForm, version: RegulationVersion) -> None:
    check_stamp(form.seen.data, _seen(version))
    services.settle_version(
        db.session(),
        actor=viewer(),
        now=clock.now(),
        version=version,
        adopted_on=form.adopted_on.data,
        published_on=form.published_on.data,
        in_force_from=form.in_force_from.data,
        repealed_on=form.repealed_on.data,
        source=form.source.data or "",
        source_date=form.source_date.data,
    )
