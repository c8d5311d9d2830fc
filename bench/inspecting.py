"""The audit export of a register of 100,000 cases, made and verified, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from bench.place import Place
from bench.rows import Row
from cases import audit
from settings import Settings

CASES = 100_000
_START = datetime(2026, 1, 1, 2, tzinfo=UTC)
_RIGHTS = ("access", "erasure", "rectification", "objection")
_ENDINGS = ("fulfilled", "fulfilled", "partial", "refused")
_SPAN = (date(2026, 1, 1), date(2026, 12, 31))
_HEX = "ab" * 32
_LIMIT = timedelta(days=30)
_TERMS = {"authority": "statute", "reference": "s.30 ¶4", "policy": "1", "calendar": "1"}


@dataclass(frozen=True)
class _Case:
    """The rows of one invented case, closed after ten days; every clear column as the engine writes it."""

    number: int

    @property
    def id(self) -> str:
        return f"c-{self.number:024x}"

    @property
    def opened(self) -> datetime:
        return _START + timedelta(minutes=4 * self.number)

    @property
    def closed(self) -> datetime:
        return self.opened + timedelta(days=10)

    @property
    def erases(self) -> bool:
        return _RIGHTS[self.number % 4] == "erasure"

    def row(self) -> tuple[Any, ...]:
        right, ending = _RIGHTS[self.number % 4], _ENDINGS[self.number % 4]
        reference = f"DSR-2569-{self.number + 1:06d}"
        who = (self.id, f"r-{self.number:024x}", reference, right, "", False)
        times = (self.opened, self.opened, self.closed)
        return (*who, "closed", ending, 1, *times, self.opened.date() + _LIMIT)

    def terms(self) -> tuple[Any, ...]:
        day = self.opened.date()
        strict = (day + _LIMIT).isoformat()
        told = {
            **_TERMS,
            "received_on": day.isoformat(),
            **dict.fromkeys(("strict", "rolled", "target", "decide_by"), strict),
            **dict.fromkeys(("verify_by", "due"), f"{strict}T16:59:59Z"),
        }
        return self.id, 1, json.dumps(told), "person", self.opened

    def letter(self, code: str) -> tuple[Any, ...]:
        own = f"l-{self.number:020x}{code.lower():0>4}"
        return own, self.id, code, f"letters/{code}.pdf", _HEX, self.closed, self.closed

    def events(self) -> Iterator[tuple[str, dict[str, str | int]]]:
        """Eleven events, as of a case that went its way; of an erasure three more."""
        yield "case:opened", {"reference": self.row()[2], "right": self.row()[3], "request": self.row()[1]}
        yield "case:started", {}
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
        yield "case:closed", {"ending": self.row()[7], "from": "answering"}


_COPIES: dict[str, Callable[[_Case], list[tuple[Any, ...]]]] = {
    "requests (id, received, channel, language, actor, opened)": lambda c: [
        (f"r-{c.number:024x}", c.opened, "web", "th", "person", c.opened)
    ],
    'cases (id, request_id, reference, "right", tenant, consent_only, state, ending, terms_version, opened, started, closed, due)': lambda c: [
        c.row()
    ],
    "terms (case_id, version, terms, actor, at)": lambda c: [c.terms()],
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
            c.letter(code)[0],
            c.id,
            c.letter(code)[0],
            _HEX,
            b"",
            1,
            "[]",
            c.letter(code)[0],
            c.closed,
            c.closed,
            c.closed,
            1,
            1,
        )
        for code in ("L1", "L5")
    ],
}


def fill(url: str, count: int) -> None:
    """Put so many cases into an empty register, with a chain that verifies."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection, connection.cursor() as cursor:
        for into, rows in _COPIES.items():
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for number in range(count):
                    for row in rows(_Case(number)):
                        copy.write_row(row)
        [(seq, chain)] = cursor.execute(
            "SELECT coalesce(max(seq), 0), coalesce((SELECT chain FROM events ORDER BY seq DESC LIMIT 1), %s) FROM events",
            (audit.START,),
        )
        columns = "seq, case_id, case_seq, at, event, actor, facts, version, canonical, leaf, chain"
        with cursor.copy(f"COPY events ({columns}) FROM STDIN") as copy:
            for row in _chain(range(count), seq, bytes(chain)):
                copy.write_row(row)
        cursor.execute("ANALYZE")


def _chain(numbers: Sequence[int], seq: int, chain: bytes) -> Iterator[tuple[Any, ...]]:
    for number in numbers:
        case = _Case(number)
        for own, (event, facts) in enumerate(case.events(), 1):
            seq += 1
            at = case.closed if event == "case:closed" else case.opened
            row = {"seq": seq, "case_id": case.id, "case_seq": own, "at": at, "event": event}
            row |= {"actor": "engine", "facts": facts, "version": audit.VERSION}
            told = audit.told_bytes(row)
            leaf = audit.leaf_hash(told)
            chain = audit.chain_hash(chain, leaf)
            yield (*list(row.values())[:6], json.dumps(facts), audit.VERSION, told, leaf, chain)


def measure(place: Place, *, count: int) -> list[Row]:
    settings = place.installation.settings
    assert settings.database_owner_url is not None
    fill(settings.database_owner_url.get_secret_value(), count)
    package = settings.var / "bench.zip"
    environment = {**settings.as_environment(), "PYTHONPATH": str(Path.cwd()), "PATH": os.defpath}
    command = [sys.executable, "-m", "bench.inspecting", str(package)]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, made.stdout.split()[-2:])
    verifier = Path(__file__).parents[1] / "exports" / "verifier" / "sitthi_verify.py"
    started = time.perf_counter()
    subprocess.run([sys.executable, str(verifier), str(package)], capture_output=True, check=True)
    verified = time.perf_counter() - started
    many = f"{count:,} cases"
    share = count / CASES
    return [
        Row(f"audit export of {many}", seconds, "s", limit=120 * max(share, 0.1), limit_on="ours"),
        Row(f"audit export of {many}: resident at the most", megabytes, "MB", limit=300, limit_on="ours"),
        Row(
            f"its verification ({package.stat().st_size / 1e6:,.0f} MB)",
            verified,
            "s",
            limit=60,
            limit_on="ours",
        ),
    ]


def main() -> None:
    """Make the package of the register that the environment names; tells seconds and megabytes."""
    from bootstrap import build
    from domain.inspection import Scope
    from exports.inspection.package import Commission, Signer

    house = build(Settings.from_environment())
    scope = Scope(since=_SPAN[0], until=_SPAN[1])
    member, _ = house.room.staff.add("Bench", "officer")
    export = house.room.exports.ask(scope, actor=member, reason_code="bench")
    export = house.room.exports.begin(export.id, actor=member)
    started = time.perf_counter()
    with Path(sys.argv[1]).open("wb") as out:
        commission = Commission(export, Signer(member, "Bench", "officer"), house.tools.clock.now())
        house.packages.write(commission, out)
    seconds = time.perf_counter() - started
    status = Path("/proc/self/status").read_text("ascii")
    most = int(status.split("VmHWM:")[1].split()[0]) / 1024  # of this process alone
    sys.stdout.write(f"{seconds} {most}\n")
    house.close()


if __name__ == "__main__":
    main()
