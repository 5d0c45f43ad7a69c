"""Units and people from a workbook: every row judged and named, all or nothing, and an export comes in unchanged."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.accounts.importing import kind, reading, units
from portal.accounts.importing.known import Known, KnownPerson, KnownUnit
from portal.accounts.models import RoleGrant, UnitMembership, User
from portal.accounts.services import grant_role
from portal.audit.models import AuditEntry
from portal.core.errors import RuleError
from portal.core.permissions import Role
from portal.core.viewer import system_viewer
from portal.extensions import db, writing
from portal.imports import workbook
from portal.imports.models import BatchState, ImportBatch
from portal.imports.registry import Verdict
from portal.jobs import queue
from portal.jobs.store import store
from portal.org.models import Unit
from portal.org.rules import UnitKind
from tests.support.people import START, Office, csrf, number_of, sign_in

HEAD = ["工号", "姓名", "单位编码", "单位", "职务", "领导干部"]
UNITS_HEAD = ["单位编码", "单位名称", "类别", "上级单位编码"]


def book(people: list[list[Any]] = [], new_units: list[list[Any]] = [], head: list[str] = HEAD) -> bytes:  # noqa: B006
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "人员"
    for row in ([head] if people else []) + people:
        sheet.append(row)
    if new_units:
        other = made.create_sheet("单位")
        for row in [UNITS_HEAD, *new_units]:
            other.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


# --- judging, without a database -----------------------------------------------------------------------------------


def known() -> Known:
    found = [
        KnownUnit(1, "D", "测试区", UnitKind.DISTRICT, ("测试区",)),
        KnownUnit(2, "D01", "信访局", UnitKind.BUREAU, ("测试区", "信访局"), parent_code="D"),
        KnownUnit(3, "D02", "东风街道", UnitKind.SUBDISTRICT, ("测试区", "东风街道"), parent_code="D"),
        KnownUnit(4, "D0101", "办公室", UnitKind.SECTION, ("测试区", "信访局", "办公室"), parent_code="D01"),
        KnownUnit(5, "D0201", "办公室", UnitKind.SECTION, ("测试区", "东风街道", "办公室"), parent_code="D02"),
        KnownUnit(6, "D0102", "旧科", UnitKind.SECTION, ("测试区", "信访局", "旧科"), open=False, parent_code="D01"),
    ]
    person = KnownPerson(9, "P1", "张三", 4, "D0101", "科员", False, "active", "seen")
    return Known({unit.code: unit for unit in found}, {"P1": person}, frozenset({"E01"}), frozenset({"X9"}))


def judged(people: list[dict[str, str]] = [], unit_rows: list[dict[str, str]] = []) -> list[Any]:  # noqa: B006
    def rows(name: str, given_rows: list[dict[str, str]]) -> list[dict[str, Any]]:
        return [{"sheet": name, "line": line, **row} for line, row in enumerate(given_rows, 2)]

    parsed = {"people": rows("人员", people), "units": rows("单位", unit_rows), "unread": []}
    return list(kind.judge(parsed, known(), {}).rows)


def person(**changed: str) -> dict[str, str]:
    return {"number": "N1", "name": "李四", "unit_code": "D0101", "position": "", "leader": "", **changed}


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (person(number=""), "number-missing", "工号"),
        (person(number="张三"), "bad-number", "工号"),
        (person(number="X9"), "number-foreign", "工号"),
        (person(name=""), "bad-name", "姓名"),
        (person(name="长" * 51), "bad-name", "姓名"),
        (person(position="长" * 201), "bad-position", "职务"),
        (person(leader="也许"), "bad-leader", "领导干部"),
        (person(state="离任"), "state-differs", "状态"),
        (person(unit_code=""), "unit-missing", "单位"),
        (person(unit_code="E01"), "no-unit", "单位编码"),
        (person(unit_code="", unit="没有的单位"), "no-unit", "单位"),
        (person(unit_code="", unit="办公室"), "unit-ambiguous", "单位"),
        (person(unit_code="D0102"), "unit-closed", "单位编码"),
        (person(unit="东风街道"), "unit-mismatch", "单位"),
        ({**person(), "number": "P1", "state": "停用"}, "state-differs", "状态"),
    ],
)
def test_a_bad_row_says_where_which_column_and_why(app: Flask, row: dict[str, str], code: str, column: str) -> None:
    staged = judged([row])[0]
    assert staged.verdict is Verdict.REJECTED
    assert staged.where == "人员 第 2 行"
    assert [note.code for note in staged.notes] == [code]
    said = kind.sentence(code, staged.notes[0].params)
    assert said.startswith(f"“{column}”列：")


def test_a_foreign_unit_and_one_that_is_not_there_look_alike() -> None:
    """E01 exists outside the administrator's units, E99 nowhere."""
    notes = [judged([person(unit_code=code)])[0].notes[0] for code in ("E01", "E99")]
    assert [(note.code, set(note.params)) for note in notes] == [("no-unit", {"column", "value"})] * 2


@pytest.mark.parametrize(
    ("how", "unit"),
    [
        ({"unit_code": "", "unit": "信访局"}, "D01"),
        ({"unit_code": "", "unit": "D0201"}, "D0201"),
        ({"unit_code": "", "unit": "东风街道/办公室"}, "D0201"),
        ({"unit_code": "", "unit": "测试区 ＞ 信访局 ＞ 办公室"}, "D0101"),
        ({"unit_code": "Ｄ０２０１", "unit": "办公室"}, "D0201"),
    ],
)
def test_a_unit_is_named_by_code_name_or_path(how: dict[str, str], unit: str) -> None:
    staged = judged([person(**how)])[0]
    assert (staged.verdict, staged.payload["unit_code"]) == (Verdict.ACCEPTED, unit)


def test_the_second_row_of_a_number_is_refused_and_names_the_first() -> None:
    first, second = judged([person(), person(name="王五")])
    assert (first.verdict, second.verdict) == (Verdict.ACCEPTED, Verdict.REJECTED)
    assert second.notes[0].params["where"] == "人员 第 2 行"


def test_changes_are_shown_old_and_new_and_blanks_change_nothing() -> None:
    row = judged([{"number": "P1", "name": "张三丰", "unit": "", "position": "", "leader": "是"}])[0]
    assert (row.verdict, row.kind) == (Verdict.ACCEPTED, "changed")
    assert [(note.params["old"], note.params["new"]) for note in row.notes] == [("张三", "张三丰"), ("否", "是")]
    assert row.payload["position"] == "科员"
    moved = judged([{"number": "P1", "name": "张三", "unit": "东风街道/办公室"}])[0]
    assert moved.notes[0].params == {"column": "unit", "old": "办公室（D0101）", "new": "办公室（D0201）"}
    assert judged([{"number": "P1", "name": "张三"}])[0].verdict is Verdict.DUPLICATE


def test_new_units_may_stand_in_any_order_and_people_may_go_there() -> None:
    unit_rows = [
        {"code": "D0301", "name": "一社区", "kind": "社区", "parent": "D03"},
        {"code": "D03", "name": "西山街道", "kind": "街道", "parent": "D"},
        {"code": "D0101", "name": "综合办", "kind": "科室", "parent": ""},
        {"code": "D02", "name": "东风街道", "kind": "街道", "parent": "D"},
    ]
    rows = judged([person(unit_code="", unit="西山街道/一社区")], unit_rows)
    assert [row.kind for row in rows] == ["unit-new", "unit-new", "unit-changed", "unit-same", "new"]
    assert rows[-1].payload["unit_code"] == "D0301"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"code": "坏", "name": "某", "kind": "科室", "parent": "D01"}, "bad-code"),
        ({"code": "D9", "name": "", "kind": "科室", "parent": "D01"}, "bad-unit-name"),
        ({"code": "D9", "name": "某", "kind": "处", "parent": "D01"}, "bad-kind"),
        ({"code": "E01", "name": "某", "kind": "科室", "parent": "D01"}, "code-foreign"),
        ({"code": "D9", "name": "某", "kind": "科室", "parent": ""}, "no-parent"),
        ({"code": "D9", "name": "某", "kind": "科室", "parent": "D9"}, "no-parent"),
        ({"code": "D9", "name": "某", "kind": "社区", "parent": "D01"}, "wrong-place"),
        ({"code": "D0101", "name": "办公室", "kind": "科室", "parent": "D02"}, "unit-moved"),
    ],
)
def test_a_bad_unit_says_why(row: dict[str, str], code: str) -> None:
    assert [note.code for note in judged([], [row])[0].notes] == [code]


def test_units_that_hang_on_each_other_are_refused() -> None:
    ring = [
        {"code": "R1", "name": "甲", "kind": "科室", "parent": "R2"},
        {"code": "R2", "name": "乙", "kind": "科室", "parent": "R1"},
    ]
    assert {row.verdict for row in judged([], ring)} == {Verdict.REJECTED}


TEXT = st.text(max_size=12)


@given(st.lists(st.fixed_dictionaries({"number": TEXT, "name": TEXT, "unit_code": TEXT, "unit": TEXT, "leader": TEXT})))
def test_whatever_is_typed_every_row_is_judged_and_explained(rows: list[dict[str, str]]) -> None:
    staged = judged(rows)
    assert len(staged) == len(rows)
    assert all(row.verdict is not Verdict.REJECTED or row.notes for row in staged)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"code": TEXT, "name": TEXT, "kind": st.sampled_from(sorted(units.KINDS)), "parent": TEXT}
        )
    )
)
def test_whatever_units_are_typed_every_row_is_judged(rows: list[dict[str, str]]) -> None:
    assert len(judged([], rows)) == len(rows)


# --- reading -------------------------------------------------------------------------------------------------------


def test_headings_go_by_many_names_and_numbers_become_text(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.active.title = "花名册"
    for row in (
        ["2026 年人员名单"],
        ["人员编号*", "姓 名", "所属单位（全称）", "职位"],
        [1002.0, "李四", "信访局", None],
    ):
        made.active.append(row)
    made.create_sheet("说明").append(["填表说明"])
    made.save(tmp_path / "x.xlsx")
    found = reading.parse(str(tmp_path / "x.xlsx"), "x.xlsx", None, None)
    row = {"sheet": "花名册", "line": 3, "number": "1002", "name": "李四", "unit": "信访局", "position": ""}
    assert found == {"units": [], "people": [row], "unread": ["说明"]}


def test_a_workbook_without_headings_is_refused(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "x.xlsx")
    with pytest.raises(RuleError, match="people-no-heading"):
        reading.parse(str(tmp_path / "x.xlsx"), "x.xlsx", None, None)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "sheet-not-xlsx"), (b"a,b", "sheet-not-xlsx"), (bytes.fromhex("D0CF11E0A1B11AE1") + b"x", "sheet-locked")],
)
def test_what_is_no_workbook(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "x.xlsx").write_bytes(content)
    with pytest.raises(RuleError, match=code):
        workbook.check_xlsx(tmp_path / "x.xlsx", "x.xlsx")


def test_a_damaged_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<no")
    workbook.check_xlsx(tmp_path / "x.xlsx", "x.xlsx")
    with pytest.raises(RuleError, match="sheet-damaged"):
        workbook.read(tmp_path / "x.xlsx")


# --- from upload to rows -------------------------------------------------------------------------------------------


class Site:
    """A live site and its system administrator's browser."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = self.sign_in("system_admin")

    def sign_in(self, label: str) -> FlaskClient:
        with self.app.app_context(), writing() as session:
            client = sign_in(self.app, Office.load(session).people[label])
            session.commit()
        return client

    def work(self, answer: Any) -> str:
        assert answer.status_code == 303, answer.text
        job_id = answer.location.rsplit("/", 1)[1]
        with self.app.app_context():
            queue.run(job_id)
            return store().get(job_id).back_url

    def upload(self, content: bytes) -> str:
        data = {"csrf_token": csrf(self.client), "file": (io.BytesIO(content), "人员.xlsx")}
        return self.work(self.client.post("/imports/new/people", data=data, content_type="multipart/form-data"))

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf_token": csrf(self.client), **fields})

    def accept(self, url: str) -> str:
        return self.work(self.post(f"{url}/accept"))

    def state(self, url: str) -> BatchState:
        with self.app.app_context():
            return db.session.get_one(ImportBatch, url.rsplit("/", 1)[1]).state

    def users(self) -> dict[str, User]:
        with self.app.app_context():
            found = {user.number: user for user in db.session.scalars(select(User))}
            db.session.expunge_all()
            return found


@pytest.fixture
def site(live_app: Flask) -> Iterator[Site]:
    yield Site(live_app)
    with live_app.app_context():
        store().engine.dispose()


def test_units_and_people_come_in_together(site: Site) -> None:
    people = [
        ["N1", "新人甲", "D0104", None, "科员", "否"],
        [1002.0, "新人乙", None, "东风街道/东风街道一社区", None, "是"],
        [number_of("cadre"), "改名者", None, None, None, None],
    ]
    url = site.upload(book(people, [["D0104", "新科室", "科室", "D01"]]))
    page = site.client.get(url).text
    assert "共识别 4 = 4 可导入 + 0 无变化 + 0 不导入" in page
    assert "测试甲 → 改名者" in page
    site.accept(url)
    assert "打印首次密码条" in site.client.get(url).text
    users = site.users()
    assert {"N1", "1002"} <= set(users)
    assert users["N1"].password_hash == ""
    assert users["N1"].must_change_password
    assert users["1002"].is_leader
    assert users[number_of("cadre")].name == "改名者"
    with site.app.app_context():
        unit = db.session.scalars(select(Unit).where(Unit.code == "D0104")).one()
        stay = db.session.scalars(select(UnitMembership).where(UnitMembership.user_id == users["N1"].id)).one()
        assert stay.unit_id == unit.id == users["N1"].unit_id
        made = list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "user.create")))[-2:]
        assert {entry.subject_label for entry in made} == {"新人甲（N1）", "新人乙（1002）"}
        assert (
            "password_hash" not in made[0].detail["changes"] or made[0].detail["changes"]["password_hash"][1] == "***"
        )
        summary = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "people.import")).one()
        assert summary.detail == {"units_new": 1, "people_new": 2, "people_changed": 1}


def test_nobody_signs_in_without_a_slip(site: Site) -> None:
    site.accept(site.upload(book([["N1", "新人甲", "D01", None, None, None]])))
    client = site.app.test_client()
    for typed in ("", "-", "nobody-signs-in-with-this"):
        data = {"csrf_token": csrf(client), "number": "N1", "password": typed}
        assert client.post("/accounts/login", data=data).status_code == 422


def test_one_bad_row_keeps_everything_out(site: Site) -> None:
    before = set(site.users())
    url = site.upload(book([["N1", "好人", "D01", None, None, None], ["N2", "坏行", "ZZ", None, None, None]]))
    page = site.client.get(url).text
    assert "没有找到单位“ZZ”" in page
    assert "确认导入 1 条" not in page
    assert site.post(f"{url}/accept").location == url
    assert site.state(url) is BatchState.READY
    assert set(site.users()) == before


def test_what_changed_since_the_preview_stops_all_of_it(site: Site) -> None:
    url = site.upload(
        book([["N1", "新人", "D01", None, None, None], [number_of("cadre"), "改名", None, None, None, None]])
    )
    with site.app.app_context(), writing() as session:
        Office.load(session).people["cadre"].position = "刚改的"
        session.commit()
    site.accept(url)
    assert site.state(url) is BatchState.FAILED
    assert "被别人改过" in site.client.get(url).text
    assert "N1" not in site.users()


def test_rights_lost_since_the_preview_stop_it(site: Site) -> None:
    url = site.upload(book([["N1", "新人", "D03", None, None, None]]))
    with site.app.app_context(), writing() as session:
        office = Office.load(session)
        admin = office.people["system_admin"]
        session.query(RoleGrant).filter_by(user_id=admin.id).delete()
        grant_role(
            session,
            actor=system_viewer(),
            now=START,
            user=admin,
            role=Role.SYSTEM_ADMIN,
            unit_id=office.units["D02"].id,
        )
        session.commit()
    site.accept(url)
    assert "N1" not in site.users()


def test_a_local_administrator_reaches_nobody_else_and_learns_nothing(site: Site) -> None:
    with site.app.app_context(), writing() as session:
        office = Office.load(session)
        local = office.people["liaison"]
        session.query(RoleGrant).filter_by(user_id=local.id).delete()
        grant_role(
            session,
            actor=system_viewer(),
            now=START,
            user=local,
            role=Role.SYSTEM_ADMIN,
            unit_id=office.units["D02"].id,
        )
        foreign = office.people["foreign_cadre"]
        secrets = [foreign.name, "西山街道一社区"]
        session.commit()
    site.client = site.sign_in("liaison")
    rows = [[number_of("foreign_cadre"), "顶替", "D0201", None, None, None], ["N1", "新人", "D0301", None, None, None]]
    page = site.client.get(site.upload(book(rows))).text
    assert "共识别 2 = 0 可导入 + 0 无变化 + 2 不导入" in page
    assert not any(secret in page for secret in secrets)
    with site.client.get("/accounts/people/template") as sheet:
        guide = openpyxl.load_workbook(io.BytesIO(sheet.data))["单位对照"]
        assert [row[0] for row in guide.values][1:] == ["D02", "D0201"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_export_comes_in_again_unchanged(site: Site, language: str) -> None:
    with site.app.app_context(), writing() as session:
        office = Office.load(session)
        office.people["leader"].position = "=1+1 局长"
        office.people["leader"].is_leader = True
        office.people["reviewer"].position = "科长\u00a0兼"
        office.people["case_officer"].number = "00123"
        office.units["D0101"].name = "信访/综合科"
        session.commit()
    site.client.set_cookie("ui", f"{language}.normal.m.normal")
    with site.client.get("/accounts/people?export=xlsx") as sheet:
        content = sheet.data
    url = site.upload(content)
    site.client.set_cookie("ui", "zh.normal.m.normal")
    count = len(site.users())
    assert f"共识别 {count} = 0 可导入 + {count} 无变化 + 0 不导入" in site.client.get(url).text


def test_the_template_is_read_and_says_nothing_yet(site: Site) -> None:
    with site.client.get("/accounts/people/template") as sheet:
        content = sheet.data
    assert "没有可导入的记录" in site.client.get(site.upload(content)).text


def test_only_who_keeps_accounts_imports_them(site: Site) -> None:
    for label in ("security_admin", "audit_admin", "exam_officer", "manager"):
        assert site.sign_in(label).get("/imports/new/people").status_code == 404, label
