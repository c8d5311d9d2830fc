"""An account at the stand-in with one payer, opened as a test asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from connectors.stripe import Account, StripeConnector
from demo.stripe_seed import Payer, Seed
from demo.stripe_standin import TEST_KEY, Standin, serve
from demo.stripe_store import Store
from domain.connector import Batch, Connector, Effect, Order
from domain.identifiers import IdentifierKind, identifier
from domain.item import Item, Subject
from domain.outcomes import Outcome
from domain.rights import Verb
from tests.contract.test_contract import erasing, located
from tests.support.stripe_truth import Truth

PAYER = Payer("cus_payer", "Thanakorn Sisuwan", "thanakorn@baanmai.example", "+66690001805")
LONG_AGO = date(2016, 3, 1)


@dataclass
class Desk:
    """The account, who pays there, and a connector to it."""

    url: str
    standin: Standin
    opened: list[StripeConnector] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.standin.store

    @property
    def seed(self) -> Seed:
        return Seed(self.store, PAYER, LONG_AGO)

    def open(self, key: str = TEST_KEY, **told: Any) -> StripeConnector:
        account = replace(Account(key=key, base=self.url, timeout=5), **told)
        self.opened.append(StripeConnector("stripe", account))
        return self.opened[-1]


@contextmanager
def desk() -> Iterator[Desk]:
    standin, truth = Standin(), Truth()
    standin.watchers.append(truth)
    with serve(standin) as url:
        made = Desk(url, standin)
        try:
            yield made
        finally:
            for one in made.opened:
                one.close()
    assert not truth.wrongs, "\n".join(truth.wrongs[:20])


def payer(*more: str) -> Subject:
    emails = tuple(identifier(IdentifierKind.EMAIL, one) for one in (PAYER.email, *more))
    return Subject(identifiers=emails, anchors={"stripe": ({"customer": PAYER.customer},)})


def of_table(items: list[Item], *tables: str) -> list[Item]:
    return [item for item in items if item.found.table in tables]


def found(connector: Connector, *tables: str) -> list[Item]:
    items = located(connector, payer())
    return of_table(items, *tables) if tables else items


def obstacles(connector: Connector) -> dict[str, set[str]]:
    told: dict[str, set[str]] = {}
    for item in located(connector, payer()):
        told.setdefault(item.found.table, set()).add(item.found.obstacle)
    return told


def erase(connector: Connector, items: list[Item], key: str = "") -> tuple[Effect, ...]:
    batch = erasing(items)
    batch = batch.model_copy(update={"key": key}) if key else batch
    return connector.apply(batch, connector.foresee(batch))


def correcting(items: list[Item], **values: str) -> Batch:
    named = {name.replace("_", "-"): value for name, value in values.items()}
    orders: tuple[Order, ...] = tuple(
        order.model_copy(update={"outcome": Outcome.CORRECT, "values": named})
        for order in erasing(items).orders
    )
    return Batch(key="c1:fulfilling:stripe:correct:1", verb=Verb.CORRECT, orders=orders)
