"""A payer among others at Stripe, as a world for the contract; every exchange is held against Stripe's own words."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Any

from pydantic import JsonValue

from connectors.stripe import Account, StripeConnector
from demo.stripe_faults import Fault as Bad
from demo.stripe_faults import Trouble
from demo.stripe_seed import Payer, Seed, former_customer
from demo.stripe_standin import TEST_KEY, Standin, serve
from domain.connector import Ended
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Item, Subject
from tests.contract.world import Fault
from tests.support.stripe_truth import Truth

SYSTEM = "stripe"
PAYER = Payer(
    "cus_subject", "Thanakorn Sisuwan", "thanakorn@baanmai.example", "+66690001805", "1234567890123"
)
OTHER = Payer("cus_other", "Malee Jaidee", "malee@baanmai.example", "+66690001806", "3210987654321")
SHORT, LONG = 0.2, 1.0
"""Seconds: how long a connector waits that is to wait in vain, and for how long."""

_BAD = {
    Fault.LIMITED: Trouble(Bad.RATE_LIMIT, seconds=3),
    Fault.BROKEN: Trouble(Bad.ERROR),
    Fault.SLOW: Trouble(Bad.TIMEOUT, seconds=LONG),
    Fault.LOST: Trouble(Bad.LOST),
}


def seed_all(standin: Standin, payer: Payer) -> None:
    """Something of every kind, all of it old enough to be redacted, with nothing left to pay."""
    seed = Seed(standin.store, payer, date(2016, 3, 1))
    customer = seed.customer()
    for last4 in ("4242", "4444", "1881"):
        seed.card(last4)
    for value in ("0105536000011", "0105536000012", "0105536000013"):
        seed.tax_id(value)
    seed.subscription("canceled")
    paid = [seed.invoice(date(2016, month, 1)) for month in (3, 4, 5)]
    charges = [seed.payment(one) for one in paid]
    seed.refund(charges[0], date(2016, 6, 1))
    seed.dispute(charges[1], date(2016, 6, 2))
    seed.credit_note(paid[0], date(2016, 6, 1))
    seed.checkout(date(2016, 3, 1))
    seed.invoice(date(2016, 7, 1), status="draft", total=0)
    seed.item(0)
    seed.item(0, invoice=paid[2]["id"])
    seed.event(customer)


class StripeWorld:
    """The payer, another payer, and an account that may use redaction jobs."""

    transactional = False
    movable, many = "payment_methods", "tax_ids"
    withholds = True
    faults = frozenset(Fault)
    as_of = date(2026, 11, 22)

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.standin = Standin()
        self.truth = Truth()
        self.standin.watchers.append(self.truth)
        seed_all(self.standin, PAYER)
        self._own = {key for kind in self.standin.store.kinds.values() for key in kind}
        seed_all(self.standin, OTHER)
        former_customer(self.standin.store, Payer("cus_third", "Somsri", "somsri@baanmai.example", ""))
        self.url = self._stack.enter_context(serve(self.standin))
        self.connector = self._open()
        given = (identifier(IdentifierKind.EMAIL, PAYER.email),)
        self.subject = Subject(identifiers=given, anchors={SYSTEM: ({"customer": PAYER.customer},)})
        self.stranger: Identifier = identifier(IdentifierKind.EMAIL, "nobody.here@example.net")
        self.ended: Ended = {}
        self.corrections: Mapping[str, JsonValue] = {"name-en": "Thanakorn Srisuwan", "phone": "+66690002569"}

    def _open(self, key: str = TEST_KEY) -> StripeConnector:
        account = Account(key=key, base=self.url, redaction=True, page=7)
        connector = StripeConnector(SYSTEM, account)
        self._stack.callback(connector.close)
        return connector

    def suppressed(self) -> list[str]:
        return []

    def others(self) -> dict[str, str]:
        found = {}
        for kind, objects in self.standin.store.kinds.items():
            if kind in {"events", "redaction_jobs"}:
                continue
            theirs = [
                one
                for key, one in objects.items()
                if key not in self._own and one.get("customer") != PAYER.customer
            ]
            found[kind] = hashlib.sha256(json.dumps(theirs, sort_keys=True).encode()).hexdigest()
        return found

    def reopened(self) -> StripeConnector:
        return self._open()

    def refused(self) -> StripeConnector:
        return self._open("sk_test_not-its-password")

    @contextmanager
    def cut(self, after: int = 2) -> Iterator[None]:
        """The next write is carried out, and its answer never comes."""
        with self.standin.faults.while_on(Trouble(Bad.LOST, after=after, writes_only=True)):
            yield

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        http = self.connector._api.http
        patience, http._timeout = http._timeout, SHORT if fault is Fault.SLOW else http._timeout
        try:
            with self.standin.faults.while_on(copy.copy(_BAD[fault])):
                yield
        finally:
            http._timeout = patience

    def touch(self, item: Item) -> None:
        store = self.standin.store
        found: dict[str, Any] = (
            store.kinds["customers"][str(item.locator["customer"])]
            if item.found.table == "customers"
            else store.kinds[item.found.table][str(item.locator["id"])]
        )
        found["metadata"] = {**found["metadata"], "touched": "by somebody else"}

    def close(self) -> None:
        self._stack.close()
        assert not self.truth.wrongs, "\n".join(self.truth.wrongs[:20])
