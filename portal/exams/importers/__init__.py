"""Reading question banks from files: Word, Excel, text in the layouts in use in China, GIFT, Aiken, Moodle XML, QTI.

`reading.parse_file` gives a row for every question found, fit or not; `classify` (in dedupe) says which are new,
repeated or in conflict; `summarise` counts them. Nothing found is dropped: found = accepted + duplicates + rejected.
These modules know no web and no database.
"""

from portal.exams.importers.dedupe import Judged, Verdict, classify, summarise
from portal.exams.importers.model import Note, ParsedRow, ParseResult, Problem
from portal.exams.importers.reasons import REASONS

__all__ = [
    "REASONS",
    "Judged",
    "Note",
    "ParseResult",
    "ParsedRow",
    "Problem",
    "Verdict",
    "classify",
    "summarise",
]
