"""Purpose-made customers of the demonstration company: each the owner of a tenant of their own, written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count

from sqlalchemy import Engine, insert

from demo.people import Person, Place, phone_number
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
    at,
    bill,
)
from demo.schema import OPERATOR_TENANT_ID, metadata
from demo.story import STAFF_IDS
from tests.workflows.company import Somebody

FIRST_ID = 5_000_001
SERVICE_BEGAN = date(2018, 5, 17)
_PLACE = Place("แขวงสีลม", "เขตบางรัก", "กรุงเทพมหานคร", "10500")
_NAMES = (
    ("นาย", "ปิยะ", "ทองคำ", "Piya", "Thongkham"),
    ("นางสาว", "มาลัย", "ใจงาม", "Malai", "Chaingam"),
    ("นาง", "สายใจ", "บุญรอด", "Saichai", "Bunrot"),
    ("นาย", "วิทยา", "แสงทอง", "Witthaya", "Saengthong"),
)


@dataclass(frozen=True)
class Bill:
    """An invoice paid three days later by a bank transfer with its slip; `filed` is the day of the VAT return."""

    issued: date
    filed: date | None


@dataclass(frozen=True)
class Life:
    """What the company has of a customer beside the account and the address; days on which it came about."""

    ended: date | None = None
    bills: Sequence[Bill] = ()
    tickets: Sequence[date] = ()
    visits: Sequence[date] = ()
    logins: Sequence[date] = ()
    consents: Sequence[str] = ()
    cookies: bool = False
    card: bool = False


@dataclass
class Newcomers:
    """Writes them into the company's database."""

    crm: Engine
    _book: Book = field(default_factory=lambda: Book(FIRST_ID))
    _numbers: count[int] = field(default_factory=lambda: count(FIRST_ID))

    def customer(self, life: Life) -> Somebody:
        """A customer with that life; the contract ended with the service, or runs on."""
        number = next(self._numbers)
        slug = f"scenario{number}"
        self._tenant(number, slug, life.ended)
        account = Account(number, number, _person(number), f"owner@{slug}.example")
        self._account(account, life)
        for one in life.bills:
            bill(
                self._book,
                account,
                item="แพ็กเกจทีม รายปี",
                subtotal=Decimal("14400.00"),
                issued_on=one.issued,
                vat_filed_on=one.filed,
                method="bank_transfer",
            )
        for day in life.tickets:
            add_ticket(
                self._book,
                account,
                subject="สอบถามการใช้งาน",
                opened_on=day,
                messages=("ใช้งานอย่างไรครับ", "ดูคู่มือหน้า 12 ได้เลยค่ะ"),
                staff_id=STAFF_IDS[0],
            )
        self._device(account, life)
        for purpose in life.consents:
            add_consent(self._book, user_id=number, day=SERVICE_BEGAN, purpose=purpose)
        self._write()
        return Somebody(number, account.email)

    def lead(self, *, source: str, day: date) -> Somebody:
        """Somebody in the company's own CRM, of whom it never asked anything."""
        number = next(self._numbers)
        return self._contact(number, OPERATOR_TENANT_ID, f"lead{number}@example.com", source, day)

    def contact_of(self, tenant: Somebody, email: str = "") -> Somebody:
        """Somebody in the CRM of a customer."""
        number = next(self._numbers)
        return self._contact(
            number, tenant.id, email or f"contact{number}@example.com", "phone", date(2026, 1, 9)
        )

    def _contact(self, number: int, tenant: int, email: str, source: str, day: date) -> Somebody:
        person = _person(number)
        self._book.add(
            "contacts",
            id=number,
            tenant_id=tenant,
            full_name_th=person.full_name_th,
            email=email,
            phone=person.phone,
            source=source,
            stage="lead",
            custom_fields={},
            created_at=at(day),
        )
        self._write()
        return Somebody(number, email)

    def _tenant(self, number: int, slug: str, ended: date | None) -> None:
        self._book.add(
            "tenants",
            id=number,
            slug=slug,
            name_th=f"ร้านตัวอย่าง {number}",
            name_en=f"Example Shop {number}",
            status="closed" if ended else "active",
            created_at=at(SERVICE_BEGAN),
            service_started_on=SERVICE_BEGAN,
            service_ended_on=ended,
        )

    def _account(self, account: Account, life: Life) -> None:
        book, person = self._book, account.person
        add_account(
            book,
            account,
            role="owner",
            created_on=SERVICE_BEGAN,
            last_login_on=max(life.logins, default=None),
            address_id=add_address(book, person.street, person.place),
            closed_on=life.ended,
        )
        book.add(
            "subscriptions",
            tenant_id=account.tenant_id,
            user_id=account.user_id,
            plan_code="team",
            status="ended" if life.ended else "active",
            started_on=SERVICE_BEGAN,
            ended_on=life.ended,
            stripe_customer_id=f"cus_scn{account.user_id}",
            card_brand="visa" if life.card else None,
            card_last4="4242" if life.card else None,
        )

    def _device(self, account: Account, life: Life) -> None:
        device = Device(f"5f0c1a52-0000-4000-8000-{account.user_id:012d}", "192.0.2.77", 1)
        for day in life.logins:
            add_login(self._book, device, user_id=account.user_id, day=day)
        for day in life.visits:
            add_visit(self._book, device, user_id=account.user_id, day=day, feature="contacts")
        if life.cookies:
            add_cookie_consent(self._book, device, user_id=account.user_id, day=date(2025, 10, 12))

    def _write(self) -> None:
        """Load what is new; invoices get numbers that no other has."""
        for row in self._book.rows["invoices"]:
            row["number"] = f"TI{row['issued_on']:%Y%m}-{row['id']}"
        with self.crm.begin() as connection:
            for table in metadata.sorted_tables:
                if rows := self._book.rows[table.name]:
                    connection.execute(insert(table), rows)
                    rows.clear()


def _person(number: int) -> Person:
    title, given, surname, given_en, surname_en = _NAMES[number % len(_NAMES)]
    phone = phone_number(number % 9_000_000, 0)
    return Person(title, given, surname, given_en, surname_en, f"p{number}", phone, "88/12 ถนนสีลม", _PLACE)
