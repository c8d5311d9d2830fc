"""What came back: erased people who stand in a system again, and corrected values that are what they were.

Everything compared is a digest under the look-up key, bound to its place: equal values of two records do not meet.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Select, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from cases import asking
from cases.database import insert_once, streamed
from cases.sealing import Sealing
from cases.suppression_tables import corrected_records, suppressions, watched_places, watched_systems
from cases.tables import cases
from cases.unit_of_work import UnitOfWork
from domain.errors import KeyShredded
from domain.events import Event
from domain.item import Candidate, Item, Place, place, place_of
from domain.states import State
from domain.suppression import Corrected, Why

REAPPEARED = "erased-person-reappeared"
REVERTED = "corrected-value-reverted"

_PAGE = 500
_ITEM: TypeAdapter[Item] = TypeAdapter(Item)
Contents = Sequence[tuple[Item, Mapping[str, JsonValue]]]


class WatchRegister:
    """Implements `domain.suppression.Watches`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def settled(self, case: str, system: str, places: Sequence[Place]) -> None:
        """After an erasure: these places there still bear an identifier of the person, and are known. The last stands."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            here = {"case_id": case, "system": system}
            watched = upsert(watched_systems).values({**here, "since": tx.now})
            again = watched.on_conflict_do_update(
                index_elements=["case_id", "system"], set_={"since": watched.excluded.since}
            )
            tx.connection.execute(again)
            known = watched_places
            tx.connection.execute(delete(known).where(known.c.case_id == case, known.c.system == system))
            for where in dict.fromkeys(places):
                row = {**here, "digest": self._place(system, where), "told": False, "seen": tx.now}
                insert_once(tx.connection, known, row)

    def reappeared(self, system: str, people: Sequence[Candidate]) -> int:
        """How many of these stand in a place that no look knew, though they were erased; told once a place."""
        by_digest: defaultdict[str, list[Candidate]] = defaultdict(list)
        for one in people:
            for hashed in self._sealing.hashes(one.addresses):
                by_digest[hashed.digest].append(one)
        if not by_digest:
            return 0
        back: defaultdict[str, set[str]] = defaultdict(set)
        with self._work.read() as connection:
            for found in connection.execute(_erased(system, by_digest)):
                for one in by_digest[found.digest]:
                    where = place_of(str(one.locator.get("$table", "")), one.locator)
                    back[found.case_id].add(self._place(system, where))
        return sum(self._came_back(case, system, places) for case, places in sorted(back.items()))

    def _came_back(self, case: str, system: str, places: set[str]) -> int:
        with self._work.begin() as tx:
            tx.lock_case(case)
            new = sum(
                insert_once(
                    tx.connection,
                    watched_places,
                    {"case_id": case, "system": system, "digest": digest, "told": True, "seen": tx.now},
                )
                for digest in sorted(places)
            )
            if new:
                tx.tell(Event.PERSON_REAPPEARED, case, system=system, count=new)
                asking.open_task(tx, REAPPEARED, case, system)
        return new

    def before(self, case: str, system: str, contents: Contents) -> None:
        """Before records are corrected: how each stands, by column. The first that was noted of a record stands."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            key = self._sealing.case_key(case)
            for item, values in contents:
                where = self._place(system, place(item))
                row = {
                    "case_id": case,
                    "system": system,
                    "digest": where,
                    "item": self._sealing.put(key, _ITEM, item, _sealed_place(case, system, where)),
                    "before": self._values(where, values),
                    "reverted": False,
                    "at": tx.now,
                }
                insert_once(tx.connection, corrected_records, row)

    def after(self, case: str, system: str, contents: Contents) -> None:
        """After it: what of them changed is watched from now on; what another case corrected there no more."""
        known = corrected_records
        with self._work.begin() as tx:
            tx.lock_case(case)
            for item, values in contents:
                where = self._place(system, place(item))
                there = (known.c.system == system, known.c.digest == where)
                mine = known.c.case_id == case
                before = tx.connection.scalar(select(known.c.before).where(*there, mine)) or {}
                now = self._values(where, values)
                changed = {name: digest for name, digest in now.items() if before.get(name) != digest}
                if not changed:
                    tx.connection.execute(delete(known).where(*there, mine))
                    continue
                tx.connection.execute(update(known).where(*there, mine).values(after=changed))
                tx.connection.execute(delete(known).where(*there, known.c.case_id != case))

    def corrected(self, system: str) -> Iterator[Corrected]:
        """Records of a system that closed cases corrected, streamed. What has no key is left out."""
        known = corrected_records
        wanted = (
            select(known.c.case_id, known.c.digest, known.c.item)
            .join(cases, cases.c.id == known.c.case_id)
            .where(known.c.system == system, known.c.after.is_not(None), _CLOSED)
            .order_by(known.c.case_id, known.c.digest)
        )
        with self._work.walk() as connection, streamed(connection, wanted, _PAGE) as found:
            for row in found:
                sealed = _sealed_place(row.case_id, system, row.digest)
                try:
                    item = self._sealing.take(row.item, _ITEM, sealed)
                except KeyShredded:
                    continue
                yield Corrected(case=row.case_id, item=item)

    def compare(self, found: Corrected, values: Mapping[str, JsonValue]) -> bool:
        """Whether a value is what it was before the correction; told once, and again when it was right in between."""
        known, system = corrected_records, found.item.found.system
        where = self._place(system, place(found.item))
        with self._work.begin() as tx:
            tx.lock_case(found.case)
            mine = (known.c.case_id == found.case, known.c.system == system, known.c.digest == where)
            row = tx.connection.execute(select(known).where(*mine)).one_or_none()
            if row is None or not row.after:
                return False
            now = self._values(where, values)
            back = [name for name in row.after if name in now and now[name] == row.before.get(name)]
            if bool(back) == row.reverted:
                return False
            tx.connection.execute(update(known).where(*mine).values(reverted=bool(back)))
            if back:
                tx.tell(Event.CORRECTION_REVERTED, found.case, system=system, count=len(back))
                asking.open_task(tx, REVERTED, found.case, system)
        return bool(back)

    def _place(self, system: str, where: Place) -> str:
        return self._sealing.hash_of("place", "\x1f".join((system, *where)))

    def _values(self, where: str, values: Mapping[str, JsonValue]) -> dict[str, str]:
        told = {name: json.dumps(value, ensure_ascii=False, sort_keys=True) for name, value in values.items()}
        return {
            name: self._sealing.hash_of("value", f"{where}\x1f{name}\x1f{text}")
            for name, text in told.items()
        }


_CLOSED = cases.c.state == State.CLOSED.value


def _erased(system: str, digests: Iterable[str]) -> Select[tuple[str, str]]:
    """Cases that erased whoever has one of these, looked again in that system, and are over."""
    return (
        select(suppressions.c.case_id, suppressions.c.digest)
        .join(cases, cases.c.id == suppressions.c.case_id)
        .join(watched_systems, watched_systems.c.case_id == suppressions.c.case_id)
        .where(
            suppressions.c.digest.in_(list(digests)),
            suppressions.c.why == Why.ERASED.value,
            suppressions.c.tenant == "",
            suppressions.c.lifted.is_(None),
            watched_systems.c.system == system,
            _CLOSED,
        )
    )


def _sealed_place(case: str, system: str, digest: str) -> str:
    return f"corrected_records.item:{case}/{system}/{digest}"
