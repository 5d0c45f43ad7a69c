"""What leaves as GIFT, Moodle XML or QTI comes back as it was; what cannot is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.exams.exports import FORMATS, losses, write
from portal.exams.importers.markup import tidy
from portal.exams.rules import weights
from portal.exams.rules.question import JUDGE_OPTIONS, QuestionContent, QuestionType, check

S, M, J, F, T = QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.JUDGE, QuestionType.FILL, QuestionType.SHORT
# Words, and every character that means something in one of the formats.
CHARACTERS = "信访工作条例第二十二条Aab1 ，。（）：；“”\\:#={}~%/<>&\"'[]->*|_@$\n×√"
words = st.text(CHARACTERS, min_size=1, max_size=12).map(lambda text: tidy(text.replace(" ", "\xa0"))).filter(bool)
# A spelling is on one line; a tag has no runs of spaces either.
line = words.map(lambda text: text.replace("\n", ""))
tag = words.map(lambda text: " ".join(text.split()))
article = st.tuples(
    st.sampled_from(["信访工作条例", "民法典"]), st.sampled_from(["第一条", "第二十二条", "第三条之一第二款第（一）项"])
)


@st.composite
def contents(draw) -> QuestionContent:
    """A question fit for the bank."""
    kind = draw(st.sampled_from(list(QuestionType)))
    options: tuple[str, ...] = ()
    key: tuple = ()
    if kind is J:
        options, key = JUDGE_OPTIONS, (draw(st.integers(0, 1)),)
    elif kind in {S, M}:
        plain = st.lists(words, min_size=2, max_size=6)
        options = tuple(draw(st.one_of(plain, st.sampled_from([["正确", "错误"], ["对", "错"], ["错误", "正确"]]))))
        places = st.integers(0, len(options) - 1)
        key = tuple(sorted(draw(st.sets(places, min_size=1, max_size=1 if kind is S else len(options)))))
    elif kind is F:
        blank = st.lists(line, min_size=1, max_size=3, unique=True).map(tuple)
        key = tuple(draw(st.lists(blank, min_size=1, max_size=3)))
    else:
        key = (draw(words),)
    return QuestionContent(
        kind,
        draw(words),
        options,
        key,
        draw(st.one_of(st.just(""), words)),
        draw(st.sampled_from(["", "easy", "medium", "hard"])),
        draw(st.one_of(st.none(), st.integers(0, 9999))),
        tuple(draw(st.lists(article, max_size=2, unique=True))),
        tuple(draw(st.lists(tag, max_size=3, unique=True))),
        draw(weights_for(len(options), key)) if kind is M else (),
    )


@st.composite
def weights_for(draw, options: int, key: tuple[int, ...]) -> tuple[int, ...]:
    """Shares of a 多选: none, or sound ones that say more than its key."""
    right, wrong = st.integers(1, weights.WHOLE), st.integers(-weights.WHOLE, 0)
    found = tuple(draw(right if place in key else wrong) for place in range(options))
    sound = weights.problem(found, options, key) is None and not weights.is_plain(found, key)
    return found if sound and draw(st.booleans()) else ()


def expected(name: str, content: QuestionContent) -> tuple[str, ...]:
    """What the format has no place for."""
    if name != "gift":
        return ()
    if content.type is F:
        arrows = len(content.key[0]) > 1 and all("->" in spelling for spelling in content.key[0])
        return ("whole",) if len(content.key) > 1 or arrows else ()
    return ("analysis",) if content.type is T and content.analysis else ()


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_single_options_bring_comes_back(name: str) -> None:
    third = round(weights.WHOLE / 3)
    sent = [
        replace(
            PLAIN, stem=f"第{number}题选哪些？", type=M, options=("办理", "%复查", "都不能"), key=(0, 1), weights=each
        )
        for number, each in enumerate(
            [(6_000_000, 4_000_000, 0), (weights.WHOLE, weights.WHOLE, -weights.WHOLE), (2 * third, third, -third), ()]
        )
    ]
    assert losses(name, write(name, "题库", sent), sent) == []


@pytest.mark.parametrize("name", ["gift", "moodle-xml", "qti"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sent=st.lists(contents(), min_size=1, max_size=4))
def test_what_a_format_can_hold_comes_back(name: str, sent: list[QuestionContent]) -> None:
    sent = [each for each in sent if not check(each)]
    found = {loss.place: loss.what for loss in losses(name, write(name, "题库", sent), sent)}
    assert found == {place: what for place, each in enumerate(sent) if (what := expected(name, each))}


PLAIN = QuestionContent(S, "期限是多少？", ("15日", "30日"), (0,), "第二十二条", "hard", 250, (), ("期限",))


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("gift", replace(PLAIN, type=F, options=(), key=(("甲",), ("乙",))), ("whole",)),
        ("gift", replace(PLAIN, type=T, options=(), key=("要点",)), ("analysis",)),
        ("qti", replace(PLAIN, stem="空\n\n行"), ("stem",)),
        ("moodle-xml", replace(PLAIN, stem="响\x07铃"), ("stem",)),
        ("moodle-xml", replace(PLAIN, articles=(("无书名号规则", "总则"),)), ("articles", "tags")),
        ("gift", replace(PLAIN, tags=("两\n行",)), ("tags",)),
    ],
)
def test_what_it_cannot_hold_is_named(name: str, content: QuestionContent, what: tuple[str, ...]) -> None:
    (loss,) = losses(name, write(name, "题库", [PLAIN, content]), [PLAIN, content])
    assert (loss.place, loss.stem, loss.what) == (1, content.stem, what)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_plain_bank_loses_nothing(name: str) -> None:
    bank = [
        PLAIN,
        replace(PLAIN, stem="哪些可以延长？", type=M, options=("办理", "复查", "都不能"), key=(0, 1)),
        replace(PLAIN, stem="国有企业也适用。", type=J, options=JUDGE_OPTIONS, key=(1,)),
        replace(PLAIN, stem="登记后____日内转送。", type=F, options=(), key=(("15", "十五"),)),
    ]
    assert losses(name, write(name, "题库", bank), bank) == []


def test_options_that_read_like_headings_stay_options() -> None:
    """问题 and D are names of columns too."""
    content = replace(PLAIN, options=("批评", "要求", "问题", "建议"), key=(3,))
    assert losses("xlsx", write("xlsx", "题库", [PLAIN, content]), [PLAIN, content]) == []
