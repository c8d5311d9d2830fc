"""A request that came over the network is told to a program, by the worker's own pass."""

from __future__ import annotations

import json

import pytest

from bootstrap import House
from domain.rights import Right
from domain.webhooks import Told
from tests.support.people import People
from tests.support.told import listening
from workflows.calls import CASES
from workflows.tell_programs import TELL_ID, TellPrograms

pytestmark = pytest.mark.slow


async def test_the_pass_tells_what_happened(house: House, people: People) -> None:
    with listening() as program:
        hook, _ = house.room.webhooks.add(program.url, (Told.OPENED,), actor="S-1")
        reference = await people.ask(Right.ACCESS, "somebody.new@example.net")
        handle = await people.client.start_workflow(TellPrograms.run, id=TELL_ID, task_queue=CASES)
        assert await handle.result() == 1
        [(_, body)] = program.got
        house.room.webhooks.revoke(hook, actor="S-1")
    assert json.loads(body)["data"]["reference"] == reference
    assert b"somebody.new" not in body
    await people.desk.withdraw(reference)
