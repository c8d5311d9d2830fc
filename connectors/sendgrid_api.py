"""What the connector asks of SendGrid, through its own SDK: one method a request, plain values back."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar, cast
from urllib.parse import quote

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from connectors.sendgrid_errors import is_missing, translated

BASE = "https://api.sendgrid.com"
TIMEOUT = 30.0
ADDRESSES_A_SEARCH = 100
ADDRESSES_AN_ERASURE = 5_000
CONTACTS_A_DELETION = 100
"""The ids stand in the address of the request, which servers bound."""
_PAGE = 1_000
_MOST_MESSAGES = 1_000

Object = dict[str, Any]
_T = TypeVar("_T")
_FINE_WITHOUT = frozenset({"get", "delete"})

# At level DEBUG the SDK tells every address, body and key that it sends. By level, as whoever configures logging
# later in this process enables every logger anew.
logging.getLogger("python_http_client.client").setLevel(logging.WARNING)


def some_at_a_time(values: Sequence[_T], most: int) -> Iterator[list[_T]]:
    """Pieces of at most so many."""
    stream = iter(values)
    while piece := list(islice(stream, most)):
        yield piece


class Api:
    """One SendGrid account. `timeout` is how many seconds a request may take.

    Every method raises as `connectors.sendgrid_errors.translated`.
    """

    def __init__(self, system: str, key: str, *, base: str = BASE, timeout: float = TIMEOUT) -> None:
        self.system = system
        self.base = base
        sdk = SendGridAPIClient(key, host=base.rstrip("/"))
        sdk.client.timeout = timeout
        self._client = sdk.client

    def found_by_email(self, addresses: Sequence[str]) -> list[Object]:
        """Contacts that bear one of the addresses, first or alternate; the index lags behind what was added."""
        found: dict[str, Object] = {}
        for some in some_at_a_time(addresses, ADDRESSES_A_SEARCH):
            search = {"emails": some}
            told = self._ask("post", "marketing/contacts/search/emails", body=search, absent=True) or {}
            for one in told.get("result", {}).values():
                if contact := one.get("contact"):
                    found[contact["id"]] = contact
        return list(found.values())

    def contact(self, contact: str) -> Object | None:
        """A contact by its id, or None where there is none of it."""
        return cast("Object | None", self._ask("get", f"marketing/contacts/{_part(contact)}"))

    def upsert(self, contact: Mapping[str, Any]) -> str:
        """Change fields of a contact; the job that will do it."""
        return _job(self._ask("put", "marketing/contacts", body={"contacts": [dict(contact)]}))

    def delete_contacts(self, contacts: Sequence[str]) -> list[str]:
        """Delete contacts; the jobs that will do it."""
        return [
            _job(self._ask("delete", "marketing/contacts", query={"ids": ",".join(some)}))
            for some in some_at_a_time(contacts, CONTACTS_A_DELETION)
        ]

    def job(self, job: str) -> str:
        """`pending`, `completed`, `errored` or `failed`; empty where SendGrid knows nothing of it (yet)."""
        told = self._ask("get", f"marketing/contacts/imports/{_part(job)}") or {}
        return str(told.get("status", ""))

    def export(self) -> str:
        """Have all contacts exported as CSV, telling nobody by e-mail; the job that will do it."""
        asked = {"file_type": "csv", "notifications": {"email": False}}
        return str((self._ask("post", "marketing/contacts/exports", body=asked) or {}).get("id") or "")

    def exported(self, export: str) -> Object | None:
        """An export as it stands: `pending`, `ready` with `urls`, or `failure`; None where it is not known (yet)."""
        return cast("Object | None", self._ask("get", f"marketing/contacts/exports/{_part(export)}"))

    def take_off(self, one_list: str, contacts: Sequence[str]) -> None:
        """Take contacts off a list, which SendGrid does some time later."""
        for some in some_at_a_time(contacts, CONTACTS_A_DELETION):
            query = {"contact_ids": ",".join(some)}
            self._ask("delete", f"marketing/lists/{_part(one_list)}/contacts", query=query)

    def lists(self) -> dict[str, str]:
        """Names of lists by id."""
        found: dict[str, str] = {}
        token = ""
        while True:
            query: Object = {"page_size": _PAGE} | ({"page_token": token} if token else {})
            told = self._ask("get", "marketing/lists", query=query) or {}
            found |= {one["id"]: one["name"] for one in told.get("result", ())}
            token = _next_token(told)
            if not token:
                return found

    def segments(self) -> dict[str, str]:
        """Names of segments by id."""
        told = self._ask("get", "marketing/segments/2.0") or {}
        return {one["id"]: one["name"] for one in told.get("results", ())}

    def groups(self) -> dict[int, Object]:
        """Unsubscribe groups by id."""
        return {int(one["id"]): one for one in self._ask("get", "asm/groups") or ()}

    def unsubscribed(self, address: str) -> dict[int, Object]:
        """Every group by id, with whether the address is `suppressed` in it."""
        told = self._ask("get", f"asm/suppressions/{_part(address)}") or {}
        return {int(one["id"]): one for one in told.get("suppressions", ())}

    def suppress(self, group: int, addresses: Sequence[str]) -> None:
        """Enter addresses in a group's list; one that stands there already is as good."""
        self._ask("post", f"asm/groups/{group}/suppressions", body={"recipient_emails": list(addresses)})

    def suppress_globally(self, addresses: Sequence[str]) -> None:
        """Enter addresses in the list of those who get nothing at all."""
        self._ask("post", "asm/suppressions/global", body={"recipient_emails": list(addresses)})

    def suppressed_globally(self, address: str) -> bool:
        """Whether the address gets nothing at all."""
        told = self._ask("get", f"asm/suppressions/global/{_part(address)}") or {}
        return bool(told.get("recipient_email"))

    def failures(self, kind: str, address: str) -> list[Object]:
        """What SendGrid keeps of an address among `bounces`, `blocks`, `spam_reports` or `invalid_emails`."""
        return list(self._ask("get", f"suppression/{kind}/{_part(address)}") or ())

    def forget_failure(self, kind: str, address: str) -> None:
        """Take an address out of one of those."""
        self._ask("delete", f"suppression/{kind}/{_part(address)}")

    def messages(self, address: str, most: int = _MOST_MESSAGES) -> list[Object]:
        """What was sent to an address, as far back as the account keeps it."""
        return self._messages(f'to_email="{address}"', most)

    def messages_marked(self, name: str, value: str) -> list[Object]:
        """What was sent with a custom argument of that value."""
        return self._messages(f"unique_args['{name}']=\"{value}\"", 1)

    def _messages(self, query: str, most: int) -> list[Object]:
        asked = {"query": query, "limit": most}
        return list((self._ask("get", "messages", query=asked) or {}).get("messages", ()))

    def erase_sent(self, addresses: Sequence[str]) -> None:
        """Have what was sent to these addresses erased, which SendGrid does some time later and tells nobody."""
        for some in some_at_a_time(addresses, ADDRESSES_AN_ERASURE):
            self._ask("post", "recipients/erasejob", body={"email_addresses": some})

    def scopes(self) -> frozenset[str]:
        """What the key may do."""
        return frozenset((self._ask("get", "scopes") or {}).get("scopes", ()))

    def send(self, mail: Mapping[str, Any]) -> str:
        """Hand a message over; its id, which is an acceptance and no delivery."""
        with translated(self.system):
            answer = self._client.mail.send.post(request_body=dict(mail))
            return str(answer.headers.get("X-Message-Id") or "")

    def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        absent: bool = False,
    ) -> Any:
        """What SendGrid answers; None where a thing that is read, deleted or searched (`absent`) is not there.

        What is written to and not there is a refusal: an account without that service answers so.
        """
        with translated(self.system):
            try:
                answer = getattr(self._client._(path), method)(request_body=body, query_params=query)
            except HTTPError as error:
                if is_missing(error) and (absent or method in _FINE_WITHOUT):
                    return None
                raise
            return json.loads(answer.body) if answer.body else None


def _part(value: str) -> str:
    """One part of a path: the SDK writes it as it stands."""
    return quote(value, safe="")


def _job(told: Any) -> str:
    return str((told or {}).get("job_id") or "")


def _next_token(told: Mapping[str, Any]) -> str:
    following = str(told.get("_metadata", {}).get("next") or "")
    _, mark, token = following.partition("page_token=")
    return token.partition("&")[0] if mark else ""
