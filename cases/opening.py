"""Opening a case: its number, its row, its terms and what is told of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from cases.tables import cases, reference_counters, terms
from cases.unit_of_work import Transaction
from domain.calendar import BUDDHIST_OFFSET, day_in_bangkok
from domain.case import Case
from domain.deadlines import Terms
from domain.events import Event
from domain.states import State
from domain.value import Value


class Origin(Value):
    """Where a case comes from. What was shown of identity before `proofs_since` does not count."""

    request: str
    tenant: str
    actor: str
    proofs_since: datetime | None = None


def take_references(connection: Connection, at: datetime, how_many: int) -> tuple[str, ...]:
    """So many consecutive references of that instant's year in Bangkok, Buddhist Era.

    The counter's row stays locked until the end: numbers are taken in one line, and given back by a rollback.
    """
    year = day_in_bangkok(at).year + BUDDHIST_OFFSET
    statement = upsert(reference_counters).values(year=year, last=how_many)
    taken = statement.on_conflict_do_update(
        index_elements=["year"], set_={"last": reference_counters.c.last + statement.excluded.last}
    ).returning(reference_counters.c.last)
    last = int(connection.execute(taken).scalar_one())
    return tuple(f"DSR-{year}-{number:06d}" for number in range(last - how_many + 1, last + 1))


def write_case(tx: Transaction, case: Case, origin: Origin) -> None:
    """A case's row and its first terms, and the events that tell them."""
    tx.connection.execute(
        insert(cases).values(
            {
                "id": case.id,
                "request_id": origin.request,
                "reference": case.reference,
                "right": case.right.value,
                "tenant": origin.tenant,
                "consent_only": case.consent_only,
                "proofs_since": origin.proofs_since,
                "state": State.RECEIVED.value,
                "terms_version": case.terms.version,
                "due": case.terms.strict,
                "opened": tx.now,
            }
        )
    )
    write_terms(tx, case.id, case.terms, origin.actor)
    tx.tell(
        Event.CASE_OPENED,
        case.id,
        origin.actor,
        reference=case.reference,
        right=case.right,
        request=origin.request,
    )
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
