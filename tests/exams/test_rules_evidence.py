"""The course of an attempt: counted, put into order, and told what became of late answers."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exams.rules.attempt import Answer, Rev
from portal.exams.rules.evidence import Counts, Fate, Happening, counts, fate, timeline

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
KINDS = ("start", "takeover", "blur", "focus", "offline", "online", "late", "stale", "submit")


def at(seconds: int, kind: str, address: str = "10.0.0.1", **detail: object) -> Happening:
    return Happening(kind, START + timedelta(seconds=seconds), address, detail)


def answer(*value: str) -> Answer:
    return Answer(Rev(1, 1), value)


def test_each_kind_is_counted_and_addresses_once():
    found = counts(
        [at(0, "start"), at(1, "blur"), at(2, "focus"), at(3, "blur"), at(4, "takeover", "10.0.0.2"),
         at(5, "offline", "10.0.0.1"), at(6, "stale", ""), at(7, "late", "10.0.0.2")]
    )  # fmt: skip
    assert found == Counts(blurs=2, addresses=2, takeovers=1, offlines=1, stale=1, late=1)


def test_a_return_says_how_long_and_another_address_is_marked():
    lines = timeline(
        [at(0, "start"), at(9, "focus", "10.0.0.2"), at(5, "blur"), at(20, "offline"), at(620, "online")], {}
    )
    assert [line.kind for line in lines] == ["start", "blur", "focus", "offline", "online"]
    assert [line.span for line in lines] == [None, None, 4, None, 600]
    assert [line.moved for line in lines] == [False, False, True, True, False]


def test_a_span_is_counted_from_its_first_beginning_and_only_once():
    lines = timeline([at(0, "blur"), at(5, "blur"), at(7, "focus"), at(9, "focus")], {})
    assert [line.span for line in lines] == [None, None, 7, None]


@pytest.mark.parametrize(
    ("kind", "filled", "stored", "expected"),
    [
        ("late", (), ("1",), Fate.TOO_LATE),
        ("stale", (3,), ("1",), Fate.FILLED),
        ("stale", (3,), ("2",), Fate.REPLACED),
        ("stale", (), ("1",), Fate.SAME),
        ("stale", (), ("2",), Fate.KEPT_OUT),
        ("stale", (), None, Fate.KEPT_OUT),
    ],
)
def test_what_became_of_an_answer(kind, filled, stored, expected):
    answers = {} if stored is None else {3: answer(*stored)}
    assert fate(kind, 3, ("1",), filled, answers) is expected
    assert expected.counts is (expected in (Fate.FILLED, Fate.SAME))


def test_kept_answers_come_by_place():
    line = timeline([at(0, "stale", answers={"10": ["1"], "9": []}, filled=[10])], {10: answer("1")})[0]
    assert [(sent.place, sent.value, sent.fate) for sent in line.sent] == [
        (9, (), Fate.KEPT_OUT), (10, ("1",), Fate.FILLED),
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 7200), st.sampled_from(KINDS), st.sampled_from(("", "a", "b")))))
def test_nothing_is_lost_invented_or_out_of_order(rows):
    happenings = [at(seconds, kind, address) for seconds, kind, address in rows]
    lines = timeline(happenings, {})
    assert sorted((line.at, line.kind) for line in lines) == sorted((each.at, each.kind) for each in happenings)
    assert all(earlier.at <= later.at for earlier, later in itertools.pairwise(lines))
    assert all(line.span is None or line.span >= 0 for line in lines)
    assert counts(happenings) == counts(happenings[::-1])
