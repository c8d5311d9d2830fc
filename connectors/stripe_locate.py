"""Locating at Stripe: a person's objects kind by kind, parents before their parts, one page of Stripe's a page."""

from __future__ import annotations

from typing import Any

from connectors.base import read_cursor, write_cursor
from connectors.sql_select import SEVERAL
from connectors.stripe_api import Api, Object
from connectors.stripe_content import content, dates, hash_of, is_redacted
from connectors.stripe_map import StripeMap, TableMap
from connectors.stripe_people import People
from connectors.stripe_standing import Fate, fate, has_open_subscription, obstacle, runs
from connectors.stripe_tables import KINDS, locator
from domain.connector import Page
from domain.errors import BadInput
from domain.item import Basis, Found, Item, Role, Subject
from domain.outcomes import Outcome


class Locator:
    """Pages through what Stripe keeps of a person's customers."""

    def __init__(
        self, api: Api, stripe_map: StripeMap, people: People, tables: tuple[str, ...], *, redaction: bool
    ) -> None:
        self._api = api
        self._map = stripe_map
        self._people = people
        self._tables = tables
        self._redaction = redaction

    def page(self, subject: Subject, cursor: str) -> Page:
        """The objects of one kind of one customer, up to a page; the next page goes on with the next."""
        if cursor:
            at, whose, after, number, customers = self._read(cursor)
        else:
            at, whose, after, number = 0, 0, "", 1
            customers = [[*one] for one in self._people.customers(subject).items()]
        if not customers:
            return Page(items=())
        table, (customer, unsure) = self._tables[at], customers[whose]
        listing = KINDS[table].page(self._api, customer, after)
        open_contract = self._is_open(table, customer) if listing.objects else False
        items: list[Item] = []
        for found in listing.objects:
            if table == "customers" and is_redacted(self._map.tables[table], found):
                continue
            item = self._item(table, customer, found, number + len(items), open_contract=open_contract)
            items.append(_doubted(item) if unsure else item)
        if not listing.after:
            at, whose = (at, whose + 1) if whose + 1 < len(customers) else (at + 1, 0)
        if at == len(self._tables):
            return Page(items=tuple(items))
        return Page(
            items=tuple(items),
            cursor=write_cursor([at, whose, listing.after, number + len(items), customers]),
        )

    def _read(self, cursor: str) -> tuple[int, int, str, int, list[list[Any]]]:
        at, whose, after, number, customers = read_cursor(cursor, 5)
        sound = (
            all(isinstance(one, int) for one in (at, whose, number))
            and isinstance(after, str)
            and isinstance(customers, list)
            and all(
                isinstance(one, list) and [type(part) for part in one] == [str, bool] for one in customers
            )
            and 0 <= at < len(self._tables)
            and 0 <= whose < len(customers)
        )
        if not sound:
            raise BadInput("malformed-cursor", "start again from the first page")
        return at, whose, after, number, customers

    def _is_open(self, table: str, customer: str) -> bool:
        asked = table != "subscriptions" and self._map.tables[table].basis is Basis.CONTRACT
        return asked and has_open_subscription(self._api, customer)

    def _item(self, table: str, customer: str, found: Object, number: int, *, open_contract: bool) -> Item:
        mapped = self._map.tables[table]
        on_erase, prevented = self._fate(table, found)
        fields, issued = self._fields(mapped, found)
        return Item(
            found=Found(
                no=number,
                system=self._api.system,
                table=table,
                unit=mapped.unit,
                role=Role.CONTROLLER,
                basis=mapped.basis,
                on_erase=on_erase,
                dates=dates(mapped, found),
                holds=mapped.holds,
                contract_open=runs(found) if table == "subscriptions" else open_contract,
                obstacle=prevented,
                fields=fields,
                issued=issued,
            ),
            locator=locator(table, customer, found),
            content_hash=hash_of(content(mapped, found)),
        )

    def _fate(self, table: str, found: Object) -> Fate:
        if table == "customers":
            return Outcome.ERASE, obstacle(self._api, found)
        return fate(table, found, redaction=self._redaction)

    def _fields(self, mapped: TableMap, found: Object) -> tuple[tuple[str, ...], bool]:
        """What may be asked to be corrected in a record, and whether it is a document that was issued."""
        issued = tuple(name for name, places in self._map.issued.items() if mapped.name in places)
        if issued and found.get("status") != "draft":
            return issued, True
        return tuple(name for name, places in self._map.fields.items() if mapped.name in places), False


def _doubted(item: Item) -> Item:
    doubt = {"unsure": True, "obstacle": SEVERAL}
    return item.model_copy(update={"found": item.found.model_copy(update=doubt)})
