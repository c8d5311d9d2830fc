"""Portability, objection, restriction, rectification and withdrawal: granted, refused, nothing to act on, parked."""

from __future__ import annotations

from activities.stop import EVERYWHERE
from demo import scenarios
from domain.identifiers import IdentifierKind, identifier
from domain.links import Relation
from domain.rights import Right
from domain.states import State
from tests.replay.access_erasure import LONG_AGO
from tests.replay.stage import DOWN, RECEIVER, WHY, Branches, Stage
from tests.support.marked import THAI
from tests.workflows.company import ANSWERS_SURVEYS, CONSENTED_TO_NOTHING, PAYS, READS, WRITES

MARKETING, INTEREST = {"against": "marketing"}, {"against": "interest"}
ACCURACY = {"because": "accuracy"}


async def _portability_taken_along(stage: Stage) -> str:
    return await stage.decided(Right.PORTABILITY, stage.cast.user(READS))


async def _portability_sent_on(stage: Stage) -> str:
    who = stage.cast.user(PAYS)
    return await stage.decided(Right.PORTABILITY, who, changes={"transfer-to": RECEIVER})


async def _portability_not_possible(stage: Stage) -> str:
    return await stage.decided(Right.PORTABILITY, stage.cast.user(), changes={"transfer-to": "nobody"})


async def _portability_not_reached(stage: Stage) -> str:
    return await stage.decided(Right.PORTABILITY, stage.cast.user(), changes={"transfer-to": DOWN})


async def _objection_marketing(stage: Stage) -> str:
    who = stage.cast.user(READS)
    reference = await stage.people.ask(Right.OBJECTION, who.email, changes=MARKETING)
    await stage.people.prove(who.email, reference)
    return reference


async def _objection_parked(stage: Stage) -> str:
    """Nobody may leave the stop of marketing out: it waits until it can be done."""
    who = stage.cast.user()
    with stage.without("email_suppressions"):
        reference = await stage.people.ask(Right.OBJECTION, who.email, changes=MARKETING)
        await stage.parked(reference)
    await stage.repaired(reference)
    await stage.people.prove(who.email, reference)
    return reference


async def _asked_with_a_phone(stage: Stage) -> str:
    """No list takes telephone numbers: people see to it that nobody calls."""
    phone = identifier(IdentifierKind.PHONE, "069-000-0001")
    reference = await stage.people.ask(
        Right.OBJECTION, stage.cast.user().email, changes=MARKETING, also=(phone,)
    )
    await stage.parked(reference)
    return reference


async def _objection_stopped_by_hand(stage: Stage) -> str:
    reference = await _asked_with_a_phone(stage)
    await stage.repaired(reference, system=EVERYWHERE)
    await stage.people.vouch(reference)
    return reference


async def _objection_withdrawn(stage: Stage) -> str:
    """Taken back before it stopped everywhere: what is left of that is left to people."""
    reference = await _asked_with_a_phone(stage)
    await stage.people.until(reference, State.VERIFYING)
    await stage.people.desk.withdraw(reference)
    return reference


async def _objection_stopped(stage: Stage) -> str:
    return await stage.decided(Right.OBJECTION, stage.cast.user(READS), changes=INTEREST)


async def _objection_refused(stage: Stage) -> str:
    return await stage.refused(Right.OBJECTION, stage.cast.user(READS), "R32-COMPEL", changes=INTEREST)


async def _objection_partly_refused(stage: Stage) -> str:
    both = {"against": "marketing,interest"}
    return await stage.refused(Right.OBJECTION, stage.cast.user(READS), "R32-COMPEL", changes=both)


async def _objection_unverified(stage: Stage) -> str:
    """Suspended at once, and free again, as nobody ever said who they are."""
    received = stage.house.tools.clock.now() - LONG_AGO
    return await stage.people.ask(
        Right.OBJECTION, stage.cast.user(READS).email, changes=INTEREST, received=received
    )


async def _objection_unknown(stage: Stage) -> str:
    who = scenarios.UNKNOWN
    reference = await stage.people.ask(Right.OBJECTION, who.email, changes=INTEREST)
    await stage.people.prove(who.email, reference)
    return reference


async def _restriction_approved(stage: Stage) -> str:
    return await stage.decided(Right.RESTRICTION, stage.cast.user(WRITES), changes=ACCURACY)


async def _restriction_refused(stage: Stage) -> str:
    return await stage.refused(Right.RESTRICTION, stage.cast.user(WRITES), "NG-34-1", changes=ACCURACY)


async def _rectification_corrected(stage: Stage) -> str:
    who = stage.cast.user(PAYS, WRITES)
    return await stage.decided(Right.RECTIFICATION, who, changes={"name-th": WHY, "name-en": WHY})


async def _rectification_refused(stage: Stage) -> str:
    who = stage.cast.user(WRITES)
    return await stage.refused(Right.RECTIFICATION, who, "R36-ACCURATE", changes={"name-th": WHY})


async def _rectification_left_out(stage: Stage) -> str:
    """A value that its column does not hold: parked, and left out on a ground."""
    reference = await stage.decided(Right.RECTIFICATION, stage.cast.user(), changes={"phone": THAI * 9})
    await stage.repaired(reference, ground="R36-ACCURATE")
    return reference


async def _withdrawal_followed(stage: Stage) -> str:
    who = stage.cast.user(PAYS, ANSWERS_SURVEYS)
    reference = await stage.people.ask(Right.WITHDRAWAL, who.email)
    await stage.people.prove(who.email, reference)
    return reference


async def _withdrawal_nothing_due(stage: Stage) -> str:
    who = stage.cast.user(CONSENTED_TO_NOTHING)
    reference = await stage.people.ask(Right.WITHDRAWAL, who.email, changes={"purpose": "product_research"})
    await stage.people.prove(who.email, reference)
    return reference


async def _erasure_after_withdrawal(stage: Stage) -> str:
    withdrawn = await stage.people.closed(await _withdrawal_followed(stage))
    links = stage.house.room.register.links(withdrawn.case.id)
    [reference] = [link.reference for link in links if link.relation is Relation.FOLLOWS]
    await stage.people.until(reference, State.DECIDING)
    await stage.people.decide(reference)
    await stage.proceed(reference)
    return reference


BRANCHES: Branches = {
    "portability-taken-along": _portability_taken_along,
    "portability-sent-on": _portability_sent_on,
    "portability-not-possible": _portability_not_possible,
    "portability-not-reached": _portability_not_reached,
    "objection-marketing": _objection_marketing,
    "objection-parked": _objection_parked,
    "objection-stopped-by-hand": _objection_stopped_by_hand,
    "objection-withdrawn": _objection_withdrawn,
    "objection-stopped": _objection_stopped,
    "objection-refused": _objection_refused,
    "objection-partly-refused": _objection_partly_refused,
    "objection-unverified": _objection_unverified,
    "objection-unknown": _objection_unknown,
    "restriction-approved": _restriction_approved,
    "restriction-refused": _restriction_refused,
    "rectification-corrected": _rectification_corrected,
    "rectification-refused": _rectification_refused,
    "rectification-left-out": _rectification_left_out,
    "withdrawal-followed": _withdrawal_followed,
    "withdrawal-nothing-due": _withdrawal_nothing_due,
    "erasure-after-withdrawal": _erasure_after_withdrawal,
}
