"""The one command: nothing but the standard library, both processes up together and down together."""

from __future__ import annotations

import ast
import http.client
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal import lifeline
from portal.config import ROOT
from tests.support.server import free_port

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are a matter of POSIX systems")

PATIENCE = 15.0
START = 60.0

# `manage.py run` without its set-up: that would look at, and could rebuild, the environment that the tests run in.
LIVE = """
import os, pathlib, sys
import manage
manage.PYTHON = pathlib.Path(sys.executable)
environment = dict(os.environ, PYTHONUNBUFFERED="1")
sys.exit(manage.Family("127.0.0.1", int(sys.argv[1]), environment, ["--prepare"]).live())
"""


def test_manage_needs_nothing_but_python() -> None:
    tree = ast.parse((ROOT / "manage.py").read_text(encoding="utf-8"))
    roots = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert roots <= sys.stdlib_module_names


def test_manage_explains_itself_without_any_package() -> None:
    """-I -S: no site-packages, no environment."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "manage.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "manage.py run" in done.stdout
    wrong = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "manage.py"), "fly"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2


def environment_of(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return {**kept, "PORTAL_INSTANCE": str(folder), "PORTAL_DEMO": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `run` prepares it."""
    folder = tmp_path_factory.mktemp("demo")
    folder.chmod(0o700)
    done = subprocess.run(
        [sys.executable, "-m", "portal.prepare"],
        cwd=ROOT, env=environment_of(folder), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "demo-portal-2026" in done.stdout, "a demo says its password"
    return folder


class Running:
    """The family in a process of its own, with what it prints."""

    def __init__(self, folder: Path, port: int, log: Path, more: dict[str, str] | None = None) -> None:
        self.port, self.log = port, log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", LIVE, str(port)],
                cwd=ROOT, env={**environment_of(folder), **(more or {})}, stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def children(self) -> list[int]:
        """All processes below it, whatever their session."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        parents = {int(pid): int(parent) for pid, parent in (line.split() for line in listed.splitlines())}
        found: list[int] = []
        layer = [self.process.pid]
        while layer:
            layer = [pid for pid, parent in parents.items() if parent in layer]
            found += layer
        return found


def worker_of(family: Running) -> int:
    return next(pid for pid in family.children() if b"\0work\0" in Path(f"/proc/{pid}/cmdline").read_bytes())


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def alive(pid: int) -> bool:
    """Whether a process still runs; a zombie that nobody reaps does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture
def family(demo_folder: Path, tmp_path: Path) -> Iterator[Running]:
    """Up and ready; whatever a test leaves over is killed by its own number."""
    made = Running(demo_folder, free_port(), tmp_path / "log")
    seen: list[int] = []
    try:
        wait_for(lambda: "Ready:" in made.said() or made.process.poll() is not None, START, made.said())
        assert made.process.poll() is None, made.said()
        wait_for(lambda: "worker ready" in made.said(), START, made.said())
        seen = made.children()
        yield made
    finally:
        for pid in {*seen, *made.children()}:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        if made.process.poll() is None:
            made.process.kill()
        made.process.wait(10)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_all_come_up_and_all_go_down(family: Running, how: signal.Signals) -> None:
    address = f"http://127.0.0.1:{family.port}/"
    assert address in family.said()
    with urllib.request.urlopen(f"{address}healthz", timeout=5) as answer:  # noqa: S310  our own server
        assert answer.status == 200
    with urllib.request.urlopen(f"{address}accounts/login", timeout=5) as answer:  # noqa: S310
        assert "演示" in answer.read().decode()
    children = family.children()
    assert len(children) >= 3, "the server, its workers, the job worker"
    os.kill(family.process.pid, how)
    family.process.wait(PATIENCE)
    wait_for(lambda: not any(alive(pid) for pid in children), PATIENCE, f"left over after {how.name}: {children}")
    assert port_is_free(family.port)
    if how is not signal.SIGKILL:
        assert family.process.returncode == 0
        assert "Stopped." in family.said()
        assert "Traceback" not in family.said()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
def test_a_worker_that_dies_comes_again_and_pages_go_on(family: Running) -> None:
    """An import that takes it down must not end an exam."""
    died = worker_of(family)
    os.kill(died, signal.SIGKILL)
    wait_for(lambda: family.said().count("worker ready") == 2, START, "no other worker came")
    assert "The job worker ended unexpectedly" in family.said()
    assert worker_of(family) != died
    with urllib.request.urlopen(f"http://127.0.0.1:{family.port}/healthz", timeout=5) as answer:
        assert answer.status == 200
    assert family.process.poll() is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
def test_when_the_server_dies_the_worker_is_stopped(family: Running) -> None:
    children = family.children()
    server = next(pid for pid in children if b"portal.serve" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(server, signal.SIGKILL)
    family.process.wait(PATIENCE * 2)
    assert family.process.returncode != 0
    wait_for(lambda: not any(alive(pid) for pid in children), PATIENCE, "the worker lives on alone")
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{family.port}/healthz", timeout=2)


def test_a_second_run_on_the_same_folder_is_refused(family: Running, demo_folder: Path, tmp_path: Path) -> None:
    """It would migrate the database and take the jobs of the first; and `restore` relies on the note of the first."""
    second = Running(demo_folder, free_port(), tmp_path / "second")
    assert second.process.wait(PATIENCE) == 1
    assert f"进程 {family.process.pid}" in second.said()
    assert "PORTAL_INSTANCE" in second.said()
    assert lifeline.running(demo_folder) == family.process.pid


def test_a_port_in_use_is_said(demo_folder: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        started = Running(demo_folder, port, tmp_path / "log")
        try:
            started.process.wait(START)
        finally:
            for pid in [*started.children(), *([started.process.pid] if started.process.poll() is None else [])]:
                os.kill(pid, signal.SIGKILL)
    assert started.process.returncode != 0
    assert f"端口 {port}" in started.said()


def test_a_site_that_must_not_start_says_why_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    started = Running(folder, free_port(), tmp_path / "log")
    assert started.process.wait(START) == 1
    assert "chmod 700" in started.said()
    assert "端口" not in started.said()
    assert "Traceback" not in started.said()
    assert lifeline.running(folder) is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_it_is_stopped_while_it_prepares(tmp_path: Path, how: signal.Signals) -> None:
    """The first start makes the demo, which takes long; nobody has to wait for it, and it is begun anew after that."""
    folder = tmp_path / "site"
    folder.mkdir(mode=0o700)
    started = Running(folder, free_port(), tmp_path / "log")
    children: list[int] = []
    try:
        wait_for(lambda: "Loading demo data" in started.said(), START, "it prepares nothing")
        children = started.children()
        os.kill(started.process.pid, how)
        started.process.wait(PATIENCE)
        wait_for(lambda: not any(alive(pid) for pid in children), PATIENCE, f"left over after {how.name}: {children}")
        with sqlite3.connect(folder / "demo" / "portal.db") as database:
            assert database.execute("SELECT count(*) FROM users").fetchone() == (0,), "half a demo"
    finally:
        for pid in [*children, *started.children()]:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        if started.process.poll() is None:
            started.process.kill()


def test_a_path_is_meant_from_where_one_stands(tmp_path: Path) -> None:
    """`run` and `flask` read a relative data folder alike, and the children get it whole."""
    told = subprocess.run(
        [sys.executable, "-c", SHOW_PATHS],
        cwd=tmp_path, env={**os.environ, "PORTAL_INSTANCE": "here/site", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.split() == ["['jobs']", str(tmp_path / "here" / "site")]


# The words of a command go through main(); what it does is replaced by showing what it would see.
SHOW_PATHS = """
import os, sys, manage
manage.flask = lambda words: print(words, os.environ["PORTAL_INSTANCE"]) or 0
sys.argv = ["manage.py", "flask", "jobs"]
sys.exit(manage.main())
"""


def test_wheels_are_taken_from_any_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import manage

    monkeypatch.setenv("PORTAL_WHEELS", "")
    words = ["--host", "::1", "--wheels", str(tmp_path), "--port", "1"]
    assert manage.take_wheels(words)
    assert words == ["--host", "::1", "--port", "1"]
    assert os.environ["PORTAL_WHEELS"] == str(tmp_path)
    assert not manage.take_wheels(["--wheels"])
    assert not manage.take_wheels(["--wheels", str(tmp_path / "none")])
    offline = manage.pip_install(str(tmp_path))
    assert {"--isolated", "--no-index"} <= set(offline)
    assert "--no-index" not in manage.pip_install(None)


def up_and_down(folder: Path, port: int, log: Path) -> None:
    """Start, stop with SIGTERM, and see that no process is left."""
    running = Running(folder, port, log)
    children: list[int] = []
    try:
        wait_for(lambda: "worker ready" in running.said() and "Ready:" in running.said(), START, "it does not start")
        children = running.children()
        assert lifeline.running(folder) == running.process.pid
        os.kill(running.process.pid, signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0, running.said()
        wait_for(lambda: not any(alive(pid) for pid in children), PATIENCE, f"left over: {children}")
    finally:
        for pid in [*children, *running.children()]:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        if running.process.poll() is None:
            running.process.kill()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
def test_it_starts_again_on_what_it_left(demo_folder: Path, tmp_path: Path) -> None:
    """On the same port and folder: no process, no port and no run file in the way."""
    port = free_port()
    for number in (1, 2):
        up_and_down(demo_folder, port, tmp_path / f"log{number}")
        assert lifeline.running(demo_folder) is None
        assert port_is_free(port)
    logged = (demo_folder / "demo" / "logs" / "portal.log").read_text()
    assert "jobs started" in logged
    assert "web started" in logged


def test_with_a_certificate_it_speaks_https_alone(demo_folder: Path, tmp_path: Path) -> None:
    files = ROOT / "tests" / "support" / "tls"
    more = {"PORTAL_TLS_CERT": str(files / "good.pem"), "PORTAL_TLS_KEY": str(files / "good.key")}
    running = Running(demo_folder, free_port(), tmp_path / "log", more)
    try:
        wait_for(lambda: "Ready: https://" in running.said() or running.process.poll() is not None, START, "not ready")
        trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusted.load_verify_locations(files / "good.pem")
        with urllib.request.urlopen(f"https://127.0.0.1:{running.port}/accounts/login", context=trusted) as answer:
            assert answer.headers["Strict-Transport-Security"]
            assert answer.headers["Set-Cookie"].startswith("__Host-portal=")
            assert "Secure" in answer.headers["Set-Cookie"]
        with pytest.raises((OSError, http.client.HTTPException)):
            urllib.request.urlopen(f"http://127.0.0.1:{running.port}/healthz", timeout=5)
    finally:
        children = running.children()
        running.process.terminate()
        running.process.wait(PATIENCE)
        for pid in children:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
