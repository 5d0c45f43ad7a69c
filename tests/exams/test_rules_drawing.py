"""Drawing papers."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.errors import RuleError
from portal.exams.rules.drawing import (
    Candidate,
    DrawnQuestion,
    SectionRule,
    Shortage,
    check_publishable,
    draw,
    new_seed,
    shortages,
    to_key_space,
)
from portal.exams.rules.question import QuestionType

SINGLE, MULTIPLE, JUDGE, FILL, SHORT = QuestionType


def pool(start: int, count: int, type_: QuestionType = SINGLE, options: int = 4) -> tuple[Candidate, ...]:
    return tuple(Candidate(start + index, type_, options) for index in range(count))


def test_a_paper_has_what_its_sections_ask_for() -> None:
    sections = [
        SectionRule("单选题", pool(0, 50), count=20, points=200),
        SectionRule("判断题", pool(100, 30, JUDGE, 2), count=10, points=100),
        SectionRule("填空题", pool(200, 5, FILL, 0), count=5, points=300),
    ]
    paper = draw(sections, seed=7)
    assert Counter((question.section, question.points) for question in paper) == {
        (0, 200): 20,
        (1, 100): 10,
        (2, 300): 5,
    }
    assert [question.section for question in paper] == sorted(question.section for question in paper)
    assert {question.order for question in paper if question.section == 1} == {(0, 1)}
    assert {question.order for question in paper if question.section == 2} == {()}


def test_the_seed_is_the_paper() -> None:
    sections = [SectionRule("单选题", pool(0, 50), count=20, points=200)]
    assert draw(sections, seed=7) == draw(sections, seed=7)
    assert draw(sections, seed=7) != draw(sections, seed=8)
    seeds = {new_seed() for _ in range(50)}
    assert len(seeds) == 50
    assert max(seeds) < 2**63


def test_a_fixed_paper_keeps_its_order_unless_shuffled() -> None:
    fixed = SectionRule("单选题", pool(0, 12)[::-1], count=12, points=200, shuffle=False)
    for seed in range(5):
        paper = draw([fixed], seed)
        assert [question.version_id for question in paper] == list(range(11, -1, -1))
        assert {question.order for question in paper} == {(0, 1, 2, 3)}
    shuffled = SectionRule("单选题", pool(0, 12), count=12, points=200)
    assert [question.version_id for question in draw([shuffled], 1)] != list(range(12))


def test_options_that_speak_of_one_another_stay_in_order() -> None:
    together = (Candidate(1, SINGLE, 4, keep_order=True),)
    papers = [draw([SectionRule("单选题", together, 1, 100)], seed) for seed in range(20)]
    assert {paper[0].order for paper in papers} == {(0, 1, 2, 3)}


sections_strategy = st.lists(
    st.builds(
        lambda ids, count: SectionRule("节", tuple(Candidate(one, SINGLE, 4) for one in ids), count, 100),
        st.lists(st.integers(0, 7), max_size=8),
        st.integers(0, 4),
    ),
    max_size=4,
)


def most_questions(sections: list[SectionRule]) -> int:
    """The greatest number of places that distinct questions can fill, by trying every set (Hall, Ore)."""
    places = [{one.version_id for one in section.candidates} for section in sections for _ in range(section.count)]
    reachable = {frozenset[int]()}
    for place in places:
        reachable |= {taken | {one} for taken in reachable for one in place if one not in taken}
    return max(len(taken) for taken in reachable)


@settings(deadline=None)
@given(sections=sections_strategy, seed=st.integers(0, 2**63 - 1))
def test_a_paper_without_shortage_can_always_be_drawn_and_repeats_nothing(
    sections: list[SectionRule], seed: int
) -> None:
    wanted = sum(section.count for section in sections)
    lacking = shortages(sections)
    assert wanted - sum(one.missing for one in lacking) == most_questions(sections)
    if lacking:
        with pytest.raises(RuleError) as error:
            draw(sections, seed)
        assert error.value.code == "not-enough-questions"
        return
    paper = draw(sections, seed)
    assert len({question.version_id for question in paper}) == len(paper) == wanted
    for question in paper:
        assert question.version_id in {one.version_id for one in sections[question.section].candidates}
        assert sorted(question.order) == [0, 1, 2, 3]
    counts = Counter(question.section for question in paper)
    assert all(counts[index] == section.count for index, section in enumerate(sections))


def test_a_narrow_section_is_not_starved_by_a_wide_one_before_it() -> None:
    sections = [SectionRule("全部", pool(0, 10), 8, 100), SectionRule("第一章", pool(0, 2), 2, 100)]
    assert shortages(sections) == []
    for seed in range(50):
        narrow = [one.version_id for one in draw(sections, seed) if one.section == 1]
        assert sorted(narrow) == [0, 1]


def test_a_shortage_is_named_when_the_round_is_published() -> None:
    sections = [SectionRule("单选题", pool(0, 3), 3, 100), SectionRule("多选题", pool(50, 2, MULTIPLE), 5, 100)]
    assert shortages(sections) == [Shortage(section=1, title="多选题", wanted=5, missing=3)]
    with pytest.raises(RuleError) as error:
        check_publishable(sections)
    assert error.value.code == "not-enough-questions"
    assert error.value.params["shortages"] == shortages(sections)


def test_an_empty_paper_is_not_published_and_one_with_short_answers_is() -> None:
    check_publishable([SectionRule("单选题", pool(0, 3), 3, 100)])
    check_publishable([SectionRule("简答题", pool(0, 3, SHORT, 0), 1, 100)])
    with pytest.raises(RuleError) as error:
        check_publishable([SectionRule("单选题", pool(0, 3), 0, 100)])
    assert error.value.code == "paper-empty"


def chi_square(counts: list[int]) -> float:
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts)


def places_of_the_right_option(papers: list[list[DrawnQuestion]], version_id: int) -> list[int]:
    found = Counter(
        question.order.index(0) for paper in papers for question in paper if question.version_id == version_id
    )
    return [found[place] for place in range(4)]


def test_the_right_option_stands_anywhere_equally_often() -> None:
    """Bank option 0 is the right one; over 500 papers its place is uniform: chi-square, 3 degrees of freedom, p = 1e-4.

    The seeds are fixed, so this passes or fails the same way every time.
    """
    sections = [SectionRule("单选题", pool(0, 10), 10, 100), SectionRule("多选题", pool(20, 10, MULTIPLE), 10, 100)]
    papers = [draw(sections, seed) for seed in range(500)]
    versions = [*range(10), *range(20, 30)]
    statistics = [chi_square(places_of_the_right_option(papers, version)) for version in versions]
    assert max(statistics) < 21.1
    assert 1.5 < sum(statistics) / len(statistics) < 4.5  # its mean is 3: places far too even are not random either


def test_every_question_is_drawn_equally_often() -> None:
    """20 of 40 over 500 papers: 39 degrees of freedom, p = 1e-4 is 81.1 (less here, as a paper repeats nothing)."""
    sections = [SectionRule("单选题", pool(0, 40), 20, 100)]
    drawn = Counter(question.version_id for seed in range(500) for question in draw(sections, seed))
    assert chi_square([drawn[version] for version in range(40)]) < 81.1


@given(order=st.permutations(range(5)), picked=st.sets(st.integers(0, 4)))
def test_places_go_back_to_the_bank_one_to_one(order: list[int], picked: set[int]) -> None:
    back = to_key_space(order, picked)
    assert len(back) == len(picked)
    assert {order.index(option) for option in back} == picked


@pytest.mark.parametrize("place", [-1, 4])
def test_a_place_that_the_paper_does_not_have_is_refused(place: int) -> None:
    with pytest.raises(RuleError) as error:
        to_key_space((3, 1, 0, 2), [0, place])
    assert error.value.code == "no-such-option"
