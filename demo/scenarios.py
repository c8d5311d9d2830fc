"""The people of the story: who they are, and what must become of their data if they ask for erasure.

The outcomes are those of the law and of the company's promise on `AS_OF`, with the accounting hold
(7 years from 31 December of the year of issue, as the company's policy publishes it), which outlasts that of the Revenue
Code (5 years from the filing of the VAT return) on every document here. They are written here by hand and computed by nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from demo.people import Person, Place, phone_number
from domain.outcomes import Outcome

FORMER_TENANT, ACTIVE_TENANT, FAMILY_TENANT, CHOIR_TENANT, BAKERY_TENANT = 11, 12, 13, 14, 15

_SILOM = Place("แขวงสีลม", "เขตบางรัก", "กรุงเทพมหานคร", "10500")
_SUTHEP = Place("ตำบลสุเทพ", "อำเภอเมืองเชียงใหม่", "เชียงใหม่", "50200")
_HAT_YAI = Place("ตำบลหาดใหญ่", "อำเภอหาดใหญ่", "สงขลา", "90110")


@dataclass(frozen=True, slots=True)
class Fate:
    """What an erasure does to the person's rows in one table.

    `ids` are those it speaks of; None means all of the person's rows there. `until` is the last day of a
    hold, both ends counted.
    """

    table: str
    outcome: Outcome
    ids: tuple[int, ...] | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Becomes:
    """What a row of the person holds at the end, however many requests touched it; its other columns stay.

    `is_set` are columns that were empty and hold something now.
    """

    table: str
    key: tuple[object, ...]
    values: Mapping[str, object] = field(default_factory=dict)
    is_set: tuple[str, ...] = ()
    new: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """One person, or what looks like one: `email` is what the requester gives.

    `user_ids` and `contact_ids` are every account and contact that the e-mail leads to; `people` has one
    person an account where they differ, one in all where they don't, none for somebody unknown.
    """

    key: str
    email: str
    people: tuple[Person, ...]
    user_ids: tuple[int, ...]
    contact_ids: tuple[int, ...]
    told: str
    fates: tuple[Fate, ...]
    becomes: tuple[Becomes, ...] = ()


def _all(outcome: Outcome, *tables: str) -> tuple[Fate, ...]:
    return tuple(Fate(table, outcome) for table in tables)


FORMER_CUSTOMER = Scenario(
    key="former-customer",
    email="thanakorn@baanmai.example",
    people=(
        Person(
            "นาย",
            "ธนกร",
            "ศรีสุวรรณ",
            "Thanakorn",
            "Sisuwan",
            "thanakorn",
            phone_number(18_0517, 0),
            "88/12 ถนนสีลม",
            _SILOM,
        ),
    ),
    user_ids=(101,),
    contact_ids=(),
    told=(
        "Service ended on 2026-06-30. The invoice of 2018-05-17 is past its accounting hold (7 years from "
        "2018-12-31, last day 2025-12-31) and goes with its payment and slip; that of 2022-03-14 (VAT filed "
        "2022-04-18, which holds it to 2027-04-18) stays to 2029-12-31. Invoices name the account by a key that may not be null, so an "
        "account is anonymised, never deleted. His log-ins are past the 90 days of the Computer Crime Act, and go."
    ),
    fates=(
        *_all(Outcome.ANONYMISE, "users"),
        *_all(
            Outcome.ERASE,
            "addresses",
            "user_profile_history",
            "subscriptions",
            "tickets",
            "ticket_messages",
            "ticket_attachments",
            "login_events",
            "page_views",
            "cookie_consents",
            "consents",
        ),
        Fate("invoices", Outcome.ERASE, (101,)),
        Fate("invoice_lines", Outcome.ERASE, (101,)),
        Fate("payments", Outcome.ERASE, (101,)),
        Fate("transfer_slips", Outcome.ERASE, (101,)),
        Fate("invoices", Outcome.HOLD, (102,), date(2029, 12, 31)),
        Fate("invoice_lines", Outcome.HOLD, (102,), date(2029, 12, 31)),
        Fate("payments", Outcome.HOLD, (102,), date(2029, 12, 31)),
        Fate("transfer_slips", Outcome.HOLD, (102,), date(2029, 12, 31)),
    ),
)

ACTIVE_CUSTOMER = Scenario(
    key="active-customer",
    email="pimchanok@kadluang.example",
    people=(
        Person(
            "นางสาว",
            "พิมพ์ชนก",
            "วงศ์ทอง",
            "Pimchanok",
            "Wongthong",
            "pimchanok",
            phone_number(256_9001, 2),
            "199 ถนนห้วยแก้ว",
            _SUTHEP,
        ),
    ),
    user_ids=(102,),
    contact_ids=(),
    told=(
        "Pays for a running subscription. What the contract needs has no ground for erasure (s.33 ¶1); what "
        "stands on consent alone goes, and so do her page views, kept in the company's interest, to which asking "
        "for erasure objects (s.33 ¶1(3)); her invoices of 2025 and 2026 are held."
    ),
    fates=(
        *_all(
            Outcome.NO_GROUND,
            "users",
            "addresses",
            "sessions",
            "subscriptions",
            "tickets",
            "ticket_messages",
            "login_events",
        ),
        *_all(Outcome.ERASE, "page_views", "cookie_consents", "consents"),
        *(
            Fate(table, Outcome.HOLD, ids, until)
            for table in ("invoices", "invoice_lines", "payments")
            for ids, until in (((103,), date(2032, 12, 31)), ((104, 105), date(2033, 12, 31)))
        ),
        Fate("transfer_slips", Outcome.HOLD, (103,), date(2032, 12, 31)),
    ),
)

LEAD = Scenario(
    key="lead",
    email="nattapong.k@example.com",
    people=(
        Person(
            "นาย",
            "ณัฐพงษ์",
            "คำภีระ",
            "Nattapong",
            "Khamphira",
            "nattapong.k",
            phone_number(310_0555, 1),
            "7/3 ซอยร่วมใจ",
            _HAT_YAI,
        ),
    ),
    user_ids=(),
    contact_ids=(101,),
    told=(
        "Never a customer: a lead in the company's own CRM, with consent to marketing e-mail only. All goes."
    ),
    fates=_all(Outcome.ERASE, "contacts", "activities", "notes", "email_messages", "consents"),
)

SHARED_ADDRESS = Scenario(
    key="shared-address",
    email="surachai@kaeomanee.example",
    people=(
        Person(
            "นาย",
            "สุรชัย",
            "แก้วมณี",
            "Surachai",
            "Kaeomanee",
            "surachai",
            phone_number(441_2301, 0),
            "45/6 ถนนนิพัทธ์อุทิศ",
            _HAT_YAI,
        ),
    ),
    user_ids=(103,),
    contact_ids=(),
    told="Left the family business; his account is disabled. His wife's account still uses the address row.",
    fates=(
        *_all(Outcome.ANONYMISE, "users"),
        *_all(Outcome.ERASE, "login_events", "page_views", "cookie_consents"),
        *_all(Outcome.DETACH, "addresses"),
    ),
)

SHARED_ADDRESS_OTHER = Scenario(
    key="shared-address-other",
    email="wanna@kaeomanee.example",
    people=(
        Person(
            "นาง",
            "วรรณา",
            "แก้วมณี",
            "Wanna",
            "Kaeomanee",
            "wanna",
            phone_number(441_2302, 0),
            "45/6 ถนนนิพัทธ์อุทิศ",
            _HAT_YAI,
        ),
    ),
    user_ids=(104,),
    contact_ids=(),
    told="Wife of the former, an active user: nothing of hers may change when his data goes.",
    fates=_all(Outcome.NO_GROUND, "users", "addresses", "subscriptions", "login_events"),
)

TENANT_CONTACT = Scenario(
    key="tenant-contact",
    email="ratchanee.p@example.net",
    people=(
        Person(
            "นาง",
            "รัชนี",
            "เพียรดี",
            "Ratchanee",
            "Phiandi",
            "ratchanee.p",
            phone_number(520_7788, 1),
            "12 หมู่ 4",
            _SUTHEP,
        ),
    ),
    user_ids=(),
    contact_ids=(102,),
    told="A customer of the active customer's shop, in its CRM only: the tenant is her controller.",
    fates=_all(Outcome.NOT_CONTROLLER, "contacts", "deals", "activities", "notes", "email_messages"),
)

SAME_EMAIL = Scenario(
    key="same-email",
    email="office@sangsan.example",
    people=(
        Person(
            "นาย",
            "ปกรณ์",
            "แสงสันต์",
            "Pakorn",
            "Sangsan",
            "office",
            phone_number(633_1001, 0),
            "5 ถนนสีลม",
            _SILOM,
        ),
        Person(
            "นางสาว",
            "มธุรส",
            "แสงสันต์",
            "Mathuros",
            "Sangsan",
            "office",
            phone_number(633_1002, 0),
            "9/9 ถนนสีลม",
            _SILOM,
        ),
    ),
    user_ids=(105, 106),
    contact_ids=(),
    told="One mailbox, two accounts in two tenants under two names: an officer must choose; nothing before.",
    fates=(),
)

BOTH_ROLES = Scenario(
    key="both-roles",
    email="kannika@rongphleng.example",
    people=(
        Person(
            "นางสาว",
            "กรรณิการ์",
            "ดวงดี",
            "Kannika",
            "Duangdi",
            "kannika",
            phone_number(702_4410, 2),
            "31 ถนนนิมมานเหมินท์",
            _SUTHEP,
        ),
    ),
    user_ids=(107,),
    contact_ids=(103,),
    told=(
        "Left the choir, so her account is disabled; also a contact in another tenant's CRM. The account is "
        "the company's to erase, the contact is not."
    ),
    fates=(
        *_all(Outcome.ANONYMISE, "users"),
        *_all(Outcome.ERASE, "addresses", "login_events"),
        *_all(Outcome.NOT_CONTROLLER, "contacts", "notes"),
    ),
)

UNKNOWN = Scenario(
    key="unknown",
    email="nobody.here@example.net",
    people=(),
    user_ids=(),
    contact_ids=(),
    told="Nobody by that address: the case ends with a letter that says so.",
    fates=(),
)
