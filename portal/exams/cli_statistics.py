"""The item analysis on the command line, of a round or of a table of marks from anywhere."""

from __future__ import annotations

import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from portal.core import clock
from portal.core.errors import RuleError
from portal.exams import bp
from portal.exams.marks import read_marks
from portal.exams.queries import rounds as round_queries
from portal.exams.queries import statistics as queries
from portal.exams.rules import statistics as rules
from portal.extensions import db
from portal.web.errors import explain

# The names of Moodle's own tables, so that a figure can be held against theirs.
_NAMES = {
    "n": "s",
    "maximum": "maxmark",
    "facility": "facility",
    "sd": "sd",
    "weight": "effectiveweight",
    "covariance": "covariance",
    "variance": "markvariance",
    "rest_variance": "othermarkvariance",
    "discrimination": "discriminationindex",
    "covariance_max": "covariancemax",
    "efficiency": "discriminativeefficiency",
    "upper_lower": "upperlower",
}
_SHOWN = ("s", "facility", "discriminationindex", "discriminativeefficiency", "upperlower", "effectiveweight")


@bp.cli.command("statistics")
@click.argument("round_", metavar="[ROUND]", required=False)
@click.option("--marks", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A table of marks instead.")
@click.option("--max", "maxima", default="", help="Highest marks for --marks: one for all, or one a question (1,2,2).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def statistics(round_: str | None, marks: Path | None, maxima: str, as_json: bool) -> None:
    """Facility, discrimination and efficiency of each question; alpha and standard error of the whole."""
    if (round_ is None) == (marks is None):
        raise click.UsageError("Name a round, or a file with --marks.")
    try:
        report = _of_marks(marks, maxima) if marks else _of_round(round_ or "")
    except RuleError as error:
        if as_json:
            click.echo(json.dumps({"error": error.code, "message": explain(error)}, ensure_ascii=False))
        else:
            click.echo(explain(error), err=True)
        raise SystemExit(1) from error
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        _print(report)


def _of_marks(path: Path, maxima: str) -> dict[str, Any]:
    marks = read_marks(path, [Fraction(part) for part in maxima.split(",")] if maxima else [])
    items = rules.items(rules.sums_of(marks.rows, marks.maxima))
    totals = [sum((mark for mark in row if mark is not None), Fraction(0)) for row in marks.rows]
    same = all(mark is not None for row in marks.rows for mark in row)
    test = rules.whole(
        len(totals), sum(totals), sum(each * each for each in totals), [each.variance for each in items], same=same
    )
    return _report(list(marks.names), items, test, scale=1)


def _of_round(name: str) -> dict[str, Any]:
    session = db.session()
    found = round_queries.by_name(session, name)
    if len(found) != 1:
        raise click.ClickException(f"没有找到考试，或有多场同名：{name} / no such round, or several of that name")
    analysed, totals = queries.analysis(session, found[0], clock.now())
    items, test = rules.analyse([each.sums for each in analysed], totals.people, totals.total, totals.squares)
    return _report([str(each.question_id) for each in analysed], items, test, scale=100)


def _report(names: list[str], items: list[rules.ItemFigures], test: rules.TestFigures, scale: int) -> dict[str, Any]:
    """Marks in points; the squares of points where the name says variance."""
    return {
        "items": [{"slot": name, **_item(each, scale)} for name, each in zip(names, items, strict=True)],
        "test": {
            **asdict(test),
            "mean": _scaled(test.mean, scale),
            "sd": _scaled(test.sd, scale),
            "error": _scaled(test.error, scale),
        },
    }


def _item(figures: rules.ItemFigures, scale: int) -> dict[str, Any]:
    powers = {"maximum": 1, "sd": 1, "variance": 2, "rest_variance": 2, "covariance": 2, "covariance_max": 2}
    return {
        shown: _scaled(getattr(figures, name), scale ** powers[name]) if name in powers else getattr(figures, name)
        for name, shown in _NAMES.items()
    }


def _scaled(value: float | None, scale: int) -> float | None:
    return None if value is None else value / scale


def _print(report: dict[str, Any]) -> None:
    click.echo("  ".join(["slot", *_SHOWN]))
    for each in report["items"]:
        click.echo("  ".join([each["slot"], *("—" if each[name] is None else f"{each[name]:.4g}" for name in _SHOWN)]))
    test = report["test"]
    click.echo("  ".join(f"{name} {'—' if value is None else f'{value:.4g}'}" for name, value in test.items()))
