"""Finding a person's records, table by table, and copying what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from connectors.base import read_cursor, write_cursor
from connectors.sendgrid_api import Api, Object
from connectors.sendgrid_look import Look, hashed
from connectors.sendgrid_map import (
    ACTIVITY,
    CONTACTS,
    EVERY_MAILING,
    FAILURES,
    SUBSCRIPTIONS,
    TABLES,
    Account,
    Legal,
    SendgridMap,
)
from domain.connector import Page
from domain.errors import BadInput
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Candidate, Consent, Found, Item, Record, Role, Subject
from domain.outcomes import Outcome

SEVERAL = "identifier-of-several"
_SHOWN = ("first_name", "last_name", "created_at")


class Person:
    """Whose records a search comes to, in one look.

    An address that a contact bears only beside its own may be somebody else's: such a contact is unsure, and nothing
    is looked for under its addresses.
    """

    def __init__(self, system: str, api: Api, look: Look, subject: Subject) -> None:
        self.given = emails(subject.identifiers)
        chosen = {str(one["contact"]) for one in subject.anchors.get(system, ()) if one.get("contact")}
        found = {str(one["id"]) for one in api.found_by_email(self.given)} if self.given else set()
        # The index may still show what was deleted, or an older state: every contact is read by its id.
        now = {one: look.contact(one) for one in sorted(chosen | found)}
        self.contacts = {one: contact for one, contact in now.items() if contact is not None}
        self.unsure = {
            one
            for one, contact in self.contacts.items()
            if one not in chosen and lowered(contact.get("email")) not in self.given
        }
        self.sure = {one: contact for one, contact in self.contacts.items() if one not in self.unsure}

    @property
    def addresses(self) -> tuple[str, ...]:
        """What was given, and what surely theirs bears."""
        own = (address for contact in self.sure.values() for address in addresses_of(contact))
        return tuple(sorted({*self.given, *own}))

    def contact_at(self, address: str) -> str:
        """The id of the contact whose own address it is; empty where none is."""
        same = (one for one, contact in self.sure.items() if lowered(contact.get("email")) == address)
        return next(same, "")


class Finder:
    """Finds and copies; every page and every copy is a look of its own."""

    def __init__(self, system: str, api: Api, known: SendgridMap, account: Account) -> None:
        self._system = system
        self._api = api
        self._map = known
        self._account = account
        self._stages = [name for name in TABLES if name != ACTIVITY or account.activity]

    def resolve(self, identifiers: Sequence[Identifier]) -> tuple[Candidate, ...]:
        """Every contact that bears one of the addresses."""
        given = emails(identifiers)
        found = self._api.found_by_email(given) if given else []
        contacts = (self._api.contact(str(one["id"])) for one in found)
        return tuple(
            Candidate(
                system=self._system,
                locator={"contact": one["id"]},
                shown={name: str(one[name]) for name in _SHOWN if one.get(name)},
                addresses=tuple(_identifiers(addresses_of(one), IdentifierKind.EMAIL)),
                same_as=lowered(one.get("email")),
            )
            for one in sorted((one for one in contacts if one), key=lambda one: str(one["id"]))
        )

    def page(self, subject: Subject, cursor: str) -> Page:
        """The records of the next table that has any; what stands in others is asked for by the next page."""
        stage, number = (int(part) for part in read_cursor(cursor, 2)) if cursor else (0, 1)
        if not 0 <= stage < len(self._stages):
            raise BadInput("malformed-cursor", "start again from the first page")
        look = Look(self._api, self._account)
        person = Person(self._system, self._api, look, subject)
        items: tuple[Item, ...] = ()
        while stage < len(self._stages) and not items:
            items = tuple(self._items(look, person, self._stages[stage], number))
            stage += 1
        following = write_cursor([stage, number + len(items)]) if stage < len(self._stages) else ""
        return Page(items=items, cursor=following)

    def scan(self, subject: Subject) -> tuple[Identifier, ...]:
        """Addresses and telephone numbers in the contacts that are surely theirs, beside those given."""
        person = Person(self._system, self._api, Look(self._api, self._account), subject)
        found: set[Identifier] = set()
        for contact in person.sure.values():
            found.update(_identifiers(addresses_of(contact), IdentifierKind.EMAIL))
            phones = [str(contact.get(name) or "") for name in ("phone_number", "phone_number_id")]
            found.update(_identifiers(phones, IdentifierKind.PHONE))
        fresh = found.difference(subject.identifiers)
        return tuple(sorted(fresh, key=lambda one: (one.kind, one.value)))

    def copy(self, items: Iterator[Item]) -> Iterator[Record]:
        """Records in the order of the items; what is gone since it was located is left out."""
        lists: dict[str, str] | None = None
        segments: dict[str, str] = {}
        look = Look(self._api, self._account)  # of one person, whose records are few
        for item in items:
            if lists is None:
                lists, segments = self._api.lists(), self._api.segments()
            told = self._told(look, item, lists, segments)
            if told is None:
                continue
            table = self._map.tables[item.found.table]
            yield Record(
                system=self._system,
                table=table.name,
                unit=item.found.unit,
                no=item.found.no,
                values={column.name: told.get(column.name) for column in table.columns},
            )

    def _told(
        self, look: Look, item: Item, lists: Mapping[str, str], segments: Mapping[str, str]
    ) -> dict[str, Any] | None:
        table, locator = item.found.table, item.locator
        content = look.content(table, locator)
        if content is None:
            return None
        address = str(locator.get("email", ""))
        if table == CONTACTS:
            contact = look.contact(str(locator["contact"])) or {}
            named = {"lists": (lists, "list_ids"), "segments": (segments, "segment_ids")}
            return contact | {
                name: [names.get(one, one) for one in contact.get(ids) or ()]
                for name, (names, ids) in named.items()
            }
        if table == SUBSCRIPTIONS:
            group = look.groups(address).get(int(str(locator["group"])), {})
            return {
                "email": address,
                "group": group.get("name"),
                "description": group.get("description"),
                "lists": [lists.get(one, one) for one in look.lists_of(locator)],
                "unsubscribed": bool(content["unsubscribed"]),
            }
        if table == ACTIVITY:
            return {"email": address, "messages": look.messages(address)}
        if table in FAILURES:
            return _told_of_failures(look.failures(table, address))
        return {"email": address}

    def _items(self, look: Look, person: Person, table: str, number: int) -> Iterator[Item]:
        for no, locator in enumerate(self._locators(look, person, table), number):
            content = look.content(table, locator) or {}
            found: dict[str, Any] = {
                "no": no,
                "system": self._system,
                "table": table,
                "role": Role.CONTROLLER,
            }
            legal = self._map.legal[table]
            if table == CONTACTS:
                found |= self._contact(content, unsure=str(locator["contact"]) in person.unsure)
            if table == SUBSCRIPTIONS:
                found |= self._subscription(content)
                legal = self._map.ended if content.get("unsubscribed") else legal
            yield Item(
                found=Found(**(found | _legally(legal))),
                locator=locator,
                content_hash=hashed(table, content),
            )

    def _locators(self, look: Look, person: Person, table: str) -> Iterator[dict[str, JsonValue]]:
        if table == CONTACTS:
            for one in person.contacts:
                yield {"contact": one}
            return
        for address in person.addresses:
            places: list[dict[str, JsonValue]] = [{"email": address}]
            if table == SUBSCRIPTIONS:
                groups = sorted({*look.groups(address), *(one.group for one in self._account.purposes)})
                at = person.contact_at(address)
                places = [{"group": group, "email": address, "$contact": at} for group in groups]
            yield from (place for place in places if look.content(table, place) is not None)

    def _contact(self, content: Mapping[str, Any], *, unsure: bool) -> dict[str, Any]:
        consent = Consent(
            purpose=EVERY_MAILING, stands=bool(content["marketed"]), marketing=True, listed=True
        )
        return {
            "fields": tuple(self._map.fields),
            "consent": consent if content.get("email") else None,
            "unsure": unsure,
            "obstacle": SEVERAL if unsure else "",
        }

    def _subscription(self, content: Mapping[str, Any]) -> dict[str, Any]:
        purpose = self._account.purpose_of(content["group"])
        if purpose is None:
            return {}
        stands = not content["unsubscribed"]
        ended_by = {"stands": stands, "marketing": purpose.marketing, "listed": purpose.marketing}
        return {"consent": Consent(purpose=purpose.code, **ended_by)}


def emails(identifiers: Sequence[Identifier]) -> list[str]:
    """The addresses among identifiers, each once."""
    return sorted({one.value for one in identifiers if one.kind is IdentifierKind.EMAIL})


def lowered(address: Any) -> str:
    """An address as SendGrid keeps it."""
    return str(address or "").strip().lower()


def addresses_of(contact: Object) -> list[str]:
    """A contact's own address and its others."""
    found = [contact.get("email"), *(contact.get("alternate_emails") or ())]
    return [address for one in found if (address := lowered(one))]


def _legally(legal: Legal) -> dict[str, Any]:
    keeps = {"on_erase": Outcome.NO_GROUND, "kept_on": legal.keeps} if legal.keeps else {}
    return {"unit": legal.unit, "basis": legal.basis, **keeps}


def _identifiers(texts: Sequence[str], kind: IdentifierKind) -> Iterator[Identifier]:
    for text in texts:
        try:
            yield identifier(kind, text)
        except BadInput:
            continue  # what nobody could be known by


def _instant(entry: Object) -> float:
    return float(entry.get("created") or 0)


def _told_of_failures(entries: Sequence[Object]) -> Object:
    """The newest entry, with its time as people read it."""
    latest: Object = max(entries, key=_instant)
    newest = dict(latest)
    if newest.get("created"):
        newest["created"] = datetime.fromtimestamp(_instant(newest), UTC).isoformat()
    return newest
