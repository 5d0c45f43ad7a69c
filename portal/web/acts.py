"""One act of a reader: do it and commit, or say why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.core.errors import RuleError
from portal.extensions import db
from portal.web.errors import explain
from portal.web.htmx import go

Said = str | Callable[[Any], str] | None


def act(where: str, done: Said, work: Callable[[], Any], *, undo: str = "") -> ResponseReturnValue:
    """Do one thing and commit, or say what rule is against it; either way on to `where`.

    `done` is what is said afterwards; it may be made from what came out of `work`. `undo` is the address that takes it
    back: the next page has a button for it.
    """
    try:
        result = work()
    except RuleError as error:
        db.session.rollback()
        return go(where, explain(error), "error")
    db.session.commit()
    said = done(result) if callable(done) else done
    if undo and said:
        offer_undo(said, undo, where)
        return go(where)
    return go(where, said)


def offer_undo(said: str, url: str, back: str) -> None:
    """Say what was done beside a button that takes it back."""
    undo: Any = {"text": said, "verb": _("撤销"), "next": back, "url": url}
    flash(undo, "undo")
