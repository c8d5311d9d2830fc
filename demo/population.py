"""Everybody else: staff, the users of eighteen tenants, leads, and the people in the tenants' CRMs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from random import Random

from demo.people import MAIL_HOSTS, Organisation, Person, ip_address, organisations, phrases, rows_of
from demo.records import (
    AS_OF,
    BROWSERS,
    Account,
    Book,
    Device,
    Method,
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
from demo.schema import OPERATOR_TENANT_ID
from demo.story import STAFF_IDS

FIRST_ID = 1001
FEATURES = ("contacts", "deals", "reports", "campaigns", "settings", "imports")
_LEADS, _FIRST_DAY = 40, date(2019, 1, 7)
_METHODS: tuple[Method, ...] = ("bank_transfer", "promptpay", "card", "bank_transfer")
_FILED_AFTER = 45
_LAST_USED = date(2026, 10, 31)
"""The last day that anybody but the story's people did something; two tenants left after it."""
_OPERATOR = Organisation("บริษัท สยาม ซีอาร์เอ็ม จำกัด", "Siam CRM Co., Ltd.", "siamcrm")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A contact in a tenant's CRM, who keeps it, and the day it was entered."""

    tenant_id: int
    contact_id: int
    keeper_id: int
    person: Person
    email: str
    day: date

    @property
    def keys(self) -> dict[str, int]:
        return {"tenant_id": self.tenant_id, "contact_id": self.contact_id}


class Population:
    """Writes rows for invented people, each of whom is used once."""

    def __init__(self, book: Book, rng: Random, people: Iterator[Person]) -> None:
        self.book, self.rng, self.people = book, rng, people
        self.texts = {
            kind: phrases(kind)
            for kind in (
                "note", "activity", "email_subject", "email_body", "deal", "ticket", "question", "answer",
            )
        }  # fmt: skip
        self.handles: list[str] = []

    def write(self) -> None:
        """All of them, until there is nobody left."""
        self._reference()
        self._operator()
        keepers = [self._tenant(number, firm) for number, firm in enumerate(organisations(), start=21)]
        for number, person in enumerate(self.people):
            keeper = keepers[number % len(keepers)]
            contact_id = self._contact(
                person, keeper.tenant_id, keeper.user_id, self._mailbox(person, number)
            )
            if number % 30 == 0:
                self._entered_twice(contact_id)

    def _reference(self) -> None:
        for code, th, en, fee in (
            ("solo", "แพ็กเกจเดี่ยว", "Solo", "490.00"),
            ("team", "แพ็กเกจทีม", "Team", "1200.00"),
            ("business", "แพ็กเกจธุรกิจ", "Business", "3900.00"),
        ):
            self.book.add("plans", code=code, name_th=th, name_en=en, monthly_fee=Decimal(fee))
        for code, th, en in (
            ("marketing_email", "รับข่าวสารและข้อเสนอทางอีเมล", "News and offers by e-mail"),
            ("event_invitation", "รับคำเชิญร่วมกิจกรรม", "Invitations to events"),
            ("product_research", "ร่วมสำรวจเพื่อพัฒนาบริการ", "Surveys on the product"),
        ):
            self.book.add(
                "purposes",
                code=code,
                name_th=th,
                name_en=en,
                lawful_basis="s.19",
                is_marketing=code != "product_research",
            )

    def _operator(self) -> None:
        self._tenant_row(OPERATOR_TENANT_ID, _OPERATOR, date(2017, 11, 1), None)
        for user_id, person in zip(STAFF_IDS, self.people, strict=False):
            account = Account(user_id, OPERATOR_TENANT_ID, person, f"{person.handle}@{_OPERATOR.host}")
            add_account(
                self.book,
                account,
                role="staff",
                created_on=_FIRST_DAY,
                last_login_on=AS_OF,
                address_id=None,
            )
        for number, person in enumerate(islice(self.people, _LEADS)):
            email = self._mailbox(person, number)
            staff_id = STAFF_IDS[number % len(STAFF_IDS)]
            contact_id = self._contact(person, OPERATOR_TENANT_ID, staff_id, email)
            left = self._day(date(2026, 9, 1), AS_OF) if number % 8 == 0 else None
            add_consent(self.book, contact_id=contact_id, day=date(2026, 8, 15), withdrawn_on=left)
            if left:
                self.book.add(
                    "email_suppressions",
                    email=email,
                    list_code="marketing",
                    reason="unsubscribed",
                    created_at=at(left),
                )

    def _tenant_row(self, tenant_id: int, firm: Organisation, started: date, ended: date | None) -> None:
        self.book.add(
            "tenants",
            id=tenant_id,
            slug=firm.slug,
            name_th=firm.th,
            name_en=firm.en,
            tax_id=_no_tax_id(tenant_id),
            is_operator=tenant_id == OPERATOR_TENANT_ID,
            status="closed" if ended else "active",
            created_at=at(started),
            service_started_on=started,
            service_ended_on=ended,
        )

    def _tenant(self, tenant_id: int, firm: Organisation) -> Account:
        """A tenant with its people; the answer is its owner."""
        started = self._day(_FIRST_DAY, date(2025, 6, 30))
        ended = _LAST_USED if _has_left(tenant_id) else None
        self._tenant_row(tenant_id, firm, started, ended)
        owner, *_ = [
            self._user(person, tenant_id, firm, number, started)
            for number, person in enumerate(islice(self.people, self.rng.randint(4, 6)))
        ]
        card = f"{self.rng.randrange(10_000):04d}" if tenant_id % 2 else None
        self.book.add(
            "subscriptions",
            tenant_id=tenant_id,
            user_id=owner.user_id,
            plan_code=self.rng.choice(("solo", "team", "business")),
            status="ended" if ended else "active",
            started_on=started,
            ended_on=ended,
            stripe_customer_id=f"cus_demo{owner.user_id:06d}",
            stripe_subscription_id=f"sub_demo{owner.user_id:06d}",
            card_brand=card and "visa",
            card_last4=card,
        )
        self._bills(owner, started, ended or AS_OF)
        return owner

    def _bills(self, owner: Account, started: date, until: date) -> None:
        for number in range((until - started).days // 365 + 1):
            issued_on = started + timedelta(days=365 * number)
            filed_on = issued_on + timedelta(days=_FILED_AFTER)
            bill(
                self.book,
                owner,
                item="แพ็กเกจรายปี",
                subtotal=Decimal(self.rng.randrange(4, 60) * 1000) + Decimal("0.50"),
                issued_on=issued_on,
                vat_filed_on=filed_on if filed_on <= AS_OF else None,
                method=_METHODS[(owner.tenant_id + number) % len(_METHODS)] if filed_on <= AS_OF else None,
                tax_id=_no_tax_id(owner.tenant_id),
            )

    def _user(
        self, person: Person, tenant_id: int, firm: Organisation, number: int, started: date
    ) -> Account:
        user_id = FIRST_ID + len(self.handles)
        self.handles.append(person.handle)
        # Some systems keep an address as it was typed: capitals are the same mailbox.
        handle = person.handle.title() if user_id % 17 == 0 else person.handle
        account = Account(user_id, tenant_id, person, f"{handle}@{firm.host}")
        created = self._day(started, date(2025, 12, 31))
        add_account(
            self.book,
            account,
            role="owner" if number == 0 else "member",
            created_on=created,
            last_login_on=self._day(date(2026, 6, 1), _LAST_USED),
            address_id=add_address(self.book, person.street, person.place),
            closed_on=_LAST_USED if _has_left(tenant_id) else None,
            locale="en" if user_id % 11 == 0 else "th",
        )
        self._usage(account)
        if user_id % 3 == 0:
            self._ticket(account)
        if user_id % 6 == 0:
            self.book.add(
                "user_profile_history",
                user_id=user_id,
                field="full_name_en",
                old_value=f"{person.given_en} S.",
                changed_at=at(created + timedelta(days=3)),
            )
        return account

    def _usage(self, account: Account) -> None:
        rng, user_id = self.rng, account.user_id
        visitor_id = f"5f0c1a52-0000-4000-8000-{user_id:012d}"
        device = Device(visitor_id, ip_address(rng), rng.randrange(len(BROWSERS)))
        for number in range(rng.randint(5, 14)):
            day = self._day(date(2026, 5, 1), _LAST_USED)
            outcome = "ok" if (number + 1) % 7 else "wrong_password"
            add_login(self.book, device, user_id=user_id, day=day, outcome=outcome)
            for minute in range(600, 600 + 20 * rng.randint(1, 4), 20):
                add_visit(
                    self.book, device, user_id=user_id, day=day, feature=rng.choice(FEATURES), minute=minute
                )
        if user_id % 2 and not _has_left(account.tenant_id):
            add_session(self.book, device, user_id=user_id, day=_LAST_USED)
        if user_id % 5:
            add_visit(self.book, device, user_id=None, day=date(2026, 4, 2), feature="pricing")
            add_cookie_consent(
                self.book, device, user_id=user_id, day=date(2026, 4, 2), performance=user_id % 4 > 0
            )
        if user_id % 5 in {1, 2}:
            add_consent(self.book, user_id=user_id, day=date(2026, 4, 2), purpose="product_research")

    def _ticket(self, account: Account) -> None:
        rng = self.rng
        said = [self._text(kind, account.person, account.email) for kind in ("question", "answer")]
        add_ticket(
            self.book,
            account,
            subject=rng.choice(self.texts["ticket"]),
            opened_on=self._day(date(2026, 1, 5), _LAST_USED),
            messages=said,
            staff_id=rng.choice(STAFF_IDS),
            attachment=f"{account.person.full_name_th},{account.email}\n".encode()
            if self._chance(0.5)
            else None,
            closed=self._chance(0.8),
        )

    def _contact(self, person: Person, tenant_id: int, keeper_id: int, email: str) -> int:
        rng, book = self.rng, self.book
        entered = self._day(date(2024, 1, 8), date(2026, 10, 31))
        company_id = self._company(tenant_id) if self._chance(0.3) else None
        contact_id = book.add(
            "contacts",
            tenant_id=tenant_id,
            company_id=company_id,
            owner_user_id=keeper_id,
            address=person.address if self._chance(0.6) else None,
            title_th=person.title_th,
            full_name_th=person.full_name_th,
            full_name_en=person.full_name_en,
            email=email,
            phone=person.phone,
            source=rng.choice(("web_form", "event", "import", "referral", "phone")),
            stage=rng.choice(("lead", "customer", "lost")),
            custom_fields={"line_id": person.handle} if self._chance(0.4) else None,
            created_at=at(entered),
        )
        entry = _Entry(tenant_id, contact_id, keeper_id, person, email, entered)
        deal_id = self._deal(entry, company_id) if self._chance(0.5) else None
        self._dealings(entry, deal_id)
        return contact_id

    def _dealings(self, entry: _Entry, deal_id: int | None) -> None:
        rng, book, day = self.rng, self.book, entry.day
        for number in range(rng.randint(1, 3)):
            book.add(
                "activities",
                **entry.keys,
                deal_id=deal_id,
                user_id=entry.keeper_id,
                kind=rng.choice(("call", "meeting", "demo", "letter")),
                subject=rng.choice(self.texts["activity"]),
                happened_at=at(day, 600 + number),
            )
        for number in range(rng.randint(0, 2)):
            book.add(
                "notes",
                **entry.keys,
                author_user_id=entry.keeper_id,
                body=self._text("note", entry.person, entry.email),
                created_at=at(day, 700 + number),
            )
        for _ in range(rng.randint(0, 2)):
            add_email(
                book,
                **entry.keys,
                to=entry.email,
                sender="hello@siamcrm.example",
                subject=rng.choice(self.texts["email_subject"]),
                body=self._text("email_body", entry.person, entry.email),
                day=day + timedelta(days=2),
            )

    def _deal(self, entry: _Entry, company_id: int | None) -> int:
        rng = self.rng
        return self.book.add(
            "deals",
            **entry.keys,
            company_id=company_id,
            owner_user_id=entry.keeper_id,
            name=rng.choice(self.texts["deal"]),
            amount=Decimal(rng.randrange(1, 90) * 500),
            stage=rng.choice(("new", "proposal", "won", "lost")),
            expected_close_on=entry.day + timedelta(days=60),
            created_at=at(entry.day, 590),
        )

    def _company(self, tenant_id: int) -> int:
        firm = self.rng.choice(organisations())
        return self.book.add(
            "companies",
            tenant_id=tenant_id,
            name_th=firm.th,
            name_en=firm.en,
            website=f"https://www.{firm.host}",
            address=None,
        )

    def _entered_twice(self, contact_id: int) -> None:
        """The same person typed in again, merged since, still there as a deleted row."""
        kept = next(row for row in self.book.rows["contacts"] if row["id"] == contact_id)
        changed = {
            "id": None,
            "merged_into_id": contact_id,
            "deleted_at": at(AS_OF - timedelta(days=9)),
            "company_id": None,
            "full_name_en": None,
        }
        self.book.add("contacts", **(kept | changed))

    def _mailbox(self, person: Person, number: int) -> str:
        return f"{person.handle}@{MAIL_HOSTS[number % len(MAIL_HOSTS)]}"

    def _text(self, kind: str, person: Person, email: str) -> str:
        other = self.rng.choice(rows_of("given_names"))["th"]
        return self.rng.choice(self.texts[kind]).format(
            given_th=person.given_th,
            given_en=person.given_en,
            email=email,
            phone=person.phone,
            other_th=other,
        )

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.rng.randint(0, max(0, (last - first).days)))


def _has_left(tenant_id: int) -> bool:
    return tenant_id % 9 == 0


def _no_tax_id(number: int) -> str:
    """Thirteen digits whose check digit is wrong on purpose: nobody's."""
    digits = f"01055{number:07d}"
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, range(13, 1, -1), strict=True))
    return f"{digits}{((11 - weighted % 11) % 10 + 1) % 10}"
