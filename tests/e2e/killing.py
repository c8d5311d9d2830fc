"""Killing what a case runs on, at a named point; and counting what the case left behind all the same."""

from __future__ import annotations

import asyncio
import email
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, fields
from email import policy as mail_policy
from multiprocessing.process import BaseProcess
from operator import eq
from pathlib import Path

import psycopg
import yaml

from bootstrap import House, connect
from demo import check
from domain.case import Case
from domain.outcomes import Ending
from domain.ports import CaseView
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from tests.e2e.stories import RECEIVER, Story, play
from tests.support import pausing_worker
from tests.support.house import Installation, fresh_company, hurried, install
from tests.support.people import People
from tests.workflows.receiver import Receiver

WITHIN = 240.0
"""Seconds that a disturbed story may take; a death is noticed within ten."""
_REGISTER, _CRM, _KEPT = "killed", "killed_crm", "killed_crm_kept"
_NOT_A_STEP = ("reconcile", "due")
"""What schedules do by themselves, at times that no test chooses."""

_EFFECTS = (
    *("siamcrm.apply", "siamcrm.stop", "effects.intend", "effects.done"),
    *("blocks.place", "blocks.lift", "register.open_linked", "transfers.send"),
)
"""What lies between an effect and its receipt."""


class NeverReachedError(AssertionError):
    """The story was over before its point came."""


@dataclass
class Site:
    """Servers of its own, which may die, and an installation on them."""

    postgres: PostgresServer
    temporal: TemporalServer
    installation: Installation
    receiver: Receiver
    home: Path
    runs: Iterator[int]

    def start_worker(self, point: str, folder: Path) -> BaseProcess:
        return pausing_worker.start(point, folder, self.installation.environment())

    def renew(self) -> None:
        """The company's database as it was made, from a copy, and an empty mailbox, as who reads it reads all of it."""
        for mail in (self.installation.settings.mailbox or Path()).glob("*.eml"):
            mail.unlink()
        with psycopg.connect(self.postgres.url().replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"drop database {_CRM} with (force)")
            connection.execute(f"create database {_CRM} template {_KEPT} owner {_CRM}")
        # The rows are new, and so none of them is blocked by a case of an earlier run.
        register = self.postgres.url(_REGISTER).replace("+psycopg", "")
        with psycopg.connect(register, autocommit=True) as connection:
            connection.execute("update blocks set lifted = now() where lifted is null")

    def stop(self) -> None:
        self.temporal.stop()
        self.postgres.stop()


def open_site(home: Path, receiver: Receiver) -> Site:
    """Start servers and install on them; the company is made once, and kept."""
    home.mkdir(mode=0o711)
    # What a killed server had written stays with the machine, which lives on.
    postgres = PostgresServer(home / "postgres", options={"fsync": "off"})
    temporal = TemporalServer(home / "temporal")
    postgres.start()
    temporal.start()
    for role in ("sitthi_owner", "sitthi_app"):
        postgres.ensure_role(role)
    # A death is noticed after longer than a hurried policy offers a package for: that needs its hour.
    hasty = hurried(cooling_hours=0.0005, sending_hours=1)
    made = install(_REGISTER, home / "var", postgres, temporal, policy=hasty)
    assert made.settings.systems is not None
    told = yaml.safe_load(made.settings.systems.read_text("utf-8"))
    told["controllers"] = [{"name": RECEIVER, "url": receiver.url}]
    made.settings.systems.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    fresh_company(made).dispose()
    with psycopg.connect(postgres.url().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"create database {_KEPT} template {_CRM} owner {_CRM}")
    return Site(postgres, temporal, made, receiver, home, itertools.count(1))


Kill = Callable[[Site, BaseProcess, Path], BaseProcess]


def kill_worker(site: Site, worker: BaseProcess, folder: Path) -> BaseProcess:
    worker.kill()
    worker.join()
    return site.start_worker("passed", folder)


def kill_temporal(site: Site, worker: BaseProcess, folder: Path) -> BaseProcess:
    site.temporal.kill()
    site.temporal.start()
    (folder / "release").touch()
    return worker


def kill_postgres(site: Site, worker: BaseProcess, folder: Path) -> BaseProcess:
    site.postgres.kill()
    site.postgres.start()
    (folder / "release").touch()
    return worker


@dataclass(frozen=True)
class Left:
    """What one case leaves behind, counted."""

    right: str
    ending: Ending | None
    achieved: Counter[str]
    receipts: int
    letters: Counter[str]
    mails: Counter[str]
    obligations: Counter[tuple[str, str, str, bool]]
    tasks: Counter[tuple[str, str]]
    links: Counter[str]
    blocked: int
    freed: int


@dataclass(frozen=True)
class Counted:
    """What a story leaves behind: its cases, what another company was sent, what the company's rows are not as told."""

    cases: tuple[Left, ...]
    sent: Counter[str]
    wrongs: tuple[str, ...]


def disturbed(site: Site, story: Story, point: str, kill: Kill | None) -> tuple[Counted, list[str]]:
    """One story, disturbed at a point; what it left, and the points that it passed."""
    folder = site.home / f"run-{next(site.runs)}"
    folder.mkdir()
    site.renew()
    worker = [site.start_worker(point, folder)]
    try:
        counted = asyncio.run(_played(site, story, folder, worker, kill))
    finally:
        worker[0].kill()
        worker[0].join()
    return counted, (folder / "points").read_text("utf-8").split()


async def _played(
    site: Site, story: Story, folder: Path, worker: list[BaseProcess], kill: Kill | None
) -> Counted:
    with ExitStack() as stack:
        engine, house = site.installation.engine(), site.installation.house()
        stack.callback(engine.dispose)
        stack.callback(house.close)
        owners = [(story.who, check.owned_rows(engine, story.who))] if story.who.fates else []
        before, rows = check.snapshot(engine), check.rows_that_change(engine, [story.who])
        site.receiver.kept.clear()
        people = await People.at(house, await connect(house))
        killer = asyncio.create_task(_kill_at_marker(site, folder, worker, kill)) if kill else None
        async with asyncio.timeout(WITHIN):
            views = await play(people, story)
            await asyncio.sleep(1)  # the last step's end, which nobody waits for
            if killer:
                if not (folder / "marker").exists():
                    killer.cancel()
                    raise NeverReachedError
                await killer
                views = tuple([await people.until(view.case.reference, view.state) for view in views])
        wrongs = check.wrongs(owners, before, check.snapshot(engine), rows.keys())
        wrongs += check.changes(engine, [story.who], rows)
        house.room.audit.verify()
        return Counted(
            cases=tuple(_left(site, house, view) for view in views),
            sent=_sent(site.receiver, [view.case for view in views]),
            wrongs=tuple(wrongs),
        )


async def _kill_at_marker(site: Site, folder: Path, worker: list[BaseProcess], kill: Kill) -> None:
    for _ in range(int(WITHIN / 0.02)):
        if (folder / "marker").exists():
            break
        await asyncio.sleep(0.02)
    worker[0] = await asyncio.to_thread(kill, site, worker[0], folder)


def _left(site: Site, house: House, view: CaseView) -> Left:
    room, case = house.room, view.case.id
    receipts, letters = room.effects.receipts(case), room.letters.of(case)
    achieved: Counter[str] = Counter()
    for receipt in receipts:
        achieved.update({outcome.value: count for outcome, count in receipt.achieved.items()})
    assert all(letter.sent for letter in letters if not letter.code.startswith(("L10", "L11")))
    [(blocked, freed)] = _asked(
        house, "select count(*) filter (where lifted is null), count(lifted) from blocks", case
    )
    return Left(
        right=view.case.right,
        ending=view.ending,
        achieved=achieved,
        receipts=len(receipts),
        letters=Counter(letter.code for letter in letters),
        mails=_mails(house.settings.mailbox or Path(), view.case.reference),
        obligations=Counter(
            (str(owed.kind), owed.system, owed.code, owed.met) for owed in room.obligations.of(case)
        ),
        tasks=Counter((task.code, task.system) for task in room.tasks.of(case, open_only=False)),
        links=Counter(f"{link.relation} {link.backwards}" for link in room.register.links(case)),
        blocked=blocked,
        freed=freed,
    )


def _asked(house: House, question: str, case: str) -> list[tuple[int, int]]:
    address = house.settings.database_url
    assert address is not None
    with psycopg.connect(address.get_secret_value().replace("+psycopg", "")) as connection:
        return connection.execute(f"{question} where case_id = %s", (case,)).fetchall()


def _sent(receiver: Receiver, cases: list[Case]) -> Counter[str]:
    """How many packages came for each case: the receiver tells a repetition by its key, so its content must be one."""
    assert all(len(set(bodies)) == 1 for bodies in receiver.kept.values())
    return Counter(case.right for key in receiver.kept for case in cases if key.startswith(case.id))


def _mails(mailbox: Path, reference: str) -> Counter[str]:
    """How many mails of each subject went out about a case."""
    found: Counter[str] = Counter()
    for path in mailbox.glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=mail_policy.default)
        if reference in str(message["Subject"]):
            found[str(message["Subject"]).replace(reference, "")] += 1
    return found


def steps_of(points: list[str], *, inner: bool) -> list[str]:
    """Every step's end; with `inner`, all that lies within steps too."""
    after = [point for point in points if point.endswith(":after") and not point.startswith(_NOT_A_STEP)]
    return [p for p in dict.fromkeys(after) if inner or "." not in p or place_of(p) in _EFFECTS]


def place_of(point: str) -> str:
    """Which step, or which part of one, however often it was passed before."""
    return point.partition("#")[0]


def differences(counted: Counted, expected: Counted) -> list[str]:
    """What was lost or done twice, a line each."""
    found = [f"{len(counted.cases)} cases"] if len(counted.cases) != len(expected.cases) else []
    pairs: list[tuple[Counted | Left, Counted | Left]] = [(counted, expected)]
    for one, other in [*pairs, *zip(counted.cases, expected.cases, strict=False)]:
        for field in fields(one):
            now, then = getattr(one, field.name), getattr(other, field.name)
            if field.name != "cases" and not (_mails_alike if field.name == "mails" else eq)(now, then):
                found.append(f"{field.name}: {now}, not {then}")
    return found


def _mails_alike(mails: Counter[str], expected: Counter[str]) -> bool:
    # A challenge whose sending is in doubt is sent anew: the person may get one more, and the newest counts.
    return mails.keys() == expected.keys() and mails.total() - expected.total() in {0, 1}
