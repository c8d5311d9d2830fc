"""The portal's pages, as `serve portal` serves them over a register with 100,000 open cases; the visitor is another process."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bench.invented import FIRST, OPEN, TOLD, Open, fill
from bench.place import Place
from bench.population import READS, Population
from bench.reading import SYSTEM
from bench.rows import Row
from bench.visitor import Visit, send
from bootstrap import House, connect
from domain.case import Case
from domain.identifiers import IdentifierKind, identifier
from domain.item import Candidate
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from security.staff_tokens import Bearer, StaffTokens
from tests.support.people import People
from worker import workers

CASES = 100_000
LOOKS = 100
"""Looks at each page in a full run."""

RATE, AT_ONCE = 200, 16
"""Status pages a second, and over how many connections."""

_ROOT = Path(__file__).parents[1]
_NUMBERS = FIRST + CASES
"""The first open one's: those of `bench.inspecting` come before."""

_REAL = 120
"""Cases that were really opened, so that what the pages unseal is there; the most pressing of all."""

_SPAN = timedelta(days=35)
_UP_WITHIN = 60.0


def measure(place: Place, *, count: int, times: int) -> list[Row]:
    house, url = place.house, place.installation.settings.database_owner_url
    if url is None:
        raise AssertionError("nobody owns the register")
    now = datetime.now(UTC)
    step = _SPAN / count

    def waiting() -> Iterator[Open]:
        return (Open(_NUMBERS + n, received=now - _SPAN + n * step) for n in range(count))

    fill(url.get_secret_value(), waiting, {**OPEN, **TOLD})
    links = [_followed(house, now, number) for number in range(_REAL)]
    decided = asyncio.run(_to_decide(place))
    desk = _signed_in(house)
    with _served(place) as (port, server):
        return [
            *Look(f"board, {count:,} open cases", "/desk", desk, 150).rows(port, times),
            *Look("board, one right of them", "/desk?right=access", desk, 150).rows(port, times),
            *Look("case page, a plan to decide", f"/desk/case/{decided}", desk, 200).rows(port, times),
            *Look("public form", "/request/access", "", 50).rows(port, times),
            *_crowded(port, server, links, times),
        ]


@dataclass(frozen=True)
class Look:
    """A page, with whose cookies it is opened, and in how many milliseconds its first byte is to come."""

    what: str
    path: str
    cookies: str
    limit: float

    def rows(self, port: int, times: int) -> list[Row]:
        """Opened one after another, as one person does; the first ten don't count."""
        asks = [(self.path, self.cookies)]
        send(Visit(port, asks, 10))
        seen, limit = send(Visit(port, asks, times)), self.limit
        return [
            Row(f"{self.what}: first byte, median", seen.median * 1000, "ms", limit=limit, limit_on="ours"),
            Row(f"{self.what}: first byte, p95", seen.p95 * 1000, "ms", limit=limit, limit_on="ours"),
            Row(f"{self.what}: size", seen.largest / 1000, "kB", limit=100, limit_on="ours"),
        ]


def _crowded(port: int, server: psutil.Process, links: list[str], times: int) -> list[Row]:
    """Status pages of many people: as many as come through, then as many a second as are promised.

    What the server's own processor time of each is says how many could come where nothing else is done on the machine.
    """
    asks = [("/status", f"sitthi-delivery={token}") for token in links]
    send(Visit(port, asks, len(asks), AT_ONCE))
    before = sum(server.cpu_times()[:2])
    most = send(Visit(port, asks, 20 * times, AT_ONCE))
    spent = (sum(server.cpu_times()[:2]) - before) / len(most.first)
    steady = send(Visit(port, asks, 20 * times, AT_ONCE, RATE))
    return [
        Row("status pages, as many as come", most.rate, "/s", limit=RATE, limit_on="ours", rate=True),
        Row("status pages, processor time of the server for each", spent * 1000, "ms"),
        Row(f"status pages at {RATE}/s: first byte, median", steady.median * 1000, "ms"),
        Row(f"status pages at {RATE}/s: first byte, p95", steady.p95 * 1000, "ms"),
    ]


def _followed(house: House, now: datetime, number: int) -> str:
    """A case of somebody whose address is proved and on file, overdue, and the token of the link that follows it."""
    room, right = house.room, (Right.ACCESS, Right.ERASURE)[number % 2]
    address = identifier(IdentifierKind.EMAIL, f"bench{number}@example.com")
    received = now - timedelta(days=200)
    intake = Intake(
        rights=(right,),
        channel="web",
        received=received,
        language="th",
        identifiers=(address,),
        name=f"ผู้ทดสอบ ที่{number}",
    )
    [case] = room.register.open_request(intake, {right: house.policy.terms(right, received)})
    room.register.started(case.id)
    room.register.enter(case.id, State.RESOLVING)
    row = Candidate(system=SYSTEM, locator={"id": number}, addresses=(address,))
    room.vault.put_candidates(case.id, [row])
    _prove(house, case)
    letter = room.letters.queue(case.id, "L1", "letters/L1.pdf", "ab" * 32)
    link = room.deliveries.link(letter.id, address, (), expires=now + timedelta(days=90), proved=True)
    if link is None:
        raise AssertionError("a link went out before")
    return link.token


def _prove(house: House, case: Case) -> None:
    identity, [address] = house.room.identity, house.room.vault.own(case.id)
    challenge = identity.challenge(case.id, address)
    if challenge is None:
        raise AssertionError("a challenge went out before")
    identity.sent(challenge.id)
    identity.answer(challenge.token, challenge.code)


async def _to_decide(place: Place) -> str:
    """The reference of an erasure that the engine brought to its decision."""
    house, [email] = place.house, Population(place.crm).users(READS, 1)
    client = await connect(house)
    people = await People.at(house, client)
    async with AsyncExitStack() as stack:
        for worker in workers(house, client):
            await stack.enter_async_context(worker)
        reference = await people.ask(Right.ERASURE, email)
        await people.identify(email, reference)
        await people.until(reference, State.DECIDING)
    return reference


def _signed_in(house: House) -> str:
    """The cookie of an officer."""
    member, _ = house.room.staff.add("Bench", "officer")
    session = house.room.sessions.begin(member).session
    token = StaffTokens(house.ring).make("desk", Bearer(member, session), house.tools.clock.now())
    return f"sitthi-staff={token}"


@contextmanager
def _served(place: Place) -> Iterator[tuple[int, psutil.Process]]:
    """The portal as it runs in production, one process of `serve portal`: the port on which it answers, and itself."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    environment = {**place.installation.environment(), "SITTHI_PORTAL_PORT": str(port)}
    command = [sys.executable, "starter.py", "serve", "portal"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=quiet, stderr=quiet)
    try:
        _wait_for(process, port)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _UP_WITHIN
    while process.poll() is None and time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the portal does not come up")
