"""The demonstration company's account at Stripe, as its CRM would have left it there.

Everybody with a subscription is a customer, under the id that the CRM keeps; every invoice of theirs was issued by
Stripe too, with what was paid by card as a payment and what came by transfer marked as paid elsewhere.
"""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from demo import scenarios
from demo import stripe_papers as papers
from demo.records import AS_OF
from demo.stripe_seed import Payer, Seed, stamp
from demo.stripe_shapes import Object
from demo.stripe_store import Store

_CUSTOMERS = text("""
    select s.stripe_customer_id as customer, s.stripe_subscription_id as subscription, s.status, s.card_last4,
           s.started_on, s.ended_on, u.id as account, u.full_name_en as name, u.email, u.phone,
           a.line1, a.province, a.postal_code,
           (select max(i.billing_tax_id) from invoices i where i.billed_user_id = u.id) as tax_id
    from subscriptions s join users u on u.id = s.user_id join addresses a on a.id = u.address_id
    where s.stripe_customer_id is not null order by s.id""")
_INVOICES = text("""
    select i.id, i.number, i.issued_on, i.vat_filed_on, i.total, p.method
    from invoices i left join payments p on p.invoice_id = i.id
    where i.billed_user_id = :account order by i.id""")
_LINES = text("select description, amount from invoice_lines where invoice_id = :invoice order by line_no")

_CARD_SINCE_REMOVED = "4242"


def stripe_account(crm: Engine) -> Store:
    """The account on the day that the company looks as it does; the same for the same database."""
    clock = itertools.count(stamp(AS_OF))
    store = Store(clock=lambda: next(clock))
    with crm.connect() as connection:
        for found in connection.execute(_CUSTOMERS):
            _add(connection, store, found)
    return store


def _add(connection: Connection, store: Store, found: Row[Any]) -> None:
    where = {"line1": found.line1, "city": found.province, "postal_code": found.postal_code}
    payer = Payer(found.customer, found.name, found.email, found.phone, found.tax_id or "", **where)
    seed = Seed(store, payer, found.started_on)
    customer = seed.customer()
    if found.card_last4:
        seed.card(found.card_last4)
    if payer.tax_id:
        seed.tax_id(payer.tax_id)
    ended = stamp(found.ended_on) if found.ended_on else None
    status = "active" if ended is None else "canceled"
    seed.subscription(status, id=found.subscription, canceled_at=ended, ended_at=ended)
    for issued in connection.execute(_INVOICES, {"account": found.account}):
        made = _issue(connection, store, payer, issued)
        if issued.method == "card":
            seed.payment(made, found.card_last4 or _CARD_SINCE_REMOVED)
    if found.account in scenarios.FORMER_CUSTOMER.user_ids:
        seed.event(customer)


def _issue(connection: Connection, store: Store, payer: Payer, issued: Row[Any]) -> Object:
    when = stamp(issued.issued_on)
    filed: date | None = issued.vat_filed_on
    made = store.put(
        "invoices",
        papers.invoice(
            "paid" if issued.method else "open",
            satang(issued.total),
            when,
            customer=payer.customer,
            customer_name=payer.name,
            customer_email=payer.email,
            customer_address=payer.address,
            number=issued.number,
            paid_out_of_band=issued.method not in {None, "card"},
            metadata={"vat_filed_on": filed.isoformat()} if filed else {},
        ),
    )
    for line in connection.execute(_LINES, {"invoice": issued.id}):
        told = {"invoice": made["id"], "description": line.description}
        store.put("invoice_lines", papers.invoice_line(satang(line.amount), when, **told))
    return made


def satang(baht: Decimal) -> int:
    """An amount as Stripe counts it."""
    return int(baht * 100)
