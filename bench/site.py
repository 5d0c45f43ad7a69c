"""A site in a temporary folder with people in the middle of an exam, and the servers to measure."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from portal import create_app, database
from portal.accounts import services as accounts
from portal.accounts.models import LoginSession, User
from portal.config import ROOT, Config
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.exams.models import AnswerRow, ExamRound
from portal.extensions import db, writing
from tests.support.exams import begin, build_bank, build_round, enrol
from tests.support.people import Office, build_office, csrf, sign_in
from tests.support.server import SECRET, Server, free_port

SITTERS = 32
PER_TYPE = 13
"""Questions of each of the four types: 52 on a paper."""


NEWCOMERS = 12
"""People who are yet to begin, for whole attempts."""


@dataclass(frozen=True)
class Newcomer:
    """Somebody signed in who may begin a round."""

    headers: dict[str, str]
    round: int


@dataclass(frozen=True)
class Person:
    """Somebody signed in, in the middle of a paper: the headers of their browser, and the attempt."""

    headers: dict[str, str]
    attempt: int
    choices: tuple[int, ...]
    """Places of the questions with options."""


@dataclass(frozen=True)
class Site:
    """A migrated site with an open round of 52 questions: who sits it, who may begin it, and an exam officer."""

    app: Flask
    people: list[Person]
    newcomers: list[Newcomer]
    officer: Person


@dataclass(frozen=True)
class Place:
    """The servers to measure, with the numbers of their process groups, and the people."""

    portal: str
    portal_group: int
    bare: str
    bare_group: int
    people: list[Person]
    newcomers: list[Newcomer]
    officer: Person


def make(folder: Path, roster: int = 0) -> Site:
    """Make the site in a folder; `roster` more people stand on the list of the exam."""
    folder.chmod(0o700)
    config = Config(instance=folder, secret_key=SECRET, database_url=f"sqlite:///{folder / 'portal.db'}")
    app = create_app(config)
    list(database.prepare(app))
    with app.app_context(), writing() as session:
        build_office(session)
        office = Office.load(session)
        bank = build_bank(session, office, each=40)
        round_ = build_round(session, office, bank=bank, per_type=PER_TYPE)
        people = [_sitter(app, office, round_, index) for index in range(SITTERS)]
        newcomers = [_newcomer(app, office, round_, index) for index in range(NEWCOMERS)]
        officer = _signed_in(app, office.people["exam_officer"], 0, ())
        for index in range(roster):
            _cadre(office, round_, f"L{index:05d}", f"名单{index:05d}")
        session.commit()
        db.session.remove()
        db.engine.dispose()
    return Site(app, people, newcomers, officer)


def _cadre(office: Office, round_: ExamRound, number: str, name: str) -> User:
    user = accounts.create_user(
        db.session(), actor=system_viewer(), now=clock.now(), number=number, name=name,
        unit_id=office.units["D0201"].id, password_hash="-", must_change_password=False,
    )  # fmt: skip
    enrol(db.session(), round_, user)
    return user


def _newcomer(app: Flask, office: Office, round_: ExamRound, index: int) -> Newcomer:
    user = _cadre(office, round_, f"N{index:03d}", f"新考生{index:02d}")
    return Newcomer(_signed_in(app, user, 0, ()).headers, round_.id)


def _sitter(app: Flask, office: Office, round_: ExamRound, index: int) -> Person:
    """In the middle of the paper: every second question is answered."""
    session = db.session()
    user = _cadre(office, round_, f"B{index:03d}", f"考生{index:02d}")
    attempt = begin(session, round_, user)
    choices = tuple(place for place, drawn in enumerate(attempt.paper, start=1) if drawn["o"])
    session.add_all(
        AnswerRow(
            attempt_id=attempt.id, position=place, value=["0" if place in choices else "甲"], lease=1, counter=place,
            saved_at=clock.now(),
        )
        for place in range(1, len(attempt.paper), 2)
    )  # fmt: skip
    person = _signed_in(app, user, attempt.id, choices)
    attempt.lease_session = session.scalars(select(LoginSession.id).where(LoginSession.user_id == user.id)).one()
    session.flush()
    return person


def _signed_in(app: Flask, user: User, attempt: int, choices: tuple[int, ...]) -> Person:
    client = sign_in(app, user)
    cookie = client.get_cookie("portal")
    if cookie is None:
        raise RuntimeError("no session cookie")
    return Person({"Cookie": f"portal={cookie.value}", "X-CSRFToken": csrf(client)}, attempt, choices)


@contextlib.contextmanager
def place(folder: Path, roster: int = 0) -> Iterator[Place]:
    """The portal and the bare routes, each on a server of the same settings."""
    made = make(folder, roster)
    server = Server(folder)
    server.start()
    try:
        with _bare() as (bare, bare_group):
            group = server.process.pid if server.process else 0
            yield Place(server.url, group, bare, bare_group, made.people, made.newcomers, made.officer)
    finally:
        server.stop()


@contextlib.contextmanager
def _bare() -> Iterator[tuple[str, int]]:
    port = free_port()
    words = [sys.executable, "-m", "portal.serve", "--app", "bench.bare:app", "--port", str(port)]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(15)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"{address}/ok", timeout=2):  # noqa: S310  our own server
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until or process.poll() is not None:
                raise
            time.sleep(0.05)
