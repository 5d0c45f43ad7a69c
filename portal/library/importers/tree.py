"""From lines to a document: the head with title and dates, then the tree of headings, articles and what surrounds them.

Nothing is refused here: what is irregular comes in and is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from portal.library.importers import lines as kinds
from portal.library.importers.lines import INFO_END, ArticleLine, Heading
from portal.library.importers.model import Document, Piece, Warning_
from portal.library.rules.dates import date_in_name, propose_in_force, read_date_lines
from portal.library.rules.numbers import ArticleNumber
from portal.library.rules.titles import clean_title

_RANK_NAMES = {1: "part", 2: "subpart", 3: "chp", 4: "sec"}
_RANK_KINDS = {1: "part", 2: "part", 3: "chapter", 4: "section"}
_MOST_GAPS = 5
_TITLE_MOST = 200
_TITLE_LIKE = 60
_HEAD_MOST = 60
_FINAL_ARTICLES = 3


def read_document(raw: Iterable[str], filename: str) -> Document:
    """Read the lines of a file. The title is that of the text, or the file's name where there is none."""
    lines, found = _cleaned(raw)
    head, body = _parted(lines)
    stem = PurePath(filename).stem
    document = Document(title="", warnings=found, source=filename)
    rest = _read_title(document, head, stem)
    builder = _Builder(document)
    for text in rest:
        if len(text) > _HEAD_MOST and not kinds.speaks_of_dates(text):
            builder.line(text, 0)
        else:
            document.date_lines.append(text)
    for text, level in _without_contents(body):
        builder.line(text, level)
    builder.finish()
    _read_dates(document, stem)
    return document


def _cleaned(raw: Iterable[str]) -> tuple[list[tuple[str, int]], list[Warning_]]:
    """(lines with their Markdown level, warnings about characters that nobody sees)."""
    found: list[tuple[str, int]] = []
    invisible = wide = 0
    for line in raw:
        text, had_invisible, had_wide = kinds.clean(line)
        invisible += had_invisible
        wide += had_wide
        if text == INFO_END or not text.startswith("<!--"):
            found.append((text, 0) if text == INFO_END else kinds.unmarked(text))
    warnings = [Warning_("zero-width", str(invisible))] if invisible else []
    return found, warnings + ([Warning_("full-width-space", str(wide))] if wide else [])


Lines = list[tuple[str, int]]


def _parted(lines: Lines) -> tuple[Lines, Lines]:
    """The head, up to the mark that ends it or to the first line of the text itself, and the body."""
    marks = [place for place, (text, _) in enumerate(lines) if text == INFO_END]
    if marks:
        return [each for each in lines[: marks[0]] if each[0]], [each for each in lines[marks[0] + 1 :] if each[0]]
    plain = [each for each in lines if each[0]]
    for place, (text, level) in enumerate(plain):
        if _begins_body(text, level):
            return plain[:place], plain[place:]
    titled = next((place for place, (_, level) in enumerate(plain) if level > 1), min(len(plain), 1))
    while titled < len(plain) and kinds.speaks_of_dates(plain[titled][0]) and len(plain[titled][0]) <= _TITLE_MOST:
        titled += 1
    return plain[:titled], plain[titled:]


def _begins_body(text: str, level: int) -> bool:
    article = kinds.article_of(text)
    return (
        kinds.is_contents(text)
        or kinds.is_preamble(text)
        or bool(kinds.block_label(text))
        or kinds.heading_of(text, marked=level > 0) is not None
        or (article is not None and not kinds.mentions(article))
    )


def _read_title(document: Document, head: Lines, stem: str) -> list[str]:
    """Set the title; gives what stands under it."""
    marked = [text for text, level in head if level == 1]
    plain = [text for text, level in head if level != 1]
    if marked:
        document.title = clean_title("".join(marked))
    elif plain:
        titles = [plain.pop(0)]
        # A title of a Word document may break over lines, up to the line of dates in brackets.
        while plain and len(plain[0]) < _TITLE_LIKE and len(titles[0]) < _TITLE_LIKE and not _is_head_line(plain[0]):
            titles.append(plain.pop(0))
        document.title = clean_title("".join(titles))
    if not document.title:
        document.title = clean_title(re.sub(r"[(（][^()（）]*[)）]$", "", stem)) or stem
        document.warnings.append(Warning_("no-title", document.title))
    document.title = document.title[:_TITLE_MOST]
    return plain


def _is_head_line(text: str) -> bool:
    return text.startswith(("（", "(")) or kinds.speaks_of_dates(text) or bool(re.search(r"[。；，]", text))


def _without_contents(body: Lines) -> Lines:
    """The body without a table of contents: from 目录 to where its first line comes again."""
    place = next((at for at, (text, _) in enumerate(body) if kinds.is_contents(text)), None)
    if place is None or place + 1 >= len(body):
        return body
    first = _same_heading(body[place + 1][0])
    again = next((at for at in range(place + 2, len(body)) if _same_heading(body[at][0]) == first), None)
    if again is None:
        again = next(
            (at for at in range(place + 1, len(body)) if kinds.article_of(body[at][0])
             or not (kinds.heading_of(body[at][0], marked=False) or kinds.is_appendix(body[at][0]))),
            len(body),
        )  # fmt: skip
    return body[:place] + body[again:]


def _same_heading(text: str) -> str:
    """A heading without blanks, dots and the number of a page."""
    return re.sub(r"[.…·\s]*[0-9]*$", "", re.sub(r"\s+", "", text))


def _read_dates(document: Document, stem: str) -> None:
    found, named = read_date_lines(document.date_lines), date_in_name(stem)
    document.adopted_on = found.adopted or named
    # An amended law keeps the line of its first publication.
    document.published_on = found.published
    if document.published_on and document.adopted_on and document.published_on < document.adopted_on:
        document.published_on = None
    document.as_of = max(filter(None, (document.adopted_on, document.published_on)), default=None)
    if document.as_of is None:
        document.warnings.append(Warning_("no-date"))
    elif named and named not in {document.adopted_on, document.as_of}:
        document.warnings.append(Warning_("date-differs", f"{named} / {document.as_of}"))
    articles = [piece.text for piece in document.pieces if piece.kind in {"article", "block"}]
    proposal = propose_in_force(
        "\n".join(articles[-_FINAL_ARTICLES:]),
        adopted=document.adopted_on,
        published=document.published_on,
        line=found.in_force,
    )
    document.in_force_from, document.basis = proposal.day, proposal.basis.value


class _Builder:
    """Takes line after line and grows the list of pieces."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.open: list[tuple[int, str, str]] = []  # (rank, address, words) of the headings around
        self.prefix = ""
        self.annexes = 0
        self.last: ArticleNumber | None = None
        self.text: list[str] = []
        self.used: set[str] = set()
        self.inserted: list[str] = []
        self.gaps: list[str] = []
        self.repeated: list[str] = []
        self.inline = 0

    def line(self, text: str, level: int) -> None:
        """Take a line in; `level` is that of a Markdown heading."""
        parts = kinds.split_inline(text)
        if len(parts) > 1 and (first := kinds.article_of(parts[0])) and self._starts(first):
            self._inline(parts)
            return
        article = kinds.article_of(text)
        if article is not None and self._starts(article):
            self._article(article)
        elif (heading := kinds.heading_of(text, marked=level > 0)) is not None:
            self._heading(heading)
        elif kinds.is_preamble(text):
            self._open("preamble", "preamble", heading=text)
        elif kinds.is_appendix(text) or (level > 1 and not kinds.annex_of(text)):
            self._loose_heading(text, level)
        elif kinds.annex_of(text) and (self.last or level or self.document.pieces):
            self._annex(text)
        else:
            self._paragraph(text)

    def _starts(self, line: ArticleLine) -> bool:
        """Whether a line that begins 第N条 is the beginning of an article, and not the middle of one that cites it."""
        if kinds.mentions(line):
            return False
        return line.spaced or self.last is None or line.number.follows(self.last)

    def _inline(self, parts: Sequence[str]) -> None:
        for part in parts:
            article = kinds.article_of(part)
            if article and self._starts(article) and (self.last is None or article.number.follows(self.last)):
                self.inline += self.last is not None
                self._article(article)
            else:
                self._paragraph(part)

    def _article(self, line: ArticleLine) -> None:
        number = line.number
        if self.last and number.number == 1 and not number.sub and self.last.number > 1:
            if self.document.pieces[-1].kind != "annex":
                self._annex("")
            self.prefix, self.last, self.open = f"annex_{self.annexes}__", None, []
            self.document.warnings.append(Warning_("annex-articles", line.label))
        self._note_number(number, line.label)
        self.last = number
        self._open("article", self.prefix + number.address, label=line.label, number=number)
        self.text = [line.text] if line.text else []

    def _note_number(self, number: ArticleNumber, label: str) -> None:
        if self.last is None:
            if number.number > 1 and not self.prefix:
                self.document.warnings.append(Warning_("starts-above-one", label))
        elif number.number > self.last.number + 1:
            self.gaps.append(f"{self.last.label}-{label}")
        elif number <= self.last:
            self.repeated.append(label)
        if number.sub:
            self.inserted.append(label)

    def _heading(self, heading: Heading) -> None:
        self._close()
        self.open = [each for each in self.open if each[0] < heading.rank]
        above = f"{self.open[-1][1]}__" if self.open else self.prefix
        address = self._unique(f"{above}{_RANK_NAMES[heading.rank]}_{heading.number}")
        self._add(_RANK_KINDS[heading.rank], address, label=heading.label, heading=heading.words, number=heading.number)
        words = f"{heading.label} {heading.words}".strip()
        self.open.append((heading.rank, address, words))

    def _loose_heading(self, text: str, level: int) -> None:
        """A heading without a number: 附则 stands as high as the parts or chapters before it."""
        self._close()
        if not self.last and not kinds.is_appendix(text):
            self._open("block", f"block_{len(self.document.pieces) + 1}", heading=text)
            return
        ranks = [rank for rank, _, _ in self.open]
        rank = ranks[0] if ranks and (level == 0 or level <= 2) else 3  # noqa: PLR2004  ## is the highest level
        self.open = [each for each in self.open if each[0] < rank]
        address = self._unique(f"{self.prefix}chp_{len(self.document.pieces) + 1}u")
        self._add(_RANK_KINDS[rank], address, heading=re.sub(r"\s+", "", text))
        self.open.append((rank, address, re.sub(r"\s+", "", text)))

    def _annex(self, text: str) -> None:
        self.annexes += 1
        self.open = []
        self._open("annex", f"annex_{self.annexes}", heading=text)

    def _paragraph(self, text: str) -> None:
        label = "" if self.last or self.prefix or self.annexes else kinds.block_label(text)
        if label:
            self._open("block", f"block_{len(self.document.pieces) + 1}", label=label)
        elif not self.document.pieces or self.document.pieces[-1].kind in _RANK_KINDS.values():
            self._close()
            name = "block" if self.document.pieces else "preamble"
            self._open(name, f"{name}_{len(self.document.pieces) + 1}" if self.document.pieces else name)
        self.text.append(text)

    def _open(
        self, kind: str, address: str, *, label: str = "", heading: str = "", number: ArticleNumber | None = None
    ) -> None:
        self._close()
        numbers = {"number": number.number, "sub": number.sub} if number else {}
        self._add(kind, self._unique(address), label=label, heading=heading, **numbers)

    def _add(self, kind: str, address: str, **values: object) -> None:
        path = " / ".join(words for _, _, words in self.open)
        self.document.pieces.append(Piece(kind, address, path=path, depth=len(self.open), **values))  # type: ignore[arg-type]

    def _unique(self, address: str) -> str:
        candidate, count = address[:80], 1
        while candidate in self.used:
            count += 1
            candidate = f"{address[:80]}--{count}"
        self.used.add(candidate)
        return candidate

    def _close(self) -> None:
        """Give the piece at hand the lines that belong to it."""
        if self.text and self.document.pieces:
            last = self.document.pieces[-1]
            self.document.pieces[-1] = _with(last, text="\n".join(filter(None, [last.text, *self.text])))
        self.text = []

    def finish(self) -> None:
        """Close the last piece, count what stands under each heading, and tell what was irregular."""
        self._close()
        pieces = self.document.pieces
        for place, piece in enumerate(pieces):
            if piece.kind in _RANK_KINDS.values():
                deeper = next(
                    (at for at in range(place + 1, len(pieces)) if pieces[at].depth <= piece.depth), len(pieces)
                )
                pieces[place] = _with(piece, span=deeper - place - 1)
        self._tell()

    def _tell(self) -> None:
        tell = self.document.warnings.append
        if not self.document.article_count:
            tell(Warning_("no-articles"))
        for gap in self.gaps[:_MOST_GAPS]:
            tell(Warning_("gap", gap))
        if len(self.gaps) > _MOST_GAPS:
            tell(Warning_("more-gaps", str(len(self.gaps) - _MOST_GAPS)))
        if self.repeated:
            tell(Warning_("out-of-order", "、".join(self.repeated[:_MOST_GAPS])))
        if self.inserted:
            tell(
                Warning_(
                    "inserted", "、".join(self.inserted[:_MOST_GAPS]) + ("…" if len(self.inserted) > _MOST_GAPS else "")
                )
            )
        if self.inline:
            tell(Warning_("several-in-a-line", str(self.inline)))
        if self.annexes:
            tell(Warning_("annex", str(self.annexes)))
        if self.document.article_count and any(piece.kind == "preamble" for piece in self.document.pieces):
            tell(Warning_("preamble"))


def _with(piece: Piece, **values: object) -> Piece:
    from dataclasses import replace

    return replace(piece, **values)  # type: ignore[arg-type]
