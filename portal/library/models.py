"""Tables of the regulation library.

A regulation is the work; a version is its text as of a date and never changes; a provision is one piece of a version.
Notes belong to an article of a regulation, whichever version is read.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, IntPk, Title
from portal.library.rules.dates import Basis
from portal.library.rules.titles import RegulationKind


class ProvisionKind(StrEnum):
    """编, 章, 节, 条, and what stands outside of articles: 序言, 附件, 正文 (a text without articles)."""

    PART = "part"
    CHAPTER = "chapter"
    SECTION = "section"
    ARTICLE = "article"
    PREAMBLE = "preamble"
    ANNEX = "annex"
    BLOCK = "block"


HEADINGS = (ProvisionKind.PART, ProvisionKind.CHAPTER, ProvisionKind.SECTION)


class Regulation(Base):
    """The work: 《信访工作条例》, whatever its versions.

    `title_key` is what all ways to write the title share; `folded` is title and aliases as search compares them.
    """

    __tablename__ = "regulations"
    __table_args__ = (Index("ix_regulations_kind_id", "kind", "id"),)

    id: Mapped[IntPk]
    title: Mapped[Title]
    title_key: Mapped[str] = mapped_column(String(200), unique=True)
    aliases: Mapped[list[Any]]
    folded: Mapped[str] = mapped_column(Text)
    kind: Mapped[RegulationKind]
    issuing_bodies: Mapped[str] = mapped_column(String(200), default="")
    number: Mapped[str] = mapped_column(String(100), default="")
    topics: Mapped[list[Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RegulationVersion(Base):
    """The text as of `as_of` (last adopted or amended; None where nobody knows).

    `in_force_from` is a proposal by `basis` until `confirmed_by` says otherwise. A digest (要点) is in the office's own
    words; `shelved` is a digest whose official text has come in, so that searches pass it by. `first_id` and `last_id`
    are the ids of its provisions, which are one unbroken row of numbers.
    """

    __tablename__ = "regulation_versions"
    __table_args__ = (
        UniqueConstraint("regulation_id", "content_hash", name="uq_regulation_versions_regulation_id_content_hash"),
        Index("ix_regulation_versions_first_id", "first_id"),
        CheckConstraint("repealed_on IS NULL OR in_force_from IS NULL OR repealed_on >= in_force_from", name="order"),
    )

    id: Mapped[IntPk]
    regulation_id: Mapped[int] = mapped_column(ForeignKey("regulations.id"))
    as_of: Mapped[date | None]
    adopted_on: Mapped[date | None]
    published_on: Mapped[date | None]
    in_force_from: Mapped[date | None]
    basis: Mapped[Basis] = mapped_column(default=Basis.NONE)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None]
    repealed_on: Mapped[date | None]
    is_digest: Mapped[bool] = mapped_column(default=False)
    shelved: Mapped[bool] = mapped_column(default=False)
    date_lines: Mapped[list[Any]]
    source: Mapped[str] = mapped_column(String(200), default="")
    source_date: Mapped[date | None]
    content_hash: Mapped[str] = mapped_column(String(64))
    article_count: Mapped[int]
    first_id: Mapped[int] = mapped_column(default=0)
    last_id: Mapped[int] = mapped_column(default=0)
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]


class Provision(Base):
    """One piece of a version, in the order of the text.

    `address` is unique in the version (art_35, part_1__chp_2); `label` is 第三十五条 or 第二章; `heading` the words
    beside it; `path` the headings that stand above it; `text` the paragraphs of an article, a line each. `span`
    is how many provisions stand under a heading.
    """

    __tablename__ = "provisions"
    __table_args__ = (UniqueConstraint("version_id", "address", name="uq_provisions_version_id_address"),)

    id: Mapped[IntPk]
    version_id: Mapped[int] = mapped_column(ForeignKey("regulation_versions.id"))
    position: Mapped[int]
    kind: Mapped[ProvisionKind]
    address: Mapped[str] = mapped_column(String(100))
    number: Mapped[int] = mapped_column(default=0)
    sub: Mapped[int] = mapped_column(default=0)
    label: Mapped[str] = mapped_column(String(50), default="")
    heading: Mapped[str] = mapped_column(Text, default="")
    path: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    span: Mapped[int] = mapped_column(default=0)


class ArticleNote(Base):
    """What a person noted at an article: a note, or with `quote` words marked in it. Private unless `shared`."""

    __tablename__ = "article_notes"
    __table_args__ = (
        Index("ix_article_notes_regulation_id_user_id", "regulation_id", "user_id"),
        Index("ix_article_notes_user_id", "user_id"),
    )

    id: Mapped[IntPk]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    regulation_id: Mapped[int] = mapped_column(ForeignKey("regulations.id"))
    address: Mapped[str] = mapped_column(String(100))
    quote: Mapped[str] = mapped_column(String(500), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
