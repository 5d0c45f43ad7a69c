"""A topic as people write it: the title that it names, and the articles of it.

《信访工作条例》第三十五条、第三十六条; 《信访工作条例》第一条至第五条; a bare title. The rest of a line stays words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.library.rules.numbers import Address, ArticleNumber
from portal.library.rules.text import references

MOST_ARTICLES = 100
_QUOTED = re.compile(r"《([^《》]{2,200})》")


@dataclass(frozen=True, slots=True)
class Named:
    """What a line names: one title, and addresses like art_35 in the order in which they stand."""

    title: str
    articles: tuple[str, ...] = ()


def named(line: str) -> Named:
    """The first 《title》 of a line with its articles; without one the whole line, which may be a title by itself."""
    quoted = _QUOTED.search(line)
    if quoted is None:
        return Named(line.strip())
    title, found = quoted[1], []
    for each in references(line, Address(ArticleNumber(0))):
        if each.title == title and each.target is not None:
            first = each.target.article
            last = each.until.number if each.until is not None and each.until.sub == 0 else first.number
            found.append(first)
            found += [ArticleNumber(number) for number in range(first.number + 1, last + 1)][:MOST_ARTICLES]
    return Named(title, tuple(dict.fromkeys(number.address for number in found))[:MOST_ARTICLES])
