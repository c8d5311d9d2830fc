"""A start or a decision that was lost on its way to Temporal is mended by the sweep."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from activities.reconcile import Reconcile
from bootstrap import House
from demo import scenarios
from domain.events import Event
from domain.outcomes import Ending
from domain.ports import Proposal
from domain.rights import Right
from domain.states import State
from tests.support.house import ROOT, Installation, events_of
from tests.support.people import People
from workflows.calls import CASES
from workflows.reconcile import RECONCILE_ID
from workflows.reconcile import Reconcile as Sweep

pytestmark = pytest.mark.slow


def sweep(house: House, people: People) -> Reconcile:
    tools = house.tools
    return Reconcile(
        tools.register,
        tools.plans,
        tools.plan_edits,
        people.desk,
        tools.clock,
        tools.errands,
        (),
        timedelta(0),
    )


async def test_cases_of_a_killed_process_are_started(
    installation: Installation, house: House, people: People
) -> None:
    await sweep(house, people).reconcile()  # what other tests left behind
    known = {view.case.id for view in house.room.register.views()}
    died = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.support.killed_opening", "lost.start@example.net"],
        cwd=ROOT,
        env=installation.environment(),
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    lost = [view for view in house.room.register.views() if view.case.id not in known]
    assert len(lost) == 2
    assert not any(view.started for view in lost)

    assert await sweep(house, people).reconcile() == 2
    for view in lost:
        # The erasure of the two waits for the access.
        step = State.WAITING if view.case.right is Right.ERASURE else State.VERIFYING
        seen = await people.until(view.case.reference, step)
        assert seen.started
        assert Event.CASE_START_RECOVERED in events_of(installation, view.case.id)
        await people.desk.withdraw(view.case.reference)
        assert (await people.closed(view.case.reference)).ending is Ending.WITHDRAWN
    assert await sweep(house, people).reconcile() == 0


async def test_a_decision_that_never_arrived_is_told_again(house: House, people: People) -> None:
    email = scenarios.SHARED_ADDRESS_OTHER.email
    reference = await people.ask(Right.ACCESS, email)
    await people.identify(email, reference)
    view = await people.until(reference, State.DECIDING)
    plan = house.room.plans.summary(view.case.id)
    proposal = Proposal(digest=plan.digest, approved=True, actor=people.officer, reason="read")
    assert house.room.plans.propose(view.case.id, proposal, confirm=False) is not None
    assert (await people.until(reference, State.DECIDING)).state is State.DECIDING
    assert await sweep(house, people).reconcile() == 1
    assert (await people.closed(reference)).ending is Ending.FULFILLED


async def test_the_sweep_runs_as_a_workflow(people: People) -> None:
    mended: int = await people.client.execute_workflow(
        Sweep.run, id=f"{RECONCILE_ID}-by-hand", task_queue=CASES
    )
    assert mended == 0
