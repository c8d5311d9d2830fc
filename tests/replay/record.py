"""Records the stored histories: one case a branch, on real servers of its own, with payloads in plain words.

    python -m tests.replay.record [NAME ...]

It takes half a minute. Until 1.0 a change of the spine records all of them anew with this command, and the diff
of the histories is read with the change; from 1.0 they stay, and the spine changes under `workflow.patched`.
Payloads are plain (no codec), so that a replay needs no key, and everybody can read that they hold references and
counts only; `test_replay.py` looks.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter

from bootstrap import House
from demo import scenarios
from domain.case import Retime
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from security.redaction import configure_logging
from tests.support.house import Installation, fresh_company, hurried, install
from tests.support.people import People
from worker import workers
from workflows.calls import CASES

HISTORIES = Path(__file__).parent / "histories"
SYSTEM = "siamcrm"
LONG_AGO = timedelta(days=40)

_NOT_REPLAYED = frozenset(
    {
        *("identity", "stackTrace", "workerVersion", "userMetadata", "header", "requestId", "taskId"),
        *("retryPolicy", "scheduleToCloseTimeout", "scheduleToStartTimeout", "startToCloseTimeout"),
        *("heartbeatTimeout", "historySizeBytes", "meteringMetadata", "priority"),
    }
)
"""What a replay does not read: who worked and where, words for people, how activities are retried."""


@dataclass(frozen=True)
class Stage:
    """Where the branches play."""

    people: People
    house: House
    crm: Engine

    async def decided(self, right: Right, who: scenarios.Scenario) -> str:
        reference = await self.to_decision(right, who)
        await self.people.decide(reference)
        return reference

    async def to_decision(self, right: Right, who: scenarios.Scenario, *, tenant: str = "") -> str:
        reference = await self.people.ask(right, who.email, tenant=tenant)
        await self.people.identify(who.email, reference)
        await self.people.until(reference, State.DECIDING)
        return reference

    async def proceed(self, reference: str) -> None:
        await self.people.until(reference, State.COOLING)
        await self.people.desk.call_off(reference, proceed=True)

    async def parked(self, reference: str) -> CaseView:
        return await self.people.seen(reference, lambda view: bool(view.parked))

    @contextmanager
    def without(self, table: str) -> Iterator[None]:
        """The company's database cannot do its part meanwhile."""
        self._alter(f"alter table {table} rename to {table}_away")
        try:
            yield
        finally:
            self._alter(f"alter table {table}_away rename to {table}")

    def _alter(self, statement: str) -> None:
        with self.crm.begin() as connection:
            connection.execute(text(statement))


Branch = Callable[[Stage], Awaitable[str]]


async def _access_fulfilled(stage: Stage) -> str:
    return await stage.decided(Right.ACCESS, scenarios.SHARED_ADDRESS_OTHER)


async def _access_chosen(stage: Stage) -> str:
    who, people = scenarios.SAME_EMAIL, stage.people
    reference = await people.ask(Right.ACCESS, who.email)
    await people.until(reference, State.CHOOSING)
    await people.desk.choose(reference, 2, actor=people.officer, reason="named the shop")
    await people.identify(who.email, reference)
    await people.decide(reference)
    return reference


async def _access_no_data(stage: Stage) -> str:
    who = scenarios.UNKNOWN
    reference = await stage.people.ask(Right.ACCESS, who.email)
    await stage.people.prove(who.email, reference)
    return reference


async def _access_unverified(stage: Stage) -> str:
    """Came by post long ago: the promised day is over, which the clock tells."""
    received = stage.house.tools.clock.now() - LONG_AGO
    return await stage.people.ask(Right.ACCESS, scenarios.LEAD.email, received=received)


async def _access_not_controller(stage: Stage) -> str:
    reference = await stage.to_decision(Right.ACCESS, scenarios.TENANT_CONTACT, tenant="kadluang")
    await stage.people.decide(reference)
    return reference


async def _access_left_out(stage: Stage) -> str:
    people = stage.people
    reference = await stage.to_decision(Right.ACCESS, scenarios.LEAD)
    with stage.without("notes"):
        await people.decide(reference)
        await stage.parked(reference)
        await people.desk.repair(
            reference, SYSTEM, retry=False, ground="R30-LAW", actor=people.officer, reason="it stays away"
        )
        await people.closed(reference)
    return reference


async def _erasure_proceeded(stage: Stage) -> str:
    reference = await stage.decided(Right.ERASURE, scenarios.FORMER_CUSTOMER)
    await stage.proceed(reference)
    return reference


async def _erasure_called_off(stage: Stage) -> str:
    reference = await stage.decided(Right.ERASURE, scenarios.BOTH_ROLES)
    await stage.people.until(reference, State.COOLING)
    await stage.people.desk.call_off(reference, proceed=False)
    return reference


async def _erasure_refused(stage: Stage) -> str:
    reference = await stage.to_decision(Right.ERASURE, scenarios.ACTIVE_CUSTOMER)
    await stage.people.decide(reference, approved=False, ground="NG-33-1")
    return reference


async def _erasure_repaired(stage: Stage) -> str:
    people = stage.people
    reference = await stage.decided(Right.ERASURE, scenarios.LEAD)
    with stage.without("notes"):
        await stage.proceed(reference)
        await stage.parked(reference)
    await people.desk.repair(reference, SYSTEM, retry=True, actor=people.officer, reason="table is back")
    return reference


async def _erasure_leftover(stage: Stage) -> str:
    """A row that came after the plan is decided on by its own, supplementary decision."""
    who, people = scenarios.SHARED_ADDRESS, stage.people
    reference = await stage.decided(Right.ERASURE, who)
    await people.until(reference, State.COOLING)
    with stage.crm.begin() as connection:
        connection.execute(
            text(
                "insert into page_views (user_id, path, feature, duration_ms, ip_address, browser,"
                " operating_system, viewed_at) values (:id, '/x', 'x', 1, '192.0.2.1', 'b', 'o', now())"
            ),
            {"id": who.user_ids[0]},
        )
    await stage.proceed(reference)
    await stage.parked(reference)
    await people.desk.repair(reference, SYSTEM, retry=True, actor=people.officer, reason="look again")
    await people.decide(reference)
    await stage.proceed(reference)
    return reference


async def _erasure_retimed_and_cancelled(stage: Stage) -> str:
    people = stage.people
    reference = await stage.to_decision(Right.ERASURE, scenarios.BOTH_ROLES)
    case = stage.house.room.register.view(reference).case
    later = case.terms.model_copy(
        update={"version": case.terms.version + 1, "due": case.terms.due + timedelta(days=5)}
    )
    await people.client.get_workflow_handle(case.id).execute_update("retime", Retime(terms=later))
    await people.desk.cancel(reference, actor=people.officer, reason="entered twice")
    return reference


async def _erasure_withdrawn(stage: Stage) -> str:
    reference = await stage.to_decision(Right.ERASURE, scenarios.BOTH_ROLES)
    await stage.people.desk.withdraw(reference)
    return reference


BRANCHES: Mapping[str, Branch] = {
    "access-fulfilled": _access_fulfilled,
    "access-chosen": _access_chosen,
    "access-no-data": _access_no_data,
    "access-unverified": _access_unverified,
    "access-not-controller": _access_not_controller,
    "access-left-out": _access_left_out,
    "erasure-called-off": _erasure_called_off,
    "erasure-retimed-and-cancelled": _erasure_retimed_and_cancelled,
    "erasure-withdrawn": _erasure_withdrawn,
    "erasure-refused": _erasure_refused,
    "erasure-proceeded": _erasure_proceeded,
    "erasure-leftover": _erasure_leftover,
    "erasure-repaired": _erasure_repaired,
}
"""By file name; in this order, as an erasure leaves nothing for the next."""


def read(name: str) -> WorkflowHistory:
    """A stored history."""
    told = json.loads((HISTORIES / f"{name}.json").read_text("utf-8"))
    return WorkflowHistory.from_json(told["workflow_id"], {"events": told["events"]})


def write(name: str, history: WorkflowHistory) -> None:
    """Store what a replay needs, an event a line."""
    events = [json.dumps(_trimmed(event), sort_keys=True) for event in history.to_json_dict()["events"]]
    head = f'{{"workflow_id": {json.dumps(history.workflow_id)}, "events": [\n'
    (HISTORIES / f"{name}.json").write_text(head + ",\n".join(events) + "\n]}\n", "utf-8")


def _trimmed(value: Any) -> Any:
    match value:
        case dict():
            if "normalName" in value:  # a sticky queue is named after a process and its machine
                return {"name": CASES}
            return {key: _trimmed(it) for key, it in value.items() if key not in _NOT_REPLAYED}
        case list():
            return [_trimmed(it) for it in value]
        case _:
            return value


async def record(installation: Installation, names: list[str]) -> None:
    """Play the branches and store what became of them."""
    crm = fresh_company(installation)
    house = installation.house()
    settings = installation.settings
    client = await Client.connect(settings.temporal_address or "", data_converter=pydantic_data_converter)
    async with AsyncExitStack() as stack:
        for worker in workers(house, client):
            await stack.enter_async_context(worker)
        stage = Stage(await People.at(house, client), house, crm)
        for name in names:
            reference = await BRANCHES[name](stage)
            view = await stage.people.closed(reference)
            handle = client.get_workflow_handle(view.case.id)
            await handle.result()
            write(name, await handle.fetch_history())
            print(f"{name}: {view.ending}", flush=True)  # noqa: T201 - a command
    house.close()
    crm.dispose()


def main() -> None:
    names = sys.argv[1:] or list(BRANCHES)
    configure_logging("ERROR")
    with tempfile.TemporaryDirectory(prefix="sitthi-record-") as temporary:
        home = Path(temporary)
        home.chmod(0o711)  # as root PostgreSQL runs as nobody, who must be able to pass
        postgres = PostgresServer(home / "postgres", options={"fsync": "off"})
        temporal = TemporalServer(home / "temporal")
        try:
            postgres.start()
            temporal.start()
            for role in ("sitthi_owner", "sitthi_app"):
                postgres.ensure_role(role)
            installation = install(
                "recorded", home / "var", postgres, temporal, policy=hurried(cooling_hours=24)
            )
            asyncio.run(record(installation, names))
        finally:
            temporal.stop()
            postgres.stop()


if __name__ == "__main__":
    main()
