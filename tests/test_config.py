"""What a site must not start with."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event, text

from portal import config, create_app, database, prepare
from portal.config import ROOT, ConfigError
from portal.extensions import db
from tests.conftest import make_config

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
    config.ensure_secrets(folder)
    assert not load(folder).demo, "a folder with real data does not"
    assert load(folder).instance == folder
    assert load(folder, PORTAL_DEMO="1").database_url != load(folder, PORTAL_DEMO="0").database_url


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
    done = run_prepare(folder, "--host", "0.0.0.0", PORTAL_DEMO="0")  # noqa: S104
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(config.secrets_file(folder).stat().st_mode) == 0o600
    assert "password" not in done.stdout
    assert (folder / config.DATABASE_NAME).exists()
    assert not (folder / "demo").exists()


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
    app = create_app(make_config(folder), SQLALCHEMY_DATABASE_URI="sqlite://")
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
        event.listen(db.engine, "before_cursor_execute", lambda *given: begun.append(given[2]))
        with writing() as session:
            session.execute(text("SELECT 1"))
            session.rollback()
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
    assert [line for line in begun if line.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]
