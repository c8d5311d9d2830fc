"""Documents and payments in the shape of Stripe's API of 2023-08-16 (`demo.stripe_shapes` has the rest)."""

from __future__ import annotations

from typing import Any

from demo.stripe_shapes import ADDRESS, Object, listing, payment_method


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


def payment_intent(amount: int = 120000, created: int = 0, **given: Any) -> Object:
    """A payment that went through."""
    return {
        "object": "payment_intent",
        "amount": amount,
        "amount_received": amount,
        "canceled_at": None,
        "capture_method": "automatic",
        "client_secret": "pi_standin_secret_standin",
        "confirmation_method": "automatic",
        "created": created,
        "currency": "thb",
        "customer": None,
        "description": None,
        "invoice": None,
        "latest_charge": None,
        "metadata": {},
        "payment_method_types": ["card"],
        "receipt_email": None,
        "shipping": None,
        "status": "succeeded",
    } | given


def charge(amount: int = 120000, created: int = 0, last4: str = "4242", **given: Any) -> Object:
    """A charge of a card."""
    card = payment_method(last4)["card"]
    details = {
        name: card[name]
        for name in ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    }
    return {
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "billing_details": {"address": ADDRESS, "email": None, "name": None, "phone": None},
        "captured": True,
        "created": created,
        "currency": "thb",
        "customer": None,
        "description": None,
        "disputed": False,
        "invoice": None,
        "metadata": {},
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "payment_method_details": {"type": "card", "card": details},
        "receipt_email": None,
        "receipt_url": "https://pay.stripe.com/receipts/standin",
        "refunded": False,
        "shipping": None,
        "status": "succeeded",
    } | given


def refund(amount: int = 120000, created: int = 0, status: str = "succeeded", **given: Any) -> Object:
    """A refund of a charge."""
    return {
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "created": created,
        "currency": "thb",
        "metadata": {},
        "payment_intent": None,
        "reason": "requested_by_customer",
        "receipt_number": None,
        "status": status,
    } | given


def dispute(amount: int = 120000, created: int = 0, status: str = "won", **given: Any) -> Object:
    """A dispute of a charge."""
    told = (
        "customer_name",
        "customer_email_address",
        "customer_purchase_ip",
        "billing_address",
        "uncategorized_text",
    )
    return {
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "created": created,
        "currency": "thb",
        "evidence": dict.fromkeys(told),
        "evidence_details": {"due_by": None, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False,
        "metadata": {},
        "payment_intent": None,
        "reason": "fraudulent",
        "status": status,
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


def checkout_session(total: int = 120000, created: int = 0, **given: Any) -> Object:
    """A finished checkout."""
    return {
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "status": None},
        "cancel_url": "https://siamcrm.example/back",
        "client_reference_id": None,
        "created": created,
        "currency": "thb",
        "custom_fields": [],
        "custom_text": {"shipping_address": None, "submit": None, "terms_of_service_acceptance": None},
        "customer": None,
        "customer_details": None,
        "customer_email": None,
        "expires_at": created + 86400,
        "invoice": None,
        "metadata": {},
        "mode": "subscription",
        "payment_intent": None,
        "payment_method_types": ["card"],
        "payment_status": "paid",
        "shipping_options": [],
        "status": "complete",
        "success_url": "https://siamcrm.example/thanks",
        "url": None,
    } | given
