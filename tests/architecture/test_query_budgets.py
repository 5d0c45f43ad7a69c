"""A list costs the same number of statements whatever the number of its rows."""

from __future__ import annotations

import ast
import re
from datetime import date, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from portal.accounts.models import User
from portal.accounts.services import create_user
from portal.audit.services import note
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.desk.models import BulkLine, BulkRun, Favourite, SavedView
from portal.desk.rules import RunState
from portal.exams.models import ExamRound, QuestionBank, RosterEntry
from portal.exams.models_practice import PracticeDay, PracticeMark
from portal.exams.rules.practice import DAILY, PracticeRelease
from portal.exams.rules.question import QuestionType
from portal.exams.rules.regrade import Mode
from portal.exams.rules.round import RosterStatus, RoundKind, RoundState
from portal.exams.services import practice, regrades
from portal.library.models import Regulation
from portal.meetings.models import Decision
from portal.org import services as org
from portal.org.rules import UnitKind
from portal.study.models import (
    SelfStudy,
    StudyAttendance,
    StudyKind,
    StudyMaterial,
    StudyPlan,
    StudyPlanItem,
    StudySeries,
    StudySession,
)
from portal.study.rules.session import SessionState
from portal.study.services import linking, sessions
from tests.architecture.source import MODULES
from tests.conftest import drop_kept
from tests.support.after import certificate
from tests.support.exams import add_question, begin, build_bank, build_contest, build_round, content_of, enrol, sit
from tests.support.library import law, put
from tests.support.marking import short_round, sit_short
from tests.support.people import START
from tests.support.study import build_meeting, build_session

# Every list, its address and who opens it. {round}, {bank} are rows of the test's own.
LISTS = {
    "accounts.people": ("/accounts/people", "manager"),
    "audit.index": ("/audit/", "audit_admin"),
    "desk.bulk_show": ("/bulk/{run}", "exam_officer"),
    "desk.favourites_page": ("/favourites", "exam_officer"),
    "desk.search": ("/search?q=新", "manager"),
    "desk.views": ("/views", "exam_officer"),
    "exams.bank": ("/exams/banks/{bank}", "exam_officer"),
    "exams.banks": ("/exams/banks", "exam_officer"),
    "exams.history": ("/exams/history", "cadre"),
    "exams.mine": ("/exams/", "cadre"),
    "exams.bank_practice": ("/exams/banks/{bank}/practice", "exam_officer"),
    "exams.practice": ("/exams/practice", "exam_officer"),
    "exams.practice_notebook": ("/exams/practice/notebook", "exam_officer"),
    "exams.practice_record": ("/exams/practice/record", "exam_officer"),
    "exams.practice_set": ("/exams/practice/sets/{set}", "exam_officer"),
    "exams.round_certificates": ("/exams/rounds/{round}/certificates", "exam_officer"),
    "exams.round_codes": ("/exams/rounds/{round}/codes", "exam_officer"),
    "exams.round_comparison": ("/exams/comparison?round={round}", "exam_officer"),
    "exams.contest": ("/exams/contests/{contest}", "cadre"),
    "exams.round_board": ("/exams/rounds/{contest}/results/board", "exam_officer"),
    "exams.round_board_units": ("/exams/rounds/{contest}/results/board/units", "exam_officer"),
    "exams.round_evidence": ("/exams/rounds/{round}/results/evidence", "exam_officer"),
    "exams.round_excused": ("/exams/rounds/{deferred}/results/excused", "exam_officer"),
    "exams.round_monitor": ("/exams/rounds/{round}/monitor", "exam_officer"),
    "exams.round_not_sat": ("/exams/rounds/{round}/results/not-sat", "exam_officer"),
    "exams.round_resits": ("/exams/rounds/{round}/results/resits", "exam_officer"),
    "exams.round_marking": ("/exams/rounds/{short}/marking", "exam_officer"),
    "exams.round_regrade": ("/exams/rounds/{short}/regrades/{regrade}", "exam_officer"),
    "exams.round_regrades": ("/exams/rounds/{short}/regrades", "exam_officer"),
    "exams.round_results": ("/exams/rounds/{round}/results", "exam_officer"),
    "exams.round_roster": ("/exams/rounds/{draft}/roster", "exam_officer"),
    "exams.round_units": ("/exams/rounds/{round}/results/units", "exam_officer"),
    "exams.rounds": ("/exams/rounds", "exam_officer"),
    "home.index": ("/", "manager"),
    "library.index": ("/library/", "cadre"),
    "meetings.decisions": ("/meetings/decisions", "study_officer"),
    "meetings.index": ("/meetings/", "study_officer"),
    "org.index": ("/units/", "system_admin"),
    "study.calendar": ("/study/calendar?month=2026-11", "study_officer"),
    "study.kind_list": ("/study/kinds", "study_officer"),
    "study.material": ("/study/materials/{material}", "study_officer"),
    "study.materials": ("/study/materials", "study_officer"),
    "study.overview": ("/study/overview?year=2026", "study_officer"),
    "study.overview_kind": ("/study/overview/{kind}?year=2026", "study_officer"),
    "study.plan": ("/study/plans/{plan}", "study_officer"),
    "study.plan_units": ("/study/plans/{plan}/units", "study_officer"),
    "study.series_page": ("/study/series/{series}", "study_officer"),
    "study.who_studied": ("/study/regulations/{regulation}", "study_officer"),
    "study.plan_list": ("/study/plans", "study_officer"),
    "study.reflections": ("/study/reflections", "study_officer"),
    "study.session_list": ("/study/sessions", "study_officer"),
    "study.session_page": ("/study/sessions/{study}", "study_officer"),
    "study.sessions_to_come": ("/study/sessions/to-come", "study_officer"),
}
# Lists whose rows are no rows of the database: the staging file of an import and the job store are read beside it
# (tests/jobs counts what the latter costs). The samples of the style guide are no rows either.
NOT_HERE = {"imports.show", "jobs.index", "jobs.everyone", "home.styleguide"}


def fill(session, office, numbers: range) -> dict[str, int | str]:
    """One more for each number of everything that a list shows."""
    bank = build_bank(session, office, name="满", each=2)
    round_ = first(session, "满") or build_round(session, office, title="满", people=("cadre",), bank=bank)
    draft = first(session, "稿") or build_round(
        session, office, title="稿", people=("cadre",), bank=bank, state=RoundState.DRAFT
    )
    deferred = first(session, "缓") or build_round(session, office, title="缓", people=(), bank=bank)
    again = first(session, "补") or build_round(
        session, office, title="补", people=(), bank=bank, kind=RoundKind.RESIT, main_round_id=round_.id
    )
    contest = first(session, "赛") or build_contest(
        session, office, title="赛", people=("cadre",), bank=bank, board_during="everybody", names="all"
    )
    short = first(session, "阅") or short_round(session, office, title="阅", people=())
    actor, officer = system_viewer(), office.viewer(session, "exam_officer")
    bank.practice = PracticeRelease.OPEN
    ten = practice.start(session, actor=officer, now=clock.now(), scope=DAILY)
    run = session.scalar(select(BulkRun)) or BulkRun(
        id=str(UUID(int=9)), owner_id=officer.id, list_name="exams.bank", act="retire", path={"bank_id": bank.id},
        state=RunState.DONE, total=3, created_at=START,
    )  # fmt: skip
    session.add(run)
    session.flush()
    for number in numbers:
        session.add(BulkLine(run_id=run.id, row_id=number, label=f"题{number}", params={}))
        for list_name in ("exams.bank", "exams.banks", "exams.rounds", "accounts.people", "audit.index"):
            for owner in ("exam_officer", "manager", "audit_admin", "leader"):
                session.add(
                    SavedView(
                        owner_id=office.people[owner].id, list_name=list_name, name=f"视图{number}", arguments={},
                        shared=True, created_at=START,
                    )
                )  # fmt: skip
        unit = org.create(
            session, actor=actor, now=START, code=f"N{number}", name=f"新单位{number}", kind=UnitKind.SECTION,
            parent_id=office.units["D01"].id, valid_from=START.date(),
        )  # fmt: skip
        note(session, actor=actor, at=START, action="demo.load", subject=("units", str(unit.id), ""))
        added = add_question(session, bank, content_of(QuestionType.SINGLE, 100 + number), START)
        session.add(
            PracticeMark(user_id=officer.id, question_id=added.question_id, wrong=1, in_notebook=True, last_at=START)
        )
        session.add(PracticeDay(user_id=officer.id, day=START.date() + timedelta(days=number), done=1))
        session.add(QuestionBank(name=f"题库{number}", unit_id=unit.id, created_at=START))
        made = build_round(session, office, title=f"考试{number}", people=("cadre", "leader"), bank=bank)
        for owner in ("exam_officer", "manager"):
            session.add(Favourite(user_id=office.people[owner].id, kind="rounds", row_id=made.id, created_at=START))
        put(session, law(f"第{number}号办法", f"第{number}号的内容。"))
        user = create_user(
            session, actor=actor, now=START, number=f"Q{number:03d}", name=f"新人{number}", unit_id=unit.id,
            password_hash="-",
        )  # fmt: skip
        for listed in (round_, draft, contest, again, deferred):
            status = RosterStatus.DEFERRED if listed is deferred else RosterStatus.SHOULD
            session.add(
                RosterEntry(round_id=listed.id, user_id=user.id, unit_id=unit.id, unit_name=unit.name, status=status)
            )
        session.add(certificate(round_, user, number))
        fill_study(session, office, user)
        session.flush()
        begin(session, round_, user)
        sit(session, contest, user, right=number % 3)
        enrol(session, short, user)
        attempt = sit_short(session, short, user, "答案。", right=0)
    made = regrades.try_out(
        session, actor=officer, now=START, round_=short, version_id=attempt.paper[0]["v"], mode=Mode.FULL, picked=()
    )
    regrades.work_out_all(session, short, made)
    session.commit()
    return {
        "short": short.id,
        "regrade": made.id,
        "bank": bank.id,
        "round": round_.id,
        "draft": draft.id,
        "set": ten.id,
        "deferred": deferred.id,
        "contest": contest.id,
        "study": study_of(session, office).id,
        "run": run.id,
        "plan": plan_of(session, office).id,
        "kind": study_of(session, office).kind_id,
        "regulation": session.scalars(select(Regulation.id).order_by(Regulation.id).limit(1)).one(),
        "material": session.scalars(select(StudyMaterial.id).where(StudyMaterial.title == "满")).one(),
        "series": session.scalars(select(StudySeries.id)).one(),
    }


def fill_study(session, office, user: User) -> None:
    """One more session, and one more person on the list of the full one."""
    regulation = session.scalars(select(Regulation).order_by(Regulation.id).limit(1)).one()
    full = session.scalar(select(StudyMaterial).where(StudyMaterial.title == "满")) or linking.add_material(
        session, actor=system_viewer(), now=START, title="满"
    )
    linking.add_material(session, actor=system_viewer(), now=START, title=f"讲话{user.number}")
    row = build_session(session, office, system_viewer(), title=f"学习{user.number}")
    coming = {"day": date(2099, 1, 1), "state": SessionState.PLANNED}
    build_session(session, office, system_viewer(), title=f"计划{user.number}", **coming)
    row.series_id = series_of(session, row).id
    lines = [f"《{regulation.title}》第一条", full.title]
    sessions.set_topics(
        session,
        actor=system_viewer(),
        now=START,
        today=row.day,
        row=row,
        topics=[linking.Topic(line) for line in lines],
    )
    session.add(SelfStudy(user_id=user.id, title=regulation.title, regulation_id=regulation.id, article="art_1",
                          read_on=START.date(), created_at=START))  # fmt: skip
    session.add(StudyKind(code=f"k{user.number}", name=f"形式{user.number}", position=50))
    meeting = build_meeting(session, office, office.viewer(session, "study_officer"), title=f"会{user.number}")
    session.add(Decision(meeting_id=meeting.id, no=1, text="事项", unit_id=user.unit_id))
    session.add(SelfStudy(user_id=user.id, title="条例", read_on=START.date(), reflection="好", created_at=START))
    session.add(
        StudyAttendance(
            session_id=study_of(session, office).id, user_id=user.id, unit_id=user.unit_id, unit_name="单位"
        )
    )


def series_of(session, row: StudySession) -> StudySeries:
    """The series to which all sessions are said to belong."""
    found = session.scalar(select(StudySeries))
    if found is None:
        found = StudySeries(
            title="例会", unit_id=row.unit_id, kind_id=row.kind_id, weekday=0, nth=0, first_on=row.day, last_on=row.day,
            created_at=START,
        )  # fmt: skip
        session.add(found)
        session.flush()
    return found


def plan_of(session, office) -> StudyPlan:
    """A plan that asks something of everybody."""
    found = session.scalar(select(StudyPlan))
    if found is None:
        found = StudyPlan(year=2026, title="满", unit_id=office.units["D"].id, created_at=START)
        session.add(found)
        session.flush()
        session.add(StudyPlanItem(plan_id=found.id, position=1, kind="minutes", title="学时", amount=600))
        session.commit()
    return found


def study_of(session, office) -> StudySession:
    """The session whose list is filled."""
    found = session.scalar(select(StudySession).where(StudySession.title == "满"))
    return found or build_session(session, office, system_viewer(), title="满")


def first(session, title: str) -> ExamRound | None:
    """The round of that title."""
    return session.scalar(select(ExamRound).where(ExamRound.title == title))


def test_a_list_costs_the_same_at_any_length(app, session, office, client_as, statements) -> None:
    """All lists on one database, since filling it takes far longer than they do; each as if it were asked alone.

    So each has a browser of its own and finds of what is kept in memory just what it left there itself.
    """
    clients = {name: client_as(role) for name, (_path, role) in sorted(LISTS.items())}
    kept: dict[str, dict[str, object]] = {name: {} for name in clients}
    costs: dict[str, list[list[str]]] = {name: [] for name in clients}
    for numbers in (range(3), range(3, 33)):
        ids = fill(session(), office, numbers)
        for name, client in clients.items():
            session.commit()  # what the request before has read is read anew
            drop_kept(app)
            app.extensions.update(kept[name])
            with statements() as seen:
                assert client.get(LISTS[name][0].format(**ids)).status_code == 200, name
            kept[name] = drop_kept(app)
            costs[name].append(seen)
    # Not "==": a page of the audit log looks up only the kinds of row that its entries name.
    grown = {name: longer for name, (short, longer) in costs.items() if len(longer) > len(short)}
    told = [f"{name}: {len(costs[name][0])}, then {len(grown[name])}\n" + "\n".join(grown[name]) for name in grown]
    assert not grown, "\n\n".join(told)


def test_a_choice_of_columns_that_is_offered_is_drawn(session, office, client_as) -> None:
    ids, drawn = fill(session(), office, range(3)), 0
    for path, role in LISTS.values():
        client, where = client_as(role), path.format(**ids)
        whole = client.get(where).text
        offered = re.findall(r'name="cols" value="(\w+)"(?: checked)?( data-fixed)?', whole)
        if not offered:
            continue
        wanted = {key for key, fixed in offered if fixed} | {offered[-1][0]}
        assert any(fixed for _key, fixed in offered), f"{path}: a column leads to the row"
        chosen = client.get(f"{where}?cols={','.join(wanted)}").text
        head = re.search(r"<table[^>]*data-rows>.*?</thead>", chosen, re.DOTALL)
        assert head, f"{path}: a list with a choice of columns is drawn by list_table"
        # Beside them only boxes to tick and acts, which are no columns.
        others = len(re.findall(r"data-pick-all|>操作<", head.group()))
        assert len(re.findall(r"<th ", head.group())) - others == len(wanted), path
        drawn += 1
    assert drawn > 10, "the scan finds nothing: the choice is offered in another way"


def test_every_list_is_in_the_table(app: Flask) -> None:
    """A view that hands a `listing` to its template is a list."""
    found = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        name = f"{view.__module__.removeprefix('portal.').replace('.', '/')}.py"
        for function in ast.walk(MODULES[name]) if name in MODULES else ():
            if isinstance(function, ast.FunctionDef) and function.name == view.__name__:
                words = {keyword.arg for keyword in ast.walk(function) if isinstance(keyword, ast.keyword)}
                if "listing" in words:
                    found.add(rule.endpoint)
    assert found - set(LISTS) - NOT_HERE == set()
