"""Sitting an exam: start, save, take over, hand in.

Every function takes `now` from the server's clock and leaves the commit to its caller. Saves are not in the audit log;
the seal of a handed-in attempt is what shows a later change.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from portal.accounts.services import hold_session, release_session, shorten_session
from portal.audit.services import record
from portal.core.errors import RuleError
from portal.core.plain import PlainConnection
from portal.core.viewer import Viewer
from portal.exams.models import AnswerRow, Attempt, AttemptEvent, ExamRound, RosterEntry
from portal.exams.queries import attempts as queries
from portal.exams.queries.attempts import Shape, SheetToSave
from portal.exams.queries.rounds import sections_of
from portal.exams.rules import attempt as rules
from portal.exams.rules import marking
from portal.exams.rules.answers import clean_value
from portal.exams.rules.attempt import GRACE, Answer, AttemptState, Merge, Phase, Rev
from portal.exams.rules.drawing import DrawnQuestion, draw, new_seed
from portal.exams.rules.regrade import stored
from portal.exams.rules.round import may_start
from portal.exams.rules.seal import seal
from portal.exams.services import certificates, contest
from portal.exams.services.grading import grade
from portal.exams.services.marking_tasks import open_tasks

# A session is held a little longer than the grace, so that the result page still opens.
HOLD_AFTER = GRACE + timedelta(minutes=10)
EVENT_KINDS = frozenset({"blur", "focus", "offline", "online"})
MAX_EVENTS = 50


def start(session: Session, *, viewer: Viewer, now: datetime, round_id: int, secret: bytes) -> Attempt:
    """Begin an attempt, or give back the one under way: a second start gives the first one's result.

    Raises RuleError "not-on-roster" or what rules.round.may_start says.
    """
    found = queries.my_round(session, viewer.id or 0, round_id, lock=True)
    if found is None:
        raise RuleError("not-on-roster")
    round_, entry = found
    earlier = queries.attempts_of(session, round_id, viewer.id or 0)
    for attempt in earlier:
        current = rules.phase(queries.attempt_view(attempt), now)
        if current.writable:
            return attempt
        if current is Phase.EXPIRED:
            close(session, attempt=attempt, round_=round_, now=now, secret=secret)
    counted = [attempt for attempt in earlier if attempt.state is not AttemptState.VOIDED]
    passed = any(attempt.passed for attempt in counted)
    may_start(queries.round_view(round_), entry.status, len(counted), round_.attempts_allowed, passed, now)
    return _begin(session, viewer=viewer, now=now, round_=round_, entry=entry, no=len(earlier) + 1)


def _begin(
    session: Session, *, viewer: Viewer, now: datetime, round_: ExamRound, entry: RosterEntry, no: int
) -> Attempt:
    drawn = draw(sections_of(session, round_), new_seed())
    shapes = queries.shapes(session, [{"v": question.version_id} for question in drawn])
    attempt = Attempt(
        round_id=round_.id,
        user_id=entry.user_id,
        no=no,
        paper=[_drawn(question, shapes[question.version_id]) for question in drawn],
        lease=1,
        lease_session=viewer.session_id or "",
        started_at=now,
        due_at=rules.due_at(now, round_.minutes, round_.closes_at, entry.extra_minutes),
        max_score=sum(question.points for question in drawn),
    )
    session.add(attempt)
    session.flush()
    contest.wind(session, attempt=attempt, round_=round_, extra_minutes=entry.extra_minutes)
    _event(session, attempt, "start", viewer.address, now)
    _hold(session, attempt, viewer)
    return attempt


def _drawn(question: DrawnQuestion, shape: Shape) -> dict[str, Any]:
    """A line of the stored paper: version, section, points, order of options; and type and blanks, for the saves."""
    return {
        "v": question.version_id,
        "s": question.section,
        "p": question.points,
        "o": list(question.order),
        "t": shape.type.value,
        "b": shape.blanks,
    }


def take_over(session: Session, *, viewer: Viewer, now: datetime, attempt: Attempt) -> None:
    """Go on with the attempt here; the page that had it is told so at its next save. Raises "attempt-closed"."""
    taken = rules.take_over(queries.attempt_view(attempt), now)
    attempt.lease, attempt.lease_session = taken.lease, viewer.session_id or ""
    _event(session, attempt, "takeover", viewer.address, now, lease=taken.lease)
    _hold(session, attempt, viewer)


def save(
    session: Session,
    *,
    viewer: Viewer,
    now: datetime,
    attempt: Attempt | SheetToSave,
    lease: int,
    sent: Sequence[Mapping[str, Any]],
) -> Merge:
    """Store what a page sent, as far as the rules let it.

    `attempt` is the row or what queries.sheet_to_save() reads of it. `sent` is a list of {"pos": place from 1,
    "value": [text, …], "counter": n}. Raises RuleError "bad-answer" for something that no page sends.
    """
    result = merged(session, now=now, attempt=attempt, lease=lease, sent=sent)
    if result.changed:
        rows = answer_rows(attempt.id, result.changed, now)
        session.connection().execute(_upsert(session.get_bind().dialect.name), rows)
    if result.evidence:
        answers = {str(place): list(answer.value) for place, answer in result.evidence.items()}
        kind = "late" if result.status == 410 else "stale"  # noqa: PLR2004
        filled = sorted(result.changed)
        _event(session, attempt, kind, viewer.address, now, lease=lease, answers=answers, filled=filled)
    return result


def merged(
    where: Session | PlainConnection,
    *,
    now: datetime,
    attempt: Attempt | SheetToSave,
    lease: int,
    sent: Sequence[Mapping[str, Any]],
) -> Merge:
    """What save() is going to do, from what is stored now. Writes nothing.

    Raises RuleError "bad-answer", or "question-closed" for a question of a contest whose time is over.
    """
    incoming = _incoming(where, attempt, lease, sent)
    stored = queries.answers(where, attempt.id, incoming) if incoming else {}
    result = rules.merge(queries.attempt_view(attempt), stored, incoming, owner=True, now=now, lease=lease)
    contest.require_open(where, attempt, result.changed, now)
    return result


def answer_rows(attempt_id: int, changed: Mapping[int, Answer], now: datetime) -> list[dict[str, Any]]:
    """The rows of the answers to write, by column."""
    return [
        {
            "attempt_id": attempt_id,
            "position": place,
            "value": list(answer.value),
            "lease": answer.rev.lease,
            "counter": answer.rev.counter,
            "saved_at": now,
        }
        for place, answer in changed.items()
    ]


def save_form(
    session: Session, *, viewer: Viewer, now: datetime, attempt: Attempt, values: Mapping[int, list[str]]
) -> Merge:
    """Store what the plain form posted (place -> values): only what differs from what is stored counts as a change."""
    stored = queries.answers(session, attempt.id)
    shapes = queries.shapes(session, attempt.paper)
    counter = rules.highest_counter(stored)
    sent = []
    for place, value in values.items():
        cleaned = _clean(attempt, shapes, place, value)
        before = stored[place].value if place in stored else ()
        if cleaned != before:
            counter += 1
            sent.append({"pos": place, "value": list(cleaned), "counter": counter})
    return save(session, viewer=viewer, now=now, attempt=attempt, lease=attempt.lease, sent=sent)


def _incoming(
    where: Session | PlainConnection, attempt: Attempt | SheetToSave, lease: int, sent: Sequence[Mapping[str, Any]]
) -> dict[int, Answer]:
    if not sent:
        return {}
    shapes = queries.shapes(where, [attempt.paper[each - 1] for each in _places(attempt, sent)])
    incoming: dict[int, Answer] = {}
    for each in sent:
        place, counter = each["pos"], each.get("counter")
        if not isinstance(counter, int) or isinstance(counter, bool):
            raise RuleError("bad-answer")
        answer = Answer(Rev(lease, counter), _clean(attempt, shapes, place, each.get("value")))
        if place not in incoming or incoming[place].rev < answer.rev:
            incoming[place] = answer
    return incoming


def _places(attempt: Attempt | SheetToSave, sent: Sequence[Mapping[str, Any]]) -> list[int]:
    places = [each.get("pos") if isinstance(each, Mapping) else None for each in sent]
    for place in places:
        if not isinstance(place, int) or isinstance(place, bool) or not 1 <= place <= len(attempt.paper):
            raise RuleError("bad-answer")
    return places  # type: ignore[return-value]


def _clean(attempt: Attempt | SheetToSave, shapes: Mapping[int, Any], place: int, value: object) -> tuple[str, ...]:
    drawn = attempt.paper[place - 1]
    shape = shapes[drawn["v"]]
    return clean_value(shape.type, options=len(drawn["o"]), blanks=shape.blanks, value=value)


@functools.cache
def _upsert(dialect: str) -> Any:
    """The statement, built once. A row whose (lease, counter) is not older stays as it is, whoever came first."""
    table = cast("Table", AnswerRow.__table__)
    if dialect == "postgresql":  # a site without it does not load it
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    statement: Any = insert(table)
    new, old = statement.excluded, table.c
    newer = (old.lease < new.lease) | ((old.lease == new.lease) & (old.counter < new.counter))
    return statement.on_conflict_do_update(
        index_elements=[old.attempt_id, old.position],
        set_={name: new[name] for name in ("value", "lease", "counter", "saved_at")},
        where=newer,
    )


def submit(
    session: Session, *, viewer: Viewer, now: datetime, attempt: Attempt, round_: ExamRound, secret: bytes
) -> None:
    """Hand in and grade; a second submit changes nothing."""
    if attempt.state is not AttemptState.IN_PROGRESS:
        return
    close(session, attempt=attempt, round_=round_, now=now, secret=secret)
    _event(session, attempt, "submit", viewer.address, now)
    _release(session, attempt, viewer, now)


def close(session: Session, *, attempt: Attempt, round_: ExamRound, now: datetime, secret: bytes) -> None:
    """Write down that an attempt is over, its score (none while a short answer waits for a marker) and its seal.

    Used by hand-in, sweeper and a new start alike.
    """
    closing = rules.close_attempt(queries.attempt_view(attempt), now)
    answers = queries.answers(session, attempt.id)
    graded = grade(session, attempt, round_, answers)
    attempt.score, attempt.marks = graded.score, stored(graded.marks)
    attempt.passed = None if graded.score is None else marking.passed(graded.score, round_.pass_line)
    attempt.seal = seal(secret, attempt.id, answers)
    attempt.submitted_at, attempt.closed_by, attempt.late_seconds = closing.at, closing.reason, closing.late_seconds
    attempt.state = AttemptState.SUBMITTED
    open_tasks(session, attempt=attempt, places=graded.by_hand)
    session.flush()


def close_by_id(session: Session, *, attempt_id: int, now: datetime, secret: bytes) -> bool:
    """Close an attempt whose time is up, unless somebody else just did; says whether it was closed here."""
    found = queries.any_attempt(session, attempt_id, lock=True)
    if found is None or rules.phase(queries.attempt_view(found[0]), now) is not Phase.EXPIRED:
        return False
    close(session, attempt=found[0], round_=found[1], now=now, secret=secret)
    return True


def void(session: Session, *, actor: Viewer, now: datetime, attempt: Attempt, reason: str) -> None:
    """Take an attempt out of the count, with a reason. Raises RuleError "attempt-open" while it can be written."""
    if rules.phase(queries.attempt_view(attempt), now).writable:
        raise RuleError("attempt-open")
    attempt.state = AttemptState.VOIDED
    record(session, actor=actor, at=now, action="attempt.void", row=attempt, reason=reason)
    certificates.follow(session, attempt, actor=actor, now=now)


def note_events(
    session: Session, *, viewer: Viewer, now: datetime, attempt: Attempt, events: Sequence[Mapping[str, Any]]
) -> None:
    """Keep what the page reports of focus and network, at the time the server can vouch for."""
    if not rules.phase(queries.attempt_view(attempt), now).writable:
        return
    for each in list(events)[:MAX_EVENTS]:
        kind, ago = each.get("kind"), each.get("ago_ms", 0)
        if kind in EVENT_KINDS and isinstance(ago, int) and ago >= 0:
            happened = max(attempt.started_at, now - timedelta(milliseconds=min(ago, 3_600_000)))
            _event(session, attempt, str(kind), viewer.address, happened)


def _event(
    session: Session, attempt: Attempt | SheetToSave, kind: str, address: str, at: datetime, **detail: Any
) -> None:
    session.add(AttemptEvent(attempt_id=attempt.id, kind=kind, at=at, address=address, detail=detail))
    session.flush()


def _release(session: Session, attempt: Attempt, viewer: Viewer, now: datetime) -> None:
    """Let the session go idle again, unless another exam is under way in it; one opened by a code ends soon."""
    if viewer.session_id and viewer.confined_to:
        shorten_session(session, fingerprint=viewer.session_id, until=now + HOLD_AFTER)
        return
    if viewer.session_id:
        last = queries.last_due(session, attempt.user_id, viewer.session_id) or now
        release_session(session, fingerprint=viewer.session_id, until=max(last, now) + HOLD_AFTER)


def _hold(session: Session, attempt: Attempt, viewer: Viewer) -> None:
    if viewer.session_id:
        hold_session(session, fingerprint=viewer.session_id, until=attempt.due_at + HOLD_AFTER)
