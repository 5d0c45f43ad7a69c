"""Rows for formats that say outright what a question is: nothing here is guessed from the words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from portal.exams.importers.details import articles_in, difficulty_of, points_of
from portal.exams.importers.keys import judge_word
from portal.exams.importers.markup import Losses
from portal.exams.importers.model import Note, ParsedRow
from portal.exams.rules import weights as weighing
from portal.exams.rules.question import (
    CHOICE_TYPES,
    JUDGE_OPTIONS,
    Key,
    QuestionContent,
    QuestionType,
    check,
    is_judge,
    repeated_options,
)
from portal.exams.rules.versions import LETTERS

# What our own files say in tags, because the formats have no place for it. A tag that begins so by itself gets the
# last of them in front.
TAG_TYPE, TAG_DIFFICULTY, TAG_POINTS, TAG_BASIS, TAG_PLAIN = "题型：", "难度：", "分值：", "依据：", "知识点："
PREFIXES = (TAG_TYPE, TAG_DIFFICULTY, TAG_POINTS, TAG_BASIS, TAG_PLAIN)
_TYPES = {"单选题": QuestionType.SINGLE, "判断题": QuestionType.JUDGE}
_WHOLE = 100
_PATTERN = re.compile(r"(?<!\\)\*")
_NAME = 30


@dataclass(frozen=True, slots=True)
class Choice:
    """An option: its text, the share of the points it brings in percent, and what is said to whoever picks it."""

    text: str
    weight: Fraction = Fraction(0)
    said: str = ""


@dataclass(slots=True)
class Item:
    """A question as its format gives it, before it is judged."""

    where: str
    number: str = ""
    stem: str = ""
    analysis: str = ""
    points: int | None = None
    tags: list[str] = field(default_factory=list)
    problems: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    dropped: list[str] = field(default_factory=list)

    def warn(self, code: str, **params: object) -> None:
        """Something to look at."""
        self.warnings.append(Note.of(code, **params))

    def refuse(self, code: str, **params: object) -> None:
        """Something that keeps the question out."""
        self.problems.append(Note.of(code, **params))


def place(position: int, name: str = "") -> str:
    """Where a question stands: its position in the file and the name it has there."""
    name = " ".join(name.split())
    return f"第{position}道（{name[:_NAME]}）" if name else f"第{position}道"


def finish(
    item: Item, kind: QuestionType, options: Sequence[str] = (), key: Key = (), weights: weighing.Weights = ()
) -> ParsedRow:
    """The row of an item: its content, or why it has none."""
    content = QuestionContent(
        kind, item.stem.strip(), tuple(options), key, item.analysis.strip(), points=item.points, weights=weights
    )
    content = _with_tags(item, content)
    unfit = [note.code for note in item.problems]
    problems = [*item.problems, *([] if unfit else [Note.of(code) for code in check(content)])]
    warnings = [*item.warnings, *item.losses.notes()]
    if kind is QuestionType.SHORT and not key and not problems:
        warnings.append(Note.of("no-model-answer"))
    if item.dropped:
        warnings.append(Note.of("parts-dropped", parts=",".join(dict.fromkeys(item.dropped))))
    warnings += [Note.of("option-repeated", option=option[:40]) for option in repeated_options(content.options)]
    return ParsedRow(
        where=item.where,
        number=item.number,
        kind=content.type,
        content=None if problems else content,
        problems=tuple(dict.fromkeys(problems)),
        warnings=tuple(dict.fromkeys(warnings)),
        stem=content.stem,
    )


def unsupported(item: Item, kind: str) -> ParsedRow:
    """A question of a type that this system has not."""
    item.refuse("type-unsupported", kind=kind)
    return finish(item, QuestionType.SHORT)


def choice(item: Item, choices: Sequence[Choice], *, several: bool) -> ParsedRow:
    """A choice; `several` where the format lets one pick several options."""
    right = [index for index, each in enumerate(choices) if each.weight > 0]
    asked_several = several
    if not several and right:
        best = max(each.weight for each in choices)
        whole = [index for index in right if choices[index].weight == best]
        if len(whole) > 1:
            item.warn("several-right")
        several, kept = len(whole) > 1, whole
    else:
        kept = right
    weights = _weights(item, choices, kept, keep=asked_several)
    _add_said(item, [(f"{LETTERS[index % len(LETTERS)]}", each.said) for index, each in enumerate(choices)])
    options = [each.text for each in choices]
    if not several and len(kept) <= 1 and is_judge(item.stem, options, _declared(item)):
        return _as_judge(item, options, kept)
    return finish(item, QuestionType.MULTIPLE if several else QuestionType.SINGLE, options, tuple(kept), weights)


def _as_judge(item: Item, options: Sequence[str], kept: Sequence[int]) -> ParsedRow:
    """Two options that say right and wrong, in whichever order."""
    reverse = judge_word(options[0]) is False
    key = tuple(1 - index if reverse else index for index in kept)
    return finish(item, QuestionType.JUDGE, JUDGE_OPTIONS, key)


def judge(item: Item, right: bool | None, said: Sequence[tuple[str, str]] = ()) -> ParsedRow:
    """A true/false question; `said` are (mark, text) pairs of feedback."""
    _add_said(item, said)
    return finish(item, QuestionType.JUDGE, JUDGE_OPTIONS, () if right is None else ((0,) if right else (1,)))


def fill(item: Item, blanks: Sequence[Sequence[Choice]], *, patterns: bool = False) -> ParsedRow:
    """Words to fill in: the spellings of each blank with their shares of the points.

    `patterns`: the format takes * for any text, and writes the character itself as \\*.
    """
    key = []
    for spellings in blanks:
        right = [each.text.strip() for each in spellings if each.weight >= _WHOLE]
        if patterns:
            for text in right:
                if _PATTERN.search(text):
                    item.warn("answer-pattern", answer=text[:40])
            right = [text.replace("\\*", "*") for text in right]
        key.append(tuple(dict.fromkeys(right)))
        for each in spellings:
            if each.weight < _WHOLE and (each.weight > 0 or each.text.strip() not in {"", "*"}):
                item.warn("answer-partial", answer=each.text[:40], share=f"{float(each.weight):g}")
        _add_said(item, [(each.text, each.said) for each in spellings])
    return finish(item, QuestionType.FILL, (), tuple(key))


def short(item: Item, model: str) -> ParsedRow:
    """A question answered in sentences. Without a model answer its explanation serves as one."""
    if not model.strip():
        model, item.analysis = item.analysis, ""
    return finish(item, QuestionType.SHORT, (), (model.strip(),) if model.strip() else ())


def _weights(item: Item, choices: Sequence[Choice], kept: Sequence[int], *, keep: bool) -> weighing.Weights:
    """Shares that "all of the right ones and none of the wrong" does not say: kept for a 多选, or told.

    A question whose right options do not make the whole, or that lets one pick a single option, cannot keep them.
    """
    weights = tuple(weighing.from_percent(each.weight) for each in choices)
    if not kept or (keep and weighing.is_plain(weights, kept)) or (not keep and _one_or_nothing(choices, kept)):
        return ()
    sound = keep and weighing.problem(weights, len(choices), kept) is None
    item.warn("weights-kept" if sound else "weights-dropped", text=weighing.text(weights))
    return weights if sound else ()


def _one_or_nothing(choices: Sequence[Choice], kept: Sequence[int]) -> bool:
    """Whether wrong options bring nothing, or take everything."""
    return {each.weight for index, each in enumerate(choices) if index not in kept} <= {Fraction(0), Fraction(-_WHOLE)}


def _add_said(item: Item, said: Sequence[tuple[str, str]]) -> None:
    """What a format says to whoever picks an option goes to the analysis, by option."""
    lines = [f"{mark}：{text.strip()}" for mark, text in said if text.strip()]
    item.analysis = "\n".join([*([item.analysis.strip()] if item.analysis.strip() else []), *lines])


def _declared(item: Item) -> QuestionType | None:
    for tag in item.tags:
        if tag.startswith(TAG_TYPE):
            return _TYPES.get(tag.removeprefix(TAG_TYPE).strip())
    return None


def _with_tags(item: Item, content: QuestionContent) -> QuestionContent:
    """Tags, and what our own files keep in tags."""
    tags: list[str] = []
    for tag in item.tags:
        name = next((prefix for prefix in PREFIXES if tag.startswith(prefix)), "")
        rest = tag.removeprefix(name)
        if name == TAG_DIFFICULTY and (level := difficulty_of(rest)):
            content = replace(content, difficulty=level)
        elif name == TAG_POINTS and (points := points_of(rest)) is not None:
            content = replace(content, points=points)
        elif name == TAG_BASIS and (found := articles_in(rest)):
            content = replace(content, articles=tuple(dict.fromkeys([*content.articles, *found])))
        elif name != TAG_TYPE or content.type not in CHOICE_TYPES:
            tags.append(rest if name == TAG_PLAIN else tag)
    return replace(content, tags=tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip())))
