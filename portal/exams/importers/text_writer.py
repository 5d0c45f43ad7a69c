"""Putting what was read into the question under way."""

from __future__ import annotations

import re

from portal.exams.importers.lexis import (
    BARE_TAG,
    LABEL_INSIDE,
    TAG,
    TYPE_WORDS,
    label_of,
    number_of,
    shadow,
)
from portal.exams.importers.model import Draft
from portal.exams.importers.options import split_stem
from portal.exams.importers.text_cursor import Cursor

_LETTERS_ONLY = re.compile(r"^[A-La-l\s,、;.√×对错正确误]*$")


class Writer(Cursor):
    """Begins questions and adds stem, options and labelled texts to them."""

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
