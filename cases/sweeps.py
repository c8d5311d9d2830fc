"""Retention sweeps: planned, approved, carried out once, and counted for the regulator.

What is to go is sealed under a key of the sweep, which is destroyed when the sweep is done: what remains are counts by
kind of data, ground and limit. One sweep stands at a time; a night that finds it waiting adds nothing to it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ARRAY, Connection, Integer, Row, Text, cast, exists, func, insert, select, update

from cases.canonical import canonical
from cases.database import insert_once, streamed
from cases.ids import new_id
from cases.sealing import TEXT, Sealing
from cases.sweep_tables import sweep_intents, sweep_items, sweep_receipts, sweeps
from cases.unit_of_work import Transaction, UnitOfWork
from domain.agreements import BACK
from domain.case import Receipt, Task
from domain.connector import Foreseen
from domain.errors import Conflict, KeyShredded, NotFound
from domain.events import Event
from domain.item import Item, place
from domain.outcomes import DESTROYING, Outcome
from domain.plan import PlanRow
from domain.ports import PlannedItem
from domain.rights import Verb
from domain.sweep import Swept, Tally
from domain.sweeping import Erased, Stayed, Sweep, SweepCount
from security.keyring import DataKey
from security.ports import KeyPurpose
from security.seal import seal_model, unseal_model

CHANGED = "changed-since"
"""The ground on which a record stayed that was no longer found among those that are to go."""

_PAGE = 500
_DONE, _EMPTY = "sweep-done", "sweep-empty"
_FORESEEN: TypeAdapter[tuple[Foreseen, ...]] = TypeAdapter(tuple[Foreseen, ...])


class SweepRegister:
    """Implements `domain.sweeping.Sweeps`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def standing(self, departure: str = "") -> Sweep | None:
        """The one that is not done, if there is one: of the company's own records, or of that departure's."""
        ours = sweeps.c.departure_id.is_not_distinct_from(departure or None)
        with self._work.read() as connection:
            row = connection.execute(select(sweeps).where(sweeps.c.done.is_(None), ours)).one_or_none()
        return _as_sweep(row) if row else None

    def view(self, sweep: str) -> Sweep:
        """One by its id. Raises `NotFound`."""
        with self._work.read() as connection:
            row = connection.execute(select(sweeps).where(sweeps.c.id == sweep)).one_or_none()
        if row is None:
            raise _unknown()
        return _as_sweep(row)

    def all(self) -> tuple[Sweep, ...]:
        """All of them, the newest first."""
        with self._work.read() as connection:
            rows = connection.execute(select(sweeps).order_by(sweeps.c.planned.desc(), sweeps.c.id)).all()
        return tuple(_as_sweep(row) for row in rows)

    def write(
        self,
        day: date,
        policy: str,
        ceiling: int,
        found: Iterable[tuple[Item, Swept]],
        departure: str = "",
    ) -> Sweep | None:
        """A new one, streamed in one transaction; None where nothing is to go.

        The first waits, and one above the ceiling. Of tenants the first of each: it takes all that is held for one, and a
        date that somebody entered by mistake is no order to erase.

        The digest is the SHA-256 of the canonical line {sweep, day, policy} and the canonical rows (RFC 8785) by
        number, each ended by a newline; a row binds its sealed record by a keyed fingerprint.

        Raises:
            Integrity: another one is not done.
        """
        sweep = new_id("w")
        # Made in another database: it outlives a failure of this one, and opens nothing then.
        key = self._sealing.ring.create(KeyPurpose.SWEEP, sweep)
        writing = _Writing(key, day, policy)
        with self._work.begin() as tx:
            rows = writing.rows(found)
            while page := list(islice(rows, _PAGE)):
                tx.connection.execute(insert(sweep_items), page)
            if not writing.items:
                self._sealing.ring.shred(key.key_id, _EMPTY)
                return None
            alike = sweeps.c.departure_id.is_not_distinct_from(departure or None)
            earlier = exists().where(sweeps.c.done.is_not(None), sweeps.c.dropped.is_(None), alike)
            first = not tx.connection.scalar(select(earlier))
            must = first or writing.items > ceiling
            counts = [count.model_dump(mode="json") for count in writing.counts()]
            values = {"id": sweep, "day": day, "policy": policy, "digest": writing.digest, "erased": []}
            made = {**values, "items": writing.items, "counts": counts, "must_approve": must}
            tx.connection.execute(
                insert(sweeps).values(**made, departure_id=departure or None, planned=tx.now)
            )
            tx.tell(
                Event.SWEEP_PLANNED,
                sweep=sweep,
                agreement=departure,
                digest=writing.digest,
                items=writing.items,
                state="waits" if must else "goes-on",
            )
        return self.view(sweep)

    def approve(self, sweep: str, *, actor: str, reason: str) -> Sweep:
        """Somebody's word that it may go on, kept with their reason; said again it changes nothing.

        Raises:
            NotFound: no such sweep.
            Conflict: it is done.
        """
        why = self._sealing.put(self._sealing.engine_key(), TEXT, reason, f"sweeps.approved_why:{sweep}")
        with self._work.begin() as tx:
            row = _locked(tx, sweep)
            if row.done is not None:
                raise Conflict("sweep-done", "nothing of it is left to approve", sweep=sweep)
            if row.approved is None:
                change = {"approved_by": actor, "approved_why": why, "approved": tx.now}
                tx.connection.execute(update(sweeps).where(sweeps.c.id == sweep).values(change))
                tx.tell(Event.SWEEP_APPROVED, actor=actor, sweep=sweep, digest=row.digest, items=row.items)
        return self.view(sweep)

    def look(self, sweep: str, system: str, found: Iterable[Sequence[tuple[Item, Swept]]]) -> None:
        """Mark what is to go still, by pages; once: our own effects change what a later look would see."""
        key = f"{sweep}:{system}:look"
        if self.receipt(key) is not None:
            return
        binding = _binding(self._key(sweep))
        ours = (sweep_items.c.sweep_id == sweep, sweep_items.c.system == system)
        with self._work.begin() as tx:
            _locked(tx, sweep)
            for page in found:
                for what, places in _alike(binding, system, page).items():
                    among = sweep_items.c.place == func.any(cast(places, ARRAY(Text)))
                    tx.connection.execute(update(sweep_items).where(*ours, among).values(dict(what)))
            gone = update(sweep_items).where(*ours, ~sweep_items.c.going, sweep_items.c.achieved.is_(None))
            tx.connection.execute(gone.values(achieved=Outcome.REVIEW.value, stayed=CHANGED))
            _receive(tx, Receipt(key=key, system=system, verb=Verb.ERASE), sweep)

    def items(self, sweep: str, system: str) -> Iterator[PlannedItem]:
        """What is to go in a system and was found so again, children before parents, unsealed, streamed."""
        ours = (sweep_items.c.sweep_id == sweep, sweep_items.c.system == system, sweep_items.c.going)
        wanted = select(sweep_items).where(*ours).order_by(sweep_items.c.no.desc())
        with self._work.walk() as connection, streamed(connection, wanted, _PAGE) as found:
            for row in found:
                item = unseal_model(self._sealing.ring, row.item, _sealed_in(sweep, row.no), Item)
                yield PlannedItem(row=PlanRow.model_validate(row.row), item=item)

    def intend(self, task: Task, foreseen: Sequence[Foreseen]) -> tuple[Foreseen, ...]:
        """Commit what a batch will do, once: a retry gets what the first attempt intended."""
        sealed = self._sealing.put(self._key(task.case), _FORESEEN, tuple(foreseen), _intent(task.key))
        row = {"key": task.key, "sweep_id": task.case, "foreseen": sealed}
        with self._work.begin() as tx:
            if insert_once(tx.connection, sweep_intents, {**row, "at": tx.now}):
                tx.tell(
                    Event.EFFECT_INTENDED,
                    sweep=task.case,
                    key=task.key,
                    system=task.system,
                    verb=Verb.ERASE,
                    items=len(foreseen),
                )
                return tuple(foreseen)
        return self.intended(task) or ()

    def intended(self, task: Task) -> tuple[Foreseen, ...] | None:
        """What an earlier attempt committed to do under the task's key, if one did. Raises `KeyShredded`."""
        with self._work.read() as connection:
            wanted = select(sweep_intents.c.foreseen).where(sweep_intents.c.key == task.key)
            first = connection.scalar(wanted)
        return None if first is None else self._sealing.take(first, _FORESEEN, _intent(task.key))

    def receipt(self, key: str) -> Receipt | None:
        """What was done under that key, if it was."""
        with self._work.read() as connection:
            row = connection.execute(select(sweep_receipts).where(sweep_receipts.c.key == key)).one_or_none()
        if row is None:
            return None
        return Receipt(key=key, system=row.system, verb=Verb.ERASE, achieved=row.achieved)

    def done(
        self,
        receipt: Receipt,
        case: str,
        achieved: Mapping[int, Outcome],
        stayed: Mapping[int, str] | None = None,
        *,
        version: int = 0,  # noqa: ARG002 - a sweep has one plan
    ) -> Receipt:
        """Store a receipt and what became of each record; the first one stands."""
        with self._work.begin() as tx:
            if not _receive(tx, receipt, case):
                return receipt
            _achieve(tx.connection, case, achieved, stayed or {})
            tx.tell(
                Event.EFFECT_DONE,
                sweep=case,
                key=receipt.key,
                system=receipt.system,
                verb=receipt.verb,
                items=sum(receipt.achieved.values()),
            )
        return receipt

    def drop(self, sweep: str) -> Sweep:
        """Give up what is not carried out of it, and close it. Raises `NotFound`."""
        left = (sweep_items.c.sweep_id == sweep, sweep_items.c.achieved.is_(None))
        with self._work.begin() as tx:
            if _locked(tx, sweep).done is None:
                given_up = update(sweep_items).where(*left)
                tx.connection.execute(given_up.values(achieved=Outcome.REVIEW.value, stayed=BACK))
                tx.connection.execute(update(sweeps).where(sweeps.c.id == sweep).values(dropped=tx.now))
        return self.finish(sweep)

    def stayed(self, sweep: str) -> tuple[Stayed, ...]:
        """What was to go and stayed, by kind of data and ground."""
        by = (sweep_items.c.system, sweep_items.c.unit, sweep_items.c.achieved, sweep_items.c.stayed)
        kept = sweep_items.c.achieved.not_in([outcome.value for outcome in DESTROYING])
        wanted = select(*by, func.count().label("items")).where(sweep_items.c.sweep_id == sweep, kept)
        with self._work.read() as connection:
            rows = connection.execute(wanted.group_by(*by).order_by(*by)).all()
        return tuple(
            Stayed(
                system=row.system,
                unit=row.unit,
                outcome=row.achieved,
                ground=row.stayed or "",
                items=row.items,
            )
            for row in rows
        )

    def receipts(self, sweep: str) -> tuple[Receipt, ...]:
        """Everything done in a sweep, by key."""
        wanted = select(sweep_receipts).where(sweep_receipts.c.sweep_id == sweep)
        with self._work.read() as connection:
            rows = connection.execute(wanted.order_by(sweep_receipts.c.key)).all()
        return tuple(
            Receipt(key=row.key, system=row.system, verb=Verb.ERASE, achieved=row.achieved) for row in rows
        )

    def finish(self, sweep: str) -> Sweep:
        """Close it and tell what was erased by kind of data and limit, where nothing is left to be done; then its key goes.

        The key goes after the commit, as an obligation's does.

        Raises:
            NotFound: no such sweep.
        """
        with self._work.begin() as tx:
            row = _locked(tx, sweep)
            left = exists().where(sweep_items.c.sweep_id == sweep, sweep_items.c.achieved.is_(None))
            if row.done is None and not tx.connection.scalar(select(left)):
                erased = _erased(tx.connection, sweep)
                told = [one.model_dump(mode="json") for one in erased]
                tx.connection.execute(
                    update(sweeps).where(sweeps.c.id == sweep).values(done=tx.now, erased=told)
                )
                for one in erased:
                    tx.tell(
                        Event.SWEEP_ERASED,
                        sweep=sweep,
                        system=one.system,
                        unit=one.unit,
                        rule=one.since,
                        outcome=one.outcome,
                        items=one.items,
                    )
                tx.tell(Event.SWEEP_DONE, sweep=sweep, items=sum(one.items for one in erased))
        standing = self.view(sweep)
        if standing.done is not None:
            self._shred(sweep)
        return standing

    def _key(self, sweep: str) -> DataKey:
        return self._sealing.ring.for_owner(KeyPurpose.SWEEP, sweep)

    def _shred(self, sweep: str) -> None:
        try:
            key = self._key(sweep)
        except KeyShredded:
            return
        if self._sealing.ring.shred(key.key_id, _DONE):
            with self._work.begin() as tx:
                tx.tell(Event.KEY_SHREDDED, sweep=sweep, reason_code=_DONE)


class _Writing:
    """One sweep on its way into the database: digest and counts grow as the records pass."""

    def __init__(self, key: DataKey, day: date, policy: str) -> None:
        self.items = 0
        self._key, self._binding = key, _binding(key)
        self._tally = Tally()
        self._digest = hashlib.sha256(_line({"sweep": key.owner, "day": day.isoformat(), "policy": policy}))

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def counts(self) -> tuple[SweepCount, ...]:
        told = set(SweepCount.model_fields)
        return tuple(SweepCount(**group.model_dump(include=told)) for group in self._tally.groups)

    def rows(self, found: Iterable[tuple[Item, Swept]]) -> Iterator[dict[str, Any]]:
        """What is to go, numbered over all systems; what stays is counted only."""
        for item, swept in found:
            self._tally.add(swept)
            if swept.row.planned in DESTROYING:
                self.items += 1
                yield self._row(item, swept, self.items)

    def _row(self, item: Item, swept: Swept, no: int) -> dict[str, Any]:
        numbered = item.model_copy(update={"found": item.found.model_copy(update={"no": no})})
        content = canonical(numbered.model_dump(mode="json"))
        fingerprint = hmac.digest(self._binding, content, "sha256").hex()
        row = swept.row.model_copy(update={"no": no, "fingerprint": fingerprint}).model_dump(mode="json")
        self._digest.update(_line(row))
        return {
            "sweep_id": self._key.owner,
            "no": no,
            "system": swept.row.system,
            "unit": swept.row.unit,
            "since": swept.over.since.value,
            "row": row,
            "place": _place(self._binding, swept.row.system, item),
            "item": seal_model(self._key, numbered, _sealed_in(self._key.owner, no)),
            "going": False,
        }


def _line(value: dict[str, Any]) -> bytes:
    return canonical(value) + b"\n"


def _binding(key: DataKey) -> bytes:
    return key.derive(b"sweep-fingerprint/1")


def _place(binding: bytes, system: str, item: Item) -> str:
    """A record's place, keyed: told apart, and guessed by nobody."""
    return hmac.digest(binding, "\x1f".join((system, *place(item))).encode(), "sha256").hex()


def _alike(
    binding: bytes, system: str, page: Sequence[tuple[Item, Swept]]
) -> dict[tuple[tuple[str, object], ...], list[str]]:
    """The places of a page by what is noted of them: that they go still, or as what and on which ground they stay."""
    found: dict[tuple[tuple[str, object], ...], list[str]] = {}
    for item, swept in page:
        row = swept.row
        stays: tuple[tuple[str, object], ...] = (("achieved", row.planned.value), ("stayed", row.ground))
        what = (("going", True),) if row.planned in DESTROYING else stays
        found.setdefault(what, []).append(_place(binding, system, item))
    return found


def _sealed_in(sweep: str, no: int) -> str:
    return f"sweep_items.item:{sweep}/{no}"


def _intent(key: str) -> str:
    return f"sweep_intents.foreseen:{key}"


def _receive(tx: Transaction, receipt: Receipt, sweep: str) -> bool:
    achieved = {outcome.value: count for outcome, count in receipt.achieved.items()}
    row = {"key": receipt.key, "sweep_id": sweep, "system": receipt.system, "achieved": achieved}
    return insert_once(tx.connection, sweep_receipts, {**row, "at": tx.now})


def _achieve(
    connection: Connection, sweep: str, achieved: Mapping[int, Outcome], stayed: Mapping[int, str]
) -> None:
    became = (
        func.unnest(
            cast(list(achieved), ARRAY(Integer)),
            cast([outcome.value for outcome in achieved.values()], ARRAY(Text)),
            cast([stayed.get(no) for no in achieved], ARRAY(Text)),
        )
        .table_valued("no", "outcome", "stayed", name="became")
        .render_derived()
    )
    ours = (sweep_items.c.sweep_id == sweep, sweep_items.c.no == became.c.no)
    change = update(sweep_items).where(*ours)
    connection.execute(change.values(achieved=became.c.outcome, stayed=became.c.stayed))


def _erased(connection: Connection, sweep: str) -> tuple[Erased, ...]:
    by = (sweep_items.c.system, sweep_items.c.unit, sweep_items.c.since, sweep_items.c.achieved)
    destroyed = sweep_items.c.achieved.in_([outcome.value for outcome in DESTROYING])
    wanted = select(*by, func.count().label("items")).where(sweep_items.c.sweep_id == sweep, destroyed)
    rows = connection.execute(wanted.group_by(*by).order_by(*by))
    return tuple(
        Erased(system=row.system, unit=row.unit, since=row.since, outcome=row.achieved, items=row.items)
        for row in rows
    )


def _locked(tx: Transaction, sweep: str) -> Row[Any]:
    row = tx.connection.execute(select(sweeps).where(sweeps.c.id == sweep).with_for_update()).one_or_none()
    if row is None:
        raise _unknown()
    return row


def _as_sweep(row: Row[Any]) -> Sweep:
    return Sweep(
        id=row.id,
        day=row.day,
        policy=row.policy,
        digest=row.digest,
        items=row.items,
        departure=row.departure_id or "",
        counts=row.counts,
        waits=row.must_approve and row.approved is None,
        approved_by=row.approved_by or "",
        approved=row.approved,
        done=row.done,
        dropped=row.dropped is not None,
        erased=row.erased,
    )


def _unknown() -> NotFound:
    return NotFound("sweep-unknown", "look it up in the list of sweeps")
