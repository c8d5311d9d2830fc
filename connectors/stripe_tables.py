"""The kinds of objects that Stripe keeps of a customer: how each is listed, found again, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.stripe_api import MARK, Api, Listing, Object

_GONE = frozenset(
    {
        "customer.deleted",
        "customer.tax_id.deleted",
        "payment_method.detached",
        "invoice.deleted",
        "invoiceitem.deleted",
    }
)
"""Events of what an erasure does; those that others caused are left out with ours."""
INVOICE = "$invoice"
CHARGE = "$charge"
"""Under these names a part carries what it is a part of; no content of its own."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object. `page` lists a customer's from a place on; `one` finds one again by its locator."""

    page: Callable[[Api, str, str], Listing]
    one: Callable[[Api, Mapping[str, Any]], Object | None]


def locator(table: str, customer: str, found: Object) -> dict[str, Any]:
    """How an object is found again."""
    here = {"customer": customer}
    if table == "customers":
        return here
    if table == "invoice_lines":
        return {**here, "invoice": found[INVOICE]["id"], "id": found["id"]}
    return {**here, "id": found["id"]}


def charges(api: Api, customer: str) -> Iterator[Object]:
    """All charges of a customer with their refunds, a page at a time."""
    after = ""
    while True:
        listing = _charges_with_refunds(api, customer, after)
        yield from listing.objects
        if not (after := listing.after):
            return


def refunds_of(api: Api, charge: Object) -> list[Object]:
    """All refunds of a charge; Stripe gives the newest ten with it."""
    told = charge.get("refunds") or {"data": [], "has_more": False}
    if not told["has_more"]:
        return list(told["data"])
    return api.all(lambda: api.v1.refunds.list({"charge": charge["id"], "limit": api.page}))


def disputes_of(api: Api, charge: Object) -> list[Object]:
    """All disputes of a charge."""
    if not charge["disputed"]:
        return []
    return api.all(lambda: api.v1.disputes.list({"charge": charge["id"], "limit": api.page}))


def subscriptions(api: Api, customer: str) -> list[Object]:
    """All subscriptions of a customer, ended ones included."""
    where = _from(api, "", customer=customer, status="all")
    return api.all(lambda: api.v1.subscriptions.list(where))


def _from(api: Api, after: str, **where: Any) -> Any:
    return {**where, "limit": api.page, **({"starting_after": after} if after else {})}


def _there(found: Object | None) -> Object | None:
    return None if found is None or found.get("deleted") else found


def _customer(api: Api, customer: str, _after: str) -> Listing:
    found = _there(api.customer(customer))
    return Listing([found] if found else [])


def _charges_with_refunds(api: Api, customer: str, after: str) -> Listing:
    where = _from(api, after, customer=customer, expand=["data.refunds"])
    return api.listing(lambda: api.v1.charges.list(where))


def _lines(api: Api, invoice: Object) -> list[Object]:
    told = invoice["lines"]
    found = told["data"]
    if told["has_more"]:
        found = api.all(lambda: api.v1.invoices.line_items.list(invoice["id"], {"limit": api.page}))
    return [{**line, INVOICE: invoice} for line in found]


def _all_lines(api: Api, customer: str, after: str) -> Listing:
    where = _from(api, after, customer=customer)
    invoices = api.listing(lambda: api.v1.invoices.list(where))
    return Listing([line for one in invoices.objects for line in _lines(api, one)], invoices.after)


def _line(api: Api, place: Mapping[str, Any]) -> Object | None:
    invoice = _there(api.one(lambda: api.v1.invoices.retrieve(place["invoice"])))
    if invoice is None or invoice["customer"] != place["customer"]:
        return None
    return next((line for line in _lines(api, invoice) if line["id"] == place["id"]), None)


def _of_charges(parts: Callable[[Api, Object], list[Object]]) -> Callable[[Api, str, str], Listing]:
    def page(api: Api, customer: str, after: str) -> Listing:
        listing = _charges_with_refunds(api, customer, after)
        found = [{**part, CHARGE: charge} for charge in listing.objects for part in parts(api, charge)]
        return Listing(found, listing.after)

    return page


def _items(api: Api, customer: str, after: str) -> Listing:
    where = _from(api, after, customer=customer, expand=["data.invoice"])
    listing = api.listing(lambda: api.v1.invoice_items.list(where))
    return Listing([_on_invoice(one) for one in listing.objects], listing.after)


def _item(api: Api, place: Mapping[str, Any]) -> Object | None:
    found = _there(api.one(lambda: api.v1.invoice_items.retrieve(place["id"], {"expand": ["invoice"]})))
    return _on_invoice(found) if found and found["customer"] == place["customer"] else None


def _on_invoice(item: Object) -> Object:
    invoice = item.get("invoice")
    return {**item, "invoice": invoice["id"] if invoice else None, INVOICE: invoice}


def _events(api: Api, customer: str, after: str) -> Listing:
    # Stripe lists events of all customers only, those of the last 30 days.
    listing = api.listing(lambda: api.v1.events.list(_from(api, after)))
    return Listing([one for one in listing.objects if _is_of(one, customer)], listing.after)


def _is_of(event: Object, customer: str) -> bool:
    about = event["data"]["object"]
    # What we write leaves events with what was there before. They age out like all others; to locate them would
    # make every erasure find what it has just made. A deletion bears no key: Stripe keeps none for it.
    key = str((event.get("request") or {}).get("idempotency_key") or "")
    ours = key.startswith(MARK) or event["type"] in _GONE
    whose = about["id"] if about["object"] == "customer" else about.get("customer")
    return whose == customer and not ours


def _listed(service: str, **where: Any) -> Callable[[Api, str, str], Listing]:
    def page(api: Api, customer: str, after: str) -> Listing:
        asked = _from(api, after, customer=customer, **where)
        return api.listing(lambda: _service(api, service).list(asked))

    return page


def _retrieved(service: str) -> Callable[[Api, Mapping[str, Any]], Object | None]:
    def one(api: Api, place: Mapping[str, Any]) -> Object | None:
        found = _there(api.one(lambda: _service(api, service).retrieve(place["id"])))
        # Refunds and disputes do not say whose they are; what is another customer's now is not this record.
        mine = found is not None and found.get("customer", place["customer"]) == place["customer"]
        return found if mine else None

    return one


def _service(api: Api, name: str) -> Any:
    found: Any = api.v1
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _by_service(service: str, **where: Any) -> Kind:
    return Kind(_listed(service, **where), _retrieved(service))


def _methods(api: Api, customer: str, after: str) -> Listing:
    where = _from(api, after)
    return api.listing(lambda: api.v1.customers.payment_methods.list(customer, where))


def _tax_ids(api: Api, customer: str, after: str) -> Listing:
    where = _from(api, after)
    return api.listing(lambda: api.v1.customers.tax_ids.list(customer, where))


def _tax_id(api: Api, place: Mapping[str, Any]) -> Object | None:
    return _there(api.one(lambda: api.v1.customers.tax_ids.retrieve(place["customer"], place["id"])))


def _event(api: Api, place: Mapping[str, Any]) -> Object | None:
    return api.one(lambda: api.v1.events.retrieve(place["id"]))


KINDS: dict[str, Kind] = {
    "customers": Kind(_customer, lambda api, place: _there(api.customer(place["customer"]))),
    "payment_methods": Kind(_methods, _retrieved("payment_methods")),
    "tax_ids": Kind(_tax_ids, _tax_id),
    "subscriptions": _by_service("subscriptions", status="all"),
    "invoices": _by_service("invoices"),
    "invoice_lines": Kind(_all_lines, _line),
    "invoice_items": Kind(_items, _item),
    "payment_intents": _by_service("payment_intents"),
    "charges": _by_service("charges"),
    "refunds": Kind(_of_charges(refunds_of), _retrieved("refunds")),
    "disputes": Kind(_of_charges(disputes_of), _retrieved("disputes")),
    "credit_notes": _by_service("credit_notes"),
    "checkout_sessions": _by_service("checkout.sessions"),
    "events": Kind(_events, _event),
}
"""By table, parents before their parts."""
