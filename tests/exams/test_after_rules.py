"""Rules of what comes after the exam: scores of a sheet, deferrals, re-sits, certificates, codes, the circular."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.exams.rules import bulletin, certificate, deferral, exam_code, recorded, resit
from portal.exams.rules.deferral import DeferralState
from portal.exams.rules.publishing import RoundFacts, check_round
from portal.exams.rules.round import RosterStatus, RoundKind, RoundPhase, RoundState, RoundView, When, move_round

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("text", "hundredths"),
    [("92", 9200), ("92.5", 9250), ("９２．５分", 9250), (" 100 ", 10_000), ("0", 0), ("88.0", 8800), ("7 分", 700)],
)
def test_a_score_is_read_as_people_write_it(text: str, hundredths: int) -> None:
    assert recorded.score_of(text, 10_000) == hundredths


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "score-unread"), ("合格", "score-unread"), ("-3", "score-unread"), ("1e3", "score-unread"),
     ("92.555", "score-decimals"), ("101", "score-range"), ("99999", "score-range")],
)  # fmt: skip
def test_what_is_no_score_is_named_and_never_zero(text: str, code: str) -> None:
    with pytest.raises(RuleError) as caught:
        recorded.score_of(text, 10_000)
    assert caught.value.code == code


@given(st.integers(0, 10_000))
def test_every_score_comes_back_as_it_was_written(hundredths: int) -> None:
    assert recorded.score_of(f"{hundredths // 100}.{hundredths % 100:02d}", 10_000) == hundredths


@pytest.mark.parametrize(
    "text",
    ["2025-11-03", "2025/11/3", "2025.11.3", "2025年11月3日", "20251103", "2025-11-03 09:30:00", "２０２５－１１－３"],
)
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    assert recorded.day_of(text, TODAY) == date(2025, 11, 3)


@pytest.mark.parametrize(
    ("text", "code"), [("11月3日", "day-unread"), ("2025-13-01", "day-unread"), ("2026-06-02", "day-ahead")]
)
def test_a_day_that_cannot_be_is_refused(text: str, code: str) -> None:
    with pytest.raises(RuleError) as caught:
        recorded.day_of(text, TODAY)
    assert caught.value.code == code


def test_words_in_the_place_of_a_score() -> None:
    assert recorded.absence(" 缺 考 ") is RosterStatus.SHOULD
    assert recorded.absence("缓考") is RosterStatus.DEFERRED
    assert recorded.absence("Exempt") is RosterStatus.EXEMPT
    assert recorded.absence("0") is None


def test_a_deferral_ends_with_its_last_day_or_the_resit() -> None:
    def state(until: date | None, *, listed: bool = False, sat: bool = False) -> DeferralState:
        return deferral.deferral_state(until, TODAY, resit_listed=listed, resit_sat=sat)

    assert state(None) is state(TODAY) is DeferralState.OPEN
    assert state(TODAY - timedelta(days=1)) is DeferralState.DUE
    assert state(TODAY - timedelta(days=1), listed=True) is DeferralState.RESIT
    assert state(None, listed=True, sat=True) is DeferralState.DONE


def test_only_a_longer_deferral_goes_on_in_the_resit() -> None:
    def status(status: RosterStatus, until: date | None) -> RosterStatus:
        return deferral.status_at_resit(status, until, TODAY)

    assert status(RosterStatus.DEFERRED, TODAY) is RosterStatus.DEFERRED
    assert status(RosterStatus.DEFERRED, TODAY - timedelta(days=1)) is RosterStatus.SHOULD
    assert status(RosterStatus.DEFERRED, None) is RosterStatus.SHOULD
    assert status(RosterStatus.SHOULD, TODAY) is RosterStatus.SHOULD


@pytest.mark.parametrize(
    ("kind", "phase", "is_resit", "unfinished", "code"),
    [
        (RoundKind.MOCK, RoundPhase.CLOSED, False, "", "resit-not-for-kind"),
        (RoundKind.CONTEST, RoundPhase.CLOSED, False, "", "resit-not-for-kind"),
        (RoundKind.RESIT, RoundPhase.CLOSED, True, "", "resit-of-resit"),
        (RoundKind.MAIN, RoundPhase.OPEN, False, "", "resit-too-early"),
        (RoundKind.MAIN, RoundPhase.CLOSED, False, "补考", "resit-going-on"),
    ],
)
def test_when_no_resit_is_set_up(
    kind: RoundKind, phase: RoundPhase, is_resit: bool, unfinished: str, code: str
) -> None:
    with pytest.raises(RuleError) as caught:
        resit.require_resit(kind, phase, is_resit=is_resit, unfinished=unfinished)
    assert caught.value.code == code


def test_what_is_sat_elsewhere_is_sat_again_there() -> None:
    resit.require_resit(RoundKind.PAPER, RoundPhase.ARCHIVED, is_resit=False)
    assert resit.kind_of_resit(RoundKind.MAIN) is RoundKind.RESIT
    assert resit.kind_of_resit(RoundKind.PAPER) is RoundKind.PAPER


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_certificate_holds_only_for_the_score_that_it_names(certified: int, best: int, line: int) -> None:
    assert certificate.holds(certified, best, line) == (certified == best >= line)
    assert not certificate.holds(certified, None, line)


def test_codes_survive_how_they_are_typed() -> None:
    code = certificate.new_code()
    assert len(code) == 16
    assert certificate.plain_code(f" {certificate.shown_code(code).lower()} ") == code
    assert certificate.number_of(2026, 12) == "2026-000012"
    other = exam_code.new_exam_code()
    assert exam_code.digest_of(other, b"one") != exam_code.digest_of(other, b"two")


def test_when_an_exam_code_opens() -> None:
    should = RosterStatus.SHOULD
    assert exam_code.opens(RoundPhase.OPEN, should, handed_in=False, writing=False)
    assert exam_code.opens(RoundPhase.CLOSED, should, handed_in=False, writing=True), "with extra time"
    assert not exam_code.opens(RoundPhase.OPEN, should, handed_in=True, writing=False)
    assert not exam_code.opens(RoundPhase.UPCOMING, should, handed_in=False, writing=False)
    assert not exam_code.opens(RoundPhase.OPEN, RosterStatus.EXEMPT, handed_in=False, writing=True)


def test_an_exam_sat_elsewhere_needs_no_paper_and_may_be_over() -> None:
    facts = RoundFacts(
        RoundKind.SUPERIOR, NOW - timedelta(days=400), NOW - timedelta(days=399), 1440, 6000, 9000, When.NEVER, [], 3,
        full_marks=10_000,
    )  # fmt: skip
    assert {line.state for line in check_round(facts, NOW)} == {"ok"}
    view = RoundView(RoundKind.PAPER, RoundState.DRAFT, facts.opens, facts.closes)
    assert move_round(view, RoundState.PUBLISHED, NOW) is RoundState.PUBLISHED
    with pytest.raises(RuleError):
        move_round(RoundView(RoundKind.MAIN, RoundState.DRAFT, facts.opens, facts.closes), RoundState.PUBLISHED, NOW)


def test_the_circular_names_units_by_their_rates() -> None:
    units = [
        bulletin.UnitRates("甲", 10_000, 10_000),
        bulletin.UnitRates("乙", 10_000, 8000),
        bulletin.UnitRates("丙", 5000, 10_000),
        bulletin.UnitRates("丁", None, None),
    ]
    found = bulletin.standing(units, 8333)
    assert found == bulletin.Standing(("甲", "乙"), ("甲",), ("丙",))
    assert bulletin.title_of("关于考试") == "关于考试情况的通报"
