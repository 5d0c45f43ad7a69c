#!/usr/bin/env python3
"""The portal's commands for people, on a machine that has only Python 3.11 or later.

    python3 manage.py run [--host H] [--port P] [--no-demo]   set up and serve; `run --help` tells of TLS and logs
    python3 manage.py test [pytest options]                    set up and check everything
    python3 manage.py flask ...                                the command line of the application
    python3 manage.py service show|install|remove              start it with the machine
    python3 manage.py bundle [--platform P] [--python V]       everything that a site without internet needs
    python3 manage.py bench exam|pages|start|search|import    measure, as ratios taken in one run
    python3 manage.py drill kill|powercut|diskfull|migrate-kill   show that nothing acknowledged is lost

`--wheels DIR` after run, test or flask installs from a folder of wheels alone, without any network.
Only the standard library is imported here: the virtual environment comes into being below.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STOP_SECONDS = 15
START_SECONDS = 60
WORKER_PAUSE = 5  # seconds before one that died is started again
# For asking our own server whether it is up: its certificate names it by another name than 127.0.0.1.
UNVERIFIED = ssl._create_unverified_context()  # noqa: S323, SLF001  there is no public short way
# Its package cannot be imported yet: that needs what the virtual environment holds.
_found = importlib.util.spec_from_file_location("lifeline", ROOT / "portal" / "lifeline.py")
assert _found and _found.loader  # noqa: PT018, S101  a checkout without it is none
lifeline = importlib.util.module_from_spec(_found)
_found.loader.exec_module(lifeline)
# Variables that hold paths.
PATHS = ("PORTAL_INSTANCE", "PORTAL_LOG_DIR", "PORTAL_TLS_CERT", "PORTAL_TLS_KEY", "PORTAL_WHEELS")


def main() -> int:
    """Dispatch on the first word."""
    if sys.version_info < (3, 11):  # noqa: UP036  the message is for those who start it with an older one
        return say(f"需要 Python 3.11 或更新版本，当前是 {sys.version.split()[0]}。 Python 3.11 or later is needed.")
    verb, rest = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    verbs = {
        "run": run, "test": test, "flask": flask, "bench": bench, "drill": drill, "bundle": bundle, "service": service,
    }  # fmt: skip
    if verb not in verbs:
        print(__doc__)
        return 0 if verb in {"", "-h", "--help", "help"} else 2
    if not take_wheels(rest):
        return 2
    for name in PATHS:  # as the person meant them, who stands in some folder; the children stand in this one
        if os.environ.get(name):
            os.environ[name] = str(Path(os.environ[name]).resolve())
    return verbs[verb](rest)


def take_wheels(arguments: list[str]) -> bool:
    """Take `--wheels DIR` out of the arguments of whatever command; False after a message."""
    if "--wheels" not in arguments:
        return True
    at = arguments.index("--wheels")
    folder = Path(arguments[at + 1]) if len(arguments) > at + 1 else Path()
    if len(arguments) <= at + 1 or not folder.is_dir():
        say("--wheels 后面应是 bundle 生成的 wheels 目录。 --wheels takes the folder that `bundle` made.")
        return False
    os.environ["PORTAL_WHEELS"] = str(folder)
    del arguments[at : at + 2]
    return True


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
    done = subprocess.run(
        [*pip_install(os.environ.get("PORTAL_WHEELS")), "--require-hashes", "-r", str(lock)], check=False
    )
    if done.returncode:
        say(
            "依赖安装失败，请检查网络或软件源后重试；不能上网的机器请用 --wheels（见 docs/operations.md）。\n"
            "Installing failed: check the network or the package index, then retry. Without internet: use --wheels."
        )
        return False
    stamp.write_text(wanted)
    return True


def pip_install(wheels: str | None) -> list[str]:
    """The words of an installation; from a folder of wheels and nothing else, whatever pip was told elsewhere."""
    words = [str(PYTHON), "-m", "pip"]
    if wheels:
        return [*words, "--isolated", "install", "--quiet", "--no-input", "--no-index", "--find-links", wheels]
    return [*words, "install", "--quiet", "--disable-pip-version-check", "--no-input"]


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
    options = run_options(arguments)
    environment = environment_of_run(options)
    if not ensure_environment("requirements.txt"):
        return 1
    os.umask(0o077)  # what the site writes is for itself alone; the environment above may be another user's
    allowed = {"--insecure-lan": options.insecure_lan, "--new-secrets": options.new_secrets}
    words = ["--prepare", *(word for word, given in allowed.items() if given)]
    return Family(options.host, options.port, environment, words).live()


def run_options(arguments: list[str]) -> argparse.Namespace:
    """What `run` was told."""
    parser = argparse.ArgumentParser(
        prog="manage.py run", epilog="--wheels DIR installs from a folder that `bundle` made, without any network"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for the whole network")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-demo", action="store_true", help="a real site instead of the demo")
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate (PEM, with its chain): serve HTTPS")
    parser.add_argument("--tls-key", metavar="FILE", help="its private key (PEM)")
    parser.add_argument("--insecure-lan", action="store_true", help="a real site on the network without HTTPS")
    parser.add_argument("--log-dir", metavar="DIR", help="where the logs go instead of logs/ in the data folder")
    parser.add_argument("--new-secrets", action="store_true", help="the secrets file is lost: go on with new ones")
    options = parser.parse_args(arguments)
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert 和 --tls-key 必须同时给出。 --tls-cert and --tls-key go together.")
    return options


def environment_of_run(options: argparse.Namespace) -> dict[str, str]:
    """What the processes of a run are told, and how they are to end."""
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    if options.no_demo:
        environment["PORTAL_DEMO"] = "0"
    given = {"PORTAL_TLS_CERT": options.tls_cert, "PORTAL_TLS_KEY": options.tls_key, "PORTAL_LOG_DIR": options.log_dir}
    environment.update({name: str(Path(path).resolve()) for name, path in given.items() if path})
    return environment


class Family:
    """The web server and the job worker: the one brings the site up, then the other starts; they stop together.

    Each child leads a session of its own, so a Ctrl-C reaches only this process, which then asks each child once. A
    child whose parent vanishes sees the end of its standard input and stops by itself.
    """

    def __init__(self, host: str, port: int, environment: dict[str, str], words: list[str] | None = None) -> None:
        """`words` are more options of the server."""
        self.host, self.port, self.words = host, port, words or []
        self.environment = dict(environment, PORTAL_LIFELINE="1")
        self.children: list[subprocess.Popen[bytes]] = []  # the web server, then the job worker
        self.worker_again = 0.0
        self.stopping = False

    def live(self) -> int:
        """Start both, wait for the server to end or for a signal, stop both; returns the exit code."""
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._stop)
        folder = ROOT / (self.environment.get("PORTAL_INSTANCE") or "instance")
        held = lifeline.hold(folder, self.host, self.port)
        if held is None:
            return say(
                f"已有站点（进程 {lifeline.running(folder)}）在用数据目录 {folder}。\n"
                "请先停止它，或用 PORTAL_INSTANCE 另指一个目录。\n"
                "A site already runs from this folder: stop it first, or name another one with PORTAL_INSTANCE."
            )
        with held:
            return self._serve()

    def _serve(self) -> int:
        if self._is_taken():
            return self._say_taken()
        self._start("-m", "portal.serve", "--host", self.host, "--port", str(self.port), *self.words)
        code = self._announce()
        if code is None and not self.stopping:
            self.environment["PORTAL_PROCESS"] = "jobs"  # in the log; the server names itself
            self._start_worker()
        while code is None and not self.stopping:
            code = self.children[0].poll()
            self._mind_the_worker()
            time.sleep(0.2)
        self._end_children()
        if self.stopping:
            print("已停止。 Stopped.", flush=True)
            return 0
        return code or 1

    def _mind_the_worker(self) -> None:
        """Start the job worker again where it ended: an import that takes it down must not end an exam."""
        if self.children[-1].poll() is None:
            self.worker_again = time.monotonic() + WORKER_PAUSE
        elif time.monotonic() >= self.worker_again and not self.stopping:
            say(
                f"后台任务进程意外结束（代码 {self.children[-1].returncode}），已重新启动。\n"
                "The job worker ended unexpectedly and was started again."
            )
            self.children.pop()
            self._start_worker()

    def _start_worker(self) -> None:
        self._start("-m", "flask", "--app", "wsgi", "jobs", "work")
        self.worker_again = time.monotonic() + WORKER_PAUSE

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
        own = self._own_name()
        address = self._address(own)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and not self.stopping:
            if (code := self.children[0].poll()) is not None:
                if code == lifeline.REFUSED:
                    return 1
                return self._say_taken() and (code or 1)
            try:
                with urllib.request.urlopen(address + "healthz", timeout=2, context=UNVERIFIED):  # noqa: S310  ours
                    print(f"\n已启动，请用浏览器打开 {address}\nReady: {address}   (Ctrl-C 停止 stops it)", flush=True)
                    if own != self.host:
                        print("其他电脑请用本机的名称或地址打开。 From elsewhere: by this machine's name.", flush=True)
                    return None
            except (urllib.error.URLError, OSError) as error:
                if isinstance(getattr(error, "reason", error), ConnectionRefusedError):
                    until = time.monotonic() + START_SECONDS  # it prepares the site, which takes what it takes
                time.sleep(0.1)
        return None if self.stopping else say("启动超时。 The server did not answer in time.")

    def _own_name(self) -> str:
        """How this machine asks the server."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  asked, not bound

    def _is_taken(self) -> bool:
        """Whether somebody listens there already, who would answer in the server's place."""
        try:
            socket.create_connection((self._own_name(), self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _say_taken(self) -> int:
        return say(
            f"启动失败。端口 {self.port} 是否被占用？可加 --port 换一个。\n"
            f"Starting failed. Is port {self.port} in use? Try --port."
        )

    def _address(self, host: str) -> str:
        scheme = "https" if self.environment.get("PORTAL_TLS_CERT") else "http"
        return f"{scheme}://{'[' + host + ']' if ':' in host else host}:{self.port}/"

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
        # Three on two cores: browsers and servers wait for one another a good part of the time.
        "tests": [python, "-m", "pytest", "-n", "3", *arguments],
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
    return module("bench", arguments, "requirements-dev.txt")


def drill(arguments: list[str]) -> int:
    """Kill, cut the power, fill the disk; 1 when something that was acknowledged is lost."""
    return module("bench.drills", arguments, "requirements-dev.txt")


def bundle(arguments: list[str]) -> int:
    """Gather the program and its wheels for a site without internet."""
    return module("portal.bundle", arguments)


def service(arguments: list[str]) -> int:
    """Have the machine start the portal by itself."""
    return module("portal.service", arguments)


def module(name: str, arguments: list[str], lock_name: str = "requirements.txt") -> int:
    """Run a module of the project in its environment, from the folder where the person stands."""
    if not ensure_environment(lock_name):
        return 1
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = dict(os.environ, PYTHONPATH=paths)
    return subprocess.run([str(PYTHON), "-m", name, *arguments], env=environment, check=False).returncode


def flask(arguments: list[str]) -> int:
    """Pass on to the application's command line, on a database that is up to date."""
    if not ensure_environment("requirements.txt"):
        return 1
    os.umask(0o077)
    environment = dict(os.environ)
    if arguments[:1] == ["init"]:  # sets up a real site, whatever was tried before
        environment["PORTAL_DEMO"] = "0"
    prepared = subprocess.run([str(PYTHON), "-m", "portal.prepare", "--quiet"], cwd=ROOT, env=environment, check=False)
    if prepared.returncode:
        return prepared.returncode
    return subprocess.run(
        [str(PYTHON), "-m", "flask", "--app", str(ROOT / "wsgi.py"), *arguments], env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
