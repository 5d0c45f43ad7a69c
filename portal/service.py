"""Starting with the machine: a systemd unit on Linux, a task of the Task Scheduler on Windows.

Windows offers services only to programs that speak its service protocol, which would need another dependency. A task
that starts with the machine, restarts when it fails and runs under an account without rights needs none.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import manage
from portal.config import ROOT

NAME = "law-work-portal"
UNITS = Path("/etc/systemd/system")
_PATHS = frozenset({"--tls-cert", "--tls-key", "--log-dir"})

# The program asks its own processes to stop, each once: KillMode=mixed sends the first signal to it alone, and kills
# whatever is left after the time. Nothing but the data folder is written; MemoryDenyWriteExecute is left out, since
# libraries that compile at run time would fail under it.
UNIT = """\
[Unit]
Description=Law-work portal
After=network-online.target
Wants=network-online.target

[Service]
Type=exec
User={user}
Group={group}
WorkingDirectory={root}
Environment=PYTHONDONTWRITEBYTECODE=1
Environment={instance}
ExecStart={python} {manage} run --no-demo{arguments}
KillMode=mixed
TimeoutStopSec=30
Restart=on-failure
RestartSec=5
UMask=0077

NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={written}
ProtectHome={protect_home}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
CapabilityBoundingSet={capabilities}
AmbientCapabilities={capabilities}

[Install]
WantedBy=multi-user.target
"""

TASK = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Law-work portal</Description></RegistrationInfo>
  <Triggers><BootTrigger><Enabled>true</Enabled></BootTrigger></Triggers>
  <Principals>
    <Principal id="Author"><UserId>S-1-5-19</UserId><RunLevel>LeastPrivilege</RunLevel></Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>255</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{python}</Command>
      <Arguments>"{root}\\manage.py" run --no-demo{arguments}</Arguments>
      <WorkingDirectory>{root}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""
"""S-1-5-19 is the built-in LocalService account: it may read the program and needs write access to the data folder."""


@dataclass(frozen=True, slots=True)
class Service:
    """What is to be started: as which user, on which data folder, with which further options of `run`."""

    user: str
    group: str
    instance: Path
    arguments: tuple[str, ...]

    def option(self, name: str) -> str:
        """The value of one of the options of `run`, empty where it is not given."""
        return next((after for word, after in itertools.pairwise(self.arguments) if word == name), "")

    @property
    def written(self) -> list[Path]:
        """The folders that it writes to."""
        logs = self.option("--log-dir")
        return [self.instance, *([Path(logs)] if logs else [])]

    def unit(self) -> str:
        """The systemd unit."""
        port = self.option("--port")
        return UNIT.format(
            user=self.user,
            group=self.group,
            root=str(ROOT).replace("%", "%%"),
            manage=_quoted(str(ROOT / "manage.py")),
            instance=_quoted(f"PORTAL_INSTANCE={self.instance}"),
            written=" ".join(_quoted(str(path)) for path in self.written),
            python=_quoted(shutil.which("python3") or sys.executable),
            arguments="".join(f" {_quoted(word)}" for word in self.arguments),
            # A folder under /home or /root would be hidden from the service otherwise.
            protect_home="no" if any(_at_home(path) for path in (ROOT, *self.written)) else "yes",
            capabilities="CAP_NET_BIND_SERVICE" if port.isdigit() and int(port) < 1024 else "",  # noqa: PLR2004
        )

    def task(self) -> str:
        """The Windows task, which runs the Python of the environment."""
        quoted = "".join(f' "{word}"' if " " in word else f" {word}" for word in self.arguments)
        return TASK.format(python=escape(sys.executable), root=escape(str(ROOT)), arguments=escape(quoted))


def _at_home(path: Path) -> bool:
    return path.parts[:2] in {("/", "home"), ("/", "root")}


def _quoted(word: str) -> str:
    """A word of a unit: in quotes where it needs them, with what systemd would expand taken literally."""
    safe = word.replace("%", "%%").replace("$", "$$")
    if re.fullmatch(r"[\w@%+=:,./$-]+", safe):
        return safe
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main() -> int:
    """Show, install or remove."""
    verb, service = _options()
    if os.name == "nt":
        return _windows(verb, service)
    if verb == "show":
        print(service.unit(), end="")
        return 0
    if not UNITS.is_dir() or shutil.which("systemctl") is None:
        print("这台机器没有 systemd。 There is no systemd on this machine.", file=sys.stderr)
        return 1
    if os.geteuid() != 0:
        print("请用 root 或 sudo 执行。 Run this as root or with sudo.", file=sys.stderr)
        return 1
    return _install(service) if verb == "install" else _remove()


def _options() -> tuple[str, Service]:
    parser = argparse.ArgumentParser(
        prog="manage.py service",
        allow_abbrev=False,
        epilog="further options are those of `run`: --host, --port, --tls-cert, --tls-key ...",
    )
    parser.add_argument("verb", choices=("show", "install", "remove"))
    parser.add_argument("--user", default="portal", help="the account it runs as (Linux); made when missing")
    parser.add_argument("--instance", type=Path, help="data folder")
    options, rest = parser.parse_known_args()
    manage.run_options(rest)  # a slip should show here, and not in a service that starts again and again
    instance = options.instance or Path(os.environ.get("PORTAL_INSTANCE") or ROOT / "instance")
    words = [
        str(Path(word).resolve()) if before in _PATHS else word for before, word in itertools.pairwise(["", *rest])
    ]
    return options.verb, Service(options.user, options.user, instance.resolve(), tuple(words))


def _install(service: Service) -> int:
    path = UNITS / f"{NAME}.service"
    if not _sound(service.unit()):
        return 1
    if _said(["getent", "passwd", service.user]) != 0:
        _ran(["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", service.user])
    for folder in service.written:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _ran(["chown", "-R", f"{service.user}:{service.group}", str(folder)])
    path.write_text(service.unit(), encoding="utf-8")
    _ran(["systemctl", "daemon-reload"])
    _ran(["systemctl", "enable", "--now", f"{NAME}.service"])
    print(f"已安装并启动 installed and started: {path}\n查看 see: systemctl status {NAME}; journalctl -u {NAME}")
    return 0


def _sound(unit: str) -> bool:
    """Whether systemd itself has nothing against the unit; shown when it has."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{NAME}.service"
        path.write_text(unit, encoding="utf-8")
        done = subprocess.run([analyze, "verify", str(path)], capture_output=True, text=True, check=False)  # noqa: S603
    found = [line for line in done.stderr.splitlines() if NAME in line]
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return not found


def _remove() -> int:
    path = UNITS / f"{NAME}.service"
    if not path.exists():
        print("没有安装过。 It is not installed.")
        return 0
    _ran(["systemctl", "disable", "--now", f"{NAME}.service"])
    path.unlink()
    _ran(["systemctl", "daemon-reload"])
    print("已移除，数据和账号还在。 Removed; the data and the account stay.")
    return 0


def _windows(verb: str, service: Service) -> int:
    if verb == "show":
        print(service.task(), end="")
        return 0
    if verb == "remove":
        return _said(["schtasks", "/Delete", "/TN", NAME, "/F"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "task.xml"
        path.write_text(service.task(), encoding="utf-16")
        _ran(["icacls", str(service.instance), "/grant", "*S-1-5-19:(OI)(CI)M"])
        _ran(["schtasks", "/Create", "/TN", NAME, "/XML", str(path), "/F"])
    return _said(["schtasks", "/Run", "/TN", NAME])


def _ran(command: list[str]) -> None:
    subprocess.run(command, check=True)  # noqa: S603


def _said(command: list[str]) -> int:
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
