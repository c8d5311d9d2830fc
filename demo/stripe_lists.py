"""Lists and single objects of the stand-in: filters, cursors, expansion."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable

from demo.stripe_customers import get, search
from demo.stripe_shapes import Object, listing
from demo.stripe_store import Store
from demo.stripe_wire import Params, allow, invalid, missing, number

LISTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "subscriptions": ("subscriptions", ("customer", "status")),
    "invoices": ("invoices", ("customer", "status")),
    "invoiceitems": ("invoiceitems", ("customer", "invoice", "pending")),
    "charges": ("charges", ("customer", "payment_intent")),
    "payment_intents": ("payment_intents", ("customer",)),
    "refunds": ("refunds", ("charge", "payment_intent")),
    "disputes": ("disputes", ("charge", "payment_intent")),
    "credit_notes": ("credit_notes", ("customer", "invoice")),
    "checkout/sessions": ("checkout_sessions", ("customer", "payment_intent", "subscription")),
    "events": ("events", ("type", "types")),
    "payment_methods": ("payment_methods", ("customer", "type")),
}
"""By address: the kind, and what a list can be narrowed by."""
_NAMED = {
    "invoiceitems": "invoiceitem",
    "payment_methods": "PaymentMethod",
    "checkout_sessions": "checkout.session",
}
_SOME = 10  # how many parts stand within a whole


def page(url: str, found: Iterable[Object], params: Params, show: Callable[[Object], Object]) -> Object:
    """One page, after a cursor; a cursor that names nothing is refused as Stripe does."""
    limit = number(params, "limit", _SOME)
    if not 1 <= limit <= 100:  # noqa: PLR2004 - Stripe's bound
        raise invalid("Invalid limit: must be between 1 and 100.", param="limit")
    rows = list(found)
    if after := params.get("starting_after"):
        at = next((number for number, one in enumerate(rows) if one["id"] == after), None)
        if at is None:
            raise missing("object", after, "starting_after")
        rows = rows[at + 1 :]
    return listing(url, [show(one) for one in rows[:limit]], more=len(rows) > limit)


def list_all(store: Store, address: str, params: Params) -> Object:
    """A list by its filters, newest first."""
    kind, filters = LISTED[address]
    allow(params, *filters, "limit", "starting_after", "ending_before", "created")
    rows = [one for one in store.newest_first(kind) if _fits(one, kind, params, filters)]
    return page(f"/v1/{address}", rows, params, lambda one: shown(store, kind, one, params, "data."))


def list_customers(store: Store, params: Params) -> Object:
    """Customers, by e-mail exactly as it is written."""
    allow(params, "email", "limit", "starting_after", "ending_before", "created")
    rows = [
        one
        for one in store.newest_first("customers")
        if "email" not in params or one["email"] == params["email"]
    ]
    return page("/v1/customers", rows, params, copy.deepcopy)


def search_customers(store: Store, params: Params) -> Object:
    """Customers by search; `page` is where to go on."""
    rows = search(store, params)
    limit, start = number(params, "limit", _SOME), number(params, "page", 0)
    more = len(rows) > start + limit
    return {
        "object": "search_result",
        "url": "/v1/customers/search",
        "has_more": more,
        "next_page": str(start + limit) if more else None,
        "data": copy.deepcopy(rows[start : start + limit]),
    }


def list_of_customer(store: Store, customer: str, kind: str, params: Params) -> Object:
    """What is attached to a customer, who must be there."""
    allow(params, "limit", "starting_after", "ending_before", "type")
    get(store, "customers", customer, "customer")
    rows = [one for one in store.newest_first(kind) if one.get("customer") == customer]
    return page(f"/v1/customers/{customer}/{kind}", rows, params, copy.deepcopy)


def list_lines(store: Store, invoice: str, params: Params) -> Object:
    """The lines of an invoice."""
    allow(params, "limit", "starting_after", "ending_before")
    get(store, "invoices", invoice, "invoice")
    return page(f"/v1/invoices/{invoice}/lines", _lines(store, invoice), params, _line)


def retrieve(store: Store, address: str, key: str, params: Params) -> Object:
    """One object."""
    kind = LISTED[address][0]
    allow(params)
    return shown(store, kind, get(store, kind, key, _NAMED.get(kind, kind.removesuffix("s"))), params, "")


def shown(store: Store, kind: str, found: Object, params: Params, within: str) -> Object:
    """An object as it is answered with: its parts, and what was asked to be expanded."""
    told = copy.deepcopy(found)
    expand = set(params.get("expand", []))
    if kind == "invoices":
        lines = _lines(store, told["id"])
        url = f"/v1/invoices/{told['id']}/lines"
        told["lines"] = listing(url, [_line(one) for one in lines[:_SOME]], more=len(lines) > _SOME)
    if kind == "charges" and f"{within}refunds" in expand:
        refunds = [one for one in store.newest_first("refunds") if one["charge"] == told["id"]]
        url = f"/v1/charges/{told['id']}/refunds"
        told["refunds"] = listing(url, copy.deepcopy(refunds[:_SOME]), more=len(refunds) > _SOME)
    if kind == "invoiceitems" and f"{within}invoice" in expand and told["invoice"]:
        told["invoice"] = shown(store, "invoices", store.kinds["invoices"][told["invoice"]], {}, "")
    return told


def delete_draft(store: Store, key: str) -> Object:
    """Delete an invoice that was never issued, with its lines and items."""
    found = get(store, "invoices", key, "invoice")
    if found["status"] != "draft":
        raise invalid("You can only delete draft invoices.", code="invoice_not_editable")
    for kind in ("invoice_lines", "invoiceitems"):
        for part in [one["id"] for one in store.kinds[kind].values() if one.get("invoice") == key]:
            store.drop(kind, part)
    store.drop("invoices", key)
    store.tell("invoice.deleted", shown(store, "invoices", found, {}, ""), None)
    return {"id": key, "object": "invoice", "deleted": True}


def delete_item(store: Store, key: str) -> Object:
    """Delete an invoice item that stands on no issued invoice."""
    found = get(store, "invoiceitems", key, "invoiceitem")
    on = store.kinds["invoices"].get(found["invoice"] or "")
    if on is not None and on["status"] != "draft":
        raise invalid("This invoice item belongs to an invoice that is no longer editable.")
    for line in [
        one["id"] for one in store.kinds["invoice_lines"].values() if one.get("invoice_item") == key
    ]:
        store.drop("invoice_lines", line)
    store.drop("invoiceitems", key)
    store.tell("invoiceitem.deleted", found, None)
    return {"id": key, "object": "invoiceitem", "deleted": True}


def _lines(store: Store, invoice: str) -> list[Object]:
    return [one for one in store.kinds["invoice_lines"].values() if one["invoice"] == invoice]


def _line(line: Object) -> Object:
    return {name: copy.deepcopy(value) for name, value in line.items() if name != "invoice"}


def _fits(one: Object, kind: str, params: Params, filters: tuple[str, ...]) -> bool:
    for name in filters:
        if name not in params:
            continue
        wanted = params[name]
        if name == "pending":
            if (one["invoice"] is None) is not (wanted == "true"):
                return False
        elif name == "types":
            if one["type"] not in wanted:
                return False
        elif not (name == "status" and wanted == "all") and one.get(name) != wanted:
            return False
    # Stripe leaves ended subscriptions out unless they are asked for.
    return not (kind == "subscriptions" and "status" not in params and one["status"] == "canceled")
