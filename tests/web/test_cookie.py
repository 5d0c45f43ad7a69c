"""The session cookie is opened once and remembered; what one request does with it stays with that request."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from portal.web.identity import CSRF_FIELD, SESSION_ID


@pytest.mark.parametrize(
    "more", [{}, {"_permanent": True}, {"_flashes": [("message", "已保存。")]}, {"pending": {"user": 3}}]
)
def test_what_is_changed_in_an_opened_cookie_is_not_there_the_next_time(app: Flask, more: dict[str, Any]) -> None:
    interface: Any = app.session_interface
    sent = {SESSION_ID: "s", CSRF_FIELD: "c", **more}
    cookie = interface.get_signing_serializer(app).dumps(sent)
    first = interface.held(app, cookie)
    assert first == sent
    for value in first.values():
        if isinstance(value, list | dict):
            value.clear()
    first.clear()
    assert interface.held(app, cookie) == sent


def test_a_cookie_of_another_key_holds_nothing(app: Flask) -> None:
    interface: Any = app.session_interface
    cookie = interface.get_signing_serializer(app).dumps({SESSION_ID: "s"})
    assert interface.held(app, cookie[:-2] + ("aa" if cookie[-2:] != "aa" else "bb")) == {}
