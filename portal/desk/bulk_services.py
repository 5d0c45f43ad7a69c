"""One act on many rows: each row is judged anew and on its own, and what became of it is written beside it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select, delete, insert
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portal.audit.services import note
from portal.core.errors import RuleError
from portal.core.viewer import Viewer
from portal.desk import queries
from portal.desk.bulk import BulkAct, BulkList
from portal.desk.models import BulkLine, BulkRun
from portal.desk.rules import ASKED_FOR, ROWS_MOST, RUNS_KEPT, LineState, RunState, check_rows
from portal.web.tables import Table

log = logging.getLogger("portal.desk")

_LABEL = 200
_PART = 500
_QUERY = 2000


def ask(
    session: Session,
    *,
    actor: Viewer,
    now: datetime,
    bulk_list: BulkList,
    act: BulkAct,
    path: Mapping[str, str],
    query: MultiDict[str, str],
    ids: Sequence[int] | None,
) -> BulkRun:
    """Write down which rows are meant: those of `ids`, or for None all that the filters of `query` leave.

    Either way only rows that the actor sees. Raises RuleError bulk-none, bulk-too-many or bulk-filter, and LookupError
    where the actor does not see the list.
    """
    table, statement = bulk_list.rows(session, actor, path)
    found = _by_id(session, table, statement, ids) if ids is not None else _by_filter(session, table, statement, query)
    check_rows(len(found))
    _clear_old(session, actor, now)
    run = BulkRun(
        id=str(uuid.uuid4()),
        owner_id=actor.id or 0,
        list_name=bulk_list.name,
        act=act.code,
        path=dict(path),
        query=urlencode(list(query.items()))[:_QUERY],
        total=len(found),
        created_at=now,
    )
    session.add(run)
    session.flush()
    lines = [
        {"run_id": run.id, "row_id": row_id, "label": bulk_list.label(row)[:_LABEL], "state": LineState.WAITING,
         "code": "", "params": {}}
        for row_id, row in found
    ]  # fmt: skip
    session.execute(insert(BulkLine), lines)
    return run


def _by_filter(
    session: Session, table: Table, statement: Select[Any], query: MultiDict[str, str]
) -> list[tuple[int, Any]]:
    """(id, row) of what the filters leave, one more than may be; a filter that cannot be read must not mean "all"."""
    try:
        seen = table.narrow(statement, query)
    except ValueError as error:
        raise RuleError("bulk-filter", label=str(error)) from error
    numbered = seen.add_columns(table.identity.label("_id")).order_by(None).order_by(table.identity)
    return [(row._mapping["_id"], row) for row in session.execute(numbered.limit(ROWS_MOST + 1))]  # noqa: SLF001


def _by_id(session: Session, table: Table, statement: Select[Any], ids: Sequence[int]) -> list[tuple[int, Any]]:
    """(id, row) of those of the ids that are seen."""
    wanted, found = sorted(set(ids))[: ROWS_MOST + 1], []
    numbered = statement.add_columns(table.identity.label("_id")).order_by(None).order_by(table.identity)
    for start in range(0, len(wanted), _PART):
        rows = session.execute(numbered.where(table.identity.in_(wanted[start : start + _PART])))
        found += [(row._mapping["_id"], row) for row in rows]  # noqa: SLF001
    return found


def start(session: Session, *, run: BulkRun) -> None:
    """The question was answered with yes. Raises RuleError bulk-over for a run that is done."""
    if run.state is RunState.DONE:
        raise RuleError("bulk-over")
    run.state = RunState.RUNNING
    session.flush()


def do_line(session: Session, *, actor: Viewer, now: datetime, act: BulkAct, line_id: int) -> None:
    """Do one row. What a rule says against it is kept beside it; a fault too, and the others go on."""
    line = queries.line(session, line_id)
    if line is None or line.state is not LineState.WAITING:
        return
    row_id = line.row_id
    if not actor.can(act.permission):
        _leave(line, "bulk-not-allowed", {})
        return
    try:
        with session.begin_nested():
            act.apply(session, actor, now, row_id)
        line.state = LineState.DONE
    except RuleError as error:
        _leave(line, error.code, error.params)
    except Exception:
        log.exception("row %s of %s failed", row_id, act.code)
        _leave(line, "bulk-fault", {})
    session.flush()


def leave_rest(session: Session, *, run: BulkRun, code: str) -> None:
    """Leave out all rows that are still waiting, for one reason."""
    for line_id in queries.waiting(session, run.id):
        line = queries.line(session, line_id)
        if line is not None:
            _leave(line, code, {})
    session.flush()


def finish(session: Session, *, actor: Viewer, now: datetime, run: BulkRun, label: str) -> Mapping[LineState, int]:
    """Close a run with one entry in the log beside those of its rows; how many lines are in which state."""
    found = queries.outcome(session, run.id)
    run.state, run.finished_at = RunState.DONE, now
    done, left = found.get(LineState.DONE, 0), found.get(LineState.LEFT, 0)
    subject = ("bulk_runs", run.id, label)
    note(session, actor=actor, at=now, action="bulk.run", subject=subject, done=done, left=left)
    return found


def _leave(line: BulkLine, code: str, params: Mapping[str, Any]) -> None:
    line.state, line.code = LineState.LEFT, code
    line.params = {name: value if isinstance(value, int) else str(value) for name, value in params.items()}


def _clear_old(session: Session, actor: Viewer, now: datetime) -> None:
    """Questions that the person never answered, and results long read."""
    unanswered = (BulkRun.state == RunState.ASKED) & (BulkRun.created_at < now - ASKED_FOR)
    read = (BulkRun.state == RunState.DONE) & (BulkRun.created_at < now - RUNS_KEPT)
    session.execute(delete(BulkRun).where(BulkRun.owner_id == actor.id, unanswered | read))
