"""A regulation as the shared imports know it: the preview shows the tree that was read, the write brings it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.imports.registry import (
    Importer,
    Judgement,
    Mode,
    RowNote,
    StagedRow,
    Target,
    Verdict,
    Written,
    register,
)
from portal.library.importers import SUFFIXES, check_file
from portal.library.importers.model import Document, Piece
from portal.library.queries import regulations as queries
from portal.library.rules.titles import title_key
from portal.library.services import store
from portal.library.words import PROVISION_LABELS, warning_text

PARSE = "portal.library.importers:parse_to_json"
PARSE_MANY = "portal.library.importers:parse_many"
SECONDS, MEMORY_MB = 120, 1024
_INDENT = "　"
_SHOWN = 160


def target(_session: Session, _viewer: Viewer, _args: Mapping[str, Any]) -> Target:
    """The library; there is one."""
    return Target({}, _("法规库"), url_for("library.index"))


def known(session: Session, _options: Mapping[str, Any]) -> Any:
    """A function that tells which texts of a regulation are there."""
    return lambda title: queries.known_hashes(session, title_key(title))


def judge(parsed: Any, hashes_of: Any, _options: Mapping[str, Any]) -> Judgement:
    """The document in one row, and each piece of its tree in another."""
    document = Document.from_dict(parsed)
    there = document.content_hash in hashes_of(document.title)
    verdict = Verdict.DUPLICATE if there else Verdict.ACCEPTED
    kinds = [piece.kind for piece in document.pieces]
    head = StagedRow(
        verdict=verdict,
        where=_("名称"),
        title=f"《{document.title}》 {document.as_of or ''}".strip(),
        kind="document",
        flagged=bool(document.warnings),
        notes=[RowNote("known")] if there else [],
        payload=parsed,
    )
    return Judgement(
        rows=[head, *(_staged(piece, verdict) for piece in document.pieces)],
        warnings=[RowNote(each.kind, {"detail": each.detail}) for each in document.warnings],
        extra={"kinds": {kind: kinds.count(kind) for kind in (*PROVISION_LABELS, "document")}},
    )


def _staged(piece: Piece, verdict: Verdict) -> StagedRow:
    words = " ".join(filter(None, [piece.heading, piece.text.replace("\n", " ")]))
    return StagedRow(
        verdict=verdict,
        where=f"{_INDENT * piece.depth}{piece.label or str(PROVISION_LABELS[piece.kind])}",
        title=words[:_SHOWN],
        kind=piece.kind,
    )


def prepare(payloads: Iterable[Any], _options: Mapping[str, Any], _actor: Viewer, _now: datetime) -> Any:
    """The document with its rows and tokens; the rows of its pieces carry nothing."""
    return [store.prepare(Document.from_dict(payload)) for payload in payloads if payload]


def write(session: Session, prepared: Any, _options: Mapping[str, Any], actor: Viewer, now: datetime) -> Written:
    """Bring it in."""
    accepted = duplicates = 0
    for each in prepared:
        done = store.store(session, actor=actor, now=now, prepared=each)
        rows = len(each.rows) + 1
        accepted += 0 if done.outcome is store.Outcome.KNOWN else rows
        duplicates += rows if done.outcome is store.Outcome.KNOWN else 0
    return Written(accepted, duplicates)


def sentence(code: str, params: Mapping[str, str]) -> str:
    """A note in words."""
    return warning_text(code, params.get("detail", ""))


def failed(rows: Sequence[Any]) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """What did not come in, since it was there already."""
    return [_("位置"), _("内容")], ([row.place.strip(), row.title] for row in rows)


register(
    Importer(
        kind="regulations",
        label=_l("法规"),
        permission=Permission.LIBRARY_EDIT,
        mode=Mode.PARTIAL,
        suffixes=SUFFIXES,
        parse=PARSE,
        check=check_file,
        target=target,
        known=known,
        judge=judge,
        prepare=prepare,
        write=write,
        sentence=sentence,
        failed=failed,
        help=_l(
            "可上传国家法律法规数据库下载的 Word（.docx），或 Markdown（.md）、文本（.txt）文件，一个文件一部法规。"
            "系统识别编、章、节、条，不规范之处逐项提示，导入前可核对。"
        ),
        kinds={**PROVISION_LABELS, "document": _l("法规")},
        max_bytes=20 * 1024 * 1024,
        seconds=SECONDS,
        memory_mb=MEMORY_MB,
        pasted=_l("也可以在这里粘贴全文，第一行写法规名称"),
    )
)
