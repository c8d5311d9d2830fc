"""Words that officers marked as a third person's in a case: sealed, append-only."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select

from cases.acting_table import redactions
from cases.ids import new_id
from cases.sealing import Sealing
from cases.unit_of_work import Transaction
from domain.events import Event

_WORDS: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])


def write(
    tx: Transaction, sealing: Sealing, case: str, words: Sequence[str], *, actor: str, reason: str
) -> None:
    """Mark these words. Raises `KeyShredded`."""
    made, key = new_id("x"), sealing.case_key(case)
    tx.connection.execute(
        insert(redactions).values(
            id=made,
            case_id=case,
            words=sealing.put(key, _WORDS, tuple(words), _place(made)),
            by=actor,
            reason=sealing.reason(case, reason, f"redactions.reason:{made}"),
            at=tx.now,
        )
    )
    tx.tell(Event.REDACTION_MARKED, case, actor, count=len(words))


def read(connection: Connection, sealing: Sealing, case: str) -> tuple[str, ...]:
    """Every word that was marked in a case. Raises `KeyShredded`."""
    rows = connection.execute(
        select(redactions).where(redactions.c.case_id == case).order_by(redactions.c.at)
    )
    return tuple(
        dict.fromkeys(word for row in rows for word in sealing.take(row.words, _WORDS, _place(row.id)))
    )


def _place(redaction: str) -> str:
    return f"redactions.words:{redaction}"
