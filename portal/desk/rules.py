"""How a view may be saved, who may touch one, and how many rows may be worked on at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from portal.core.errors import RuleError

# More tabs than this over one list, and nobody finds the one they want.
VIEWS_MOST = 20
NAME_MOST = 40
ARGUMENTS_MOST = 40
LENGTH_MOST = 1500
# A deleted view can be taken back for so long.
UNDO_FOR = timedelta(days=1)
# Arguments of an address that do not say what is seen.
NOT_KEPT = frozenset({"view", "after", "before", "export", "open", "print", "up"})

# So many rows are done while the reader waits; more go to the background.
AT_ONCE = 50
ROWS_MOST = 5000
# A question that nobody answered, and a result that everybody has read.
ASKED_FOR = timedelta(days=1)
RUNS_KEPT = timedelta(days=90)


class RunState(StrEnum):
    """待确认, 处理中, 已完成."""

    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"


class LineState(StrEnum):
    """待处理, 已处理, 未处理 (left out, with a reason)."""

    WAITING = "waiting"
    DONE = "done"
    LEFT = "left"


def check_name(name: str) -> str:
    """The name without blanks around and inside doubled. Raises RuleError view-no-name or view-name-long."""
    plain = " ".join(name.split())
    if not plain:
        raise RuleError("view-no-name")
    if len(plain) > NAME_MOST:
        raise RuleError("view-name-long", most=NAME_MOST)
    return plain


def kept_arguments(asked: Mapping[str, str]) -> dict[str, str]:
    """What of an address a view keeps. Raises RuleError view-too-long for more than a list could ever ask."""
    kept = {name: value for name, value in asked.items() if value and name not in NOT_KEPT and not name.startswith("_")}
    if len(kept) > ARGUMENTS_MOST or sum(len(name) + len(value) for name, value in kept.items()) > LENGTH_MOST:
        raise RuleError("view-too-long")
    return kept


def check_count(held: int) -> None:
    """Raises RuleError view-too-many when somebody who holds so many views of a list wants one more."""
    if held >= VIEWS_MOST:
        raise RuleError("view-too-many", most=VIEWS_MOST)


def check_share(shared: bool, *, may_share: bool) -> None:
    """Raises RuleError view-not-to-share: a shared view is a tab above everybody's list, which takes a permission."""
    if shared and not may_share:
        raise RuleError("view-not-to-share")


def check_rows(count: int) -> None:
    """Raises RuleError bulk-none or bulk-too-many."""
    if not count:
        raise RuleError("bulk-none")
    if count > ROWS_MOST:
        raise RuleError("bulk-too-many", most=f"{ROWS_MOST:,}")
