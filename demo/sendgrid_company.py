"""The demonstration company's account at SendGrid, as its CRM would have left it there.

Who let the company write to them is a contact on the list of what they agreed to, and got this month's mail; who
took that back stands in the group of those who get none.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from demo import scenarios
from demo.sendgrid_account import Account

GROUPS = {
    "marketing_email": (101, "ข่าวสารและข้อเสนอ", "7d1f2a00-0000-4000-8000-000000000101"),
    "product_research": (102, "แบบสำรวจ", "7d1f2a00-0000-4000-8000-000000000102"),
}
"""By purpose: the unsubscribe group, its name, and the list that is written to under it; as `systems.yaml` has them."""

_SENT_AT = "2026-11-02T03:00:00Z"
_NAMES = uuid.UUID("7d1f2a00-0000-4000-8000-000000000000")
_CONSENTS = text("""
    select lower(u.email) as email, u.full_name_th as name, c.purpose_code as purpose, c.withdrawn_at
    from consents c join users u on u.id = c.user_id
    union all
    select lower(k.email), k.full_name_th, c.purpose_code, c.withdrawn_at
    from consents c join contacts k on k.id = c.contact_id where k.email is not null
    order by 1, 3""")


def sendgrid_account(crm: Engine) -> Account:
    """The account on the day that the company looks as it does; the same for the same database."""
    account = Account()
    for number, name, one_list in GROUPS.values():
        account.groups[number] = {
            "id": number,
            "name": name,
            "description": name,
            "is_default": False,
        }
        account.unsubscribed[number] = set()
        account.lists[one_list] = name
    with crm.connect() as connection:
        for given in _agreed(connection):
            _add(account, given)
    blocked = {"created": 1_793_588_400, "email": scenarios.FORMER_CUSTOMER.email}
    account.failures["blocks"].append(blocked | {"reason": "451 mailbox busy", "status": "4.5.1"})
    return account


def _agreed(connection: Connection) -> Iterable[Row[Any]]:
    return (row for row in connection.execute(_CONSENTS) if row.purpose in GROUPS)


def _add(account: Account, given: Row[Any]) -> None:
    group, title, one_list = GROUPS[given.purpose]
    key = str(uuid.uuid5(_NAMES, given.email))
    if key not in account.contacts:
        first, _, last = given.name.partition(" ")
        named = {"email": given.email, "first_name": first, "last_name": last}
        account.add_contact(id=key, **named, list_ids=[], created_at=_SENT_AT, updated_at=_SENT_AT)
    contact = account.contacts[key]
    if given.withdrawn_at is not None:
        account.unsubscribed[group].add(given.email)
        return
    contact["list_ids"] = sorted({*contact["list_ids"], one_list})
    account.messages.append(
        {
            "from_email": "hello@siamcrm.example",
            "msg_id": f"demo-{group}-{key[:8]}",
            "subject": f"{title} พฤศจิกายน 2569",
            "to_email": given.email,
            "status": "delivered",
            "opens_count": 0,
            "clicks_count": 0,
            "last_event_time": _SENT_AT,
            "unique_args": {},
        }
    )
