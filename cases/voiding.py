"""Decisions that no longer stand, because what was asked has changed."""

from __future__ import annotations

from sqlalchemy import exists, func, or_, select, update

from cases.tables import decisions, intents, plans, receipts
from cases.unit_of_work import Transaction
from domain.events import Event


def void_undone(tx: Transaction, case: str) -> None:
    """Void what stands proposed or decided on the newest plan, unless it was begun to be carried out.

    What was done before the decision, as an interim suspension is, was not done upon it.
    """
    newest = select(func.max(plans.c.version)).where(plans.c.case_id == case).scalar_subquery()
    begun = [
        exists().where(done.c.case_id == case, done.c.at > decisions.c.completed)
        for done in (intents, receipts)
    ]
    voided = (
        update(decisions)
        .where(decisions.c.case_id == case, decisions.c.version == newest)
        .where(decisions.c.voided.is_(None), ~or_(*begun))
        .values(voided=tx.now)
        .returning(decisions.c.id, decisions.c.version)
    )
    for row in tx.connection.execute(voided):
        tx.tell(Event.DECISION_VOIDED, case, decision=row.id, version=row.version)
