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
from portal.study.services import sessions as services
from portal.study.views.sessions import EVERYBODY, MANAGE, managed, say, session_url, show
from portal.web.access import requires, viewer
from portal.web.acts import act
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


@bp.get("/materials/<int:material_id>")
@requires(EVERYBODY)
def material(material_id: int) -> ResponseReturnValue:
    """A speech or a document, and the sessions in sight that were on it."""
    found = queries.material(db.session(), material_id) or abort(404)
    held = {row.id: row for row in queries.sessions_on_material(db.session(), viewer(), material_id)}
    return show("study/material.html", material=found, sessions=list(held.values()))


@bp.post("/sessions/<int:session_id>/topics/link")
@requires(MANAGE)
def link_topics(session_id: int) -> ResponseReturnValue:
    """Look again for what the topics name: the library may have it by now."""
    row = managed(session_id)
    topics = [linking.Topic(topic.title) for topic in sessions.topics_of(db.session(), session_id)]
    work = lambda: services.set_topics(db.session(), **say(row), topics=topics)  # noqa: E731
    return act(session_url(session_id), _("已重新对应。"), work)
