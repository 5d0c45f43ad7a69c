"""The item analysis of rounds: the database's sums, the pages, the command line."""

from __future__ import annotations

import csv
import json
import os
from fractions import Fraction
from pathlib import Path

import pytest

from portal.core import clock
from portal.exams.models import Attempt
from portal.exams.queries import attempts as attempt_queries
from portal.exams.queries import statistics as queries
from portal.exams.rules import statistics as rules
from tests.support.exams import EVERYBODY, build_bank, build_round, sit

SHARED = os.environ.get("PORTAL_SHARED", "")
MOODLE = Path(SHARED or ".") / "data" / "formats" / "item-statistics"
NAMES = {
    "facility", "sd", "effectiveweight", "covariance", "markvariance", "othermarkvariance", "discriminationindex",
    "covariancemax", "discriminativeefficiency", "maxmark", "s",
}  # fmt: skip


@pytest.fixture
def sat(session, office):
    """A round in which everybody has the same eight questions, and from none to all of them right."""
    bank = build_bank(session(), office, name="条例", each=2)
    round_ = build_round(session(), office, title="年度考试", bank=bank)
    for right, label in zip((8, 6, 3, 1, 0), EVERYBODY, strict=True):
        sit(session(), round_, office.people[label], right=right)
    session().commit()
    return round_


def by_hand(session, round_) -> dict[int, rules.ItemFigures]:
    """The figures from the marks of each attempt."""
    attempts = session.query(Attempt).order_by(Attempt.id).all()
    versions = sorted({drawn["v"] for attempt in attempts for drawn in attempt.paper})
    table, maxima = [], {}
    for attempt in attempts:
        marks = {drawn["v"]: Fraction(mark) for drawn, mark in zip(attempt.paper, attempt.marks, strict=True)}
        maxima |= {drawn["v"]: Fraction(drawn["p"]) for drawn in attempt.paper}
        table.append([marks.get(version) for version in versions])
    sums = rules.sums_of(table, [maxima[version] for version in versions])
    return dict(zip(versions, rules.items(sums), strict=True))


def test_the_database_adds_up_what_the_rules_say(session, sat, statements) -> None:
    with statements() as seen:
        analysed, totals = queries.analysis(session(), sat, clock.now())
    assert len([each for each in seen if "json" in each]) == 1
    items, test = rules.analyse([each.sums for each in analysed], totals.people, totals.total, totals.squares)
    expected = by_hand(session(), sat)
    assert {each.version_id for each in analysed} == set(expected)
    for row, figures in zip(analysed, items, strict=True):
        for name in rules.ItemFigures.__slots__:
            assert getattr(figures, name) == pytest.approx(getattr(expected[row.version_id], name)), name
    assert (test.people, test.items) == (5, 8)
    assert test.alpha is not None


def test_answers_are_counted_by_option_whatever_order_they_were_shown_in(session, sat) -> None:
    analysed, _totals = queries.analysis(session(), sat, clock.now())
    for row in analysed:
        picked = queries.answers(session(), sat, row.version_id, clock.now())
        key = attempt_queries.keys(session(), [{"v": row.version_id}])[row.version_id]
        right = tuple(key) if isinstance(key[0], int) else ("甲",)
        assert {each.value for each in picked} <= {right, ()}
        assert sum(each.all for each in picked) == row.sums.n
        upper = sum(each.upper for each in picked if each.value)
        assert upper >= sum(each.lower for each in picked if each.value)


def test_the_pages(sat, client_as, statements, session) -> None:
    client = client_as("exam_officer")
    with statements() as seen:
        page = client.get(f"/exams/rounds/{sat.id}/results/items")
    assert page.status_code == 200
    assert "测量标准误" in page.text
    assert len([each for each in seen if "json_each" in each]) == 1
    (row, *_rest), _totals = queries.analysis(session(), sat, clock.now())
    item = client.get(f"/exams/rounds/{sat.id}/results/items/{row.version_id}")
    assert "高分组" in item.text
    assert row.stem in item.text
    assert client.get(f"/exams/rounds/{sat.id}/results/items/999999").status_code == 404
    sheet = client.get(f"/exams/rounds/{sat.id}/results/items?export=xlsx")
    assert sheet.headers["Content-Disposition"].startswith("attachment")
    sheet.close()
    assert f"/exams/rounds/{sat.id}/results/items" in client.get(f"/exams/rounds/{sat.id}/results/distribution").text


def test_those_who_may_still_have_to_sit_see_no_questions(sat, client_as) -> None:
    client = client_as("leader")
    assert client.get(f"/exams/rounds/{sat.id}/results/items").status_code == 403
    assert "/results/items" not in client.get(f"/exams/rounds/{sat.id}/results/distribution").text


def test_a_round_without_results_says_so(session, office, client_as) -> None:
    round_ = build_round(session(), office, title="空", people=("cadre",))
    session().commit()
    assert "还没有成绩" in client_as("exam_officer").get(f"/exams/rounds/{round_.id}/results/items").text


def run(app, *args: str):
    return app.test_cli_runner().invoke(args=["exams", "statistics", *args], catch_exceptions=False)


def test_a_table_of_marks(app, tmp_path: Path) -> None:
    path = tmp_path / "成绩.csv"
    path.write_text("姓名,第1题,第2题,总分\n甲,2,1,3\n乙,1,0,1\n丙,0,,0\n", encoding="gb18030")
    report = json.loads(run(app, "--marks", str(path), "--max", "2,1", "--json").stdout)
    assert [(each["slot"], each["s"], each["facility"]) for each in report["items"]] == [
        ("第1题", 3, 0.5),
        ("第2题", 2, 0.5),
    ]
    assert report["test"]["alpha"] is None
    assert "facility" in run(app, "--marks", str(path)).stdout


@pytest.mark.parametrize(
    ("text", "more", "code"),
    [
        ("甲,乙\n1,x\n", (), "marks-unread"),
        ("总分\n1\n", (), "marks-unread"),
        ("甲,乙\n1,1\n", ("--max", "1,2,3"), "marks-maxima"),
    ],
)
def test_a_table_that_cannot_be_read(app, tmp_path: Path, text: str, more: tuple[str, ...], code: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    result = run(app, "--marks", str(path), "--json", *more)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"] == code


@pytest.mark.skipif(not SHARED, reason="PORTAL_SHARED is not set: the shared data is not here")
def test_the_figures_are_those_of_moodle(app) -> None:
    report = json.loads(run(app, "--marks", str(MOODLE / "results00.csv"), "--json").stdout)
    with (MOODLE / "qstats00.csv").open(encoding="utf-8") as file:
        expected = [row for row in csv.DictReader(file) if not row["subqname"] and not row["variant"]]
    assert [each["slot"] for each in report["items"]] == [row["slot"] for row in expected]
    for each, row in zip(report["items"], expected, strict=True):
        for name in NAMES:
            assert each[name] == pytest.approx(float(row[name]), abs=1e-9), (row["slot"], name)
