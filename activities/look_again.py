"""Look again before acting: a plan was decided on facts, and days have passed since they were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from activities.tools import Tools, searched
from domain.case import Receipt, Task
from domain.connector import Connector
from domain.item import Found, Item, place
from domain.outcomes import Outcome
from domain.rights import Verb


def look_again(tools: Tools, connector: Connector, task: Task, outcomes: frozenset[Outcome]) -> Receipt:
    """Mark for review every record planned for these outcomes about which something else is true now; once per version.

    Done before the first batch and never after it: our own effects change what a later look would see.
    """
    first = task.model_copy(update={"batch": f"v{task.version}-look"})
    done = tools.effects.receipt(first.key)
    if done is not None:
        return done
    planned = {
        place(one.item): (one.row.no, one.item.found)
        for one in tools.plans.items(task.case, task.system, outcomes)
    }
    changed: dict[int, Outcome] = {}
    for page in located(tools, connector, task.case):
        for item in page:
            number, then = planned.get(place(item), (0, item.found))
            if number and _facts(item.found) != _facts(then):
                changed[number] = Outcome.REVIEW
    receipt = Receipt(
        key=first.key, system=task.system, verb=task.verb or Verb.ERASE, achieved=Counter(changed.values())
    )
    return tools.effects.done(receipt, task.case, changed)


def located(tools: Tools, connector: Connector, case: str) -> Iterator[Sequence[Item]]:
    """The person's records as they stand now, page by page."""
    subject, cursor = searched(tools, case), ""
    while True:
        page = connector.locate(subject, cursor)
        yield page.items
        if not (cursor := page.cursor):
            return


def _facts(found: Found) -> Found:
    return found.model_copy(update={"no": 0})
