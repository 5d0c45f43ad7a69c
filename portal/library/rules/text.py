"""Inside an article: its paragraphs (款), items (项) and points (目), and the references that it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from portal.library.rules.numbers import NUMERAL, Address, ArticleNumber, from_chinese

_ITEM = re.compile(rf"^[“\"]?[（(]\s*({NUMERAL}{{1,4}})\s*[）)](?:\s*之({NUMERAL}{{1,2}}))?")
_POINT = re.compile(r"^[“\"]?([0-9０-９]{1,2})\s*[.．、]")
_NUMBER = rf"(?:{NUMERAL}+|[0-9]{{1,4}})"
_STEP = rf"第{_NUMBER}[款项目]|第[（(]{_NUMBER}[）)]项"
_PLACE = rf"第\s*{_NUMBER}\s*条(?:之{NUMERAL}{{1,3}})?"
_QUOTED = r"《(?P<{}>[^《》]{{2,80}})》"
# Words between a title and a number that keep them together: 《X》（以下简称…）的第N条.
_REFERENCE = re.compile(
    rf"(?:{_QUOTED.format('title')}(?:[（(][^（）()]{{0,40}}[）)])?(?:的|中|里)?)?"
    rf"(?P<own>本(?:法|条例|办法|规定|规则|细则|准则|决定|解释|编|章))?"
    rf"(?P<place>{_PLACE})(?P<steps>(?:{_STEP})*)"
    rf"(?:[至到](?P<to>{_PLACE})(?:{_STEP})*)?"
    rf"|{_QUOTED.format('whole')}"
    rf"|(?P<before>前(?:{NUMERAL})?款|前(?:{NUMERAL})?条)(?P<beforesteps>(?:{_STEP})*)"
    rf"|(?P<here>本条)(?P<heresteps>(?:{_STEP})+)"
)
_LAST_TITLE = re.compile(r"[，、和及以或者]{0,3}$")


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, item or point of an article with its place; 0 for none."""

    text: str
    para: int
    item: int = 0
    point: int = 0

    @property
    def level(self) -> int:
        """0 for 款, 1 for 项, 2 for 目."""
        return 2 if self.point else 1 if self.item else 0


def lines_of(text: str) -> list[Line]:
    """The lines of an article's text with the 款, 项 and 目 that they are.

    A line that begins （一） is an item of the paragraph before it; one that begins "1." inside an item is a point.
    """
    found: list[Line] = []
    for raw in text.split("\n"):
        line = raw.strip()
        if not line:
            continue
        last = found[-1] if found else None
        item, point = _ITEM.match(line), _POINT.match(line)
        if item and last:
            number = _read(item[1])
            found.append(Line(line, last.para, number or last.item + 1))
        elif point and last and last.item:
            found.append(Line(line, last.para, last.item, int(point[1].translate(_NARROW))))
        else:
            found.append(Line(line, (last.para if last else 0) + 1))
    return found


_NARROW = str.maketrans("０１２３４５６７８９", "0123456789")


def _read(numeral: str) -> int:
    try:
        return from_chinese(numeral)
    except ValueError:
        return 0


def text_at(text: str, place: Address) -> str:
    """The lines at a place of an article, items with their points and paragraphs with their items. "" for none."""
    wanted = []
    for line in lines_of(text):
        fits = (not place.para or line.para == place.para) and (not place.item or line.item == place.item)
        if fits and (not place.point or line.point == place.point):
            wanted.append(line.text)
    return "\n".join(wanted)


@dataclass(frozen=True, slots=True)
class Reference:
    """A mention of a provision or a regulation between `start` and `end` of a text.

    `title` is "" for the regulation at hand; `target` is None where a regulation is named as a whole; `until` ends a
    range (第N条至第N条).
    """

    start: int
    end: int
    title: str
    target: Address | None
    until: ArticleNumber | None = None


def references(text: str, here: Address) -> list[Reference]:
    """The references that a line makes, in their order. `here` is the place of the line itself, for 前款 and 本条.

    第N条 after 《X》 is of X, also behind 、 or 和 (《X》第一条、第二条); otherwise of the regulation at hand.
    """
    return list(_found(text, here))


def _found(text: str, here: Address) -> Iterator[Reference]:
    title, end = "", 0
    for match in _REFERENCE.finditer(text):
        named = match["title"] or match["own"]
        if match["whole"]:
            title, end = match["whole"], match.end()
            yield Reference(match.start(), match.end(), title, None)
            continue
        if match["place"]:
            carried = title if _LAST_TITLE.fullmatch(text[end : match.start()]) else ""
            title = match["title"] or ("" if named else carried)
            end = match.end()
            if (target := _target(match["place"], match["steps"])) is not None:
                until = _article(match["to"]) if match["to"] else None
                yield Reference(match.start(), match.end(), title, target, until)
            continue
        title = ""
        target = _before(match["before"], match["beforesteps"], here) if match["before"] else _here(match, here)
        if target is not None:
            yield Reference(match.start(), match.end(), "", target)


def _here(match: re.Match[str], here: Address) -> Address:
    return _with_steps(Address(here.article), match["heresteps"])


def _article(text: str) -> ArticleNumber | None:
    head, _, sub = re.sub(r"\s", "", text).removeprefix("第").partition("条之")
    try:
        return ArticleNumber(from_chinese(head.rstrip("条")), from_chinese(sub) if sub else 0)
    except ValueError:
        return None


def _target(place: str, steps: str) -> Address | None:
    article = _article(place)
    return _with_steps(Address(article), steps) if article else None


def _with_steps(address: Address, steps: str) -> Address:
    for number, word in re.findall(rf"第[（(]?({_NUMBER})[）)]?([款项目])", steps or ""):
        value = _read(number)
        if word == "款":
            address = replace(address, para=value)
        elif word == "项":
            # An article of one paragraph is cited without it: 第五条第二项.
            address = replace(address, item=value, para=address.para or 1)
        else:
            address = replace(address, point=value)
    return address


def _before(words: str, steps: str, here: Address) -> Address | None:
    """前款 is the paragraph before, 前两款 begins two before; 前条 the article before."""
    count = _read(words[1:-1]) if len(words) > 2 else 1  # noqa: PLR2004  前款 has two characters
    if words.endswith("条"):
        number = here.article.number - count
        return _with_steps(Address(ArticleNumber(number)), steps) if number > 0 else None
    para = here.para - count
    return _with_steps(Address(here.article, para), steps) if para > 0 else None


def joined(lines: Sequence[str]) -> str:
    """Lines as an article's text."""
    return "\n".join(line.strip() for line in lines if line.strip())
