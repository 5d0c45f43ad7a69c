"""The unit and the task that start the portal with the machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from portal import service
from portal.config import ROOT
from portal.service import Service

PLAIN = Service("portal", "portal", Path("/var/lib/law work/100%"), ("--host", "192.0.2.7", "--port", "443"))


def lines(made: Service) -> list[str]:
    return made.unit().splitlines()


def test_the_unit_runs_the_real_site_as_its_own_user() -> None:
    found = lines(PLAIN)
    start = next(line for line in found if line.startswith("ExecStart="))
    assert start.endswith("manage.py run --no-demo --host 192.0.2.7 --port 443")
    assert {"User=portal", "UMask=0077", "KillMode=mixed", "Restart=on-failure", "ProtectSystem=strict"} <= set(found)
    assert 'Environment="PORTAL_INSTANCE=/var/lib/law work/100%%"' in found
    assert 'ReadWritePaths="/var/lib/law work/100%%"' in found


def test_only_a_reserved_port_gets_the_right_to_it() -> None:
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in lines(PLAIN)
    other = Service("portal", "portal", Path("/var/lib/portal"), ("--port", "8443"))
    assert "AmbientCapabilities=" in lines(other)


def test_a_folder_for_logs_may_be_written_too() -> None:
    made = Service("portal", "portal", Path("/var/lib/portal"), ("--log-dir", "/var/log/portal"))
    assert "ReadWritePaths=/var/lib/portal /var/log/portal" in lines(made)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_has_nothing_against_it() -> None:
    assert service._sound(PLAIN.unit())
    assert not service._sound(PLAIN.unit().replace("KillMode=mixed", "KillMode=everything"))


def test_the_windows_task_is_xml_that_starts_with_the_machine() -> None:
    made = Service("portal", "portal", Path("/data"), ("--tls-key", "C:\\my keys\\k&y.pem"))
    tree = ET.fromstring(made.task().split("?>", 1)[1])  # noqa: S314  our own text
    names = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    assert tree.find("t:Triggers/t:BootTrigger", names) is not None
    command = tree.findtext("t:Actions/t:Exec/t:Command", namespaces=names)
    words = tree.findtext("t:Actions/t:Exec/t:Arguments", namespaces=names)
    assert command == sys.executable
    assert words is not None
    assert words.endswith('run --no-demo --tls-key "C:\\my keys\\k&y.pem"')


def test_a_slip_shows_when_it_is_installed_and_not_at_the_start() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "portal.service", "show", "--prot", "443"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--prot" in done.stderr
