"""The short way of a save: past Flask, through the same rules.

In the last minute of an exam nearly every request is a save that will be stored. Most of its time went into what
Flask, the sessions and the forms do around it, and into reading while other writers were kept out. This door stands in
front of Flask, reads the cookie, the token and the body with the same keys, judges by the same queries and rules, and
has the rows written in a shared commit. Whatever is not plainly such a save (signed out, taken over, closed, wrong
token, not JSON …) it leaves to Flask, untouched and unanswered, so there is one place for every refusal. On PostgreSQL,
which groups commits by itself, everything goes through Flask.
"""

from __future__ import annotations

import hmac
import io
import json
import re
from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import same_origin
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.http import parse_cookie

from portal.accounts.queries import by_session
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.exams.queries.attempts import sheet_to_save
from portal.exams.save_body import saved_body, well_formed
from portal.exams.saving import Rows, sqlite_engine, store_rows
from portal.exams.services import attempts as services
from portal.web.identity import CSRF_FIELD, SESSION_ID, fingerprint
from portal.web.security import add_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDRESS = re.compile(r"/exams/attempts/(\d{1,18})/answers")
LONGEST = 65_536
"""Bytes of a save: fifty long texts fit; anything longer goes the usual way and is judged there."""


class SaveLane:
    """WSGI middleware: answers plain saves, passes everything else on."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self._app, self._inner = app, inner
        self._idle = timedelta(minutes=app.config["PORTAL"].idle_minutes)
        signing = SecureCookieSessionInterface.get_signing_serializer
        self._cookies = signing(app.session_interface, app)  # type: ignore[arg-type]
        self._tokens = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token")
        plain = add_headers(Response(mimetype="application/json"), tls=bool(app.config["SESSION_COOKIE_SECURE"]))
        self._headers = [(name, value) for name, value in plain.headers if name != "Content-Length"]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the save, or let Flask answer."""
        if environ["REQUEST_METHOD"] == "POST" and (found := ADDRESS.fullmatch(environ["PATH_INFO"])):
            body = self._stored(environ, int(found[1]))
            if body is not None:
                start_response("200 OK", [*self._headers, ("Content-Length", str(len(body)))])
                return [body]
        return self._inner(environ, start_response)

    def _stored(self, environ: WSGIEnvironment, attempt_id: int) -> bytes | None:
        """Store what was sent and give the answer's body; None when this is for Flask."""
        sid = self._session_id(environ)
        sent = _sent(environ) if sid else None
        if sid is None or sent is None:
            return None
        with self._app.app_context():
            engine = sqlite_engine()
            return self._save(engine, sid, environ.get("REMOTE_ADDR", ""), attempt_id, sent) if engine else None

    def _save(self, engine: Engine, sid: str, address: str, attempt_id: int, sent: dict[str, Any]) -> bytes | None:
        now = clock.now()
        with Session(engine) as session:
            found = by_session(session, fingerprint(sid), address=address, now=now, idle=self._idle)
            if found is None or found[1] or not _plain(found[0]):
                return None
            sheet = sheet_to_save(session, found[0].id, attempt_id)
            if sheet is None:
                return None
            try:
                result = services.merged(session, now=now, attempt=sheet, lease=sent["lease"], sent=sent["answers"])
            except RuleError:
                return None
        if result.status != HTTPStatus.OK or result.evidence:
            return None
        rows = services.answer_rows(attempt_id, result.changed, now)
        if rows and not _kept(engine, rows):
            return None
        return json.dumps(saved_body(result, sheet.due_at, now)).encode()

    def _session_id(self, environ: WSGIEnvironment) -> str | None:
        """The session id of the cookie, if the token in the header belongs to it and the page is of this site."""
        cookie = parse_cookie(environ.get("HTTP_COOKIE")).get(self._app.config["SESSION_COOKIE_NAME"], "")
        token = environ.get("HTTP_X_CSRFTOKEN", "")
        if environ.get("HTTP_SEC_FETCH_SITE") == "cross-site" or not _same_site(environ):
            return None
        lifetime = int(self._app.permanent_session_lifetime.total_seconds())
        try:
            opened = self._cookies.loads(cookie, max_age=lifetime)  # type: ignore[union-attr]
            signed = self._tokens.loads(token, max_age=self._app.config["WTF_CSRF_TIME_LIMIT"])
        except BadData:
            return None
        fits = SESSION_ID in opened and hmac.compare_digest(opened.get(CSRF_FIELD, ""), str(signed))
        return str(opened[SESSION_ID]) if fits else None


def _plain(person: Viewer) -> bool:
    """Whether no more needs to be asked about the person; for which exam a code was given only Flask knows."""
    return person.can(Permission.EXAM_TAKE) and not person.must_change_password and not person.confined_to


def _kept(engine: Engine, rows: Rows) -> bool:
    """Whether the rows are stored. On a full disk they are not: Flask tries once more, and has the words."""
    try:
        return store_rows(engine, rows)
    except OperationalError:
        return False


def _same_site(environ: WSGIEnvironment) -> bool:
    """Over TLS the page must be of this host, as for every other form."""
    if environ.get("wsgi.url_scheme") != "https":
        return True
    return bool(same_origin(environ.get("HTTP_REFERER", ""), f"https://{environ.get('HTTP_HOST', '')}/"))


def _sent(environ: WSGIEnvironment) -> dict[str, Any] | None:
    """The body, if it has the shape of a save; it stays readable for Flask."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > LONGEST or environ.get("CONTENT_TYPE") != "application/json":
        return None
    raw = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(raw)
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    return body if well_formed(body) else None


def open_lane(app: Flask) -> None:
    """Put the lane in front of everything else."""
    app.wsgi_app = SaveLane(app, app.wsgi_app)  # type: ignore[method-assign]
