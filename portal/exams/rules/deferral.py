"""缓考: put off, not let off. It ends with a re-sit, or on the last day for which it was granted.

The figures of the main round keep counting it as 缓考; what is owed afterwards is the re-sit.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from portal.exams.rules.round import RosterStatus


class DeferralState(StrEnum):
    """缓考中, 已到期（还没有补考）, 已列入补考, 补考已考."""

    OPEN = "open"
    DUE = "due"
    RESIT = "resit"
    DONE = "done"


def deferral_state(until: date | None, today: date, *, resit_listed: bool, resit_sat: bool) -> DeferralState:
    """What has become of a deferral. The last day still counts; one without an end waits for the re-sit."""
    if resit_sat:
        return DeferralState.DONE
    if resit_listed:
        return DeferralState.RESIT
    return DeferralState.DUE if until is not None and until < today else DeferralState.OPEN


def status_at_resit(status: RosterStatus, until: date | None, last_day: date) -> RosterStatus:
    """How a person enters the list of a re-sit whose last day is `last_day`: still deferred only if it was granted for
    longer than that."""
    longer = status is RosterStatus.DEFERRED and until is not None and until >= last_day
    return RosterStatus.DEFERRED if longer else RosterStatus.SHOULD
