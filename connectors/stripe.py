"""A Stripe account (`docs/connectors.md`, "Stripe"): the company's customers there, and all that hangs on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from connectors.base import require
from connectors.stripe_api import BASE, Api
from connectors.stripe_apply import Fulfiller
from connectors.stripe_copy import copy, describe
from connectors.stripe_locate import Locator
from connectors.stripe_map import SHIPPED, load_stripe_map
from connectors.stripe_people import People
from connectors.stripe_standing import OPEN_SUBSCRIPTION, UNSETTLED
from connectors.stripe_tables import KINDS
from connectors.stripe_wind_up import wind_up
from domain.connector import Batch, Capability, Effect, Ended, FieldRole, Foreseen, Page, Wound
from domain.errors import CapabilityMissing, Refused
from domain.identifiers import Identifier, IdentifierKind
from domain.item import Candidate, Item, Record, Subject, Table
from domain.outcomes import Outcome
from domain.rights import Verb

_CAN = frozenset(
    {
        Capability.RESOLVE,
        Capability.LOCATE,
        Capability.SCAN,
        Capability.COPY,
        Capability.CORRECT,
        Capability.ERASE,
    }
)
_OUTCOMES = {
    Verb.ERASE: frozenset({Outcome.ERASE, Outcome.DESTROY, Outcome.ANONYMISE, Outcome.DETACH}),
    Verb.CORRECT: frozenset({Outcome.CORRECT}),
}
_LIVE = ("sk_live_", "rk_live_")
_TEST = ("sk_test_", "rk_test_")


@dataclass(frozen=True)
class Account:
    """How an account is reached, and what may be asked of it.

    `live`: real people's payments are in it, and not Stripe's test data. `redaction`: it may use Stripe's redaction
    jobs. `events`: Stripe's events of the last 30 days are read too, those of all customers, for it lists no others.
    `page` is how many objects are asked for at a time, `timeout` for how many seconds an answer is waited for.
    """

    key: str = field(repr=False)
    live: bool = False
    base: str = BASE
    redaction: bool = False
    events: bool = True
    page: int = 100
    timeout: float = 30.0


class StripeConnector:
    """One Stripe account (`domain.connector.Connector`), in test or in live mode, never by accident."""

    def __init__(self, name: str, account: Account, map_file: Path = SHIPPED) -> None:
        """Open an account; nothing is asked of Stripe yet.

        Raises:
            Refused: the key is one of the other mode.
            DataMapInvalid: the map breaks its rules.
        """
        live, redaction = account.live, account.redaction
        if not account.key.startswith(_LIVE if live else _TEST):
            facts = {"system": name, "mode": "live" if live else "test"}
            raise Refused("stripe-key-of-other-mode", "give a key of the mode that `mode` says", **facts)
        self._name = name
        self._live = live
        self._map = load_stripe_map(map_file, tuple(KINDS))
        self._api = Api(name, account.key, base=account.base, page=account.page, timeout=account.timeout)
        self._people = People(name, self._api)
        tables = tuple(table for table in KINDS if account.events or table != "events")
        self._locator = Locator(self._api, self._map, self._people, tables, redaction=redaction)
        self._fulfiller = Fulfiller(self._api, self._map, redaction=redaction)

    @property
    def name(self) -> str:
        """The system's name."""
        return self._name

    @property
    def live(self) -> bool:
        """Whether real people's payments are in it, and not Stripe's test data."""
        return self._live

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Stripe has no place for a restriction, and no consents."""
        return _CAN

    @property
    def settles_within(self) -> timedelta:
        """What is written is read at once: only the search lags, and nothing is proved by it alone."""
        return timedelta(0)

    def check(self) -> None:
        """Reach the account with the key, and see that it answers in the mode that it was opened in.

        Raises:
            Refused: the key is not taken, or reads another mode's customers.
        """
        found = self._api.listing(lambda: self._api.v1.customers.list({"limit": 1}))
        if any(one["livemode"] is not self._live for one in found.objects):
            facts = {"system": self._name, "mode": "live" if self._live else "test"}
            raise Refused("stripe-key-of-other-mode", "give a key of the mode that `mode` says", **facts)

    def describe(self) -> tuple[Table, ...]:
        """The kinds of objects, in the map's order."""
        return describe(self._name, self._map)

    def fields(self) -> Mapping[str, FieldRole]:
        """What may be corrected here. Stripe holds copies: the company's own system says what is true."""
        return dict.fromkeys(self._map.fields, FieldRole.COPY)

    def suppresses(self) -> frozenset[IdentifierKind]:
        """Nothing: no marketing goes out from here."""
        return frozenset()

    def marketing(self) -> frozenset[str]:
        """Nothing: consents do not stand here."""
        return frozenset()

    def stop(self, identifiers: Sequence[Identifier], at: datetime) -> int:  # noqa: ARG002 - the contract's
        """Refuse: there is no list of those who get no marketing.

        Raises:
            CapabilityMissing: always.
        """
        raise CapabilityMissing("capability-missing", "keep the list elsewhere", system=self._name)

    def resolve(self, identifiers: Sequence[Identifier], tenant: str) -> tuple[Candidate, ...]:
        """Every customer whom an identifier names. They are the company's own: a tenant has none here."""
        return () if tenant else self._people.resolve(identifiers)

    def everybody(self, bearing: Sequence[Identifier] | None = None) -> Iterator[Candidate]:
        """Every customer that was not deleted, page by page."""
        return self._people.everybody() if bearing is None else iter(self._people.resolve(bearing))

    def locate(self, subject: Subject, cursor: str = "") -> Page:
        """The next page of the person's objects."""
        return Page(items=()) if subject.tenant else self._locator.page(subject, cursor)

    def expired(self, ended: Ended, as_of: date, cursor: str = "") -> Page:  # noqa: ARG002 - not claimed
        """Refuse: what Stripe deletes it deletes by customer, and what is old there is kept as documents are.

        Raises:
            CapabilityMissing: always.
        """
        raise CapabilityMissing("capability-missing", system=self._name, capability=Capability.EXPIRE)

    def scan(self, subject: Subject) -> tuple[Identifier, ...]:
        """The customers' own addresses, and their ids, which other systems may hold."""
        if subject.tenant:
            return ()
        found: set[Identifier] = set()
        for customer, unsure in self._people.customers(subject).items():
            there = None if unsure else self._api.customer(customer)
            if there and not there.get("deleted"):
                found |= self._people.identifiers(there)
        return tuple(sorted(found.difference(subject.identifiers), key=lambda one: (one.kind, one.value)))

    def copy(self, items: Iterator[Item]) -> Iterator[Record]:
        """The content of items, one read at a time."""
        return copy(self._api, self._map, items)

    def foresee(self, batch: Batch) -> tuple[Foreseen, ...]:
        """What each order will leave."""
        self._require(batch)
        return self._fulfiller.foresee(batch)

    def observe(self, batch: Batch) -> tuple[Foreseen, ...]:
        """How each order's object stands now."""
        return self._fulfiller.observe(batch)

    def apply(self, batch: Batch, foreseen: Sequence[Foreseen]) -> tuple[Effect, ...]:
        """Carry out a batch, order by order (`connectors.stripe_apply`)."""
        self._require(batch)
        return self._fulfiller.apply(batch, foreseen)

    def unsettled(self) -> frozenset[str]:
        """What finance settles: subscriptions, balances, invoices, items, refunds and disputes that are open."""
        return UNSETTLED

    def endable(self) -> frozenset[str]:
        """A subscription can be ended from here."""
        return frozenset({OPEN_SUBSCRIPTION})

    def end(self, items: Sequence[Item], *, at_once: bool, key: str) -> Wound:
        """End the subscriptions among these that run (`domain.connector.Billing`)."""
        return wind_up(self._api, items, at_once=at_once, key=key)

    def close(self) -> None:
        """Let go of the connections."""
        self._api.close()

    def _require(self, batch: Batch) -> None:
        if batch.verb is not Verb.COPY:
            require(Capability(batch.verb), _CAN, self._name)
        allowed = _OUTCOMES.get(batch.verb, frozenset())
        if batch.verb is Verb.COPY or any(one.outcome not in allowed for one in batch.orders):
            raise Refused("order-does-not-fit-verb", "plan again", system=self._name, verb=batch.verb)
