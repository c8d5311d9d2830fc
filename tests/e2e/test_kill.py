"""Worker, Temporal and PostgreSQL are killed at every step of an erasure; each effect is counted once.

The points come from a run that nobody disturbs, so a step that is added is covered by itself.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bootstrap import connect
from demo import check
from demo.scenarios import FORMER_CUSTOMER
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from tests.support.house import ROOT, Installation, fresh_company, hurried, install
from tests.support.people import People

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

SITES = 4
"""Installations that are disturbed side by side: most of a run is waiting until a death is noticed."""

BETWEEN_EFFECT_AND_RECEIPT = ("siamcrm.apply", "effects.intend", "effects.done")
NOT_A_STEP = "reconcile"


@dataclass
class Site:
    """Servers of its own, which may die, and an installation on them."""

    postgres: PostgresServer
    temporal: TemporalServer
    installation: Installation
    home: Path
    runs: Iterator[int]

    def start_worker(self, point: str, folder: Path) -> subprocess.Popen[bytes]:
        with (folder / "worker.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.support.pausing_worker", point, str(folder)],
                cwd=ROOT,
                env=self.installation.environment(),
                stdout=log,
                stderr=log,
            )


def kill_worker(site: Site, worker: subprocess.Popen[bytes], folder: Path) -> subprocess.Popen[bytes]:
    worker.kill()
    worker.wait()
    return site.start_worker("passed", folder)


def kill_temporal(site: Site, worker: subprocess.Popen[bytes], folder: Path) -> subprocess.Popen[bytes]:
    site.temporal.kill()
    site.temporal.start()
    (folder / "release").touch()
    return worker


def kill_postgres(site: Site, worker: subprocess.Popen[bytes], folder: Path) -> subprocess.Popen[bytes]:
    site.postgres.kill()
    site.postgres.start()
    (folder / "release").touch()
    return worker


Kill = Callable[[Site, "subprocess.Popen[bytes]", Path], "subprocess.Popen[bytes]"]


@dataclass(frozen=True)
class Counted:
    """What an erasure leaves behind, counted."""

    ending: Ending | None
    achieved: Counter[str]
    receipts: int
    letters: tuple[str, ...]
    mails: Counter[str]
    obligations: int
    wrongs: tuple[str, ...]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="sitthi-kill-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def sites(home: Path) -> Iterator[list[Site]]:
    made: list[Site] = []
    try:
        made.extend(_site(home / f"site-{number}") for number in range(SITES))
        yield made
    finally:
        for site in made:
            site.temporal.stop()
            site.postgres.stop()


def _site(home: Path) -> Site:
    home.mkdir(mode=0o711)
    postgres, temporal = PostgresServer(home / "postgres"), TemporalServer(home / "temporal")
    postgres.start()
    temporal.start()
    for role in ("sitthi_owner", "sitthi_app"):
        postgres.ensure_role(role)
    policy = hurried(cooling_hours=0.0005)
    made = install("killed", home / "var", postgres, temporal, policy=policy)
    return Site(postgres, temporal, made, home, itertools.count(1))


def erase(site: Site, point: str, kill: Kill | None) -> tuple[Counted, list[str]]:
    """One erasure of the former customer, disturbed at a point; what it left, and the points that it passed."""
    folder = site.home / f"run-{next(site.runs)}"
    folder.mkdir()
    worker = site.start_worker(point, folder)
    try:
        counted, worker = asyncio.run(_erase(site, folder, worker, kill))
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    return counted, (folder / "points").read_text("utf-8").split()


async def _erase(
    site: Site, folder: Path, worker: subprocess.Popen[bytes], kill: Kill | None
) -> tuple[Counted, subprocess.Popen[bytes]]:
    engine = fresh_company(site.installation)
    house = site.installation.house()
    owned = check.owned_rows(engine, FORMER_CUSTOMER)
    before = check.snapshot(engine)
    people = await People.at(house, await connect(house))
    killer = asyncio.create_task(_kill_at_marker(site, folder, worker, kill)) if kill else None

    async def tell() -> str:
        reference = await people.ask(Right.ERASURE, FORMER_CUSTOMER.email)
        await people.identify(FORMER_CUSTOMER.email, reference)
        await people.decide(reference)
        await people.until(reference, State.CLOSED)
        return reference

    reference = await tell()
    if killer:
        worker = await killer
    view = await people.closed(reference)
    after = check.snapshot(engine)
    engine.dispose()
    room, case = house.room, view.case.id
    receipts = room.effects.receipts(case)
    achieved: Counter[str] = Counter()
    for receipt in receipts:
        achieved.update({outcome.value: count for outcome, count in receipt.achieved.items()})
    room.audit.verify()
    letters = room.letters.of(case)
    assert all(letter.sent for letter in letters)
    counted = Counted(
        ending=view.ending,
        achieved=achieved,
        receipts=len(receipts),
        letters=tuple(sorted(letter.code for letter in letters)),
        mails=_mails(house.settings.mailbox or Path(), reference),
        obligations=len(room.obligations.of(case)),
        wrongs=tuple(check.wrongs([(FORMER_CUSTOMER, owned)], before, after)),
    )
    house.close()
    return counted, worker


async def _kill_at_marker(
    site: Site, folder: Path, worker: subprocess.Popen[bytes], kill: Kill
) -> subprocess.Popen[bytes]:
    deadline = time.monotonic() + 90
    while not (folder / "marker").exists():
        assert time.monotonic() < deadline, "the point was never reached"
        await asyncio.sleep(0.02)
    return await asyncio.to_thread(kill, site, worker, folder)


def _mails(mailbox: Path, reference: str) -> Counter[str]:
    """How many mails of each subject went out about a case."""
    import email
    from email import policy

    found: Counter[str] = Counter()
    for path in mailbox.glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        if reference in str(message["Subject"]):
            found[str(message["Subject"]).replace(reference, "")] += 1
    return found


@pytest.fixture(scope="module")
def undisturbed(sites: list[Site]) -> tuple[Counted, list[str]]:
    counted, points = erase(sites[0], "none", None)
    assert counted.ending is Ending.PARTIAL
    assert counted.wrongs == ()
    assert counted.obligations > 0
    return counted, points


def _steps(points: list[str], *, inner: bool) -> list[str]:
    """Every step's end; with `inner`, all that lies within steps too."""
    after = [point for point in points if point.endswith(":after") and not point.startswith(NOT_A_STEP)]
    wanted = dict.fromkeys(after)
    return [p for p in wanted if inner or "." not in p or p.split("#")[0] in BETWEEN_EFFECT_AND_RECEIPT]


def _differs(counted: Counted, expected: Counted) -> bool:
    if replace(counted, mails=expected.mails) != expected:
        return True
    # A challenge whose sending is in doubt is sent anew: the person may get one more, and the newest counts.
    more = sum(counted.mails.values()) - sum(expected.mails.values())
    return counted.mails.keys() != expected.mails.keys() or more not in {0, 1}


@pytest.mark.parametrize(
    ("kill", "inner"),
    [(kill_worker, True), (kill_temporal, False), (kill_postgres, False)],
    ids=["worker", "temporal", "postgres"],
)
def test_killed_at_every_step_each_effect_is_counted_once(
    sites: list[Site], undisturbed: tuple[Counted, list[str]], kill: Kill, inner: bool
) -> None:
    expected, points = undisturbed
    steps = _steps(points, inner=inner)
    assert len(steps) > 10
    free: queue.SimpleQueue[Site] = queue.SimpleQueue()
    for site in sites:
        free.put(site)

    def disturbed(point: str) -> Counted:
        site = free.get()
        try:
            return erase(site, point, kill)[0]
        finally:
            free.put(site)

    with ThreadPoolExecutor(SITES) as pool:
        counted = dict(zip(steps, pool.map(disturbed, steps), strict=True))
    assert {point: each for point, each in counted.items() if _differs(each, expected)} == {}
