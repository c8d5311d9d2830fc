"""Redaction jobs: Stripe's own way to make a customer and all that hangs on it anonymous (docs.stripe.com/privacy).

A preview interface, which the SDK has no types for and not every account may use (`redaction: true` in the systems
file says that this one may). A job covers a customer with everything related, documents and payments included: so
one is asked for only where nothing of the customer's is to be kept.
"""

from __future__ import annotations

from connectors.stripe_api import Api, Object
from domain.errors import RateLimited, Refused

PREVIEW = "2026-06-24.preview"
_JOBS = "/v1/privacy/redaction_jobs"
_OVER = frozenset({"failed", "canceled", "canceling"})
_VALIDATED = "ready"
_DONE = "succeeded"
_PATIENCE = {"redacting": 900.0}
"""Seconds until a job is looked at again: Stripe may redact for days, and validates in moments."""
_MOMENT = 20.0


class Redactor:
    """Sees a customer's redaction through, a look at a time."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def redact(self, customer: str, key: str) -> None:
        """Return once Stripe has redacted the customer; each call takes the job as far as it goes now.

        Raises:
            RateLimited: the job is on its way; says when to look again.
            Refused: it failed; facts carry the codes of Stripe's own reasons.
        """
        jobs = [job for job in self._jobs() if customer in _customers(job)]
        running = next((job for job in jobs if job["status"] not in _OVER), None)
        # A key answers for a day with what it made: whoever tries again after a failure needs another.
        job = running or self._created(customer, f"{key}:job-{len(jobs)}")
        if job["status"] == _VALIDATED:
            job = self._ask("post", f"{_JOBS}/{job['id']}/run", key=f"{key}:run-{job['id']}")
        self._judge(job)

    def _judge(self, job: Object) -> None:
        status = job["status"]
        if status == _DONE:
            return
        if status in _OVER:
            raise Refused(
                "stripe-redaction-failed",
                "settle what Stripe names, and say retry",
                system=self._api.system,
                job=job["id"],
                reasons=",".join(self._reasons(job)),
            )
        wait = _PATIENCE.get(status, _MOMENT)
        raise RateLimited(
            "stripe-redaction-running",
            "it is looked at again by itself",
            retry_after=wait,
            system=self._api.system,
            job=job["id"],
        )

    def _created(self, customer: str, key: str) -> Object:
        return self._ask(
            "post", _JOBS, key=key, objects={"customers": [customer]}, validation_behavior="error"
        )

    def _jobs(self) -> list[Object]:
        found: list[Object] = []
        after: dict[str, str] = {}
        while True:
            page = self._ask("get", _JOBS, limit=self._api.page, expand=["data.objects"], **after)
            found += page["data"]
            if not page["has_more"]:
                return found
            after = {"starting_after": page["data"][-1]["id"]}

    def _reasons(self, job: Object) -> list[str]:
        errors = self._ask("get", f"{_JOBS}/{job['id']}/validation_errors", limit=self._api.page)
        return sorted({str(one["code"]) for one in errors["data"]})

    def _ask(self, method: str, path: str, *, key: str = "", **params: object) -> Object:
        def request(options: object = None) -> object:
            asked = {**params, "stripe_version": PREVIEW, **(options if isinstance(options, dict) else {})}
            answer = self._api.client.raw_request(method, path, **asked)
            return self._api.client.deserialize(answer, api_mode="V1")

        found = self._api.write(key, request) if key else self._api.one(request)
        if found is None:
            raise Refused("stripe-redaction-missing", "the account has no redaction", system=self._api.system)
        return found


def _customers(job: Object) -> list[str]:
    return list((job.get("objects") or {}).get("customers") or [])
