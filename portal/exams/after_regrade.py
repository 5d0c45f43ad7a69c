"""Who wants to know when scores changed after they were given: certificates, for one.

A hook is called inside the transaction that changes the scores, with the ids of the attempts whose score or pass is
another now (None for a score that was taken back). It may write; it must not commit, and it must be quick.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.viewer import Viewer

Hook = Callable[[Session, Viewer, datetime, Sequence[int]], None]

HOOKS: list[Hook] = []


def follow(hook: Hook) -> Hook:
    """Register a hook: it gets session, actor, moment and the ids of the attempts."""
    HOOKS.append(hook)
    return hook


def tell(session: Session, actor: Viewer, now: datetime, attempt_ids: Sequence[int]) -> None:
    """Call every hook, unless nothing changed."""
    if attempt_ids:
        for hook in HOOKS:
            hook(session, actor, now, attempt_ids)
