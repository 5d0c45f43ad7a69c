"""Questions on their way out: sheets, papers for print, and the formats that other systems read.

`write` makes a file of any format; `losses` reads it back as the importer would and says what did not come through.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.exams.exports.sheet import DIFFICULTY_WORDS, TYPE_WORDS, row, sheet, width_of
from portal.exams.rules.question import QuestionContent
from portal.web.exports import XLSX, write_sheet

__all__ = [
    "DIFFICULTY_WORDS",
    "FORMATS",
    "TYPE_WORDS",
    "Format",
    "Loss",
    "Written",
    "losses",
    "row",
    "sheet",
    "width_of",
    "write",
]

_FIELDS = ("type", "stem", "options", "key", "analysis", "difficulty", "points", "articles", "tags", "weights")


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and the places (from 0) of the questions that are in it."""

    data: bytes
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """What one question loses in a format: "whole", or fields of QuestionContent."""

    place: int
    stem: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that questions can be read back from: the end of its files' names, their type, its writer."""

    suffix: str
    mimetype: str
    write: Callable[[str, Sequence[QuestionContent]], Written]


def _xlsx(title: str, contents: Sequence[QuestionContent]) -> Written:
    target = io.BytesIO()
    write_sheet(target, title, *sheet(contents))
    return Written(target.getvalue(), tuple(range(len(contents))))


# What writes one format, or reads it back, is loaded where it is asked for: a start does without.


def _gift(title: str, contents: Sequence[QuestionContent]) -> Written:
    from portal.exams.exports import gift

    return Written(*gift.write(title, contents))


def _moodle(_title: str, contents: Sequence[QuestionContent]) -> Written:
    from portal.exams.exports import moodle_xml

    return Written(moodle_xml.write(contents), tuple(range(len(contents))))


def _qti(title: str, contents: Sequence[QuestionContent]) -> Written:
    from portal.exams.exports import qti

    return Written(qti.write(title, contents), tuple(range(len(contents))))


FORMATS: dict[str, Format] = {
    "xlsx": Format(".xlsx", XLSX, _xlsx),
    "gift": Format(".gift.txt", "text/plain; charset=utf-8", _gift),
    "moodle-xml": Format(".xml", "application/xml", _moodle),
    "qti": Format(".zip", "application/zip", _qti),
}


def write(name: str, title: str, contents: Sequence[QuestionContent]) -> Written:
    """Write questions in the format of that name. Raises KeyError for another."""
    return FORMATS[name].write(title, contents)


def losses(name: str, written: Written, contents: Sequence[QuestionContent]) -> list[Loss]:
    """Say of each question what a file does not give back when it is read again; questions that come back whole are
    left out.
    """
    found = [
        Loss(place, each.stem, ("whole",)) for place, each in enumerate(contents) if place not in set(written.places)
    ]
    if written.places:
        found += _unlike(_read_back(name, written), written.places, contents)
    return sorted(found, key=lambda loss: loss.place)


def _read_back(name: str, written: Written) -> list[QuestionContent | None]:
    from portal.exams.importers.reading import parse_file

    suffix = FORMATS[name].suffix
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(written.data)
        wanted = {"gift": "gift", "moodle-xml": "moodle-xml"}.get(name, "")
        return [each.content for each in parse_file(path, path.name, wanted=wanted).rows]


def _unlike(
    back: Sequence[QuestionContent | None], places: Sequence[int], contents: Sequence[QuestionContent]
) -> list[Loss]:
    if len(back) != len(places):  # one text became two questions or none: no telling which is which
        return [Loss(place, contents[place].stem, ("whole",)) for place in places]
    found = []
    for place, read in zip(places, back, strict=True):
        sent = contents[place]
        what = ("whole",) if read is None else tuple(x for x in _FIELDS if getattr(sent, x) != getattr(read, x))
        if what:
            found.append(Loss(place, sent.stem, what))
    return found
