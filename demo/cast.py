"""All people of the story: those of `scenarios`, and those who use the rights that leave data where they are."""

from __future__ import annotations

from demo import scenarios as first
from demo.people import Person, Place, phone_number
from demo.scenarios import Becomes, Fate, Scenario
from domain.outcomes import Outcome

_SILOM = Place("แขวงสีลม", "เขตบางรัก", "กรุงเทพมหานคร", "10500")
_SUTHEP = Place("ตำบลสุเทพ", "อำเภอเมืองเชียงใหม่", "เชียงใหม่", "50200")

SUBSCRIBER = Scenario(
    key="subscriber",
    email="kittipong@sangsan.example",
    people=(
        Person(
            "นาย",
            "กิตติพงษ์",
            "อินทรวงศ์",
            "Kittipong",
            "Inthawong",
            "kittipong",
            phone_number(744_1205, 1),
            "27/4 ถนนสีลม",
            _SILOM,
        ),
    ),
    user_ids=(108,),
    contact_ids=(),
    told=(
        "Uses the service and wants no more advertising: that stops the day he says so, and nobody decides it. "
        "He also objects to how his use is measured; the company shows a reason that weighs more, so what rested "
        "meanwhile goes on. And he takes along what rests on consent or contract."
    ),
    fates=(),
    becomes=(
        Becomes("consents", (105,), is_set=("withdrawn_at",)),
        Becomes("email_suppressions", ("kittipong@sangsan.example", "marketing"), new=True),
    ),
)

MISSPELT = Scenario(
    key="misspelt",
    email="siriporn@sangsan.example",
    people=(
        Person(
            "นาง",
            "สิริพร",
            "บุญมาก",
            "Siriporn",
            "Bunmak",
            "siriporn",
            phone_number(755_3310, 2),
            "3/15 ถนนห้วยแก้ว",
            _SUTHEP,
        ),
    ),
    user_ids=(109,),
    contact_ids=(),
    told=(
        "Her name is misspelt. While that is checked her data rest (s.34 ¶1(1)); then the name is corrected where it "
        "is recorded and in the ticket that copied it. The tax invoice stands as it was issued, and finance sees to it."
    ),
    fates=(),
    becomes=(
        Becomes("users", (109,), {"full_name_th": "ศิริพร บุญมาก", "processing_restricted": True}),
        Becomes("tickets", (104,), {"requester_name": "ศิริพร บุญมาก", "processing_restricted": True}),
    ),
)

WITHDRAWER = Scenario(
    key="withdrawer",
    email="anucha.w@example.com",
    people=(
        Person(
            "นาย",
            "อนุชา",
            "วัฒนกุล",
            "Anucha",
            "Watthanakun",
            "anucha.w",
            phone_number(766_9042, 0),
            "81 ซอยสุขใจ",
            _SILOM,
        ),
    ),
    user_ids=(),
    contact_ids=(104,),
    told="A lead who withdraws his consent: it ends at once, and what rested on it alone is erased after it.",
    fates=tuple(
        Fate(table, Outcome.ERASE)
        for table in ("contacts", "activities", "notes", "email_messages", "consents")
    ),
    becomes=(Becomes("email_suppressions", ("anucha.w@example.com", "marketing"), new=True),),
)

CHANGES_MIND = Scenario(
    key="changes-mind",
    email="wilai@sangsan.example",
    people=(
        Person(
            "นางสาว",
            "วิไล",
            "ทองสุข",
            "Wilai",
            "Thongsuk",
            "wilai",
            phone_number(777_2218, 1),
            "66 ถนนห้วยแก้ว",
            _SUTHEP,
        ),
    ),
    user_ids=(110,),
    contact_ids=(),
    told=(
        "Left the bakery. She asks to be erased and takes it back; asks again and calls it off while it cools off; "
        "and in the end has only what was measured about her erased."
    ),
    fates=(Fate("page_views", Outcome.ERASE),),
)

SCENARIOS = (
    first.FORMER_CUSTOMER,
    first.ACTIVE_CUSTOMER,
    first.LEAD,
    first.SHARED_ADDRESS,
    first.SHARED_ADDRESS_OTHER,
    first.TENANT_CONTACT,
    first.SAME_EMAIL,
    first.BOTH_ROLES,
    first.UNKNOWN,
    SUBSCRIBER,
    MISSPELT,
    WITHDRAWER,
    CHANGES_MIND,
)
