"""Rounds from draft to archive, papers and rosters."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams.models import ExamRound, PaperItem, PaperKind, PaperSection, RosterEntry
from portal.exams.queries import fixed as fixed_queries
from portal.exams.queries import rosters as roster_queries
from portal.exams.queries import rounds as queries
from portal.exams.queries.attempts import section_rules
from portal.exams.rules.question import QuestionType
from portal.exams.rules.round import RosterStatus, RoundKind, RoundState
from portal.exams.services import papers, rosters
from portal.exams.services import rounds as services
from portal.exams.services.papers import SectionValues
from portal.exams.services.rounds import Basics
from tests.support.exams import begin, build_bank, build_round, sit
from tests.support.people import Office


def basics(office: Office, unit: str = "D", title: str = "春季学法考试") -> Basics:
    now = clock.now()
    return Basics(
        title=title, kind=RoundKind.MAIN, year=2026, unit_id=office.units[unit].id,
        opens_at=now + timedelta(days=1), closes_at=now + timedelta(days=3), minutes=30, pass_line=600,
    )  # fmt: skip


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def draft(session: Session, office: Office) -> ExamRound:
    return build_round(session, office, state=RoundState.DRAFT, opens=clock.now() + timedelta(hours=1))


def test_from_nothing_to_archive(session: Session, office: Office) -> None:
    actor, now = office.viewer(session, "exam_officer"), clock.now()
    bank = build_bank(session, office)
    round_ = services.create(session, actor=actor, now=now, basics=basics(office))
    with pytest.raises(RuleError, match="check-list-stops"):
        services.publish(session, actor=actor, now=now, round_=round_)
    values = SectionValues("一、单选题", QuestionType.SINGLE, bank.id, 3, 400)
    papers.add_section(session, actor=actor, now=now, round_=round_, values=values)
    added = rosters.add_unit(session, actor=actor, now=now, round_=round_, unit_id=office.units["D02"].id)
    assert added == 2
    services.publish(session, actor=actor, now=now, round_=round_)
    assert round_.state is RoundState.PUBLISHED
    with pytest.raises(RuleError, match="round-still-open"):
        services.archive(session, actor=actor, now=now, round_=round_)
    services.archive(session, actor=actor, now=now + timedelta(days=4), round_=round_)
    wanted = ["round.create", "section.create", "roster.add-unit", "round.publish", "round.archive"]
    assert actions(session)[-5:] == wanted


def test_nothing_of_a_published_paper_changes(session: Session, office: Office) -> None:
    round_, actor, now = build_round(session, office), office.viewer(session, "exam_officer"), clock.now()
    section = section_rules(session, round_.id)[0]
    values = SectionValues("x", QuestionType.SINGLE, section.bank_id or 0, 1, 100)
    entry = session.scalars(select(RosterEntry).where(RosterEntry.round_id == round_.id)).first()
    assert entry is not None
    given = {"actor": actor, "now": now, "round_": round_}
    for change in (
        lambda: services.update(session, **given, basics=basics(office)),
        lambda: services.discard(session, **given),
        lambda: papers.add_section(session, **given, values=values),
        lambda: papers.update_section(session, **given, section=section, values=values),
        lambda: papers.remove_section(session, **given, section=section),
        lambda: papers.move_section(session, **given, section=section, up=False),
        lambda: papers.fix(session, **given),
        lambda: rosters.remove(session, **given, entry=entry),
    ):
        with pytest.raises(RuleError, match="round-not-draft"):
            change()


def test_an_officer_holds_rounds_for_the_own_units_only(session: Session, office: Office) -> None:
    liaison, now = office.viewer(session, "liaison"), clock.now()
    with pytest.raises(RuleError, match="unit-out-of-scope"):
        services.create(session, actor=liaison, now=now, basics=basics(office, "D03"))
    mine = services.create(session, actor=liaison, now=now, basics=basics(office, "D02"))
    with pytest.raises(RuleError, match="unit-out-of-scope"):
        rosters.add_unit(session, actor=liaison, now=now, round_=mine, unit_id=office.units["D03"].id)
    number = office.people["foreign_cadre"].number
    with pytest.raises(RuleError, match="person-not-found"):
        rosters.add_person(session, actor=liaison, now=now, round_=mine, number=number)
    foreign = build_bank(session, office, name="外街道题库", unit="D03")
    values = SectionValues("x", QuestionType.SINGLE, foreign.id, 1, 100)
    with pytest.raises(RuleError, match="bank-out-of-scope"):
        papers.add_section(session, actor=liaison, now=now, round_=mine, values=values)


def test_rounds_are_seen_by_unit(session: Session, office: Office) -> None:
    district = build_round(session, office, title="全区", people=("leader", "exam_officer"))
    east = build_round(session, office, title="东风", unit="D02", people=("cadre",))
    west = build_round(session, office, title="西山", unit="D03", people=("foreign_cadre",))

    def seen(label: str, *, manage: bool = False) -> list[str]:
        viewer = office.viewer(session, label)
        found = (queries.by_id(session, viewer, each.id, manage=manage) for each in (district, east, west))
        return [each.title for each in found if each is not None]

    assert seen("exam_officer", manage=True) == ["全区", "东风", "西山"]
    assert seen("leader") == ["全区", "东风", "西山"]
    assert seen("leader", manage=True) == []
    assert seen("liaison") == seen("liaison", manage=True) == ["东风"]
    assert seen("foreign_liaison") == ["西山"]
    assert seen("cadre") == []


def test_sections_move_and_go(session: Session, office: Office) -> None:
    round_, actor, now = draft(session, office), office.viewer(session, "exam_officer"), clock.now()
    given = {"actor": actor, "now": now, "round_": round_}

    def titles() -> list[str]:
        session.expire_all()
        return [section.title for section in section_rules(session, round_.id)]

    last = section_rules(session, round_.id)[-1]
    papers.move_section(session, **given, section=last, up=True)
    assert titles() == ["单选题", "多选题", "填空题", "判断题"]
    first = section_rules(session, round_.id)[0]
    papers.move_section(session, **given, section=first, up=True)
    assert titles() == ["单选题", "多选题", "填空题", "判断题"]
    papers.remove_section(session, **given, section=first)
    assert titles() == ["多选题", "填空题", "判断题"]
    assert [section.position for section in section_rules(session, round_.id)] == [0, 1, 2]


def test_available_counts_in_one_statement(session: Session, office: Office, statements) -> None:  # type: ignore[no-untyped-def]
    round_ = draft(session, office)
    sections = section_rules(session, round_.id)
    sections[0].difficulty, sections[1].law_title = "easy", "没有这部法"
    session.flush()
    with statements() as seen:
        found = queries.available(session, sections)
    assert list(found.values()) == [2, 0, 4, 4]
    assert len(seen) == 1


def test_a_fixed_paper_is_the_same_for_all(session: Session, office: Office) -> None:
    round_, actor, now = draft(session, office), office.viewer(session, "exam_officer"), clock.now()
    given = {"actor": actor, "now": now, "round_": round_}
    papers.fix(session, **given)
    assert round_.paper_kind is PaperKind.FIXED
    before = {row.version_id for rows in fixed_queries.fixed_items(session, round_.id).values() for row in rows}
    assert len(before) == 8
    item = session.scalars(select(PaperItem).join(PaperSection).where(PaperSection.round_id == round_.id)).first()
    assert item is not None
    section = session.get_one(PaperSection, item.section_id)
    old = item.version_id
    papers.swap_item(session, **given, section=section, item=item)
    assert item.version_id not in before
    found = fixed_queries.search_spare(session, section, "题干")
    assert {row.id for row in found} >= {old}
    papers.add_item(session, **given, section=section, version_id=old)
    assert section.count == 3
    with pytest.raises(RuleError, match="question-not-usable"):
        papers.add_item(session, **given, section=section, version_id=old)
    papers.remove_item(session, **given, section=section, item=item)
    assert section.count == 2
    services.publish(session, **given)
    round_.opens_at = now - timedelta(hours=1)
    session.flush()
    drawn = [{each["v"] for each in begin(session, round_, office.people[who]).paper} for who in ("cadre", "leader")]
    assert drawn[0] == drawn[1] == {
        row.version_id for rows in fixed_queries.fixed_items(session, round_.id).values() for row in rows
    }  # fmt: skip


def test_the_last_question_of_a_section_stays(session: Session, office: Office) -> None:
    round_ = build_round(session, office, state=RoundState.DRAFT, per_type=1)
    actor, now = office.viewer(session, "exam_officer"), clock.now()
    papers.fix(session, actor=actor, now=now, round_=round_)
    item = session.scalars(select(PaperItem).join(PaperSection).where(PaperSection.round_id == round_.id)).first()
    assert item is not None
    section = session.get_one(PaperSection, item.section_id)
    with pytest.raises(RuleError, match="last-question"):
        papers.remove_item(session, actor=actor, now=now, round_=round_, section=section, item=item)
    papers.unfix(session, actor=actor, now=now, round_=round_)
    assert fixed_queries.fixed_items(session, round_.id) == {}


def test_a_copy_has_the_paper_and_nobody(session: Session, office: Office) -> None:
    round_, actor, now = draft(session, office), office.viewer(session, "exam_officer"), clock.now()
    papers.fix(session, actor=actor, now=now, round_=round_)
    made = services.copy(session, actor=actor, now=now, round_=round_, title="明年的考试")
    assert (made.title, made.state, made.paper_kind) == ("明年的考试", RoundState.DRAFT, PaperKind.FIXED)
    assert [s.title for s in section_rules(session, made.id)] == [s.title for s in section_rules(session, round_.id)]
    items = [fixed_queries.fixed_items(session, each.id) for each in (round_, made)]
    versions = [sorted(row.version_id for rows in each.values() for row in rows) for each in items]
    assert versions[0] == versions[1]
    assert roster_queries.summary(session, made.id)["units"] == 0


def test_whole_units_come_in_one_statement_with_the_unit_of_the_day(
    session: Session, office: Office, statements  # type: ignore[no-untyped-def]
) -> None:  # fmt: skip
    round_ = build_round(session, office, state=RoundState.DRAFT, people=())
    actor, now = office.viewer(session, "exam_officer"), clock.now()
    given = {"actor": actor, "now": now, "round_": round_}
    office.people["leader"].is_leader = True
    session.flush()
    district = office.units["D"].id
    assert rosters.add_unit(session, **given, unit_id=district, leaders=True) == 1
    with statements() as seen:
        count = rosters.add_unit(session, **given, unit_id=district)
    assert count == len(office.people) - 1
    assert sum(each.startswith("INSERT INTO roster_entries") for each in seen) == 1
    with pytest.raises(RuleError, match="nobody-added"):
        rosters.add_unit(session, **given, unit_id=district)
    office.units["D0201"].name = "改了名的社区"
    session.flush()
    entry = roster_queries.entry_of(session, round_.id, office.people["cadre"].id)
    assert entry is not None
    assert entry.unit_name == "东风街道一社区"
    with pytest.raises(RuleError, match="already-on-roster"):
        rosters.add_person(session, **given, number=office.people["cadre"].number)


def test_who_left_is_not_added(session: Session, office: Office) -> None:
    from portal.accounts.models import UserState

    round_ = build_round(session, office, state=RoundState.DRAFT, people=())
    office.people["cadre"].state = UserState.LEFT
    session.flush()
    actor, now = office.viewer(session, "exam_officer"), clock.now()
    assert rosters.add_unit(session, actor=actor, now=now, round_=round_, unit_id=office.units["D02"].id) == 1


def test_status_wants_a_reason_and_no_attempt(session: Session, office: Office) -> None:
    round_, actor, now = build_round(session, office), office.viewer(session, "exam_officer"), clock.now()
    given = {"actor": actor, "now": now, "round_": round_, "extra_minutes": 0}
    entry = roster_queries.entry_of(session, round_.id, office.people["cadre"].id)
    assert entry is not None
    with pytest.raises(RuleError, match="reason-missing"):
        rosters.set_status(session, **given, entry=entry, status=RosterStatus.EXEMPT, reason="")
    rosters.set_status(session, **given, entry=entry, status=RosterStatus.DEFERRED, reason="因公出差")
    assert (entry.status, entry.reason) == (RosterStatus.DEFERRED, "因公出差")
    sit(session, round_, office.people["leader"])
    other = roster_queries.entry_of(session, round_.id, office.people["leader"].id)
    assert other is not None
    with pytest.raises(RuleError, match="has-attempt"):
        rosters.set_status(session, **given, entry=other, status=RosterStatus.EXEMPT, reason="病假")


def test_extra_minutes_reach_a_running_attempt(session: Session, office: Office) -> None:
    round_, actor, now = build_round(session, office), office.viewer(session, "exam_officer"), clock.now()
    attempt = begin(session, round_, office.people["cadre"])
    entry = roster_queries.entry_of(session, round_.id, office.people["cadre"].id)
    assert entry is not None
    due = attempt.due_at
    given = {"actor": actor, "now": now, "round_": round_, "entry": entry}
    rosters.set_status(session, **given, status=RosterStatus.SHOULD, reason="", extra_minutes=20)
    assert attempt.due_at == due + timedelta(minutes=20)
    assert actions(session)[-2:] == ["roster.update", "attempt.extend"]
    with pytest.raises(RuleError, match="deadline-moved-back"):
        rosters.set_status(session, **given, status=RosterStatus.SHOULD, reason="", extra_minutes=5)
    with pytest.raises(RuleError, match="extra-minutes-range"):
        rosters.set_status(session, **given, status=RosterStatus.SHOULD, reason="", extra_minutes=241)


def test_a_later_closing_reaches_who_would_be_cut_off(session: Session, office: Office) -> None:
    now = clock.now()
    round_ = build_round(session, office, closes=now + timedelta(minutes=10))
    actor = office.viewer(session, "exam_officer")
    attempt = begin(session, round_, office.people["cadre"])
    assert attempt.due_at == round_.closes_at
    given = {"actor": actor, "now": now, "round_": round_}
    with pytest.raises(RuleError, match="closes-not-later"):
        services.extend(session, **given, closes_at=round_.closes_at)
    assert services.extend(session, **given, closes_at=now + timedelta(hours=5)) == 1
    assert attempt.due_at == attempt.started_at + timedelta(minutes=60)
    late = {**given, "now": now + timedelta(hours=6)}
    with pytest.raises(RuleError, match="round-closed"):
        services.extend(session, **late, closes_at=now + timedelta(hours=9))
    with pytest.raises(RuleError, match="round-closed"):
        rosters.add_person(session, **late, number=office.people["manager"].number)


def test_a_discarded_draft_leaves_nothing(session: Session, office: Office) -> None:
    round_, actor, now = draft(session, office), office.viewer(session, "exam_officer"), clock.now()
    papers.fix(session, actor=actor, now=now, round_=round_)
    services.discard(session, actor=actor, now=now, round_=round_)
    for table in (ExamRound, PaperSection, PaperItem, RosterEntry):
        assert session.scalar(select(func.count()).select_from(table)) == 0
    assert session.scalar(select(func.count()).select_from(User)) == len(office.people)
