"""Who is meant at Stripe: its customers by e-mail, by telephone and by ids that stand elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from connectors.sql_identifiers import normal
from connectors.stripe_api import Api, Object
from domain.errors import Refused
from domain.identifiers import Identifier, IdentifierKind
from domain.item import Candidate, Subject

CUSTOMER = "cus_"
"""Begins every id of a customer."""


class People:
    """Finds a person's customers: all of them, and nobody else's."""

    def __init__(self, system: str, api: Api) -> None:
        self._system = system
        self._api = api

    def resolve(self, identifiers: Sequence[Identifier]) -> tuple[Candidate, ...]:
        """Every customer whom an identifier names; those with one address are one person."""
        return tuple(self._candidate(one) for one in self._found(identifiers))

    def customers(self, subject: Subject) -> dict[str, bool]:
        """The ids of a resolved person's customers, and of each whether it may be somebody else's.

        Theirs are those that the resolution chose and those whose id stands in their records elsewhere. A customer
        that only has an address of theirs may be whoever shares the mailbox or the telephone: an officer looks.
        """
        named = {_id(locator) for locator in subject.anchors.get(self._system, ())}
        if not all(named):
            raise Refused("locator-malformed", "resolve again", system=self._system)
        ids = {one.value for one in subject.identifiers if _is_customer(one)}
        sure = named | {one for one in ids - named if self._api.customer(one) is not None}
        reached = {one["id"] for one in self._by_address(subject.identifiers)}
        return {one: one not in sure for one in sorted(sure | reached)}

    def everybody(self) -> Iterator[Candidate]:
        """Every customer that was not deleted, page by page, with its addresses."""
        after = ""
        while True:
            page = self._api.customers(after)
            yield from (self._candidate(one).model_copy(update={"shown": {}}) for one in page.objects)
            if not (after := page.after):
                return

    def identifiers(self, customer: Object) -> set[Identifier]:
        """What the person is known by in a customer: its addresses, and its id for other systems to look for."""
        carried = {
            normal(IdentifierKind.EMAIL, customer.get("email")),
            normal(IdentifierKind.PHONE, customer.get("phone")),
            normal(IdentifierKind.REF, customer["id"]),
        }
        return {one for one in carried if one}

    def _found(self, identifiers: Sequence[Identifier]) -> list[Object]:
        found = {one["id"]: one for one in self._by_address(identifiers)}
        for one in identifiers:
            if _is_customer(one) and one.value not in found and (named := self._api.customer(one.value)):
                found[one.value] = named
        return [found[key] for key in sorted(found) if not found[key].get("deleted")]

    def _by_address(self, identifiers: Sequence[Identifier]) -> list[Object]:
        """Customers whose own address is one of these, decided in the engine's normal form.

        The list minds case and finds what was entered a moment ago; the search minds none and lags. Both are asked.
        """
        emails = sorted(one.value for one in identifiers if one.kind is IdentifierKind.EMAIL)
        phones = sorted(one.value for one in identifiers if one.kind is IdentifierKind.PHONE)
        seen = [one for email in emails for one in self._api.customers_of(email)]
        if emails:
            seen += self._api.customers_like("email", emails)
        if phones:
            seen += self._api.customers_like("phone", [way for phone in phones for way in _ways(phone)])
        wanted = set(identifiers)
        mine = {one["id"]: one for one in seen if self.identifiers(one) & wanted}
        # What a search knows may be older than what stands: it is read again before anybody is taken for somebody.
        now = [self._api.customer(key) for key in sorted(mine)]
        return [one for one in now if one and not one.get("deleted") and self.identifiers(one) & wanted]

    def _candidate(self, customer: Object) -> Candidate:
        addresses = sorted(
            (one for one in self.identifiers(customer) if one.kind is not IdentifierKind.REF),
            key=lambda one: (one.kind, one.value),
        )
        email = normal(IdentifierKind.EMAIL, customer.get("email"))
        shown = {"name": customer.get("name"), "customer": customer["id"]}
        return Candidate(
            system=self._system,
            locator={"customer": customer["id"]},
            shown={key: str(value) for key, value in shown.items() if value},
            addresses=tuple(addresses),
            same_as=email.value if email else "",
        )


def _is_customer(one: Identifier) -> bool:
    return one.kind is IdentifierKind.REF and one.value.startswith(CUSTOMER)


def _id(locator: Any) -> str:
    return str(locator.get("customer") or "")


def _ways(phone: str) -> Iterable[str]:
    """How a number may stand at Stripe, which keeps it as it was typed: the search finds no other spelling."""
    yield phone
    if phone.startswith("+66"):
        rest = phone.removeprefix("+66")
        yield f"0{rest}"
        yield f"0{rest[:2]}-{rest[2:5]}-{rest[5:]}"
        yield f"+66 {rest[:2]} {rest[2:5]} {rest[5:]}"
