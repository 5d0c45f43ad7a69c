"""What a site must not start with."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask_migrate import downgrade
from sqlalchemy import event, text

from portal import config, create_app, database, prepare, serving
from portal.audit.services import note
from portal.config import ROOT, ConfigError
from portal.core import clock
from portal.core.viewer import system_viewer
from portal.extensions import db, writing
from portal.serving import Serving
from tests.conftest import make_config

TLS = ROOT / "tests" / "support" / "tls"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX systems")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def load(folder: Path, **more: str) -> config.Config:
    return config.load({"PORTAL_INSTANCE": str(folder), **more})


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o770, 0o740])
def test_a_folder_that_others_may_enter_is_refused(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 700"):
        load(folder, PORTAL_DEMO="1")
    folder.chmod(0o700)


def test_a_new_folder_is_private(folder: Path) -> None:
    site = load(folder / "new" / "site", PORTAL_DEMO="1")
    for made in (site.instance, site.instance.parent):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_real_site_without_a_secret_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="--no-demo"):
        load(folder, PORTAL_DEMO="0")
    assert not config.secrets_file(folder).exists(), "only the set-up writes one"


def test_the_secrets_file_is_private_and_stays_as_it_is(folder: Path) -> None:
    config.ensure_secrets(folder)
    path = config.secrets_file(folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    config.ensure_secrets(folder)
    assert path.read_text() == before
    assert len(load(folder, PORTAL_DEMO="0").secret_key) >= 48


def test_two_sites_have_two_secrets(folder: Path) -> None:
    first, second = load(folder / "a", PORTAL_DEMO="1"), load(folder / "b", PORTAL_DEMO="1")
    assert first.secret_key != second.secret_key


def test_demo_and_real_data_never_meet(folder: Path) -> None:
    assert load(folder).demo, "a fresh folder shows the demo"
    assert load(folder).instance == folder / "demo"
    (folder / config.DATABASE_NAME).touch()
    config.ensure_secrets(folder, lost=True)
    assert not load(folder).demo, "a folder with real data does not"
    assert load(folder).instance == folder
    assert load(folder, PORTAL_DEMO="1").database_url != load(folder, PORTAL_DEMO="0").database_url


def test_a_database_server_is_never_taken_for_the_demo(folder: Path) -> None:
    server = {"PORTAL_DATABASE_URL": "postgresql://portal@db.example/portal", "PORTAL_SECRET_KEY": "x" * 48}
    site = load(folder, **server)
    assert (site.demo, site.instance, site.require_totp) == (False, folder, "administrators")
    assert load(folder, **server, PORTAL_DEMO="1").demo, "unless it is said"
    with pytest.raises(ConfigError, match="--no-demo"):
        load(folder, PORTAL_DATABASE_URL=server["PORTAL_DATABASE_URL"])


def test_no_secret_stands_in_the_repr(folder: Path) -> None:
    secrets = {
        "PORTAL_SECRET_KEY": "key-of-the-site",
        "PORTAL_DATABASE_URL": "postgresql://portal:word-of-db@db.example/portal",
        "PORTAL_REDIS_URL": "redis://:word-of-redis@redis.example",
        "PORTAL_JOBS_URL": "postgresql://portal:word-of-jobs@db.example/jobs",
    }
    site = load(folder, PORTAL_DEMO="0", **secrets)
    shown = repr(site)
    assert site.bureau in shown
    for secret in ("key-of-the-site", site.audit_key, "word-of-db", "word-of-redis", "word-of-jobs"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('bureau = "甲"\nphone = “0700”\n'.encode(), ("第 2 行", "line 2")),
        (b'bureau = "x', ("site.toml",)),
        ('bureau = "测试区信访局"\n'.encode("gb18030"), ("UTF-8",)),
    ],
)
def test_a_slip_in_the_site_s_words_is_said_with_its_line(folder: Path, content: bytes, said: tuple[str, ...]) -> None:
    config.ensure_secrets(folder)
    (folder / "site.toml").write_bytes(content)
    done = run_prepare(folder, PORTAL_DEMO="0")
    assert done.returncode == 1
    assert str(folder / "site.toml") in done.stderr
    assert all(words in done.stderr for words in said)
    assert "Traceback" not in done.stderr


def test_a_slip_in_the_secrets_shows_none_of_them(folder: Path) -> None:
    config.ensure_secrets(folder)
    path = config.secrets_file(folder)
    path.write_text('secret_key = "hush-hush\n')
    done = run_prepare(folder, PORTAL_DEMO="0")
    assert (done.returncode, str(path) in done.stderr) == (1, True)
    assert "hush-hush" not in done.stderr


def test_what_notepad_puts_before_a_text_is_read_over(folder: Path) -> None:
    (folder / "site.toml").write_text('bureau = "测试区信访局"\n', encoding="utf-8-sig")
    assert load(folder, PORTAL_DEMO="0", PORTAL_SECRET_KEY="x").bureau == "测试区信访局"


def test_secure_cookies_carry_the_host_prefix(folder: Path) -> None:
    site = load(folder, PORTAL_DEMO="1", PORTAL_SECURE_COOKIES="1").flask_settings()
    assert (site["SESSION_COOKIE_NAME"], site["SESSION_COOKIE_SECURE"]) == ("__Host-portal", True)
    plain = load(folder, PORTAL_DEMO="1").flask_settings()
    assert (plain["SESSION_COOKIE_HTTPONLY"], plain["SESSION_COOKIE_SAMESITE"]) == (True, "Lax")


def run_prepare(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return subprocess.run(
        [sys.executable, "-m", "portal.prepare", *words],
        cwd=ROOT,
        env={**environment, "PORTAL_INSTANCE": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **more},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "portal.example"])  # noqa: S104
def test_a_demo_stays_on_this_machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    monkeypatch.setenv("PORTAL_INSTANCE", str(folder))
    monkeypatch.setenv("PORTAL_DEMO", "1")
    monkeypatch.setattr(sys, "argv", ["portal.prepare", "--host", host])
    assert prepare.main() == 1
    assert "--no-demo" in capsys.readouterr().err
    assert not list(folder.rglob("*.db")), "nothing was begun"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_known(host: str) -> None:
    assert prepare.is_loopback(host)


def test_a_real_site_gets_its_secret_and_schema_and_no_demo(folder: Path) -> None:
    done = run_prepare(folder, PORTAL_DEMO="0")
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(config.secrets_file(folder).stat().st_mode) == 0o600
    assert "password" not in done.stdout
    assert (folder / config.DATABASE_NAME).exists()
    assert not (folder / "demo").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_secrets_that_others_may_read_are_refused(folder: Path, mode: int) -> None:
    config.ensure_secrets(folder)
    config.secrets_file(folder).chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        load(folder, PORTAL_DEMO="0")


def test_a_database_without_its_secrets_is_not_given_new_ones_by_the_way(folder: Path) -> None:
    assert run_prepare(folder, PORTAL_DEMO="0").returncode == 0
    config.secrets_file(folder).rename(folder / "kept")
    done = run_prepare(folder, PORTAL_DEMO="0")
    assert done.returncode == 1
    assert "--new-secrets" in done.stderr
    assert not config.secrets_file(folder).exists()
    assert run_prepare(folder, "--new-secrets", PORTAL_DEMO="0").returncode == 0
    assert config.secrets_file(folder).read_text() != (folder / "kept").read_text()


def test_a_real_site_on_the_network_needs_encryption_or_a_word(folder: Path) -> None:
    bare = run_prepare(folder, "--host", "192.0.2.7", PORTAL_DEMO="0")
    assert bare.returncode == 1
    assert "--tls-cert" in bare.stderr
    assert "--insecure-lan" in bare.stderr
    assert not (folder / config.DATABASE_NAME).exists(), "nothing was begun"
    on_purpose = run_prepare(folder, "--host", "192.0.2.7", "--insecure-lan", PORTAL_DEMO="0")
    assert on_purpose.returncode == 0, on_purpose.stderr
    assert "未加密" in on_purpose.stdout
    assert serving.read(folder) == Serving("192.0.2.7", insecure_lan=True)


def test_with_a_certificate_it_may_and_says_until_when(folder: Path) -> None:
    files = {"PORTAL_TLS_CERT": str(TLS / "good.pem"), "PORTAL_TLS_KEY": str(TLS / "good.key")}
    done = run_prepare(folder, "--host", "192.0.2.7", PORTAL_DEMO="0", **files)
    assert done.returncode == 0, done.stderr
    assert "portal.example" in done.stdout
    assert load(folder, PORTAL_DEMO="0", **files).secure_cookies
    half = run_prepare(folder, PORTAL_DEMO="0", PORTAL_TLS_CERT=files["PORTAL_TLS_CERT"])
    assert half.returncode == 1
    wrong = run_prepare(folder, PORTAL_DEMO="0", **{**files, "PORTAL_TLS_KEY": str(TLS / "other.key")})
    assert wrong.returncode == 1
    assert "不是一对" in wrong.stderr


def test_a_folder_of_logs_that_others_may_enter_is_refused_before_the_start(folder: Path, tmp_path: Path) -> None:
    logs = tmp_path / "logs-elsewhere"
    logs.mkdir(mode=0o755)
    logs.chmod(0o755)
    done = run_prepare(folder, PORTAL_DEMO="0", PORTAL_LOG_DIR=str(logs))
    assert done.returncode == 1
    assert "chmod 700" in done.stderr


def test_a_clock_that_was_set_back_is_said_at_the_start(folder: Path) -> None:
    assert "校准时间" not in run_prepare(folder, PORTAL_DEMO="0").stdout
    app = create_app(make_config(folder))
    with app.app_context(), writing() as session:
        later = clock.now() + timedelta(hours=1)
        note(session, actor=system_viewer(), at=later, action="demo.load", subject=("site", "", "x"))
        session.commit()
        db.session.remove()
        db.engine.dispose()
    assert "校准时间" in run_prepare(folder, PORTAL_DEMO="0").stdout


def test_over_tls_a_sign_out_empties_the_cache_but_not_the_unsent_answers(folder: Path) -> None:
    made = create_app(replace(make_config(folder), secure_cookies=True))
    list(database.prepare(made))
    answer = made.test_client().post("/accounts/logout", base_url="https://portal.example")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in made.test_client().get("/accounts/login", base_url="https://portal.example").headers
    with made.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("text", ["0", "-1", "ten", "², "])
def test_a_size_that_is_no_number_is_said(folder: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="PORTAL_LOG_KEPT"):
        load(folder, PORTAL_DEMO="1", PORTAL_LOG_KEPT=text)


def test_a_full_disk_stops_an_upgrade_before_it_changes_anything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(make_config(folder))
    list(database.prepare(app))
    with app.app_context():
        downgrade(directory=str(database.MIGRATIONS))
        before = database.current_revision()
    real = sqlite3.connect

    class Full(sqlite3.Connection):
        def backup(self, target: sqlite3.Connection, **_more: object) -> None:
            target.execute("CREATE TABLE half (x)")
            target.commit()
            raise sqlite3.OperationalError("database or disk is full")

    def connect(path: object, *given: object, **more: object) -> sqlite3.Connection:
        return real(path, *given, **{**more, "factory": Full})  # type: ignore[arg-type, call-overload, no-any-return]

    monkeypatch.setattr(database.sqlite3, "connect", connect)
    with pytest.raises(ConfigError, match="没有改动"):
        list(database.prepare(app))
    monkeypatch.undo()
    with app.app_context():
        assert database.current_revision() == before
        db.engine.dispose()
    assert list((folder / "before-migration").iterdir()) == [], "no half copy stays"


def test_an_open_folder_stops_the_set_up_with_a_sentence(folder: Path) -> None:
    folder.chmod(0o755)
    done = run_prepare(folder, PORTAL_DEMO="0")
    folder.chmod(0o700)
    assert done.returncode == 1
    assert "chmod 700" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("pragma", ["synchronous=NORMAL", "synchronous=OFF", "foreign_keys=OFF"])
def test_a_database_that_could_lose_answers_is_refused(folder: Path, pragma: str) -> None:
    app = create_app(make_config(folder))
    list(database.prepare(app))
    with app.app_context():
        database.check_durability()

        def careless(connection: object, _record: object, _proxy: object) -> None:
            connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

        event.listen(db.engine, "checkout", careless)
        with pytest.raises(ConfigError):
            database.check_durability()
        event.remove(db.engine, "checkout", careless)
        db.engine.dispose()


def test_a_database_in_memory_is_refused(folder: Path) -> None:
    app = create_app(replace(make_config(folder), database_url="sqlite://"))
    with app.app_context():
        with pytest.raises(ConfigError):
            database.check_durability()
        db.engine.dispose()


def test_a_writer_begins_as_a_writer(folder: Path) -> None:
    """Two that read first and write later would fail each other with "locked"."""
    from portal.extensions import writing

    app = create_app(make_config(folder))
    list(database.prepare(app))
    begun: list[str] = []
    with app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "connect", lambda driver, _record: driver.set_trace_callback(begun.append))
        with writing() as session:
            session.execute(text("SELECT 1"))
            session.rollback()
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
    assert [line for line in begun if line.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]
