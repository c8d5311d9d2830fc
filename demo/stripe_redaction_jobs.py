"""Redaction jobs of the stand-in: created, validated, run, and then everything related is the placeholder."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from demo.stripe_customers import redact
from demo.stripe_lists import page
from demo.stripe_shapes import Object
from demo.stripe_store import Store
from demo.stripe_wire import Params, allow, invalid, missing

_PERSONAL = {
    "customers": ("name", "email", "phone", "description", "address", "shipping", "metadata"),
    "payment_methods": ("billing_details", "metadata"),
    "tax_ids": ("value",),
    "subscriptions": ("metadata", "cancellation_details"),
    "invoices": (
        *("customer_name", "customer_email", "customer_phone", "customer_address", "customer_shipping"),
        *("customer_tax_ids", "custom_fields", "description", "footer", "metadata"),
    ),
    "invoice_lines": ("description", "metadata"),
    "invoiceitems": ("description", "metadata"),
    "payment_intents": ("description", "receipt_email", "shipping", "metadata"),
    "charges": ("billing_details", "description", "receipt_email", "shipping", "metadata"),
    "refunds": ("metadata",),
    "disputes": ("evidence", "metadata"),
    "credit_notes": ("memo", "metadata"),
    "checkout_sessions": (
        *("client_reference_id", "customer_email", "customer_details", "custom_fields", "metadata"),
    ),
}
_UNFINISHED = frozenset({"requires_payment_method", "requires_confirmation", "requires_action", "processing"})
_RECENT = 90 * 86400  # a payment younger than that can still be disputed


@dataclass
class Jobs:
    """All redaction jobs. `looks` is how often a job is looked at before it comes a step further."""

    store: Store
    available: bool = True
    looks: int = 0
    _seen: dict[str, int] = field(default_factory=dict)

    def create(self, params: Params) -> Object:
        """A new job; it starts to validate by itself."""
        allow(params, "objects", "validation_behavior")
        named = (params.get("objects") or {}).get("customers") or []
        if not 1 <= len(named) <= 10:  # noqa: PLR2004 - Stripe's bound
            raise invalid("A redaction job takes 1 to 10 objects.", param="objects")
        for key in named:
            if key not in self.store.kinds["customers"] and key not in self.store.deleted:
                raise missing("customer", key, "objects[customers]")
            if any(
                key in job["objects"]["customers"] and job["status"] not in {"failed", "canceled"}
                for job in self._all()
            ):
                raise invalid("This customer is already part of another redaction job.")
        job = self.store.put(
            "redaction_jobs",
            {
                "object": "privacy.redaction_job",
                "objects": {"customers": named},
                "status": "validating",
                "validation_behavior": params.get("validation_behavior", "error"),
            },
        )
        return self._moved(job)

    def list(self, params: Params) -> Object:
        """Every job, newest first; what it covers only where that is asked for."""
        allow(params, "limit", "starting_after", "status")
        with_objects = "data.objects" in params.get("expand", [])

        def show(job: Object) -> Object:
            told = copy.deepcopy(self._moved(job))
            return told if with_objects else told | {"objects": None}

        return page("/v1/privacy/redaction_jobs", self._all(), params, show)

    def retrieve(self, key: str) -> Object:
        """One job."""
        return self._moved(self._job(key))

    def run(self, key: str) -> Object:
        """Start a job that was validated."""
        job = self._job(key)
        if job["status"] != "ready":
            raise invalid("A redaction job can only be run when it is ready.")
        job["status"] = "redacting"
        return self._moved(job)

    def errors(self, key: str, params: Params) -> Object:
        """Why a job failed."""
        job = self._job(key)
        found = [
            {
                "id": f"prjve_{at}",
                "object": "privacy.redaction_job_validation_error",
                "code": "invalid_state",
                "erroring_object": {"id": one["id"], "object_type": one["object"]},
                "message": "This object cannot be redacted in its state.",
            }
            for at, one in enumerate(self._unfit(job))
        ]
        return page(f"/v1/privacy/redaction_jobs/{key}/validation_errors", found, params, copy.deepcopy)

    def _moved(self, job: Object) -> Object:
        """The job after another look at it."""
        if job["status"] not in {"validating", "redacting"}:
            return job
        self._seen[job["id"]] = seen = self._seen.get(job["id"], 0) + 1
        if seen > self.looks:
            self._seen[job["id"]] = 0
            if job["status"] == "validating":
                job["status"] = "failed" if any(self._unfit(job)) else "ready"
            else:
                self._redact(job)
                job["status"] = "succeeded"
        return job

    def _unfit(self, job: Object) -> Iterator[Object]:
        for kind, one in self._related(job):
            running = kind == "subscriptions" and one["status"] != "canceled"
            unfinished = kind == "payment_intents" and one["status"] in _UNFINISHED
            recent = kind == "charges" and one["created"] > self.store.now() - _RECENT
            if running or unfinished or recent:
                yield one

    def _redact(self, job: Object) -> None:
        for kind, one in self._related(job):
            one |= {name: redact(one[name]) for name in _PERSONAL[kind] if name in one}
            if kind == "customers":
                self.store.put(kind, one)
        named = set(job["objects"]["customers"])
        for event in self.store.kinds["events"].values():
            about = event["data"]["object"]
            if about.get("customer") in named or about["id"] in named:
                event["data"] = redact(event["data"]) | {"object": about}
                about |= {name: redact(about[name]) for name in ("name", "email", "phone") if name in about}

    def _related(self, job: Object) -> Iterator[tuple[str, Object]]:
        named = set(job["objects"]["customers"])
        kinds = self.store.kinds
        charges = {one["id"] for one in kinds["charges"].values() if one["customer"] in named}
        invoices = {one["id"] for one in kinds["invoices"].values() if one["customer"] in named}
        for kind in _PERSONAL:
            for one in kinds[kind].values():
                mine = one["id"] in named or one.get("customer") in named or one.get("charge") in charges
                if mine or (kind == "invoice_lines" and one["invoice"] in invoices):
                    yield kind, one

    def _all(self) -> Iterator[Object]:
        return self.store.newest_first("redaction_jobs")

    def _job(self, key: str) -> Object:
        found = self.store.kinds["redaction_jobs"].get(key)
        if found is None:
            raise missing("redaction_job", key)
        return found
