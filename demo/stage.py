"""The demonstration: the company's database made anew, its staff, the acts played side by side, the check.

People do what people do: they read their mail and press a button on the portal; officers look, decide, and
confirm each other. Nothing reaches into the engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, create_engine

from bootstrap import House, connect, desk_of, make_package
from demo import at_vendors, check, check_vendors, company
from demo.acts import ACTS, Act, Way
from demo.at_vendors import Snapshot
from demo.elsewhere import ELSEWHERE
from demo.oracle import Rows
from demo.scene import Counts, Played, Scene
from demo.stack import CRM
from demo.staff import hire
from demo.vendors import Vendors
from domain.calendar import day_in_bangkok
from domain.errors import SitthiError
from domain.inspection import Scope
from domain.rights import Right
from exports.handover import CERTIFICATE

SIDE_BY_SIDE = 4


class Stage:
    """Plays the acts on a running stack."""

    def __init__(self, house: House, crm_url: str, vendors: Vendors, out: Path) -> None:
        self._house = house
        self._crm = crm_url
        self._vendors = vendors
        self._out = out

    def play(self) -> tuple[list[Played], list[str]]:
        """Play every act on a company made anew; returns them, and what a system has that it must not."""
        engine = create_engine(self._crm, hide_parameters=True)
        try:
            company.drop(engine)
            company.build(engine)
            self._vendors.renew()
            played = asyncio.run(self._play(engine))
            account(self._house, self._out, hire(self._house, self._out).officer)
            return played
        finally:
            engine.dispose()

    async def _play(self, engine: Engine) -> tuple[list[Played], list[str]]:
        owned = {act.who.key: check.owned_rows(engine, act.who) for act in ACTS if act.who.fates}
        owners = [
            (who, owned[who.key]) for who in {act.who.key: act.who for act in ACTS}.values() if who.fates
        ]
        changing = list({act.who.key: act.who for act in ACTS if act.who.becomes}.values())
        before, rows = check.snapshot(engine), check.rows_that_change(engine, changing)
        elsewhere = at_vendors.snapshot(self._vendors.where)
        desk = desk_of(self._house, await connect(self._house))
        staff = await asyncio.to_thread(hire, self._house, self._out)
        over = {act.key: asyncio.Event() for act in ACTS}
        places = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(act: Act) -> list[Played]:
            if act.after:
                await over[act.after].wait()
            async with places:
                # Only a plan of all that she asks first has every row of which her scenario tells the fate.
                planned = act.right is Right.ERASURE and act.way is Way.GRANTED
                wanted = _wanted(act, owned[act.who.key]) if planned else None
                scene = Scene(self._house, desk, staff, act, wanted, self._out, self._vendors, elsewhere)
                played = await scene.play()
            over[act.key].set()
            return played

        together = [act for act in ACTS if act.way is not Way.PARKED]
        try:
            async with asyncio.TaskGroup() as group:  # one act that fails ends the others, waiting or not
                tasks = [group.create_task(one(act)) for act in together]
        except* SitthiError as failed:
            raise _first(failed) from None
        played = [one for task in tasks for one in task.result()]
        # Alone: while Stripe takes no key nobody else's case could go on either.
        for act in ACTS:
            if act.way is Way.PARKED:
                played += await one(act)
        moved = check.wrongs(owners, before, check.snapshot(engine), rows.keys())
        moved += check.changes(engine, changing, rows)
        after = at_vendors.snapshot(self._vendors.where)
        everybody = {act.who.key: act.who for act in ACTS}.values()
        return played, moved + check_vendors.wrongs(everybody, elsewhere, after) + _certified(
            played, elsewhere, after
        )


def _wanted(act: Act, owned: Rows) -> Counts:
    """What the plan of an erasure must have, in every system; a tenant's contact is at none of the vendors."""
    here = check.expected_counts(act.who, owned, in_tenant=bool(act.tenant))
    wanted = {(CRM, table, outcome): count for (table, outcome), count in here.items()}
    return wanted | {
        (there.system, there.table, there.outcome): there.records for there in ELSEWHERE.get(act.who.key, ())
    }


def _certified(played: Sequence[Played], before: Snapshot, after: Snapshot) -> list[str]:
    return [
        f"{one.act.key}: {wrong}"
        for one in played
        for file in one.files
        if file.name == CERTIFICATE
        for wrong in check_vendors.certified(one.act.who, file, before, after)
    ]


def _first(failed: BaseExceptionGroup[SitthiError]) -> SitthiError:
    found = failed.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


def account(house: House, out: Path, officer: str) -> Path:
    """What the regulator would be given of the demonstration: a published head, and the audit export of this year."""
    today = day_in_bangkok(house.tools.clock.now())
    scope = Scope(since=date(today.year, 1, 1), until=today)
    house.publish.publish()
    export = house.room.exports.ask(scope, actor=officer, reason_code="demonstration")
    export = house.room.exports.begin(export.id, actor=officer)
    file = out / f"audit-export-{export.serial}.zip"
    make_package(house, export, file, actor=officer)
    return file
