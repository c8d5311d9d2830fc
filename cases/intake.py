"""Opening a request: everything of it in one transaction, or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from cases.database import insert_once
from cases.ids import new_id
from cases.sealing import IDENTIFIERS, JSON_OBJECT, TEXT, Sealing
from cases.tables import cases, identifier_hashes, reference_counters, requests, terms, vault
from cases.unit_of_work import Transaction, UnitOfWork
from cases.views import cases_of_request
from domain.calendar import BUDDHIST_OFFSET, day_in_bangkok
from domain.case import Case
from domain.deadlines import Terms
from domain.errors import BadInput
from domain.events import Event
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from security.keyring import DataKey
from security.ports import KeyPurpose


class _Taken(Exception):  # noqa: N818 - no error: another intake with the same dedup was first
    """Undoes the transaction."""


def open_request(
    work: UnitOfWork, sealing: Sealing, intake: Intake, promised: Mapping[Right, Terms]
) -> tuple[Case, ...]:
    """See `domain.ports.Register.open_request`."""
    _check(intake, promised)
    # Kept as a keyed hash: callers may build it from what the person wrote.
    dedup = sealing.hash_of("dedup", intake.dedup) if intake.dedup else None
    if dedup and (standing := _standing(work, dedup)):
        return standing
    # Keys rest in another database, which no transaction of ours spans: they are made first, because a key
    # without a case harms nobody, and a case without its key could never be worked on.
    keys = {right: sealing.ring.create(KeyPurpose.CASE, new_id("c")) for right in intake.rights}
    try:
        with work.begin() as tx:
            request = _request(tx, intake, dedup)
            return _write(tx, sealing, intake, request, [(keys[right], promised[right]) for right in keys])
    except _Taken:
        for key in keys.values():
            sealing.ring.shred(key.key_id, "never-used")
    return _standing(work, dedup or "")


def _check(intake: Intake, promised: Mapping[Right, Terms]) -> None:
    if not intake.rights or len(set(intake.rights)) != len(intake.rights):
        raise BadInput("rights-malformed", "name at least one right, each once", field="right")
    if not intake.identifiers:
        raise BadInput("identifier-missing", "give at least one identifier", field="identifiers")
    day_in_bangkok(intake.received)
    for right in intake.rights:
        if right not in promised:
            raise BadInput("terms-missing", "the policy has no deadline for this right", right=right)


def _standing(work: UnitOfWork, dedup: str) -> tuple[Case, ...]:
    with work.read() as connection:
        request = connection.scalar(select(requests.c.id).where(requests.c.dedup == dedup))
        return cases_of_request(connection, request) if request else ()


def _write(
    tx: Transaction, sealing: Sealing, intake: Intake, request: str, promises: Sequence[tuple[DataKey, Terms]]
) -> tuple[Case, ...]:
    day = day_in_bangkok(intake.received)
    year = day.year + BUDDHIST_OFFSET
    # The counter's row stays locked until the end: numbers are taken in one line, and given back by a rollback.
    first = _take_numbers(tx.connection, year, len(promises))
    tx.tell(
        Event.REQUEST_RECEIVED,
        actor=intake.actor,
        request=request,
        channel=intake.channel,
        cases=len(promises),
        received=day.isoformat(),
    )
    opened = []
    for number, (right, (key, pinned)) in enumerate(zip(intake.rights, promises, strict=True), start=first):
        case = Case(id=key.owner, reference=f"DSR-{year}-{number:06d}", right=right, terms=pinned)
        _case(tx, request, case, intake.actor)
        _vault(tx.connection, sealing, key, intake)
        opened.append(case)
    return tuple(opened)


def _request(tx: Transaction, intake: Intake, dedup: str | None) -> str:
    request = new_id("r")
    row = {
        "id": request,
        "received": intake.received,
        "channel": intake.channel,
        "language": intake.language,
        "tenant": intake.tenant,
        "actor": intake.actor,
        "dedup": dedup,
        "opened": tx.now,
    }
    if not insert_once(tx.connection, requests, row):
        raise _Taken
    return request


def _take_numbers(connection: Connection, year: int, how_many: int) -> int:
    """The first of so many consecutive numbers of that year."""
    statement = upsert(reference_counters).values(year=year, last=how_many)
    taken = statement.on_conflict_do_update(
        index_elements=["year"], set_={"last": reference_counters.c.last + statement.excluded.last}
    ).returning(reference_counters.c.last)
    return int(connection.execute(taken).scalar_one()) - how_many + 1


def _case(tx: Transaction, request: str, case: Case, actor: str) -> None:
    row: dict[str, Any] = {
        "id": case.id,
        "request_id": request,
        "reference": case.reference,
        "right": case.right.value,
        "state": State.RECEIVED.value,
        "terms_version": case.terms.version,
        "opened": tx.now,
    }
    tx.connection.execute(insert(cases).values(row))
    write_terms(tx, case.id, case.terms, actor)
    tx.tell(Event.CASE_OPENED, case.id, actor, reference=case.reference, right=case.right, request=request)
    tx.tell(
        Event.TERMS_SET,
        case.id,
        version=case.terms.version,
        strict=case.terms.strict.isoformat(),
        target=case.terms.target.isoformat(),
    )


def write_terms(tx: Transaction, case: str, pinned: Terms, actor: str, reason: bytes | None = None) -> None:
    """Keep a version of a case's terms."""
    row = {
        "case_id": case,
        "version": pinned.version,
        "terms": pinned.model_dump(mode="json"),
        "actor": actor,
        "reason": reason,
        "at": tx.now,
    }
    tx.connection.execute(insert(terms).values(row))


def _vault(connection: Connection, sealing: Sealing, key: DataKey, intake: Intake) -> None:
    case = key.owner
    connection.execute(
        insert(vault).values(
            case_id=case,
            name=sealing.put(key, TEXT, intake.name, f"vault.name:{case}"),
            message=sealing.put(key, TEXT, intake.message, f"vault.message:{case}"),
            changes=sealing.put(key, JSON_OBJECT, dict(intake.changes), f"vault.changes:{case}"),
            given=sealing.put(key, IDENTIFIERS, intake.identifiers, f"vault.given:{case}"),
            found=sealing.put(key, IDENTIFIERS, (), f"vault.found:{case}"),
        )
    )
    rows = [{"case_id": case, **hashed.model_dump()} for hashed in sealing.hashes(intake.identifiers)]
    connection.execute(upsert(identifier_hashes).on_conflict_do_nothing(), rows)
