"""Somebody who opens pages, in a process of its own: how long the first byte took, and how many pages a second came.

Reads what to visit from its standard input and writes what it saw, both as JSON (`Visit`, `Seen`). It speaks HTTP by
hand over connections that stay open: a client that costs more than the server would measure itself.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Visit:
    """Which pages, by turns, from `port` of this machine: so many `times`, `at_once` over as many connections.

    `asks` are paths with the cookies that go with each. With a `rate` (a second) every visit has its moment, whatever
    became of those before it: one that must wait for a connection has waited from its moment on.
    """

    port: int
    asks: Sequence[tuple[str, str]]
    times: int
    at_once: int = 1
    rate: float = 0


@dataclass(frozen=True)
class Seen:
    """Seconds to the first byte of each page, sorted; seconds of all; bytes of the largest page."""

    first: Sequence[float]
    took: float
    largest: int

    @property
    def median(self) -> float:
        return self.first[len(self.first) // 2]

    @property
    def p95(self) -> float:
        return self.first[min(len(self.first) * 95 // 100, len(self.first) - 1)]

    @property
    def rate(self) -> float:
        return len(self.first) / self.took


def send(visit: Visit) -> Seen:
    """What a visitor in another process saw. Raises `subprocess.CalledProcessError` where a page was not shown."""
    command = [sys.executable, "-m", "bench.visitor"]
    told = json.dumps(asdict(visit))
    ended = subprocess.run(command, cwd=_ROOT, input=told, capture_output=True, text=True, check=True)
    return Seen(**json.loads(ended.stdout))


async def _go(visit: Visit) -> Seen:
    turns, first, largest = iter(range(visit.times)), [], 0
    asked = [_request(path, cookies) for path, cookies in visit.asks]
    started = time.perf_counter()

    async def one() -> None:
        nonlocal largest
        reader, writer = await asyncio.open_connection("127.0.0.1", visit.port)
        for turn, due in _moments(turns, visit.rate, started):
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            begun = due or time.perf_counter()
            writer.write(asked[turn % len(asked)])
            head = await reader.readexactly(1)
            first.append(time.perf_counter() - begun)
            head += await reader.readuntil(b"\r\n\r\n")
            largest = max(largest, len(await reader.readexactly(_length(head))))
        writer.close()

    await asyncio.gather(*(one() for _ in range(visit.at_once)))
    return Seen(sorted(first), time.perf_counter() - started, largest)


def _moments(turns: Iterator[int], rate: float, started: float) -> Iterator[tuple[int, float]]:
    for turn in turns:
        yield turn, started + turn / rate if rate else 0.0


def _request(path: str, cookies: str) -> bytes:
    lines = (f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/html", f"Cookie: {cookies}")
    return "\r\n".join((*lines, "", "")).encode()


def _length(head: bytes) -> int:
    status, *lines = head.decode("latin-1").split("\r\n")
    if " 200 " not in f"{status} ":
        raise AssertionError(status)
    named = dict(line.lower().split(": ", 1) for line in lines if line)
    return int(named["content-length"])


if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    sys.stdout.write(json.dumps(asdict(asyncio.run(_go(Visit(**given))))))
