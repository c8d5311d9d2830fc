"""The rows of the people in `scenarios.py`, written by hand: no seed changes them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from demo import cast, scenarios, story_rights
from demo.people import Person
from demo.records import (
    Account,
    Book,
    Device,
    add_account,
    add_address,
    add_consent,
    add_cookie_consent,
    add_email,
    add_login,
    add_session,
    add_ticket,
    add_visit,
    at,
    bill,
)
from demo.scenarios import Scenario
from demo.schema import OPERATOR_TENANT_ID

FIRST_ID = 101
STAFF_IDS = (1, 2, 3, 4, 5, 6)
"""Users of the operator's tenant; the population gives them names."""

_TENANTS = (
    (scenarios.FORMER_TENANT, "baanmai", "ร้านบ้านไม้เฟอร์นิเจอร์", "Baan Mai Furniture", date(2018, 5, 17)),
    (scenarios.ACTIVE_TENANT, "kadluang", "ร้านกาดหลวงของฝาก", "Kad Luang Gifts", date(2025, 3, 1)),
    (
        scenarios.FAMILY_TENANT,
        "kaeomanee",
        "ร้านแก้วมณีวัสดุก่อสร้าง",
        "Kaeomanee Building Supply",
        date(2023, 9, 1),
    ),
    (
        scenarios.CHOIR_TENANT,
        "rongphleng",
        "โรงเรียนร้องเพลงสร้างสรรค์",
        "Sangsan Singing School",
        date(2024, 2, 1),
    ),
    (scenarios.BAKERY_TENANT, "khanompang", "ร้านขนมปังแสงสันต์", "Sangsan Bakery", date(2024, 6, 1)),
)
_SERVICE_ENDED = date(2026, 6, 30)


def write(book: Book) -> None:
    """All rows of the story."""
    for tenant_id, slug, name_th, name_en, started in _TENANTS:
        closed = tenant_id == scenarios.FORMER_TENANT
        book.add(
            "tenants",
            id=tenant_id,
            slug=slug,
            name_th=name_th,
            name_en=name_en,
            status="closed" if closed else "active",
            created_at=at(started),
            service_started_on=started,
            service_ended_on=_SERVICE_ENDED if closed else None,
        )
    _former_customer(book)
    _active_customer(book)
    _lead(book)
    _family(book)
    _tenant_contact(book)
    _same_email(book)
    _both_roles(book)
    _interested(book, cast.WITHDRAWER, date(2026, 8, 4), greeting="สวัสดีคุณอนุชา")
    story_rights.write(book, STAFF_IDS)


def _account(scenario: Scenario, tenant_id: int, number: int = 0) -> Account:
    return Account(scenario.user_ids[number], tenant_id, scenario.people[number], scenario.email)


def _address_of(book: Book, person: Person) -> int:
    return add_address(book, person.street, person.place)


def _contact(book: Book, scenario: Scenario, *, tenant_id: int, source: str, day: date) -> int:
    person = scenario.people[0]
    return book.add(
        "contacts",
        id=scenario.contact_ids[0],
        tenant_id=tenant_id,
        owner_user_id=STAFF_IDS[1]
        if tenant_id == OPERATOR_TENANT_ID
        else scenarios.ACTIVE_CUSTOMER.user_ids[0],
        address=person.address,
        title_th=person.title_th,
        full_name_th=person.full_name_th,
        full_name_en=person.full_name_en,
        email=scenario.email,
        phone=person.phone,
        source=source,
        stage="lead" if tenant_id == OPERATOR_TENANT_ID else "customer",
        custom_fields={"ช่องทางที่สะดวก": "อีเมล"},
        created_at=at(day),
    )


def _subscription(book: Book, account: Account, started: date, ended: date | None, card: str | None) -> None:
    book.add(
        "subscriptions",
        tenant_id=account.tenant_id,
        user_id=account.user_id,
        plan_code="team",
        status="ended" if ended else "active",
        started_on=started,
        ended_on=ended,
        stripe_customer_id=f"cus_demo{account.user_id:06d}",
        stripe_subscription_id=f"sub_demo{account.user_id:06d}",
        card_brand=card and "visa",
        card_last4=card,
    )


def _former_customer(book: Book) -> None:
    account = _account(scenarios.FORMER_CUSTOMER, scenarios.FORMER_TENANT)
    device = Device("5f0c1a52-0000-4000-8000-000000000101", "192.0.2.18", 1)
    user_id, person = account.user_id, account.person
    add_account(
        book,
        account,
        role="owner",
        created_on=date(2018, 5, 17),
        last_login_on=date(2026, 6, 28),
        address_id=_address_of(book, person),
        closed_on=_SERVICE_ENDED,
    )
    book.add(
        "user_profile_history",
        user_id=user_id,
        field="phone",
        old_value="069-000-2018",
        changed_at=at(date(2021, 8, 2)),
    )
    _subscription(book, account, date(2018, 5, 17), _SERVICE_ENDED, "4242")
    for item, subtotal, issued_on, filed_on in (
        ("แพ็กเกจทีม ชำระล่วงหน้า 4 ปี", Decimal("48000.00"), date(2018, 5, 17), date(2018, 6, 15)),
        ("แพ็กเกจทีม ต่ออายุ 4 ปี", Decimal("56000.00"), date(2022, 3, 14), date(2022, 4, 18)),
    ):
        bill(
            book,
            account,
            item=item,
            subtotal=subtotal,
            issued_on=issued_on,
            vat_filed_on=filed_on,
            method="bank_transfer",
        )
    add_ticket(
        book,
        account,
        subject="ขอใบกำกับภาษีปี 2565",
        opened_on=date(2022, 3, 20),
        messages=("รบกวนส่งใบกำกับภาษีให้คุณธนกรที่ thanakorn@baanmai.example ครับ", "ส่งให้เรียบร้อยแล้วค่ะ"),
        staff_id=STAFF_IDS[0],
    )
    add_ticket(
        book,
        account,
        subject="ส่งออกข้อมูลก่อนเลิกใช้บริการ",
        opened_on=date(2026, 6, 10),
        messages=(f"ขอไฟล์รายชื่อทั้งหมดครับ โทร {person.phone}", "จัดเตรียมไฟล์ให้แล้วค่ะ", "ได้รับแล้ว ขอบคุณครับ"),
        staff_id=STAFF_IDS[2],
        attachment="ชื่อ,อีเมล\nธนกร ศรีสุวรรณ,thanakorn@baanmai.example\n".encode("utf-8-sig"),
    )
    for day in (date(2026, 5, 4), date(2026, 6, 10), date(2026, 6, 28)):
        add_login(book, device, user_id=user_id, day=day)
        add_visit(book, device, user_id=user_id, day=day, feature="contacts")
    add_visit(book, device, user_id=None, day=date(2026, 6, 28), feature="pricing", minute=580)
    add_cookie_consent(book, device, user_id=user_id, day=date(2025, 10, 12))
    add_consent(book, user_id=user_id, day=date(2021, 8, 2))


def _active_customer(book: Book) -> None:
    account = _account(scenarios.ACTIVE_CUSTOMER, scenarios.ACTIVE_TENANT)
    device = Device("5f0c1a52-0000-4000-8000-000000000102", "198.51.100.24", 0)
    user_id = account.user_id
    add_account(
        book,
        account,
        role="owner",
        created_on=date(2025, 3, 1),
        last_login_on=date(2026, 11, 20),
        address_id=_address_of(book, account.person),
    )
    _subscription(book, account, date(2025, 3, 1), None, "4242")
    yearly = Decimal("14400.00")
    bill(
        book,
        account,
        item="แพ็กเกจทีม รายปี",
        subtotal=yearly,
        issued_on=date(2025, 3, 1),
        vat_filed_on=date(2025, 4, 16),
        method="promptpay",
    )
    for item, subtotal, issued_on, filed_on in (
        ("แพ็กเกจทีม รายปี", yearly, date(2026, 3, 1), date(2026, 4, 16)),
        ("ที่นั่งเพิ่ม 2 ที่", Decimal("2400.00"), date(2026, 8, 10), date(2026, 9, 15)),
    ):
        bill(
            book,
            account,
            item=item,
            subtotal=subtotal,
            issued_on=issued_on,
            vat_filed_on=filed_on,
            method="card",
        )
    add_ticket(
        book,
        account,
        subject="สอบถามการตั้งค่าอีเมล",
        opened_on=date(2026, 10, 5),
        messages=("ตั้งค่าผู้ส่งอีเมลอย่างไรคะ", "เรียนคุณพิมพ์ชนก ดูคู่มือหน้า 12 ได้เลยค่ะ"),
        staff_id=STAFF_IDS[1],
        closed=False,
    )
    for day in (date(2026, 9, 1), date(2026, 10, 5), date(2026, 11, 13), date(2026, 11, 20)):
        add_login(book, device, user_id=user_id, day=day)
        add_visit(book, device, user_id=user_id, day=day, feature="deals")
    add_session(book, device, user_id=user_id, day=date(2026, 11, 20))
    add_cookie_consent(book, device, user_id=user_id, day=date(2025, 10, 15))
    add_consent(book, user_id=user_id, day=date(2025, 3, 1))


def _lead(book: Book) -> None:
    _interested(book, scenarios.LEAD, date(2026, 7, 2), greeting="สวัสดีคุณณัฐพงษ์")


def _interested(book: Book, scenario: Scenario, day: date, *, greeting: str) -> None:
    """Somebody in the company's own CRM, who let it write to them."""
    contact_id = _contact(book, scenario, tenant_id=OPERATOR_TENANT_ID, source="web_form", day=day)
    _crm_life(book, OPERATOR_TENANT_ID, contact_id, STAFF_IDS[1], day + timedelta(days=7))
    add_email(
        book,
        tenant_id=OPERATOR_TENANT_ID,
        contact_id=contact_id,
        to=scenario.email,
        sender="hello@siamcrm.example",
        subject="ข่าวสารประจำเดือน",
        body=f"{greeting} เดือนนี้มีฟีเจอร์ใหม่มาแนะนำ",
        day=day + timedelta(days=30),
    )
    add_consent(book, contact_id=contact_id, day=day)


def _crm_life(book: Book, tenant_id: int, contact_id: int, user_id: int, day: date) -> None:
    book.add(
        "activities",
        tenant_id=tenant_id,
        contact_id=contact_id,
        user_id=user_id,
        kind="call",
        subject="โทรแนะนำตัว",
        happened_at=at(day),
    )
    book.add(
        "notes",
        tenant_id=tenant_id,
        contact_id=contact_id,
        author_user_id=user_id,
        body="สนใจทดลองใช้ คุณสมหญิงเป็นผู้แนะนำมา",
        created_at=at(day, 570),
    )


def _family(book: Book) -> None:
    husband = _account(scenarios.SHARED_ADDRESS, scenarios.FAMILY_TENANT)
    wife = _account(scenarios.SHARED_ADDRESS_OTHER, scenarios.FAMILY_TENANT)
    shared = _address_of(book, wife.person)
    add_account(
        book,
        husband,
        role="member",
        created_on=date(2023, 9, 1),
        last_login_on=date(2026, 2, 3),
        address_id=shared,
        closed_on=date(2026, 2, 10),
    )
    add_account(
        book,
        wife,
        role="owner",
        created_on=date(2023, 9, 1),
        last_login_on=date(2026, 11, 18),
        address_id=shared,
    )
    _subscription(book, wife, date(2023, 9, 1), None, "1881")
    # One shop computer: the address on the network is theirs together, the cookie is his.
    device = Device("5f0c1a52-0000-4000-8000-000000000103", "203.0.113.45", 3)
    add_login(book, device, user_id=husband.user_id, day=date(2026, 2, 3))
    add_visit(book, device, user_id=husband.user_id, day=date(2026, 2, 3), feature="reports")
    add_cookie_consent(book, device, user_id=husband.user_id, day=date(2026, 1, 5))
    add_login(book, device, user_id=wife.user_id, day=date(2026, 11, 18))


def _tenant_contact(book: Book) -> None:
    scenario, tenant_id = scenarios.TENANT_CONTACT, scenarios.ACTIVE_TENANT
    keeper = scenarios.ACTIVE_CUSTOMER
    contact_id = _contact(book, scenario, tenant_id=tenant_id, source="referral", day=date(2025, 6, 14))
    book.add(
        "deals",
        tenant_id=tenant_id,
        contact_id=contact_id,
        owner_user_id=keeper.user_ids[0],
        name="ชุดของฝากงานแต่ง",
        amount=Decimal("8500.00"),
        stage="won",
        expected_close_on=date(2025, 7, 1),
        created_at=at(date(2025, 6, 20)),
    )
    _crm_life(book, tenant_id, contact_id, keeper.user_ids[0], date(2025, 6, 20))
    add_email(
        book,
        tenant_id=tenant_id,
        contact_id=contact_id,
        to=scenario.email,
        sender=keeper.email,
        subject="ยืนยันคำสั่งซื้อ",
        body="เรียนคุณรัชนี จัดส่งวันที่ 1 กรกฎาคมค่ะ",
        day=date(2025, 6, 21),
    )


def _same_email(book: Book) -> None:
    for number, tenant_id in enumerate((scenarios.CHOIR_TENANT, scenarios.BAKERY_TENANT)):
        account = _account(scenarios.SAME_EMAIL, tenant_id, number)
        add_account(
            book,
            account,
            role="owner",
            created_on=date(2024, 2 + 4 * number, 1),
            last_login_on=date(2026, 10, 30),
            address_id=_address_of(book, account.person),
        )


def _both_roles(book: Book) -> None:
    scenario = scenarios.BOTH_ROLES
    account = _account(scenario, scenarios.CHOIR_TENANT)
    add_account(
        book,
        account,
        role="member",
        created_on=date(2024, 3, 1),
        last_login_on=date(2026, 5, 11),
        address_id=_address_of(book, account.person),
        closed_on=date(2026, 5, 31),
    )
    device = Device("5f0c1a52-0000-4000-8000-000000000107", "192.0.2.107", 1)
    add_login(book, device, user_id=account.user_id, day=date(2026, 5, 11))
    contact_id = _contact(
        book,
        scenario,
        tenant_id=scenarios.ACTIVE_TENANT,
        source="phone",
        day=date(2025, 12, 2),
    )
    book.add(
        "notes",
        tenant_id=scenarios.ACTIVE_TENANT,
        contact_id=contact_id,
        author_user_id=scenarios.ACTIVE_CUSTOMER.user_ids[0],
        body="ซื้อของฝากให้โรงเรียนทุกปี",
        created_at=at(date(2025, 12, 2), 570),
    )
