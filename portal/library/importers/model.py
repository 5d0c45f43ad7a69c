"""What a reader of regulation files finds: a document with its provisions and what there is to say about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from portal.library.rules.compare import plain


@dataclass(frozen=True, slots=True)
class Piece:
    """One provision as it was read; the fields are those of the table. `depth` indents the preview."""

    kind: str
    address: str
    label: str = ""
    heading: str = ""
    path: str = ""
    text: str = ""
    number: int = 0
    sub: int = 0
    span: int = 0
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801  the builtin has the plain name
    """Something irregular: a kind in kebab-case, and the place or words that show it."""

    kind: str
    detail: str = ""


@dataclass(slots=True)
class Document:
    """A regulation as one file gives it. Dates are proposals; `date_lines` are the lines they come from."""

    title: str
    pieces: list[Piece] = field(default_factory=list)
    date_lines: list[str] = field(default_factory=list)
    as_of: date | None = None
    adopted_on: date | None = None
    published_on: date | None = None
    in_force_from: date | None = None
    basis: str = "none"
    warnings: list[Warning_] = field(default_factory=list)
    source: str = ""

    @property
    def article_count(self) -> int:
        """Articles, without what stands around them."""
        return sum(piece.kind == "article" for piece in self.pieces)

    @property
    def content_hash(self) -> str:
        """The same for texts that differ in blanks, width of punctuation or headings alone."""
        digest = hashlib.sha256()
        for piece in self.pieces:
            if piece.text:
                digest.update(f"{piece.kind}\x00{piece.address}\x00{plain(piece.text)}\x00".encode())
        return digest.hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self), default=date.isoformat))
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Document:
        """Back from JSON."""
        values = dict(data)
        for name in ("as_of", "adopted_on", "published_on", "in_force_from"):
            values[name] = date.fromisoformat(values[name]) if values[name] else None
        values["pieces"] = [Piece(**each) for each in values["pieces"]]
        values["warnings"] = [Warning_(**each) for each in values["warnings"]]
        return cls(**values)
