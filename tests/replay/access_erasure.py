"""Access and erasure: found or not, decided or not, called off, parked, left over, late."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from demo import scenarios
from domain.case import Retime
from domain.rights import Right
from domain.states import State
from tests.replay.stage import WHY, Branches, Stage

LONG_AGO = timedelta(days=40)


async def _access_fulfilled(stage: Stage) -> str:
    return await stage.decided(Right.ACCESS, scenarios.SHARED_ADDRESS_OTHER)


async def _access_chosen(stage: Stage) -> str:
    who, people = scenarios.SAME_EMAIL, stage.people
    reference = await people.ask(Right.ACCESS, who.email)
    await people.until(reference, State.CHOOSING)
    await people.desk.choose(reference, 2, actor=people.officer, reason=WHY)
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
        await stage.repaired(reference, ground="R30-LAW")
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
    reference = await stage.decided(Right.ERASURE, scenarios.LEAD)
    with stage.without("notes"):
        await stage.proceed(reference)
        await stage.parked(reference)
    await stage.repaired(reference)
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
    await stage.repaired(reference)
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
    await people.stop(reference, ground="EX-CLAIM")
    return reference


async def _erasure_stopped(stage: Stage) -> str:
    reference = await stage.to_decision(Right.ERASURE, scenarios.BOTH_ROLES)
    await stage.people.stop(reference)
    return reference


async def _erasure_withdrawn(stage: Stage) -> str:
    reference = await stage.to_decision(Right.ERASURE, scenarios.BOTH_ROLES)
    await stage.people.desk.withdraw(reference)
    return reference


BRANCHES: Branches = {
    "access-fulfilled": _access_fulfilled,
    "access-chosen": _access_chosen,
    "access-no-data": _access_no_data,
    "access-unverified": _access_unverified,
    "access-not-controller": _access_not_controller,
    "access-left-out": _access_left_out,
    "erasure-called-off": _erasure_called_off,
    "erasure-retimed-and-cancelled": _erasure_retimed_and_cancelled,
    "erasure-stopped": _erasure_stopped,
    "erasure-withdrawn": _erasure_withdrawn,
    "erasure-refused": _erasure_refused,
    "erasure-proceeded": _erasure_proceeded,
    "erasure-leftover": _erasure_leftover,
    "erasure-repaired": _erasure_repaired,
}
"""By file name; in this order, as an erasure leaves nothing for the next."""
