"""The library's answer to where a cited article can be read."""

from __future__ import annotations

from flask import url_for
from flask_login import current_user

from portal.core.permissions import Permission
from portal.extensions import db
from portal.library.queries import regulations as queries
from portal.library.rules.numbers import read_article
from portal.web.citations import register


@register
def reading_url(title: str, article: str) -> str:
    """The reading page at the article; at its top where the article is not said plainly."""
    found = queries.by_title(db.session(), title) if title and current_user.can(Permission.LIBRARY_VIEW) else None
    if found is None:
        return ""
    try:
        anchor = read_article(article).address
    except ValueError:
        anchor = None
    return url_for("library.show", regulation_id=found.id, _anchor=anchor)
