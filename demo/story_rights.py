"""The rows of those who use the rights that leave data where they are (`demo.cast`)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from demo import cast, scenarios
from demo.records import (
    Account,
    Book,
    Device,
    add_account,
    add_address,
    add_consent,
    add_cookie_consent,
    add_login,
    add_ticket,
    add_visit,
    bill,
)
from demo.scenarios import Scenario

BAKERY = scenarios.BAKERY_TENANT


def write(book: Book, staff: tuple[int, ...]) -> None:
    """All their rows, after those of the story, which keep their numbers."""
    _subscriber(book)
    _misspelt(book, staff[0])
    _changes_mind(book)


def _account(book: Book, who: Scenario, created_on: date, *, closed_on: date | None = None) -> Account:
    person = who.people[0]
    account = Account(who.user_ids[0], BAKERY, person, who.email)
    address = add_address(book, person.street, person.place)
    add_account(
        book,
        account,
        role="member",
        created_on=created_on,
        last_login_on=closed_on or date(2026, 11, 12),
        address_id=address,
        closed_on=closed_on,
    )
    return account


def _subscriber(book: Book) -> None:
    account = _account(book, cast.SUBSCRIBER, date(2025, 2, 3))
    device = Device("5f0c1a52-0000-4000-8000-000000000108", "192.0.2.108", 2)
    for day in (date(2026, 10, 2), date(2026, 11, 12)):
        add_login(book, device, user_id=account.user_id, day=day)
        add_visit(book, device, user_id=account.user_id, day=day, feature="orders")
    add_cookie_consent(book, device, user_id=account.user_id, day=date(2025, 10, 20))
    add_consent(book, user_id=account.user_id, day=date(2025, 2, 3))


def _misspelt(book: Book, staff_id: int) -> None:
    account = _account(book, cast.MISSPELT, date(2025, 5, 6))
    bill(
        book,
        account,
        item="แพ็กเกจเริ่มต้น รายปี",
        subtotal=Decimal("3600.00"),
        issued_on=date(2026, 5, 6),
        vat_filed_on=date(2026, 6, 15),
        method="promptpay",
    )
    add_ticket(
        book,
        account,
        subject="ชื่อในระบบสะกดผิด",
        opened_on=date(2026, 11, 3),
        messages=("ชื่อของฉันสะกดด้วย ศ ค่ะ", "รบกวนยื่นคำขอแก้ไขผ่านหน้าใช้สิทธิค่ะ"),
        staff_id=staff_id,
    )


def _changes_mind(book: Book) -> None:
    account = _account(book, cast.CHANGES_MIND, date(2024, 9, 9), closed_on=date(2026, 8, 5))
    device = Device("5f0c1a52-0000-4000-8000-000000000110", "203.0.113.110", 1)
    for day in (date(2026, 8, 1), date(2026, 8, 2), date(2026, 8, 3)):
        add_visit(book, device, user_id=account.user_id, day=day, feature="recipes")
    add_login(book, device, user_id=account.user_id, day=date(2026, 8, 3))
