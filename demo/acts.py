"""The demonstration's cases: who asks for what, and how it must end."""

from __future__ import annotations

from dataclasses import dataclass

from demo import scenarios as people
from demo.scenarios import Scenario
from domain.outcomes import Ending
from domain.rights import Right


@dataclass(frozen=True, slots=True)
class Act:
    """One request and its lawful end.

    `tenant` names the tenant in whose CRM the person says to be; `choose` is the candidate that the officer
    picks; `after` is an earlier act of the same person that must be over (access before erasure).
    """

    key: str
    who: Scenario
    right: Right
    ending: Ending
    tenant: str = ""
    choose: int | None = None
    after: str = ""


ACTS = (
    Act("copy-for-former-customer", people.FORMER_CUSTOMER, Right.ACCESS, Ending.FULFILLED),
    Act(
        "erase-former-customer",
        people.FORMER_CUSTOMER,
        Right.ERASURE,
        Ending.PARTIAL,
        after="copy-for-former-customer",
    ),
    Act("erase-active-customer", people.ACTIVE_CUSTOMER, Right.ERASURE, Ending.PARTIAL),
    Act("erase-lead", people.LEAD, Right.ERASURE, Ending.FULFILLED),
    Act("erase-one-of-two-at-an-address", people.SHARED_ADDRESS, Right.ERASURE, Ending.FULFILLED),
    Act("erase-account-not-tenants-contact", people.BOTH_ROLES, Right.ERASURE, Ending.FULFILLED),
    Act("copy-where-two-share-an-email", people.SAME_EMAIL, Right.ACCESS, Ending.FULFILLED, choose=1),
    Act(
        "erase-in-a-tenants-crm",
        people.TENANT_CONTACT,
        Right.ERASURE,
        Ending.NOT_CONTROLLER,
        tenant="kadluang",
    ),
    Act("copy-for-tenants-contact", people.TENANT_CONTACT, Right.ACCESS, Ending.NO_DATA),
    Act("copy-for-nobody-known", people.UNKNOWN, Right.ACCESS, Ending.NO_DATA),
)
