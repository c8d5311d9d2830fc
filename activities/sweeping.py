"""Sweeping: records whose retention is over, as the law, the orders and the restrictions of today leave them (s.37(3)).

No case stands behind a sweep, so nobody says whose a record is. An order is meant for a person: for each one in force
the records of everybody whom its case may mean are looked up, and spared. Too many are spared before one is erased.
With a `tenant` the sweep is of what is held for that tenant alone, once its contract has ended (`domain.agreements`);
without one, of what the company holds for itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from activities.plan import in_doubt, record_holds
from activities.tools import Tools
from domain.agreements import TenantKeeper, agreed_item
from domain.connector import Connector, Ended
from domain.errors import BadInput
from domain.holds import Bound, Hold, InForce
from domain.item import Found, Item, Place, Role, Subject, place
from domain.keeping import ordered_for, restricted_on
from domain.outcomes import UNDATED
from domain.sweep import Swept, ended_by, sweep_item


@dataclass(frozen=True)
class Ordered:
    """What the orders in force keep in one system: everything, or the records of some persons."""

    orders: tuple[InForce, ...]
    everything: tuple[Bound, ...] = ()
    places: Mapping[Place, tuple[Bound, ...]] = field(default_factory=dict)

    def ground(self, where: Place, unit: str) -> str:
        """The exemption of s.33 ¶2 on which a record of that unit is kept; empty where it is not."""
        return ordered_for((*self.everything, *self.places.get(where, ())), unit)


def ordered(tools: Tools, connector: Connector, orders: tuple[InForce, ...], tenant: str = "") -> Ordered:
    """Whose records these orders keep in a system; with a tenant, in its scope, whichever the case itself is of.

    Raises:
        KeyShredded: nobody can tell any more whom an order is meant for. Then nothing may be swept at all.
    """
    kept: dict[Place, tuple[Bound, ...]] = {}
    for order in orders:
        if not order.case:
            continue
        for subject in _whom(tools, connector, order.case, tenant):
            for where in _places(connector, subject):
                kept[where] = (*kept.get(where, ()), order.bound)
    everything = tuple(order.bound for order in orders if not order.case)
    return Ordered(orders=orders, everything=everything, places=kept)


def _whom(tools: Tools, connector: Connector, case: str, tenant: str) -> Iterator[Subject]:
    """Everybody whom a case may mean: who was found, and whoever has an address that it gave, proved or not."""
    subject = tools.vault.subject(case)
    anchors = subject.anchors if subject.tenant == tenant else {}
    own = subject.model_copy(update={"tenant": tenant, "anchors": anchors})
    yield own
    for candidate in connector.resolve(subject.identifiers, tenant):
        yield own.model_copy(update={"anchors": {connector.name: (candidate.locator,)}})


def _places(connector: Connector, subject: Subject) -> Iterator[Place]:
    cursor = ""
    while True:
        page = connector.locate(subject, cursor)
        yield from (place(item) for item in page.items)
        if not (cursor := page.cursor):
            return


def limits(tools: Tools, today: date) -> Ended:
    """How far back each event must lie under the policy in force."""
    units = {code: unit.kept for code, unit in tools.policy.units.items()}
    return ended_by(units, tools.policy.books, today)


def pages(tools: Tools, connector: Connector, today: date, tenant: str = "") -> Iterator[Sequence[Item]]:
    """What a sweep looks at in a system, page by page, parents before children."""
    ended, cursor = {} if tenant else limits(tools, today), ""
    while True:
        if not tenant:
            page = connector.expired(ended, today, cursor)
        elif isinstance(connector, TenantKeeper):
            page = connector.held_for(tenant, today, cursor)
        else:
            return
        yield page.items
        if not (cursor := page.cursor):
            return


def expired(
    tools: Tools, connector: Connector, today: date, kept: Ordered, tenant: str = ""
) -> Iterator[tuple[Item, Swept]]:
    """Every record whose time is over, with what becomes of it; streamed, parents before children."""
    for items in pages(tools, connector, today, tenant):
        yield from judged(tools, connector.name, items, today, kept)


def judged(
    tools: Tools, system: str, items: Sequence[Item], today: date, kept: Ordered
) -> Iterator[tuple[Item, Swept]]:
    """What becomes of these records; those whose time is not over are left out."""
    resting = restricted(tools, system, items)
    for item in items:
        where = place(item)
        kept_on = kept.ground(where, item.found.unit) or resting.get(where, "")
        swept = _swept(tools, item.found, today, kept_on)
        if swept is not None:
            yield item, swept


def restricted(tools: Tools, system: str, items: Sequence[Item]) -> dict[Place, str]:
    """Which of these records restrictions keep, whoever placed them, and on which ground (s.34; S29)."""
    found = tools.blocks.restrictions("", system, [place(item) for item in items]) if items else {}
    grounds = {where: restricted_on(placed, asked=False) for where, placed in found.items()}
    return {where: ground for where, ground in grounds.items() if ground}


def _swept(tools: Tools, found: Found, today: date, kept_on: str) -> Swept | None:
    policy = tools.policy
    holds: tuple[Hold, ...] = ()
    try:
        holds = record_holds(tools, found, today)
        doubt = in_doubt(tools, found, today)
    except BadInput as error:
        if error.code != "hold-without-date":
            raise  # the data map and the policy do not fit: no sweep at all, rather than a wrong one
        doubt = UNDATED
    kept = policy.units[found.unit].kept
    if found.role is Role.PROCESSOR:
        return agreed_item(found, kept, holds, today, kept_on=kept_on, doubt=doubt)
    return sweep_item(found, kept, holds, policy.books, today, kept_on=kept_on, doubt=doubt)
