"""Documents become regulations and versions, once; metadata, dates and notes change what is said, never the text."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from portal.accounts.queries import viewer_of
from portal.audit.models import AuditEntry
from portal.core.errors import RuleError
from portal.extensions import set_writing
from portal.library.models import ArticleNote, Provision
from portal.library.queries import regulations as queries
from portal.library.queries.search import search
from portal.library.rules.dates import VersionStatus, status_of
from portal.library.rules.numbers import ArticleNumber
from portal.library.rules.titles import RegulationKind
from portal.library.services import notes, upkeep
from portal.library.services.store import Outcome
from tests.support.library import ACTOR, law, put
from tests.support.people import START

OLD = law("中华人民共和国甲法", "旧的。", adopted="2010年1月1日", begins="2010年3月1日")
NEW = law("甲法", "新的。", adopted="2020年1月1日", begins="2020年3月1日")
TODAY = date(2026, 6, 1)


@pytest.fixture
def writer(session):
    set_writing(True)
    return session()


def test_two_versions_are_one_regulation(writer) -> None:
    old, new = put(writer, OLD), put(writer, NEW)
    assert (old.outcome, new.outcome) == (Outcome.REGULATION, Outcome.VERSION)
    assert old.regulation_id == new.regulation_id
    assert queries.version_on(writer, old.regulation_id, date(2015, 1, 1)).id == old.version_id
    assert queries.version_on(writer, old.regulation_id, date(2020, 3, 1)).id == new.version_id
    assert queries.version_on(writer, old.regulation_id, date(2009, 1, 1)) is None


def test_the_same_text_comes_in_once(writer) -> None:
    put(writer, NEW)
    before = writer.scalars(select(Provision.id)).all()
    again = put(writer, NEW.replace("新的。", "新 的。"))
    assert (again.outcome, [each.kind for each in again.warnings]) == (Outcome.KNOWN, ["known"])
    other = put(writer, NEW.replace("2020年1月1日 会议", "2021年1月1日 会议"))
    assert (other.outcome, other.warnings[0].kind) == (Outcome.KNOWN, "same-text-other-date")
    assert writer.scalars(select(Provision.id)).all() == before


def test_another_text_of_the_same_date_comes_in_with_a_warning(writer) -> None:
    put(writer, NEW)
    other = put(writer, NEW.replace("新的", "改正的"))
    assert (other.outcome, other.warnings[0].kind) == (Outcome.VERSION, "same-date-other-text")


def test_the_list_says_what_the_rule_says(writer) -> None:
    put(writer, OLD)
    stored = put(writer, NEW)
    for day in (date(2009, 1, 1), date(2015, 1, 1), TODAY):
        row = writer.execute(queries.listed(day)).one()
        versions = queries.versions(writer, stored.regulation_id)
        shown = queries.version_on(writer, stored.regulation_id, day) or versions[0]
        assert row.status == status_of(shown, versions, day).value
    assert row.versions == 2


def test_the_text_of_a_version_never_changes(writer) -> None:
    put(writer, NEW)
    with pytest.raises(IntegrityError, match="immutable"):
        writer.execute(text("UPDATE provisions SET text = 'x'"))


def test_a_regulation_is_found_by_its_new_name_and_alias(writer) -> None:
    stored = put(writer, NEW)
    regulation = queries.regulation(writer, stored.regulation_id)
    upkeep.update_regulation(
        writer, actor=ACTOR, now=START, regulation=regulation, title="乙法", aliases=["丙规定", "丙规定", " "],
        kind=RegulationKind.RULE, issuing_bodies="", number="", topics=["信访"],
    )  # fmt: skip
    assert regulation.aliases == ["丙规定"]
    for name in ("乙法", "《丙规定》", "中华人民共和国乙法"):
        assert queries.by_title(writer, name).id == regulation.id
    assert queries.by_title(writer, "甲法") is None
    assert [row.title for row in queries.titles_like(writer, ["丙规"])] == ["乙法"]
    assert queries.topics(writer) == ["信访"]
    put(writer, law("丁法", "新的规定。"))
    assert search(writer, "新的", TODAY).hits[0].regulation in {"乙法", "丁法"}
    other = queries.by_title(writer, "丁法")
    for title, code in (("乙法", "title-taken"), ("  ", "title-empty")):
        with pytest.raises(RuleError, match=code):
            upkeep.update_regulation(
                writer, actor=ACTOR, now=START, regulation=other, title=title, aliases=[], kind=RegulationKind.LAW,
                issuing_bodies="", number="", topics=[],
            )  # fmt: skip


def settle(writer, version, **dates) -> None:
    values = {"adopted_on": version.adopted_on, "published_on": None, "in_force_from": version.in_force_from,
              "repealed_on": None, "source": "公报", "source_date": None, **dates}  # fmt: skip
    upkeep.settle_version(writer, actor=ACTOR, now=START, version=version, **values)


def test_dates_are_settled_by_a_person(writer) -> None:
    version = queries.version(writer, put(writer, NEW).version_id)
    assert version.confirmed_at is None
    settle(writer, version, in_force_from=date(2020, 5, 1), repealed_on=date(2021, 1, 1))
    assert version.confirmed_at == START
    assert status_of(version, [version], TODAY) is VersionStatus.REPEALED
    with pytest.raises(RuleError, match="repealed-before-force"):
        settle(writer, version, in_force_from=TODAY, repealed_on=TODAY - timedelta(1))
    entry = writer.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry.action == "regulation-version.update"


def test_notes_are_private_until_shared(writer, office) -> None:
    stored = put(writer, NEW)
    piece = queries.article(writer, stored.version_id, ArticleNumber(1))
    mine, other = (viewer_of(writer, office.people[name].id) for name in ("cadre", "leader"))
    note = notes.add_note(writer, actor=mine, now=START, regulation_id=stored.regulation_id, provision=piece,
                          text="记住", quote="新的")  # fmt: skip
    assert [row[0].id for row in queries.notes(writer, mine.id, stored.regulation_id)] == [note.id]
    assert queries.notes(writer, other.id, stored.regulation_id) == []
    assert queries.own_note(writer, other.id, note.id) is None
    notes.share_note(writer, actor=mine, now=START, note=note, shared=True)
    assert [row[1] for row in queries.notes(writer, other.id, stored.regulation_id)] == [mine.name]
    for quote, words, code in (("没有的话", "", "note-quote-missing"), ("", " ", "note-empty")):
        with pytest.raises(RuleError, match=code):
            notes.add_note(writer, actor=mine, now=START, regulation_id=stored.regulation_id, provision=piece,
                           text=words, quote=quote)  # fmt: skip
    notes.delete_note(writer, actor=mine, now=START, note=note)
    assert writer.scalars(select(ArticleNote)).all() == []
    said = [
        entry.detail for entry in writer.scalars(select(AuditEntry).where(AuditEntry.subject_type == "article_notes"))
    ]
    assert len(said) == 3
    assert "记住" not in str(said)
