"""What the stand-in does with customers and with what belongs to them alone."""

from __future__ import annotations

import copy
import re
from typing import Any

from demo.stripe_shapes import Object
from demo.stripe_store import Store
from demo.stripe_wire import Params, allow, invalid, missing

REDACTED = "[redacted]"
_CODES = frozenset({"tax_exempt", "object", "type"})
_TERM = re.compile(r"(email|phone|name):'((?:[^'\\]|\\.)*)'")
_WHERE_ON_CUSTOMER = (
    "name",
    "email",
    "phone",
    "description",
    "address",
    "shipping",
    "metadata",
    "invoice_settings",
)


def get(store: Store, kind: str, key: str, named: str) -> Object:
    """An object, or Stripe's answer that there is none."""
    found = store.kinds[kind].get(key)
    if found is None:
        raise missing(named, key)
    return found


def retrieve_customer(store: Store, key: str) -> Object:
    """A customer; of a deleted one, only that it is."""
    if key in store.deleted:
        return {"id": key, "object": "customer", "deleted": True}
    return get(store, "customers", key, "customer")


def living(store: Store, key: str) -> Object:
    """A customer that something can be done with."""
    found = get(store, "customers", key, "customer")
    if found.get("name") == REDACTED:
        raise invalid("This customer has been redacted and cannot be updated.")
    return found


def search(store: Store, params: Params) -> list[Object]:
    """Customers by Stripe's search language, as far as this account uses it: no case, exact values, behind."""
    allow(params, "query", "limit", "page")
    query = params.get("query", "")
    if " AND " in query and " OR " in query:
        raise invalid("You cannot mix AND and OR in one query.", param="query")
    terms = _TERM.findall(query)
    if not terms or len(query.split(" OR ")) != len(terms):
        raise invalid("We were unable to parse your search query.", param="query")
    wanted = [(field, re.sub(r"\\(.)", r"\1", value).casefold()) for field, value in terms]
    return [
        one
        for one in store.searchable()
        if any(str(one.get(field) or "").casefold() == value for field, value in wanted)
    ]


def update_customer(store: Store, key: str, params: Params, idempotency: str | None) -> Object:
    """Change fields of a customer; an empty value unsets one."""
    allow(params, *_WHERE_ON_CUSTOMER, "tax_exempt", "preferred_locales", "balance")
    found = living(store, key)
    return _changed(store, "customers", found, params, event="customer.updated", key=idempotency)


def delete_customer(store: Store, key: str) -> Object:
    """Delete a customer: what is attached goes or ends, documents and payments stay."""
    found = get(store, "customers", key, "customer")
    for one in store.kinds["subscriptions"].values():
        if one["customer"] == key and one["status"] != "canceled":
            one |= {"status": "canceled", "canceled_at": store.now(), "ended_at": store.now()}
    for one in store.kinds["payment_methods"].values():
        if one.get("customer") == key:
            one["customer"] = None
    for tax_id in [one["id"] for one in store.kinds["tax_ids"].values() if one["customer"] == key]:
        store.drop("tax_ids", tax_id)
    store.drop("customers", key)
    store.tell("customer.deleted", found, None)
    return {"id": key, "object": "customer", "deleted": True}


def update_method(store: Store, key: str, params: Params, idempotency: str | None) -> Object:
    """Change a payment method, which must be a customer's."""
    allow(params, "billing_details", "metadata", "card")
    found = _attached(store, key)
    return _changed(store, "payment_methods", found, params, event="payment_method.updated", key=idempotency)


def detach(store: Store, key: str, params: Params, idempotency: str | None) -> Object:
    """Take a payment method off its customer."""
    allow(params)
    found = _attached(store, key)
    before = {"customer": found["customer"]}
    store.tell("payment_method.detached", found | {"customer": None}, idempotency, before)
    found["customer"] = None
    return found


def create_tax_id(store: Store, customer: str, params: Params, idempotency: str | None) -> Object:
    """A tax number for a customer; one that stands already is refused."""
    allow(params, "type", "value")
    living(store, customer)
    if params.get("type") == "th_vat" and not re.fullmatch(r"\d{13}", params.get("value", "")):
        raise invalid("Invalid value for th_vat.", code="tax_id_invalid", param="value")
    made: Object = {"object": "tax_id", "country": "TH", "customer": customer, "verification": None}
    kept = store.put("tax_ids", made | {"type": params["type"], "value": params["value"]})
    store.tell("customer.tax_id.created", kept, idempotency)
    return kept


def delete_tax_id(store: Store, customer: str, key: str) -> Object:
    """Delete a tax number."""
    found = get(store, "tax_ids", key, "tax_id")
    if found["customer"] != customer:
        raise missing("tax_id", key)
    store.drop("tax_ids", key)
    store.tell("customer.tax_id.deleted", found, None)
    return {"id": key, "object": "tax_id", "deleted": True}


def update_subscription(store: Store, key: str, params: Params, idempotency: str | None) -> Object:
    """Change a subscription; one that is over takes two fields only."""
    allow(params, "metadata", "cancellation_details", "description", "cancel_at_period_end")
    found = get(store, "subscriptions", key, "subscription")
    if found["status"] == "canceled" and set(params) - {"metadata", "cancellation_details"}:
        raise invalid("A canceled subscription can only update its cancellation_details and metadata.")
    if "cancel_at_period_end" in params:
        params = {
            **params,
            "cancel_at_period_end": params["cancel_at_period_end"] == "true",
        }  # a form has texts
    return _changed(
        store, "subscriptions", found, params, event="customer.subscription.updated", key=idempotency
    )


def cancel_subscription(store: Store, key: str) -> Object:
    """End a subscription at once."""
    found = get(store, "subscriptions", key, "subscription")
    if found["status"] == "canceled":
        raise missing("subscription", key)
    found |= {"status": "canceled", "canceled_at": store.now(), "ended_at": store.now()}
    store.tell("customer.subscription.deleted", found, None)
    return found


def redact(values: Any) -> Any:
    """The placeholder in the place of every text."""
    if isinstance(values, dict):
        return {name: value if name in _CODES else redact(value) for name, value in values.items()}
    if isinstance(values, list):
        return [redact(value) for value in values]
    return REDACTED if isinstance(values, str) and values else values


def _attached(store: Store, key: str) -> Object:
    found = get(store, "payment_methods", key, "PaymentMethod")
    if not found.get("customer"):
        raise invalid("The payment method you provided is not attached to a customer.")
    return found


def _changed(
    store: Store, kind: str, found: Object, params: Params, *, event: str, key: str | None
) -> Object:
    before = copy.deepcopy(found)
    for name, value in params.items():
        if name != "expand":
            _set(found, name, value)
    moved = {name: before[name] for name in found if found[name] != before.get(name)}
    if moved:
        store.put(kind, found)
        store.tell(event, found, key, moved)
    return found


def _set(found: Object, name: str, value: Any) -> None:
    if name == "metadata":
        kept = {} if value == "" else dict(found.get(name) or {})
        found[name] = {key: one for key, one in (kept | (value or {})).items() if one != ""}
    elif isinstance(value, dict):
        inner = dict(found.get(name) or {})
        for part, one in value.items():
            _set(inner, part, one)
        found[name] = inner
    else:
        found[name] = None if value == "" else value
