"""One look at an account: what stands there of a person, each thing asked for once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import JsonValue

from connectors.content import content_hash
from connectors.sendgrid_api import Api, Object
from connectors.sendgrid_map import ACTIVITY, GLOBAL, Account
from domain.connector import ABSENT

Locator = Mapping[str, JsonValue]
Content = dict[str, Any]
"""What a record holds, as far as a change of it matters: its hash is made from this."""

MARKETED, MEMBER, UNSUBSCRIBED = "marketed", "member", "unsubscribed"
_T = TypeVar("_T")
_NOT_CONTENT = frozenset({"_metadata", "updated_at", "list_ids", "segment_ids"})
"""What changes without anybody's changing the record: lists are records of their own, segments follow by rule."""


class Look:
    """Asks each thing once, and so sees one state; a later one needs another look."""

    def __init__(self, api: Api, account: Account) -> None:
        self._api = api
        self.account = account
        self._known: dict[tuple[str, ...], Any] = {}

    def contact(self, contact: str) -> Object | None:
        """A contact as it is now, whatever the index of contacts still says."""
        return self._once(lambda: self._api.contact(contact), "contact", contact)

    def groups(self, address: str) -> dict[int, Object]:
        """Every unsubscribe group, with whether the address stands in it."""
        return self._once(lambda: self._api.unsubscribed(address), "groups", address)

    def failures(self, kind: str, address: str) -> list[Object]:
        """What SendGrid notes of an address that it could not, or was told not to, write to."""
        return self._once(lambda: self._api.failures(kind, address), kind, address)

    def messages(self, address: str) -> list[Object]:
        """What was sent to an address."""
        return self._once(lambda: self._api.messages(address), ACTIVITY, address)

    def suppressed_globally(self, address: str) -> bool:
        """Whether an address gets nothing at all."""
        return self._once(lambda: self._api.suppressed_globally(address), GLOBAL, address)

    def lists_of(self, locator: Locator) -> list[str]:
        """The lists of a subscription's group that its contact is on."""
        contact = self.contact(str(locator["$contact"])) if locator.get("$contact") else None
        on = sorted((contact or {}).get("list_ids") or ())
        return [one for one in on if self.account.group_of(one) == locator["group"]]

    def content(self, table: str, locator: Locator) -> Content | None:
        """What a record holds now; None where there is none."""
        address = str(locator.get("email", ""))
        match table:
            case "contacts":
                contact = self.contact(str(locator["contact"]))
                return None if contact is None else self._of_contact(contact)
            case "subscriptions":
                return self._of_subscription(address, locator)
            case "email_activity":
                # SendGrid erases by address, whatever stands there: our own letters do not make it another record.
                return {"email": address} if self.messages(address) else None
            case "unsubscribes":
                return {"email": address} if self.suppressed_globally(address) else None
            case _:
                found = self.failures(table, address)
                return {"email": address, "entries": found} if found else None

    def _of_contact(self, contact: Object) -> Content:
        told = {name: value for name, value in contact.items() if name not in _NOT_CONTENT and value}
        return told | {MARKETED: bool(contact.get("email")) and self.marketed(str(contact["email"]))}

    def marketed(self, address: str) -> bool:
        """Whether some direct marketing may still go to an address."""
        groups = self.groups(address)
        return not all(groups.get(one, {}).get("suppressed") for one in self.account.marketing)

    def _of_subscription(self, address: str, locator: Locator) -> Content | None:
        group = int(str(locator["group"]))
        ended = bool(self.groups(address).get(group, {}).get("suppressed"))
        # Whether on some list, not on which: one that is left half-way is the same subscription.
        member = bool(self.lists_of(locator))
        if not ended and not member:
            return None
        return {"group": group, "email": address, MEMBER: member, UNSUBSCRIBED: ended}

    def _once(self, ask: Callable[[], _T], *what: str) -> _T:
        if what not in self._known:
            self._known[what] = ask()
        known: _T = self._known[what]
        return known


def hashed(table: str, content: Content | None) -> str:
    """The content hash of a record of that table."""
    if content is None:
        return ABSENT
    named = [part for name in sorted(content) for part in (name, content[name])]
    return content_hash([table, *named])
