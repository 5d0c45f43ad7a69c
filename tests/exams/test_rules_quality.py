"""What is worth a look in a bank."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exams.rules import quality as rules
from portal.exams.rules.question import QuestionType

S, M, J = QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.JUDGE


@given(st.lists(st.text("信访条例工作", min_size=1, max_size=14), max_size=25), st.sampled_from([0.5, 0.7, 0.8, 1.0]))
def test_no_near_pair_is_missed(stems: list[str], threshold: float) -> None:
    """The filter finds what comparing every stem with every other finds."""
    known = dict(enumerate(stems))
    grams = [rules.bigrams(stem) for stem in stems]
    expected = {
        (first, second)
        for first in known
        for second in known
        if first < second and rules.share(grams[first], grams[second]) >= threshold
    }
    found = rules.near_pairs(known, threshold)
    assert {(pair.first, pair.second) for pair in found} == expected
    assert [pair.share for pair in found] == sorted((pair.share for pair in found), reverse=True)


def test_spaces_and_marks_make_no_difference() -> None:
    (pair,) = rules.near_pairs({7: "信访事项登记后，多少日内转送？", 3: "信访事项登记后 多少日内转送（ ）"})
    assert (pair.first, pair.second, pair.share) == (3, 7, 1.0)


@pytest.mark.parametrize(
    ("type_", "options", "key", "expected"),
    [
        (S, ["甲方", "乙方", "由有权处理的机关依法办理"], [2], True),
        (S, ["甲方", "乙方", "由有权处理的机关依法办理"], [0], False),
        (S, ["甲方", "乙方", "丙方各方"], [2], False),  # twice as long, but by two characters only
        (M, ["甲方", "乙方", "由有权处理的机关依法办理"], [2], False),
    ],
)
def test_a_right_option_told_by_its_length(
    type_: QuestionType, options: list[str], key: list[int], expected: bool
) -> None:
    assert rules.gives_away(type_, options, key) is expected


@pytest.mark.parametrize(
    ("options", "place"), [(["甲", "乙", "以上都对。"], 2), (["甲", "以上 均正确"], 1), (["以上都不对", "甲"], None)]
)
def test_all_of_the_above(options: list[str], place: int | None) -> None:
    assert rules.all_of_the_above(options) == place


def test_habits_of_a_bank() -> None:
    bank = [
        (S, ["甲", "乙乙", "丙", "丁"], [1]),
        (S, ["甲甲", "乙", "丙", "以上都对"], [3]),
        (S, ["甲甲", "乙"], [1]),
        (M, ["甲", "乙", "以上都是"], [0, 1]),
        (J, ["正确", "错误"], [0]),
    ]
    found = rules.habits(bank)
    assert (found.singles, found.longest, found.by_chance) == (3, 2, 100)
    assert (found.all_above, found.all_above_right, found.letters) == (2, 1, (0, 2, 0, 1))


@pytest.mark.parametrize(
    ("written", "article", "place"),
    [
        ("第二十二条第一款", "第二十二条", (22, 0)),
        ("第十条之二", "第十条之二", (10, 2)),
        ("第一百零三条", "第一百零三条", (103, 0)),
        ("第一千二百六十条第（三）项", "第一千二百六十条", (1260, 0)),
        ("第7条", "第7条", (7, 0)),
        ("总则", "总则", (10**6, 0)),
    ],
)
def test_articles(written: str, article: str, place: tuple[int, int]) -> None:
    assert (rules.article_of(written), rules.article_place(written)) == (article, place)


def test_the_matrix_counts_a_question_once_an_article_and_shows_what_nothing_tests() -> None:
    cited = [("第十条", S, 1), ("第二条第一款", S, 2), ("第二条第二款", S, 2), ("第二条", M, 3)]
    rows = rules.matrix(cited, ["第一条", "第二条", "第三条"])
    assert [(article, counts[S], counts[M]) for article, counts in rows] == [
        ("第一条", 0, 0),
        ("第二条", 1, 1),
        ("第三条", 0, 0),
        ("第十条", 1, 0),
    ]
