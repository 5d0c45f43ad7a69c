"""What a line of a regulation's text is: a heading, an article, an annex, a title, a line of dates."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.library.rules.numbers import NUMERAL, ArticleNumber, from_chinese
from portal.library.rules.search import INVISIBLE

INFO_END = "<!-- INFO END -->"
_NUMBER = rf"(?:{NUMERAL}{{1,9}}|[0-9０-９]{{1,5}})"
_WIDE = re.compile("[\u3000\u00a0\u1680\u2000-\u200a\u202f\u205f\t]")
# Where Chinese is set with wide blanks by custom: after a number, inside a heading, in the bracket of dates, 目　录.
_SET_WIDE = re.compile(
    rf"^#*\s*(?:第\s*{_NUMBER}\s*(?:分?编|章|节).*|第\s*{_NUMBER}\s*条(?:之\S)?\s*|[（(].*[0-9]年.*|[目附序]\s*[录则言])"
)
_MARKS = re.compile(r"^(#{1,6})\s*")
_HEADING = re.compile(rf"^第\s*({_NUMBER})\s*(分?编|章|节)(?P<rest>.*)$")
_ARTICLE = re.compile(
    rf"^第\s*({_NUMBER})\s*条(?:\s*之\s*({NUMERAL}{{1,3}}))?(?P<gap>[\s:：]*)(?P<rest>.*)$", re.DOTALL
)
_INLINE = re.compile(rf"(?<=[。；：:）)”])\s+(?=第{_NUMBER}条(?:之{NUMERAL}{{1,3}})?\s)")
_ANNEX = re.compile(rf"^附\s*(?:件|表|录|图|则表)?\s*({_NUMBER})?\s*(?:[:：.．、]|\s|$)(?P<rest>.*)$")
_PREAMBLE = re.compile(r"^(序\s*言|前\s*言|序|引\s*言)$")
_APPENDIX = re.compile(r"^附\s*则$")
_CONTENTS = re.compile(r"^目\s*[录次]$")
_BLOCK = re.compile(rf"^({NUMERAL}{{1,4}})\s*、")
_DATE_WORDS = re.compile(
    r"通过|修订|修正|公布|发布|批准|施行|生效|颁布|印发|令第|第.{1,6}号|〔[0-9]{4}〕|[0-9]{4}\s*年"
)
# After 第N条 such words mean that the line speaks of an article and is none.
_MENTION = re.compile(r"^(?:规定|的|、|和|至|到|或|第[一二三四五六七八九十]|中|所)")
_RANKS = {"编": 1, "分编": 2, "章": 3, "节": 4}
_LONG_HEADING = 45


@dataclass(frozen=True, slots=True)
class Heading:
    """第N编/章/节 with its words. `rank` rises inwards: 1 编, 2 分编, 3 章, 4 节; number 0 for 附则 and the like."""

    rank: int
    number: int
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class ArticleLine:
    """The first line of an article; `spaced` says that a blank follows the number."""

    number: ArticleNumber
    label: str
    text: str
    spaced: bool


def clean(line: str) -> tuple[str, bool, bool]:
    """(the line with plain blanks and nothing invisible, whether it had invisible marks, whether wide blanks)."""
    seen = INVISIBLE.sub("", line)
    plain = _WIDE.sub(" ", seen)
    return plain.strip(), seen != line, bool(_WIDE.search(_SET_WIDE.sub("", seen.strip())))


def unmarked(line: str) -> tuple[str, int]:
    """(the line without marks of Markdown, its level; 0 for a plain line)."""
    found = _MARKS.match(line)
    text = line[found.end() :] if found else line
    return text.strip().strip("*").strip(), len(found[1]) if found else 0


def heading_of(text: str, *, marked: bool) -> Heading | None:
    """A heading of 编, 章 or 节. A plain line must not read like a sentence."""
    found = _HEADING.match(text)
    if found is None:
        return None
    words = re.sub(r"\s+", "", found["rest"]) if len(re.sub(r"\s+", "", found["rest"])) <= 4 else found["rest"].strip()  # noqa: PLR2004  总 则
    sentence = re.search(r"[。；，：]", words) or len(words) > _LONG_HEADING
    touching = found["rest"][:1] not in {"", " "}
    if not marked and (sentence or (touching and _MENTION.match(words))):
        return None
    number = _value(found[1])
    return Heading(_RANKS[found[2]], number, f"第{found[1].strip()}{found[2]}", words) if number else None


def article_of(text: str) -> ArticleLine | None:
    """The beginning of an article."""
    found = _ARTICLE.match(text)
    number = _value(found[1]) if found else 0
    if found is None or not number:
        return None
    article = ArticleNumber(number, _value(found[2]) if found[2] else 0)
    label = re.sub(r"\s+", "", text[: found.start("gap")])
    return ArticleLine(article, label, found["rest"].strip(), spaced=bool(found["gap"]) or not found["rest"])


def mentions(line: ArticleLine) -> bool:
    """Whether what follows the number shows that the line only speaks of the article."""
    return not line.spaced and bool(_MENTION.match(line.text))


def split_inline(text: str) -> list[str]:
    """A line in which several articles stand one behind the other, cut before each number."""
    return _INLINE.split(text)


def annex_of(text: str) -> str | None:
    """The words of an annex's first line, None for another line."""
    return text if _ANNEX.match(text) and not _APPENDIX.match(text) else None


def is_preamble(text: str) -> bool:
    """序言, 前言."""
    return bool(_PREAMBLE.match(text))


def is_appendix(text: str) -> bool:
    """附则 as a heading without a number."""
    return bool(_APPENDIX.match(text))


def is_contents(text: str) -> bool:
    """目录."""
    return bool(_CONTENTS.match(text))


def block_label(text: str) -> str:
    """一 of "一、……", "" for another line."""
    found = _BLOCK.match(text)
    return found[1] if found else ""


def speaks_of_dates(text: str) -> bool:
    """Whether a line under a title is about who adopted it when, or its number."""
    return bool(_DATE_WORDS.search(text))


def _value(numeral: str | None) -> int:
    try:
        return from_chinese((numeral or "").strip())
    except ValueError:
        return 0
