"""Topics find what they name by themselves, however they come in: by form or by sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.library.queries import regulations as library
from portal.study.models import StudyMaterial
from portal.study.queries import topics as queries
from portal.study.rules.topics import named


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing a session was on. `articles` are like "art_35"."""

    title: str
    material_id: int | None = None
    regulation_id: int | None = None
    articles: tuple[str, ...] = field(default=())


def linked(session: Session, topics: Sequence[Topic]) -> list[Topic]:
    """The topics, each with the regulation or the material that it names; what is linked already stays so."""
    found = [(topic, named(topic.title)) for topic in topics]
    free = {name.title for topic, name in found if topic.regulation_id is None and topic.material_id is None}
    regulations = library.titled(session, free)
    materials = queries.materials_titled(session, free - regulations.keys())
    made = []
    for topic, name in found:
        if name.title in regulations and name.title in free:
            made.append(Topic(topic.title, None, regulations[name.title], name.articles))
        elif name.title in materials and name.title in free:
            made.append(Topic(topic.title, materials[name.title]))
        else:
            made.append(topic)
    return made


def add_material(
    session: Session, *, actor: Viewer, now: datetime, title: str, issuer: str = "", issued_on: date | None = None,
    number: str = "",
) -> StudyMaterial:  # fmt: skip
    """A speech or a document that can be studied. Raises RuleError material-there for one that is there already."""
    if queries.material_there(session, title, number):
        raise RuleError("material-there")
    row = StudyMaterial(title=title, issuer=issuer, issued_on=issued_on, number=number, created_at=now)
    session.add(row)
    record(session, actor=actor, at=now, action="material.create", row=row, label=title)
    return row
