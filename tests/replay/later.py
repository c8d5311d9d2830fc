"""What comes after a case, in workflows of its own: a restriction is lifted, what is owed comes due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import create_engine, text
from temporalio.client import WorkflowHandle

from domain.aftermath import Obligation, Owed
from domain.calendar import day_in_bangkok
from domain.rights import Right
from tests.replay.other_rights import ACCURACY
from tests.replay.stage import WHY, Later, Stage
from tests.workflows.company import WRITES
from workflows.calls import CASES
from workflows.incident import incident_id
from workflows.lift import lift_id
from workflows.publish import PUBLISH_ID, PublishHead
from workflows.release import RELEASE_ID, Release
from workflows.retention import RETENTION_ID, Retention
from workflows.tell_programs import TELL_ID, TellPrograms
from workflows.watch import WATCH_ID, Watch

Handle = WorkflowHandle[Any, Any]
_TWO_BILLS = "(select count(*) from invoices i where i.billed_user_id = u.id and i.status = 'paid') > 2"


async def _lift(stage: Stage) -> Handle:
    people = stage.people
    reference = await stage.decided(Right.RESTRICTION, stage.cast.user(WRITES), changes=ACCURACY)
    view = await people.closed(reference)
    await people.desk.lift(reference, actor=people.officer, reason=WHY)
    handle = people.client.get_workflow_handle(lift_id(view.case.id))
    await handle.result()
    return handle


async def _incident(stage: Stage) -> Handle:
    """Marketing went out after it was objected to."""
    people, who = stage.people, stage.cast.user(WRITES)
    reference = await people.ask(Right.OBJECTION, who.email, changes={"against": "marketing"})
    await people.prove(who.email, reference)
    view = await people.closed(reference)
    today = day_in_bangkok(stage.house.tools.clock.now())
    await people.desk.incident(reference, today, actor=people.officer, reason=WHY)
    handle = people.client.get_workflow_handle(incident_id(view.case.id, today.isoformat()))
    await handle.result()
    return handle


async def _release(stage: Stage) -> Handle:
    """Two obligations are due: one is met, the other still held. The pass goes on in another run."""
    reference = await stage.decided(Right.ERASURE, stage.cast.user(_TWO_BILLS))
    await stage.proceed(reference)
    view = await stage.people.closed(reference)
    owed = [one for one in stage.house.room.obligations.of(view.case.id) if one.kind == Owed.HELD]
    _age(stage, owed[0])
    for one in owed[:2]:
        _due(stage, one, day_in_bangkok(stage.house.tools.clock.now()))
    handle = await _pass(stage, RELEASE_ID)
    met = [stage.house.room.obligations.view(one.id).met for one in owed[:2]]
    assert met == [True, False], met
    return handle


async def _release_failed(stage: Stage) -> Handle:
    """A table is gone from the system: nothing can be judged, and an officer is asked to look."""
    reference = await stage.decided(Right.ERASURE, stage.cast.user(_TWO_BILLS))
    await stage.proceed(reference)
    view = await stage.people.closed(reference)
    [owed, *_] = [one for one in stage.house.room.obligations.of(view.case.id) if one.kind == Owed.HELD]
    _due(stage, owed, day_in_bangkok(stage.house.tools.clock.now()))
    stage.cast.run("alter table tickets rename to tickets_away")
    try:
        handle = await _pass(stage, f"{RELEASE_ID}-failed")
    finally:
        stage.cast.run("alter table tickets_away rename to tickets")
    assert "review-held-records" in stage.people.tasks(view)
    _due(stage, owed, owed.due_on)
    return handle


async def _nothing_due(stage: Stage) -> Handle:
    return await _pass(stage, f"{RELEASE_ID}-again")


async def _retention_waits(stage: Stage) -> Handle:
    """The first sweep of all is planned, and waits for the DPO."""
    handle = await _sweep(stage, RETENTION_ID)
    assert [one.waits for one in stage.house.room.sweeps.all()] == [True]
    return handle


async def _retention(stage: Stage) -> Handle:
    """Approved, it takes what is over in every system."""
    [sweep] = stage.house.room.sweeps.all()
    stage.house.room.sweeps.approve(sweep.id, actor=stage.people.approver, reason=WHY)
    handle = await _sweep(stage, f"{RETENTION_ID}-approved")
    assert stage.house.room.sweeps.view(sweep.id).erased
    return handle


async def _published(stage: Stage) -> Handle:
    """The head of the audit chain is signed and kept."""
    handle = await stage.people.client.start_workflow(PublishHead.run, id=PUBLISH_ID, task_queue=CASES)
    assert await handle.result() > 0
    return handle


async def _watched(stage: Stage) -> Handle:
    """Every system is looked over."""
    handle = await stage.people.client.start_workflow(Watch.run, id=WATCH_ID, task_queue=CASES)
    await handle.result()
    return handle


async def _told(stage: Stage) -> Handle:
    """What programs are to be told is sent; nobody subscribed."""
    handle = await stage.people.client.start_workflow(TellPrograms.run, id=TELL_ID, task_queue=CASES)
    await handle.result()
    return handle


async def _pass(stage: Stage, name: str) -> Handle:
    client = stage.people.client
    started = await client.start_workflow(Release.run, "", id=name, task_queue=CASES)
    await started.result()
    return client.get_workflow_handle(name, run_id=started.first_execution_run_id)


async def _sweep(stage: Stage, name: str) -> Handle:
    client = stage.people.client
    started = await client.start_workflow(Retention.run, id=name, task_queue=CASES)
    await started.result()
    return client.get_workflow_handle(name, run_id=started.first_execution_run_id)


def _age(stage: Stage, owed: Obligation) -> None:
    """The documents are of ten years ago: no law keeps them any more."""
    items = stage.house.room.obligations.items(owed.id)
    for number in {item.locator["id"] for item in items if item.found.table == "invoices"}:
        stage.cast.run(
            "update invoices set issued_on = '2014-03-01', due_on = '2014-03-31', vat_filed_on = '2014-04-15'"
            " where id = :id",
            id=number,
        )
        stage.cast.run("update payments set paid_on = '2014-03-04' where invoice_id = :id", id=number)


def _due(stage: Stage, owed: Obligation, on: date) -> None:
    address = stage.house.settings.database_url
    assert address is not None
    engine = create_engine(address.get_secret_value())
    with engine.begin() as connection:
        connection.execute(
            text("update obligations set due_on = :on where id = :id"), {"on": on, "id": owed.id}
        )
    engine.dispose()


BRANCHES: Mapping[str, Later] = {
    "lift": _lift,
    "incident": _incident,
    "release-met-and-held": _release,
    "release-failed": _release_failed,
    "release-nothing-due": _nothing_due,
    "retention-waits": _retention_waits,
    "retention-swept": _retention,
    "publish-head": _published,
    "watch": _watched,
    "tell-programs": _told,
}
