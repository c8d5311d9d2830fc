"""Records the stored histories: one case a branch, on real servers of its own, with payloads in plain words.

    python -m tests.replay.record [NAME ...]

It takes two minutes. Until 1.0 a change of the spine records all of them anew with this command, and the diff
of the histories is read with the change; from 1.0 they stay, and the spine changes under `workflow.patched`.
Payloads are plain (no codec), so that a replay needs no key, and everybody can read that they hold references and
counts only; `test_replay.py` looks.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter

from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from security.redaction import configure_logging
from tests.replay import access_erasure, later, on_the_way, other_rights
from tests.replay.stage import DOWN, RECEIVER, Branches, Later, Stage
from tests.support.house import Installation, fresh_company, hurried, install
from tests.support.people import People
from tests.workflows.receiver import receiving
from worker import workers
from workflows.calls import CASES

HISTORIES = Path(__file__).parent / "histories"
BRANCHES: Branches = {**access_erasure.BRANCHES, **other_rights.BRANCHES, **on_the_way.BRANCHES}
LATER: Mapping[str, Later] = later.BRANCHES

_NOT_REPLAYED = frozenset(
    {
        *("identity", "stackTrace", "workerVersion", "userMetadata", "header", "requestId", "taskId"),
        *("retryPolicy", "scheduleToCloseTimeout", "scheduleToStartTimeout", "startToCloseTimeout"),
        *("heartbeatTimeout", "historySizeBytes", "meteringMetadata", "priority"),
    }
)
"""What a replay does not read: who worked and where, words for people, how activities are retried."""


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
            write(name, await _history(stage, name))
            print(name, flush=True)  # noqa: T201 - a command
    house.close()
    crm.dispose()


async def _history(stage: Stage, name: str) -> WorkflowHistory:
    if name in LATER:
        return await (await LATER[name](stage)).fetch_history()
    view = await stage.people.closed(await BRANCHES[name](stage))
    handle = stage.people.client.get_workflow_handle(view.case.id)
    await handle.result()
    return await handle.fetch_history()


@contextmanager
def installed() -> Iterator[Installation]:
    """Servers of its own, an installation on them, and another company that takes packages."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sitthi-record-")))
        home.chmod(0o711)  # as root PostgreSQL runs as nobody, who must be able to pass
        postgres = PostgresServer(home / "postgres", options={"fsync": "off"})
        temporal = TemporalServer(home / "temporal")
        for server in (postgres, temporal):
            server.start()
            stack.callback(server.stop)
        for role in ("sitthi_owner", "sitthi_app"):
            postgres.ensure_role(role)
        made = install("recorded", home / "var", postgres, temporal, policy=hurried(cooling_hours=24))
        there = stack.enter_context(receiving())
        assert made.settings.systems is not None
        told = yaml.safe_load(made.settings.systems.read_text("utf-8"))
        told["controllers"] = [
            {"name": RECEIVER, "url": there.url},
            {"name": DOWN, "url": "http://127.0.0.1:9/packages"},
        ]
        made.settings.systems.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
        yield made


def main() -> None:
    names = sys.argv[1:] or [*BRANCHES, *LATER]
    configure_logging("ERROR")
    with installed() as installation:
        asyncio.run(record(installation, names))


if __name__ == "__main__":
    main()
