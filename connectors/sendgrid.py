"""A SendGrid account: marketing contacts, what was sent, and every list of those who get nothing (ADR 22)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from connectors.base import require
from connectors.sendgrid_api import Api
from connectors.sendgrid_change import Changer, Patience, require_groups
from connectors.sendgrid_find import Finder, emails
from connectors.sendgrid_look import Look
from connectors.sendgrid_map import EVERY_MAILING, Account, SendgridMap
from connectors.sendgrid_roll import Roller
from domain.connector import Batch, Capability, Effect, Ended, FieldRole, Foreseen, Page
from domain.errors import CapabilityMissing, Refused
from domain.identifiers import Identifier, IdentifierKind
from domain.item import Candidate, Item, Record, Subject, Table
from domain.outcomes import Outcome
from domain.rights import Verb

_CAPABILITIES = frozenset(
    {
        Capability.RESOLVE,
        Capability.LOCATE,
        Capability.SCAN,
        Capability.COPY,
        Capability.CORRECT,
        Capability.ERASE,
        Capability.STOP,
    }
)
_OUTCOMES = {
    Verb.ERASE: frozenset({Outcome.ERASE, Outcome.DESTROY}),
    Verb.CORRECT: frozenset({Outcome.CORRECT}),
    Verb.STOP: frozenset({Outcome.STOP}),
}


class SendgridConnector:
    """A connected SendGrid account (`domain.connector.Connector`); the company's own, so of no tenant."""

    def __init__(
        self, api: Api, known: SendgridMap, account: Account, *, patience: Patience | None = None
    ) -> None:
        self._name = api.system
        self._api = api
        self._map = known
        self._account = account
        self._finder = Finder(api.system, api, known, account)
        self._changer = Changer(api, known, account, patience or Patience())
        self._roller = Roller(api, patience or Patience())

    @property
    def name(self) -> str:
        """The system's name."""
        return self._name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """All but a restriction, which SendGrid has no place for, and what is over, which it cannot be asked for."""
        return _CAPABILITIES

    @property
    def settles_within(self) -> timedelta:
        """Jobs take their time, the index of contacts lags, and what was sent is erased some time later."""
        return self._account.settles

    def check(self) -> None:
        """Reach the account with the key, and hold the purposes against its unsubscribe groups.

        Raises:
            Refused: the key is not taken, or a group is not there.
        """
        require_groups(self._api, (one.group for one in self._account.purposes))

    def describe(self) -> tuple[Table, ...]:
        """The map's tables, in its order."""
        return tuple(self._map.tables.values())

    def fields(self) -> Mapping[str, FieldRole]:
        """What may be corrected here: copies, as the company's own system says what is true."""
        return dict.fromkeys(self._map.fields, FieldRole.COPY)

    def suppresses(self) -> frozenset[IdentifierKind]:
        """E-mail addresses."""
        return frozenset({IdentifierKind.EMAIL})

    def marketing(self) -> frozenset[str]:
        """The purposes that the settings call marketing, and being a contact at all."""
        return frozenset(one.code for one in self._account.purposes if one.marketing) | {EVERY_MAILING}

    def stop(self, identifiers: Sequence[Identifier], at: datetime) -> int:  # noqa: ARG002 - SendGrid dates it itself
        """Enter the addresses in every group of direct marketing, and where the settings ask, in the global list."""
        given = emails(identifiers)
        if not given:
            return 0
        look = Look(self._api, self._account)
        if fresh := [one for one in given if look.marketed(one)]:
            self._changer.suppress(dict.fromkeys(self._account.marketing, fresh))
        if self._account.everything:
            fresh = [one for one in given if not look.suppressed_globally(one)]
            if fresh:
                self._api.suppress_globally(fresh)
        return len(given)

    def resolve(self, identifiers: Sequence[Identifier], tenant: str) -> tuple[Candidate, ...]:
        """Contacts that bear the addresses; none for a tenant."""
        return () if tenant else self._finder.resolve(identifiers)

    def everybody(self, bearing: Sequence[Identifier] | None = None) -> Iterator[Candidate]:
        """Every contact, from an export that SendGrid makes of them; of those `bearing` an address, by search."""
        return self._roller.everybody() if bearing is None else iter(self._finder.resolve(bearing))

    def locate(self, subject: Subject, cursor: str = "") -> Page:
        """The next table's records of the person."""
        return Page(items=()) if subject.tenant else self._finder.page(subject, cursor)

    def expired(self, ended: Ended, as_of: date, cursor: str = "") -> Page:  # noqa: ARG002 - not claimed
        """SendGrid cannot be asked by age: people see to it."""
        raise CapabilityMissing("capability-missing", system=self._name, capability=Capability.EXPIRE)

    def scan(self, subject: Subject) -> tuple[Identifier, ...]:
        """Addresses and telephone numbers that were not given."""
        return () if subject.tenant else self._finder.scan(subject)

    def copy(self, items: Iterator[Item]) -> Iterator[Record]:
        """Content, a record at a time."""
        return self._finder.copy(items)

    def foresee(self, batch: Batch) -> tuple[Foreseen, ...]:
        """What every order will leave behind, from what stands there now."""
        self._require(batch)
        return self._changer.foresee(batch)

    def observe(self, batch: Batch) -> tuple[Foreseen, ...]:
        """The hash of every order's record as it stands now."""
        return self._changer.observe(batch)

    def apply(self, batch: Batch, foreseen: Sequence[Foreseen]) -> tuple[Effect, ...]:
        """Carry the batch out; what an attempt that broke off did is done already."""
        self._require(batch)
        return self._changer.apply(batch, foreseen)

    def close(self) -> None:
        """Nothing is held open: the SDK opens a connection for every request."""

    def _require(self, batch: Batch) -> None:
        require(Capability(batch.verb), _CAPABILITIES, self._name)
        allowed = _OUTCOMES.get(batch.verb, frozenset())
        if batch.verb is Verb.COPY or any(one.outcome not in allowed for one in batch.orders):
            raise Refused("order-does-not-fit-verb", "plan again", system=self._name, verb=batch.verb)
