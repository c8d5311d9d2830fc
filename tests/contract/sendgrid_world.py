"""A SendGrid account on a stand-in that speaks HTTP, as a world for the contract."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from connectors.datamap_yaml import read_yaml
from connectors.sendgrid import SendgridConnector
from connectors.sendgrid_api import Api
from connectors.sendgrid_change import Patience
from connectors.sendgrid_map import SHIPPED, load_sendgrid_map, read_account
from demo.sendgrid_account import Account, Object
from demo.sendgrid_standin import SCOPES, Faults, StandIn
from domain.connector import Ended
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Item, Subject
from tests.contract.world import Fault
from tests.support.sendgrid_spec import Listener

SYSTEM = "sendgrid"
KEY, NO_KEY = "SG.key-of-the-company", "SG.not-its-password"
NEWS, EVENTS = 101, 102
GROUPS = range(NEWS, NEWS + 12)
MARKETING = (NEWS, EVENTS)
OWN = ("wipa@example.net", "w.sukjai@example.org")
"""One person's two addresses: two contacts that an officer found to be hers."""
SOON, PATIENT = 0.2, 20.0
"""Seconds: how long an answer that is to come too late is waited for, and any other."""


def list_of(group: int) -> str:
    return f"00000000-0000-4000-8000-{group:012d}"


def stanza(**more: Any) -> dict[str, Any]:
    """What the systems file would say of the account."""
    purposes = [
        {
            "purpose": "marketing_email" if group in MARKETING else f"notice_{group}",
            "group": group,
            "marketing": group in MARKETING,
            "lists": [list_of(group)],
        }
        for group in GROUPS
    ]
    return {"purposes": purposes, "activity": True, "settles_minutes": 5, **more}


def connected(
    home: Path, url: str, key: str = KEY, *, timeout: float = PATIENT, **more: Any
) -> SendgridConnector:
    """A connector as the registry would make it, with a test's patience."""
    file = home / f"stanza-{hashlib.sha256(repr(more).encode()).hexdigest()[:8]}.yaml"
    file.write_text(json.dumps(stanza(**more)), "utf-8")
    account = read_account(dict(read_yaml(file).pairs()))
    api = Api(SYSTEM, key, base=url, timeout=timeout)
    return SendgridConnector(api, load_sendgrid_map(SYSTEM, SHIPPED), account, patience=Patience(most=5.0))


def company(account: Account) -> list[str]:
    """Fill an account: the person with two contacts, and others beside; the ids of her contacts."""
    account.keys[KEY] = SCOPES
    for group in GROUPS:
        account.groups[group] = {
            "id": group,
            "name": f"Kind {group}",
            "description": f"Mail of kind {group}",
            "is_default": group == NEWS,
        }
        account.lists[list_of(group)] = f"List {group}"
        account.unsubscribed[group] = {"noi@example.net", "dao@example.net"}
    account.segments["5e6"] = "Frequent readers"
    every = [list_of(group) for group in GROUPS]
    hers = [
        account.add_contact(
            email=OWN[0],
            first_name="วิภา",
            last_name="สุขใจ",
            phone_number="+66812345678",
            city="เชียงใหม่",
            list_ids=every,
            segment_ids=["5e6"],
            custom_fields={"shoe_size": "38"},
        ),
        account.add_contact(email=OWN[1], first_name="วิภา", last_name="ส.", list_ids=every),
    ]
    for number in range(20):
        address = f"other{number}@example.net"
        account.add_contact(email=address, first_name=f"คน {number}", list_ids=every[: number % 12])
        _failed(account, address)
        _mailed(account, address)
    account.everything.add("other3@example.net")
    for address in OWN:
        _mailed(account, address)
    _failed(account, OWN[0])
    return hers


def _failed(account: Account, address: str) -> None:
    entry = {"created": 1_443_651_141, "email": address, "reason": "550 5.1.1", "status": "5.1.1"}
    account.failures["bounces"].append(entry)
    account.failures["blocks"].append(entry)
    account.failures["invalid_emails"].append({name: entry[name] for name in ("created", "email", "reason")})


def _mailed(account: Account, address: str) -> None:
    account.messages.append(
        {
            "from_email": "news@siamcrm.example",
            "msg_id": f"m-{len(account.messages)}",
            "subject": "ข่าวสารประจำเดือน",
            "to_email": address,
            "status": "delivered",
            "opens_count": 1,
            "clicks_count": 0,
            "last_event_time": "2026-11-01T03:00:00Z",
            "unique_args": {},
        }
    )


class SendgridWorld:
    """The person with two contacts among twenty others."""

    transactional = False
    movable, many = "contacts", "subscriptions"
    withholds = False
    faults = frozenset(Fault)
    as_of = date(2026, 11, 22)

    def __init__(self, home: Path) -> None:
        self._home = home
        self.ended: Ended = {}
        self.listener = Listener()
        self.standin = StandIn(Account(), Faults(seconds=3 * SOON), around=self.listener.around).start()
        self.account = self.standin.account
        self.contacts = company(self.account)
        self.connector = self.reopened()
        given = identifier(IdentifierKind.EMAIL, OWN[0])
        anchors: tuple[dict[str, JsonValue], ...] = tuple({"contact": one} for one in self.contacts)
        self.subject = Subject(identifiers=(given,), anchors={SYSTEM: anchors})
        self.stranger: Identifier = identifier(IdentifierKind.EMAIL, "nobody.here@example.net")
        self.corrections: Mapping[str, JsonValue] = {"name-th": "ธนากร ศรีสุวรรณ"}

    def suppressed(self) -> list[str]:
        return sorted(set.intersection(*(self.account.unsubscribed[group] for group in MARKETING)))

    def others(self) -> dict[str, str]:
        account = self.account
        everybody: dict[str, Any] = {
            "contacts": [one for one in account.contacts.values() if one["email"] not in OWN],
            "unsubscribed": {
                group: sorted(one for one in found if one not in OWN)
                for group, found in account.unsubscribed.items()
            },
            "everything": sorted(account.everything),
            "messages": _not_hers(account.messages, "to_email"),
            "lists": account.lists,
        }
        everybody |= {kind: _not_hers(found, "email") for kind, found in account.failures.items()}
        return {
            name: hashlib.sha256(json.dumps(one, sort_keys=True).encode()).hexdigest()
            for name, one in everybody.items()
        }

    def reopened(self, **more: Any) -> SendgridConnector:
        return connected(self._home, self.standin.url, **more)

    def refused(self) -> SendgridConnector:
        return connected(self._home, self.standin.url, NO_KEY)

    @contextmanager
    def cut(self, after: int = 2) -> Iterator[None]:
        self.standin.faults.writes = after
        yield
        self.standin.faults.writes = None

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        self.standin.faults.every = fault.value
        if fault is Fault.SLOW:
            self.connector._api._client.timeout = SOON
        yield
        self.connector._api._client.timeout = PATIENT
        self.standin.faults.every = ""

    def touch(self, item: Item) -> None:
        assert item.found.table == self.movable
        contact = str(item.locator["contact"])
        self.account.contacts[contact] = self.account.contacts[contact] | {"city": "ลำพูน"}

    def close(self) -> None:
        """Every request of the test, and every answer to it, was as SendGrid documents it."""
        self.standin.stop()
        wrong = self.listener.wrong()
        assert not wrong, wrong


def _not_hers(entries: list[Object], field: str) -> list[Object]:
    return [one for one in entries if one[field] not in OWN]
