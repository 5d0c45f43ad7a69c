"""Made-up things of the features, one for each state in which their components are drawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

from portal.core import clock
from portal.exams import words_evidence, words_marking
from portal.exams.evidence import Evidence, SealState
from portal.exams.queries.attempts import MyAttempt, MyRound
from portal.exams.queries.contest import Board, BoardLine, used_text
from portal.exams.rules.attempt import AttemptState
from portal.exams.rules.evidence import Counts, Fate, Line, Sent
from portal.exams.rules.practice import Scope, ScopeKind
from portal.exams.rules.question import QuestionType
from portal.exams.rules.regrade import Mode
from portal.exams.rules.round import RoundKind, RoundPhase, RoundState, When
from portal.exams.sitting import Card
from portal.exams.words_attempts import TYPE_LABELS
from portal.jobs.store import JobState
from portal.jobs.words import STATE_LABELS
from portal.study import words as study_words
from portal.study.rules.attendance import Attendance, MakeUp, Tally
from portal.study.shown_topics import ShownTopic


def pieces() -> dict[str, Any]:
    """What the second half of the style guide draws, by name."""
    now = clock.now()
    return {
        "cards": [_card(number, status, now) for number, status in enumerate(_STATUSES, start=1)],
        "joinable": _round(11, RoundKind.CONTEST, now),
        "jobs": [SimpleNamespace(state=state.value, cancel_asked=False) for state in JobState]
        + [SimpleNamespace(state="running", cancel_asked=True)],
        "job_words": STATE_LABELS,
        "files": [_file(1, _("现场照片.jpg"), now), _file(2, _("会议通知.pdf"), now)],
        "removed": [_file(3, _("传错的文件.docx"), now)],
        "tally": Tally(listed=40, present=31, observer=2, leave=3, absent=1, exempt=1, unknown=2),
        "people": [_person(number, status) for number, status in enumerate(Attendance, start=1)],
        "session": SimpleNamespace(id=1),
        "study_words": study_words,
        "evidence": _evidence(now),
        "evidence_words": words_evidence,
        "board": Board(
            lines=[
                BoardLine(1, _("某某"), _("综合科"), 9800, 412, mine=False),
                BoardLine(2, _("某某某"), _("办信科"), 9600, 388, mine=True),
                BoardLine(2, "", "", 9600, 388, mine=False),
            ],
            own=None,
            count=3,
        ),
        "used": used_text,
        "questions": [_question(QuestionType.SINGLE), _question(QuestionType.FILL), _question(QuestionType.SHORT)],
        "question_words": {"types": TYPE_LABELS},
        "regrades": _regrades(now),
        "marking_words": words_marking,
        "daily": [_daily(None, 1), _daily((4, 10), 3), _daily((10, 10), 12)],
        "choice": SimpleNamespace(count=36, seen=19),
        "scope": Scope(ScopeKind.DAILY),
        "topics": [
            ShownTopic(_("依法行政")),
            ShownTopic(_("依法行政"), unfound=_("依法行政读本")),
            ShownTopic(_("依法行政"), passed_over=(_("依法行政读本"),)),
        ],
        "notes": [
            (_note(1, now, quote=_("有权处理"), shared=False), "", True),
            (_note(2, now, text=_("复查的三十日从收到申请之日起算。"), shared=True), _("某某"), False),
        ],
    }


_STATUSES = ("ready", "going-on", "again", "upcoming", "waiting", "marking", "deferred", "exempt", "missed", "over")


def _round(number: int, kind: RoundKind, now: datetime) -> MyRound:
    title = f"{2015 + number} {_('年度学法考试')}"
    begin, end = now - timedelta(days=1), now + timedelta(days=7)
    return MyRound(number, title, kind, RoundState.PUBLISHED, begin, end, 60, 8000, 2, When.AT_ONCE)


def _card(number: int, status: str, now: datetime) -> Card:
    phase = {"upcoming": RoundPhase.UPCOMING, "missed": RoundPhase.CLOSED, "over": RoundPhase.CLOSED}
    kind = list(RoundKind)[number % len(RoundKind)] if status not in {"over", "again"} else RoundKind.MAIN
    passed = status == "over"
    best = MyAttempt(1, AttemptState.SUBMITTED, 1, now, now, 9200 if passed else 5400, passed)
    open_attempt = MyAttempt(2, AttemptState.IN_PROGRESS, 1, now + timedelta(minutes=38), None, None, None)
    return Card(
        _round(number, kind, now), phase.get(status, RoundPhase.OPEN), status,
        open_attempt if status == "going-on" else None, best if status in {"over", "again"} else None, 1,
    )  # fmt: skip


def _file(number: int, name: str, now: datetime) -> Any:
    return SimpleNamespace(
        id=number, name=name, size=2_400_000 // number, thumb_key="", uploader_name=_("某某"), uploaded_at=now
    )


def _person(number: int, status: Attendance) -> Any:
    return SimpleNamespace(
        id=number, name=_("某某"), unit_name=_("综合科"), position=_("科长"), status=status, parts=(),
        checked_in_at=None, note="", override_minutes=None, override_reason="",
        make_up=MakeUp.DUE if status is Attendance.ABSENT else MakeUp.NONE,
    )  # fmt: skip


def _evidence(now: datetime) -> Evidence:
    at = [now + timedelta(seconds=60 * step) for step in range(4)]
    sent = (Sent(1, ("0",), Fate.FILLED), Sent(2, ("0", "2"), Fate.KEPT_OUT))
    return Evidence(
        Counts(blurs=1, addresses=2, takeovers=1, offlines=0, stale=1, late=0),
        [
            Line("start", at[0], "10.0.0.8", moved=False, span=None, sent=()),
            Line("blur", at[1], "10.0.0.8", moved=False, span=None, sent=()),
            Line("focus", at[2], "10.0.0.8", moved=False, span=60, sent=()),
            Line("stale", at[3], "10.0.0.9", moved=True, span=None, sent=sent),
        ],
        SealState.SOUND,
        [QuestionType.SINGLE, QuestionType.MULTIPLE],
    )


def _regrades(now: datetime) -> list[Any]:
    return [
        SimpleNamespace(
            no=number, mode=mode, state=SimpleNamespace(value="undone" if number == 1 else "applied"), old_score=7800,
            new_score=8050 if number > 1 else None, applied_at=now, reason=_("原答案有误。"),
            undone_at=now if number == 1 else None, undo_reason=_("改错了题。"),
        )
        for number, mode in enumerate(Mode, start=1)
    ]  # fmt: skip


def _question(kind: QuestionType) -> Any:
    options = [_("三人"), _("五人"), _("七人")] if kind is QuestionType.SINGLE else []
    return SimpleNamespace(
        type=kind.value, stem=_("代表人数不得超过几人？"), points=250, options=options, key=[_("五人")]
    )


def _daily(done: tuple[int, int] | None, streak: int) -> Any:
    """The small card of practice; `done` is how many of how many today."""
    daily = SimpleNamespace(done=done[0], count=done[1], finished=done[0] == done[1]) if done else None
    return SimpleNamespace(daily=daily, streak=streak, sitting=None, scope=Scope(ScopeKind.DAILY))


def _note(number: int, now: datetime, *, quote: str = "", text: str = "", shared: bool) -> Any:
    return SimpleNamespace(id=number, quote=quote, text=text, shared=shared, updated_at=now)
