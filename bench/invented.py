"""Cases by the hundred thousand, put into the register's tables as the engine writes them, with a chain that verifies.

`Closed` went its way; `Open` waits on the board. Numbers begin at `FIRST`: no case that the bench really opens has the
reference of one of these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import psycopg
from sqlalchemy import make_url

from cases import audit

FIRST = 500_000
_START = datetime(2026, 1, 1, 2, tzinfo=UTC)
_LIMIT = timedelta(days=30)
_RIGHTS = ("access", "erasure", "rectification", "objection")
_ENDINGS = ("fulfilled", "fulfilled", "partial", "refused")
_STATES = ("received", "verifying", "locating", "deciding", "fulfilling")
_HEX = "ab" * 32
_SEALED = b"\x00" * 96
"""As long as what is sealed; no page of the bench opens it."""
_TERMS = {"authority": "statute", "reference": "s.30 ¶4", "policy": "1", "calendar": "1"}

Event = tuple[str, dict[str, str | int]]


@dataclass(frozen=True)
class Case:
    """What every invented case has."""

    number: int

    @property
    def id(self) -> str:
        return f"c-{self.number:024x}"

    @property
    def request(self) -> str:
        return f"r-{self.number:024x}"

    @property
    def reference(self) -> str:
        return f"DSR-2569-{self.number + 1:06d}"

    @property
    def right(self) -> str:
        return _RIGHTS[self.number % 4]

    @property
    def opened(self) -> datetime:
        return _START + timedelta(minutes=4 * (self.number % FIRST))

    @property
    def due(self) -> str:
        return (self.opened.date() + _LIMIT).isoformat()

    @property
    def at(self) -> datetime:
        """When what came last of it was told."""
        return self.opened

    def row(self, *ends: object) -> tuple[Any, ...]:
        who = (self.id, self.request, self.reference, self.right, "", False)
        return (*who, *ends, 1, self.due, self.opened, self.opened)

    def terms(self) -> tuple[Any, ...]:
        told = {
            **_TERMS,
            "received_on": self.opened.date().isoformat(),
            **dict.fromkeys(("strict", "rolled", "target", "decide_by"), self.due),
            **dict.fromkeys(("verify_by", "due"), f"{self.due}T16:59:59Z"),
        }
        return self.id, 1, json.dumps(told), "person", self.opened

    def events(self) -> Iterator[Event]:
        yield "case:opened", {"reference": self.reference, "right": self.right, "request": self.request}
        yield "case:started", {}


@dataclass(frozen=True)
class Closed(Case):
    """The rows of a case that was closed after ten days; every clear column as the engine writes it."""

    @property
    def closed(self) -> datetime:
        return self.opened + timedelta(days=10)

    @property
    def at(self) -> datetime:
        return self.closed

    @property
    def ending(self) -> str:
        return _ENDINGS[self.number % 4]

    @property
    def erases(self) -> bool:
        return self.right == "erasure"

    def letter(self, code: str) -> tuple[Any, ...]:
        own = f"l-{self.number:020x}{code.lower():0>4}"
        return own, self.id, code, f"letters/{code}.pdf", _HEX, self.closed, self.closed

    def events(self) -> Iterator[Event]:
        """Eleven events, as of a case that went its way; of an erasure three more."""
        yield from super().events()
        for code in ("L1", "L5"):
            yield "letter:queued", {"letter": self.letter(code)[0], "code": code, "sha256": _HEX}
            yield "letter:sent", {"letter": self.letter(code)[0], "code": code}
        yield "identity:recorded", {"method": "in-person"}
        yield "system:located", {"system": "crm", "count": 12, "identifiers": 0, "digest": _HEX}
        yield "decision:proposed", {"decision": f"e-{self.number:024x}", "approved": 1, "digest": _HEX}
        yield "effect:done", {"key": f"{self.id}:fulfilling:crm:copy:0", "system": "crm", "items": 12}
        if self.erases:
            yield "recipient:told", {"system": "stripe", "due": self.closed.date().isoformat()}
            yield "recipient:answered", {"system": "stripe", "code": "nothing", "evidence": 0}
            yield "suppression:entered", {"count": 1, "code": "erased"}
        yield "case:closed", {"ending": self.ending, "from": "answering"}


@dataclass(frozen=True)
class Open(Case):
    """The rows of a case that waits: received when it is said, of whichever step its number comes to."""

    received: datetime = field(default=_START)

    @property
    def opened(self) -> datetime:
        return self.received

    @property
    def state(self) -> str:
        return _STATES[self.number % len(_STATES)]


C = TypeVar("C", bound=Case)
Copies = Mapping[str, Callable[[C], list[tuple[Any, ...]]]]
"""What goes into which table and columns, of one case."""

_REQUESTS = "requests (id, received, channel, language, actor, opened)"
_CASES = (
    'cases (id, request_id, reference, "right", tenant, consent_only, state, ending, closed, terms_version, '
    "due, opened, started)"
)
_TERMS_OF = "terms (case_id, version, terms, actor, at)"


def _request(c: Case) -> list[tuple[Any, ...]]:
    return [(c.request, c.opened, "web", "th", "person", c.opened)]


OPEN: Copies[Open] = {
    _REQUESTS: _request,
    _CASES: lambda c: [c.row(c.state, None, None)],
    _TERMS_OF: lambda c: [c.terms()],
}
"""Without what the person told: see `TOLD`."""

TOLD: Copies[Open] = {
    "vault (case_id, name, message, changes, given, replies, silent, agent, authority, found)": lambda c: [
        (c.id, *[_SEALED] * 9)
    ],
    "identifier_hashes (case_id, digest, key_id, kind, normaliser)": lambda c: [
        (c.id, f"{c.number:064x}", "k", "email", 1)
    ],
}
"""What stands in the place of it for those that nobody looks at."""

CLOSED: Copies[Closed] = {
    _REQUESTS: _request,
    _CASES: lambda c: [c.row("closed", c.ending, c.closed)],
    _TERMS_OF: lambda c: [c.terms()],
    "verifications (id, case_id, method, actor, reason, at)": lambda c: [
        (f"v-{c.number:024x}", c.id, "in-person", "S-1", b"", c.opened)
    ],
    "findings (case_id, kind, system, finding, at)": lambda c: [
        (
            c.id,
            "located",
            "crm",
            json.dumps({"system": "crm", "count": 12, "identifiers": 0, "digest": _HEX}),
            c.opened,
        )
    ],
    "plan_items (case_id, version, no, system, table_name, unit, role, basis, planned, ground, holds, until, fingerprint, achieved, item)": lambda c: [
        (c.id, 1, no, "crm", "t", unit, "controller", "contract", "copy", "", "[]", None, _HEX, "copy", b"")
        for no, unit in enumerate(("U01", "U03", "U06"), 1)
    ],
    "decisions (id, case_id, version, digest, approved, ground, proposer, confirmer, proposed_why, proposed, completed)": lambda c: [
        (f"e-{c.number:024x}", c.id, 1, _HEX, 1, "", "S-1", "S-2", b"", c.closed, c.closed)
    ],
    "receipts (key, case_id, system, verb, achieved, at)": lambda c: [
        (f"{c.id}:fulfilling:crm:copy:0", c.id, "crm", "copy", '{"copy": 12}', c.closed)
    ],
    "recipients (case_id, recipient, by_day, told, said, answered, answered_by, files)": lambda c: [
        (c.id, "stripe", c.closed.date(), c.opened, "nothing", c.closed, "engine", 0)
    ][: c.erases],
    "suppressions (case_id, digest, why, purpose, tenant, key_id, kind, normaliser, entered)": lambda c: [
        (c.id, _HEX, "erased", "", "", "k", "email", 1, c.closed)
    ][: c.erases],
    "letters (id, case_id, code, ref, text_sha256, queued, sent)": lambda c: [c.letter("L1"), c.letter("L5")],
    "deliveries (id, case_id, letter_id, address_hash, address, proved, documents, token_hash, made, expires, sent, opened, fetched)": lambda c: [
        (
            *(c.letter(code)[0], c.id, c.letter(code)[0], _HEX, b"", 1, "[]", c.letter(code)[0]),
            *(c.closed, c.closed, c.closed, 1, 1),
        )
        for code in ("L1", "L5")
    ],
}


def fill(url: str, cases: Callable[[], Iterable[C]], copies: Copies[C], *, told: bool = True) -> None:
    """Put these cases into those tables, as the owner; `told` puts their events at the end of the chain too."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection, connection.cursor() as cursor:
        for into, rows in copies.items():
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for case in cases():
                    for row in rows(case):
                        copy.write_row(row)
        if told:
            _tell(cursor, cases())
        cursor.execute("ANALYZE")


def _tell(cursor: psycopg.Cursor[Any], cases: Iterable[Case]) -> None:
    [(seq, chain)] = cursor.execute(
        "SELECT coalesce(max(seq), 0), coalesce((SELECT chain FROM events ORDER BY seq DESC LIMIT 1), %s) FROM events",
        (audit.START,),
    )
    columns = "seq, case_id, case_seq, at, event, actor, facts, version, canonical, leaf, chain"
    with cursor.copy(f"COPY events ({columns}) FROM STDIN") as copy:
        for row in _chain(cases, seq, bytes(chain)):
            copy.write_row(row)


def _chain(cases: Iterable[Case], seq: int, chain: bytes) -> Iterator[tuple[Any, ...]]:
    for case in cases:
        for own, (event, facts) in enumerate(case.events(), 1):
            seq += 1
            at = case.at if event == "case:closed" else case.opened
            row = {"seq": seq, "case_id": case.id, "case_seq": own, "at": at, "event": event}
            row |= {"actor": "engine", "facts": facts, "version": audit.VERSION}
            told = audit.told_bytes(row)
            leaf = audit.leaf_hash(told)
            chain = audit.chain_hash(chain, leaf)
            yield (*list(row.values())[:6], json.dumps(facts), audit.VERSION, told, leaf, chain)
