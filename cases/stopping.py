"""Stops: one officer says what a case is to be stopped for, and a second the same, unless one may say it alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cases.part import Part
from cases.seconding import amended_since
from cases.stop_tables import stops
from cases.suppressions import release
from cases.tables import cases
from cases.unit_of_work import Transaction
from domain.errors import Conflict, SamePerson, TooLate
from domain.events import Event
from domain.states import State
from domain.stops import UNASKED, Mistake, Stop

Said = tuple[str, str]
"""Who said it, and why in their own words."""


class Stops(Part):
    """The register's part that knows who stopped a case."""

    def stopping(
        self,
        case: str,
        *,
        mistake: Mistake | None = None,
        ground: str = "",
        actor: str,
        reason: str,
        alone: bool = False,
    ) -> Stop:
        """An officer's word that the case is to be stopped; `alone` where it needs no second one. Reasons are sealed.

        It completes another officer's word for the same thing, unless the request was amended since; else it stands in
        the place of whatever was said before. Once one is complete, that one stands.

        Raises:
            Conflict: it is closed; `TooLate`: it is being answered.
            SamePerson: who says it has said the same already.
        """
        with self._work.begin() as tx:
            row = tx.lock_case(case)
            if row.state == State.CLOSED.value:
                raise Conflict("already-closed", reference=row.reference, ending=row.ending)
            if row.state == State.ANSWERING.value:
                raise TooLate("case-is-ending", "it is being answered", reference=row.reference)
            newest = last_stop(tx.connection, case)
            if newest is not None and newest.completed is not None:
                return _stop(newest)
            wanted = Stop(proposer=actor, mistake=mistake, ground=ground, complete=alone)
            if newest is None or alone or not _says(tx.connection, newest, wanted):
                return self._say(tx, row, newest, wanted, reason)
            if newest.actor == actor:
                mend = "a second member of staff says the same"
                raise SamePerson("same-person", mend, reference=row.reference)
            return self._confirm(tx, row, newest, (actor, reason))

    def stop_of(self, case: str) -> Stop | None:
        """The newest word for stopping the case, complete or waiting for a second person; none that has lapsed."""
        with self._work.read() as connection:
            newest = last_stop(connection, case)
            lapsed = newest is not None and newest.completed is None and amended_since(connection, newest)
        return _stop(newest) if newest is not None and not lapsed else None

    def unheard_stops(self, before: datetime) -> tuple[tuple[str, Stop], ...]:
        """Complete stops of before that instant whose case is open still: for the reconcile sweep."""
        wanted = (
            select(stops)
            .join(cases, cases.c.id == stops.c.case_id)
            .where(stops.c.completed < before, cases.c.state.not_in(_OVER))
            .order_by(stops.c.completed, stops.c.case_id)
        )
        with self._work.read() as connection:
            return tuple((row.case_id, _stop(row)) for row in connection.execute(wanted))

    def _say(self, tx: Transaction, at_case: Row[Any], before: Row[Any] | None, said: Stop, why: str) -> Stop:
        number = before.no + 1 if before is not None else 1
        row = {
            "case_id": at_case.id,
            "no": number,
            "mistake": said.mistake or "",
            "ground": said.ground,
            "actor": said.proposer,
            "reason": self._sealing.reason(at_case.id, why, f"stops.reason:{at_case.id}:{number}"),
            "at": tx.now,
            "confirmer": "",
            "completed": tx.now if said.complete else None,
        }
        tx.connection.execute(insert(stops).values(row))
        event = Event.CASE_CANCELLED if said.complete else Event.CANCEL_PROPOSED
        _tell(tx, event, at_case, said, said.proposer)
        if said.complete:
            self._release(tx, said, at_case.id, (said.proposer, why))
        return said

    def _confirm(self, tx: Transaction, at_case: Row[Any], said: Row[Any], word: Said) -> Stop:
        (actor, reason), place = word, f"stops.confirmed_why:{at_case.id}:{said.no}"
        second = {
            "confirmer": actor,
            "confirmed_why": self._sealing.reason(at_case.id, reason, place),
            "completed": tx.now,
        }
        ours = (stops.c.case_id == at_case.id, stops.c.no == said.no)
        tx.connection.execute(update(stops).where(*ours).values(second))
        complete = _stop(said).model_copy(update={"confirmer": actor, "complete": True})
        _tell(tx, Event.CASE_CANCELLED, at_case, complete, actor)
        self._release(tx, complete, at_case.id, word)
        return complete

    def _release(self, tx: Transaction, stop: Stop, case: str, word: Said) -> None:
        """Whom a test or a mistake put among those who objected: that stands no more."""
        if stop.mistake in UNASKED:
            release(tx, self._sealing, case, actor=word[0], reason=word[1])


_OVER = (State.ANSWERING.value, State.CLOSED.value)


def last_stop(connection: Connection, case: str) -> Row[Any] | None:
    """The row of what was said last."""
    wanted = select(stops).where(stops.c.case_id == case).order_by(stops.c.no.desc()).limit(1)
    return connection.execute(wanted).one_or_none()


def _says(connection: Connection, row: Row[Any], wanted: Stop) -> bool:
    """Whether it was said of the same thing, and of the request as it stands: a ground may not hold for another."""
    same = (row.mistake, row.ground) == (wanted.mistake or "", wanted.ground)
    return same and not amended_since(connection, row)


def _stop(row: Row[Any]) -> Stop:
    return Stop(
        proposer=row.actor,
        confirmer=row.confirmer,
        mistake=Mistake(row.mistake) if row.mistake else None,
        ground=row.ground,
        complete=row.completed is not None,
    )


def _tell(tx: Transaction, event: Event, at_case: Row[Any], stop: Stop, actor: str) -> None:
    tx.tell(event, at_case.id, actor, state=at_case.state, code=stop.mistake or "", ground=stop.ground)
