"""What study says beside an article of the library: who studied it, and the way to note "I have read this"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.library.links import Link, register, register_action
from portal.library.queries import regulations as library
from portal.study.queries import topics as queries


@register
def studied(session: Session, viewer: Viewer, keys: frozenset[str]) -> Iterable[Link]:
    """How many sessions and people in sight studied each article, and the regulation as a whole."""
    ids = sorted(set(library.titled(session, keys).values()))
    times: dict[str, set[int]] = defaultdict(set)
    people: dict[str, set[int]] = defaultdict(set)
    for row in queries.sessions_on(session, viewer, ids):
        for address in {"", *row.articles}:
            times[address].add(row.id)
    for row in queries.readers_of(session, viewer, ids):
        for address in {"", row.article}:
            people[address].add(row.user_id)
    for address in sorted(times.keys() | people.keys()):
        text = _("学过：集体 %(a)s 次，自学 %(b)s 人", a=len(times[address]), b=len(people[address]))
        yield Link(address, text, url_for("study.who_studied", regulation_id=ids[0], article=address or None))


@register_action
def have_read(viewer: Viewer, regulation_id: int, address: str) -> Link | None:
    """我已读完: to the form of self-study, which is filled in but for the time."""
    if not viewer.can(Permission.PORTAL_USE):
        return None
    where = url_for("study.mine", regulation=regulation_id, article=address, _anchor="read")
    return Link(address, _("我已读完"), where, timed=True)
