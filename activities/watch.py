"""Watch: at night, who was erased and stands in a system again, and what was corrected and is as it was before.

Reported, never mended by itself: that an import brought somebody back, or that they came back of their own accord,
only people can tell. What a sweep of retention takes belongs to no case, so nobody is watched for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pydantic import JsonValue

from activities.asked import asked_of, stops_marketing
from activities.batches import chunks
from activities.casefile import all_located
from activities.stop import MARKETED
from activities.tools import Step, Tools, searched, step
from domain.connector import Capability, Connector, KeptByPeople, Roll
from domain.errors import Refused
from domain.identifiers import Identifier
from domain.item import Item, place_of
from domain.outcomes import Ending, Outcome
from domain.ports import PlannedItem
from domain.rights import Right
from domain.suppression import MARKETING, Watched, Why
from domain.wishes import Use

NOT_WATCHED = "correction-not-watched"
"""The task of an officer: a system would not show what was corrected, so a sync that takes it back is not noticed."""

_PEOPLE = 500
"""Hashed and asked for together."""


class Watch(Step):
    """Looks over the systems."""

    @step("watched-systems")
    def systems(self) -> tuple[str, ...]:
        """The systems that can list everybody, or show a record that was corrected."""
        connectors = self.tools.connectors.values()
        return tuple(one.name for one in connectors if isinstance(one, Roll) or _shows(one))

    @step("errands-overdue")
    def overdue(self) -> int:
        """Tell what people were asked and did not answer by its day; how many that is."""
        return self.tools.errands.overdue()

    @step("watch")
    def watch(self, system: str) -> Watched:
        """Look over one system; what is new is told, by case. A retry tells nothing twice."""
        tools = self.tools
        connector = tools.connector(system, Capability.LOCATE)
        people = reappeared = reverted = unread = 0
        if isinstance(connector, Roll):
            for some in chunks(connector.everybody(), _PEOPLE):
                people += len(some)
                reappeared += tools.watches.reappeared(system, some)
        if _shows(connector):
            for found in tools.watches.corrected(system):
                try:
                    told = contents(connector, (found.item,))
                except Refused:  # of an older map, say: the others are looked at all the same
                    unread += 1
                    continue
                reverted += sum(tools.watches.compare(found, values) for _, values in told)
        return Watched(system=system, people=people, reappeared=reappeared, reverted=reverted, unread=unread)


def contents(connector: Connector, items: Sequence[Item]) -> list[tuple[Item, Mapping[str, JsonValue]]]:
    """How records stand now, those that are gone left out."""
    by_number = {item.found.no: item for item in items}
    return [(by_number[record.no], record.values) for record in connector.copy(iter(items))]


@contextmanager
def watching(tools: Tools, connector: Connector, case: str, items: Sequence[PlannedItem]) -> Iterator[None]:
    """A correction of these: what it changes is watched from then on.

    A system that does not show them is corrected all the same, and an officer hears that nobody watches it: the person
    has a right to the correction, the watch is ours. What is away for a moment is tried again by who called.
    """
    if not _shows(connector) or not items:
        yield
        return
    corrected = [one.item for one in items]
    shown = _shown(tools, connector, case, corrected)
    if shown is not None:
        tools.watches.before(case, connector.name, shown)
    yield
    if shown is not None and (changed := _shown(tools, connector, case, corrected)) is not None:
        tools.watches.after(case, connector.name, changed)


def _shown(
    tools: Tools, connector: Connector, case: str, items: Sequence[Item]
) -> list[tuple[Item, Mapping[str, JsonValue]]] | None:
    """How records stand; None, and a task, where the system refuses to show them. Raises `Unavailable`."""
    try:
        return contents(connector, items)
    except Refused:
        tools.register.open_task(case, NOT_WATCHED, connector.name, once=True)
        return None


def _shows(connector: Connector) -> bool:
    """Whether a record can be read again without asking anybody."""
    return Capability.COPY in connector.capabilities and not isinstance(connector, KeptByPeople)


def erased(tools: Tools, case: str) -> None:
    """Somebody's records go: an import is told from now on. Who had only some of it erased is no less a customer."""
    asked = asked_of(tools, case)
    if not asked.wish.units and not asked.consent_only and not _remains(tools, case):
        tools.suppressions.enter(case, Why.ERASED, known_by(tools, case))


def _remains(tools: Tools, case: str) -> bool:
    """Whether their own row stays for want of a ground to erase it, as a contract runs: they are a customer still."""
    own = {(row.system, row.locator.get("$table")) for row in tools.vault.chosen(case)}
    kept = (row for row in tools.plans.rows(case) if row.planned is Outcome.NO_GROUND)
    return any((row.system, row.table) in own for row in kept)


def settled(tools: Tools, connector: Connector, case: str) -> None:
    """Whoever still bears an identifier after the erasure shares it, or is kept: their being there is no news."""
    if not isinstance(connector, Roll):
        return
    found = connector.everybody(known_by(tools, case))
    places = [place_of(str(one.locator.get("$table", "")), one.locator) for one in found]
    tools.watches.settled(case, connector.name, places)


def objects(tools: Tools, case: str) -> None:
    """Direct marketing was objected to: noted with whatever addresses were given, known or not (s.32 ¶1(2))."""
    if stops_marketing(tools, case):
        given = [one for one in tools.vault.own(case) if one.kind in MARKETED]
        tools.suppressions.enter(case, Why.OBJECTED, given, (MARKETING,))


def upheld(tools: Tools, case: str, ending: Ending) -> None:
    """An objection that was upheld, or a withdrawal, binds whoever loads the person again for that purpose."""
    asked = asked_of(tools, case)
    if ending not in {Ending.FULFILLED, Ending.PARTIAL}:
        return
    match asked.right:
        case Right.OBJECTION:
            purposes = [use.value for use in asked.wish.against if use is not Use.MARKETING]
        case Right.WITHDRAWAL:
            named = {found.consent.purpose for found in all_located(tools, case) if found.consent}
            purposes = list(asked.wish.purposes) or sorted(named)
        case _:
            return
    if purposes:
        tools.suppressions.enter(case, Why.OBJECTED, known_by(tools, case), purposes)


def known_by(tools: Tools, case: str) -> tuple[Identifier, ...]:
    """The addresses that surely are a person's: on file for them, proved, or standing in their records."""
    on_file = (address for row in tools.vault.chosen(case) for address in row.addresses)
    found = dict.fromkeys([*searched(tools, case).identifiers, *on_file])
    return tuple(one for one in found if one.kind in MARKETED)
