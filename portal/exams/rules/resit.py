"""When a re-sit may be set up; who is on its list stands in rules.roster.resit_candidates."""

from __future__ import annotations

from portal.core.errors import RuleError
from portal.exams.rules.round import RoundKind, RoundPhase

OVER = (RoundPhase.CLOSED, RoundPhase.ARCHIVED)
_WITHOUT = (RoundKind.MOCK, RoundKind.CONTEST)


def require_resit(kind: RoundKind, phase: RoundPhase, *, is_resit: bool, unfinished: str = "") -> None:
    """Return if a re-sit of the round may be set up now. `unfinished` is the title of one that is not over yet.

    Raises RuleError "resit-not-for-kind", "resit-of-resit", "resit-too-early" or "resit-going-on".
    """
    if kind in _WITHOUT:
        raise RuleError("resit-not-for-kind")
    if is_resit:
        raise RuleError("resit-of-resit")
    if phase not in OVER:
        raise RuleError("resit-too-early")
    if unfinished:
        raise RuleError("resit-going-on", title=unfinished)


def kind_of_resit(main: RoundKind) -> RoundKind:
    """补考 for what is sat here; what is sat elsewhere is sat again in the same way."""
    return RoundKind.RESIT if main.online else main
