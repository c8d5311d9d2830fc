"""Records that may not be used, for which case: what a system has no place for stands here alone.

Two cases may block one record, and one may let go while the other begins. `free` therefore marks first what the
case is letting go of: of two cases that let go at once, the later one gets what both had, and no record stays
blocked for nobody. While a mark is fresh that record is not blocked anew, or it would be resumed behind the back of
whom it is blocked for. A mark goes stale when whoever made it must be gone.

A record is known by a keyed hash of its place, and sealed under the key of its case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import JsonValue
from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from cases import holds
from cases.database import streamed
from cases.sealing import Sealing
from cases.tables import blocks, identifier_hashes
from cases.unit_of_work import Transaction, UnitOfWork
from domain.aftermath import Block
from domain.errors import Unavailable
from domain.events import Event
from domain.item import Item, Place, place, place_of
from domain.keeping import RESTING, Restriction
from security.keyring import LOOKUP_OWNER, DataKey
from security.lookup import lookup
from security.ports import KeyPurpose
from security.seal import seal_model, unseal_model

_LOCK = 0x424C4F43
_PLACES = 1
"""Raised when places are written in another way: a hash made under another version does not match."""
_STALE = timedelta(days=1)
_PAGE = 500


class BlockRegister:
    """Implements `domain.aftermath.Blocks`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def place(self, case: str, system: str, blocks: Sequence[Block]) -> int:
        """Keep these records from use; those blocked for the case already are passed over. How many are new.

        Where another case blocks a record, what `stood` before the first of them counts: a note that the system
        shows now may be that case's own. Place before the system is told, for the same reason. One that keeps
        records from erasures waits for the batches that run, as an order does (`cases.holds`).

        Raises:
            NotFound: no such case.
            Unavailable: another case is letting go of one of them; try again when it has.
            KeyShredded: the case's key is gone.
        """
        key, lookups = self._sealing.case_key(case), self._lookups()
        by_digest = {_digest(lookups, system, place(block.item)): block for block in blocks}
        with self._work.begin() as tx:
            if any(block.ground in RESTING for block in blocks):
                # First of all: a batch that holds the shared side may itself wait for what is locked below.
                tx.connection.execute(select(func.pg_advisory_xact_lock(holds.LOCK)))
            tx.lock_case(case)
            _lock(tx, system)
            pages = _pages(by_digest)
            new = sum(_place(tx, key, system, {each: by_digest[each] for each in page}) for page in pages)
            if new:
                tx.tell(Event.USE_BLOCKED, case, system=system, count=new)
        return new

    def free(self, case: str, system: str, *, but: str = "") -> Iterator[Item]:
        """Records blocked for this case, for no other, and not noted by the system before us: streamed.

        What is blocked on the ground `but` stays so.

        From the first of them on the case is letting go: `lift` when all are free in the system. Asked again
        before that it gives the same again in the same order, whatever other cases did meanwhile.

        Raises:
            NotFound: no such case.
            KeyShredded: the case's key is gone.
        """
        mine = _of(case, system, but)
        with self._work.begin() as tx:
            tx.lock_case(case)
            _lock(tx, system)
            free = and_(~blocks.c.stood, ~_kept_by_others(tx.now))
            unmarked = or_(blocks.c.leaving.is_(None), blocks.c.leaving <= tx.now - _STALE)
            tx.connection.execute(update(blocks).where(mine, unmarked).values(leaving=tx.now, free=free))
        wanted = select(blocks.c.digest, blocks.c.item).where(mine, blocks.c.free)
        with (
            self._work.walk() as connection,
            streamed(connection, wanted.order_by(blocks.c.digest), _PAGE) as found,
        ):
            for row in found:
                sealed_in = _sealed_in(case, system, row.digest)
                yield unseal_model(self._sealing.ring, row.item, sealed_in, Item)

    def lift(self, case: str, system: str, *, but: str = "") -> int:
        """The case lets go of its records of that system, save those on the ground `but`; how many. Again: none.

        Raises `NotFound`.
        """
        with self._work.begin() as tx:
            tx.lock_case(case)
            _lock(tx, system)
            lifted = update(blocks).where(_of(case, system, but))
            count = tx.connection.execute(lifted.values(lifted=tx.now, leaving=None, free=False)).rowcount
            if count:
                tx.tell(Event.USE_RESUMED, case, system=system, count=count)
        return count

    def systems(self, case: str) -> tuple[str, ...]:
        """The systems in which records are blocked for the case now."""
        wanted = select(blocks.c.system).distinct().where(blocks.c.case_id == case, blocks.c.lifted.is_(None))
        with self._work.read() as connection:
            return tuple(connection.scalars(wanted.order_by(blocks.c.system)))

    def blocked(self, system: str, table: str, locator: Mapping[str, JsonValue]) -> bool:
        """Whether a record may not be used now: for whoever runs a system that has no place for it."""
        digest = _digest(self._lookups(), system, place_of(table, locator))
        with self._work.read() as connection:
            return bool(connection.scalar(select(exists().where(*_open(system, [digest])))))

    def among(self, system: str, places: Sequence[Place]) -> frozenset[Place]:
        """Those of these records that may not be used now, for whichever case."""
        lookups = self._lookups()
        by_digest = {_digest(lookups, system, where): where for where in places}
        with self._work.read() as connection:
            found = [
                digest
                for page in _pages(by_digest)
                for digest in connection.scalars(select(blocks.c.digest).where(*_open(system, page)))
            ]
        return frozenset(by_digest[digest] for digest in found)

    def restrictions(
        self, case: str, system: str, places: Sequence[Place]
    ) -> dict[Place, tuple[Restriction, ...]]:
        """Which of these records restrictions of other cases keep (s.34), and on which grounds.

        A restriction is the same person's where its case shares an identifier with this one, as for orders.
        """
        lookups = self._lookups()
        by_digest = {_digest(lookups, system, where): where for where in places}
        wanted = (
            select(blocks.c.digest, blocks.c.ground, _of_the_same_person(case).label("own"))
            .distinct()
            .where(blocks.c.case_id != case, blocks.c.ground.in_(RESTING))
            .order_by(blocks.c.digest, blocks.c.ground, "own")
        )
        found: dict[Place, tuple[Restriction, ...]] = {}
        with self._work.read() as connection:
            for page in _pages(by_digest):
                for row in connection.execute(wanted.where(*_open(system, page))):
                    where = by_digest[row.digest]
                    one = Restriction(ground=row.ground, own=row.own)
                    found[where] = (*found.get(where, ()), one)
        return found

    def _lookups(self) -> DataKey:
        ring = self._sealing.ring
        known = ring.cached_for(KeyPurpose.LOOKUP, LOOKUP_OWNER)
        return known or ring.ensure(KeyPurpose.LOOKUP, LOOKUP_OWNER)


def _place(tx: Transaction, key: DataKey, system: str, page: Mapping[str, Block]) -> int:
    """Write one page of blocks under their digests; how many are new."""
    standing = _open(system, page)
    fresh = blocks.c.leaving > tx.now - _STALE
    if tx.connection.scalar(select(exists().where(*standing, fresh))):
        raise Unavailable("record-being-released", "another case lets go of it; try again", system=system)
    stale = update(blocks).where(*standing, blocks.c.leaving.is_not(None))
    tx.connection.execute(stale.values(leaving=None, free=False))
    noted = select(blocks.c.digest, func.bool_and(blocks.c.stood).label("stood")).where(*standing)
    stood = {row.digest: row.stood for row in tx.connection.execute(noted.group_by(blocks.c.digest))}
    rows = [
        {
            "case_id": key.owner,
            "system": system,
            "digest": digest,
            "item": seal_model(key, block.item, _sealed_in(key.owner, system, digest)),
            "stood": stood.get(digest, block.stood),
            "ground": block.ground,
            "placed": tx.now,
            "free": False,
        }
        for digest, block in page.items()
    ]
    statement = upsert(blocks).values(rows)
    anew = {name: statement.excluded[name] for name in ("item", "stood", "ground", "placed")}
    written = statement.on_conflict_do_update(
        index_elements=["case_id", "system", "digest"],
        set_={**anew, "lifted": None},
        where=blocks.c.lifted.is_not(None),
    )
    return len(tx.connection.execute(written.returning(literal(1))).all())


def _pages(digests: Iterable[str]) -> list[list[str]]:
    every = list(digests)
    return [every[start : start + _PAGE] for start in range(0, len(every), _PAGE)]


def _of_the_same_person(case: str) -> ColumnElement[bool]:
    mine, theirs = identifier_hashes.alias("mine"), identifier_hashes.alias("theirs")
    return exists().where(
        mine.c.case_id == case, theirs.c.case_id == blocks.c.case_id, mine.c.digest == theirs.c.digest
    )


def _of(case: str, system: str, but: str) -> ColumnElement[bool]:
    ours = and_(blocks.c.case_id == case, blocks.c.system == system, blocks.c.lifted.is_(None))
    return and_(ours, blocks.c.ground != but) if but else ours


def _open(system: str, digests: Sequence[str] | Mapping[str, Block]) -> tuple[ColumnElement[bool], ...]:
    return blocks.c.system == system, blocks.c.digest.in_(list(digests)), blocks.c.lifted.is_(None)


def _kept_by_others(now: datetime) -> ColumnElement[bool]:
    other = blocks.alias("other")
    return exists().where(
        other.c.system == blocks.c.system,
        other.c.digest == blocks.c.digest,
        other.c.case_id != blocks.c.case_id,
        other.c.lifted.is_(None),
        or_(other.c.leaving.is_(None), other.c.leaving <= now - _STALE),
    )


def _lock(tx: Transaction, system: str) -> None:
    """One at a time places, marks or lifts in a system; held to the end, and never for a call to the system."""
    tx.connection.execute(select(func.pg_advisory_xact_lock(_LOCK, func.hashtext(system))))


def _digest(lookups: DataKey, system: str, where: Place) -> str:
    return lookup(lookups, "record", "\x1f".join((system, *where)), _PLACES).digest


def _sealed_in(case: str, system: str, digest: str) -> str:
    return f"blocks.item:{case}/{system}/{digest}"
