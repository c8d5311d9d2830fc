"""Objects in the shape of Stripe's API of 2023-08-16: every field that its schema requires, and those that matter here."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

ADDRESS: Object = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def listing(url: str, data: list[Object], *, more: bool = False) -> Object:
    """A page of a list."""
    return {"object": "list", "url": url, "has_more": more, "data": data}


def customer(**given: Any) -> Object:
    """A customer."""
    return {
        "object": "customer",
        "address": None,
        "balance": 0,
        "currency": "thb",
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": "5A2569",
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    } | given


def payment_method(last4: str = "4242", **given: Any) -> Object:
    """A card."""
    card = {
        "brand": "visa",
        "checks": None,
        "country": "TH",
        "exp_month": 8,
        "exp_year": 2030,
        "fingerprint": f"standin{last4}",
        "funding": "credit",
        "generated_from": None,
        "last4": last4,
        "networks": None,
        "three_d_secure_usage": None,
        "wallet": None,
    }
    billing = {"address": ADDRESS, "email": None, "name": None, "phone": None}
    return {
        "object": "payment_method",
        "billing_details": billing,
        "card": card,
        "metadata": {},
        "type": "card",
    } | given


def tax_id(**given: Any) -> Object:
    """A tax number of a customer."""
    return {"object": "tax_id", "country": "TH", "type": "th_vat", "verification": None} | given


def subscription(status: str = "active", created: int = 0, plan: str = "Team", **given: Any) -> Object:
    """A subscription with one item."""
    price = {
        "id": "price_standin",
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": 1_500_000_000,
        "currency": "thb",
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": plan,
        "product": "prod_standin",
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": 120000,
        "unit_amount_decimal": "120000",
    }
    item: Object = {
        "id": "si_standin",
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": created,
        "metadata": {},
        "price": price,
        "quantity": 1,
        "subscription": str(given.get("id", "")),
        "tax_rates": [],
    }
    over = status == "canceled"
    return {
        "object": "subscription",
        "automatic_tax": {"enabled": False},
        "billing_cycle_anchor": created,
        "cancel_at_period_end": False,
        "canceled_at": created if over else None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": created,
        "currency": "thb",
        "current_period_end": created + 2_592_000,
        "current_period_start": created,
        "description": None,
        "ended_at": created if over else None,
        "items": listing("/v1/subscription_items", [item]),
        "metadata": {},
        "start_date": created,
        "status": status,
    } | given
