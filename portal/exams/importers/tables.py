"""Questions from the rows of a table: a row for each question, or a row for each option."""

from __future__ import annotations

from collections.abc import Sequence

from portal.exams.importers.headers import Header, find_header, read_header
from portal.exams.importers.keys import judge_word, letters
from portal.exams.importers.lexis import section_of, type_of
from portal.exams.importers.model import Draft, Note, Section
from portal.exams.importers.options import LETTERS, option_start, split_cell, split_options, split_stem

# Columns that a template may have filled in beforehand: alone they make no question.
_PREFILLED = {"number", "type", "points", "difficulty", "tags"}
_PAIR = 2
_SHOWN = 30


def column_name(index: int) -> str:
    """Name a column as a spreadsheet does: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


class TableReader:
    """Reads one sheet or table; `drafts` and `warnings` hold what was found."""

    def __init__(self, sheet: str, rows: Sequence[list[str]], header: Header) -> None:
        self.sheet = sheet
        self.rows = rows
        self.header = header
        self.section = Section(sheet, type_of(sheet))
        self.drafts: list[Draft] = []
        self.warnings: list[Note] = []
        self.stem = ""
        self.number = ""

    def run(self) -> None:
        """Read the headings above the header, then every row below it."""
        for cells in self.rows[: self.header.row]:
            self._heading(cells)
        for row in range(self.header.row + 1, len(self.rows)):
            cells = self.rows[row]
            if not any(cell.strip() for cell in cells):
                continue
            again = read_header(cells, row)
            if again.fit and again.named * 2 > sum(bool(cell.strip()) for cell in cells):
                # A question whose options happen to be 问题 and D names two columns; a header names most of its cells.
                self.header = again
            elif not self._heading(cells):
                (self._option_row if self.header.by_option else self._question_row)(row, cells)

    def _heading(self, cells: list[str]) -> bool:
        filled = [cell.strip() for cell in cells if cell.strip()]
        found = section_of(filled[0]) if len(set(filled)) == 1 else None
        if found:
            self.section = Section(filled[0], found[0] or self.section.kind, found[1], self.section.index + 1)
        return found is not None

    def _get(self, cells: list[str], column: str) -> str:
        place = self.header.columns.get(column)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    def _at(self, cells: list[str], places: dict[int, int]) -> list[str]:
        """Cells in the order of their ordinals, empty ones between kept, those at the end left out."""
        if not places:
            return []
        texts = [""] * (max(places) + 1)
        for ordinal, place in places.items():
            texts[ordinal] = cells[place].strip() if place < len(cells) else ""
        while texts and not texts[-1]:
            texts.pop()
        return texts

    def _new(self, row: int, cells: list[str]) -> Draft:
        number = self._get(cells, "number")
        draft = Draft(where=f"{self.sheet}!{row + 1}", number=number, section=self.section)
        kind = self._get(cells, "type")
        draft.kind = type_of(kind) if kind else None
        if kind and draft.kind is None:
            draft.warnings.append(Note.of("no-kind", kind=kind[:_SHOWN]))
        stem = self._get(cells, "stem")
        draft.stem = [stem] if stem else []
        for name in ("analysis", "difficulty", "points", "tags", "basis", "weights"):
            if text := self._get(cells, name):
                draft.labels[name] = [text]
        self.drafts.append(draft)
        return draft

    # a row for each question

    def _question_row(self, row: int, cells: list[str]) -> None:
        stem, answer = self._get(cells, "stem"), self._get(cells, "answer")
        options = self._at(cells, self.header.options) or split_cell(self._get(cells, "options"))
        blanks = [text for text in self._at(cells, self.header.blanks) if text]
        if not stem and not answer and len([text for text in options if text]) < _PAIR and not blanks:
            if self.drafts and options and "options" in self.header.columns:
                self.drafts[-1].options += options
            else:
                self._stray(row, cells)
            return
        draft = self._new(row, cells)
        draft.options, draft.blanks = options, blanks
        draft.answer = [answer] if answer else None
        if not options and answer and letters(answer):
            self._options_in_stem(draft, stem)

    def _options_in_stem(self, draft: Draft, stem: str) -> None:
        """The options may stand in the stem's cell, below the stem or behind it."""
        lines = [line for line in stem.splitlines() if line.strip()]
        kept: list[str] = []
        options: list[str] = []
        for number, line in enumerate(lines):
            mark = option_start(lines[number + 1]) if number + 1 < len(lines) else None
            following = mark.letter if mark else None
            lettered = split_options(line, following)
            glued = split_stem(line, following) if not options else None
            if lettered and kept and lettered[0] == len(options):
                options += lettered[1]
            elif glued:
                kept.append(glued[0])
                options += glued[1]
            elif options:
                options[-1] += line.strip()
            else:
                kept.append(line)
        if len(options) >= _PAIR:
            draft.stem, draft.options = kept, options

    def _stray(self, row: int, cells: list[str]) -> None:
        prefilled = {place for name, place in self.header.columns.items() if name in _PREFILLED}
        filled = [place for place, cell in enumerate(cells) if cell.strip()]
        if all(place in prefilled for place in filled):
            return
        for place in filled:
            cell = f"{column_name(place)}{row + 1}"
            self.warnings.append(Note.of("stray-cell", sheet=self.sheet, cell=cell, text=cells[place].strip()[:_SHOWN]))

    # a row for each option

    def _option_row(self, row: int, cells: list[str]) -> None:
        stem, number = self._get(cells, "stem"), self._get(cells, "number")
        text, mark = self._get(cells, "option_text"), self._get(cells, "option_mark")
        if not stem and not text:
            self._stray(row, cells)
            return
        first = letters(mark) == (0,)
        again = stem in {"", self.stem} and number in {"", self.number}
        if not self.drafts or not again or (first and self.drafts[-1].options):
            self._new(row, cells)
            self.stem, self.number = stem, number
            if answer := self._get(cells, "answer"):
                self.drafts[-1].answer = [answer]
        self._add_option(self.drafts[-1], cells, text)

    def _add_option(self, draft: Draft, cells: list[str], text: str) -> None:
        found = split_options(text, None) if text else None
        if found and found[0] == len(draft.options) and len(found[1]) == 1 and found[2] not in {"", " "}:
            text = found[1][0]
        if not text:
            return
        draft.options.append(text)
        said = self._get(cells, "is_right")
        if judge_word(said) and "answer" not in self.header.columns and len(draft.options) <= len(LETTERS):
            draft.answer = ["".join(draft.answer or []) + LETTERS[len(draft.options) - 1]]


def read_table(sheet: str, rows: Sequence[list[str]]) -> TableReader | None:
    """Read a table of questions, None where no row heads one."""
    header = find_header(list(rows))
    if header is None:
        return None
    reader = TableReader(sheet, rows, header)
    reader.run()
    return reader
