"""`flask exams list` and `flask exams results`."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.support.exams import build_round, sit
from tests.support.people import Office


def test_rounds_as_json(app: Flask, session: Session, office: Office) -> None:
    round_ = build_round(session, office)
    sit(session, round_, office.people["cadre"], right=5)
    answer = app.test_cli_runner().invoke(args=["exams", "list", "--json"])
    assert answer.exit_code == 0
    (line,) = json.loads(answer.stdout)
    assert (line["id"], line["kind"], line["state"], line["phase"]) == (round_.id, "main", "published", "open")
    assert (line["questions"], line["total"], line["pass_line"], line["minutes"]) == (8, 100.0, 60.0, 60)
    assert (line["roster"], line["submitted"]) == (5, 1)


@pytest.mark.parametrize("name", ["id", "title"])
def test_results_as_json(app: Flask, session: Session, office: Office, name: str) -> None:
    round_ = build_round(session, office)
    sit(session, round_, office.people["cadre"], right=5)
    sit(session, round_, office.people["leader"], right=1)
    answer = app.test_cli_runner().invoke(args=["exams", "results", str(getattr(round_, name)), "--json"])
    assert answer.exit_code == 0
    report = json.loads(answer.stdout)
    assert report["round"]["title"] == round_.title
    assert report["figures"] == {
        "should": 5, "taken": 2, "deferred": 0, "exempt": 0, "passed": 1, "excellent": 0,
        "participation_rate": 40.0, "pass_rate": 50.0, "mean": 37.5,
    }  # fmt: skip
    by_number = {person["number"]: person for person in report["people"]}
    mine = by_number[office.people["cadre"].number]
    assert (mine["score"], mine["passed"], mine["attempts"]) == (62.5, True, 1)
    other = by_number[office.people["liaison"].number]
    assert (other["score"], other["passed"], other["submitted_at"]) == (None, None, None)
    empty = next(unit for unit in report["units"] if unit["name"] == "综合科")
    assert (empty["participation_rate"], empty["pass_rate"], empty["mean"]) == (0.0, None, None)


def test_tables_for_people(app: Flask, session: Session, office: Office) -> None:
    round_ = build_round(session, office)
    sit(session, round_, office.people["cadre"], right=5)
    runner = app.test_cli_runner()
    assert "进行中" in runner.invoke(args=["exams", "list"]).stdout
    text = runner.invoke(args=["exams", "results", round_.title]).stdout
    assert "参考率 20.00%" in text
    assert "62.5\t及格" in text


def test_an_unknown_or_ambiguous_name(app: Flask, session: Session, office: Office) -> None:
    runner = app.test_cli_runner()
    missing = runner.invoke(args=["exams", "results", "没有这场", "--json"])
    assert missing.exit_code == 1
    assert missing.stdout == ""
    build_round(session, office, title="同名")
    build_round(session, office, title="同名")
    assert "同名" in runner.invoke(args=["exams", "results", "同名"]).stderr
