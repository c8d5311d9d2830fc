"""Versioned plans: clear rows for officers to read, sealed items for the connectors to act on."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Row, bindparam, insert, or_, select
from sqlalchemy import func as sql

from cases.canonical import canonical
from cases.database import driver_of, streamed
from cases.decisions import Decisions
from cases.sealing import Sealing
from cases.tables import decisions, plan_items, plans
from cases.unit_of_work import Transaction, UnitOfWork
from domain.case import Decision
from domain.errors import BadInput, NotFound
from domain.events import Event
from domain.item import Item
from domain.outcomes import DESTROYING, KEEPING, NOT_CARRIED_OUT, Outcome
from domain.plan import PlanRow, PlanSummary, SystemCount
from domain.ports import PlannedItem, Proposal
from security.keyring import DataKey, KeyRing
from security.seal import seal_model, unseal_model

_PAGE = 500
_NEWEST = select(plans).where(plans.c.case_id == bindparam("case")).order_by(plans.c.version.desc()).limit(1)
_TYPES = ("text", "int4", "int4", *["text"] * 7, "jsonb", "date", "text", "bytea", "text")
_COPY = """
COPY plan_items (case_id, version, no, system, table_name, unit, role, basis, planned, ground, holds, until,
                 fingerprint, item, edit) FROM STDIN (FORMAT BINARY)
"""


class PlanRegister:
    """Implements `domain.ports.Plans`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing, made: Decisions) -> None:
        self._work = work
        self._sealing = sealing
        self._decisions = made

    def write(self, case: str, planned: Iterable[PlannedItem]) -> PlanSummary:
        """A new version, streamed in one transaction. A proposal on the version before is void.

        The digest is the SHA-256 of the canonical line {case, version} and the canonical rows (RFC 8785) by
        number, each ended by a newline; `achieved` is no part of it, and `edit` only of a line that an officer edited.

        Raises:
            BadInput: the numbers do not rise, or an item is not its row's.
        """
        key = self._sealing.case_key(case)
        with self._work.begin() as tx:
            tx.lock_case(case)
            before = newest_version(tx.connection, case)
            writing = _Writing(key, case, before + 1)
            _copy(tx.connection, writing.records(planned))
            summary = writing.summary()
            tx.connection.execute(
                insert(plans).values(
                    case_id=case,
                    version=summary.version,
                    digest=summary.digest,
                    counts=[count.model_dump(mode="json") for count in summary.counts],
                    made=tx.now,
                )
            )
            tx.tell(
                Event.PLAN_MADE, case, version=summary.version, digest=summary.digest, items=writing.items
            )
            _tell_voided(tx, case, before)
        return summary

    def summary(self, case: str) -> PlanSummary:
        """The newest version. Raises `NotFound` before there is one."""
        return self._work.once(("plan", case), lambda connection: _summary(connection, case))

    def rows(self, case: str) -> Iterator[PlanRow]:
        """The newest version's rows in order, streamed; no personal data. Raises `NotFound`."""
        with self._work.walk() as connection:
            version = _summary(connection, case).version
            wanted = select(plan_items).where(plan_items.c.case_id == case, plan_items.c.version == version)
            with streamed(connection, wanted.order_by(plan_items.c.no), _PAGE) as found:
                for row in found:
                    yield row_of(row)

    def results(self, case: str) -> Iterator[PlanRow]:
        """What became of every record, by version and number, streamed; `planned` says what was achieved.

        Of earlier versions what was destroyed, for a newer plan no longer lists it; of the newest every row.
        Raises `NotFound`.
        """
        destroyed = [outcome.value for outcome in DESTROYING]
        with self._work.walk() as connection:
            newest = _summary(connection, case).version
            wanted = (
                select(plan_items)
                .where(plan_items.c.case_id == case, plan_items.c.version <= newest)
                .where(or_(plan_items.c.version == newest, plan_items.c.achieved.in_(destroyed)))
                .order_by(plan_items.c.version, plan_items.c.no)
            )
            with streamed(connection, wanted, _PAGE) as found:
                for row in found:
                    yield _result(row)

    def items(
        self, case: str, system: str, outcomes: frozenset[Outcome], *, backwards: bool = False
    ) -> Iterator[PlannedItem]:
        """The newest version's items of one system with these outcomes, unsealed, streamed in order.

        Backwards gives children before their parents. Raises `NotFound`, `KeyShredded`.
        """
        order = plan_items.c.no.desc() if backwards else plan_items.c.no
        with self._work.walk() as connection:
            version = _summary(connection, case).version
            wanted = select(plan_items).where(
                plan_items.c.case_id == case,
                plan_items.c.version == version,
                plan_items.c.system == system,
                plan_items.c.planned.in_([outcome.value for outcome in outcomes]),
            )
            with streamed(connection, wanted.order_by(order), _PAGE) as found:
                for row in found:
                    yield PlannedItem(row=row_of(row), item=item_of(self._sealing.ring, row))

    def achieved(self, case: str, version: int = 0) -> dict[int, Outcome]:
        """What became of a version's items so far, by number; of the newest unless said. Raises `NotFound`."""
        with self._work.read() as connection:
            version = version or _summary(connection, case).version
            found = connection.execute(
                select(plan_items.c.no, plan_items.c.achieved)
                .where(plan_items.c.case_id == case, plan_items.c.version == version)
                .where(plan_items.c.achieved.is_not(None))
                .order_by(plan_items.c.no)
            )
            return {row.no: Outcome(row.achieved) for row in found}

    def propose(self, case: str, proposal: Proposal, *, confirm: bool) -> Decision | None:
        """An officer's proposal; complete at once unless a second person is needed, as for every refusal.

        Raises:
            StalePlan: the digest is an older plan's.
            Conflict: the case is not deciding, or a proposal or decision stands.
        """
        return self._decisions.propose(case, proposal, confirm=confirm)

    def confirm(self, case: str, *, actor: str, reason: str, decision: str = "") -> Decision:
        """A second person's word; `decision` is the proposal that was read, where another may stand by now.

        Raises:
            SamePerson: it is the proposer's own.
            StalePlan: a newer plan was made since, or another proposal stands than the one that was read.
            Conflict: nothing is proposed, or it was decided already.
        """
        return self._decisions.confirm(case, actor=actor, reason=reason, decision=decision)

    def decision(self, case: str) -> Decision | None:
        """The complete decision on the newest version, if there is one."""
        return self._decisions.standing(case)

    def decisions(self, case: str) -> tuple[Decision, ...]:
        """Every complete decision that was not voided, the oldest first; a refusal in part is on an older version."""
        return self._decisions.complete(case)

    def undelivered(self, before: datetime) -> tuple[tuple[str, Decision], ...]:
        """Decisions completed before then whose case still stands in deciding, by case id."""
        return self._decisions.undelivered(before)


def item_of(ring: KeyRing, row: Row[Any]) -> Item:
    """Open the sealed item of a row. Raises `KeyShredded`, `SealBroken`."""
    return unseal_model(ring, row.item, _place(row.case_id, row.version, row.no), Item)


def row_of(row: Row[Any]) -> PlanRow:
    """The plan's line as it stands in the database."""
    return PlanRow.model_validate(
        {
            "no": row.no,
            "system": row.system,
            "table": row.table_name,
            "unit": row.unit,
            "role": row.role,
            "basis": row.basis,
            "planned": row.planned,
            "ground": row.ground,
            "holds": row.holds,
            "until": row.until,
            "fingerprint": row.fingerprint,
            "edit": row.edit,
        }
    )


_STAYED = dict.fromkeys(KEEPING, NOT_CARRIED_OUT) | {Outcome.HOLD: "EX-LAW"}


def _result(row: Row[Any]) -> PlanRow:
    line = row_of(row)
    if row.achieved is not None:
        became = Outcome(row.achieved)
        # A record that stayed where it was to go stayed on another ground than it was to go on.
        as_planned = became == line.planned or became not in KEEPING
        ground = line.ground if as_planned else row.stayed or _STAYED[became]
        return line.model_copy(update={"planned": became, "ground": ground})
    if line.planned in KEEPING:
        return line
    return line.model_copy(update={"planned": Outcome.BLOCKED, "ground": NOT_CARRIED_OUT})


def newest_version(connection: Connection, case: str) -> int:
    """The number of the newest plan; 0 before there is one."""
    return connection.scalar(select(sql.max(plans.c.version)).where(plans.c.case_id == case)) or 0


class _Writing:
    """One version on its way into the database: digest and counts grow as the rows pass."""

    def __init__(self, key: DataKey, case: str, version: int) -> None:
        self.items = 0
        self._key, self._case, self._version = key, case, version
        self._binding = key.derive(b"plan-fingerprint/1")
        self._digest = hashlib.sha256(_line({"case": case, "version": version}))
        self._counts: dict[tuple[str, Outcome], int] = {}

    def records(self, planned: Iterable[PlannedItem]) -> Iterator[tuple[Any, ...]]:
        last = -1
        for each in planned:
            row, found = each.row, each.item.found
            if row.no <= last:
                raise BadInput("plan-out-of-order", "number the rows upwards, each once", rows=row.no)
            if (row.no, row.system, row.table) != (found.no, found.system, found.table):
                raise BadInput("plan-row-not-its-item", "give each row with its own item", rows=row.no)
            last = row.no
            self.items += 1
            counted = (row.system, row.planned)
            self._counts[counted] = self._counts.get(counted, 0) + 1
            yield self._record(row, each.item)

    def summary(self) -> PlanSummary:
        return PlanSummary(
            case=self._case,
            version=self._version,
            digest=self._digest.hexdigest(),
            counts=tuple(
                SystemCount(system=system, outcome=outcome, count=count)
                for (system, outcome), count in self._counts.items()
            ),
        )

    def _record(self, row: PlanRow, item: Item) -> tuple[Any, ...]:
        told = row.model_dump(mode="json")
        if not row.edit:
            del told["edit"]  # what nobody edited reads as it did before there were edits
        # Keyed, because a bare hash of a row's content could be guessed from outside.
        content = canonical(item.model_dump(mode="json"))
        told["fingerprint"] = hmac.digest(self._binding, content, "sha256").hex()
        self._digest.update(_line(told))
        return (
            self._case,
            self._version,
            row.no,
            row.system,
            row.table,
            row.unit,
            row.role.value,
            row.basis.value,
            row.planned.value,
            row.ground,
            Jsonb(told["holds"]),
            row.until,
            told["fingerprint"],
            seal_model(self._key, item, _place(self._case, self._version, row.no)),
            row.edit,
        )


def _copy(connection: Connection, records: Iterator[tuple[Any, ...]]) -> None:
    with driver_of(connection).cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for record in records:
            copy.write_row(record)


def _line(value: dict[str, Any]) -> bytes:
    return canonical(value) + b"\n"


def _place(case: str, version: int, no: int) -> str:
    return f"plan_items.item:{case}/{version}/{no}"


def _summary(connection: Connection, case: str) -> PlanSummary:
    row = connection.execute(_NEWEST, {"case": case}).one_or_none()
    if row is None:
        raise NotFound("plan-unknown", "no plan was made yet")
    return PlanSummary(case=case, version=row.version, digest=row.digest, counts=row.counts)


def _tell_voided(tx: Transaction, case: str, version: int) -> None:
    standing = select(decisions.c.id).where(
        decisions.c.case_id == case,
        decisions.c.version == version,
        decisions.c.completed.is_(None),
        decisions.c.voided.is_(None),
    )
    for decision in tx.connection.scalars(standing):
        tx.tell(Event.DECISION_VOIDED, case, decision=decision, version=version)
