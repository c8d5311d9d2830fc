"""The state of the SendGrid stand-in: an account whose jobs take effect later and whose index of contacts lags."""

from __future__ import annotations

import copy
import csv
import gzip
import io
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]
FAILURES = ("bounces", "blocks", "spam_reports", "invalid_emails")
_KEPT = ("contacts", "lists", "segments", "failures", "messages", "mails")
_IDENTIFYING = ("email", "phone_number_id", "external_id", "anonymous_id")
_TEXTS = (
    "first_name",
    "last_name",
    "unique_name",
    "email",
    "address_line_1",
    "address_line_2",
    "city",
    "state_province_region",
    "country",
    "postal_code",
    "phone_number",
    "whatsapp",
    "line",
    "facebook",
)


def stamp() -> str:
    """Now, as SendGrid writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Job:
    """Something that SendGrid promised: done at `due`, or failed then if it is to fail."""

    id: str
    kind: str
    due: float
    effect: Callable[[], None]
    fails: bool = False
    status: str = "pending"


@dataclass
class Account:
    """Everything an account holds. `delay`: how long jobs take; `lag`: how long the index is behind; in seconds."""

    delay: float = 0.0
    lag: float = 0.0
    now: Callable[[], float] = time.monotonic
    lock: threading.RLock = field(default_factory=threading.RLock)
    keys: dict[str, frozenset[str]] = field(default_factory=dict)
    contacts: dict[str, Object] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    segments: dict[str, str] = field(default_factory=dict)
    groups: dict[int, Object] = field(default_factory=dict)
    unsubscribed: dict[int, set[str]] = field(default_factory=dict)
    everything: set[str] = field(default_factory=set)
    failures: dict[str, list[Object]] = field(default_factory=lambda: {kind: [] for kind in FAILURES})
    messages: list[Object] = field(default_factory=list)
    mails: list[Object] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    failing_jobs: bool = False
    roll: bytes = b""
    """The newest export, packed."""
    deliver: Callable[[Object], None] = lambda _mail: None
    _indexed: dict[str, Object] = field(default_factory=dict)
    _coming: list[tuple[float, str]] = field(default_factory=list)

    def told(self) -> Object:
        """What JSON takes of it: all but keys, and jobs under way, which whoever asked for them asks for again."""
        kept = {name: getattr(self, name) for name in _KEPT}
        kept["groups"] = list(self.groups.values())
        kept["unsubscribed"] = {str(group): sorted(found) for group, found in self.unsubscribed.items()}
        kept["everything"] = sorted(self.everything)
        return copy.deepcopy(kept)

    def take_up(self, told: Object) -> None:
        """Hold what was told; the index knows it."""
        for name in _KEPT:
            setattr(self, name, told[name])
        self.groups = {one["id"]: one for one in told["groups"]}
        self.unsubscribed = {int(group): set(found) for group, found in told["unsubscribed"].items()}
        self.everything = set(told["everything"])
        self._indexed = dict(self.contacts)

    def settle(self) -> None:
        """Let everything happen that is due by now."""
        for job in [one for one in self.jobs.values() if one.status == "pending" and one.due <= self.now()]:
            job.status = "failed" if job.fails else "completed"
            if not job.fails:
                job.effect()
        due = [contact for at, contact in self._coming if at <= self.now()]
        self._coming = [(at, contact) for at, contact in self._coming if at > self.now()]
        for contact in due:
            if contact in self.contacts:
                self._indexed[contact] = self.contacts[contact]
            else:
                self._indexed.pop(contact, None)

    def promise(self, kind: str, effect: Callable[[], None]) -> str:
        """Take a job on; its id."""
        job = Job(str(uuid.uuid4()), kind, self.now() + self.delay, effect, fails=self.failing_jobs)
        self.jobs[job.id] = job
        self.settle()
        return job.id

    def take_roll(self) -> None:
        """Export every contact, as the real one does: a CSV that is packed."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["EMAIL", "FIRST_NAME", "LAST_NAME", "ALTERNATE_EMAILS", "CREATED_AT", "CONTACT_ID"])
        for one in self.contacts.values():
            own = [str(one.get(name) or "") for name in ("email", "first_name", "last_name")]
            others = ",".join(one.get("alternate_emails") or ())
            writer.writerow([*own, others, str(one.get("created_at") or ""), one["id"]])
        self.roll = gzip.compress(text.getvalue().encode())

    def add_contact(self, **given: Any) -> str:
        """A contact that stands there already and is in the index; its id, which may be given."""
        contact = str(given.get("id") or uuid.uuid4())
        self.contacts[contact] = _fresh(contact) | given
        self._indexed[contact] = self.contacts[contact]
        return contact

    def upsert_all(self, contacts: list[Object], lists: list[str]) -> None:
        """Change or add these contacts, and put them on these lists."""
        for one in contacts:
            self.upsert(one, lists)

    def upsert(self, given: Object, lists: list[str]) -> None:
        """Change the contact that bears the identifiers, or add one."""
        given = {**given, "email": str(given.get("email") or "").lower()}
        named = {name: given[name] for name in _IDENTIFYING if given.get(name)}
        same = [
            one for one in self.contacts.values() if any(one.get(n) == value for n, value in named.items())
        ]
        before = same[0] if same else _fresh(str(uuid.uuid4()))
        custom = before["custom_fields"] | dict(given.get("custom_fields") or {})
        on = sorted({*before["list_ids"], *lists})
        told = {name: value for name, value in given.items() if name != "custom_fields"}
        after = before | told | {"custom_fields": custom, "list_ids": on, "updated_at": stamp()}
        self.contacts[after["id"]] = after
        self._changed(after["id"])

    def delete(self, contacts: list[str]) -> None:
        """Delete contacts."""
        for contact in contacts:
            self.contacts.pop(contact, None)
            self._changed(contact)

    def take_off(self, one_list: str, contacts: list[str]) -> None:
        """Take contacts off a list."""
        for contact in contacts:
            if found := self.contacts.get(contact):
                on = [each for each in found["list_ids"] if each != one_list]
                self.contacts[contact] = found | {"list_ids": on, "updated_at": stamp()}
                self._changed(contact)

    def bearing(self, address: str) -> Object | None:
        """The indexed contact with that address, its own before another's alternate."""
        wanted = address.lower()
        found = [one for one in self._indexed.values() if wanted in {one["email"], *one["alternate_emails"]}]
        return min(found, key=lambda one: one["email"] != wanted, default=None)

    def forget_sent(self, addresses: list[str]) -> None:
        """Erase what was sent to addresses."""
        gone = {address.lower() for address in addresses}
        self.messages = [one for one in self.messages if one["to_email"].lower() not in gone]
        self.mails = [one for one in self.mails if one["to"].lower() not in gone]

    def _changed(self, contact: str) -> None:
        self._coming.append((self.now() + self.lag, contact))
        self.settle()


def _fresh(contact: str) -> Object:
    return dict.fromkeys(_TEXTS, "") | {
        "id": contact,
        "alternate_emails": [],
        "list_ids": [],
        "segment_ids": [],
        "custom_fields": {},
        "created_at": stamp(),
        "updated_at": stamp(),
    }
