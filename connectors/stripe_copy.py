"""Copying from Stripe: what the map tells of an object, secrets left out and named."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.stripe_api import Api
from connectors.stripe_content import content
from connectors.stripe_map import StripeMap
from connectors.stripe_tables import KINDS
from domain.item import Column, Item, Record, Role, Table

_WITHHELD = "secret"


def describe(system: str, stripe_map: StripeMap) -> tuple[Table, ...]:
    """What a dossier says of each kind of object."""
    return tuple(
        Table(
            system=system,
            name=table.name,
            label=table.label,
            unit=table.unit,
            role=Role.CONTROLLER,
            basis=table.basis,
            source=table.source,
            columns=tuple(Column(name=one.name, label=one.label) for one in table.columns.values()),
        )
        for table in stripe_map.tables.values()
    )


def copy(api: Api, stripe_map: StripeMap, items: Iterator[Item]) -> Iterator[Record]:
    """The records of items in their order; what is gone since is left out."""
    for item in items:
        table = stripe_map.tables[item.found.table]
        found = KINDS[table.name].one(api, item.locator)
        if found is None:
            continue
        secrets = {name for name, column in table.columns.items() if column.secret}
        yield Record(
            system=api.system,
            table=table.name,
            unit=item.found.unit,
            no=item.found.no,
            values=content(table, found),
            withheld=dict.fromkeys(sorted(secrets), _WITHHELD),
        )
