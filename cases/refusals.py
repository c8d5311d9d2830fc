"""The record of refusals (s.39 ¶1(7)). It outlives the case: officers' reasons are copied under a key of its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, and_, delete, exists, func, insert, select

from cases import holds
from cases.database import insert_once
from cases.due_tables import ended_records
from cases.ids import new_id
from cases.obligations import still_owed
from cases.sealing import Sealing
from cases.seconding import last_word, sealed_words, skip_of
from cases.stopping import last_stop
from cases.tables import (
    cases,
    decisions,
    letters,
    obligations,
    parkings,
    refusal_hashes,
    refusals,
    requests,
    tasks,
)
from cases.unit_of_work import UnitOfWork
from domain.errors import KeyShredded
from domain.events import Event
from domain.identifiers import Identifier
from domain.refusals import Refusal, Refused, Scope
from domain.states import State
from security.ports import KeyPurpose
from security.seal import unseal

_ENDED = "record-over"
_REASONS: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])


@dataclass(frozen=True)
class _Word:
    """Who refused, when and why; nobody did where identity was not shown: that is the engine's rule."""

    proposer: str = ""
    confirmer: str = ""
    decided: datetime | None = None
    reasons: tuple[str, ...] = ()


class RefusalRegister:
    """Implements `domain.refusals.Refusals`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def record(
        self,
        case: str,
        refused: Sequence[Refused],
        identifiers: Sequence[Identifier],
        *,
        letter: str,
        policy: str,
        keep_until: date,
    ) -> None:
        """Enter what a case was refused, once a scope, ground and system; the same again changes nothing.

        Raises:
            KeyShredded: the case's key, under which the officers gave their reasons, is gone.
        """
        # Made in another database: should the transaction fail, a key is left that opens nothing.
        key = self._sealing.ring.ensure(KeyPurpose.RECORD, case)
        hashed = {each.digest: each for each in self._sealing.hashes(identifiers)}.values()
        with self._work.begin() as tx:
            tx.lock_case(case)
            for one in refused:
                entry, word = new_id("r"), self._word(tx.connection, case, one)
                row = {
                    "id": entry,
                    "case_id": case,
                    **one.model_dump(mode="json", exclude={"demanded"}),
                    "demanded": one.demanded,
                    "policy": policy,
                    "proposer": word.proposer,
                    "confirmer": word.confirmer,
                    "decided": word.decided,
                    "letter": letter,
                    "recorded": tx.now,
                    "keep_until": keep_until,
                    "reasons": self._sealing.put(key, _REASONS, word.reasons, _place(entry)),
                }
                if not insert_once(tx.connection, refusals, row):
                    continue
                if hashed:
                    rows = [{"refusal_id": entry, **each.model_dump()} for each in hashed]
                    tx.connection.execute(insert(refusal_hashes), rows)
                tx.tell(
                    Event.REFUSAL_RECORDED,
                    case,
                    scope=one.scope,
                    ground=one.ground,
                    system=one.system,
                    items=one.items,
                    policy=policy,
                    until=keep_until.isoformat(),
                )

    def all(self, case: str = "", *, reasons: bool = False) -> tuple[Refusal, ...]:
        """Entries of one case or of all, the oldest first; with the officers' words where they are asked for."""
        wanted = (
            select(
                refusals,
                cases.c.reference,
                cases.c.right,
                requests.c.received,
                func.coalesce(letters.c.sent, tasks.c.closed).label("told"),
            )
            .join(cases, cases.c.id == refusals.c.case_id)
            .join(requests, requests.c.id == cases.c.request_id)
            .outerjoin(
                letters,
                and_(letters.c.case_id == refusals.c.case_id, letters.c.code == refusals.c.letter),
            )
            # A letter that nothing could be sent to an address of is told once an officer handed it over.
            .outerjoin(
                tasks,
                and_(
                    tasks.c.case_id == refusals.c.case_id,
                    tasks.c.code == func.concat("hand-over-", refusals.c.letter),
                    ~tasks.c.undone,
                ),
            )
            .order_by(refusals.c.recorded, cases.c.reference, refusals.c.ground, refusals.c.system)
        )
        if case:
            wanted = wanted.where(refusals.c.case_id == case)
        with self._work.read() as connection:
            return tuple(self._entry(row, reasons=reasons) for row in connection.execute(wanted))

    def over(self, today: date) -> tuple[str, ...]:
        """Cases whose entries have all been kept until their day, and of which nothing is open any more."""
        with self._work.read() as connection:
            found = connection.scalars(_over(today).order_by(refusals.c.case_id)).all()
            return tuple(case for case in found if not holds.binding(connection, case))

    def end(self, case: str, today: date) -> bool:
        """Destroy the key of a case's entries, if they are over and nothing of the case is open; whether it was done.

        By whom they could be found goes with it. No order comes in between; cut short, the next telling ends it.
        """
        with self._work.begin() as tx:
            tx.connection.execute(select(func.pg_advisory_xact_lock_shared(holds.LOCK)))
            tx.lock_case(case)
            ripe = tx.connection.scalar(_over(today).where(refusals.c.case_id == case))
            if ripe is None or holds.binding(tx.connection, case):
                return False
            with suppress(KeyShredded):
                key = self._sealing.ring.for_owner(KeyPurpose.RECORD, case)
                self._sealing.ring.shred(key.key_id, _ENDED)
            ours = select(refusals.c.id).where(refusals.c.case_id == case)
            tx.connection.execute(delete(refusal_hashes).where(refusal_hashes.c.refusal_id.in_(ours)))
            tx.connection.execute(insert(ended_records).values(case_id=case, at=tx.now))
            tx.tell(Event.KEY_SHREDDED, case, purpose=KeyPurpose.RECORD, reason_code=_ENDED)
        return True

    def _word(self, connection: Connection, case: str, one: Refused) -> _Word:
        if one.scope is Scope.SYSTEM:
            return self._left_out(connection, case, one)
        standing = select(decisions).where(
            decisions.c.case_id == case, decisions.c.completed.is_not(None), decisions.c.voided.is_(None)
        )
        made = connection.execute(standing.order_by(decisions.c.version.desc())).all()
        # A refusal of an objection stands on the plan before the one that stops marketing all the same.
        ours = [row for row in made if not row.approved and row.ground == one.ground]
        if not ours and (stopped := self._stopped(connection, case, one)):
            return stopped
        made = ours or made[:1]
        if not made:
            return _Word()
        row = made[0]
        said = [self._said(row, "proposed_why", "decisions"), self._said(row, "confirmed_why", "decisions")]
        return _Word(row.proposer, row.confirmer, row.completed, tuple(filter(None, said)))

    def _stopped(self, connection: Connection, case: str, one: Refused) -> _Word | None:
        """The word of the two who stopped the case on that ground, without or against a plan."""
        row = last_stop(connection, case)
        if row is None or row.completed is None or row.ground != one.ground:
            return None
        place = f"{case}:{row.no}"
        said = [self._opened(row.reason, f"stops.reason:{place}")]
        said.append(self._opened(row.confirmed_why, f"stops.confirmed_why:{place}"))
        return _Word(row.actor, row.confirmer, row.completed, tuple(filter(None, said)))

    def _left_out(self, connection: Connection, case: str, one: Refused) -> _Word:
        """The word of the two who left the system out; of one alone where it was done before two were asked."""
        ours = (parkings.c.case_id == case, parkings.c.system == one.system)
        waits = connection.execute(select(parkings).where(*ours).order_by(parkings.c.id.desc())).all()
        for row in waits:
            word = last_word(connection, case, skip_of(row.id))
            if word is not None and word.completed is not None and word.code == one.ground:
                said = [self._opened(sealed, place) for sealed, place in sealed_words(word)]
                return _Word(word.actor, word.confirmer, word.completed, tuple(filter(None, said)))
        for row in waits:
            if row.ground == one.ground and row.repaired_by is not None:
                alone = self._said(row, "reason", "parkings")
                return _Word(row.repaired_by, "", row.repaired, (alone,) if alone else ())
        return _Word()

    def _said(self, row: Row[Any], column: str, table: str) -> str:
        sealed = row._mapping[column]  # noqa: SLF001 - SQLAlchemy's own name
        return self._opened(sealed, f"{table}.{column}:{row.id}")

    def _opened(self, sealed: bytes | None, place: str) -> str:
        return unseal(self._sealing.ring, sealed, place).decode() if sealed else ""

    def _entry(self, row: Row[Any], *, reasons: bool) -> Refusal:
        known = row._asdict()
        parts = {name: known[name] for name in Refused.model_fields}
        rest = {name: known[name] for name in Refusal.model_fields if name in known and name != "reasons"}
        said = self._reasons(row) if reasons else ()
        return Refusal(**rest, case=row.case_id, refused=Refused.model_validate(parts), reasons=said)

    def _reasons(self, row: Row[Any]) -> tuple[str, ...]:
        try:
            return self._sealing.take(row.reasons, _REASONS, _place(row.id))
        except KeyShredded:  # its time was over
            return ()


def _over(today: date) -> Select[Any]:
    """Cases that are closed, with entries of which the last was to be kept until before today, and nothing owed."""
    owed = select(obligations.c.id).where(
        obligations.c.case_id == refusals.c.case_id, obligations.c.met.is_(None)
    )
    return (
        select(refusals.c.case_id)
        .join(cases, cases.c.id == refusals.c.case_id)
        .where(cases.c.state == State.CLOSED.value, ~exists(owed.where(still_owed())))
        .where(~exists(select(ended_records.c.at).where(ended_records.c.case_id == refusals.c.case_id)))
        .group_by(refusals.c.case_id)
        .having(func.max(refusals.c.keep_until) < today)
    )


def _place(entry: str) -> str:
    return f"refusals.reasons:{entry}"
