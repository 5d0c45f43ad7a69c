"""What the readers of question files hand from one to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from portal.exams.rules.question import QuestionContent, QuestionType

Progress = Callable[[int, int], None]

FORMATS = ("excel", "word", "text-zh", "gift", "aiken", "moodle-xml", "qti", "qti-package")
# What a person can ask for; the rest is told by the file beyond doubt.
CHOICES = ("text-zh", "gift", "aiken", "moodle-xml", "qti")


@dataclass(frozen=True, slots=True)
class Note:
    """A code from `reasons.REASONS` with what its sentence needs; a problem or a warning by where it stands."""

    code: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, code: str, **params: object) -> Note:
        """Make a note; every param becomes text."""
        return cls(code, tuple((name, str(value)) for name, value in params.items()))

    def to_dict(self) -> dict[str, Any]:
        """Give the note as JSON-able values."""
        return {"code": self.code, "params": dict(self.params)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Note:
        """Read what `to_dict` wrote."""
        return cls.of(data["code"], **data["params"])


Problem = Note


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """One question found in a file.

    `kind` is its type even where the question is unfit, so that every question found is counted under a type.
    A row with problems is rejected; warnings do not keep it out. `stem` is there even where `content` is not.
    """

    where: str
    number: str
    kind: QuestionType
    content: QuestionContent | None
    problems: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    stem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the row as JSON-able values; `from_dict` reads them back to an equal row."""
        return {
            "where": self.where,
            "number": self.number,
            "kind": self.kind.value,
            "content": self.content.to_dict() if self.content else None,
            "problems": [note.to_dict() for note in self.problems],
            "warnings": [note.to_dict() for note in self.warnings],
            "stem": self.stem,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ParsedRow:
        """Read what `to_dict` wrote."""
        return cls(
            where=data["where"],
            number=data["number"],
            kind=QuestionType(data["kind"]),
            content=QuestionContent.from_dict(data["content"]) if data["content"] else None,
            problems=tuple(Note.from_dict(note) for note in data["problems"]),
            warnings=tuple(Note.from_dict(note) for note in data["warnings"]),
            stem=data["stem"],
        )


@dataclass(slots=True)
class ParseResult:
    """All that was read from a file: a row for each question, warnings about the file itself, and the format in which
    it was read (a name of `FORMATS`).
    """

    rows: list[ParsedRow]
    warnings: list[Note]
    title: str = ""
    format: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the result as JSON-able values."""
        return {
            "rows": [row.to_dict() for row in self.rows],
            "warnings": [note.to_dict() for note in self.warnings],
            "title": self.title,
            "format": self.format,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ParseResult:
        """Read what `to_dict` wrote."""
        return cls(
            [ParsedRow.from_dict(row) for row in data["rows"]],
            [Note.from_dict(note) for note in data["warnings"]],
            data["title"],
            data["format"],
        )


@dataclass(slots=True)
class Section:
    """A part of a paper: its heading, the type that the heading names, the points of each of its questions."""

    label: str = ""
    kind: str | None = None
    points: int | None = None
    index: int = 0


@dataclass(slots=True)
class Draft:
    """A question while it is read: raw words, nothing decided.

    `kind` and the section's kind are a QuestionType value, "choice" (single or multiple, the answer tells) or None.
    """

    where: str = ""
    number: str = ""
    section: Section = field(default_factory=Section)
    kind: str | None = None
    stem: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    answer: list[str] | None = None
    blanks: list[str] = field(default_factory=list)
    labels: dict[str, list[str]] = field(default_factory=dict)
    points: int | None = None
    warnings: list[Note] = field(default_factory=list)
    problems: list[Note] = field(default_factory=list)

    @property
    def declared(self) -> str | None:
        """The type that the question's own tag names, or else its section's heading."""
        return self.kind or self.section.kind

    def label(self, name: str) -> str:
        """The text that stood under a label, lines joined; empty where there was none."""
        return "\n".join(line for line in self.labels.get(name, []) if line).strip()
