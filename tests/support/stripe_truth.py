"""Holds every exchange with the stand-in against Stripe's own words: the SDK's types, and its OpenAPI where it is there."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any, NotRequired

import stripe.params
from jsonschema import Draft202012Validator
from pydantic import ConfigDict, TypeAdapter, ValidationError
from stripe import RequestOptions
from stripe.params import checkout
from typing_extensions import TypedDict

from demo.stripe_routes import VERSION
from demo.stripe_standin import Exchange

ONE = "[^/]+"
_SPEC = f"openapi/stripe/stripe-{VERSION}-dsr.json"


class RedactionObjects(TypedDict):
    """Of the preview interface, which the SDK's stable release has no types for."""

    customers: NotRequired[list[str]]
    charges: NotRequired[list[str]]
    invoices: NotRequired[list[str]]
    payment_intents: NotRequired[list[str]]
    checkout_sessions: NotRequired[list[str]]


class RedactionCreate(TypedDict):
    objects: RedactionObjects
    validation_behavior: NotRequired[str]


class RedactionList(TypedDict):
    limit: NotRequired[int]
    starting_after: NotRequired[str]
    expand: NotRequired[list[str]]


class Nothing(TypedDict):
    pass


PARAMS: list[tuple[str, str, Any]] = [
    ("GET", "/v1/customers", stripe.params.CustomerListParams),
    ("GET", "/v1/customers/search", stripe.params.CustomerSearchParams),
    ("GET", f"/v1/customers/{ONE}", stripe.params.CustomerRetrieveParams),
    ("POST", f"/v1/customers/{ONE}", stripe.params.CustomerUpdateParams),
    ("DELETE", f"/v1/customers/{ONE}", stripe.params.CustomerDeleteParams),
    ("GET", f"/v1/customers/{ONE}/payment_methods", stripe.params.CustomerPaymentMethodListParams),
    ("GET", f"/v1/customers/{ONE}/tax_ids", stripe.params.CustomerTaxIdListParams),
    ("POST", f"/v1/customers/{ONE}/tax_ids", stripe.params.CustomerTaxIdCreateParams),
    ("GET", f"/v1/customers/{ONE}/tax_ids/{ONE}", stripe.params.CustomerTaxIdRetrieveParams),
    ("DELETE", f"/v1/customers/{ONE}/tax_ids/{ONE}", stripe.params.CustomerTaxIdDeleteParams),
    ("GET", f"/v1/payment_methods/{ONE}", stripe.params.PaymentMethodRetrieveParams),
    ("POST", f"/v1/payment_methods/{ONE}", stripe.params.PaymentMethodUpdateParams),
    ("POST", f"/v1/payment_methods/{ONE}/detach", stripe.params.PaymentMethodDetachParams),
    ("GET", "/v1/subscriptions", stripe.params.SubscriptionListParams),
    ("GET", f"/v1/subscriptions/{ONE}", stripe.params.SubscriptionRetrieveParams),
    ("POST", f"/v1/subscriptions/{ONE}", stripe.params.SubscriptionUpdateParams),
    ("DELETE", f"/v1/subscriptions/{ONE}", stripe.params.SubscriptionCancelParams),
    ("GET", "/v1/invoices", stripe.params.InvoiceListParams),
    ("GET", f"/v1/invoices/{ONE}", stripe.params.InvoiceRetrieveParams),
    ("DELETE", f"/v1/invoices/{ONE}", stripe.params.InvoiceDeleteParams),
    ("GET", f"/v1/invoices/{ONE}/lines", stripe.params.InvoiceLineItemListParams),
    ("GET", "/v1/invoiceitems", stripe.params.InvoiceItemListParams),
    ("GET", f"/v1/invoiceitems/{ONE}", stripe.params.InvoiceItemRetrieveParams),
    ("DELETE", f"/v1/invoiceitems/{ONE}", stripe.params.InvoiceItemDeleteParams),
    ("GET", "/v1/payment_intents", stripe.params.PaymentIntentListParams),
    ("GET", f"/v1/payment_intents/{ONE}", stripe.params.PaymentIntentRetrieveParams),
    ("GET", "/v1/charges", stripe.params.ChargeListParams),
    ("GET", f"/v1/charges/{ONE}", stripe.params.ChargeRetrieveParams),
    ("GET", "/v1/refunds", stripe.params.RefundListParams),
    ("GET", f"/v1/refunds/{ONE}", stripe.params.RefundRetrieveParams),
    ("GET", "/v1/disputes", stripe.params.DisputeListParams),
    ("GET", f"/v1/disputes/{ONE}", stripe.params.DisputeRetrieveParams),
    ("GET", "/v1/credit_notes", stripe.params.CreditNoteListParams),
    ("GET", f"/v1/credit_notes/{ONE}", stripe.params.CreditNoteRetrieveParams),
    ("GET", "/v1/checkout/sessions", checkout.SessionListParams),
    ("GET", f"/v1/checkout/sessions/{ONE}", checkout.SessionRetrieveParams),
    ("GET", "/v1/events", stripe.params.EventListParams),
    ("GET", f"/v1/events/{ONE}", stripe.params.EventRetrieveParams),
    ("GET", "/v1/privacy/redaction_jobs", RedactionList),
    ("POST", "/v1/privacy/redaction_jobs", RedactionCreate),
    ("POST", f"/v1/privacy/redaction_jobs/{ONE}/run", Nothing),
    ("GET", f"/v1/privacy/redaction_jobs/{ONE}/validation_errors", RedactionList),
]

# What the extract of Stripe's description has a shape for, and no address.
SHAPES = [(f"/v1/{kind}s", kind, True) for kind in ("invoiceitem", "credit_note")] + [
    (f"/v1/{kind}s/{ONE}", kind, False) for kind in ("invoiceitem", "credit_note")
]


class Truth:
    """Watches a stand-in; `wrongs` must stay empty. `checked` counts what was held against the OpenAPI."""

    def __init__(self) -> None:
        self.wrongs: list[str] = []
        self.seen: set[tuple[str, str]] = set()
        self.checked = 0

    def __call__(self, exchange: Exchange) -> None:
        """Check one exchange; never raises, for it is called within the stand-in."""
        where = f"{exchange.method} {exchange.path}"
        try:
            self._asked(exchange, where)
            self._answered(exchange, where)
        except Exception as error:  # noqa: BLE001 - a fault of the check itself must fail the test, not the stand-in
            self.wrongs.append(f"{where}: {error!r}")

    def _asked(self, exchange: Exchange, where: str) -> None:
        for method, path, kind in PARAMS:
            if method == exchange.method and re.fullmatch(path, exchange.path):
                self.seen.add((method, path))
                try:
                    _adapter(kind).validate_python(exchange.params)
                except ValidationError as invalid:
                    self.wrongs.append(f"{where}: {invalid.errors(include_input=False)}")
                break
        else:
            self.wrongs.append(f"{where}: the SDK has no such request")
        if exchange.method == "POST" and not (exchange.key or "").startswith("sitthi:"):
            self.wrongs.append(f"{where}: a write without a key of ours")

    def _answered(self, exchange: Exchange, where: str) -> None:
        spec = description()
        schema = _schema(spec, exchange) if spec else None
        if spec is None or schema is None:
            return
        whole = {**schema, "components": spec["components"]}
        for error in Draft202012Validator(whole).iter_errors(exchange.body):
            self.wrongs.append(f"{where}: {list(error.absolute_path)} {error.message[:200]}")
        self.checked += 1


@cache
def description() -> Any:
    """Stripe's OpenAPI, from where `STRIPE_OPENAPI` says or beside the project; None where it is not there."""
    given = os.environ.get("STRIPE_OPENAPI")
    beside = [parent / "shared" / _SPEC for parent in Path(__file__).resolve().parents]
    for file in [Path(given)] if given else beside:
        if file.is_file():
            return _nullable(json.loads(file.read_text("utf-8")))
    return None


def _nullable(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _nullable(part) for name, part in schema.items()}
    if told.pop("nullable", False) is True:
        told |= {name: [*told[name], None] for name in ("enum",) if name in told}
        told |= {"type": [told["type"], "null"]} if "type" in told else {}
        told |= {"anyOf": [*told["anyOf"], {"type": "null"}]} if "anyOf" in told else {}
    return told


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """The SDK's parameters of one request, without the options that every request takes beside them."""
    own = {
        name: told
        for name, told in kind.__annotations__.items()
        if name not in RequestOptions.__annotations__
    }
    bare = TypedDict(kind.__name__, own)  # type: ignore[misc]
    bare.__module__ = kind.__module__  # where the names of its parts are known
    setattr(bare, "__pydantic_config__", ConfigDict(extra="forbid", arbitrary_types_allowed=True))  # noqa: B010
    return TypeAdapter(bare)


def _schema(spec: Any, exchange: Exchange) -> Any:
    if exchange.status >= 400:
        return {"$ref": "#/components/schemas/error"}
    for path, kind, is_list in SHAPES:
        if re.fullmatch(path, exchange.path) and exchange.method == "GET":
            one = {"$ref": f"#/components/schemas/{kind}"}
            return (
                {"type": "object", "properties": {"data": {"type": "array", "items": one}}}
                if is_list
                else one
            )
    for path, operations in spec["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", ONE, path)
        operation = operations.get(exchange.method.lower())
        if operation and re.fullmatch(pattern, exchange.path):
            return operation["responses"]["200"]["content"]["application/json"]["schema"]
    return None
