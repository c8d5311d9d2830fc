"""What a record at Stripe may come to: what keeps a customer from going, and what Stripe never lets go."""

from __future__ import annotations

from connectors.stripe_api import Api, Object
from connectors.stripe_tables import INVOICE, charges, disputes_of, subscriptions
from domain.outcomes import Outcome

OPEN_SUBSCRIPTION = "stripe-open-subscription"
BALANCE = "stripe-balance"
UNPAID_INVOICE = "stripe-unpaid-invoice"
UNBILLED_ITEM = "stripe-unbilled-item"
PENDING_REFUND = "stripe-pending-refund"
OPEN_DISPUTE = "stripe-open-dispute"
UNSETTLED = frozenset(
    {OPEN_SUBSCRIPTION, BALANCE, UNPAID_INVOICE, UNBILLED_ITEM, PENDING_REFUND, OPEN_DISPUTE}
)
"""What finance settles before a person's records may go."""
KEEPS_TRANSACTION = "stripe-keeps-transaction"
"""Stripe deletes no document and no payment, and keeps them as a controller of its own for what its laws ask."""
KEEPS_EVENTS = "stripe-keeps-events"
"""Events age out by themselves, 30 days after they happened."""

_ENDED = frozenset({"canceled", "incomplete_expired"})
_UNSETTLED = frozenset({"pending", "requires_action"})
_CONTESTED = frozenset({"needs_response", "under_review", "warning_needs_response", "warning_under_review"})

Fate = tuple[Outcome, str]
"""How an erasure changes a record, and the code of what prevents it."""


def runs(subscription: Object) -> bool:
    """Whether a subscription is not over."""
    return subscription["status"] not in _ENDED


def has_open_subscription(api: Api, customer: str) -> bool:
    """Whether anything is still delivered to the customer."""
    return any(runs(one) for one in subscriptions(api, customer))


def obstacle(api: Api, customer: Object) -> str:
    """The code of what must be settled before the customer may go; empty where nothing must."""
    mine = customer["id"]
    if has_open_subscription(api, mine):
        return OPEN_SUBSCRIPTION
    if customer.get("balance"):
        return BALANCE
    if any(_owed(one) for status in ("draft", "open") for one in _invoices(api, mine, status)):
        return UNPAID_INVOICE
    if any(one["amount"] for one in _unbilled(api, mine)):
        return UNBILLED_ITEM
    return next((code for charge in charges(api, mine) if (code := _open_on(api, charge))), "")


def _open_on(api: Api, charge: Object) -> str:
    if any(_unsettled(one) for one in (charge.get("refunds") or {"data": []})["data"]):
        return PENDING_REFUND
    return OPEN_DISPUTE if any(_contested(one) for one in disputes_of(api, charge)) else ""


def fate(table: str, found: Object, *, redaction: bool) -> Fate:
    """What an erasure makes of any record but a customer's own."""
    match table:
        case "payment_methods":
            return Outcome.DETACH, ""
        case "tax_ids":
            return Outcome.ERASE, ""
        case "subscriptions":
            return Outcome.ANONYMISE, OPEN_SUBSCRIPTION if runs(found) else ""
        case _ if (owed := _of_draft(table, found)) is not None:
            return Outcome.ERASE, owed
        case _:
            return Outcome.ANONYMISE, _kept(table, found, redaction=redaction)


def _of_draft(table: str, found: Object) -> str | None:
    """What prevents the erasure of something that was never issued; None where the record is of another kind."""
    invoice = found if table == "invoices" else found.get(INVOICE)
    if table in {"invoices", "invoice_lines"} and invoice and invoice["status"] == "draft":
        return UNPAID_INVOICE if _owed(invoice) else ""
    if table == "invoice_items" and (invoice is None or invoice["status"] == "draft"):
        return UNBILLED_ITEM if found["amount"] else ""
    return None


def _kept(table: str, found: Object, *, redaction: bool) -> str:
    if table == "invoices" and found["status"] == "open" and _owed(found):
        return UNPAID_INVOICE
    if table == "refunds" and _unsettled(found):
        return PENDING_REFUND
    if table == "disputes" and _contested(found):
        return OPEN_DISPUTE
    if redaction:
        return ""
    return KEEPS_EVENTS if table == "events" else KEEPS_TRANSACTION


def _owed(invoice: Object) -> bool:
    return bool(invoice["amount_remaining"])


def _unsettled(refund: Object) -> bool:
    return refund.get("status") in _UNSETTLED


def _contested(dispute: Object) -> bool:
    return dispute["status"] in _CONTESTED


def _invoices(api: Api, customer: str, status: str) -> list[Object]:
    return api.all(
        lambda: api.v1.invoices.list(
            {"customer": customer, "status": "open" if status == "open" else "draft", "limit": api.page}
        )
    )


def _unbilled(api: Api, customer: str) -> list[Object]:
    return api.all(
        lambda: api.v1.invoice_items.list({"customer": customer, "pending": True, "limit": api.page})
    )
