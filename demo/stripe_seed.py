"""One person's objects at Stripe, as a subscription of a few years leaves them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from demo import stripe_papers as papers
from demo import stripe_payments as payments
from demo import stripe_shapes as shapes
from demo.stripe_shapes import Object
from demo.stripe_store import Store


@dataclass(frozen=True)
class Payer:
    """Whom Stripe knows, as it knows them."""

    customer: str
    name: str
    email: str
    phone: str
    tax_id: str = ""
    line1: str = "88/12 ถนนสีลม"
    city: str = "กรุงเทพมหานคร"
    postal_code: str = "10500"

    @property
    def address(self) -> Object:
        """Where the invoices go."""
        return shapes.ADDRESS | {
            "city": self.city,
            "country": "TH",
            "line1": self.line1,
            "postal_code": self.postal_code,
        }


def stamp(day: date) -> int:
    """Noon of a day in UTC, in Stripe's seconds."""
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


class Seed:
    """Puts one payer's objects into a store."""

    def __init__(self, store: Store, payer: Payer, since: date) -> None:
        self._store = store
        self._payer = payer
        self._since = stamp(since)

    def customer(self, **given: Any) -> Object:
        """The customer, with an address and a note of the company's own."""
        payer = self._payer
        told = {"id": payer.customer, "name": payer.name, "email": payer.email, "phone": payer.phone}
        more = {"address": payer.address, "metadata": {"note": f"ลูกค้า {payer.name}"}, "created": self._since}
        return self._store.put("customers", shapes.customer(**told, **more) | given)

    def card(self, last4: str, **given: Any) -> Object:
        """A card that is attached."""
        payer = self._payer
        billing = {"address": payer.address, "email": payer.email, "name": payer.name, "phone": payer.phone}
        told = {"customer": payer.customer, "billing_details": billing, "created": self._since}
        return self._store.put("payment_methods", shapes.payment_method(last4, **told, **given))

    def tax_id(self, value: str) -> Object:
        """A tax number."""
        told = {"customer": self._payer.customer, "value": value, "created": self._since}
        return self._store.put("tax_ids", shapes.tax_id(**told))

    def subscription(self, status: str, **given: Any) -> Object:
        """A subscription."""
        told: Object = {"customer": self._payer.customer, "metadata": {"signed_by": self._payer.name}}
        return self._store.put("subscriptions", shapes.subscription(status, self._since, **told, **given))

    def invoice(self, day: date, status: str = "paid", total: int = 120000, **given: Any) -> Object:
        """An invoice with two lines."""
        payer, when = self._payer, stamp(day)
        told = {
            "customer": payer.customer,
            "customer_name": payer.name,
            "customer_email": payer.email,
            "customer_address": payer.address,
            "number": f"5A2569-{day:%Y%m}",
        }
        made = self._store.put("invoices", papers.invoice(status, total, when, **told, **given))
        for text in ("แพ็กเกจทีม 1 เดือน", f"ผู้ใช้: {payer.name}"):
            line = papers.invoice_line(total // 2, when, invoice=made["id"], description=text)
            self._store.put("invoice_lines", line)
        return made

    def payment(self, invoice: Object, last4: str = "4242") -> Object:
        """What paid an invoice: a payment intent and its charge."""
        payer, store = self._payer, self._store
        made = {"customer": payer.customer, "invoice": invoice["id"], "receipt_email": payer.email}
        total, when = invoice["total"], invoice["created"]
        intent = store.put("payment_intents", payments.payment_intent(total, when, **made))
        billing = {"address": payer.address, "email": payer.email, "name": payer.name, "phone": payer.phone}
        told = {"payment_intent": intent["id"], "billing_details": billing}
        charge = store.put("charges", payments.charge(total, when, last4, **made, **told))
        intent["latest_charge"] = invoice["charge"] = charge["id"]
        invoice["payment_intent"] = intent["id"]
        return charge

    def refund(self, charge: Object, day: date, status: str = "succeeded") -> Object:
        """A refund of a whole charge."""
        charge |= {"amount_refunded": charge["amount"], "refunded": True}
        told = {"charge": charge["id"], "payment_intent": charge["payment_intent"]}
        made = payments.refund(
            charge["amount"], stamp(day), status, **told, metadata={"asked_by": self._payer.name}
        )
        return self._store.put("refunds", made)

    def dispute(self, charge: Object, day: date, status: str = "won") -> Object:
        """A dispute of a charge."""
        charge["disputed"] = True
        made = payments.dispute(charge["amount"], stamp(day), status, charge=charge["id"])
        made["evidence"]["customer_name"] = self._payer.name
        return self._store.put("disputes", made)

    def credit_note(self, invoice: Object, day: date) -> Object:
        """A credit note on an invoice."""
        told = {
            "customer": self._payer.customer,
            "invoice": invoice["id"],
            "memo": f"คืนให้ {self._payer.name}",
        }
        return self._store.put("credit_notes", papers.credit_note(invoice["total"], stamp(day), **told))

    def checkout(self, day: date) -> Object:
        """A finished checkout."""
        payer = self._payer
        details = {
            "address": payer.address,
            "email": payer.email,
            "name": payer.name,
            "phone": payer.phone,
            "tax_exempt": "none",
            "tax_ids": None,
        }
        told = {"customer": payer.customer, "customer_details": details, "customer_email": payer.email}
        return self._store.put("checkout_sessions", payments.checkout_session(120000, stamp(day), **told))

    def item(self, amount: int = 0, invoice: str | None = None) -> Object:
        """An invoice item."""
        told = {
            "customer": self._payer.customer,
            "description": f"ส่วนลด {self._payer.name}",
            "invoice": invoice,
        }
        return self._store.put("invoiceitems", papers.invoice_item(amount, self._since, **told))

    def event(self, about: Object, kind: str = "customer.updated") -> None:
        """Something that happened in the last days."""
        self._store.tell(kind, about, None, {"name": f"{self._payer.name} (เดิม)"})


def former_customer(store: Store, payer: Payer) -> None:
    """Whose service ended on 2026-06-30: an invoice that is free of every hold, and one that is kept."""
    seed = Seed(store, payer, date(2018, 5, 17))
    customer = seed.customer()
    seed.card("4242")
    if payer.tax_id:
        seed.tax_id(payer.tax_id)
    seed.subscription("canceled")
    for day, filed in ((date(2018, 5, 17), "2018-06-15"), (date(2022, 3, 14), "2022-04-18")):
        seed.payment(seed.invoice(day, metadata={"vat_filed_on": filed}))
    seed.checkout(date(2018, 5, 17))
    seed.event(customer)


def active_customer(store: Store, payer: Payer) -> None:
    """Who pays for a running subscription."""
    seed = Seed(store, payer, date(2025, 2, 1))
    seed.customer()
    seed.card("4444")
    seed.subscription("active")
    for day in (date(2025, 2, 1), date(2026, 2, 1)):
        seed.payment(seed.invoice(day, metadata={"vat_filed_on": f"{day.year}-03-15"}), "4444")
