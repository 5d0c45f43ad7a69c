"""What stands between two features: the questions that test an article, shown where the article is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.home import queries
from portal.library.links import Link, register
from portal.library.rules.numbers import read_article
from portal.library.rules.titles import title_key


@register
def questions(session: Session, viewer: Viewer, keys: frozenset[str]) -> Iterable[Link]:
    """How many questions of each bank that the viewer may see test each article."""
    if not viewer.can(Permission.BANK_VIEW):
        return
    titles = [title for title in queries.cited_titles(session) if title_key(title) in keys]
    counts: Counter[tuple[str, str, int]] = Counter()
    for article, title, bank_id, count in queries.questions_on(session, viewer, titles) if titles else ():
        counts[_address(article), title, bank_id] += count
    for (address, title, bank_id), count in counts.items():
        url = url_for("exams.bank", bank_id=bank_id, law=title)
        yield Link(address, _("考这一条的题 %(count)s 道", count=count) if address else _("考这部法规的题"), url)


def _address(article: str) -> str:
    try:
        return read_article(article).address
    except ValueError:
        return ""
