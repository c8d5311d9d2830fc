"""Who objected or was erased, by keyed hashes: asked before somebody is loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select, update

from cases import asking
from cases.database import insert_once
from cases.facts import tellable
from cases.sealing import Sealing
from cases.stop_tables import stops
from cases.suppression_tables import suppressions
from cases.tables import receipts
from cases.unit_of_work import Transaction, UnitOfWork
from domain.errors import NotFound
from domain.events import Event
from domain.identifiers import Identifier
from domain.rights import Verb
from domain.stops import UNASKED
from domain.suppression import TAKE_OFF, Verdict, Why


class SuppressionRegister:
    """Implements `domain.suppression.Suppressions`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def enter(
        self, case: str, why: Why, identifiers: Sequence[Identifier], purposes: Sequence[str] = ("",)
    ) -> int:
        """Note it for a case; how many entries are new. The same again changes nothing, what was lifted included.

        Of a case that was stopped because nobody asked for anything, nothing is noted.

        Raises:
            NotFound: no such case.
        """
        hashed = self._sealing.hashes(tuple(dict.fromkeys(identifiers)))
        with self._work.begin() as tx:
            tenant = tx.lock_case(case).tenant
            if _never_asked(tx, case):
                return 0
            about = {"case_id": case, "why": why.value, "tenant": tenant, "entered": tx.now}
            new = sum(
                insert_once(tx.connection, suppressions, {**about, "purpose": purpose, **one.model_dump()})
                for purpose in purposes
                for one in hashed
            )
            if new:
                named = ",".join(filter(None, purposes))
                told = named if tellable("purpose", named) else ""  # a system may name its consents in words
                tx.tell(Event.SUPPRESSION_ENTERED, case, count=new, code=why.value, purpose=told)
        return new

    def check(self, persons: Sequence[Sequence[Identifier]], tenant: str = "") -> tuple[Verdict, ...]:
        """What stands against each of these, who are each known by some identifiers. Keeps nothing of them."""
        digests = [[one.digest for one in self._sealing.hashes(known_by)] for known_by in persons]
        standing: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        wanted = select(suppressions.c.digest, suppressions.c.why, suppressions.c.purpose).where(
            suppressions.c.digest.in_({digest for several in digests for digest in several}),
            suppressions.c.tenant == tenant,
            suppressions.c.lifted.is_(None),
        )
        with self._work.read() as connection:
            for row in connection.execute(wanted):
                standing[row.digest].add((row.why, row.purpose))
        return tuple(_verdict({one for digest in several for one in standing[digest]}) for several in digests)

    def lift(self, case: str, *, actor: str, reason: str) -> int:
        """Whoever it was asks to be here again: what a case noted stands no more. How many entries; again: none.

        Raises:
            NotFound: no such case, or it noted nothing.
            KeyShredded: the case's key is gone, and with it the place for the reason.
        """
        of_case = suppressions.c.case_id == case
        with self._work.begin() as tx:
            reference = tx.lock_case(case).reference
            if tx.connection.scalar(select(suppressions.c.digest).where(of_case).limit(1)) is None:
                raise NotFound("nothing-suppressed", "this case noted nobody", reference=reference)
            return _lift(tx, self._sealing, case, actor=actor, reason=reason)


def release(tx: Transaction, sealing: Sealing, case: str, *, actor: str, reason: str) -> None:
    """A case that nobody asked for ends: what it noted of anybody stands no more, and people undo it in the systems.

    The chain tells both; in a system's own list only they can tell whether somebody else's word stands there too.
    """
    _lift(tx, sealing, case, actor=actor, reason=reason)
    ours = receipts.c.case_id == case, receipts.c.verb == Verb.STOP.value
    for system in tx.connection.scalars(select(receipts.c.system).where(*ours).distinct().order_by("system")):
        asking.open_task(tx, TAKE_OFF, case, system)


def _lift(tx: Transaction, sealing: Sealing, case: str, *, actor: str, reason: str) -> int:
    standing = update(suppressions).where(suppressions.c.case_id == case, suppressions.c.lifted.is_(None))
    why = sealing.reason(case, reason, f"suppressions.lifted_why:{case}")
    count = tx.connection.execute(standing.values(lifted=tx.now, lifted_by=actor, lifted_why=why)).rowcount
    if count:
        tx.tell(Event.SUPPRESSION_LIFTED, case, actor, count=count)
    return int(count)


def _never_asked(tx: Transaction, case: str) -> bool:
    """Whether it was stopped as something that nobody asked for; its workflow may not have heard of that yet."""
    stopped = stops.c.case_id == case, stops.c.mistake.in_(UNASKED), stops.c.completed.is_not(None)
    return tx.connection.scalar(select(stops.c.no).where(*stopped).limit(1)) is not None


def _verdict(standing: set[tuple[str, str]]) -> Verdict:
    return Verdict(
        erased=any(why == Why.ERASED for why, _ in standing),
        objected=tuple(sorted(purpose for why, purpose in standing if why == Why.OBJECTED)),
    )
