"""Results of exams sat elsewhere from a workbook: odd layouts, every row named, all or nothing, and the same list."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.accounts.queries import viewer_of
from portal.core import clock
from portal.core.errors import RuleError
from portal.exams.models import RosterEntry
from portal.exams.models_records import RecordedScore
from portal.exams.queries import results
from portal.exams.results_import import kind, reading, writing
from portal.exams.rules.round import RosterStatus, RoundKind, RoundState
from portal.exams.services import recorded
from portal.exams.services.recorded import Result
from portal.extensions import db
from portal.extensions import writing as writing_session
from portal.imports.registry import Verdict, as_they_are
from portal.jobs import queue
from portal.jobs.store import store
from tests.support.after import DAY, book, build_elsewhere, score
from tests.support.people import Office, csrf, number_of, sign_in

HEAD = ["工号", "姓名", "单位", "成绩", "考试日期", "证书编号"]


def parsed(tmp_path: Path, content: bytes) -> Any:
    path = tmp_path / "成绩.xlsx"
    path.write_bytes(content)
    return reading.parse(str(path), path.name, None, None)


def judged(session: Any, office: Office, round_: Any, tmp_path: Path, content: bytes) -> list[Any]:
    options = {"round": round_.id, "by": office.people["exam_officer"].id}
    return list(kind.judge(parsed(tmp_path, content), kind.load_known(session, options), options).rows)


def accept(session: Any, office: Office, round_: Any, rows: list[Any]) -> None:
    options = {"round": round_.id, "by": office.people["exam_officer"].id}
    actor, now = viewer_of(session, options["by"]), clock.now()
    payloads = [row.payload for row in rows if row.verdict is Verdict.ACCEPTED]
    writing.write(session, as_they_are(payloads, options, actor, now), options, actor, now)


def test_an_export_with_title_blocks_sums_and_a_second_heading(tmp_path: Path) -> None:
    content = book(
        ["全市统一学法考试成绩表"],
        [],
        ["序号", "部 门", "考生姓名（必填）", "得分", "总分", "交卷时间", "合格证号"],
        [1, "东风街道", "张 三", 92.5, 100, "2026/3/2 09:30", "A1"],
        [2, None, "李四", "缺考", 100],
        ["序号", "部门", "考生姓名", "得分", "总分"],
        [3, "西山街道", "王五", 60, 100],
        [None, "合计", None, 3],
    )
    rows = parsed(tmp_path, content)["rows"]
    assert [(row["name"], row["unit"], row["score"]) for row in rows] == [
        ("张 三", "东风街道", "92.5"), ("李四", "东风街道", "缺考"), ("考生姓名", "部门", "得分"),
        ("王五", "西山街道", "60"), ("", "合计", "3"),
    ]  # fmt: skip
    assert rows[0]["sat_on"].startswith("2026/3/2")
    assert rows[0]["certificate"] == "A1"


def test_the_sum_of_parts_is_the_score_where_it_differs_from_row_to_row(tmp_path: Path) -> None:
    content = book(["姓名", "得分", "总分"], ["张三", 40, 90], ["李四", 30, 80])
    assert [row["score"] for row in parsed(tmp_path, content)["rows"]] == ["90", "80"]


def test_a_sheet_a_unit_and_one_that_says_nothing(tmp_path: Path) -> None:
    content = book(
        ["姓名", "成绩"], ["张三", 90], more={"西山街道": [["姓名", "成绩"], ["李四", 80]], "说明": [["请看通知"]]}
    )
    found = parsed(tmp_path, content)
    assert [row["unit"] for row in found["rows"]] == ["成绩", "西山街道"]
    assert found["unread"] == ["说明"]
    with pytest.raises(RuleError, match="results-no-heading"):
        parsed(tmp_path, book(["请看通知"]))


def test_every_row_is_judged_and_the_sum_holds(session, office, tmp_path) -> None:
    round_ = build_elsewhere(session(), office, people=("cadre", "leader", "liaison", "foreign_cadre"))
    score(session(), round_, office.people["leader"], 80)
    office.people["reviewer"].name = office.people["manager"].name
    session.flush()
    cadre = office.people["cadre"]
    content = book(
        HEAD,
        [cadre.number, cadre.name, "", 91, "2026-03-02", "Z1"],
        [number_of("leader"), "", "", 80, DAY.isoformat(), ""],
        [number_of("liaison"), "", "", "缺考", "", ""],
        ["", office.people["foreign_cadre"].name, "", 101, "", ""],
        [cadre.number, "", "", 90, "", ""],
        ["X999", "", "", 90, "", ""],
        [number_of("manager"), "别人", "", 90, "", ""],
        ["", office.people["manager"].name, "", 90, "", ""],
        ["", "没有此人", "", 90, "", ""],
        [number_of("publicity_officer"), "", "", 70, "", ""],
        [number_of("case_officer"), "", "", "免考", "", ""],
        ["合计", "", "", 640, "", ""],
    )
    rows = judged(session(), office, round_, tmp_path, content)
    assert [(row.verdict.value, row.kind) for row in rows] == [
        ("accepted", "new"), ("duplicate", "same"), ("duplicate", "absent"), ("rejected", "bad"), ("rejected", "bad"),
        ("rejected", "bad"), ("rejected", "bad"), ("rejected", "bad"), ("rejected", "bad"), ("accepted", "new"),
        ("accepted", "listed"), ("duplicate", "sum"),
    ]  # fmt: skip
    codes = [[note.code for note in row.notes] for row in rows if row.verdict is Verdict.REJECTED]
    assert codes == [["score-range"], ["row-twice"], ["no-number"], ["other-name"], ["name-twice"], ["no-name"]]
    assert all(kind.sentence(note.code, note.params) for row in rows for note in row.notes)
    assert rows[9].flagged, "somebody comes onto the list"


def test_accepted_results_count_as_sat_ones_do(session, office, tmp_path) -> None:
    round_ = build_elsewhere(session(), office, people=("cadre", "leader", "liaison"))
    content = book(HEAD, [number_of("cadre"), "", "", 91, "", ""], [number_of("leader"), "", "", 50, "", ""])
    accept(session(), office, round_, judged(session(), office, round_, tmp_path, content))
    now = clock.now()
    total = results.overall(results.by_unit(session(), round_, now))
    assert (total.should, total.taken, total.passed, total.excellent, total.mean) == (3, 2, 1, 1, 7050)
    assert [row.name for row in results.absent(session(), round_, now)] == [office.people["liaison"].name]
    assert [band.count for band in results.bands(session(), round_, now)] == [0, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    again = judged(session(), office, round_, tmp_path, content)
    assert {row.kind for row in again} == {"same"}


def test_a_changed_row_is_told_and_what_moved_on_meanwhile_stops_everything(session, office, tmp_path) -> None:
    round_ = build_elsewhere(session(), office, people=("cadre", "leader"))
    row = score(session(), round_, office.people["cadre"], 80)
    content = book(
        HEAD, [number_of("cadre"), "", "", 85, DAY.isoformat(), ""], [number_of("leader"), "", "", 70, "", ""]
    )
    rows = judged(session(), office, round_, tmp_path, content)
    assert [note.code for note in rows[0].notes] == ["score-changes"]
    officer = office.viewer(session(), "exam_officer")
    recorded.correct(
        session(), actor=officer, now=clock.now(), round_=round_, row=row, result=Result(8100, DAY), reason="复核"
    )
    with pytest.raises(RuleError, match="results-changed"):
        accept(session(), office, round_, rows)


def test_a_draft_of_an_earlier_year_gets_its_list_from_the_file_and_is_published(session, office, tmp_path) -> None:
    round_ = build_elsewhere(session(), office, people=(), state=RoundState.DRAFT, kind=RoundKind.PAPER, year=2021)
    content = book(HEAD, [number_of("cadre"), "", "", 88, "", ""], [number_of("leader"), "", "", "缓考", "", ""])
    accept(session(), office, round_, judged(session(), office, round_, tmp_path, content))
    assert round_.state is RoundState.PUBLISHED
    entries = session.scalars(select(RosterEntry).where(RosterEntry.round_id == round_.id)).all()
    assert {entry.status for entry in entries} == {RosterStatus.SHOULD, RosterStatus.DEFERRED}
    assert session.scalars(select(RecordedScore.score).where(RecordedScore.round_id == round_.id)).all() == [8800]


def test_only_rounds_sat_elsewhere_of_ones_own_are_targets(session, office) -> None:
    district = build_elsewhere(session(), office)
    for label in ("liaison", "leader"):
        with pytest.raises(LookupError):
            kind.target(session(), office.viewer(session(), label), {"round": str(district.id)})
    officer = office.viewer(session(), "exam_officer")
    with pytest.raises(LookupError):
        kind.target(session(), officer, {"round": "x"})


def test_a_file_goes_from_the_page_into_the_results(live_app, base_folder) -> None:
    with live_app.app_context(), writing_session() as session:
        office = Office.load(session)
        round_id = build_elsewhere(session, office, people=("cadre", "leader")).id
        client = sign_in(live_app, office.people["exam_officer"])
        session.commit()
    content = book(HEAD, [number_of("cadre"), "", "", 91, "", ""])
    url = f"/imports/new/results?round={round_id}"
    assert client.get(url).status_code == 200
    data = {"csrf_token": csrf(client), "file": (io.BytesIO(content), "统考成绩.xlsx")}
    answer = client.post(url, data=data, content_type="multipart/form-data")
    for _step in range(2):
        job_id = answer.location.rsplit("/", 1)[1]
        with live_app.app_context():
            queue.run(job_id)
            back = store().get(job_id).back_url
        page = client.get(back)
        assert page.status_code == 200
        answer = client.post(f"{back}/accept", data={"csrf_token": csrf(client)}) if _step == 0 else answer
    with live_app.app_context():
        assert db.session.scalars(select(RecordedScore.score)).all() == [9100]
        db.session.remove()
        store().engine.dispose()
    assert "91" in client.get(f"/exams/rounds/{round_id}/results").text
