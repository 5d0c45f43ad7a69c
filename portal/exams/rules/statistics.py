"""Item analysis: how hard each question was, and whether it tells those who know from those who do not.

The formulae are those of Moodle's "Quiz statistics calculations" (docs.moodle.org/dev): x is the mark for a question, r
the rest of the same person's total, T = x + r; variances and covariances divide by n - 1. D is Kelley's index on the
upper and lower 27 % (T. L. Kelley, J. Educ. Psychol. 30, 1939); alpha is Cronbach's (Psychometrika 16, 1951).
Sums are enough for all of it, so a database can add them up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Number = Fraction | float
SHARE = 27  # percent of all who sat, in the upper and in the lower group
MIN_PEOPLE = 2
# Below these a question is worth a look (R. L. Ebel, Essentials of Educational Measurement).
WEAK_DISCRIMINATION = 0.2
VERY_EASY, VERY_HARD = 0.95, 0.2


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over everybody who had a question: n people, marks x, rests r, with the sums of squares and products.

    `sorted_xr` adds the products of both lists, each put in ascending order by itself. `maximum` is the highest mark
    there is. `upper` and `lower` are (people, sum of marks) of the two groups.
    """

    n: int
    x: Number
    xx: Number
    r: Number
    rr: Number
    xr: Number
    sorted_xr: Number
    maximum: Number
    upper: tuple[int, Number] = (0, 0)
    lower: tuple[int, Number] = (0, 0)


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """What the sums say of a question.

    Facility and D (`upper_lower`) are shares, the indices and the weight percentages; None is "not defined".
    """

    n: int
    maximum: float
    facility: float | None
    sd: float | None
    variance: float | None
    rest_variance: float | None
    covariance: float | None
    covariance_max: float | None
    discrimination: float | None
    efficiency: float | None
    upper_lower: float | None
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class TestFigures:
    """What is known of the whole test. `alpha` is a share, `error` the standard error of one person's total."""

    people: int
    items: int
    mean: float | None
    sd: float | None
    alpha: float | None
    error: float | None


def group_size(people: int) -> int:
    """How many are in the upper group, and in the lower: 27 % rounded half up, at least one."""
    return max(1, (people * SHARE + 50) // 100) if people >= MIN_PEOPLE else 0


def sums_of(marks: Sequence[Sequence[Fraction | None]], maxima: Sequence[Fraction]) -> list[Sums]:
    """Sums for each question from a row of marks for each person; None where a person did not have the question."""
    totals = [sum((mark for mark in row if mark is not None), Fraction(0)) for row in marks]
    ranking = sorted(range(len(marks)), key=lambda person: (-totals[person], person))
    size = group_size(len(marks))
    upper, lower = set(ranking[:size]), set(ranking[len(ranking) - size :])
    return [_column(marks, totals, place, maximum, upper, lower) for place, maximum in enumerate(maxima)]


def _column(
    marks: Sequence[Sequence[Fraction | None]],
    totals: Sequence[Fraction],
    place: int,
    maximum: Fraction,
    upper: set[int],
    lower: set[int],
) -> Sums:
    had = [(person, mark) for person, row in enumerate(marks) if (mark := row[place]) is not None]
    x = [mark for _person, mark in had]
    r = [totals[person] - mark for person, mark in had]
    high = [mark for person, mark in had if person in upper]
    low = [mark for person, mark in had if person in lower]
    return Sums(
        len(x),
        sum(x),
        sum(mark * mark for mark in x),
        sum(r),
        sum(rest * rest for rest in r),
        _products(x, r),
        _products(sorted(x), sorted(r)),
        maximum,
        (len(high), sum(high)),
        (len(low), sum(low)),
    )


def _products(left: Sequence[Fraction], right: Sequence[Fraction]) -> Number:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def _covariance(n: int, ab: Number, a: Number, b: Number) -> float | None:
    return None if n < MIN_PEOPLE else float((ab - a * b / n) / (n - 1))


def item(sums: Sums) -> ItemFigures:
    """The figures of one question, but for its weight in the test."""
    variance = _covariance(sums.n, sums.xx, sums.x, sums.x)
    rest = _covariance(sums.n, sums.rr, sums.r, sums.r)
    covariance = _covariance(sums.n, sums.xr, sums.x, sums.r)
    highest = _covariance(sums.n, sums.sorted_xr, sums.x, sums.r)
    return ItemFigures(
        n=sums.n,
        maximum=float(sums.maximum),
        facility=float(sums.x / sums.n / sums.maximum) if sums.n and sums.maximum else None,
        sd=None if variance is None else math.sqrt(max(variance, 0.0)),
        variance=variance,
        rest_variance=rest,
        covariance=covariance,
        covariance_max=highest,
        discrimination=_ratio(covariance, math.sqrt(max(variance or 0.0, 0.0) * max(rest or 0.0, 0.0))),
        efficiency=_ratio(covariance, highest),
        upper_lower=_upper_lower(sums),
    )


# Sums of floats leave a trace of rounding where the true value is nought.
_NOUGHT = 1e-12


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or whole is None or abs(whole) < _NOUGHT else 100 * part / whole


def _upper_lower(sums: Sums) -> float | None:
    (high_n, high), (low_n, low) = sums.upper, sums.lower
    if not high_n or not low_n or not sums.maximum:
        return None
    return float((high / high_n - low / low_n) / sums.maximum)


def items(all_sums: Sequence[Sums]) -> list[ItemFigures]:
    """The figures of all questions of a test with their effective weights, which add up to 100.

    The weight is the share of sqrt(cov(x, T)); a question that pulls the other way has none.
    """
    found = [item(sums) for sums in all_sums]
    roots = [_root(each) for each in found]
    total = sum(root for root in roots if root is not None)
    return [
        ItemFigures(**{name: getattr(each, name) for name in _NAMES}, weight=_ratio(root, total))
        for each, root in zip(found, roots, strict=True)
    ]


_NAMES = tuple(name for name in ItemFigures.__slots__ if name != "weight")


def _root(figures: ItemFigures) -> float | None:
    if figures.covariance is None or figures.variance is None or figures.covariance + figures.variance < 0:
        return None
    return math.sqrt(figures.covariance + figures.variance)


def whole(people: int, total: Number, squares: Number, variances: Sequence[float | None], *, same: bool) -> TestFigures:
    """The whole test from the sum of the totals, the sum of their squares and the variance of each question.

    `same`: everybody had the same questions. Where papers are drawn, alpha and the standard error are not defined.
    """
    variance = _covariance(people, squares, total, total)
    sd = None if variance is None else math.sqrt(max(variance, 0.0))
    alpha = _alpha(variances, variance) if same else None
    return TestFigures(
        people=people,
        items=len(variances),
        mean=float(total / people) if people else None,
        sd=sd,
        alpha=alpha,
        error=None if alpha is None or sd is None else sd * math.sqrt(max(1 - alpha, 0.0)),
    )


def analyse(
    all_sums: Sequence[Sums], people: int, total: Number, squares: Number
) -> tuple[list[ItemFigures], TestFigures]:
    """Figures of all questions and of the whole test, where everybody may have had questions of their own."""
    found = items(all_sums)
    same = all(each.n == people for each in found)
    return found, whole(people, total, squares, [each.variance for each in found], same=same)


def _alpha(variances: Sequence[float | None], total: float | None) -> float | None:
    known = [each for each in variances if each is not None]
    if len(known) < MIN_PEOPLE or not total or total < _NOUGHT:
        return None
    return len(known) / (len(known) - 1) * (1 - sum(known) / total)


def looks(figures: ItemFigures) -> list[str]:
    """What asks for a look at a question: "very-easy", "very-hard", "backwards", "weak"."""
    found = []
    if figures.facility is not None and figures.facility >= VERY_EASY:
        found.append("very-easy")
    if figures.facility is not None and figures.facility <= VERY_HARD:
        found.append("very-hard")
    if figures.upper_lower is not None and figures.upper_lower < 0:
        found.append("backwards")
    elif figures.upper_lower is not None and figures.upper_lower < WEAK_DISCRIMINATION and not found:
        found.append("weak")
    return found
