"""Drawing a paper: which questions, in which order, with the options in which order."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.core.errors import RuleError
from portal.exams.rules.marking import PartialRule
from portal.exams.rules.question import QuestionType

_PERMUTED = (QuestionType.SINGLE, QuestionType.MULTIPLE)


@dataclass(frozen=True)
class Candidate:
    """A question version that a section may draw. `options` is how many it has (0 for 填空 and 简答).

    `keep_order`: its options speak of one another ("以上都对"), so they stay as they were written.
    """

    version_id: int
    type: QuestionType
    options: int
    keep_order: bool = False


@dataclass(frozen=True)
class SectionRule:
    """One section of a paper: `count` of the candidates, `points` (hundredths) each.

    A fixed paper lists exactly `count` candidates. Without `shuffle`, questions and options keep the given order.
    """

    title: str
    candidates: tuple[Candidate, ...]
    count: int
    points: int
    rule: PartialRule = PartialRule.ALL
    shuffle: bool = True


@dataclass(frozen=True)
class DrawnQuestion:
    """One question of a paper. `order[i]` is the bank position of the option shown at place i."""

    version_id: int
    section: int
    points: int
    order: tuple[int, ...]


@dataclass(frozen=True)
class Shortage:
    """A section that cannot be filled, with how many questions it lacks."""

    section: int
    title: str
    wanted: int
    missing: int


def new_seed() -> int:
    """A seed that nobody can guess, below 2**63 so that an integer column holds it."""
    return secrets.randbits(63)


def draw(sections: Sequence[SectionRule], seed: int) -> list[DrawnQuestion]:
    """One paper; the same seed gives the same paper, and no version stands in it twice.

    Raises RuleError "not-enough-questions" where `shortages` is not empty; publishing checks that beforehand.
    """
    rng = random.Random(seed)
    chosen = _assign(sections, rng)
    paper: list[DrawnQuestion] = []
    for index, (section, picked) in enumerate(zip(sections, chosen, strict=True)):
        if len(picked) < section.count:
            raise RuleError("not-enough-questions", section=section.title, missing=section.count - len(picked))
        given = [candidate for candidate in _distinct(section.candidates) if candidate.version_id in picked]
        if section.shuffle:
            rng.shuffle(given)
        paper.extend(
            DrawnQuestion(candidate.version_id, index, section.points, _order(candidate, section.shuffle, rng))
            for candidate in given
        )
    return paper


def shortages(sections: Sequence[SectionRule]) -> list[Shortage]:
    """Sections that cannot be filled without repeating a question. A paper with one must not be published."""
    chosen = _assign(sections, random.Random(0))
    return [
        Shortage(index, section.title, section.count, section.count - len(picked))
        for index, (section, picked) in enumerate(zip(sections, chosen, strict=True))
        if len(picked) < section.count
    ]


def check_publishable(sections: Sequence[SectionRule]) -> None:
    """Refuse a paper that could not be drawn.

    Raises RuleError "paper-empty" or "not-enough-questions" (with `shortages`).
    """
    if not any(section.count > 0 for section in sections):
        raise RuleError("paper-empty")
    missing = shortages(sections)
    if missing:
        raise RuleError("not-enough-questions", shortages=missing)


def to_key_space(order: Sequence[int], picked: Iterable[int]) -> frozenset[int]:
    """Places picked on the paper as option positions in the bank. Raises RuleError "no-such-option"."""
    places = frozenset(picked)
    if any(not 0 <= place < len(order) for place in places):
        raise RuleError("no-such-option")
    return frozenset(order[place] for place in places)


def _order(candidate: Candidate, shuffle: bool, rng: random.Random) -> tuple[int, ...]:
    """The order of the options; a 判断 always reads 正确, 错误."""
    order = list(range(candidate.options))
    if shuffle and candidate.type in _PERMUTED and not candidate.keep_order:
        rng.shuffle(order)
    return tuple(order)


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    return list({candidate.version_id: candidate for candidate in candidates}.values())


def _assign(sections: Sequence[SectionRule], rng: random.Random) -> list[set[int]]:
    """Version ids for each section, at random, as many as can be had.

    Sections may share candidates. Taking at random can leave a later section short although a paper exists; then
    earlier sections give up a question for another of theirs along an augmenting path, which finds an assignment
    whenever there is one (Kuhn's method for bipartite matching).
    """
    pools = [[candidate.version_id for candidate in _distinct(section.candidates)] for section in sections]
    owner: dict[int, int] = {}
    for index, section in enumerate(sections):
        rng.shuffle(pools[index])
        free = [version for version in pools[index] if version not in owner]
        for version in free[: section.count]:
            owner[version] = index
        for _ in range(section.count - len(free)):
            if not _augment(index, pools, owner):
                break
    chosen: list[set[int]] = [set() for _ in sections]
    for version, index in owner.items():
        chosen[index].add(version)
    return chosen


def _augment(start: int, pools: Sequence[Sequence[int]], owner: dict[int, int]) -> bool:
    """Give section `start` one question more by a chain of exchanges that ends at a free one; False if none exists."""
    came_from: dict[int, tuple[int, int]] = {}  # section -> (version that it would give up, section that would get it)
    queue, seen = [start], {start}
    for section in queue:
        for version in pools[section]:
            holder = owner.get(version)
            if holder is None:
                _exchange(section, version, came_from, owner)
                return True
            if holder not in seen:
                seen.add(holder)
                came_from[holder] = (version, section)
                queue.append(holder)
    return False


def _exchange(section: int, version: int, came_from: dict[int, tuple[int, int]], owner: dict[int, int]) -> None:
    """Hand the free `version` to `section`, and what each gives up to the one before it in the chain."""
    owner[version] = section
    while section in came_from:
        given_up, section = came_from[section]
        owner[given_up] = section
