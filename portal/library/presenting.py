"""A version's text as the reading page draws it: lines with their places, references as links, highlights marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from portal.library.models import HEADINGS, Provision, ProvisionKind
from portal.library.rules.numbers import Address, ArticleNumber
from portal.library.rules.text import Reference, lines_of, references


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text: plain, a link, or marked by the reader."""

    text: str
    url: str = ""
    marked: bool = False


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A 款 (level 0), 项 (1) or 目 (2) with the anchor that points at it."""

    anchor: str
    level: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A provision on the page; `depth` says how far in a heading stands in the rail."""

    id: int
    address: str
    kind: str
    label: str
    heading: str
    depth: int
    lines: tuple[ShownLine, ...] = field(default=())

    @property
    def is_heading(self) -> bool:
        """Whether it is 编, 章 or 节."""
        return self.kind in {kind.value for kind in HEADINGS}


def titles_cited(pieces: Iterable[Provision]) -> set[str]:
    """Every 《title》 in the text."""
    return {title for piece in pieces for title in re.findall(r"《([^《》]{2,80})》", piece.text)}


def shown(
    pieces: Sequence[Provision],
    known: Mapping[str, int],
    url_of: Callable[[int], str],
    quotes: Mapping[str, Sequence[str]],
) -> list[Shown]:
    """All provisions, drawn. `known` are regulation ids by cited title, `quotes` the reader's highlights by address."""
    here = {piece.address for piece in pieces}
    return [_shown(piece, here, known, url_of, quotes.get(piece.address, ())) for piece in pieces]


def _shown(
    piece: Provision, here: set[str], known: Mapping[str, int], url_of: Callable[[int], str], quotes: Sequence[str]
) -> Shown:
    number = ArticleNumber(piece.number, piece.sub)
    lines = []
    for line in lines_of(piece.text):
        place = Address(number, line.para, line.item, line.point)
        steps = str(place).removeprefix(number.address)
        links = [(each, _url(each, here, known, url_of)) for each in references(line.text, place)]
        spans = _marked(_linked(line.text, links), quotes)
        lines.append(ShownLine(piece.address + steps, line.level, tuple(spans)))
    depth = piece.path.count(" / ") + bool(piece.path)
    return Shown(piece.id, piece.address, piece.kind.value, piece.label, piece.heading, depth, tuple(_numbered(lines)))


def _numbered(lines: Iterable[ShownLine]) -> Iterable[ShownLine]:
    """Anchors are unique on a page: a repeated item gets its turn."""
    seen: dict[str, int] = {}
    for line in lines:
        seen[line.anchor] = seen.get(line.anchor, 0) + 1
        turn = seen[line.anchor]
        yield line if turn == 1 else replace(line, anchor=f"{line.anchor}--{turn}")


def _url(reference: Reference, here: set[str], known: Mapping[str, int], url_of: Callable[[int], str]) -> str:
    """Where a reference leads, "" where its target is not in the library."""
    target = reference.target
    if reference.title:
        if reference.title not in known:
            return ""
        return url_of(known[reference.title]) + (f"#{target.article.address}" if target else "")
    if target is None or target.article.address not in here:
        return ""
    return f"#{target.article.address}" + (f"__para_{target.para}" if target.para > 1 else "")


def _linked(text: str, links: Iterable[tuple[Reference, str]]) -> list[Span]:
    spans, at = [], 0
    for reference, url in links:
        if url and reference.start >= at:
            spans += [Span(text[at : reference.start]), Span(text[reference.start : reference.end], url)]
            at = reference.end
    return [span for span in [*spans, Span(text[at:])] if span.text]


def _marked(spans: Sequence[Span], quotes: Sequence[str]) -> list[Span]:
    found = list(spans)
    for quote in quotes:
        cut: list[Span] = []
        for span in found:
            before, hit, after = span.text.partition(quote)
            if span.marked or not hit:
                cut.append(span)
                continue
            cut += [
                replace(span, text=part, marked=marked)
                for part, marked in ((before, False), (hit, True), (after, False))
                if part
            ]
        found = cut
    return found


def rail(rows: Iterable[Shown]) -> list[Shown]:
    """What the rail of contents lists: headings, and what stands outside of articles."""
    outside = {ProvisionKind.PREAMBLE.value, ProvisionKind.ANNEX.value}
    return [row for row in rows if row.is_heading or row.kind in outside or (row.kind == "block" and row.heading)]
