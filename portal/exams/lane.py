"""The short way of the two requests that come by the thousand: past Flask, through the same rules.

In the last minute of an exam nearly every request is a save that will be stored; when a connection comes back, nearly
every request is an exam page loaded again. Most of their time went into what Flask, the sessions and the database layer
do around them. This door stands in front of Flask, reads the cookie, the token and the body with the same keys, judges
by the same queries and rules, has the rows written in a shared commit, and gives out pages that Flask has drawn before
(exam_page.py). Whatever is not plainly one of the two (signed out, taken over, closed, wrong token, not JSON, changed
since it was drawn …) it leaves to Flask, untouched and unanswered, so there is one place for every refusal and one for
every page. On PostgreSQL everything goes through Flask.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from sqlalchemy import Engine
from werkzeug.http import parse_cookie

from portal.accounts.factor_rules import lacks_factor
from portal.accounts.queries import by_session
from portal.config import Config
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.plain import PlainConnection
from portal.core.viewer import Viewer
from portal.exams import exam_page
from portal.exams.queries import attempts as queries
from portal.exams.queries.contest import SECONDS
from portal.exams.rules import attempt as rules
from portal.exams.save_body import saved_body, well_formed
from portal.exams.saving import REFUSED_BY_DATABASE, Rows, sqlite_engine, store_rows
from portal.exams.services import attempts as services
from portal.web.i18n import COOKIE, Display
from portal.web.identity import CSRF_FIELD, SESSION_ID, fingerprint, signed_token
from portal.web.pages import FLASHES, HTML, VARIES, filled, kept_pages, values_of
from portal.web.security import SafeHeaders, over_tls, say_caching
from portal.web.signed import Signed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SAVES = re.compile(r"/exams/attempts/(\d{1,18})/answers")
PAGES = re.compile(r"/exams/attempts/(\d{1,18})")
LONGEST = 65_536
"""Bytes of a save: fifty long texts fit; anything longer goes the usual way and is judged there."""

Headers = list[tuple[str, str]]
Answer = tuple[bytes, Headers]
Door = Callable[["WSGIEnvironment", int], Answer]


class ForFlask(Exception):  # noqa: N818  it is no error
    """The request is none of those that are answered here."""


class Lane:
    """WSGI middleware: answers plain saves and exam pages loaded again, passes everything else on."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._app, self._inner = app, inner
        config: Config = app.config["PORTAL"]
        self._idle, self._factor_asked = timedelta(minutes=config.idle_minutes), config.require_totp
        self._signed = Signed(app)
        self._turn = threading.Lock()
        self._doors: dict[str, tuple[re.Pattern[str], Door]] = {"POST": (SAVES, self.save), "GET": (PAGES, self.page)}
        self._save_headers = self._usual_headers("application/json")
        self._page_headers = self._usual_headers(HTML)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or let Flask answer."""
        address, door = self._doors.get(environ["REQUEST_METHOD"], (None, None))
        found = address.fullmatch(environ["PATH_INFO"]) if address else None
        if found and door:
            with contextlib.suppress(ForFlask):
                body, headers = door(environ, int(found[1]))
                start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
                return [body]
        return self._inner(environ, start_response)

    def page(self, environ: WSGIEnvironment, attempt_id: int) -> Answer:
        """The exam page, if Flask drew it before and nothing that it shows has changed."""
        with self._turn:
            return self._page(environ, attempt_id)

    def save(self, environ: WSGIEnvironment, attempt_id: int) -> Answer:
        """Store what was sent and tell the page so."""
        sent, now = _sent(environ), clock.now()  # it may come slowly: nobody waits for it
        with self._turn:
            rows, answer = self._judged(environ, attempt_id, sent, now)
        self._store(rows)
        return answer, self._save_headers

    # Each look into the database gives the interpreter away for microseconds, and whoever finds it taken afterwards is
    # put to sleep and woken again: twenty times a request when thirty threads do so at once, which took longer than the
    # work. So the two below have one request at a time; there is nothing in them to wait for.

    def _page(self, environ: WSGIEnvironment, attempt_id: int) -> Answer:
        cookies = parse_cookie(environ.get("HTTP_COOKIE"))
        opened = _required(self._signed.session(cookies))
        # A cookie that is sent anew each time, or that holds a message, is Flask's.
        if opened.get("_permanent") or FLASHES in opened or environ.get("QUERY_STRING"):
            raise ForFlask
        now = clock.now()
        with self._reading() as where:
            person = self._sitter(where, opened, environ)
            sheet = _required(queries.sheet_to_show(where, person.id, attempt_id))
            stored = queries.answers_as_stored(where, attempt_id)
        if sheet.lease_session != person.session_id or not rules.phase(queries.attempt_view(sheet), now).writable:
            raise ForFlask
        shown = Display.parse(cookies.get(COOKIE, ""))
        key = exam_page.key(environ.get("SCRIPT_NAME", ""), environ["PATH_INFO"], shown, sheet, stored)
        kept = _required(kept_pages(self._app).get(key))
        token = signed_token(str(self._app.secret_key), opened[CSRF_FIELD])
        values = values_of(person, token, server_now=now.isoformat())
        body, encoding = filled(kept, values, environ.get("HTTP_ACCEPT_ENCODING", ""))
        return body, self._page_headers + encoding

    def _judged(
        self, environ: WSGIEnvironment, attempt_id: int, sent: dict[str, Any], now: datetime
    ) -> tuple[Rows, bytes]:
        """The rows to store, and what the page is told when they are."""
        opened = _required(self._signed.session(parse_cookie(environ.get("HTTP_COOKIE"))))
        if not self._signed.from_our_page(environ, opened):
            raise ForFlask
        with self._reading() as where:
            person = self._sitter(where, opened, environ)
            sheet = _required(queries.sheet_to_save(where, person.id, attempt_id))
            if SECONDS in sheet.paper[0]:  # a clock for each question: rules that ask the session
                raise ForFlask
            try:
                result = services.merged(where, now=now, attempt=sheet, lease=sent["lease"], sent=sent["answers"])
            except RuleError:
                raise ForFlask from None
        if result.status != HTTPStatus.OK or result.evidence:
            raise ForFlask
        rows = services.answer_rows(attempt_id, result.changed, now)
        return rows, json.dumps(saved_body(result, sheet.due_at, now)).encode()

    def _store(self, rows: Rows) -> None:
        if not rows:
            return
        try:
            stored = store_rows(self._app, _required(self._engine), rows)
        except REFUSED_BY_DATABASE:  # a full disk: Flask tries once more, and has the words
            raise ForFlask from None
        if not stored:
            raise ForFlask

    @functools.cached_property
    def _engine(self) -> Engine | None:
        with self._app.app_context():
            return sqlite_engine()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[PlainConnection]:
        """A connection to read with."""
        engine = _required(self._engine)
        connection = engine.raw_connection()
        try:
            yield PlainConnection(connection.driver_connection, engine.dialect)
        finally:
            connection.close()

    def _sitter(self, where: PlainConnection, opened: dict[str, Any], environ: WSGIEnvironment) -> Viewer:
        """Who is signed in and may sit exams, unless there is something to note or to ask of them first."""
        address = environ.get("REMOTE_ADDR", "")
        sid = fingerprint(opened[SESSION_ID])
        person: Viewer
        person, to_note = _required(by_session(where, sid, address=address, now=clock.now(), idle=self._idle))
        if to_note or person.must_change_password or person.confined_to or lacks_factor(self._factor_asked, person):
            raise ForFlask
        if not person.can(Permission.EXAM_TAKE):
            raise ForFlask
        return person

    def _usual_headers(self, kind: str) -> Headers:
        """Those of every answer of this kind."""
        said = {"Vary": VARIES} if kind == HTML else {}
        plain = say_caching(Response(headers=said, content_type=kind))
        own = [(name, value) for name, value in plain.headers if name != "Content-Length"]
        return SafeHeaders(self._inner, tls=over_tls(self._app)).completed(own)


def _required(value: Any) -> Any:
    if value is None:
        raise ForFlask
    return value


def _sent(environ: WSGIEnvironment) -> dict[str, Any]:
    """The body, which must have the shape of a save; it stays readable for Flask."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > LONGEST or environ.get("CONTENT_TYPE") != "application/json":
        raise ForFlask
    raw = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(raw)
    try:
        body: dict[str, Any] = json.loads(raw)
    except ValueError:
        raise ForFlask from None
    if not well_formed(body):
        raise ForFlask
    return body


def open_lane(app: Flask) -> None:
    """Put the lane in front of everything else."""
    app.wsgi_app = Lane(app, app.wsgi_app)  # type: ignore[method-assign]
