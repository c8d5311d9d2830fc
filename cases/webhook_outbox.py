"""What programs are to be told, written in the transaction of the event that it tells: both, or neither."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select

from cases.ids import new_id
from cases.program_tables import webhook_messages, webhooks
from domain.webhooks import SHOWN, told_of

if TYPE_CHECKING:
    from cases.audit import Telling


def write(connection: Connection, tellings: Sequence[Telling], now: datetime) -> None:
    """A message for each subscription to each of these events; of most transactions there is none to write."""
    news = [(told, one) for one in tellings if (told := told_of(one.event, one.facts))]
    if not news:
        return
    known = connection.execute(select(webhooks.c.id, webhooks.c.events).where(webhooks.c.revoked.is_(None)))
    rows = [
        {
            "id": new_id("m"),
            "webhook_id": hook.id,
            "told": told.value,
            "case_id": one.case,
            "facts": {key: one.facts[key] for key in SHOWN if key in one.facts},
            "at": now,
            "tries": 0,
            "due": now,
            "code": "",
        }
        for hook in known.all()
        for told, one in news
        if told.value in hook.events
    ]
    if rows:
        connection.execute(insert(webhook_messages), rows)
