"""A plain client on keep-alive connections, for machines without wrk.

It takes more of the processor than wrk does, from the bare route as from the portal: ratios come out a little kinder.
"""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Sequence

PROCESSES = 2
Raw = tuple[bytes, str]


def run(
    url: str, requests: Sequence[Raw], connections: int, seconds: int, first: int
) -> tuple[float, float, float, int]:
    """(answers a second, median ms, 99th percentile ms, answers that were not 2xx)."""
    host, port = url.removeprefix("http://").split(":")
    share = connections // PROCESSES
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        jobs = [(host, int(port), list(requests), share, seconds, first, index) for index in range(PROCESSES)]
        results = pool.starmap(_crowd, jobs)
    times = sorted(each for found, _ in results for each in found)
    if not times:
        raise RuntimeError("no answer at all")
    refused = sum(count for _, count in results)
    return len(times) / seconds, times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000, refused


def _crowd(
    host: str, port: int, requests: list[Raw], connections: int, seconds: int, first: int, index: int
) -> tuple[list[float], int]:
    times: list[float] = []
    refused: list[int] = []
    until = time.monotonic() + seconds

    def one(start: int) -> None:
        """Every connection has requests of its own, so that no answer overtakes a later one."""
        number = first + start
        with socket.create_connection((host, port)) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.monotonic() < until:
                number += PROCESSES * connections
                head, text = requests[number % len(requests)]
                body = text.replace("%d", str(number)).encode()
                length = b"\r\nContent-Length: %d" % len(body) if body else b""
                began = time.monotonic()
                link.sendall(head + length + b"\r\n\r\n" + body)
                status = _answer(link)
                times.append(time.monotonic() - began)
                if status >= 300:
                    refused.append(status)

    threads = [threading.Thread(target=one, args=(index * connections + n,)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, len(refused)


def _answer(link: socket.socket) -> int:
    """Read one answer to its end; its status."""
    data = link.recv(65_536)
    while b"\r\n\r\n" not in data:
        data += _more(link)
    head, _, rest = data.partition(b"\r\n\r\n")
    fields = head.lower().split(b"\r\n")
    length = next(int(each.split(b":")[1]) for each in fields if each.startswith(b"content-length:"))
    missing = length - len(rest)
    while missing > 0:
        missing -= len(_more(link))
    return int(head.split(b" ", 2)[1])


def _more(link: socket.socket) -> bytes:
    data = link.recv(262_144)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data
