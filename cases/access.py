"""Who sees which case: by what staff are known themselves, and which cases are confidential."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, exists, insert, select, union, update
from sqlalchemy.dialects.postgresql import insert as upsert

from cases import closed
from cases.closed import closed_to, of_staff
from cases.desk_tables import hands
from cases.sealing import Sealing
from cases.staff import must_act
from cases.staff_tables import confidences, handlers, selves
from cases.tables import cases, identifier_hashes
from cases.unit_of_work import UnitOfWork
from domain.errors import BadInput, Conflict
from domain.events import Event
from domain.identifiers import Identifier, IdentifierKind
from domain.value import Value

MOST_HANDLERS = 10


class Confidence(Value):
    """Why a case is confidential, and who handles it. `of_staff`: it is about a member of staff, and stays so."""

    of_staff: bool
    handlers: tuple[str, ...]


class CaseAccess:
    """Keeps what closes cases; `cases.closed` tells for whom."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def closed_to(self, member: str) -> Mapping[str, str]:
        """The cases that are closed to a member of staff and why, by id."""
        with self._work.read() as connection:
            return closed_to(connection, member)

    def must_be_open(self, reference: str, member: str) -> None:
        """A case by reference or id, or none of that name, is not closed to that member. Raises `NotAllowed`."""
        named = select(cases.c.id).where((cases.c.reference == reference) | (cases.c.id == reference))
        with self._work.read() as connection:
            case = connection.scalar(named)
            if case is not None:
                closed.must_be_open(connection, case, member)

    def must_be_askable(self, known_by: Sequence[Identifier], member: str) -> None:
        """Nobody looks themselves up, nor a colleague: the same door as that of a case. Raises `NotAllowed`."""
        digests = [hashed.digest for hashed in self._sealing.hashes(known_by)]
        wanted = select(selves.c.member).where(selves.c.digest.in_(digests))
        with self._work.read() as connection:
            meant = set(connection.scalars(wanted))
        if meant:
            raise closed.refusal(closed.OWN if member in meant else closed.CONFIDENTIAL)

    def know_oneself(self, member: str, known_by: Sequence[Identifier]) -> None:
        """By what that member of staff is known themselves: kept as keyed hashes, in the place of what was before."""
        kinds = {hashed.digest: hashed.kind for hashed in self._sealing.hashes(known_by)}
        with self._work.begin() as tx:
            must_act(tx.connection, member)
            tx.connection.execute(delete(selves).where(selves.c.member == member))
            for digest, kind in kinds.items():
                row = {"member": member, "digest": digest, "kind": kind, "at": tx.now}
                tx.connection.execute(insert(selves).values(row))
            tx.tell(Event.STAFF_KNEW_THEMSELVES, actor=member, staff=member, identifiers=len(kinds))

    def known_by(self, member: str) -> tuple[IdentifierKind, ...]:
        """Of which kinds is what that member noted of themselves; what it is, nobody can read."""
        wanted = select(selves.c.kind).where(selves.c.member == member).order_by(selves.c.kind)
        with self._work.read() as connection:
            return tuple(IdentifierKind(kind) for kind in connection.scalars(wanted))

    def confidence(self, case: str) -> Confidence | None:
        """Why a case is confidential; None where it is not."""
        marked = exists().where(confidences.c.case_id == case, confidences.c.ended.is_(None))
        about_staff = of_staff().where(identifier_hashes.c.case_id == case).exists()
        named = select(handlers.c.member).where(handlers.c.case_id == case)
        leads = select(hands.c.member).where(hands.c.case_id == case)
        with self._work.read() as connection:
            row = connection.execute(select(marked.label("marked"), about_staff.label("staff"))).one()
            if not (row.marked or row.staff):
                return None
            return Confidence(
                of_staff=row.staff, handlers=tuple(sorted(connection.scalars(union(named, leads))))
            )

    def confide(self, case: str, to: Collection[str], *, actor: str, reason: str) -> None:
        """From now on only these members of staff and the approvers see a case; said again, the newest stands.

        Raises:
            BadInput: nobody would handle it, or too many.
            NotFound: no such case, or one of them may not act.
            NotAllowed: it is closed to who says so, or about one of them.
        """
        if not 0 < len(set(to)) <= MOST_HANDLERS:
            raise BadInput("handlers-malformed", f"name one to {MOST_HANDLERS}", field="handlers")
        with self._work.begin() as tx:
            tx.lock_case(case)
            closed.must_be_open(tx.connection, case, actor)  # before they would name themselves
            row = {"by": actor, "at": tx.now, "ended": None}
            row["reason"] = self._sealing.reason(case, reason, _place(case))
            new = upsert(confidences).values(row | {"case_id": case})
            tx.connection.execute(new.on_conflict_do_update(index_elements=["case_id"], set_=row))
            tx.connection.execute(delete(handlers).where(handlers.c.case_id == case))
            for member in sorted(set(to)):
                must_act(tx.connection, member)
                tx.connection.execute(insert(handlers).values(case_id=case, member=member))
                # Now that they would be let in by name, only what is about themselves is closed to them.
                closed.must_be_open(tx.connection, case, member)
            tx.tell(Event.CASE_CONFIDED, case, actor, staff=",".join(sorted(set(to))))

    def open_up(self, case: str, *, actor: str, reason: str) -> None:
        """It is confidential no more, and whoever may see cases sees it.

        Raises:
            NotFound: no such case.
            Conflict: it is not confidential, or about a member of staff: then it stays so.
        """
        with self._work.begin() as tx:
            reference = tx.lock_case(case).reference
            marked = select(confidences).where(confidences.c.case_id == case, confidences.c.ended.is_(None))
            about_staff = of_staff().where(identifier_hashes.c.case_id == case)
            if tx.connection.scalar(select(about_staff.exists())):
                raise Conflict("case-is-of-staff", "it stays confidential", reference=reference)
            if tx.connection.execute(marked).one_or_none() is None:
                raise Conflict("case-not-confidential", reference=reference)
            over = {"ended": tx.now, "by": actor}
            over["reason"] = self._sealing.reason(case, reason, _place(case))
            tx.connection.execute(update(confidences).where(confidences.c.case_id == case).values(over))
            tx.tell(Event.CASE_OPENED_UP, case, actor)


def _place(case: str) -> str:
    return f"case_confidences.reason:{case}"
