"""Small regulations for tests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.viewer import system_viewer
from portal.library.importers.model import Document
from portal.library.importers.tree import read_document
from portal.library.models import Provision, ProvisionKind, RegulationVersion
from portal.library.rules.numbers import ArticleNumber
from portal.library.rules.search import fold, matches, query_runs, searchable
from portal.library.services.store import Stored, prepare, store
from tests.support.people import START

ACTOR = system_viewer()


def law(title: str, *articles: str, adopted: str = "2020年1月1日", begins: str = "2020年3月1日") -> str:
    """A law of one chapter; the last article says when it begins."""
    numbered = [f"{ArticleNumber(number).label} {words}" for number, words in enumerate(articles, 1)]
    last = f"{ArticleNumber(len(articles) + 1).label} 本法自{begins}起施行。"
    return "\n\n".join([f"# {title}", f"{adopted} 会议通过", "<!-- INFO END -->", "## 第一章 总则", *numbered, last])


def document(text: str, name: str = "x.md") -> Document:
    """The document of a text."""
    return read_document(text.split("\n"), name)


def put(session: Session, text: str, name: str = "x.md", now: datetime = START, **more: bool) -> Stored:
    """Bring a text into the library."""
    return store(session, actor=ACTOR, now=now, prepared=prepare(document(text, name)), **more)


def brute_force(session: Session, query: str) -> set[int]:
    """The ids of the articles that a search by substring finds."""
    runs = query_runs(query)
    rows = session.execute(
        select(Provision)
        .join(RegulationVersion, RegulationVersion.id == Provision.version_id)
        .where(Provision.kind == ProvisionKind.ARTICLE, RegulationVersion.shelved.is_(False))
    ).scalars()
    return {each.id for each in rows if runs and matches(fold(searchable(each.label, each.heading, each.text)), runs)}
