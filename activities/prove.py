"""Prove: locate again. What is left must equal what the plan keeps; anything else is told by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue
from temporalio import activity

from activities.tools import Step, Tools
from domain.case import Proof, Proved, Task
from domain.connector import Capability, Connector
from domain.item import Item
from domain.outcomes import KEEPING, Outcome

_CHANGED = frozenset({Outcome.ANONYMISE, Outcome.DETACH})
"""Outcomes after which the row is still there, with other content or without its link to the person."""

_Place = tuple[str, str]


class Prove(Step):
    """Looks again, system by system."""

    @activity.defn(name="prove")
    def prove(self, task: Task) -> Proved:
        """Compare what is found now with what the plan keeps and what it changed."""
        tools = self.tools
        connector = tools.connector(task.system, Capability.LOCATE)
        tools.register.enter(task.case, task.step)
        kept = {_place(e.item) for e in tools.plans.items(task.case, task.system, KEEPING)}
        changed = {
            _place(e.item): e.item.content_hash for e in tools.plans.items(task.case, task.system, _CHANGED)
        }
        left = wrong = 0
        for item in _again(tools, connector, task.case):
            place = _place(item)
            left += 1
            if place not in kept and changed.get(place, item.content_hash) == item.content_hash:
                wrong += 1
        proved = Proved(
            system=task.system,
            proof=Proof.LEFTOVER if wrong else Proof.CLEAN,
            left=left,
            leftover=wrong,
        )
        tools.findings.proved(task.case, proved)
        return proved


def _again(tools: Tools, connector: Connector, case: str) -> Iterator[Item]:
    subject, cursor = tools.vault.subject(case), ""
    while True:
        page = connector.locate(subject, cursor)
        yield from page.items
        activity.heartbeat()
        if not (cursor := page.cursor):
            return


def _place(item: Item) -> _Place:
    return item.found.table, _canonical(item.locator)


def _canonical(locator: Mapping[str, JsonValue]) -> str:
    return "\x1f".join(f"{column}={locator[column]!r}" for column in sorted(locator))
