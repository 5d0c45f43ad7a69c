"""Dates in the texts of regulations, which version holds on a day, and what its status is.

When a law comes into force stands in its final article (立法法 2023 第六十一条); a decision that amends a law leaves
that article as it was, so the date there is older than the version. A status comes from dates and an explicit repeal
alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from portal.library.rules.numbers import from_chinese

_YEAR = r"([12][0-9]{3}|[一二][零〇○Ｏ一二三四五六七八九]{3})"
_PART = r"([0-9]{1,2}|[一二三四五六七八九十]{1,3})"
_DATE = re.compile(rf"{_YEAR}\s*年\s*{_PART}\s*月\s*{_PART}\s*日")
_FORCE = re.compile(rf"自\s*{_DATE.pattern}\s*(?:零时|0时)?\s*起\s*(?:施行|实施|执行|生效)")
_FORCE_LINE = re.compile(r"(?:起|日)?\s*(?:施行|生效|实施)\s*[）)]?\s*$")
_ON_PUBLICATION = re.compile(r"自\s*(?:公布|发布|颁布|印发)\s*之日\s*起\s*(?:施行|实施|执行|生效)")
_IN_NAME = re.compile(r"[（(\s_-]((?:19|20)[0-9]{2})[-.年]?([01]?[0-9])[-.月]?([0-3]?[0-9])日?[）)]?$")
_PUBLISHED = re.compile(r"公布|发布|颁布|印发")


class VersionStatus(StrEnum):
    """尚未生效, 现行有效, 已修改, 已废止; 待核对 where no date says which."""

    PENDING = "pending"
    IN_FORCE = "in_force"
    AMENDED = "amended"
    REPEALED = "repealed"
    UNDATED = "undated"


class Basis(StrEnum):
    """Where a proposed date of coming into force was found."""

    FINAL_ARTICLE = "final_article"
    DATE_LINE = "date_line"
    PUBLICATION = "publication"
    AMENDMENT = "amendment"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A date to be confirmed by a person, and why it is proposed."""

    day: date | None
    basis: Basis


class Dated(Protocol):
    """What the rules want to know of a version."""

    @property
    def in_force_from(self) -> date | None: ...
    @property
    def repealed_on(self) -> date | None: ...
    @property
    def is_digest(self) -> bool: ...
    @property
    def id(self) -> int: ...


def read_date(text: str) -> date | None:
    """The first whole date in a text (2022年2月25日, 二〇二二年二月二十五日), None where there is none that exists."""
    found = _DATE.search(text)
    return _made(found.groups()) if found else None


def _made(parts: Sequence[str | None]) -> date | None:
    try:
        year, month, day = (from_chinese(part or "") for part in parts)
        return date(year, month, day)
    except ValueError:
        return None


def date_in_name(stem: str) -> date | None:
    """The date at the end of a file's name: 体育法(2022-06-24), 某条例_20220624."""
    found = _IN_NAME.search(stem.strip())
    return _made(found.groups()) if found else None


Version = TypeVar("Version", bound=Dated)


@dataclass(frozen=True, slots=True)
class LineDates:
    """What the lines under a title say: last adopted or amended, published, in force from."""

    adopted: date | None = None
    published: date | None = None
    in_force: date | None = None


def read_date_lines(lines: Sequence[str]) -> LineDates:
    """The latest of each kind of date in the lines under a title.

    A line "2021年1月1日 施行" is about coming into force; 公布 and 发布 about publication; all others about adoption.
    """
    adopted: list[date] = []
    published: list[date] = []
    in_force: list[date] = []
    for whole in lines:
        force = _FORCE.search(whole)
        begins = _made(force.groups()) if force else None
        in_force += [begins] if begins else []
        line = whole[: force.start()] if force else whole
        dates = list(_DATE.finditer(line))
        # A Word document has them all in one bracket: each date with the words up to the next.
        ends = [*(each.start() for each in dates[1:]), len(line)]
        for found, end in zip(dates, ends, strict=True):
            day, words = _made(found.groups()), line[found.start() : end]
            if day is None:
                continue
            kind = in_force if _FORCE_LINE.search(words) else published if _PUBLISHED.search(words) else adopted
            kind.append(day)
    return LineDates(*(max(days, default=None) for days in (adopted or published, published, in_force)))


def propose_in_force(final_text: str, *, adopted: date | None, published: date | None, line: date | None) -> Proposal:
    """When a version comes into force, as its text lets one expect; for a person to confirm.

    `final_text` is that of the last articles; `line` the date of a 施行 line under the title. Where the text names a
    day before the version was adopted, an amendment left the old day standing: the day of adoption is proposed.
    """
    made = max(filter(None, (adopted, published)), default=None)
    days = [_made(each.groups()) for each in _FORCE.finditer(final_text)]
    day = next((each for each in reversed(days) if each), None)
    for found, basis in ((line, Basis.DATE_LINE), (day, Basis.FINAL_ARTICLE)):
        if found and (adopted is None or found >= adopted):
            return Proposal(found, basis)
    if made and (line or day):
        return Proposal(made, Basis.AMENDMENT)
    if made and _ON_PUBLICATION.search(final_text):
        return Proposal(made, Basis.PUBLICATION)
    return Proposal(None, Basis.NONE)


def in_order(versions: Sequence[Version]) -> list[Version]:
    """Versions from the earliest to the latest; undated ones first, a digest before the text of the same day."""
    return sorted(versions, key=lambda each: (each.in_force_from or date.min, not each.is_digest, each.id))


def resolve(versions: Sequence[Version], day: date) -> Version | None:
    """The version that holds on a day: the latest in force by then, texts before digests; None where there is none.

    A repealed version is still what one reads: its status says that it holds no more.
    """
    texts = [each for each in versions if not each.is_digest] or list(versions)
    begun = [each for each in in_order(texts) if each.in_force_from and each.in_force_from <= day]
    return begun[-1] if begun else None


def status_of(version: Dated, versions: Sequence[Dated], day: date) -> VersionStatus:
    """The status of one of the versions of a regulation on a day."""
    if version.repealed_on and version.repealed_on <= day:
        return VersionStatus.REPEALED
    if version.in_force_from is None:
        return VersionStatus.UNDATED
    if version.in_force_from > day:
        return VersionStatus.PENDING
    holding = resolve([each for each in versions if each.is_digest == version.is_digest], day)
    return VersionStatus.IN_FORCE if holding is None or holding.id == version.id else VersionStatus.AMENDED


def dates_in_order(*, adopted: date | None, in_force_from: date | None, repealed_on: date | None) -> bool:
    """Whether a version was not repealed before it began."""
    begun = in_force_from or adopted
    return repealed_on is None or begun is None or repealed_on >= begun
