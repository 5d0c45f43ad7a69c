"""The rules of practice: the notebook, the sets, the streak."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.exams.rules import practice as rules
from portal.exams.rules.practice import Block, Candidate, Scope, ScopeKind, Standing
from portal.exams.rules.question import QuestionType

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MONDAY = date(2026, 3, 2)

candidates = st.builds(
    Candidate,
    question_id=st.integers(1, 60),
    last_at=st.none() | st.integers(0, 1000).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    in_notebook=st.booleans(),
)
pools = st.lists(candidates, max_size=40, unique_by=lambda each: each.question_id)


# ---- the notebook ------------------------------------------------------------------------------------------------


@given(answers=st.lists(st.booleans(), max_size=40), needed=st.integers(1, rules.MOST_NEEDED))
def test_a_question_is_in_the_notebook_until_enough_right_answers_in_a_row(answers, needed):
    """Whatever the answers: it is in the notebook exactly when it was wrong once and not `needed` right since."""
    standing = Standing()
    for right in answers:
        standing = rules.answered(standing, right=right, needed=needed)
    since = answers[::-1].index(False) if False in answers else len(answers)
    assert standing.in_notebook == (False in answers and since < needed)
    assert (standing.right, standing.wrong) == (answers.count(True), answers.count(False))
    assert standing.in_a_row == since


@given(answers=st.lists(st.tuples(st.booleans(), st.integers(1, rules.MOST_NEEDED)), max_size=40))
def test_it_never_leaves_before_what_is_asked_for_at_that_moment(answers):
    """Even where the person changes the number in between."""
    standing = Standing()
    for right, needed in answers:
        before, standing = standing, rules.answered(standing, right=right, needed=needed)
        if before.in_notebook and not standing.in_notebook:
            assert standing.in_a_row >= needed
        if not before.in_notebook and standing.in_notebook:
            assert not right


@pytest.mark.parametrize(
    ("type_", "key", "value", "right"),
    [
        (QuestionType.SINGLE, [2], ["2"], True),
        (QuestionType.SINGLE, [2], ["1"], False),
        (QuestionType.JUDGE, [0], ["0"], True),
        (QuestionType.MULTIPLE, [0, 2], ["0", "2"], True),
        (QuestionType.MULTIPLE, [0, 2], ["0"], False),
        (QuestionType.MULTIPLE, [0, 2], ["0", "1", "2"], False),
        (QuestionType.FILL, [["甲", "甲方"], ["60"]], ["甲方", " ６０ "], True),
        (QuestionType.FILL, [["甲"], ["60"]], ["甲", ""], False),
    ],
)
def test_only_a_wholly_right_answer_is_right(type_, key, value, right):
    assert rules.is_right(type_, key, value) is right


# ---- scopes ------------------------------------------------------------------------------------------------------

scopes = st.one_of(
    st.just(rules.DAILY),
    st.just(rules.NOTEBOOK),
    st.sampled_from(rules.PRACTISED).map(lambda kind: Scope(ScopeKind.TYPE, kind.value)),
    st.integers(1, 10**5).map(lambda number: Scope(ScopeKind.BANK, str(number))),
    st.builds(
        lambda title, first, more: Scope(ScopeKind.LAW, title, first, first + more),
        st.text(min_size=1, max_size=200),
        st.integers(0, 500),
        st.integers(0, 500),
    ),
)


@given(scope=scopes)
def test_a_scope_is_read_back_from_its_key(scope):
    assert rules.scope_of(scope.key) == scope
    assert len(scope.key) <= rules.MAX_KEY


@pytest.mark.parametrize(
    "key",
    ["", "everything", "type:short", "type:", "bank:x", "bank:", "bank:１", "bank:9999999", "law:甲", "law:2-1:甲",
     "law:1-x:甲", "law:1-2:", "daily:", "law:0-0:" + "甲" * 240],
)  # fmt: skip
def test_what_no_page_offers_is_no_scope(key):
    with pytest.raises(RuleError, match="practice-scope"):
        rules.scope_of(key)


def test_articles_in_range():
    scope = Scope(ScopeKind.LAW, "条例", 11, 20)
    assert rules.in_articles(scope, [3, 20])
    assert not rules.in_articles(scope, [10, 21])
    assert not rules.in_articles(scope, [])
    assert rules.in_articles(Scope(ScopeKind.LAW, "条例"), [])


def test_articles_by_tens():
    cited = [(1, 7), (10, 7), (10, 8), (35, 9), (10**6, 9), (0, 1)]
    assert rules.blocks(cited) == [Block(1, 10, 2), Block(31, 40, 1)]


@given(cited=st.lists(st.tuples(st.integers(1, 400), st.integers(1, 50)), max_size=60))
def test_every_cited_article_lies_in_one_block(cited):
    found = rules.blocks(cited)
    for place, _question in cited:
        assert sum(block.first <= place <= block.last for block in found) == 1


# ---- the sets ----------------------------------------------------------------------------------------------------


@given(pool=pools, user=st.integers(1, 10**6), days=st.integers(0, 4000), rng=st.randoms(use_true_random=False))
def test_the_daily_ten_are_the_same_all_day_and_without_repetition(pool, user, days, rng):
    day = MONDAY + timedelta(days=days)
    ten = rules.daily_ten(pool, user, day)
    other = list(pool)
    rng.shuffle(other)
    assert rules.daily_ten([*other, *pool], user, day) == ten
    assert len(ten) == len(set(ten)) == min(rules.SET_SIZE, len(pool))
    assert set(ten) <= {each.question_id for each in pool}


@given(pool=pools, user=st.integers(1, 10**6))
def test_the_daily_ten_prefer_the_notebook_and_then_what_was_never_seen(pool, user):
    by_id = {each.question_id: each for each in pool}
    ten = rules.daily_ten(pool, user, MONDAY)
    left = [each for each in pool if each.question_id not in ten]
    rank = lambda each: (not each.in_notebook, each.last_at is not None)  # noqa: E731
    assert all(rank(by_id[number]) <= rank(each) for number in ten for each in left)


def test_days_and_people_differ():
    pool = [Candidate(number) for number in range(1, 200)]
    tens = {tuple(rules.daily_ten(pool, user, MONDAY + timedelta(days=n))) for user in (1, 2) for n in range(20)}
    assert len(tens) == 40


@given(pool=pools)
def test_a_set_begins_with_what_was_never_seen_in_its_order(pool):
    chosen = rules.next_set(pool)
    fresh = [each.question_id for each in pool if each.last_at is None]
    assert chosen[: len(fresh)] == fresh[: rules.SET_SIZE]
    assert len(chosen) == len(set(chosen)) == min(rules.SET_SIZE, len(pool))


def test_then_the_notebook_and_then_what_was_seen_longest_ago():
    at = lambda minutes: NOON + timedelta(minutes=minutes)  # noqa: E731
    pool = [Candidate(1, at(5)), Candidate(2, at(9), in_notebook=True), Candidate(3, at(1)), Candidate(4)]
    assert rules.next_set(pool) == [4, 2, 3, 1]


# ---- the streak --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("back", "count"),
    [
        ([], 0),
        ([0], 1),
        ([1], 1),  # Sunday, and today still has time
        ([0, 3, 4], 3),  # Monday, then Friday and Thursday: the weekend breaks nothing
        ([3, 4], 2),
        ([0, 1, 2, 3], 4),
        ([4, 5], 0),  # Friday was left out
        ([0, 4], 1),
    ],
)
def test_days_in_a_row(back, count):
    assert rules.streak({MONDAY - timedelta(days=days) for days in back}, MONDAY) == count


@given(back=st.sets(st.integers(0, 60)), today=st.integers(0, 6))
def test_a_streak_never_counts_a_day_without_practice(back, today):
    start = MONDAY + timedelta(days=today)
    days = {start - timedelta(days=each) for each in back}
    count = rules.streak(days, start)
    assert 0 <= count <= len(days)
    assert rules.streak(days | {start}, start) == count + (start not in days)
