"""Systems that wait for a person, and how they are answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update

from cases.closed import must_take
from cases.facts import checked_actor
from cases.part import Part
from cases.seconding import amended_since, last_word, say, skip_of
from cases.staff import must_act
from cases.tables import parkings
from cases.unit_of_work import Transaction
from cases.waited_for import nobody_waits
from domain.errors import BadInput, Conflict
from domain.events import Event
from domain.ports import ENGINE
from domain.seconding import Word
from domain.states import State

_TICK = timedelta(microseconds=1)
"""Waits of one system begin at different instants, whatever the clocks of two workers say."""


class Parkings(Part):
    """The register's part that knows which systems of a case wait."""

    def park(self, case: str, step: State, system: str, code: str) -> None:
        """A system waits for a person; the same told twice is one event.

        Said while it waits already, this is the same call again, or a new wait: a repair was accepted and has
        failed before `repaired` was written. Each is a row of its own, so that an answer ends only the wait that
        it was given to.
        """
        with self._work.begin() as tx:
            tx.lock_case(case)
            standing = _open_parking(tx, case, system)
            since, hand = tx.now, ""
            if standing:
                hand = standing.hand
                since = max(tx.now, standing.since + _TICK)
                overtaken = update(parkings).where(parkings.c.id == standing.id)
                tx.connection.execute(overtaken.values(repaired=tx.now))  # by nobody: not answered yet
            row = {"case_id": case, "system": system, "step": step.value, "code": code, "since": since}
            row |= {"hand": hand}
            tx.connection.execute(parkings.insert().values(row))
            if standing is None or (standing.step, standing.code) != (step.value, code):
                tx.tell(Event.SYSTEM_PARKED, case, system=system, step=step, code=code)

    def repaired(
        self,
        case: str,
        system: str,
        *,
        actor: str,
        ground: str = "",
        reason: str = "",
        seen: datetime | None = None,
    ) -> None:
        """A parked system was answered: retried, or left out on a ground; the same answer again is one.

        `seen` is the `since` of the wait that was answered: one that began later goes on, and is told again.
        Without it the answer is to whatever waits now.

        Raises:
            Conflict: the system is not parked, that wait was answered otherwise, or two did not say yet that it is
                left out on that ground.
        """
        with self._work.begin() as tx:
            reference = tx.lock_case(case).reference
            asked = _last_parking(tx, case, system, seen)
            if asked is None or asked.repaired_by is not None:
                if asked and (asked.repaired_by, asked.ground) == (actor, ground):
                    return
                raise Conflict("not-parked", "nothing waits there", reference=reference, system=system)
            if ground:
                said = last_word(tx.connection, case, skip_of(asked.id))
                if said is None or said.completed is None or said.code != ground:
                    mend = "two members of staff say that it is left out"
                    raise Conflict("second-person-due", mend, reference=reference, system=system)
            place = f"parkings.reason:{asked.id}"
            answer = update(parkings).where(parkings.c.id == asked.id)
            tx.connection.execute(
                answer.values(
                    repaired=tx.now,
                    repaired_by=actor,
                    ground=ground,
                    reason=self._sealing.reason(case, reason, place),
                )
            )
            tx.tell(Event.SYSTEM_REPAIRED, case, actor, system=system, ground=ground)
            if ground:
                nobody_waits(tx, case, system)
            if waits := _open_parking(tx, case, system):
                tx.tell(Event.SYSTEM_PARKED, case, system=system, step=waits.step, code=waits.code)

    def left_out(self, case: str) -> frozenset[str]:
        """The systems without which a case goes on, on a ground: those whose last wait was ended so."""
        ended = select(parkings.c.system, parkings.c.ground).where(
            parkings.c.case_id == case, parkings.c.repaired_by.is_not(None)
        )
        with self._work.read() as connection:
            last = {row.system: row.ground for row in connection.execute(ended.order_by(parkings.c.since))}
        return frozenset(system for system, ground in last.items() if ground)

    def leaving_out(
        self,
        case: str,
        system: str,
        *,
        ground: str,
        actor: str,
        reason: str,
        seen: datetime | None = None,
    ) -> Word:
        """An officer's word that a parked system is to be left out on a ground; complete once a second said the same.

        It is of the wait that was `seen`, and of the request as it stands. `repaired` ends the wait, once the workflow
        has heard. Reasons are sealed.

        Raises:
            Conflict: the system is not parked.
            SamePerson: who says it has said the same already.
        """
        with self._work.begin() as tx:
            row = tx.lock_case(case)
            asked = _last_parking(tx, case, system, seen)
            if asked is None or asked.repaired_by is not None:
                raise Conflict("not-parked", "nothing waits there", reference=row.reference, system=system)
            about = skip_of(asked.id)
            before = last_word(tx.connection, case, about)
            lapsed = before is not None and amended_since(tx.connection, before)
            return say(
                tx,
                self._sealing,
                row,
                about=about,
                code=ground,
                said=(actor, reason),
                told=(Event.SKIP_PROPOSED, Event.SKIP_CONFIRMED),
                lapsed=lapsed,
                system=system,
                ground=ground,
            )

    def unparked(self, case: str, system: str) -> None:
        """What waited there is given up by the engine: nobody need answer it. Again: nothing. Raises `NotFound`."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            if waits := _open_parking(tx, case, system):
                given_up = update(parkings).where(parkings.c.id == waits.id)
                tx.connection.execute(given_up.values(repaired=tx.now, repaired_by=ENGINE))
                tx.tell(Event.SYSTEM_UNPARKED, case, system=system, step=waits.step, code=waits.code)

    def hand(self, case: str, system: str, to: str, *, actor: str) -> None:
        """Give a parked system to a member of staff; to the same again changes nothing.

        Raises:
            BadInput: `to` is no id of a member of staff.
            NotFound: nobody who may act has that id.
            NotAllowed: the case is closed to them.
            Conflict: the system does not wait.
        """
        if not checked_actor(to).startswith("S-"):
            raise BadInput("staff-malformed", "name a member of staff by id", field="to")
        with self._work.begin() as tx:
            reference = tx.lock_case(case).reference
            waits = _open_parking(tx, case, system)
            if waits is None:
                raise Conflict("not-parked", "nothing waits there", reference=reference, system=system)
            must_act(tx.connection, to)
            must_take(tx.connection, case, to)
            if waits.hand != to:
                given = update(parkings).where(parkings.c.id == waits.id)
                tx.connection.execute(given.values(hand=to))
                tx.tell(Event.SYSTEM_HANDED, case, actor, system=system, staff=to)


def _open_parking(tx: Transaction, case: str, system: str) -> Row[Any] | None:
    return tx.connection.execute(
        select(parkings).where(
            parkings.c.case_id == case, parkings.c.system == system, parkings.c.repaired.is_(None)
        )
    ).one_or_none()


def _last_parking(tx: Transaction, case: str, system: str, seen: datetime | None) -> Row[Any] | None:
    """The newest wait of a system, or the newest that had begun when it was seen."""
    wanted = select(parkings).where(parkings.c.case_id == case, parkings.c.system == system)
    if seen is not None:
        wanted = wanted.where(parkings.c.since <= seen)
    return tx.connection.execute(wanted.order_by(parkings.c.id.desc()).limit(1)).one_or_none()
