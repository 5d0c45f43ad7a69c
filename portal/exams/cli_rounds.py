"""Rounds and results on the command line. With --json, standard output holds JSON and nothing else."""

from __future__ import annotations

import json
from typing import Any

import click
from sqlalchemy.orm import Session

from portal.core import clock
from portal.exams import bp
from portal.exams.models import ExamRound
from portal.exams.queries import results as queries
from portal.exams.queries import rounds as round_queries
from portal.exams.words_rounds import KIND_LABELS, OUTCOME_LABELS, PHASE_LABELS
from portal.extensions import db


@bp.cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_rounds(as_json: bool) -> None:
    """All rounds, latest first."""
    counted = round_queries.with_counts(round_queries.over_since(clock.now()))
    statement = counted.order_by(ExamRound.opens_at.desc(), ExamRound.id.desc())
    rounds = [_round(row) for row in db.session().execute(statement)]
    if as_json:
        _print_json(rounds)
        return
    _print_table(
        ("ID", "考试", "类型", "状态", "开始", "结束", "名单", "已交卷"),
        [
            (
                each["id"], each["title"], KIND_LABELS[each["kind"]], PHASE_LABELS[each["phase"]],
                each["opens_at"], each["closes_at"], each["roster"], each["submitted"],
            )
            for each in rounds
        ],
    )  # fmt: skip


@bp.cli.command("results")
@click.argument("round_", metavar="ROUND")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def results(round_: str, as_json: bool) -> None:
    """Results of one round, named by id or by title."""
    session = db.session()
    found = round_queries.by_name(session, round_)
    if not found:
        raise click.ClickException(f"没有找到考试：{round_} / no such round")
    if len(found) > 1:
        known = "、".join(str(each.id) for each in found)
        raise click.ClickException(f"有多场考试同名，请用编号：{known} / several rounds, name one by id")
    report = results_of(session, found[0])
    if as_json:
        _print_json(report)
    else:
        _print_results(report)


def results_of(session: Session, round_: ExamRound) -> dict[str, Any]:
    """The results of a round as plain values: points and rates as numbers with two decimals, None without a base."""
    now = clock.now()
    counted = round_queries.with_counts(round_queries.over_since(now))
    row = session.execute(counted.where(ExamRound.id == round_.id)).one()
    units = queries.by_unit(session, round_, now)
    table, statement = queries.people_table(session, round_, now)
    lines = session.execute(statement.order_by(table.identity))
    return {
        "round": _round(row),
        "figures": _figures(queries.overall(units)),
        "units": [{"name": unit.name, **_figures(unit)} for unit in units],
        "people": [_person(line) for line in lines],
    }


def _round(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "kind": row.kind.value,
        "state": row.state.value,
        "phase": round_queries.phase_of(row).value,
        "opens_at": row.opens_at.isoformat(),
        "closes_at": row.closes_at.isoformat(),
        "minutes": row.minutes,
        "questions": row.questions,
        "total": _hundredths(row.total),
        "pass_line": _hundredths(row.pass_line),
        "roster": row.roster,
        "submitted": row.submitted,
    }


def _figures(figures: queries.UnitFigures) -> dict[str, Any]:
    return {
        "should": figures.should,
        "taken": figures.taken,
        "deferred": figures.deferred,
        "exempt": figures.exempt,
        "passed": figures.passed,
        "excellent": figures.excellent,
        "participation_rate": _hundredths(figures.participation_rate),
        "pass_rate": _hundredths(figures.pass_rate),
        "mean": _hundredths(figures.mean),
    }


def _person(line: Any) -> dict[str, Any]:
    marked = line.score is not None
    return {
        "number": line.number,
        "name": line.name,
        "unit": line.unit_name,
        "score": _hundredths(line.score),
        "passed": line.outcome == "passed" if marked else None,
        "attempts": line.attempts,
        "submitted_at": line.ended_at.isoformat() if line.ended_at else None,
        "outcome": line.outcome,
    }


def _hundredths(value: int | None) -> float | None:
    return None if value is None else round(value / 100, 2)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _print_table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    click.echo("\t".join(head))
    for row in rows:
        click.echo("\t".join("" if value is None else str(value) for value in row))


def _print_results(report: dict[str, Any]) -> None:
    figures = report["figures"]
    click.echo(report["round"]["title"])
    click.echo(
        "应考 {should}  实考 {taken}  缓考 {deferred}  免考 {exempt}  及格 {passed}  优秀 {excellent}".format(**figures)
    )
    rates = (figures["participation_rate"], figures["pass_rate"])
    texts = ["—" if rate is None else f"{rate:.2f}%" for rate in rates]
    mean = "—" if figures["mean"] is None else f"{figures['mean']:g}"
    click.echo(f"参考率 {texts[0]}  及格率 {texts[1]}  平均分 {mean}")
    _print_table(
        ("工号", "姓名", "单位", "成绩", "结果", "次数", "交卷时间"),
        [
            (
                each["number"], each["name"], each["unit"], each["score"], OUTCOME_LABELS[each["outcome"]],
                each["attempts"], each["submitted_at"],
            )
            for each in report["people"]
        ],
    )  # fmt: skip
