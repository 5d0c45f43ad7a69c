"""What is studied: titles to choose from, materials, and who studied a regulation."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.extensions import db
from portal.library.rules.numbers import read_article
from portal.study import bp
from portal.study.forms.sessions import MaterialForm
from portal.study.queries import sessions
from portal.study.queries import topics as queries
from portal.study.services import linking
from portal.study.views.sessions import MANAGE, show
from portal.web.access import requires, viewer
from portal.web.htmx import go


@bp.get("/topics")
@requires(MANAGE)
def topic_suggestions() -> ResponseReturnValue:
    """Titles that hold what has been typed, as a list for the browser."""
    query = request.args.get("topic_pick", "")[:200]
    return show("study/topic_list.html", "topics", suggested=queries.suggestions(db.session(), query))


@bp.route("/materials", methods=["GET", "POST"])
@requires(MANAGE)
def materials() -> ResponseReturnValue:
    """Speeches and documents, and one more."""
    form = MaterialForm()
    if form.validate_on_submit():
        values: dict[str, Any] = {name: getattr(form, name).data or "" for name in ("title", "issuer", "number")}
        try:
            linking.add_material(db.session(), actor=viewer(), now=clock.now(), issued_on=form.issued_on.data, **values)
        except RuleError as error:
            db.session.rollback()
            form.refuse(error, "title")
        else:
            db.session.commit()
            return go(url_for("study.materials"), _("已登记。"))
    found = sessions.materials(db.session())
    return show("study/materials.html", None, 422 if form.errors else 200, form=form, materials=found)


@bp.get("/regulations/<int:regulation_id>")
@requires(Permission.LIBRARY_VIEW)
def who_studied(regulation_id: int) -> ResponseReturnValue:
    """Sessions and people in sight that studied a regulation, or one article of it."""
    session, article = db.session(), request.args.get("article", "")
    title = queries.regulation_title(session, regulation_id) or abort(404)
    try:
        label = read_article(article).label if article else ""
    except ValueError:
        abort(404)
    held = {row.id: row for row in queries.sessions_on(session, viewer(), [regulation_id])
            if not article or article in row.articles}  # fmt: skip
    readers = [row for row in queries.readers_of(session, viewer(), [regulation_id]) if article in {"", row.article}]
    context: dict[str, Any] = {"regulation_id": regulation_id, "title": title, "article": article, "label": label}
    return show("study/who_studied.html", sessions=list(held.values()), readers=readers, **context)
