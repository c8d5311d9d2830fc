"""Reading at Stripe what a batch speaks of: each record as it stands, and what the batch would leave of a customer."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.stripe_api import Api, Object
from connectors.stripe_change import is_empty
from connectors.stripe_content import Content, content, hash_of, is_redacted
from connectors.stripe_map import StripeMap
from connectors.stripe_tables import KINDS, locator
from domain.connector import ABSENT, Order
from domain.errors import Refused
from domain.item import Place, place_of


@dataclass(frozen=True, slots=True)
class Now:
    """A record as it stands: what Stripe says, the told values and their hash; none where it is absent."""

    order: Order
    found: Object | None
    values: Content
    hash: str


class Reader:
    """Reads one record after the other, strongly consistent: nothing comes from a search."""

    def __init__(self, api: Api, stripe_map: StripeMap) -> None:
        self._api = api
        self._map = stripe_map

    def read(self, order: Order) -> Now:
        """The record of an order as it stands.

        Raises:
            Refused: the order names no record that could be.
        """
        if order.table not in KINDS:
            raise Refused("table-not-mapped", "plan again", system=self._api.system, table=order.table)
        named = {"customer"} if order.table == "customers" else {"customer", "id"}
        if not all(isinstance(order.locator.get(name), str) for name in named):
            raise Refused("locator-malformed", "plan again", system=self._api.system, table=order.table)
        table, found = self._map.tables[order.table], KINDS[order.table].one(self._api, order.locator)
        if found is None or (order.table == "customers" and is_redacted(table, found)):
            return Now(order, None, {}, ABSENT)
        values = content(table, found)
        return Now(order, found, values, hash_of(values))

    def leaves_nothing(self, customer: str, going: set[Place]) -> bool:
        """Whether every record of a customer is among those that go, or is anonymous already."""
        for name, kind in KINDS.items():
            if name == "events":
                continue  # they go with what they tell of
            table, after = self._map.tables[name], ""
            while True:
                listing = kind.page(self._api, customer, after)
                for found in listing.objects:
                    here = place_of(name, locator(name, customer, found))
                    if here not in going and not is_empty(table, content(table, found)):
                        return False
                if not (after := listing.after):
                    break
        return True
