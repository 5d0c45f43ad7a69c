"""Turns what was read of a question into its content, or says why it cannot be one."""

from __future__ import annotations

import re
from dataclasses import replace

from portal.exams.importers import details
from portal.exams.importers.keys import choice_key, count_blanks, fill_key, judge_word, letters
from portal.exams.importers.lexis import END_TAG, POINTS_TAG, TAG, TYPE_WORDS, UNSUPPORTED, shadow
from portal.exams.importers.model import Draft, Note, ParsedRow
from portal.exams.rules.question import (
    JUDGE_OPTIONS,
    QuestionContent,
    QuestionType,
    asks_for_one,
    check,
    judge_pair,
    repeated_options,
)

_LETTERS_INSIDE = re.compile(r"[(\[]\s*([A-La-l](?:[\s,、;.]*[A-La-l])*)\s*[)\]]|_+\s*([A-L]+)\s*_+")
_JUDGE_INSIDE = r"[(\[]\s*(√|×|对|错|正确|错误|是|否|[TtFf]|[xX]|[ABab])\s*[)\]]"
_JUDGE_END = re.compile(_JUDGE_INSIDE + r"\s*[。.?!]?\s*$")
_JUDGE_START = re.compile(r"^\s*" + _JUDGE_INSIDE)
_EMPTY_END = re.compile(r"\s*[(\[]\s*[)\]]\s*([。.?!]?)\s*$")
_AFTER_BLANK = re.compile(r"[)\]][^A-Za-z]*?(?:[\s。.?]|(?<=[)\]]))([A-Ha-h]{1,8})\s*$")
_WORDS_INSIDE = re.compile(r"[(\[]\s*([^()\[\]]{1,40}?)\s*[)\]]|_+([^_\s][^_]{0,39}?)_+")
# The conclusion of an analysis: 故选B, 因此本题选AC, 故正确答案为D.
_TOLD = re.compile(
    r"(?:故|因此|所以)(?:本题)?(?:正确)?(?:答案|选项)?(?:应选|选择|选|为|是)\s*([A-L](?:[、,]?[A-L])*)(?![A-Za-z])"
)
_BLANK = "（ ）"
_SENTENCE_END = "。；;：:？?！!"


def build_row(draft: Draft) -> ParsedRow:
    """Make a row of a draft: its content with warnings, or its problems."""
    content = QuestionContent(QuestionType.SHORT, _stem(draft))
    content = details.add(draft, content)
    content = details.add_weights(draft, _typed(draft, content))
    problems = list(draft.problems)
    if draft.declared in UNSUPPORTED:
        problems = [Note.of("type-unsupported", kind=draft.declared)]
    codes = [note.code for note in problems]
    unfit = [] if draft.declared in UNSUPPORTED else check(content)
    problems += [Note.of(code) for code in unfit if not (code == "no-answer" and "answer-unreadable" in codes)]
    if content.type is QuestionType.SHORT and not content.key and not problems:
        # Only what is called a 简答题 may lack an answer: elsewhere options and answer have been lost on the way.
        told = Note.of("no-model-answer") if draft.declared == "short" else None
        (draft.warnings if told else problems).append(told or Note.of("no-answer"))
    warnings = [*draft.warnings, *_warnings(content)]
    return ParsedRow(
        where=draft.where,
        number=draft.number,
        kind=content.type,
        content=None if problems else content,
        problems=tuple(dict.fromkeys(problems)),
        warnings=tuple(dict.fromkeys(warnings)),
        stem=content.stem,
    )


def _warnings(content: QuestionContent) -> list[Note]:
    notes = [Note.of("option-repeated", option=option[:40]) for option in repeated_options(content.options)]
    if content.type is QuestionType.MULTIPLE and len(content.key) == 1:
        notes.append(Note.of("multiple-with-one"))
    return notes


def _stem(draft: Draft) -> str:
    """Join the lines of a stem; take off its type tag and its points."""
    text = ""
    for line in draft.stem:
        broken = text and text[-1] not in _SENTENCE_END and not re.match(r"[①-⑩(（\d]", line)
        text += (
            " " if broken and text[-1].isascii() and line[:1].isascii() else "" if broken or not text else "\n"
        ) + line
    for pattern in (TAG, END_TAG):
        match = pattern.search(shadow(text))
        if match:
            draft.kind = draft.kind or TYPE_WORDS[match["word"]]
            text = text[: match.start()] + text[match.end() :]
    points = POINTS_TAG.search(shadow(text))
    if points and (points.end() == len(text.rstrip()) or points.start() == 0):
        draft.points = round(float(points["points"]) * 100)
        text = text[: points.start()] + text[points.end() :]
    return text.strip()


def _typed(draft: Draft, content: QuestionContent) -> QuestionContent:
    declared = draft.declared
    if draft.blanks and not draft.options:
        return _fill(draft, content)
    if draft.options:
        return _with_options(draft, content)
    if declared in {"single", "multiple", "choice"}:
        return _choice(draft, content)
    if declared == "fill":
        return _fill(draft, content)
    if declared == "short":
        return _short(draft, content)
    return _judge_or_text(draft, content)


def _answer_text(draft: Draft) -> str:
    return "\n".join(draft.answer or []).strip()


def _judge_or_text(draft: Draft, content: QuestionContent) -> QuestionContent:
    """No options: a judgement where it is declared or answered as one, else words to fill in or to write."""
    stem = shadow(content.stem)
    answer = _answer_text(draft)
    inside = _JUDGE_END.search(stem) or _JUDGE_START.match(stem)
    if inside and inside[1] in "ABab" and draft.declared != "judge":
        return _choice(draft, content)
    said = judge_word(answer) if answer else None
    if draft.declared == "judge" or said is not None or (inside and not answer):
        return _judge(draft, content, inside)
    if answer and letters(answer) is not None:
        return _choice(draft, content)
    if answer or "__" in stem:
        return _fill(draft, content) if count_blanks(content.stem) else _short(draft, content)
    if _EMPTY_END.search(stem) and not asks_for_one(content.stem):
        return _judge(draft, content, None)
    return _choice(draft, content) if count_blanks(content.stem) else _short(draft, content)


def _judge(draft: Draft, content: QuestionContent, inside: re.Match[str] | None) -> QuestionContent:
    answer = _answer_text(draft) or (inside[1] if inside else "")
    stem = content.stem
    if inside:
        stem = stem[: inside.start()] + stem[inside.end() :].lstrip("、. ")
    stem = _EMPTY_END.sub(lambda match: match[1], shadow(stem)) and _without_blank(stem)
    said = _judgement(answer)
    if said is None and answer:
        draft.problems.append(Note.of("answer-unreadable", answer=answer[:40]))
    key = () if said is None else ((0,) if said else (1,))
    analysis = _rest_of_answer(draft, content.analysis)
    return replace(content, type=QuestionType.JUDGE, stem=stem, options=JUDGE_OPTIONS, key=key, analysis=analysis)


def _without_blank(stem: str) -> str:
    match = _EMPTY_END.search(shadow(stem))
    return (stem[: match.start()] + stem[match.start(1) : match.end(1)]).strip() if match else stem.strip()


def _judgement(answer: str) -> bool | None:
    said = judge_word(answer)
    if said is not None:
        return said
    lead = re.match(r"^\s*([ABab])\s*(?:[.、:].*)?$", shadow(answer))
    return lead[1].upper() == "A" if lead else None


def _rest_of_answer(draft: Draft, analysis: str) -> str:
    """A judgement may come with its reasons on the following lines: they are the analysis."""
    reasons = "\n".join((draft.answer or [])[1:]).strip()
    return analysis or reasons


def _with_options(draft: Draft, content: QuestionContent) -> QuestionContent:
    pair = judge_pair(draft.options)
    declared = draft.declared
    kinds = {"single": QuestionType.SINGLE, "multiple": QuestionType.MULTIPLE, "judge": QuestionType.JUDGE}
    if pair and (declared == "judge" or (declared not in kinds and not asks_for_one(content.stem))):
        return _judge_with_options(draft, content, pair)
    return _choice(draft, content)


def _judge_with_options(draft: Draft, content: QuestionContent, pair: tuple[str, str]) -> QuestionContent:
    reverse = judge_word(draft.options[0]) is False
    inside = _JUDGE_END.search(shadow(content.stem))
    stem = content.stem[: inside.start()] if inside else content.stem
    answer = _answer_text(draft) or (inside[1] if inside else "")
    key = letters(answer)
    if key is None or answer.strip().upper() in {"F", "T"}:
        said = judge_word(answer)
        if said is None and (chosen := choice_key(answer, draft.options)):
            key = chosen
        else:
            key = None if said is None else (0,) if said else (1,)
            reverse = False
    if key is None and answer:
        draft.problems.append(Note.of("answer-unreadable", answer=answer[:40]))
    key = key or ()
    if reverse and all(index in (0, 1) for index in key):
        key = tuple(sorted(1 - index for index in key))
    stem = _without_blank(stem)
    return replace(content, type=QuestionType.JUDGE, stem=stem, options=JUDGE_OPTIONS, key=key)


def _choice(draft: Draft, content: QuestionContent) -> QuestionContent:
    stem, inside = _letters_inside(content.stem, bool(_answer_text(draft)))
    answer = _answer_text(draft)
    key = choice_key(answer, draft.options) if answer else None
    if key is None and answer:
        key = _first_line_key(draft)
    if key is None and answer:
        draft.problems.append(Note.of("answer-unreadable", answer=answer[:40]))
    if inside is not None and key is not None and letters(inside) != key:
        draft.warnings.append(Note.of("answers-differ", inside=inside, stated=answer[:40]))
    if key is None and not answer and inside is not None:
        key = letters(inside)
    if not key and not answer and (told := _TOLD.search(shadow(content.analysis))):
        key = letters(told[1])
        draft.warnings.append(Note.of("answer-from-analysis", answer=told[1]))
    key = key or ()
    kind = _choice_kind(draft, key)
    analysis = content.analysis
    return replace(content, type=kind, stem=stem, options=tuple(draft.options), key=key, analysis=analysis)


def _first_line_key(draft: Draft) -> tuple[int, ...] | None:
    """The letters stand on the first line of the answer and words of explanation below."""
    lines = draft.answer or []
    found = choice_key(lines[0], draft.options) if len(lines) > 1 else None
    if found is not None:
        draft.labels.setdefault("analysis", []).extend(lines[1:])
    return found


def _choice_kind(draft: Draft, key: tuple[int, ...]) -> QuestionType:
    declared = draft.declared
    if declared == "single":
        return QuestionType.SINGLE
    if declared == "multiple":
        return QuestionType.MULTIPLE
    if declared in {"judge", "fill", "short"}:
        draft.warnings.append(Note.of("kind-differs"))
    return QuestionType.MULTIPLE if len(key) > 1 else QuestionType.SINGLE


def _letters_inside(stem: str, stated: bool) -> tuple[str, str | None]:
    """Take the answer out of a stem's bracket: (stem with an empty bracket, letters or None)."""
    text = shadow(stem)
    found = list(_LETTERS_INSIDE.finditer(text))
    if found:
        match = found[-1]
        empty = re.search(r"[(\[]\s*[)\]]", text)
        if not (stated and empty):
            return stem[: match.start()] + _BLANK + stem[match.end() :], match[1] or match[2]
    after = _AFTER_BLANK.search(text)
    if after and not stated and re.search(r"[(\[]\s*[)\]]", text):
        return stem[: after.start(1)].rstrip(), after[1]
    return stem, None


def _fill(draft: Draft, content: QuestionContent) -> QuestionContent:
    parts = draft.blanks or draft.answer or []
    stem = content.stem
    if not parts:
        found = list(_WORDS_INSIDE.finditer(shadow(stem)))
        found = [match for match in found if match[1]] or found  # else "____章____条" would be answered by 章
        parts = [stem[slice(*match.span(1 if match[1] else 2))] for match in found]
        open_ = count_blanks(stem) - sum(count_blanks(match[0]) for match in found)
        for match in reversed(found):
            stem = stem[: match.start()] + ("" if open_ else "____") + stem[match.end() :]
        if open_:  # the blanks are there already: what stands in brackets answers them
            stem = stem.rstrip()
            key = fill_key(parts, open_)
            if len(key) != open_:
                draft.problems.append(Note.of("blanks-differ", blanks=open_, answers=len(key)))
            return replace(content, type=QuestionType.FILL, stem=stem, key=key)
        return replace(content, type=QuestionType.FILL, stem=stem, key=tuple((part.strip(),) for part in parts))
    blanks = count_blanks(stem)
    key = (
        tuple(spelling for part in parts for spelling in fill_key([part], 1))
        if draft.blanks
        else fill_key(parts, blanks)
    )
    if blanks and len(key) != blanks:
        draft.problems.append(Note.of("blanks-differ", blanks=blanks, answers=len(key)))
    return replace(content, type=QuestionType.FILL, stem=stem, key=key)


def _short(draft: Draft, content: QuestionContent) -> QuestionContent:
    answer = _answer_text(draft)
    if not answer and content.analysis:
        answer, content = content.analysis, replace(content, analysis="")
    return replace(content, type=QuestionType.SHORT, key=(answer,) if answer else ())
