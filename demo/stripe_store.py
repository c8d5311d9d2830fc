"""What the stand-in for Stripe knows: objects by kind, what was answered under which key, and events."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from demo.stripe_shapes import Object

PREFIXES = {
    "customers": "cus",
    "payment_methods": "pm",
    "tax_ids": "txi",
    "subscriptions": "sub",
    "invoices": "in",
    "invoice_lines": "il",
    "invoiceitems": "ii",
    "payment_intents": "pi",
    "charges": "ch",
    "refunds": "re",
    "disputes": "dp",
    "credit_notes": "cn",
    "checkout_sessions": "cs_test",
    "events": "evt",
    "redaction_jobs": "prj",
}
NO_LIVEMODE = frozenset({"refunds"})  # Stripe's refund has no such field


@dataclass
class Stored:
    """An answer that an idempotency key stands for."""

    asked: str
    status: int
    body: Object


@dataclass
class Store:
    """All state of one test account.

    `search_lag` is for how many seconds a search does not see a change; `clock` tells the time in seconds.
    """

    clock: Callable[[], float] = time.time
    search_lag: float = 0.0
    kinds: dict[str, dict[str, Object]] = field(default_factory=lambda: {kind: {} for kind in PREFIXES})
    answers: dict[str, Stored] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    _versions: list[tuple[float, str, Object | None]] = field(default_factory=list)
    _numbers: int = 0

    def told(self) -> Object:
        """All of it as JSON takes it, but how far the search is behind."""
        answers = {key: asdict(answer) for key, answer in self.answers.items()}
        kept = {
            "kinds": self.kinds,
            "answers": answers,
            "deleted": sorted(self.deleted),
            "last": self._numbers,
        }
        return copy.deepcopy(kept)

    @classmethod
    def of(cls, told: Object) -> Self:
        """The account that was told; its search knows what stands in it."""
        answers = {key: Stored(**answer) for key, answer in told["answers"].items()}
        made = cls(kinds=told["kinds"], answers=answers, deleted=set(told["deleted"]), _numbers=told["last"])
        made._versions = [(0.0, key, copy.deepcopy(one)) for key, one in made.kinds["customers"].items()]
        return made

    def now(self) -> int:
        """The present second."""
        return int(self.clock())

    def new_id(self, kind: str) -> str:
        """An id of Stripe's form, in the order of making."""
        self._numbers += 1
        return f"{PREFIXES[kind]}_standin{self._numbers:06d}"

    def put(self, kind: str, made: Object) -> Object:
        """Keep an object, new or changed; what it lacks of id, mode and time is filled in."""
        made.setdefault("id", self.new_id(kind))
        made.setdefault("created", self.now())
        if kind not in NO_LIVEMODE:
            made.setdefault("livemode", False)
        self.kinds[kind][made["id"]] = made
        if kind == "customers":
            self._versions.append((self.clock(), made["id"], copy.deepcopy(made)))
        return made

    def drop(self, kind: str, key: str) -> None:
        """Delete an object."""
        del self.kinds[kind][key]
        self.deleted.add(key)
        if kind == "customers":
            self._versions.append((self.clock(), key, None))

    def newest_first(self, kind: str) -> Iterator[Object]:
        """Every object of a kind as Stripe lists them."""
        found = enumerate(self.kinds[kind].values())
        yield from (one for _, one in sorted(found, key=lambda at: (-int(at[1]["created"]), -at[0])))

    def searchable(self) -> list[Object]:
        """The customers as the search index knows them: behind by the lag."""
        known: dict[str, Object] = {}
        seen = self.clock() - self.search_lag
        for when, key, version in self._versions:
            if when > seen:
                continue
            if version is None:
                known.pop(key, None)
            else:
                known[key] = version
        return list(known.values())

    def tell(self, kind: str, about: Object, key: str | None, before: dict[str, Any] | None = None) -> None:
        """Leave an event behind, as every change at Stripe does."""
        data: Object = {"object": copy.deepcopy(about)}
        if before:
            data["previous_attributes"] = before
        event = {
            "object": "event",
            "api_version": "2023-08-16",
            "data": data,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": key},
            "type": kind,
        }
        self.put("events", event)
