"""Accepted rows of results into the tables, in one short transaction; everything is asked again here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.queries import viewer_of
from portal.audit.services import note
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.exams.models import ExamRound, RosterEntry
from portal.exams.models_records import RecordedScore
from portal.exams.queries import rounds as queries
from portal.exams.rules.round import RosterStatus, RoundState
from portal.exams.services import certificates, rounds
from portal.exams.services.recorded import require_open_record
from portal.imports.registry import Written
from portal.org.models import Unit

_PART = 500


def write(
    session: Session, prepared: list[dict[str, Any]], options: Mapping[str, Any], actor: Viewer, now: datetime
) -> Written:
    """People onto the list, results on record; a draft is published by it, since it is over when its results are in.

    Raises RuleError "results-changed" where something is no longer as the preview showed it; nothing is written then.
    """
    person = replace(viewer_of(session, options["by"]), address=actor.address)
    round_ = queries.by_id(session, person, options["round"], manage=True)
    if round_ is None:
        raise RuleError("results-changed", name="")
    require_open_record(round_)
    there = _there(session, round_)
    _list(session, round_, [row for row in prepared if row["id"] not in there.entries])
    done = [_score(session, round_, row, there, now) for row in prepared if row["op"] != "list"]
    session.flush()
    subject = ("exam_rounds", str(round_.id), round_.title)
    counts = {"recorded": done.count("new"), "corrected": done.count("changed")}
    note(session, actor=person, at=now, action="score.import", subject=subject, count=len(prepared), **counts)
    if round_.state is RoundState.DRAFT:
        rounds.publish(session, actor=person, now=now, round_=round_)
    for row in prepared:
        if row["op"] == "changed":
            certificates.follow_person(session, actor=person, now=now, round_=round_, user_id=row["id"])
    return Written(len(prepared))


class _There:
    """What the tables hold now, by person."""

    def __init__(self, entries: dict[int, RosterEntry], scores: dict[int, RecordedScore]) -> None:
        self.entries, self.scores = entries, scores


def _there(session: Session, round_: ExamRound) -> _There:
    entries = session.scalars(select(RosterEntry).where(RosterEntry.round_id == round_.id))
    scores = session.scalars(select(RecordedScore).where(RecordedScore.round_id == round_.id).with_for_update())
    return _There({each.user_id: each for each in entries}, {each.user_id: each for each in scores})


def _list(session: Session, round_: ExamRound, rows: list[dict[str, Any]]) -> None:
    """Put the people of the rows on the list, with their unit of today."""
    wanted = {row["id"]: RosterStatus(row.get("status", RosterStatus.SHOULD.value)) for row in rows}
    ids = sorted(wanted)
    for start in range(0, len(ids), _PART):
        people = session.execute(
            select(User.id, User.unit_id, Unit.name, User.position)
            .join(Unit, Unit.id == User.unit_id)
            .where(User.id.in_(ids[start : start + _PART]))
        )
        session.add_all(
            RosterEntry(
                round_id=round_.id, user_id=user_id, unit_id=unit_id, unit_name=unit_name, position=position,
                status=wanted[user_id],
            )
            for user_id, unit_id, unit_name, position in people
        )  # fmt: skip


def _score(session: Session, round_: ExamRound, row: Mapping[str, Any], there: _There, now: datetime) -> str:
    """Write one result; says whether it is "new" or "changed"."""
    entry, score = there.entries.get(row["id"]), there.scores.get(row["id"])
    seen = score.updated_at.isoformat() if score else ""
    if seen != row["seen"] or (entry is not None and entry.status is not RosterStatus.SHOULD):
        raise RuleError("results-changed", name=row["cells"]["name"] or row["cells"]["number"])
    values = {
        "score": row["score"], "sat_on": date.fromisoformat(row["sat_on"]), "certificate": row["certificate"],
        "updated_at": now,
    }  # fmt: skip
    if score is None:
        session.add(RecordedScore(round_id=round_.id, user_id=row["id"], created_at=now, **values))
        return "new"
    for column, value in values.items():
        setattr(score, column, value)
    return "changed"
