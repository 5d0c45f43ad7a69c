"""What stands between two features: the questions that test an article, shown where the article is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.exams.queries import practice as practising
from portal.exams.rules.practice import of_law
from portal.home import queries
from portal.library.links import Link, register
from portal.library.rules.numbers import read_article
from portal.library.rules.titles import title_key

# What practice calls a question on a law as a whole.
NO_ARTICLE = 10**6


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


@register
def practice(session: Session, viewer: Viewer, keys: frozenset[str]) -> Iterable[Link]:
    """A set of practice on each article that open questions test."""
    if not viewer.can(Permission.PORTAL_USE):
        return
    titles = [title for title in queries.cited_titles(session) if title_key(title) in keys]
    for title in titles:
        counts = Counter(place for place, _question in practising.cited(session, clock.now(), title))
        for place, count in counts.items():
            if place < NO_ARTICLE:
                scope = of_law(title, place, place).key
                text = _("练习本条 %(count)s 题", count=count)
                yield Link(f"art_{place}", text, url_for("exams.practice_start"), fields=(("scope", scope),))


def _address(article: str) -> str:
    try:
        return read_article(article).address
    except ValueError:
        return ""
