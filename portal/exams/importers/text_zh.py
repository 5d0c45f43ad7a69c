"""Reads questions from the lines of a Chinese question bank or paper.

A line is taken for the first of these that it can be: a part's heading, the heading of an answer block, a numbered
question, a tagged one, a label (答案：), an option, more of what came before. Numbers are the hard part: they also
begin points of an answer, conditions in a stem, and quantities. `_is_question` decides by sequence and by what follows.
"""

from __future__ import annotations

import re

from portal.exams.importers.answers import apply_answers, is_entry, read_answers
from portal.exams.importers.lexis import (
    ANSWER_HEADING,
    BARE_NUMBER,
    BARE_TAG,
    LABEL_START,
    PLAIN_HEADING,
    TAG,
    label_of,
    looks_like_quantity,
    number_of,
    section_of,
    shadow,
    type_of,
)
from portal.exams.importers.model import Note, Section
from portal.exams.importers.options import option_start, split_options, split_stem
from portal.exams.importers.text_cursor import BRACKETED, JUDGED
from portal.exams.importers.text_writer import Writer

_NOTES = re.compile(r"(注意事项|考生须知|须知|答题说明|答卷说明|考试说明|填写说明|答题要求|导入说明|使用说明)")
_END = re.compile(
    r"^\s*[-—*]*\s*(?:考试结束|试卷到此结束|以下空白|本卷结束|[(\[]?\s*(?:完|全文完|END)\s*[)\]]?)\s*[-—*。]*\s*$",
    re.IGNORECASE,
)
_GAP = 5
_PLAIN_LENGTH = 40
_BLANK_TYPES = {"judge", "fill", "short"}
_PAGE = re.compile(r"^\s*[-—]*\s*第\s*\d+\s*页\s*[,，/、]?\s*(?:[(]?共\s*\d+\s*页[)]?)?\s*[-—]*\s*$")


class Reader(Writer):
    """Walks the lines once; `drafts` and `warnings` hold what was found."""

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
        for draft in self.drafts:  # what somebody answered serves where the right answer is not told
            mine = draft.labels.pop("mine", None)
            draft.answer = draft.answer or mine
        first = 0
        for entries, end in self.blocks:
            self.warnings += apply_answers(entries, self.drafts[first:end] or self.drafts[:end])
            first = end

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
        if ANSWER_HEADING.match(text) or BRACKETED.search(text) or text.endswith(("。", ";", "?", "!")):
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
        tagged = number == self.last + 1 and TAG.match(shadow(text))
        if not tagged and not self._is_question(number, style, text, line):
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
        if style == "sp":
            return number == self.last + 1 and self._evidence(self.at, text)
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
            return bool(current.answer) or bool(JUDGED.search(shadow(current.stem[-1] if current.stem else "")))
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
        if not free or not (self._stem_here(line) or JUDGED.search(shadow(line))):
            return False
        self._begin("", line)
        return True

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
        return bool(
            current and self.state == "stem" and current.answer is None and word in {"说明", "分析", "解释", "分类"}
        )

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
        return bool(_PAGE.match(text)) or self._bare_number(text)

    def _bare_number(self, text: str) -> bool:
        """A number alone: the next question's, its text on the following line, or else a page number."""
        if not BARE_NUMBER.match(text):
            return False
        following = self._following(self.at)
        if (
            text.strip() == str(self.last + 1)
            and following
            and not number_of(following)
            and self._evidence(self.at, "")
        ):
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
            elif self.section.kind == "short" and not self.notes and line[0] not in "（(":
                # The material that the questions of a part are about: none of them has it.
                self.warnings.append(Note.of("stray-text", text=line[:_PLAIN_LENGTH]))
        elif self.state == "stem":
            self._stem_text(line)
        elif self.state == "options":
            self._more_option(current, line)
        else:
            self._put_label("", line)


def read_text(lines: list[str], answer_lines: list[str] | None = None) -> Reader:
    """Read questions from lines, and their answers from the lines of a second file where there is one."""
    reader = Reader(lines)
    reader.run()
    if answer_lines is not None:
        reader.warnings += apply_answers(read_answers(answer_lines), reader.drafts)
    return reader
