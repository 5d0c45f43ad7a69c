"""What a person reads when something goes wrong: a rule's code becomes words here, a fault becomes a page."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from flask import Flask, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from portal.core.errors import RuleError, is_disk_full
from portal.extensions import db
from portal.web.identity import Nobody

log = logging.getLogger("portal")

_KEY = "rule-messages"
SERVER_FAULT = 500
_PAGES = frozenset({400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503})

_GENERAL = {
    "changed-meanwhile": _l("这条记录刚被别人改过。请刷新页面，核对后再保存。"),
    "not-found": _l("没有找到这条记录，可能已被删除。"),
    "disk-full": _l("服务器磁盘空间不足，本次没有保存。请联系系统管理员清理后重试。"),
    "demo-not-empty": _l("数据库里已有人员，不能再写入演示数据。"),
}


def register_messages(app: Flask, messages: Mapping[str, Any]) -> None:
    """Add a feature's sentences: rule code -> lazy text with %(name)s places."""
    known: dict[str, Any] = app.extensions.setdefault(_KEY, dict(_GENERAL))
    for code, text in messages.items():
        if code in known and str(known[code]) != str(text):
            raise ValueError(f"two sentences for the rule code {code}")
        known[code] = text


def messages(app: Flask) -> Mapping[str, Any]:
    """All sentences by code."""
    known: Mapping[str, Any] = app.extensions.get(_KEY, _GENERAL)
    return known


def explain(error: RuleError) -> str:
    """The sentence of a rule error in the reader's language. Raises KeyError for an unknown code."""
    text = str(messages(current_app)[error.code])
    return text % error.params if error.params else text


def init_app(app: Flask) -> None:
    """Turn faults into pages."""
    app.extensions.setdefault(_KEY, dict(_GENERAL))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(RuleError, _rule_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(OSError, _system_error)
    app.register_error_handler(Exception, _fault)


def _answer(status: int, message: str | None = None, reference: str | None = None) -> ResponseReturnValue:
    if request.is_json:
        return jsonify(message=message or str(status), reference=reference), status
    if status >= SERVER_FAULT:
        # Without this the page would load the person anew, and fail again where the database is what failed.
        g._login_user = Nobody()  # noqa: SLF001  Flask-Login has no public way
    known = status if status in _PAGES else (SERVER_FAULT if status >= SERVER_FAULT else 400)
    html = render_template(f"errors/{known}.html", message=message, reference=reference, status=status)
    return html, status


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:  # noqa: PLR2004  a redirect raised by routing
        return error.get_response()
    return _answer(error.code, _limit_said() if isinstance(error, RequestEntityTooLarge) else None)


def _limit_said() -> str:
    return str(_("一次上传不能超过 %(limit)s MB。", limit=current_app.config["MAX_CONTENT_LENGTH"] // (1024 * 1024)))


def _csrf_error(_error: CSRFError) -> ResponseReturnValue:
    if request.mimetype == "multipart/form-data" and not request.form and not request.files:
        return _answer(400, _("上传的内容没有完整送达，没有保存。请检查网络后重新上传。"))
    return _answer(400, _("页面已过期，没有提交成功。请返回上一页，刷新后重试。"))


def _rule_error(error: RuleError) -> ResponseReturnValue:
    """A rule that no form caught."""
    db.session.rollback()
    return _answer(409, explain(error))


def _database_error(error: OperationalError) -> ResponseReturnValue:
    """A full disk or a database that is busy: nothing was written, say so."""
    db.session.rollback()
    if is_disk_full(error):
        return _answer(503, str(_GENERAL["disk-full"]), _log(error, trace=False))
    text = str(error.orig).lower()
    if "locked" in text or "busy" in text:
        return _answer(503, _("系统正忙，本次没有保存。请稍候几秒再试。"), _log(error, trace=False))
    return _answer(500, None, _log(error))


def _system_error(error: OSError) -> ResponseReturnValue:
    """A file that could not be written because the disk is full; anything else is a fault."""
    if not is_disk_full(error):
        return _fault(error)
    db.session.rollback()
    return _answer(503, str(_GENERAL["disk-full"]), _log(error))


def _fault(error: Exception) -> ResponseReturnValue:
    if current_app.testing and not current_app.config.get("SHOW_FAULT_PAGES"):
        raise error
    db.session.rollback()
    return _answer(500, None, _log(error))


def _log(error: Exception, *, trace: bool = True) -> str:
    """Write the fault down under a number that the page shows.

    Without a trace where its cause is plain and hundreds may meet it at once: a full disk must not fill further.
    """
    reference = secrets.token_hex(4).upper()
    if trace:
        log.error("fault %s at %s %s", reference, request.method, request.path, exc_info=error)
    else:
        cause = getattr(error, "orig", error)
        log.error("fault %s at %s %s: %s", reference, request.method, request.path, cause)
    return reference
