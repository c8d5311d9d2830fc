"""The demonstration's cases: who asks for what, what happens on the way, and how it must end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from demo import cast
from demo import scenarios as people
from demo.elsewhere import FILES, SENDGRID, STRIPE
from demo.scenarios import Scenario
from domain.outcomes import Ending
from domain.rights import Right


class Way(StrEnum):
    """What becomes of a request on its way."""

    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # the person takes it back before it is decided
    CALLED_OFF = "called-off"  # and here after it was decided, while it cools off
    AMENDED = "amended"  # narrowed while it waits for the decision
    PARKED = "parked-and-repaired"  # Stripe takes no key until somebody mends that


@dataclass(frozen=True, slots=True)
class Act:
    """One request and its lawful end.

    `tenant` names the tenant in whose CRM the person says to be; `choose` is the candidate that the officer
    picks; `after` is an earlier act of the same person that must be over (access before erasure). `asked` are
    fields of the request (`domain.wishes`), `amended` those that are put over them on the way; `ground` is the
    one that it is refused on, and `follows` the ending of the erasure that a withdrawal opens by itself. `parts` are
    the systems that the package must have a part of.
    """

    key: str
    who: Scenario
    right: Right
    ending: Ending
    tenant: str = ""
    choose: int | None = None
    after: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)
    way: Way = Way.GRANTED
    ground: str = ""
    amended: Mapping[str, str] = field(default_factory=dict)
    follows: Ending | None = None
    parts: tuple[str, ...] = ()


ACTS = (
    Act(
        "copy-for-former-customer",
        people.FORMER_CUSTOMER,
        Right.ACCESS,
        Ending.FULFILLED,
        parts=("siamcrm", FILES, STRIPE, SENDGRID),
    ),
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
    Act(
        "stop-advertising",
        cast.SUBSCRIBER,
        Right.OBJECTION,
        Ending.FULFILLED,
        asked={"against": "marketing"},
    ),
    Act(
        "object-to-being-measured",
        cast.SUBSCRIBER,
        Right.OBJECTION,
        Ending.REFUSED,
        after="stop-advertising",
        asked={"against": "interest"},
        way=Way.REFUSED,
        ground="R32-COMPEL",
    ),
    Act(
        "take-along",
        cast.SUBSCRIBER,
        Right.PORTABILITY,
        Ending.PARTIAL,
        after="object-to-being-measured",
    ),
    Act(
        "rest-while-checked",
        cast.MISSPELT,
        Right.RESTRICTION,
        Ending.FULFILLED,
        asked={"because": "accuracy"},
    ),
    Act(
        "correct-the-name",
        cast.MISSPELT,
        Right.RECTIFICATION,
        Ending.FULFILLED,
        after="rest-while-checked",
        asked={"name-th": "ศิริพร บุญมาก"},
    ),
    Act(
        "withdraw-consent",
        cast.WITHDRAWER,
        Right.WITHDRAWAL,
        Ending.FULFILLED,
        follows=Ending.FULFILLED,
    ),
    Act(
        "erase-and-take-it-back",
        cast.CHANGES_MIND,
        Right.ERASURE,
        Ending.WITHDRAWN,
        way=Way.WITHDRAWN,
    ),
    Act(
        "erase-and-call-it-off",
        cast.CHANGES_MIND,
        Right.ERASURE,
        Ending.CALLED_OFF,
        after="erase-and-take-it-back",
        way=Way.CALLED_OFF,
    ),
    Act(
        "erase-less-than-asked-first",
        cast.CHANGES_MIND,
        Right.ERASURE,
        Ending.FULFILLED,
        after="erase-and-call-it-off",
        way=Way.AMENDED,
        amended={"units": "U07"},
    ),
    Act(
        "copy-while-stripe-takes-no-key",
        people.SHARED_ADDRESS_OTHER,
        Right.ACCESS,
        Ending.FULFILLED,
        way=Way.PARKED,
        parts=("siamcrm", STRIPE),
    ),
)
"""Every right, and everything that happens to a request on its way."""
