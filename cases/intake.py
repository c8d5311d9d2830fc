"""Opening a request: everything of it in one transaction, or nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import JsonValue
from sqlalchemy import insert, select

from cases import acting as actings
from cases.database import insert_once
from cases.ids import new_id
from cases.instructions import take_up
from cases.links import write_link
from cases.opening import Origin, take_references, write_case
from cases.program_tables import said_once
from cases.sealing import Sealing
from cases.tables import requests, verifications
from cases.told import Told
from cases.told import write as write_told
from cases.unit_of_work import Transaction, UnitOfWork
from cases.views import cases_of_request
from domain.acting import Acting, Capacity
from domain.assurance import CHANNEL_SHOWN
from domain.calendar import day_in_bangkok
from domain.case import Case
from domain.deadlines import Terms
from domain.errors import BadInput, Conflict
from domain.events import Event
from domain.instructions import CHANNEL
from domain.links import Relation
from domain.ports import Intake
from domain.rights import ORDER, Right, goes_before
from domain.wishes import share_out
from security.keyring import DataKey
from security.ports import KeyPurpose

_Keys = dict[tuple[str, Right], DataKey]
"""The key of each case that is to be opened, by controller and right, in the order of their references."""


class _Taken(Exception):  # noqa: N818 - no error: another intake with the same dedup was first
    """Undoes the transaction."""


def open_request(
    work: UnitOfWork, sealing: Sealing, intake: Intake, promised: Mapping[Right, Terms]
) -> tuple[Case, ...]:
    """See `domain.ports.Register.open_request`."""
    _check(intake, promised)
    wishes = share_out(intake.rights, intake.changes)
    # Kept as a keyed hash: callers may build it from what the person wrote.
    dedup = sealing.hash_of("dedup", intake.dedup) if intake.dedup else None
    said = sealing.hash_of("said", intake.said) if intake.said else ""
    if dedup and (standing := _standing(work, dedup, said)):
        return standing
    # Keys rest in another database, which no transaction of ours spans: they are made first, because a key
    # without a case harms nobody, and a case without its key could never be worked on.
    keys = {
        (controller, right): sealing.ring.create(KeyPurpose.CASE, new_id("c"))
        for controller in intake.controllers
        for right in _in_order(intake.rights)
    }
    try:
        with work.begin() as tx:
            request = _request(tx, intake, dedup, said)
            return _write(tx, sealing, intake, keys=keys, promised=promised, wishes=wishes, request=request)
    except _Taken:
        for key in keys.values():
            sealing.ring.shred(key.key_id, "never-used")
    return _standing(work, dedup or "", said)


def _check(intake: Intake, promised: Mapping[Right, Terms]) -> None:
    if not intake.rights or len(set(intake.rights)) != len(intake.rights):
        raise BadInput("rights-malformed", "name at least one right, each once", field="right")
    if not intake.controllers or len(set(intake.controllers)) != len(intake.controllers):
        raise BadInput(
            "controllers-malformed", "name at least one controller, each once", field="controllers"
        )
    if not intake.identifiers:
        raise BadInput("identifier-missing", "give at least one identifier", field="identifiers")
    if not CHANNEL_SHOWN.issuperset(intake.proved):
        raise BadInput("method-not-recordable", "a code counts only where it was answered", field="proved")
    if (intake.channel == CHANNEL) is not bool(intake.instruction):
        raise BadInput(
            "channel-reserved", "a tenant instructs by its link, or by an officer", field="channel"
        )
    day_in_bangkok(intake.received)
    for right in intake.rights:
        if right not in promised:
            raise BadInput("terms-missing", "the policy has no deadline for this right", right=right)


def _in_order(rights: Iterable[Right]) -> list[Right]:
    return sorted(rights, key=ORDER.index)


def _standing(work: UnitOfWork, dedup: str, said: str) -> tuple[Case, ...]:
    """The cases that the first intake with that dedup opened; none where there was no such intake.

    Raises `Conflict` where that one said something else.
    """
    with work.read() as connection:
        request = connection.scalar(select(requests.c.id).where(requests.c.dedup == dedup))
        if request is None:
            return ()
        before = connection.scalar(select(said_once.c.said).where(said_once.c.request_id == request))
        if said and before != said:
            raise Conflict(
                "key-used-otherwise", "send another request under a key of its own", request=request
            )
        return cases_of_request(connection, request)


def _request(tx: Transaction, intake: Intake, dedup: str | None, said: str) -> str:
    request = new_id("r")
    row = {
        "id": request,
        "received": intake.received,
        "channel": intake.channel,
        "language": intake.language,
        "actor": intake.actor,
        "dedup": dedup,
        "opened": tx.now,
    }
    if not insert_once(tx.connection, requests, row):
        raise _Taken
    if said:
        tx.connection.execute(insert(said_once).values(request_id=request, said=said))
    return request


def _write(
    tx: Transaction,
    sealing: Sealing,
    intake: Intake,
    *,
    keys: _Keys,
    promised: Mapping[Right, Terms],
    wishes: Mapping[Right, Mapping[str, JsonValue]],
    request: str,
) -> tuple[Case, ...]:
    tx.tell(
        Event.REQUEST_RECEIVED,
        actor=intake.actor,
        request=request,
        channel=intake.channel,
        cases=len(keys),
        received=day_in_bangkok(intake.received).isoformat(),
        token=intake.program,
    )
    claimed = tuple(one for one in dict.fromkeys(intake.replies) if one not in intake.identifiers)
    told = Told(
        given=intake.identifiers,
        name=intake.name,
        message=intake.message,
        agent=intake.agent,
        authority=intake.authority,
        replies=claimed,
        claimed=claimed,
    )
    references = take_references(tx.connection, intake.received, len(keys))
    opened = {
        (controller, right): Case(
            id=key.owner,
            reference=reference,
            right=right,
            terms=promised[right],
            after=tuple(keys[controller, before].owner for before in goes_before(right, intake.rights)),
        )
        for ((controller, right), key), reference in zip(keys.items(), references, strict=True)
    }
    for (controller, right), case in opened.items():
        write_case(tx, case, Origin(request=request, tenant=controller, actor=intake.actor))
        own = told.model_copy(update={"changes": wishes[right]})
        write_told(tx.connection, sealing, keys[controller, right], own)
    for (controller, right), case in opened.items():
        for before in goes_before(right, intake.rights):
            first = opened[controller, before]
            write_link(tx, case, Relation.AFTER, first.id, actor=intake.actor)
            tx.tell(Event.CASE_LINKED, case.id, kind=Relation.AFTER, to=first.reference)
    _who(tx, sealing, intake, tuple(opened.values()))
    if intake.instruction:
        [carries_out] = opened.values()
        take_up(tx, sealing, intake.instruction, carries_out.id)
    return tuple(opened.values())


def _who(tx: Transaction, sealing: Sealing, intake: Intake, opened: Sequence[Case]) -> None:
    """In which capacity they ask, and what the channel itself has shown of who they are."""
    if intake.agent or intake.capacity is not None:
        acting = Acting(capacity=intake.capacity or Capacity.AGENT, born_on=intake.born_on, by=intake.actor)
        actings.write(tx, sealing, opened[0].id, acting, actor=intake.actor)
    for case in opened:
        for method in intake.proved:
            recorded = new_id("p")
            row = {"id": recorded, "case_id": case.id, "method": method.value, "actor": intake.actor}
            why = sealing.reason(case.id, "shown by the channel", f"verifications.reason:{recorded}")
            tx.connection.execute(insert(verifications).values(**row, reason=why, at=tx.now))
            tx.tell(Event.IDENTITY_RECORDED, case.id, intake.actor, method=method)
