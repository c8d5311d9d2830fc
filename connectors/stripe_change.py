"""What an order makes of a record at Stripe: the content that it will have, and the fields that are sent for it."""

from __future__ import annotations

from typing import Any

from connectors.stripe_content import Content, anonymous
from connectors.stripe_map import StripeMap, TableMap
from domain.connector import Order
from domain.errors import Refused
from domain.outcomes import Outcome

CLEARED: dict[str, dict[str, Any]] = {
    "customers": {
        "name": "",
        "email": "",
        "phone": "",
        "description": "",
        "address": "",
        "shipping": "",
        "metadata": "",
        "invoice_settings": {"custom_fields": ""},
    },
    "payment_methods": {
        "billing_details": {"name": "", "email": "", "phone": "", "address": ""},
        "metadata": "",
    },
    "subscriptions": {"cancellation_details": {"comment": ""}, "metadata": ""},
}
"""What is sent to empty a record's personal fields; an empty text is how Stripe is told to unset one."""

GOING = frozenset({Outcome.ERASE, Outcome.DESTROY, Outcome.DETACH})
"""Outcomes after which the record is no longer the person's."""

_LONGEST = {"name": 256, "phone": 20, "value": 30}  # docs.stripe.com/api/customers/object, /tax_ids/object


class Changes:
    """Foresees what an order comes to, from the record's content alone."""

    def __init__(self, system: str, stripe_map: StripeMap) -> None:
        self._system = system
        self._map = stripe_map

    def after(self, order: Order, values: Content, *, redacted: bool) -> Content | None:
        """The content afterwards, None where nothing is left.

        `redacted`: a redaction job of Stripe's will go over the record. What has neither a job nor a way of its
        own stays as it is.

        Raises:
            Refused: a corrected value does not fit.
        """
        if order.outcome in GOING:
            return None
        if order.outcome is Outcome.CORRECT:
            return self._corrected(order, values)
        goes = redacted or order.table in CLEARED
        return anonymous(self._map.tables[order.table], values) if goes else values

    def corrections(self, order: Order) -> dict[str, str]:
        """The new values by column of the order's table.

        Raises:
            Refused: one is no text, or longer than Stripe takes.
        """
        found = {}
        for field, places in self._map.fields.items():
            if field in order.values and (column := places.get(order.table)):
                value = order.values[field]
                longest = _LONGEST[column.rpartition(".")[2]]
                if not isinstance(value, str) or not value.strip() or len(value) > longest:
                    raise Refused(
                        "value-does-not-fit",
                        "give text of the length that Stripe takes",
                        system=self._system,
                        table=order.table,
                        column=column,
                    )
                found[column] = value.strip()
        return found

    def _corrected(self, order: Order, values: Content) -> Content | None:
        new = self.corrections(order)
        if order.table == "tax_ids" and new and new != {"value": values["value"]}:
            return None  # a tax number cannot be changed: another entry takes its place
        return {**values, **new}


def nested(columns: dict[str, str]) -> dict[str, Any]:
    """Values by column as Stripe's parameters: `a.b` within `a`."""
    found: dict[str, Any] = {}
    for column, value in columns.items():
        *parents, last = column.split(".")
        inner = found
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return found


def is_empty(table: TableMap, values: Content) -> bool:
    """Whether nothing personal is left in it."""
    return values == anonymous(table, values)
