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
from portal.exams.models import ExamRound
from portal.extensions import db, writing
from tests.support.exams import begin, build_bank, build_round, enrol
from tests.support.people import Office, build_office, csrf, sign_in
from tests.support.server import SECRET, Server, free_port

SITTERS = 32
PER_TYPE = 13
"""Questions of each of the four types: 52 on a paper."""


@dataclass(frozen=True)
class Person:
    """Somebody signed in, in the middle of a paper: the headers of their browser, and the attempt."""

    headers: dict[str, str]
    attempt: int
    choices: tuple[int, ...]
    """Places of the questions with options."""


def make(folder: Path) -> tuple[Flask, list[Person], Person]:
    """A migrated site with an open round of 52 questions: (app, who sits it, an exam officer)."""
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
        officer = _signed_in(app, office.people["exam_officer"], 0, ())
        session.commit()
        db.session.remove()
        db.engine.dispose()
    return app, people, officer


def _sitter(app: Flask, office: Office, round_: ExamRound, index: int) -> Person:
    session = db.session()
    user = accounts.create_user(
        session, actor=system_viewer(), now=clock.now(), number=f"B{index:03d}", name=f"考生{index:02d}",
        unit_id=office.units["D0201"].id, password_hash="-", must_change_password=False,
    )  # fmt: skip
    enrol(session, round_, user)
    attempt = begin(session, round_, user)
    choices = tuple(place for place, drawn in enumerate(attempt.paper, start=1) if drawn["o"])
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
def portal(folder: Path) -> Iterator[str]:
    """The portal's server on the site; gives its address."""
    server = Server(folder)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@contextlib.contextmanager
def bare() -> Iterator[str]:
    """The bare routes on a server of the same settings; gives its address."""
    port = free_port()
    words = [sys.executable, "-m", "portal.serve", "--app", "bench.bare:app", "--port", str(port)]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process)
        yield address
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
