#!/usr/bin/env python3
"""The portal's commands for people, on a machine that has only Python 3.11 or later.

    python3 manage.py run [--host H] [--port P] [--no-demo]   set up and serve
    python3 manage.py test [pytest options]                    set up and check everything
    python3 manage.py bench exam|pages|start                   measure, as ratios to a bare Flask route
    python3 manage.py flask ...                                the command line of the application

Only the standard library is imported here: the virtual environment comes into being below.
"""

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
STOP_SECONDS = 15
START_SECONDS = 60


def main() -> int:
    """Dispatch on the first word."""
    if sys.version_info < (3, 11):  # noqa: UP036  the message is for those who start it with an older one
        return say(f"需要 Python 3.11 或更新版本，当前是 {sys.version.split()[0]}。 Python 3.11 or later is needed.")
    verb, rest = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    verbs = {"run": run, "test": test, "bench": bench, "flask": flask}
    if verb not in verbs:
        print(__doc__)
        return 0 if verb in {"", "-h", "--help", "help"} else 2
    return verbs[verb](rest)


def say(message: str) -> int:
    """Tell the person at the terminal, apart from what a command prints; returns 1, the code of a failure."""
    print(message, file=sys.stderr, flush=True)
    return 1


# --- the environment ---------------------------------------------------------------------------------------------


def ensure_environment(lock_name: str) -> bool:
    """Make .venv and install the hashed lock, unless both are as they should be. False after a message."""
    lock = ROOT / lock_name
    stamp = VENV / f"{lock.stem}.installed"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return True
    if not PYTHON.exists() and not make_venv():
        return False
    print(
        f"正在安装依赖（{lock_name}）…… Installing pinned dependencies, this takes a minute the first time.", flush=True
    )
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run([*command, "--require-hashes", "-r", str(lock)], check=False)
    if done.returncode:
        say(
            "依赖安装失败，请检查网络或软件源后重试。\n"
            "Installing failed: check the network or the package index, then retry."
        )
        return False
    stamp.write_text(wanted)
    return True


def make_venv() -> bool:
    """Create .venv; where the system's Python came without `venv`, say what to install."""
    say("正在创建虚拟环境 .venv …… Creating the virtual environment.")
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True, text=True)
    if made.returncode == 0 and PYTHON.exists():
        return True
    shutil.rmtree(VENV, ignore_errors=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    print(made.stdout[-500:] + made.stderr[-500:], file=sys.stderr)
    say(
        "无法创建虚拟环境：本机 Python 缺少 venv 组件。Debian、统信 UOS、麒麟上请执行：\n"
        f"    apt install python3-venv   （或 python{version}-venv）\n"
        f"The venv module is missing. On Debian and its kin: apt install python3-venv (or python{version}-venv)."
    )
    return False


# --- run ---------------------------------------------------------------------------------------------------------


def run(arguments: list[str]) -> int:
    """Set up, then serve pages and work on jobs until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="manage.py run")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-demo", action="store_true", help="a real site instead of the demo")
    options = parser.parse_args(arguments)
    if not ensure_environment("requirements.txt"):
        return 1
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    if options.no_demo:
        environment["PORTAL_DEMO"] = "0"
    prepared = subprocess.run(
        [str(PYTHON), "-m", "portal.prepare", "--host", options.host],
        cwd=ROOT,
        env=environment,
        check=False,
    )
    if prepared.returncode:
        return prepared.returncode
    return Family(options.host, options.port, environment).live()


class Family:
    """The web server and the job worker: started together, stopped together.

    Each child leads a session of its own, so a Ctrl-C reaches only this process, which then asks each child once. A
    child whose parent vanishes sees the end of its standard input and stops by itself.
    """

    def __init__(self, host: str, port: int, environment: dict[str, str]) -> None:
        self.host, self.port = host, port
        self.environment = dict(environment, PORTAL_LIFELINE="1")
        self.children: list[subprocess.Popen[bytes]] = []
        self.stopping = False

    def live(self) -> int:
        """Start both, wait for the first to end or for a signal, stop both; returns the exit code."""
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._stop)
        run_file = self._note_run()
        try:
            return self._serve()
        finally:
            if run_file.exists() and run_file.read_text(encoding="utf-8").split()[0] == str(os.getpid()):
                run_file.unlink()

    def _note_run(self) -> Path:
        """Leave word in the data folder that this process serves from it, for commands that must not run meanwhile."""
        run_file = ROOT / (self.environment.get("PORTAL_INSTANCE") or "instance") / "run.pid"
        run_file.write_text(f"{os.getpid()}\n{self.host}\n{self.port}\n", encoding="utf-8")
        return run_file

    def _serve(self) -> int:
        self._start("-m", "portal.serve", "--host", self.host, "--port", str(self.port))
        self._start("-m", "flask", "--app", "wsgi", "jobs", "work")
        code = self._announce()
        while code is None and not self.stopping:
            code = next((child.returncode for child in self.children if child.poll() is not None), None)
            time.sleep(0.2)
        self._end_children()
        if self.stopping:
            print("已停止。 Stopped.", flush=True)
            return 0
        return code or 1

    def _start(self, *words: str) -> None:
        self.children.append(
            subprocess.Popen(
                [str(PYTHON), *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
        )

    def _announce(self) -> int | None:
        """Wait until the first page answers, then print the address; an exit code when a child died instead."""
        address = f"http://{'[' + self.host + ']' if ':' in self.host else self.host}:{self.port}/"
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and not self.stopping:
            for child in self.children:
                if child.poll() is not None:
                    say(
                        f"启动失败。端口 {self.port} 是否被占用？可加 --port 换一个。\n"
                        f"Starting failed. Is port {self.port} in use? Try --port."
                    )
                    return child.returncode or 1
            try:
                with urllib.request.urlopen(address + "healthz", timeout=2):  # noqa: S310  our own address
                    print(f"\n已启动，请用浏览器打开 {address}\nReady: {address}   (Ctrl-C 停止 stops it)", flush=True)
                    return None
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        return None if self.stopping else say("启动超时。 The server did not answer in time.")

    def _stop(self, _signal: int, _frame: object) -> None:
        self.stopping = True

    def _end_children(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + STOP_SECONDS
        for child in self.children:
            try:
                child.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()


# --- test and flask ----------------------------------------------------------------------------------------------


def test(arguments: list[str]) -> int:
    """Run every check; options go to pytest, and then only pytest runs."""
    if not ensure_environment("requirements-dev.txt"):
        return 1
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    python = str(PYTHON)
    flask_command = [python, "-m", "flask", "--app", "wsgi"]
    checks = {
        "lint": [python, "-m", "ruff", "check", "portal", "tests", "bench", "manage.py", "wsgi.py"],
        "format": [python, "-m", "ruff", "format", "--check", "portal", "tests", "bench"],
        "types": [python, "-m", "mypy"],
        "import contracts": [str(PYTHON.parent / "lint-imports"), "--no-cache"],
        "templates": [python, "-m", "djlint", "templates", "--lint", "--quiet"],
        "translations": [*flask_command, "i18n", "check"],
        "vendored files": [*flask_command, "vendor", "check"],
        "tests": [python, "-m", "pytest", "-n", "2", *arguments],
    }
    if arguments:
        checks = {"tests": [python, "-m", "pytest", *arguments]}
    failed = [name for name, command in checks.items() if not passes(name, command, environment)]
    print(f"\n没有通过 failed: {', '.join(failed)}" if failed else "\n全部通过 all passed", flush=True)
    return 1 if failed else 0


def passes(name: str, command: list[str], environment: dict[str, str]) -> bool:
    """Run one check and show its name."""
    print(f"== {name}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def bench(arguments: list[str]) -> int:
    """Measure the portal against a bare route; 1 when something is below its floor."""
    if not ensure_environment("requirements-dev.txt"):
        return 1
    return subprocess.run([str(PYTHON), "-m", "bench", *arguments], cwd=ROOT, check=False).returncode


def flask(arguments: list[str]) -> int:
    """Pass on to the application's command line, on a database that is up to date."""
    if not ensure_environment("requirements.txt"):
        return 1
    environment = dict(os.environ)
    if arguments[:1] == ["init"]:  # sets up a real site, whatever was tried before
        environment["PORTAL_DEMO"] = "0"
    prepared = subprocess.run(
        [str(PYTHON), "-m", "portal.prepare", "--quiet"], cwd=ROOT, env=environment, check=False
    )
    if prepared.returncode:
        return prepared.returncode
    return subprocess.run(
        [str(PYTHON), "-m", "flask", "--app", str(ROOT / "wsgi.py"), *arguments], env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
