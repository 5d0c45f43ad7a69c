"""The first day of a real site, and an office that is locked out."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import create_app
from portal.accounts.models import LoginSession, RoleGrant, User, UserState
from portal.accounts.passwords import verify
from portal.audit.models import AuditEntry
from portal.config import site_words
from portal.core.permissions import Role
from portal.extensions import db
from portal.org.models import Unit
from tests.conftest import make_config
from tests.support.people import Office, sign_in

ANSWERS = {
    "--district": "测试区", "--bureau": "测试区信访局", "--sections": "综合科，办信科", "--system": "A01 系统甲",
    "--security": "A02 安全乙", "--audit": "A03 审计丙", "--phone": "0700-5550 0001",
}  # fmt: skip


def words(**more: str) -> list[str]:
    given = ANSWERS | {f"--{name}": value for name, value in more.items()}
    return ["init", *(part for pair in given.items() for part in pair)]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Flask]:
    folder = tmp_path / "site"
    folder.mkdir(mode=0o700)
    made = create_app(make_config(folder))
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def test_a_site_is_set_up_in_one_go(empty: Flask, tmp_path: Path) -> None:
    slips = tmp_path / "slips.txt"
    done = empty.test_cli_runner().invoke(args=words(slips=str(slips)))
    assert done.exit_code == 0, done.output
    passwords = re.findall(r"password  (\S+)", done.output)
    assert len(set(passwords)) == 3
    assert stat.S_IMODE(slips.stat().st_mode) == 0o600
    assert all(password in slips.read_text() for password in passwords)
    assert site_words(empty.config["PORTAL"].instance) == {"bureau": "测试区信访局", "phone": "0700-5550 0001"}
    with empty.app_context():
        assert [unit.name for unit in db.session.scalars(select(Unit).order_by(Unit.code))] == [
            "测试区", "测试区信访局", "综合科", "办信科",
        ]  # fmt: skip
        rows = db.session.execute(
            select(User, RoleGrant.role, Unit.code).join(RoleGrant, RoleGrant.user_id == User.id)
            .join(Unit, Unit.id == RoleGrant.unit_id).order_by(User.number)
        ).all()  # fmt: skip
        assert [(user.number, user.name, role, code) for user, role, code in rows] == [
            ("A01", "系统甲", Role.SYSTEM_ADMIN, "D"),
            ("A02", "安全乙", Role.SECURITY_ADMIN, "D"),
            ("A03", "审计丙", Role.AUDIT_ADMIN, "D"),
        ]
        for (user, _role, _code), password in zip(rows, passwords, strict=True):
            assert user.must_change_password
            assert verify(user.password_hash, password)
        assert set(db.session.scalars(select(AuditEntry.actor_name))) == {"命令行"}
        log = " ".join(str(each.detail) for each in db.session.scalars(select(AuditEntry)))
        assert not any(password in log for password in passwords)


def test_what_the_site_s_file_said_before_stays(empty: Flask) -> None:
    folder = empty.config["PORTAL"].instance
    (folder / "site.toml").write_text(
        'site_name = "法治之窗"\nrequire_totp = "all"\nphone = "0700-5550 9999"\n', encoding="utf-8"
    )
    done = empty.test_cli_runner().invoke(args=words(phone=""))
    assert done.exit_code == 0, done.output
    told = site_words(folder)
    assert (told["site_name"], told["require_totp"], told["phone"]) == ("法治之窗", "all", "0700-5550 9999")
    assert told["bureau"] == "测试区信访局"


def test_the_answers_may_be_typed(empty: Flask) -> None:
    typed = "测试区\n测试区信访局\n\nA01 甲\nA02 乙\nA03 丙\n\n"
    done = empty.test_cli_runner().invoke(args=["init"], input=typed)
    assert done.exit_code == 0, done.output
    with empty.app_context():
        assert db.session.scalar(select(func.count()).select_from(Unit)) == 2


def test_a_site_with_people_is_left_alone(live_app: Flask) -> None:
    with live_app.app_context():
        before = db.session.scalar(select(func.count()).select_from(User))
        db.session.remove()
    done = live_app.test_cli_runner().invoke(args=words())
    assert done.exit_code == 1
    assert "已经有单位或人员" in done.output
    with live_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"audit": "A02 丙"}, "不能由同一人兼任"),
        ({"system": "甲"}, "应写成"),
        ({"system": "工号 甲"}, "应写成"),
        ({"sections": "，".join(f"科{n}" for n in range(120))}, "科室最多 99 个"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(empty: Flask, more: dict[str, str], said: str) -> None:
    done = empty.test_cli_runner().invoke(args=words(**more))
    assert done.exit_code != 0
    assert said in done.output
    with empty.app_context():
        assert db.session.scalar(select(func.count()).select_from(Unit)) == 0


def test_slips_that_cannot_be_written_make_no_accounts(empty: Flask, tmp_path: Path) -> None:
    taken = tmp_path / "taken.txt"
    taken.write_text("mine")
    done = empty.test_cli_runner().invoke(args=words(slips=str(taken)))
    assert done.exit_code == 1
    assert "没有建立任何账号" in done.output
    assert taken.read_text() == "mine"
    with empty.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 0


def test_the_demo_is_never_set_up(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir(mode=0o700)
    done = create_app(replace(make_config(folder), demo=True)).test_cli_runner().invoke(args=words())
    assert done.exit_code == 1
    assert "演示" in done.output


def test_a_locked_out_person_gets_a_new_password(live_app: Flask) -> None:
    with live_app.app_context():
        admin = Office.load(db.session()).people["security_admin"]
        number, admin_id = admin.number, admin.id
        sign_in(live_app, admin)
        admin = db.session.get_one(User, admin_id)
        admin.state = UserState.DISABLED
        db.session.commit()
        db.session.remove()
    done = live_app.test_cli_runner().invoke(args=["accounts", "reset", number])
    assert done.exit_code == 0, done.output
    password = re.search(r"password: (\S+)", done.output)[1]  # type: ignore[index]
    with live_app.app_context():
        user = db.session.get_one(User, admin_id)
        assert user.state is UserState.ACTIVE
        assert user.must_change_password
        assert verify(user.password_hash, password)
        assert all(each.ended_at for each in db.session.scalars(select(LoginSession).filter_by(user_id=admin_id)))
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.actor_name) == ("user.reset", "命令行")
        assert number in entry.subject_label
        assert entry.detail["changes"]["state"] == ["disabled", "active"]


def test_a_number_that_nobody_has_is_said(live_app: Flask) -> None:
    done = live_app.test_cli_runner().invoke(args=["accounts", "reset", "nobody"])
    assert done.exit_code == 1
    assert "没有工号为 nobody" in done.output
