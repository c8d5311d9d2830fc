"""Payments in the shape of Stripe's API of 2023-08-16 (`demo.stripe_shapes` has the rest)."""

from __future__ import annotations

from typing import Any

from demo.stripe_shapes import ADDRESS, Object, payment_method


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
