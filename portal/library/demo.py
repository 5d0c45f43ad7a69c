"""The digests of the demo: one sentence of our own for each article, marked as digests; official texts are imported."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.config import ROOT
from portal.core.viewer import system_viewer
from portal.library.importers.tree import read_document
from portal.library.services.store import Stored, prepare, store

DIGESTS = ROOT / "portal" / "demo" / "digests.md"
SOURCE = "本单位编写的要点，不是原文"


def load_digests(session: Session, now: datetime) -> Stored:
    """Write the digests of 《信访工作条例》; the caller commits."""
    document = read_document(DIGESTS.read_text(encoding="utf-8").split("\n"), DIGESTS.name)
    document.source = SOURCE
    return store(session, actor=system_viewer("演示数据"), now=now, prepared=prepare(document), is_digest=True)
