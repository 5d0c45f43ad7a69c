"""合格证书 as PDF: the sheet that the page prints, drawn on A4 landscape, one page each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import segno
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from portal.exams.certificate_text import Sheet, unwritable
from portal.web import pdf

_WIDE, _HIGH = landscape(A4)
_RED, _BLACK = (0.66, 0.2, 0.16), (0.1, 0.1, 0.1)
_TEXT_WIDTH, _TEXT_TOP, _TEXT_BOTTOM = 210 * mm, _HIGH - 68 * mm, 62 * mm
_SIZES = (20, 18, 16, 14, 12, 10, 8)
_LEADING = 1.9
_EDGE, _FOOT, _SQUARE = 32 * mm, 24 * mm, 28 * mm
_TELL_EVERY = 20

Tell = Callable[[int], None]


def write(
    target: Path | Any, title: str, sheets: Iterable[Sheet], address: Callable[[str], str], tell: Tell = lambda _: None
) -> int:
    """Write a page for each sheet to a path or a binary file; returns how many. `address` leads a code to its check.

    A sheet with a character that the file cannot hold is not drawn with a gap: its number goes on a page at the end
    that says to print it from the portal.
    """
    canvas = Canvas(
        str(target) if isinstance(target, Path) else target, pagesize=(_WIDE, _HIGH), invariant=1, lang="zh-CN"
    )
    canvas.setTitle(title)
    canvas.setCreator("")
    count, left_out = 0, []
    for sheet in sheets:
        if unwritable(sheet):
            left_out.append(sheet.number)
            continue
        _page(canvas, sheet, address(sheet.code))
        count += 1
        if count % _TELL_EVERY == 0:
            tell(count)
    if left_out or not count:
        _rest(canvas, left_out)
    canvas.save()
    return count


def _page(canvas: Canvas, sheet: Sheet, address: str) -> None:
    canvas.bookmarkPage(sheet.code)
    canvas.addOutlineEntry(f"{sheet.number} {sheet.name}", sheet.code)
    _frame(canvas)
    _heading(canvas, sheet.heading)
    _sentence(canvas, sheet.sentence)
    _square(canvas, address)
    for place, line in enumerate((sheet.number, sheet.shown_code, sheet.hint)):
        _line(canvas, _EDGE + _SQUARE + 5 * mm, _FOOT + _SQUARE - 9 * mm - place * 19, line, 12)
    for place, line in enumerate((sheet.issuer, sheet.day)):
        middle = _WIDE - _EDGE - 35 * mm
        _line(canvas, middle - pdf.width(line, 14) / 2, _FOOT + 12 * mm - place * 22, line, 14)
    canvas.showPage()


def _line(canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
    canvas.setFont(pdf.font(), size)
    canvas.drawString(x, y, text)


def _frame(canvas: Canvas) -> None:
    """Two lines around the sheet, the outer one the stronger."""
    canvas.setStrokeColorRGB(*_RED)
    for edge, line in ((10 * mm, 1.6), (11.4 * mm, 0.6)):
        canvas.setLineWidth(line)
        canvas.rect(edge, edge, _WIDE - 2 * edge, _HIGH - 2 * edge)


def _heading(canvas: Canvas, text: str) -> None:
    size, gap = 44, 15
    across = pdf.width(text, size) + gap * (len(text) - 1)
    canvas.setFillColorRGB(*_RED)
    begun = canvas.beginText((_WIDE - across) / 2, _HIGH - 50 * mm)
    begun.setFont(pdf.font(), size)
    begun.setCharSpace(gap)
    begun.textOut(text)
    begun.setCharSpace(0)
    canvas.drawText(begun)
    canvas.setFillColorRGB(*_BLACK)


def _sentence(canvas: Canvas, text: str) -> None:
    """As large as fits: the names of an exam and a unit may be long."""
    for size in _SIZES:
        indent = 2 * size
        found = pdf.lines(text, size, _TEXT_WIDTH, indent)
        if len(found) * size * _LEADING <= _TEXT_TOP - _TEXT_BOTTOM:
            break
    left = (_WIDE - _TEXT_WIDTH) / 2
    for place, line in enumerate(found):
        _line(canvas, left + (0 if place else indent), _TEXT_TOP - place * size * _LEADING, line, size)


def _square(canvas: Canvas, address: str) -> None:
    """The square of dots, as one shape that stays sharp at any size."""
    rows = [list(row) for row in segno.make(address, error="m").matrix]
    dot = _SQUARE / len(rows)
    path = canvas.beginPath()
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                path.rect(_EDGE + x * dot, _FOOT + _SQUARE - (y + 1) * dot, dot, dot)
    canvas.drawPath(path, stroke=0, fill=1)


def _rest(canvas: Canvas, numbers: list[str]) -> None:
    """What is not in the file, and where to get it."""
    told = (
        "以下证书的姓名或单位中有 PDF 内置字体没有的字，请在系统中打开证书页打印：" if numbers else "没有有效的证书。"
    )
    top = _HIGH - 30 * mm
    for line in pdf.lines(told + "；".join(numbers), 12, _WIDE - 2 * _EDGE):
        _line(canvas, _EDGE, top, line, 12)
        top -= 20
        if top < _FOOT:
            canvas.showPage()
            top = _HIGH - 30 * mm
    canvas.showPage()
