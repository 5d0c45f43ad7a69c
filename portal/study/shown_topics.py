"""What a session was on, as its page shows it: each article its own link, and what was not found said kindly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.library.models import RegulationVersion
from portal.library.queries import regulations as library
from portal.library.rules.dates import resolve
from portal.library.rules.numbers import read_article
from portal.study.models import StudyMaterial, StudyTopic
from portal.study.queries import topics as queries

_QUOTED = re.compile(r"《([^《》]{2,200})》")


@dataclass(frozen=True, slots=True)
class ArticleLink:
    """An article that a topic names; `there` is False where the text of that day has no such article."""

    label: str
    address: str
    there: bool = True


@dataclass(frozen=True, slots=True)
class ShownTopic:
    """A topic with what it leads to.

    `on` is the day whose text was studied, None where that is today's text. `unfound` are 《titles》 that neither the
    library nor the materials have, `passed_over` those of a line that names more than one.
    """

    title: str
    regulation_id: int | None = None
    on: date | None = None
    articles: tuple[ArticleLink, ...] = ()
    material: StudyMaterial | None = None
    unfound: str = ""
    passed_over: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """The labels of articles that are not there."""
        return [each.label for each in self.articles if not each.there]

    @property
    def troubled(self) -> bool:
        """Whether something of it was not found."""
        return bool(self.unfound or self.passed_over or self.missing)


def shown(session: Session, topics: Sequence[StudyTopic], studied_on: date, today: date) -> list[ShownTopic]:
    """The topics of a session that was on a day; at most three statements."""
    ids = {topic.regulation_id for topic in topics if topic.regulation_id}
    versions = library.versions_of(session, ids) if ids else {}
    texts = {key: _text(found, studied_on, today) for key, found in versions.items()}
    known = library.addresses(session, [text[0].id for text in texts.values() if text]) if ids else {}
    material_ids = {topic.material_id for topic in topics if topic.material_id}
    materials = queries.materials_by_id(session, material_ids) if material_ids else {}
    return [_one(topic, texts.get(topic.regulation_id or 0), known, materials) for topic in topics]


def _text(
    versions: Sequence[RegulationVersion], studied_on: date, today: date
) -> tuple[RegulationVersion, date | None] | None:
    """The text of the day, and the day where another text holds today."""
    then, now = resolve(versions, studied_on), resolve(versions, today)
    if then is None:
        return (now, None) if now is not None else None
    return then, None if now is not None and now.id == then.id else studied_on


def _one(
    topic: StudyTopic, text: tuple[RegulationVersion, date | None] | None, known: dict[int, set[str]],
    materials: dict[int, StudyMaterial],
) -> ShownTopic:  # fmt: skip
    quoted = list(dict.fromkeys(_QUOTED.findall(topic.title)))
    if topic.material_id in materials:
        return ShownTopic(topic.title, material=materials[topic.material_id])
    if topic.regulation_id is None or text is None:
        return ShownTopic(topic.title, unfound=quoted[0] if quoted else "")
    version, on = text
    there = known.get(version.id, set())
    links = tuple(ArticleLink(read_article(address).label, address, address in there) for address in topic.articles)
    return ShownTopic(topic.title, topic.regulation_id, on, links, passed_over=tuple(quoted[1:]))
