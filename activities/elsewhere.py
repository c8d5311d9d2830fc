"""Data that came from somebody else than the person (s.25): told when they ask where it came from (s.30 ¶1).

Whoever was never told of it may not have consented to anything either: direct marketing stops in every list that a
system keeps, and the DPO looks at whether the data may be held at all.
"""

from __future__ import annotations

from activities.tools import Tools, searched
from domain.case import Receipt, Task
from domain.connector import Capability, Connector
from domain.events import Event
from domain.item import Record
from domain.outcomes import Outcome
from domain.rights import Right, Verb
from domain.states import State

OBTAINED = "obtained-elsewhere"
"""The task of the DPO: was the person told within 30 days, and is there a basis (s.25)? If not, it is erased."""

_BATCH = "obtained-elsewhere"


class Origins:
    """Watches the records that are copied for a person, for some that did not come from them."""

    def __init__(self, connector: Connector) -> None:
        self._told = {table.name: table for table in connector.describe() if table.origin}
        self.elsewhere = False

    def see(self, record: Record) -> None:
        """Look at one record; of an unknown source it is not from the person."""
        table = self._told.get(record.table)
        if table is not None and record.values.get(table.origin) not in table.from_person:
            self.elsewhere = True


def treat(tools: Tools, case: str, system: str) -> None:
    """Stop direct marketing to the person of the case in every list, and ask the DPO about s.25. Again: nothing."""
    if tools.register.view(case).case.right is not Right.ACCESS:
        return
    tools.register.open_task(case, OBTAINED, system, once=True)
    identifiers = searched(tools, case).identifiers
    for connector in tools.able(Capability.STOP):
        listed = [one for one in identifiers if one.kind in connector.suppresses()]
        part = Task(case=case, step=State.RECEIVED, system=connector.name, verb=Verb.STOP, batch=_BATCH)
        if not listed or tools.effects.receipt(part.key) is not None:
            continue
        entered = connector.stop(listed, tools.clock.now())
        if entered:
            tools.register.note(case, Event.MARKETING_STOPPED, system=connector.name, count=entered)
            done = {Outcome.STOP: entered}
            tools.effects.done(
                Receipt(key=part.key, system=connector.name, verb=Verb.STOP, achieved=done), case, {}
            )


def told_of(tools: Tools, case: str) -> dict[str, bool]:
    """What the letter says of it: that some of the data came from elsewhere, and that marketing stopped."""
    if all(task.code != OBTAINED for task in tools.tasks.of(case, open_only=False)):
        return {}
    stopped = any(one.verb is Verb.STOP for one in tools.effects.receipts(case))
    return {"elsewhere": True, **({"elsewhere_stopped": True} if stopped else {})}
