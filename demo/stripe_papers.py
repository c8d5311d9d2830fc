"""Documents in the shape of Stripe's API of 2023-08-16 (`demo.stripe_shapes` has the rest)."""

from __future__ import annotations

from typing import Any

from demo.stripe_shapes import Object, listing


def invoice(status: str = "paid", total: int = 120000, created: int = 0, **given: Any) -> Object:
    """An invoice; its lines are kept apart."""
    paid, issued = status == "paid", status != "draft"
    steps: dict[str, int | None] = {
        "finalized_at": created if issued else None,
        "marked_uncollectible_at": None,
        "paid_at": created if paid else None,
        "voided_at": created if status == "void" else None,
    }
    owed = 0 if paid or status == "void" else total
    return {
        "object": "invoice",
        "amount_due": total,
        "amount_paid": total if paid else 0,
        "amount_remaining": owed,
        "amount_shipping": 0,
        "attempt_count": 1,
        "attempted": issued,
        "auto_advance": False,
        "automatic_tax": {"enabled": False, "status": None},
        "charge": None,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": "thb",
        "custom_fields": None,
        "customer_address": None,
        "customer_email": None,
        "customer_name": None,
        "customer_phone": None,
        "customer_shipping": None,
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "description": None,
        "due_date": None,
        "footer": None,
        "hosted_invoice_url": "https://invoice.stripe.com/i/standin" if issued else None,
        "invoice_pdf": None,
        "metadata": {},
        "number": None,
        "paid": paid,
        "paid_out_of_band": False,
        "payment_intent": None,
        "payment_settings": {
            "default_mandate": None, "payment_method_options": None, "payment_method_types": None
        },
        "period_end": created,
        "period_start": created,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": status,
        "status_transitions": steps,
        "subtotal": total,
        "tax": None,
        "total": total,
        "total_tax_amounts": [],
    } | given  # fmt: skip


def invoice_line(amount: int = 120000, created: int = 0, **given: Any) -> Object:
    """A line of an invoice; `invoice` says of which, and is no field of Stripe's."""
    return {
        "object": "line_item",
        "amount": amount,
        "currency": "thb",
        "description": None,
        "discountable": True,
        "metadata": {},
        "period": {"start": created, "end": created + 2_592_000},
        "price": None,
        "proration": False,
        "quantity": 1,
        "type": "invoiceitem",
    } | given


def invoice_item(amount: int = 0, created: int = 0, **given: Any) -> Object:
    """An invoice item, on no invoice yet unless it is said on which."""
    return {
        "object": "invoiceitem",
        "amount": amount,
        "currency": "thb",
        "date": created,
        "description": None,
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "metadata": {},
        "period": {"start": created, "end": created},
        "price": None,
        "proration": False,
        "quantity": 1,
        "tax_rates": [],
        "test_clock": None,
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    } | given


def credit_note(total: int = 120000, created: int = 0, **given: Any) -> Object:
    """A credit note on an invoice."""
    return {
        "object": "credit_note",
        "amount": total,
        "amount_shipping": 0,
        "created": created,
        "currency": "thb",
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": created,
        "lines": listing("/v1/credit_notes/lines", []),
        "memo": None,
        "metadata": {},
        "number": "5A2569-CN-01",
        "pdf": "https://pay.stripe.com/credit_notes/standin/pdf",
        "reason": "order_change",
        "refund": None,
        "status": "issued",
        "subtotal": total,
        "tax_amounts": [],
        "total": total,
        "type": "post_payment",
        "voided_at": None,
    } | given
