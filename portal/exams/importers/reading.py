"""A question file from its first byte to its rows; everything that reads is loaded from here, and only where it reads.

`parse_to_json` is the form in which a guarded process runs it.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Any

from portal.exams.importers import docx_source, xlsx
from portal.exams.importers.build import build_row
from portal.exams.importers.formats import READERS, format_of
from portal.exams.importers.model import Draft, Note, ParsedRow, ParseResult, Progress
from portal.exams.importers.tables import read_table
from portal.exams.importers.text_zh import read_text
from portal.files.sniffing import decode, kind_of

_STEP = 100


def parse_file(
    path: Path,
    filename: str,
    answers: Path | None = None,
    answers_name: str | None = None,
    wanted: str = "",
    progress: Progress | None = None,
) -> ParseResult:
    """Read a question file, with its answers from a second file where there is one.

    `filename` is the name that the user's file had; `wanted` names a format where a person knows better than the file
    shows (model.CHOICES); `progress` is called with (rows done, rows in all).
    A file without questions gives no rows and the warning no-questions.
    Raises RuleError for a file that cannot be read at all; see `files.kind_of` for the codes.
    """
    kind = kind_of(path, filename)
    taken = format_of(path, kind, wanted)
    lines = _answer_lines(answers, answers_name or (answers.name if answers else "")) if answers else None
    title = ""
    if taken in READERS:
        rows, warnings = READERS[taken](path)
        if lines is not None:
            warnings = [*warnings, Note.of("answers-unused")]
        _report(progress, len(rows), len(rows))
    elif taken == "excel":
        sheets = xlsx.read_csv(decode(path.read_bytes())) if kind == "csv" else xlsx.read_workbook(path)
        drafts, warnings = _from_sheets(sheets)
        rows = _build(drafts, progress)
    else:
        drafts, warnings, title = _from_lines(path, kind, lines)
        rows = _build(drafts, progress)
    if not rows:
        warnings = [Note.of("no-questions"), *warnings]
    return ParseResult(rows, warnings, title or PurePath(filename).stem, taken)


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress and total:
        progress(done, total)


def parse_to_json(
    path: str,
    filename: str,
    answers: str | None = None,
    answers_name: str | None = None,
    wanted: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Do as `parse_file`, with plain values in and out, for `portal.files.guard.run_guarded`."""
    second = Path(answers) if answers else None
    return parse_file(Path(path), filename, second, answers_name, wanted, progress).to_dict()


def _build(drafts: list[Draft], progress: Progress | None) -> list[ParsedRow]:
    rows = []
    for done, draft in enumerate(drafts, 1):
        rows.append(build_row(draft))
        if done % _STEP == 0 or done == len(drafts):
            _report(progress, done, len(drafts))
    return rows


def _from_lines(path: Path, kind: str, answer_lines: list[str] | None) -> tuple[list[Draft], list[Note], str]:
    source = docx_source.Source()
    if kind == "docx":
        source = docx_source.read_docx(path)
    else:
        source.lines = decode(path.read_bytes()).split("\n")
    reader = read_text(source.lines, answer_lines)
    _name_places(reader.drafts)
    drafts, warnings = list(reader.drafts), [*source.warnings, *reader.warnings, *_gaps(reader.drafts)]
    for number, rows in enumerate(source.tables, 1):
        table = read_table(f"表格{number}", rows)
        if table:
            drafts += table.drafts
            warnings += table.warnings
    return drafts, warnings, reader.title


def _from_sheets(sheets: list[xlsx.Sheet]) -> tuple[list[Draft], list[Note]]:
    drafts: list[Draft] = []
    warnings: list[Note] = []
    for sheet in sheets:
        if not any(cell for row in sheet.rows for cell in row):
            continue
        if sheet.hidden:
            warnings.append(Note.of("sheet-hidden", sheet=sheet.name))
            continue
        table = read_table(sheet.name, sheet.rows)
        if table is None:
            found = _from_text_sheet(sheet)
            drafts += found
            warnings += [] if found else [Note.of("sheet-ignored", sheet=sheet.name)]
        else:
            drafts += table.drafts
            warnings += table.warnings
    return drafts, warnings


def _from_text_sheet(sheet: xlsx.Sheet) -> list[Draft]:
    """A sheet without a header may hold a text in its cells; kept only if some of it reads as questions."""
    lines = [line for row in sheet.rows for cell in row if cell for line in cell.split("\n")]
    drafts = read_text(lines).drafts
    _name_places(drafts)
    for draft in drafts:
        draft.where = f"{sheet.name} {draft.where}"
    return drafts if any(draft.answer or draft.options for draft in drafts) else []


def _name_places(drafts: list[Draft]) -> None:
    """Name each question by its number, with its part where the number repeats, by its place where it has none."""
    counts = Counter(draft.number for draft in drafts)
    for place, draft in enumerate(drafts, 1):
        if not draft.number:
            draft.where = f"第{place}道"
        elif counts[draft.number] > 1:
            label = draft.section.label.strip()[:20] or f"第{place}道"
            draft.where = f"{label} 第{draft.number}题"
        else:
            draft.where = f"第{draft.number}题"


def _gaps(drafts: list[Draft]) -> list[Note]:
    """Numbers left out within a part: either the file skips them or a question was not recognised."""
    notes = []
    for before, after in pairwise(drafts):
        if before.section.index == after.section.index and before.number and after.number:
            first, second = int(before.number), int(after.number)
            if second > first + 1:
                notes.append(Note.of("number-missing", before=first, after=second))
            elif second == first:
                after.warnings.append(Note.of("number-repeated", number=second))
    return notes


def _answer_lines(path: Path, filename: str) -> list[str]:
    kind = kind_of(path, filename)
    if kind in {"xlsx", "xls"}:
        return xlsx.answer_lines(xlsx.read_workbook(path))
    if kind == "csv":
        return xlsx.answer_lines(xlsx.read_csv(decode(path.read_bytes())))
    if kind == "docx":
        return docx_source.read_docx(path).lines
    return decode(path.read_bytes()).split("\n")
