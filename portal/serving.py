"""How this site was last started: where it listens, and whether what passes over the network is encrypted.

Written into the data folder at each start, so that the system page and the command line know what `run` was told.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "serving.json"


@dataclass(frozen=True, slots=True)
class Serving:
    """`tls_cert` and `tls_key` are paths, empty without TLS. `insecure_lan`: on the network without it, on purpose."""

    host: str
    tls_cert: str = ""
    tls_key: str = ""
    insecure_lan: bool = False


def note(instance: Path, serving: Serving) -> None:
    """Keep it for whoever asks."""
    (instance / FILE).write_text(json.dumps(asdict(serving)), encoding="utf-8")


def read(instance: Path) -> Serving | None:
    """How it was last started; None when it never was by `manage.py run`."""
    try:
        return Serving(**json.loads((instance / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_loopback(host: str) -> bool:
    """Whether a server on this host is reachable from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
