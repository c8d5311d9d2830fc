"""The addresses of the stand-in and what stands behind each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo import stripe_customers as customers
from demo import stripe_lists as lists
from demo.stripe_redaction_jobs import Jobs
from demo.stripe_shapes import Object
from demo.stripe_store import Store
from demo.stripe_wire import Params, unrecognised

VERSION = "2023-08-16"
_PREVIEW = re.compile(r"\d{4}-\d\d-\d\d\.preview")


@dataclass(frozen=True)
class Asked:
    """One request, as far as its handler cares."""

    params: Params
    key: str | None = None
    version: str = VERSION


Handler = Callable[..., Object]


class Router:
    """Finds the handler of a request."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs
        self._routes = [(method, re.compile(path), handler) for method, path, handler in self._table()]

    def answer(self, method: str, path: str, asked: Asked) -> Object:
        """The body of the answer. Raises `ApiError`."""
        for known, pattern, handler in self._routes:
            if known == method and (match := pattern.fullmatch(path)):
                return handler(asked, *match.groups())
        raise unrecognised(method, path)

    def _table(self) -> list[tuple[str, str, Handler]]:
        store, one = self._store, "([A-Za-z0-9_]+)"
        listed = "|".join(lists.LISTED)
        return [
            ("GET", "/v1/customers", lambda a: lists.list_customers(store, a.params)),
            ("GET", "/v1/customers/search", lambda a: lists.search_customers(store, a.params)),
            ("GET", f"/v1/customers/{one}", lambda _, key: customers.retrieve_customer(store, key)),
            (
                "POST",
                f"/v1/customers/{one}",
                lambda a, key: customers.update_customer(store, key, a.params, a.key),
            ),
            ("DELETE", f"/v1/customers/{one}", lambda _, key: customers.delete_customer(store, key)),
            (
                "GET",
                f"/v1/customers/{one}/(payment_methods|tax_ids)",
                lambda a, key, kind: lists.list_of_customer(store, key, kind, a.params),
            ),
            (
                "POST",
                f"/v1/customers/{one}/tax_ids",
                lambda a, key: customers.create_tax_id(store, key, a.params, a.key),
            ),
            ("GET", f"/v1/customers/{one}/tax_ids/{one}", self._tax_id),
            (
                "DELETE",
                f"/v1/customers/{one}/tax_ids/{one}",
                lambda _, c, key: customers.delete_tax_id(store, c, key),
            ),
            (
                "POST",
                f"/v1/payment_methods/{one}",
                lambda a, key: customers.update_method(store, key, a.params, a.key),
            ),
            (
                "POST",
                f"/v1/payment_methods/{one}/detach",
                lambda a, key: customers.detach(store, key, a.params, a.key),
            ),
            (
                "POST",
                f"/v1/subscriptions/{one}",
                lambda a, key: customers.update_subscription(store, key, a.params, a.key),
            ),
            ("DELETE", f"/v1/subscriptions/{one}", lambda _, key: customers.cancel_subscription(store, key)),
            ("GET", f"/v1/invoices/{one}/lines", lambda a, key: lists.list_lines(store, key, a.params)),
            ("DELETE", f"/v1/invoices/{one}", lambda _, key: lists.delete_draft(store, key)),
            ("DELETE", f"/v1/invoiceitems/{one}", lambda _, key: lists.delete_item(store, key)),
            ("GET", f"/v1/({listed})", lambda a, address: lists.list_all(store, address, a.params)),
            (
                "GET",
                f"/v1/({listed})/{one}",
                lambda a, address, key: lists.retrieve(store, address, key, a.params),
            ),
            *self._redaction(one),
        ]

    def _redaction(self, one: str) -> list[tuple[str, str, Handler]]:
        jobs, base = self._jobs, "/v1/privacy/redaction_jobs"
        return [
            ("GET", base, self._preview(lambda a: jobs.list(a.params))),
            ("POST", base, self._preview(lambda a: jobs.create(a.params))),
            ("GET", f"{base}/{one}", self._preview(lambda _, key: jobs.retrieve(key))),
            ("POST", f"{base}/{one}/run", self._preview(lambda _, key: jobs.run(key))),
            (
                "GET",
                f"{base}/{one}/validation_errors",
                self._preview(lambda a, key: jobs.errors(key, a.params)),
            ),
        ]

    def _preview(self, handler: Handler) -> Handler:
        """Preview interfaces are there for a preview version, and for an account that may use them."""

        def guarded(asked: Asked, *parts: Any) -> Object:
            if not (self._jobs.available and _PREVIEW.fullmatch(asked.version)):
                raise unrecognised("", "/v1/privacy/redaction_jobs")
            return handler(asked, *parts)

        return guarded

    def _tax_id(self, _asked: Asked, customer: str, key: str) -> Object:
        customers.get(self._store, "customers", customer, "customer")
        return customers.get(self._store, "tax_ids", key, "tax_id")
