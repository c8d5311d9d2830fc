"""Rows before they are loaded, and the few things that always come as several rows together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Boolean

from demo.people import Person, Place
from demo.schema import metadata
from demo.slips import slip

AS_OF = date(2026, 11, 22)
"""The day the database looks as it does; nothing in it is later."""

BANKS = ("ธนาคารสาธิตไทย", "ธนาคารตัวอย่างพาณิชย์", "ธนาคารจำลองออมสุข")
BROWSERS = (
    ("Chrome 141", "Windows 11", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0"),
    ("Safari 26", "iOS 26", "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Safari/26.0"),
    ("Firefox 144", "Ubuntu 24.04", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64) Firefox/144.0"),
    ("Edge 141", "Windows 10", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/141.0"),
)
_VAT = Decimal("0.07")
_DUE, _PAID = timedelta(days=30), timedelta(days=3)

Method = Literal["bank_transfer", "promptpay", "card"]


class Book:
    """All rows by table, in the order they came; numbers the rows that bring no id."""

    def __init__(self, first_id: int) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in metadata.tables}
        self._last = dict.fromkeys(metadata.tables, first_id - 1)

    def continue_from(self, first_id: int) -> None:
        """Number on from here, so that what came before keeps its ids whatever follows."""
        self._last = dict.fromkeys(metadata.tables, first_id - 1)

    def add(self, table: str, **values: Any) -> int:
        """One row, every column named: a bulk insert takes its columns from the first row.

        Returns its id, or 0 where the table has a key of another kind.
        """
        columns = metadata.tables[table].columns
        row = {c.name: False if isinstance(c.type, Boolean) else None for c in columns} | values
        if len(row) != len(columns):
            raise KeyError(table)
        if "id" in columns and row["id"] is None:
            self._last[table] += 1
            row["id"] = self._last[table]
        self.rows[table].append(row)
        return int(row["id"]) if "id" in columns else 0


@dataclass(frozen=True, slots=True)
class Account:
    """A person as the user of a tenant."""

    user_id: int
    tenant_id: int
    person: Person
    email: str


@dataclass(frozen=True, slots=True)
class Device:
    """From where somebody came: the cookie's id, the IP address, and an index into `BROWSERS`."""

    visitor_id: str
    ip_address: str
    browser: int = 0


def at(day: date, minute: int = 540) -> datetime:
    """A time of that day, so many minutes after midnight UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)


def add_address(book: Book, street: str, place: Place) -> int:
    """A row of `addresses`."""
    return book.add(
        "addresses",
        line1=street,
        subdistrict=place.subdistrict,
        district=place.district,
        province=place.province,
        postal_code=place.postal_code,
        country="TH",
    )


def add_account(
    book: Book,
    account: Account,
    *,
    role: str,
    created_on: date,
    last_login_on: date | None,
    address_id: int | None,
    closed_on: date | None = None,
    locale: str = "th",
) -> None:
    """The row of `users`; disabled from the day on which the account was closed."""
    person = account.person
    book.add(
        "users",
        id=account.user_id,
        tenant_id=account.tenant_id,
        email=account.email,
        title_th=person.title_th,
        full_name_th=person.full_name_th,
        full_name_en=person.full_name_en,
        phone=person.phone,
        role=role,
        # Of the shape of a hash and the hash of nothing: no password opens a demonstration account.
        password_hash=f"argon2id$demo${sha256(account.email.encode()).hexdigest()[:32]}",
        locale=locale,
        address_id=address_id,
        status="disabled" if closed_on else "active",
        created_at=at(created_on),
        last_login_at=last_login_on and at(last_login_on),
        deleted_at=closed_on and at(closed_on),
    )


def bill(
    book: Book,
    account: Account,
    *,
    item: str,
    subtotal: Decimal,
    issued_on: date,
    vat_filed_on: date | None,
    method: Method | None,
    tax_id: str | None = None,
) -> int:
    """A tax invoice with its line and, where `method` says how it was paid, its payment and slip."""
    vat = (subtotal * _VAT).quantize(Decimal("0.01"))
    number = len(book.rows["invoices"]) + 1
    invoice_id = book.add(
        "invoices",
        number=f"TI{issued_on:%Y%m}-{number:05d}",
        tenant_id=account.tenant_id,
        billed_user_id=account.user_id,
        status="paid" if method else "issued",
        billing_name=f"{account.person.title_th}{account.person.full_name_th}",
        billing_email=account.email,
        billing_address=account.person.address,
        billing_tax_id=tax_id,
        issued_on=issued_on,
        due_on=issued_on + _DUE,
        vat_filed_on=vat_filed_on,
        subtotal=subtotal,
        vat=vat,
        total=subtotal + vat,
    )
    book.add("invoice_lines", invoice_id=invoice_id, line_no=1, description=item, quantity=1, amount=subtotal)
    if method:
        _pay(
            book, account, invoice_id=invoice_id, amount=subtotal + vat, day=issued_on + _PAID, method=method
        )
    return invoice_id


def _pay(
    book: Book, account: Account, *, invoice_id: int, amount: Decimal, day: date, method: Method
) -> None:
    payer = f"{account.person.title_th}{account.person.full_name_th}"
    by_card = method == "card"
    bank = BANKS[account.user_id % len(BANKS)]
    reference = f"{'ch_demo' if by_card else 'TRF'}-{day:%Y%m%d}-{invoice_id:05d}"
    payment_id = book.add(
        "payments",
        invoice_id=invoice_id,
        payer_user_id=account.user_id,
        method=method,
        payer_name=payer,
        payer_bank=None if by_card else bank,
        payer_account_masked=None if by_card else f"xxx-x-x{account.user_id:04d}-x",
        reference=reference,
        amount=amount,
        paid_on=day,
    )
    if by_card:
        return
    image = slip(payer=payer, bank=bank, amount=amount, paid_on=day, reference=reference)
    book.add(
        "transfer_slips",
        payment_id=payment_id,
        uploaded_by_user_id=account.user_id,
        file_name=f"slip-{day:%Y%m%d}.png",
        media_type="image/png",
        image=image,
        sha256=sha256(image).hexdigest(),
        uploaded_at=at(day, 600),
    )


def add_ticket(
    book: Book,
    account: Account,
    *,
    subject: str,
    opened_on: date,
    messages: Sequence[str],
    staff_id: int,
    attachment: bytes | None = None,
    closed: bool = True,
) -> int:
    """A ticket whose messages alternate, the customer's first; the attachment hangs on the first."""
    ticket_id = book.add(
        "tickets",
        tenant_id=account.tenant_id,
        user_id=account.user_id,
        assigned_user_id=staff_id,
        requester_name=account.person.full_name_th,
        requester_email=account.email,
        subject=subject,
        channel="web",
        status="closed" if closed else "waiting",
        opened_at=at(opened_on),
        closed_at=at(opened_on, 900) if closed else None,
    )
    for number, body in enumerate(messages):
        by_staff = number % 2 == 1
        message_id = book.add(
            "ticket_messages",
            ticket_id=ticket_id,
            author_user_id=staff_id if by_staff else account.user_id,
            author_kind="staff" if by_staff else "customer",
            body=body,
            sent_at=at(opened_on, 540 + 60 * number),
        )
        if attachment and number == 0:
            book.add(
                "ticket_attachments",
                message_id=message_id,
                file_name="contacts.csv",
                media_type="text/csv",
                content=attachment,
                sha256=sha256(attachment).hexdigest(),
            )
    return ticket_id


def add_visit(
    book: Book, device: Device, *, user_id: int | None, day: date, feature: str, minute: int = 600
) -> None:
    """A page looked at; before the log-in `user_id` is None and only the device is known."""
    browser, system, _ = BROWSERS[device.browser]
    book.add(
        "page_views",
        user_id=user_id,
        visitor_id=device.visitor_id,
        path=f"/{feature}",
        feature=feature,
        duration_ms=4000 + 37 * minute,
        ip_address=device.ip_address,
        browser=browser,
        operating_system=system,
        viewed_at=at(day, minute),
    )


def add_login(book: Book, device: Device, *, user_id: int, day: date, outcome: str = "ok") -> None:
    """A log-in, or a try."""
    book.add(
        "login_events",
        user_id=user_id,
        happened_at=at(day, 595),
        outcome=outcome,
        ip_address=device.ip_address,
        user_agent=BROWSERS[device.browser][2],
    )


def add_session(book: Book, device: Device, *, user_id: int, day: date) -> None:
    """A session of two weeks, by the hash of its cookie."""
    book.add(
        "sessions",
        token_hash=sha256(f"{device.visitor_id}/{user_id}".encode()).hexdigest(),
        user_id=user_id,
        created_at=at(day, 595),
        expires_at=at(day + timedelta(days=14), 595),
        ip_address=device.ip_address,
        user_agent=BROWSERS[device.browser][2],
    )


def add_cookie_consent(
    book: Book,
    device: Device,
    *,
    user_id: int | None,
    day: date,
    performance: bool = True,
    withdrawn_on: date | None = None,
) -> None:
    """What the banner was answered."""
    book.add(
        "cookie_consents",
        visitor_id=device.visitor_id,
        user_id=user_id,
        performance=performance,
        functional=True,
        given_at=at(day, 590),
        withdrawn_at=withdrawn_on and at(withdrawn_on),
        ip_address=device.ip_address,
        user_agent=BROWSERS[device.browser][2],
    )


def add_consent(
    book: Book,
    *,
    day: date,
    user_id: int | None = None,
    contact_id: int | None = None,
    purpose: str = "marketing_email",
    withdrawn_on: date | None = None,
) -> None:
    """A consent, given on the web."""
    book.add(
        "consents",
        user_id=user_id,
        contact_id=contact_id,
        purpose_code=purpose,
        channel="web",
        notice_version="2568-10",
        given_at=at(day, 590),
        withdrawn_at=withdrawn_on and at(withdrawn_on),
    )


def add_email(
    book: Book, *, tenant_id: int, contact_id: int, to: str, sender: str, subject: str, body: str, day: date
) -> None:
    """A message sent from a CRM."""
    number = len(book.rows["email_messages"]) + 1
    book.add(
        "email_messages",
        tenant_id=tenant_id,
        contact_id=contact_id,
        message_id=f"<{day:%Y%m%d}.{number}@mail.siamcrm.example>",
        direction="out",
        from_address=sender,
        to_address=to,
        subject=subject,
        body=body,
        sent_at=at(day, 660),
    )
