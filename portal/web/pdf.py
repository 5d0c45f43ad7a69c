"""PDF pages with Chinese text, in the song typeface that every reader of PDF files brings along.

No font is in the file (docs/decisions/0024): it names STSong-Light, one of the fonts of Adobe's Chinese collection, by
the Unicode of each character, and a reader shows its own song typeface for it. Text can be searched and copied.
"""

from __future__ import annotations

import re

PDF = "application/pdf"
FONT = "STSong-Light"
_LAST = 0xFFFF
_CLOSING = "，。、；：？！）》」』】〕”’,.;:?!)"
_PIECES = re.compile(rf"(?:[A-Za-z0-9.\-]+|《|（|“|.)(?:[{re.escape(_CLOSING)}])*")
_OPENING = "《（“"


def font() -> str:
    """The name of the font, made known to the library once a process."""
    from reportlab.pdfbase import pdfmetrics  # loaded where a page is drawn: a start does without
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    return FONT


def unwritable(text: str) -> str:
    """The characters of a text that the font cannot name: those beyond the first plane of Unicode, in order."""
    return "".join(dict.fromkeys(char for char in text if ord(char) > _LAST))


def width(text: str, size: float) -> float:
    """How wide a line is, in points, at a size in points."""
    from reportlab.pdfbase import pdfmetrics

    return float(pdfmetrics.stringWidth(text, font(), size))


def lines(text: str, size: float, room: float, indent: float = 0) -> list[str]:
    """A text broken into lines of at most `room` points, the first shorter by `indent`.

    Numbers and Latin words stay whole, no line begins with a closing mark or ends with an opening one.
    """
    found, line, left = [], "", room - indent
    pieces = [match[0] for match in _PIECES.finditer(text)]
    for place, piece in enumerate(pieces):
        need = "".join(pieces[place : place + 2]) if piece in _OPENING else piece
        if line and width(line + need, size) > left:
            found.append(line)
            line, left = "", room
        line += piece
    return [*found, line] if line else found
