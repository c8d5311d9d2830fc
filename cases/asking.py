"""Asking the officers for something, within the change that asks for it."""

from __future__ import annotations

from cases.database import insert_once
from cases.tables import tasks
from cases.unit_of_work import Transaction
from domain.events import Event


def open_task(tx: Transaction, code: str, case: str, system: str = "", *, hand: str = "") -> None:
    """One open task a case, code and system, in somebody's hand if one is named; done once, it is asked anew."""
    row = {"case_id": case, "code": code, "system": system, "opened": tx.now, "undone": False}
    if insert_once(tx.connection, tasks, {**row, "hand": hand or None}):
        tx.tell(Event.TASK_OPENED, case, code=code, system=system)
        if hand:
            tx.tell(Event.TASK_HANDED, case, code=code, system=system, staff=hand)
