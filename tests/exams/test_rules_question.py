"""What makes a question fit, and when two are the same."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exams.rules.question import (
    JUDGE_OPTIONS,
    QuestionContent,
    QuestionType,
    answer_key,
    asks_for_one,
    check,
    identity_key,
    is_judge,
    normalise,
    repeated_options,
    stem_key,
)

SINGLE = QuestionContent(QuestionType.SINGLE, "信访工作坚持（ ）。", ("甲", "乙", "丙"), (1,))
JUDGE = QuestionContent(QuestionType.JUDGE, "信访是权利。", JUDGE_OPTIONS, (0,))
FILL = QuestionContent(QuestionType.FILL, "期限为____日。", (), (("60", "六十"),))
SHORT = QuestionContent(QuestionType.SHORT, "简述原则。", (), ("要点",))


@pytest.mark.parametrize("content", [SINGLE, JUDGE, FILL, SHORT], ids=lambda content: content.type.value)
def test_sound_questions_pass_and_survive_json(content: QuestionContent) -> None:
    full = replace(
        content, analysis="因为", difficulty="easy", points=250, articles=(("条例", "第一条"),), tags=("甲",)
    )
    assert check(full) == []
    assert QuestionContent.from_dict(json.loads(json.dumps(full.to_dict()))) == full


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (replace(SINGLE, stem=" "), "no-stem"),
        (replace(SINGLE, stem="长" * 5001), "stem-too-long"),
        (replace(SINGLE, options=("甲",), key=(0,)), "too-few-options"),
        (replace(SINGLE, options=tuple("甲乙丙丁戊己庚辛壬癸子丑寅")), "too-many-options"),
        (replace(SINGLE, options=("甲", " ", "丙")), "empty-option"),
        (replace(SINGLE, options=("甲", "乙" * 2001)), "option-too-long"),
        (replace(SINGLE, key=()), "no-answer"),
        (replace(SINGLE, key=(3,)), "key-outside-options"),
        (replace(SINGLE, key=(0, 1)), "single-with-several"),
        (replace(JUDGE, options=("对", "错")), "judge-options"),
        (replace(FILL, key=(("",),)), "empty-blank"),
        (replace(FILL, key=()), "no-answer"),
        (replace(SHORT, key=("",)), "no-answer"),
        (replace(SHORT, difficulty="x"), "difficulty-unknown"),
        (replace(SHORT, points=-1), "points-negative"),
        (replace(SHORT, analysis="长" * 10001), "analysis-too-long"),
    ],
)
def test_each_fault_is_named(content: QuestionContent, problem: str) -> None:
    assert check(content) == [problem]


def test_identity_ignores_order_space_width_and_punctuation() -> None:
    same = replace(SINGLE, stem="信访 工作坚持（　　）", options=("丙；", "乙", "甲"), key=(1,))
    assert identity_key(same) == identity_key(SINGLE)
    assert answer_key(same) == answer_key(SINGLE)


def test_another_answer_is_a_conflict_and_other_options_another_question() -> None:
    conflict = replace(SINGLE, key=(0,))
    assert identity_key(conflict) == identity_key(SINGLE)
    assert answer_key(conflict) != answer_key(SINGLE)
    other = replace(SINGLE, options=("甲", "乙", "丁"))
    assert identity_key(other) != identity_key(SINGLE)
    assert stem_key(other) == stem_key(SINGLE)


def test_blanks_count_in_order() -> None:
    two = replace(FILL, key=(("甲",), ("乙",)))
    assert answer_key(two) != answer_key(replace(FILL, key=(("乙",), ("甲",))))


@pytest.mark.parametrize("options", [("正确", "错误"), ("错", "对"), ("是", "否"), ("√", "×"), ("✓", "✗")])
def test_right_and_wrong_make_a_judgement(options: tuple[str, str]) -> None:
    assert is_judge("信访是权利。", options)
    assert is_judge("无论哪个机关都应当遵守。", options)
    assert not is_judge("下列说法正确的是（A）", options)
    assert not is_judge("信访是权利。", options, QuestionType.SINGLE)
    assert is_judge("下列说法正确的是", options, QuestionType.JUDGE)
    assert not is_judge("信访是权利。", ("正确", "错误", "不知道"))


def test_statements_with_similar_words_ask_for_nothing() -> None:
    assert not asks_for_one("权利在规范人们行为时更多的是强调义务和禁令。（ ）")
    assert asks_for_one("以下哪项属于信访形式？")


def test_repeated_options_count_punctuation() -> None:
    assert repeated_options(["甲", "乙", "甲 "]) == ["甲 "]
    assert repeated_options(["甲；乙、丙", "甲、乙；丙"]) == []


def test_only_punctuation_stays_distinct() -> None:
    assert normalise("《》") != normalise("“”")


@given(st.permutations(["甲", "乙", "丙", "丁"]))
def test_identity_holds_for_every_order(order: list[str]) -> None:
    content = replace(SINGLE, options=tuple(order), key=(order.index("乙"),))
    first = replace(SINGLE, options=("甲", "乙", "丙", "丁"))
    assert (identity_key(content), answer_key(content)) == (identity_key(first), answer_key(first))
