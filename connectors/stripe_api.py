"""What the connector asks of Stripe, through its own SDK: one method a request, plain dictionaries back.

The API version is pinned: Stripe answers every account in the shape of the version that a request names, whatever
the account's own. The one preview that is used, redaction jobs, is asked for in `stripe_redaction.py`.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import requests
import stripe
from stripe.params import CustomerUpdateParams, PaymentMethodUpdateParams, SubscriptionUpdateParams

from connectors.stripe_errors import is_missing, is_stored, translated
from domain.errors import Refused, Unavailable

API_VERSION = "2023-08-16"
BASE = "https://api.stripe.com"
MARK = "sitthi:"
"""Begins every idempotency key of ours; the events that our own writes leave at Stripe bear it."""
_TIMEOUT = 30.0
_ATTEMPTS = 5
_LONGEST_KEY = 255  # Stripe's own limit

Object = dict[str, Any]
TaxIdType = Literal["th_vat"]

# The SDK tells every address that it calls at level INFO, what it calls with at DEBUG; and a look-up by e-mail has
# the e-mail in its address.
for _name in ("stripe", "urllib3.connectionpool"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of objects; `after` is where the next one begins, empty at the end."""

    objects: list[Object]
    after: str = ""


class Api:
    """A connection to one Stripe account. `page` is how many objects a page has, at most 100."""

    def __init__(
        self, system: str, key: str, *, base: str = BASE, page: int = 100, timeout: float = _TIMEOUT
    ) -> None:
        self.system = system
        self.page = page
        self._session = requests.Session()
        self.http = stripe.RequestsClient(timeout=timeout, session=self._session)
        # Whoever drives the connector retries, and knows what was done already: the SDK itself never does.
        self.client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": base},
            max_network_retries=0,
            http_client=self.http,
        )
        self.v1 = self.client.v1

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def ask(self, request: Callable[[], Any]) -> Any:
        """Whatever the SDK answers. Raises as `translated`."""
        with translated(self.system):
            return request()

    def one(self, request: Callable[[], Any]) -> Object | None:
        """One object, or None where Stripe has none of that id."""
        with translated(self.system):
            try:
                return _plain(request())
            except stripe.InvalidRequestError as error:
                if is_missing(error):
                    return None
                raise

    def listing(self, request: Callable[[], Any]) -> Listing:
        """One page of a list; an owner that is gone owns nothing."""
        with translated(self.system):
            try:
                found = request()
            except stripe.InvalidRequestError as error:
                if is_missing(error):
                    return Listing([])
                raise
            objects = [_plain(one) for one in found.data]
            return Listing(objects, objects[-1]["id"] if found.has_more and objects else "")

    def all(self, request: Callable[[], Any]) -> list[Object]:
        """Every object of a list, all its pages."""
        with translated(self.system):
            try:
                return [_plain(one) for one in request().auto_paging_iter()]
            except stripe.InvalidRequestError as error:
                if is_missing(error):
                    return []
                raise

    def write(self, key: str, request: Callable[[stripe.RequestOptions], Any]) -> Object | None:
        """Write under an idempotency key; None where the object is gone.

        A failure that Stripe stored under the key is not asked for again but left behind: every write sets what
        it sets whatever stood before, so that a second one does no more than the first.
        """
        for attempt in range(_ATTEMPTS):
            options: stripe.RequestOptions = {"idempotency_key": _key(key, attempt)}
            try:
                return self.one(lambda options=options: request(options))  # type: ignore[misc]
            except Unavailable as error:
                if attempt + 1 == _ATTEMPTS or not is_stored(error):
                    raise
        raise Refused("stripe-refuses", "look at the request in Stripe's dashboard", system=self.system)

    def customer(self, customer: str) -> Object | None:
        """A customer; of one that was deleted, only that it was."""
        return self.one(lambda: self.v1.customers.retrieve(customer))

    def customers(self, after: str = "") -> Listing:
        """A page of all customers, those that were deleted not among them."""
        asked: stripe.params.CustomerListParams = {"limit": self.page}
        if after:
            asked["starting_after"] = after
        return self.listing(lambda: self.v1.customers.list(asked))

    def customers_of(self, email: str) -> list[Object]:
        """Customers by the address as it is written: this list minds case and lags behind nothing."""
        return self.all(lambda: self.v1.customers.list({"email": email, "limit": self.page}))

    def customers_like(self, field: Literal["email", "phone"], values: list[str]) -> list[Object]:
        """Customers by search, which minds no case and lags behind."""
        query = " OR ".join(f"{field}:'{_quoted(value)}'" for value in values)
        return self.all(lambda: self.v1.customers.search({"query": query, "limit": self.page}))

    def update_customer(self, customer: str, values: Mapping[str, Any], key: str) -> None:
        """Set fields of a customer."""
        params = cast("CustomerUpdateParams", dict(values))
        self.write(key, lambda options: self.v1.customers.update(customer, params, options))

    def delete_customer(self, customer: str, key: str) -> None:
        """Delete a customer; Stripe ends what still runs of it, so that is looked at before."""
        self.write(key, lambda options: self.v1.customers.delete(customer, options=options))

    def update_payment_method(self, method: str, values: Mapping[str, Any], key: str) -> None:
        """Set fields of a payment method."""
        params = cast("PaymentMethodUpdateParams", dict(values))
        self.write(key, lambda options: self.v1.payment_methods.update(method, params, options))

    def detach(self, method: str, key: str) -> None:
        """Take a payment method off its customer, for good."""
        self.write(key, lambda options: self.v1.payment_methods.detach(method, options=options))

    def update_subscription(self, subscription: str, values: Mapping[str, Any], key: str) -> None:
        """Set fields of a subscription."""
        params = cast("SubscriptionUpdateParams", dict(values))
        self.write(key, lambda options: self.v1.subscriptions.update(subscription, params, options))

    def cancel_subscription(self, subscription: str, key: str) -> None:
        """End a subscription at once, without a last invoice and without giving money back: finance sees to both."""
        self.write(key, lambda options: self.v1.subscriptions.cancel(subscription, options=options))

    def subscription(self, subscription: str) -> Object | None:
        """A subscription as it stands; None where there is none."""
        return self.one(lambda: self.v1.subscriptions.retrieve(subscription))

    def delete_tax_id(self, customer: str, tax_id: str, key: str) -> None:
        """Delete a tax number of a customer."""
        self.write(key, lambda options: self.v1.customers.tax_ids.delete(customer, tax_id, options=options))

    def create_tax_id(self, customer: str, kind: str, value: str, key: str) -> None:
        """Give a customer a tax number."""
        of_kind = cast("TaxIdType", kind)
        self.write(
            key,
            lambda options: self.v1.customers.tax_ids.create(
                customer, {"type": of_kind, "value": value}, options
            ),
        )

    def delete_draft(self, invoice: str, key: str) -> None:
        """Delete an invoice that was never issued."""
        self.write(key, lambda options: self.v1.invoices.delete(invoice, options=options))

    def delete_item(self, item: str, key: str) -> None:
        """Delete an invoice item that stands on no invoice."""
        self.write(key, lambda options: self.v1.invoice_items.delete(item, options=options))


def _plain(found: Any) -> Object:
    return cast("Object", found.to_dict(for_json=True))


def _quoted(value: str) -> str:
    """A value in Stripe's search language."""
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _key(key: str, attempt: int) -> str:
    whole = f"{MARK}{key}{f':again-{attempt}' if attempt else ''}"
    return whole if len(whole) <= _LONGEST_KEY else MARK + hashlib.sha256(whole.encode()).hexdigest()
