"""The audit chain: every event hashed into the one before it, so that no past can be changed unseen.

leaf  = SHA-256(0x00 || canonical), as RFC 6962 hashes a leaf, so that one hash serves chain and Merkle tree;
chain = SHA-256(chain before || leaf), from 32 zero bytes.
`canonical` is RFC 8785 JSON of a versioned object. Who can rewrite the whole table can rewrite the whole
chain: against that a head is published from time to time, and `verify` is given it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Row, select

from cases.canonical import canonical
from cases.database import streamed
from cases.facts import checked_actor, checked_facts
from cases.tables import events
from domain.errors import ChainBroken
from domain.events import Event
from domain.value import Value

VERSION = 1
START = bytes(32)
_LOCK = 0x41554449  # the chain has one end; who appends holds it until the transaction is over
_PAGE = 2000
# The bytes that are hashed hold the event's two numbers, and only who has the lock knows them: so the server puts
# them between what was written here, and hashes. `verify` writes the whole of it anew.
_APPEND = """
WITH ends AS (
    SELECT coalesce((SELECT seq FROM events ORDER BY seq DESC LIMIT 1), 0) + 1 AS seq,
           coalesce((SELECT chain FROM events ORDER BY seq DESC LIMIT 1), %(start)s) AS before,
           CASE WHEN %(case_id)s::text IS NOT NULL THEN 1 + coalesce((
               SELECT case_seq FROM events WHERE case_id = %(case_id)s ORDER BY case_seq DESC LIMIT 1
           ), 0) END AS case_seq
), told AS (
    SELECT *, %(until_case_seq)s || convert_to(coalesce(case_seq::text, 'null'), 'UTF8')
              || %(until_seq)s || convert_to(seq::text, 'UTF8') || %(rest)s AS canonical
    FROM ends
)
INSERT INTO events (seq, case_id, case_seq, at, event, actor, facts, version, canonical, leaf, chain)
SELECT seq, %(case_id)s, case_seq, %(at)s, %(event)s, %(actor)s, %(facts)s, %(version)s, canonical,
       sha256('\\x00' || canonical), sha256(before || sha256('\\x00' || canonical))
FROM told
"""


class Head(Value):
    """The chain's end: how many events it has, and the last chain hash (hex)."""

    count: int
    chain: str


@dataclass(frozen=True)
class Telling:
    """An event that waits for its transaction to end."""

    event: Event
    case: str | None
    actor: str
    facts: Mapping[str, str | int]


def telling(event: Event, case: str | None, actor: str, facts: Mapping[str, str | int]) -> Telling:
    """An event to tell; raises `BadInput` where it might carry personal data."""
    return Telling(event, case, checked_actor(actor), checked_facts(facts))


def append(driver: psycopg.Connection, tellings: Sequence[Telling], at: datetime) -> None:
    """Append events to the chain: the last thing that a transaction does.

    Last, because the lock on the chain's end is then never held while waiting for a row, so that it
    cannot be part of a deadlock; and because a number is taken only by what is about to be committed.

    In a pipeline all of it goes out at once, COMMIT too: everybody waits for this lock, so that no turn of this
    program should pass under it.
    """
    driver.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    # Statements of their own, after the lock: so that they see what was appended while we waited.
    for told in tellings:
        row: dict[str, Any] = {
            "case_id": told.case,
            "at": at.astimezone(UTC),
            "event": told.event.value,
            "actor": told.actor,
            "facts": dict(told.facts),
            "version": VERSION,
        }
        around = dict(zip(_AROUND, _split(row), strict=True))
        driver.execute(_APPEND, row | around | {"facts": Jsonb(row["facts"]), "start": START})


_SLOTS = re.compile(rb'"(?:case_)?seq":null')
_AROUND = ("until_case_seq", "until_seq", "rest")


def _split(row: Mapping[str, Any]) -> tuple[bytes, bytes, bytes]:
    """The bytes of an event before, between and after its two numbers, which its keys sort into that order."""
    before, between, after = _SLOTS.split(told_bytes({**row, "seq": None, "case_seq": None}), maxsplit=2)
    return before + b'"case_seq":', between + b'"seq":', after


def told_bytes(row: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed: RFC 8785 JSON of the event, its instant in UTC to the microsecond."""
    told = {
        "v": row["version"],
        "seq": row["seq"],
        "case": row["case_id"],
        "case_seq": row["case_seq"],
        "at": row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "event": row["event"],
        "actor": row["actor"],
        "facts": row["facts"],
    }
    return canonical(told)


def leaf_hash(told: bytes) -> bytes:
    """The hash of one event (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + told).digest()


def chain_hash(before: bytes, leaf: bytes) -> bytes:
    """The hash that binds an event to all before it."""
    return hashlib.sha256(before + leaf).digest()


def head(connection: Connection) -> Head:
    """The chain's end as it is now, unverified."""
    end = _end(connection)
    return Head(count=end.seq, chain=end.chain.hex()) if end else Head(count=0, chain=START.hex())


def verify(connection: Connection, *published: Head) -> Head:
    """Walk the whole chain, streamed, and return its end.

    `published` are ends that were given away earlier: the chain must still pass through each.

    Raises:
        ChainBroken: facts `seq` and `why` name the first link that fails: `missing`, `misplaced`,
            `changed`, `unlinked`, or, against `published`, `rewritten` or `truncated`.
    """
    expected, chain = 1, START
    ends: dict[int, set[str]] = {}
    for given in published:
        ends.setdefault(given.count, set()).add(given.chain)
    links = select(events).order_by(events.c.seq)
    with streamed(connection, links, _PAGE) as walk:
        for row in walk:
            why = _fault(row, expected, chain)
            chain = row.chain
            if not why and ends.get(expected, {chain.hex()}) != {chain.hex()}:
                why = "rewritten"
            if why:
                raise ChainBroken("audit-chain-broken", seq=expected, why=why)
            expected += 1
    if max(ends, default=0) >= expected:
        raise ChainBroken("audit-chain-broken", seq=expected, why="truncated")
    return Head(count=expected - 1, chain=chain.hex())


def _fault(row: Row[Any], expected: int, before: bytes) -> str:
    """Why this link fails; empty if it holds."""
    if row.seq != expected:
        return "missing"
    if leaf_hash(row.canonical) != row.leaf:
        return "changed"
    if chain_hash(before, row.leaf) != row.chain:
        return "misplaced" if _own_number(row.canonical) != expected else "unlinked"
    # The hashed bytes hold; the columns that people read must say the same.
    return "" if told_bytes(dict(row._mapping)) == row.canonical else "changed"  # noqa: SLF001 - SQLAlchemy's own name


def _own_number(told: bytes) -> int | None:
    try:
        seq = json.loads(told)["seq"]
    except (ValueError, KeyError, TypeError):
        return None
    return seq if isinstance(seq, int) else None


def _end(connection: Connection) -> Row[Any, Any] | None:
    last = select(events.c.seq, events.c.chain).order_by(events.c.seq.desc()).limit(1)
    return connection.execute(last).one_or_none()
