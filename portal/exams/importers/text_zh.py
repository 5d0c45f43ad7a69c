"""Reads questions from the lines of a Chinese question bank or paper.

A line is taken for the first of these that it can be: a part's heading, the heading of an answer block, a numbered
question, a tagged one, a label (答案：), an option, more of what came before. Numbers are the hard part: they also begin
points of an answer, conditions in a stem, and quantities. `_is_question` decides by sequence and by what follows.
"""

from __future__ import annotations

import re

from portal.exams.importers.answers import Entry, apply_answers, is_entry, is_packed, read_answers
from portal.exams.importers.lexis import (
    ANSWER_HEADING,
    BARE_NUMBER,
    BARE_TAG,
    LABEL_INSIDE,
    LABEL_START,
    PLAIN_HEADING,
    TAG,
    TYPE_WORDS,
    label_of,
    looks_like_quantity,
    number_of,
    section_of,
    shadow,
    type_of,
)
from portal.exams.importers.model import Draft, Note, Section
from portal.exams.importers.options import option_start, split_options, split_stem

_NOTES = re.compile(r"(注意事项|考生须知|须知|答题说明|答卷说明|考试说明|填写说明|答题要求|导入说明|使用说明)")
_BRACKETED = re.compile(r"[(\[]\s*(?:[A-La-l](?:[\s,、;]*[A-La-l])*|√|×|对|错|正确|错误|[TFxX]|)\s*[\])]|_{2,}|[(\[]\s*$")
_JUDGED = re.compile(r"[(\[]\s*(?:√|×|对|错|正确|错误|[TFxX])\s*[\])]\s*[。.]?\s*$")
_END = re.compile(r"^\s*[-—*]*\s*(?:考试结束|试卷到此结束|以下空白|本卷结束|[(\[]?\s*(?:完|全文完|END)\s*[)\]]?)\s*[-—*。]*\s*$", re.I)
_LETTERS_ONLY = re.compile(r"^[A-La-l\s,、;.√×对错正确误]*$")
_AHEAD = 60
_GAP = 5
_PLAIN_LENGTH = 40
_BLANK_TYPES = {"judge", "fill", "short"}


class Reader:
    """Walks the lines once; `drafts` and `warnings` hold what was found."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = [line.strip() for line in lines]
        self.at = 0
        self.drafts: list[Draft] = []
        self.warnings: list[Note] = []
        self.blocks: list[tuple[list[Entry], int]] = []
        self.section = Section()
        self.current: Draft | None = None
        self.state = "front"
        self.label = ""
        self.style = ""
        self.last = 0
        self.item = 0
        self.notes = False
        self.next_kind: str | None = None
        self.blank_before = True
        self.title = ""

    def run(self) -> None:
        """Read every line."""
        handlers = (
            self._heading, self._answer_block, self._numbered, self._tagged, self._unnumbered, self._labelled,
            self._option, self._noise,
        )  # fmt: skip
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line:
                if not any(handler(line) for handler in handlers):
                    self._more(line)
                self.blank_before = False
            else:
                self.blank_before = True
            self.at += 1
        first = 0
        for entries, end in self.blocks:
            self.warnings += apply_answers(entries, self.drafts[first:end] or self.drafts[:end])
            first = end

    # looking ahead

    def _following(self, start: int) -> str:
        for line in self.lines[start + 1 : start + 1 + _AHEAD]:
            if line:
                return line
        return ""

    def _next_letter(self) -> int | None:
        mark = option_start(self._following(self.at))
        return mark.letter if mark else None

    def _evidence(self, start: int, text: str) -> bool:
        """Say whether a numbered line and what follows it, up to the next number, look like a question."""
        if _BRACKETED.search(shadow(text)) or TAG.match(shadow(text)) or split_stem(text, None):
            return True
        for line in self.lines[start + 1 : start + 1 + _AHEAD]:
            if not line:
                continue
            mark = option_start(line)
            if mark and mark.letter == 0 and mark.style not in {" ", ""}:
                return True
            label = LABEL_START.match(shadow(line))
            if label and label_of(label) == "answer":
                return not self._heads_block(line)
            if number_of(line) or section_of(line):
                return False
        return False

    def _entry_follows(self, start: int) -> bool:
        following = self._following(start)
        return is_entry(following) or following.startswith("题号")

    # handlers, in order

    def _heading(self, line: str) -> bool:
        found = section_of(line)
        if found:
            kind, points = found
            self._open_section(line, kind, points)
            return True
        return self._plain_heading(line)

    def _plain_heading(self, line: str) -> bool:
        """A heading that names no type (一、常识判断): numbers may start again and no type holds."""
        text = shadow(line)
        if not PLAIN_HEADING.match(text) or len(line) > _PLAIN_LENGTH or self.section.kind in {"short", "fill"}:
            return False
        if ANSWER_HEADING.match(text) or _BRACKETED.search(text) or text.endswith(("。", ";", "?", "!")):
            return False
        if self.state == "label" and self.label != "answer":
            return False
        mark = option_start(self._following(self.at))
        if (mark and mark.letter == 0) or number_of(line):
            return False
        self._open_section(line, None, None)
        return True

    def _open_section(self, line: str, kind: str | None, points: int | None) -> None:
        self.section = Section(line, kind, points, self.section.index + 1)
        self.current, self.state, self.style, self.last, self.item, self.notes = None, "front", "", 0, 0, False

    def _answer_block(self, line: str) -> bool:
        if not self.drafts or not self._heads_block(line):
            return False
        match = ANSWER_HEADING.match(shadow(line))
        rest = line[match.start("rest") :].lstrip(":： ") if match else ""
        end = self._block_end(self.at + 1)
        lead = section_of(match["lead"]) if match and match["lead"] else None
        lines = ([line[: match.end("lead")]] if match and lead else []) + [rest, *self.lines[self.at + 1 : end]]
        self.blocks.append((read_answers(lines), len(self.drafts)))
        self.current, self.state = None, "front"
        self.at = end - 1
        return True

    def _heads_block(self, line: str) -> bool:
        match = ANSWER_HEADING.match(shadow(line))
        if not match:
            return False
        rest = match["rest"].lstrip(": ")
        if rest:
            return is_packed(rest) or (self.current is None and is_entry(rest))
        index = self.lines.index(line, self.at) if line in self.lines[self.at :] else self.at
        following = self._following(index)
        current = self.current
        if current and current.answer is None and match["rest"] and current.declared in {"short", "fill"}:
            return bool(section_of(following)) or is_packed(following)
        return self._entry_follows(index) or bool(section_of(following)) or self._answers_under_heading(index)

    def _answers_under_heading(self, index: int) -> bool:
        number = number_of(self._following(index))
        if number is None or self.current is None or self.current.answer is not None:
            return False
        return number[0] == 1 and len(self.drafts) > 1 and all(draft.answer is None for draft in self.drafts)

    def _block_end(self, start: int) -> int:
        """The line at which questions begin again, or the end."""
        seen = {draft.section.kind for draft in self.drafts}
        for index in range(start, len(self.lines)):
            line = self.lines[index]
            if not line:
                continue
            if _END.match(shadow(line)):
                return index
            heading = section_of(re.sub("答案", "", line))
            if heading:
                if not self._entry_follows(index) and (heading[0] not in seen or heading[0] not in _BLANK_TYPES):
                    return index
            elif self._question_again(index):
                return index
        return len(self.lines)

    def _question_again(self, index: int) -> bool:
        line = self.lines[index]
        number = number_of(line)
        if number is None or is_entry(line):
            return False
        mark = option_start(self._following(index))
        text = line[number[2] :]
        return bool(mark and mark.letter == 0) or bool(TAG.match(shadow(text))) or split_stem(text, None) is not None

    def _numbered(self, line: str) -> bool:
        found = number_of(line)
        if found is None or self._page_number(line):
            return False
        number, style, start = found
        text = line[start:]
        if not self._is_question(number, style, text, line):
            self.item = number if number in {1, self.item + 1} else self.item
            return False
        if self.last and number == 1 and self.drafts and self.current:
            self.section = Section(self.section.label, self.section.kind, self.section.points, self.section.index + 1)
        self._begin(str(number), text)
        self.style, self.last, self.item = self.style or style, number, 0
        return True

    def _is_question(self, number: int, style: str, text: str, line: str) -> bool:
        if style == "decimal":
            return number == self.last + 1 and not looks_like_quantity(line) and self._evidence(self.at, text)
        if self.current is None:
            sure = self.section.kind is not None and not self.notes
            return sure or (not self.notes and number in {1, self.last + 1}) or self._evidence(self.at, text)
        if style == "br" and self.style not in {"", "br"}:
            return False
        if number == self.last + 1:
            doubtful = self.item and number == self.item + 1
            doubtful = doubtful or style != self.style or (self.state == "label" and self.label != "answer")
            return not doubtful or self._evidence(self.at, text)
        return self._out_of_order(number, style, text)

    def _out_of_order(self, number: int, style: str, text: str) -> bool:
        current = self.current
        kind = self.section.kind
        same = style == self.style
        ahead = same and self.last < number <= self.last + _GAP
        if not self._evidence(self.at, text):
            return bool(ahead and kind in _BLANK_TYPES and self.state == "stem")
        if current and self.state == "stem" and kind not in _BLANK_TYPES and number in {1, self.item + 1}:
            return bool(current.answer) or bool(_JUDGED.search(shadow(current.stem[-1] if current.stem else "")))
        if self.state == "label" and kind == "short":
            return ahead
        return same or number > self.last

    def _page_number(self, line: str) -> bool:
        return bool(BARE_NUMBER.match(shadow(line)))

    def _tagged(self, line: str) -> bool:
        text = shadow(line)
        match = TAG.match(text) or BARE_TAG.match(text)
        if not match or not line[match.end() :].strip():
            return False
        if self.current and self.state == "stem" and not self.current.stem:
            return False
        self._begin("", line)
        return True

    def _unnumbered(self, line: str) -> bool:
        """A stem without a number: it stands right before options, or an answer, or ends in a judgement."""
        if self.last and self.current and self.current.number:
            return False
        if option_start(line) or LABEL_START.match(shadow(line)) or BARE_NUMBER.match(shadow(line)):
            return False
        current = self.current
        free = current is None or bool(current.options) or current.answer is not None or self._judged(current)
        if not free or not (self._stem_here(line) or _JUDGED.search(shadow(line))):
            return False
        self._begin("", line)
        return True

    def _judged(self, draft: Draft) -> bool:
        return bool(draft.stem and _JUDGED.search(shadow(draft.stem[-1])))

    def _stem_here(self, line: str) -> bool:
        if split_stem(line, self._next_letter()):
            return True
        run = 0
        for index in range(self.at + 1, min(len(self.lines), self.at + _AHEAD)):
            other = self.lines[index]
            if not other:
                if run or self._following(index) == "" or not self._opens(self._following(index)):
                    return False
                continue
            if self._opens(other):
                return run == 0 or (self.blank_before and self.current is not None)
            if number_of(other) or section_of(other) or option_start(other) or LABEL_START.match(shadow(other)):
                return False
            run += 1
        return False

    def _opens(self, line: str) -> bool:
        """What follows a stem: option A, or (after a first question) an answer of its own."""
        mark = option_start(line)
        if mark and mark.letter == 0:
            return True
        label = LABEL_START.match(shadow(line))
        return bool(label and label_of(label) == "answer" and not self._heads_block(line))

    def _labelled(self, line: str) -> bool:
        match = LABEL_START.match(shadow(line))
        if not match:
            return False
        name, rest = label_of(match), line[match.end() :].strip()
        if name == "kind":
            return self._kind_label(rest)
        if name == "stem":
            return self._stem_label(rest)
        if self.current is None or (name in {"analysis", "points", "tags", "basis"} and self._still_asking(match)):
            return False
        if name == "options":
            self.state = "options" if self.current.options else "stem"
            if rest:
                self._option(rest)
            return True
        self._put_label(name, rest)
        return True

    def _still_asking(self, match: re.Match[str]) -> bool:
        """A stem may go on with 说明：or 分析：; a bracketed label is always one."""
        current = self.current
        word = match["b"] or ""
        return bool(current and self.state == "stem" and current.answer is None and word in {"说明", "分析", "解释", "分类"})

    def _kind_label(self, rest: str) -> bool:
        kind = type_of(rest.strip(" 。.[]()【】（）"))
        if kind is None:
            return False
        if self.current and not self.current.options and self.current.answer is None:
            self.current.kind = kind
        else:
            self.next_kind = kind
        return True

    def _stem_label(self, rest: str) -> bool:
        current = self.current
        if current and not current.options and current.answer is None and (not current.stem or current.number):
            if rest:
                self._stem_text(rest)
        else:
            self._begin("", rest)
        return True

    def _option(self, line: str) -> bool:
        current = self.current
        if current is None or (self.state == "label" and (current.options or self.label != "answer")):
            return False
        found = split_options(line, self._next_letter())
        if found is None:
            return False
        first, texts, style = found
        expected = len(current.options)
        if style in {" ", ""} and not self._loose_option(first, texts, expected):
            return False
        if first != expected:
            if first == 0 or not expected:
                return False
            current.problems.append(Note.of("options-out-of-order", letters=line[:1]))
        self._add_options(texts)
        return True

    def _loose_option(self, first: int, texts: list[str], expected: int) -> bool:
        """A letter without a mark ("A 甲", "A甲") is an option only in its turn and with the next one in sight."""
        return first == expected and (expected > 0 or len(texts) > 1 or self._next_letter() == 1)

    def _noise(self, line: str) -> bool:
        text = shadow(line)
        if _END.match(text):
            self.current, self.state, self.notes = None, "front", True
            return True
        return self._bare_number(text)

    def _bare_number(self, text: str) -> bool:
        """A number alone: the next question's, its text on the following line, or else a page number."""
        if not BARE_NUMBER.match(text):
            return False
        following = self._following(self.at)
        if text.strip() == str(self.last + 1) and following and not number_of(following) and self._evidence(self.at, ""):
            self._begin(text.strip(), "")
            self.last, self.style = self.last + 1, self.style or "sp"
            return True
        return self.current is None or self.state != "stem"

    def _more(self, line: str) -> None:
        """More of whatever stands above."""
        current = self.current
        if current is None:
            self.notes = self.notes or bool(_NOTES.search(line))
            if not self.drafts and not self.title and len(line) <= _PLAIN_LENGTH and not self.notes:
                self.title = line
        elif self.state == "stem":
            self._stem_text(line)
        elif self.state == "options":
            self._more_option(current, line)
        else:
            self._put_label("", line)

    # writing

    def _begin(self, number: str, text: str) -> None:
        draft = Draft(number=number, section=self.section, kind=self.next_kind)
        self.next_kind = None
        self.drafts.append(draft)
        self.current, self.state, self.label, self.notes = draft, "stem", "", False
        tag = TAG.match(shadow(text)) or BARE_TAG.match(shadow(text))
        if tag:
            draft.kind = TYPE_WORDS[tag["word"]]
            text = text[tag.end() :]
        if text and not number:
            found = number_of(text)
            if found and tag:
                draft.number, text = str(found[0]), text[found[2] :]
                self.last, self.style = found[0], self.style or found[1]
        if text:
            self._stem_text(text)

    def _stem_text(self, text: str) -> None:
        current = self.current
        if current is None:
            return
        inside = LABEL_INSIDE.search(shadow(text))
        tail = text[inside.start() :] if inside and inside.start() else ""
        text = text[: len(text) - len(tail)].strip()
        glued = split_stem(text, None if tail else self._next_letter())
        stem, options = glued or (text, [])
        if stem:
            current.stem.append(stem)
        self._add_options(options)
        if tail and inside:
            self._put_label(label_of(inside), tail[inside.end() - inside.start() :])

    def _add_options(self, texts: list[str]) -> None:
        current = self.current
        if current is None or not texts:
            return
        self.state = "options"
        inside = LABEL_INSIDE.search(shadow(texts[-1]))
        tail = texts[-1]
        current.options += [*texts[:-1], tail[: inside.start()].strip() if inside else tail]
        if inside:
            self._put_label(label_of(inside), tail[inside.end() :])

    def _more_option(self, current: Draft, line: str) -> None:
        last = current.options[-1]
        gap = " " if last and last[-1].isascii() and line[:1].isascii() else ""
        inside = LABEL_INSIDE.search(shadow(line))
        if inside:
            self._put_label(label_of(inside), line[inside.end() :])
            line = line[: inside.start()]
        current.options[-1] = (last + gap + line.strip()).strip()

    def _put_label(self, name: str, text: str) -> None:
        """Keep a text under its label; lines after a plain letter answer belong to the analysis."""
        current = self.current
        if current is None:
            return
        name = name or self._continued(current)
        self.state, self.label = "label", name
        inside = LABEL_INSIDE.search(shadow(text))
        rest = text[inside.end() :] if inside else ""
        text = text[: inside.start()].strip() if inside else text.strip()
        if name == "answer":
            current.answer = [*(current.answer or []), *([text] if text else [])]
        else:
            current.labels.setdefault(name, []).extend([text] if text else [])
        self.item = 1 if re.match(r"\s*[(]?1[.、)]", shadow(text)) else self.item
        if inside:
            self._put_label(label_of(inside), rest)

    def _continued(self, current: Draft) -> str:
        given = "".join(current.answer or [])
        plain = bool(given) and bool(_LETTERS_ONLY.match(shadow(given)))
        return "analysis" if self.label == "answer" and plain else self.label


def read_text(lines: list[str], answer_lines: list[str] | None = None) -> Reader:
    """Read questions from lines, and their answers from the lines of a second file where there is one."""
    reader = Reader(lines)
    reader.run()
    if answer_lines is not None:
        reader.warnings += apply_answers(read_answers(answer_lines), reader.drafts)
    return reader
