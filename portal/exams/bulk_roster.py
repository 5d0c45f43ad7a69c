"""The list of a round at the desk: 缓考, 免考 and back, for many people at a time.

A reason is part of each act, since it is asked of every line: the usual ones are here, another is given one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.desk import bulk
from portal.exams.models import ExamRound
from portal.exams.queries import resits, rosters, rounds
from portal.exams.rules.round import RosterStatus
from portal.exams.services.resits import set_one_of_many
from portal.web.tables import Table

Apply = Callable[[Session, Viewer, datetime, int], None]
# The reasons go into the list as they stand, in the language of the record.
_ACTS = (
    ("defer-duty", _l("缓考：因公出差"), RosterStatus.DEFERRED, "因公出差", "clock"),
    ("defer-illness", _l("缓考：因病"), RosterStatus.DEFERRED, "因病", "clock"),
    ("exempt-maternity", _l("免考：产假"), RosterStatus.EXEMPT, "产假", "x"),
    ("exempt-illness", _l("免考：长期病假"), RosterStatus.EXEMPT, "长期病假", "x"),
    ("exempt-secondment", _l("免考：援派挂职"), RosterStatus.EXEMPT, "援派挂职", "x"),
    ("due", _l("恢复应考"), RosterStatus.SHOULD, "", "refresh"),
)
_ASKED = {
    RosterStatus.DEFERRED: _l("缓考人员不计入未考，考试结束后列入补考名单。已经开考或已有成绩的人员不作改动。"),
    RosterStatus.EXEMPT: _l("免考人员不计入应考，也不列入补考。已经开考或已有成绩的人员不作改动。"),
    RosterStatus.SHOULD: _l("所选人员改回应考，原来的原因和期限一并清除。"),
}


def _setter(status: RosterStatus, reason: str) -> Apply:
    def apply(session: Session, actor: Viewer, now: datetime, entry_id: int) -> None:
        set_one_of_many(session, actor=actor, now=now, entry_id=entry_id, status=status, reason=reason)

    return apply


def _round(session: Session, viewer: Viewer, path: Mapping[str, str], *, manage: bool) -> ExamRound:
    number = path.get("round_id", "")
    round_id = int(number) if number.isdecimal() and len(number) < 10 else 0  # noqa: PLR2004  a larger id is no id
    found = rounds.by_id(session, viewer, round_id, manage=manage)
    if found is None:
        raise LookupError(round_id)
    return found


def _roster(session: Session, viewer: Viewer, path: Mapping[str, str]) -> tuple[Table, Select[Any]]:
    return rosters.TABLE, rosters.entries(_round(session, viewer, path, manage=True).id)


def _excused(session: Session, viewer: Viewer, path: Mapping[str, str]) -> tuple[Table, Select[Any]]:
    statement = resits.excused(_round(session, viewer, path, manage=False), clock.now(), viewer)
    return resits.excused_table(clock.today()), statement


def _acts(*codes: str) -> tuple[bulk.BulkAct, ...]:
    return tuple(
        bulk.BulkAct(code, label, _ASKED[status], Permission.ROUND_MANAGE, _setter(status, reason), icon)
        for code, label, status, reason, icon in _ACTS
        if not codes or code in codes
    )


bulk.register(
    bulk.BulkList(
        name="exams.round_roster",
        title=_l("人员名单"),
        rows=_roster,
        label=lambda row: f"{row.number} {row.name}",
        acts=_acts(),
    )
)
bulk.register(
    bulk.BulkList(
        name="exams.round_excused",
        title=_l("缓考和免考"),
        rows=_excused,
        label=lambda row: f"{row.number} {row.name}",
        acts=_acts("due"),
    )
)
