"""Every page of the portal as somebody of the small office opens it, for checks of whole pages.

Pages without a parameter and pages that a link leads to are found by themselves: `walk()` follows the links of each
role. What no link leads to, or what matters in a certain state, stands in BY_HAND; a new page that is found neither way
has to be written there or into NOT_PAGES.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from portal import create_app
from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.core.viewer import Viewer
from portal.exams.rules.practice import DAILY, PracticeRelease, of_type
from portal.exams.rules.regrade import Mode
from portal.exams.services import attempts, regrades
from portal.extensions import db, writing
from portal.jobs.store import store
from portal.library import tasks
from portal.library.models import Regulation, RegulationVersion
from portal.meetings import services as meetings
from portal.meetings.rules import ItemKind
from portal.study.models import StudySeries
from portal.study.queries import attendance as people
from portal.study.rules.attendance import Attendance
from portal.study.rules.hours import PlanItemKind
from portal.study.rules.recurrence import Every, rule_from
from portal.study.services import attendance, linking, own, plans, series, sessions
from portal.web import identity
from tests.conftest import make_config
from tests.support.after import fill_after
from tests.support.exams import SECRET, begin, build_bank, build_contest, build_round, sit
from tests.support.library import law, put
from tests.support.marking import short_round, sit_short
from tests.support.people import Office, csrf, sign_in
from tests.support.practice import practise
from tests.support.routes import plain_pages, rules
from tests.support.server import SECRET as SITE_SECRET
from tests.support.study import build_meeting, build_session, values_of

# Whoever sees most comes first: a page is looked at as the first role that may open it.
ROLES = (
    "exam_officer", "system_admin", "security_admin", "audit_admin", "manager", "leader", "liaison", "cadre",
    "study_officer", "publicity_officer", "case_officer", "reviewer",
)  # fmt: skip
# Pages that differ from one role to another.
FOR_EVERYBODY = {"home.index"}
# (endpoint, role or None for nobody, address): {names} are rows of fill().
BY_HAND = (
    ("accounts.login", None, "/accounts/login"),
    ("exams.attempt", "cadre", "/exams/attempts/{sitting}"),
    ("exams.attempt", "cadre", "/exams/attempts/{elsewhere}"),
    ("exams.attempt", "leader", "/exams/attempts/{clocked}"),
    ("exams.contest", "cadre", "/exams/contests/{contest}"),
    ("exams.contest", "study_officer", "/exams/contests/{contest}"),
    ("exams.contest_wall", "exam_officer", "/exams/rounds/{contest}/wall"),
    ("exams.notice", "cadre", "/exams/take/{contest}"),
    ("exams.round_board", "exam_officer", "/exams/rounds/{contest}/results/board"),
    ("exams.round_board_units", "exam_officer", "/exams/rounds/{contest}/results/board/units"),
    ("exams.notice", "cadre", "/exams/take/{open}"),
    ("exams.review", "cadre", "/exams/attempts/{sitting}/review"),
    ("exams.result", "cadre", "/exams/attempts/{done}/result"),
    ("exams.round_attempt", "exam_officer", "/exams/rounds/{past}/results/attempts/{done}"),
    ("exams.round_attempt_evidence", "exam_officer", "/exams/rounds/{past}/results/attempts/{done}/evidence"),
    ("exams.round_evidence", "exam_officer", "/exams/rounds/{past}/results/evidence"),
    ("exams.round_mark", "exam_officer", "/exams/rounds/{short}/marking/{question}"),
    ("exams.round_rubric", "exam_officer", "/exams/rounds/{short}/marking/{question}/rubric"),
    ("exams.round_regrade_new", "exam_officer", "/exams/rounds/{past}/regrades/new/{asked}"),
    ("exams.result", "cadre", "/exams/attempts/{unmarked}/result"),
    ("exams.round_attempt", "exam_officer", "/exams/rounds/{short}/results/attempts/{unmarked}"),
    ("exams.round_marking", "exam_officer", "/exams/rounds/{short}/marking"),
    ("exams.round_regrade", "exam_officer", "/exams/rounds/{past}/regrades/{regrade}"),
    ("exams.round_regrades", "exam_officer", "/exams/rounds/{past}/regrades"),
    ("exams.round_monitor", "exam_officer", "/exams/rounds/{open}/monitor"),
    ("exams.round_results", "exam_officer", "/exams/rounds/{open}/results?q=nobody-of-this-name"),
    ("exams.round_results", "exam_officer", "/exams/rounds/{past}/results"),
    ("exams.round_units", "exam_officer", "/exams/rounds/{past}/results/units"),
    ("exams.round_distribution", "exam_officer", "/exams/rounds/{past}/results/distribution"),
    ("exams.round_not_sat", "exam_officer", "/exams/rounds/{past}/results/not-sat"),
    ("exams.practice", "cadre", "/exams/practice"),
    ("exams.practice", "leader", "/exams/practice"),
    ("exams.practice_law", "leader", "/exams/practice/laws?law=%E4%BF%A1%E8%AE%BF%E5%B7%A5%E4%BD%9C%E6%9D%A1%E4%BE%8B"),
    ("exams.practice_notebook", "leader", "/exams/practice/notebook"),
    ("exams.practice_record", "leader", "/exams/practice/record"),
    ("exams.practice_set", "leader", "/exams/practice/sets/{ten}"),
    ("exams.practice_set", "leader", "/exams/practice/sets/{ten}?at=1"),
    ("exams.practice_set", "leader", "/exams/practice/sets/{ten}?at=2"),
    ("exams.practice_set", "leader", "/exams/practice/sets/{finished}"),
    ("exams.bank_practice", "exam_officer", "/exams/banks/{bank}/practice"),
    ("exams.code_enter", None, "/exams/code"),
    ("exams.certificate", "cadre", "/exams/certificates/{certificate}"),
    ("exams.history", "cadre", "/exams/history"),
    ("exams.round_bulletin", "exam_officer", "/exams/rounds/{past}/bulletin"),
    ("exams.round_certificate", "exam_officer", "/exams/rounds/{superior}/certificates/{certificate}"),
    ("exams.round_certificates", "exam_officer", "/exams/rounds/{superior}/certificates"),
    ("exams.round_certificates_print", "exam_officer", "/exams/rounds/{superior}/certificates/print"),
    ("exams.round_codes", "exam_officer", "/exams/rounds/{open}/codes"),
    ("exams.round_comparison", "exam_officer", "/exams/comparison?round={past}&round={superior}"),
    ("exams.round_elsewhere", "exam_officer", "/exams/rounds/{paper}/elsewhere"),
    ("exams.round_elsewhere_new", "exam_officer", "/exams/rounds/elsewhere/new"),
    ("exams.round_excused", "exam_officer", "/exams/rounds/{past}/results/excused"),
    ("exams.round_page", "exam_officer", "/exams/rounds/{paper}"),
    ("exams.round_page", "exam_officer", "/exams/rounds/{draft}"),
    ("exams.round_page", "exam_officer", "/exams/rounds/{past}"),
    ("exams.round_resit_new", "exam_officer", "/exams/rounds/{past}/resit/new"),
    ("exams.round_resits", "exam_officer", "/exams/rounds/{past}/results/resits"),
    ("exams.round_results", "exam_officer", "/exams/rounds/{superior}/results"),
    ("exams.round_score", "exam_officer", "/exams/rounds/{superior}/scores/{score}"),
    ("exams.round_score_new", "exam_officer", "/exams/rounds/{superior}/scores/new"),
    ("jobs.show", "exam_officer", "/jobs/{job}"),
    ("library.show", "cadre", "/library/{regulation}"),
    ("library.compare_versions", "cadre", "/library/{regulation}/compare"),
    ("library.bulk_report", "study_officer", "/library/bulk/{report}"),
    ("library.edit", "study_officer", "/library/{regulation}/edit"),
    ("library.settle", "study_officer", "/library/versions/{version}"),
    ("meetings.meeting", "study_officer", "/meetings/{meeting}"),
    ("meetings.edit", "study_officer", "/meetings/{meeting}/edit"),
    ("meetings.edit_item", "study_officer", "/meetings/{meeting}/items/{item}"),
    ("meetings.edit_decision", "study_officer", "/meetings/{meeting}/decisions/{decision}"),
    ("meetings.decision", "cadre", "/meetings/decisions/{decision}"),
    ("study.session_page", "study_officer", "/study/sessions/{study}"),
    ("study.session_page", "case_officer", "/study/sessions/{study}"),
    ("study.session_edit", "study_officer", "/study/sessions/{study}/edit"),
    ("study.person", "study_officer", "/study/sessions/{study}/people/{entry}"),
    ("study.who_studied", "study_officer", "/study/regulations/{regulation}"),
    ("study.sign_in_sheet", "study_officer", "/study/sessions/{study}/sign-in-sheet"),
    ("study.check_in_screen", "study_officer", "/study/sessions/{study}/check-in/screen"),
    ("study.make_up", "case_officer", "/study/sessions/{study}/make-up"),
    ("study.overview_kind", "study_officer", "/study/overview/{kind}"),
    ("study.plan", "study_officer", "/study/plans/{plan}"),
    ("study.plan_edit", "study_officer", "/study/plans/{plan}/edit"),
    ("study.plan_item_edit", "study_officer", "/study/plans/{plan}/items/{plan_item}"),
    ("study.plan_units", "study_officer", "/study/plans/{plan}/units"),
    ("study.kind_edit", "study_officer", "/study/kinds/{kind}"),
    ("study.material", "cadre", "/study/materials/{material}"),
    ("study.series_page", "study_officer", "/study/series/{series}"),
    ("desk.bulk_show", "system_admin", "/bulk/{bulk}"),
    ("404", "cadre", "/no/such/page"),
    ("403", "cadre", "/accounts/people"),
)
# Reached by GET, and no page: why.
NOT_PAGES = {
    "accounts.people_template": "a sheet",
    "accounts.second_step_page": "between password and home; tests/browser/test_accounts.py opens it",
    "files.download": "the file itself",
    "files.thumbnail": "a picture",
    "jobs.result": "the file itself",
    "meetings.meeting_minutes": "a Word document",
    "study.check_in_qr": "a picture",
    "study.feed": "a calendar file",
    "study.import_template": "a sheet",
    "study.topic_suggestions": "a list that the browser puts under a field; tests/study asks for it",
    "study.session_minutes": "a Word document",
    "home.healthz": "for whoever watches the process",
    "imports.failed_rows": "a sheet",
    "imports.show": "needs the worker; its parts are those of every list, and test_import.py opens it",
    "static": "files",
    "exams.certificate_square": "a picture",
    "exams.results_template": "a sheet",
}
OK = 200


@dataclass(frozen=True)
class Look:
    """A page as one role opens it; role None is signed out."""

    endpoint: str
    role: str | None
    path: str


@dataclass(frozen=True)
class Walk:
    """The pages found, the cookie that each role carries, and the endpoints that GET reaches."""

    looks: list[Look]
    cookies: dict[str, str]
    cookie_name: str
    endpoints: frozenset[str]

    @property
    def missed(self) -> list[str]:
        """Pages that were neither found nor named as no pages."""
        return sorted(self.endpoints - {look.endpoint for look in self.looks} - set(NOT_PAGES))


def fill(app: Flask, clients: dict[str, FlaskClient]) -> dict[str, object]:
    """Rows for the pages: a draft, an open round and one that is over; attempts in each state; a job."""
    with app.app_context(), writing() as session:
        office, now = Office.load(session), clock.now()
        bank = build_bank(session, office, each=6)
        open_ = build_round(session, office, title="2026年度学法考试", bank=bank, per_type=5, attempts_allowed=None)
        other = build_round(session, office, title="2026年度学法考试（补考）", bank=bank)
        past = build_round(
            session, office, title="2025年度学法考试", bank=bank, opens=now - timedelta(days=30),
            closes=now + timedelta(days=1), show_answers="at_once", show_key="at_once", show_analysis="at_once",
        )  # fmt: skip
        draft = build_round(session, office, title="2027年度学法考试", bank=bank, state="draft")
        contest = build_contest(
            session, office, title="知识竞赛", bank=bank, self_enrol=True, question_seconds=600, least_people=1,
            board_during="everybody", attempts_allowed=None, minutes=120,
        )  # fmt: skip
        cadre = office.people["cadre"]
        sitting, elsewhere = begin(session, open_, cadre), begin(session, other, cadre)
        with clients["cadre"].session_transaction() as cookie:
            sitting.lease_session = identity.fingerprint(cookie[identity.SESSION_ID])
        done = _eventful(session, past, office)
        sit(session, past, office.people["leader"], right=2, at=now - timedelta(days=9))
        past.closes_at = now - timedelta(days=2)
        bank.practice = PracticeRelease.OPEN
        leader = office.viewer(session, "leader")
        ten = practise(session, leader, DAILY, [True, False])
        finished = practise(session, leader, of_type("single"), [True, False] * 3)
        sit(session, contest, office.people["cadre"], right=0)
        clocked = begin(session, contest, office.people["leader"])
        with clients["leader"].session_transaction() as cookie:
            clocked.lease_session = identity.fingerprint(cookie[identity.SESSION_ID])
        job = store().add(
            "nothing",
            {},
            owner_id=office.people["exam_officer"].id,
            owner_name=office.people["exam_officer"].name,
            back_url="/exams/banks",
        )
        short = short_round(session, office, title="2026年度学法考试（简答）")
        unmarked = sit_short(session, short, cadre, "属地管理、分级负责。")
        regrade = _tried_out(session, past, office, done.paper[0]["v"])
        ids = {
            "open": open_.id, "past": past.id, "sitting": sitting.id, "elsewhere": elsewhere.id, "done": done.id,
            "bank": bank.id, "ten": ten.id, "finished": finished.id, "draft": draft.id,
            "contest": contest.id, "clocked": clocked.id,
            "short": short.id, "unmarked": unmarked.id, "question": unmarked.paper[-1]["v"],
            "asked": done.paper[0]["v"], "regrade": regrade.id,
        }  # fmt: skip
        ids.update(fill_after(session, office, past))
        session.commit()
        ids.update(_library(session))
        ids.update(_study(session, office))
        ids["report"] = _library_report()
        session.commit()
    return {**ids, "job": job.id, "bulk": _bulk(clients["system_admin"])}


def _study(session: Session, office: Office) -> dict[str, object]:
    """A meeting with a decision; a session with a list, check-in and a make-up; a plan; work on many rows."""
    officer, now, today = office.viewer(session, "study_officer"), clock.now(), clock.today()
    meeting = build_meeting(session, office, officer)
    told = {"actor": officer, "now": now, "meeting": meeting}
    item = meetings.add_item(session, **told, kind=ItemKind.FIRST_TOPIC, title="传达学习讲话")
    asked = meetings.DecisionValues("开展条例宣传", office.units["D02"].id, office.people["cadre"].id, today)
    decision = meetings.add_decision(session, **told, values=asked)
    row = build_session(session, office, officer, code="first_topic", day=today, today=today)
    here = {"actor": officer, "now": now, "today": today, "row": row}
    attendance.add_unit(session, **here, unit_id=office.units["D01"].id)
    missed = people.of_person(session, row.id, office.people["case_officer"].id)
    attendance.mark(session, **here, person=missed, status=Attendance.LEAVE)
    attendance.ask_make_up(session, actor=officer, now=now, row=row, people=[missed])
    attendance.open_check_in(session, **here)
    material = linking.add_material(session, actor=officer, now=now, title="某次讲话", issuer="某机关")
    lines = ("传达学习讲话", "某次讲话", "《测试办理条例》第一条、第二条、第九条", "《没有的条例》第一条")
    sessions.set_topics(session, **here, topics=[sessions.Topic(line) for line in lines])
    sessions.add_speech(session, **here, name="特邀嘉宾", topic="体会", minutes=10)
    plan = plans.create(session, actor=officer, now=now, values=plans.PlanValues(today.year, "计划", row.unit_id))
    hours = plans.ItemValues(PlanItemKind.MINUTES, "学时", 600)
    plan_item = plans.add_item(session, actor=officer, now=now, plan=plan, values=hours)
    plans.publish(session, actor=officer, now=now, plan=plan)
    reader = office.viewer(session, "cadre")
    own.read(session, actor=reader, now=now, today=today, title="条例", read_on=today, minutes=9, reflection="好")
    return {
        "meeting": meeting.id, "item": item.id, "decision": decision.id, "study": row.id, "kind": row.kind_id,
        "plan": plan.id, "entry": missed.id, "plan_item": plan_item.id, "material": material.id,
        "series": _series(session, office, officer).id,
    }  # fmt: skip


def _series(session: Session, office: Office, officer: Viewer) -> StudySeries:
    """A session that comes back next year."""
    today = clock.today()
    values = values_of(session, office, title="每周学习", day=today)
    days = [today + timedelta(days=7 * week) for week in range(3)]
    rule = rule_from(Every.WEEK, today)
    return series.create(session, actor=officer, now=clock.now(), today=today, values=values, rule=rule, days=days)


def _library(session: Session) -> dict[str, object]:
    """A regulation with two texts, one of which waits for its date to be settled."""
    put(session, law("测试办理条例", "为了试验。", "按期办理。"))
    put(session, law("测试办理条例", "为了再试。", "按时办理。", adopted="2024年1月1日", begins="2024年3月1日"))
    session.flush()
    versions = session.scalars(select(RegulationVersion.id).order_by(RegulationVersion.id)).all()
    return {"regulation": session.scalars(select(Regulation.id)).one(), "version": versions[-1]}


def _library_report() -> str:
    """The folder of a bulk import whose report can be read."""
    folder = "0f0e0d0c-0b0a-4908-8706-050403020100"
    report = asdict(tasks.Report(files=1))
    (tasks.make_folder(folder) / tasks.REPORT).write_text(json.dumps(report), encoding="utf-8")
    return folder


def _bulk(client: FlaskClient) -> str:
    """Work on many rows that waits to be confirmed; its id."""
    data = {"csrf_token": csrf(client), "list": "accounts.people", "action": "disable", "all": "1", "next": "/"}
    return client.post("/bulk", data=data).location.rsplit("/", 1)[-1]


def _tried_out(session, round_, office, version_id):  # type: ignore[no-untyped-def]
    """A regrade on trial."""
    officer = office.viewer(session, "exam_officer")
    made = regrades.try_out(
        session, actor=officer, now=clock.now(), round_=round_, version_id=version_id, mode=Mode.FULL, picked=()
    )
    regrades.work_out_all(session, round_, made)
    return made


def _eventful(session, round_, office):  # type: ignore[no-untyped-def]
    """An attempt with something in every part of its course."""
    cadre, now = office.people["cadre"], clock.now()
    attempt = begin(session, round_, cadre, at=now - timedelta(minutes=30))
    viewer = viewer_of(session, cadre.id)
    noted = [
        {"kind": kind, "ago_ms": ago} for kind, ago in (("blur", 900_000), ("focus", 870_000), ("offline", 600_000))
    ]
    attempts.note_events(session, viewer=viewer, now=now, attempt=attempt, events=noted)
    attempts.take_over(session, viewer=viewer, now=now, attempt=attempt)
    sent = [{"pos": 1, "value": ["0"], "counter": 1}]
    attempts.save(session, viewer=viewer, now=now, attempt=attempt, lease=1, sent=sent)
    attempts.submit(session, viewer=viewer, now=now, attempt=attempt, round_=round_, secret=SECRET)
    return attempt


def walk(folder: Path) -> Walk:
    """Fill the site in the folder and find its pages."""
    app = create_app(replace(make_config(folder), testing=False, secret_key=SITE_SECRET))
    with app.app_context(), writing() as session:
        office = Office.load(session)
        clients = {role: sign_in(app, office.people[role]) for role in ROLES}
        session.commit()
    ids = fill(app, clients)
    by_hand = [Look(endpoint, role, path.format(**ids)) for endpoint, role, path in BY_HAND]
    found = {look.endpoint for look in by_hand}
    looks = [*by_hand, *(look for role in ROLES for look in _pages_of(app, role, clients[role], by_hand, found))]
    cookie_name = app.config["SESSION_COOKIE_NAME"]
    cookies = {role: client.get_cookie(cookie_name).value for role, client in clients.items()}  # type: ignore[union-attr]
    endpoints = frozenset(rule.endpoint for rule in rules(app, "GET"))
    with app.app_context():
        store().engine.dispose()
        db.session.remove()
        db.engine.dispose()
    return Walk(looks, cookies, cookie_name, endpoints)


def _pages_of(app: Flask, role: str, client: FlaskClient, by_hand: list[Look], found: set[str]) -> Iterator[Look]:
    """Pages that nobody before has opened, from the plain ones and those by hand on along the links."""
    adapter = app.url_map.bind("localhost")
    waiting = [Look(endpoint, role, path) for endpoint, path in plain_pages(app)]
    waiting += [look for look in by_hand if look.role == role]
    tried: set[str] = set()
    while waiting:
        look = waiting.pop(0)
        known = look.endpoint in found and look.endpoint not in FOR_EVERYBODY and look not in by_hand
        if known or look.path in tried or look.endpoint in NOT_PAGES:
            continue
        tried.add(look.path)
        with client.get(look.path) as answer:
            if answer.status_code != OK or answer.mimetype != "text/html":
                continue
            html = answer.text
        if look not in by_hand:
            found.add(look.endpoint)
            yield look
        for href in re.findall(r'href="(/[^"#]*)"', html):
            path = unescape(href)
            with contextlib.suppress(HTTPException):  # an address of POST, or a file that the server sends by itself
                waiting.append(Look(str(adapter.match(path.partition("?")[0], method="GET")[0]), role, path))
