"""One act of a reader: do it and commit, or say why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.typing import ResponseReturnValue

from portal.core.errors import RuleError
from portal.extensions import db
from portal.web.errors import explain
from portal.web.htmx import go

Said = str | Callable[[Any], str] | None


def act(where: str, done: Said, work: Callable[[], Any]) -> ResponseReturnValue:
    """Do one thing and commit, or say what rule is against it; either way on to `where`.

    `done` is what is said afterwards; it may be made from what came out of `work`.
    """
    try:
        result = work()
    except RuleError as error:
        db.session.rollback()
        return go(where, explain(error), "error")
    db.session.commit()
    return go(where, done(result) if callable(done) else done)
