"""Sending requests as fast as they are answered: with wrk where it is installed, else with a client of our own."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import client

# Numbers of requests rise from run to run: what has a lower number than before is old to the server.
_FIRST = itertools.count(1, 2_000_000)
CONNECTIONS = 32
SECONDS = 2


@dataclass(frozen=True)
class Request:
    """One request; `path` and `body` may hold "%d", which becomes the number of the request."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True)
class Outcome:
    """Answers a second, milliseconds at the median and at the 99th percentile, and answers that were not 2xx."""

    rate: float
    p50: float
    p99: float
    refused: int


def tool() -> str:
    """What sends the requests."""
    return "wrk" if shutil.which("wrk") else "python"


def run(
    url: str, requests: Sequence[Request], *, connections: int = CONNECTIONS, seconds: int = SECONDS, think: int = 0
) -> Outcome:
    """Send the requests one after the other, over and over, on so many connections.

    `think` is the mean pause of a client between two requests in milliseconds; only wrk can do that.
    """
    first = next(_FIRST)
    if tool() == "python":
        return Outcome(*client.run(url, [_raw(url, each) for each in requests], connections, seconds, first))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "requests.lua"
        script.write_text(_lua(requests, think, first), encoding="utf-8")
        words = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
        shown = subprocess.run([*words, "-s", str(script), url], capture_output=True, text=True, check=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", shown)
    return Outcome(
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", shown)),
        p50=_milliseconds(_found(r"(?m)^ +50%\s+(\S+)", shown)),
        p99=_milliseconds(_found(r"(?m)^ +99%\s+(\S+)", shown)),
        refused=int(refused[1]) if refused else 0,
    )


def _found(pattern: str, shown: str) -> str:
    match = re.search(pattern, shown)
    if match is None:
        raise RuntimeError(shown)
    return match[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def _lua(requests: Sequence[Request], think: int, first: int) -> str:
    """A wrk script. Each of wrk's two threads has requests of its own: an answer sent by both would be an old one to
    the server when it comes from the thread that counts lower, and nothing would be written."""
    lines = ["local all = {"]
    for each in requests:
        headers = ", ".join(f"[{_quoted(name)}]={_quoted(value)}" for name, value in each.headers.items())
        lines.append(f"{{{_quoted(each.method)}, {_quoted(each.path)}, {{{headers}}}, {_quoted(each.body)}}},")
    lines += [
        "}",
        "local threads = 0",
        "function setup(thread) thread:set('thread', threads) threads = threads + 1 end",
        f"local n = {first}",
        "function request()",
        "  n = n + 1",
        "  local r = all[(2 * n + thread) % #all + 1]",
        "  local body = r[4]",
        "  if body == '' then body = nil else body = body:gsub('%%d', tostring(n)) end",
        "  return wrk.format(r[1], r[2], r[3], body)",
        "end",
    ]
    if think:
        lines.append(f"function delay() return math.random(1, {2 * think}) end")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _raw(url: str, each: Request) -> tuple[bytes, str]:
    host = url.removeprefix("http://")
    lines = [f"{each.method} {each.path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in each.headers.items()]
    return "\r\n".join(lines).encode(), each.body
