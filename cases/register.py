"""Requests and cases: opened, moved along the one transition table, closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, update

from cases import intake as intakes
from cases import opening
from cases import views as reading
from cases.amendments import Amendments, amend_of, leave_waiting, lock_to_leave, waiting_for
from cases.closed import must_be_open
from cases.links import LinkedCases, merged_into
from cases.merging import Merging
from cases.parkings import Parkings
from cases.stopping import Stops
from cases.tables import cases
from cases.tables import terms as versions
from cases.tasks import ask
from cases.unit_of_work import Transaction
from cases.waited_for import nobody_waits
from domain.case import Begin, Case
from domain.deadlines import Terms
from domain.errors import Conflict, NotFound
from domain.events import Event
from domain.outcomes import Ending
from domain.ports import ENGINE, PERSON, CaseView, Intake
from domain.rights import Right
from domain.states import CARRYING_OUT, State, check_move


class CaseRegister(LinkedCases, Merging, Amendments, Parkings, Stops):
    """Implements `domain.ports.Register`."""

    def open_request(self, intake: Intake, terms: Mapping[Right, Terms]) -> tuple[Case, ...]:
        """Request, vault rows under fresh keys, cases, terms and events, in one transaction.

        A case each controller and right, a controller's in the order in which they are carried out. The same
        `dedup` again returns the cases of the first.

        Raises:
            BadInput: no right or controller, one of them twice, no identifier, an instant without zone, a right
                without terms.
        """
        return intakes.open_request(self._work, self._sealing, intake, terms)

    def view(self, reference: str, actor: str = ENGINE) -> CaseView:
        """A case by its reference or id, for who acts. Raises `NotFound`; `NotAllowed`: it is closed to them."""
        view = self._work.once(("view", reference), lambda connection: reading.view(connection, reference))
        if actor not in {ENGINE, PERSON}:
            with self._work.read() as connection:
                must_be_open(connection, view.case.id, actor)
        return view

    def of_request(self, case: str) -> tuple[CaseView, ...]:
        """All cases of the request of a case, itself among them, in the order in which they were opened."""
        with self._work.read() as connection:
            return reading.of_request(connection, case)

    def views(self, *, open_only: bool = False, limit: int = 1000) -> tuple[CaseView, ...]:
        """Cases, the newest first."""
        with self._work.read() as connection:
            return reading.views(connection, open_only=open_only, limit=limit)

    def page(
        self, *, state: State | None, due_before: date | None, after: str, limit: int
    ) -> tuple[CaseView, ...]:
        """So many cases in the order of their references, from after that one; `due_before` looks at the promised day."""
        with self._work.read() as connection:
            return reading.page(connection, state=state, due_before=due_before, after=after, limit=limit)

    def request(self, request: str) -> tuple[CaseView, ...]:
        """All cases of a request by its id, in the order in which they were opened. Raises `NotFound`."""
        with self._work.read() as connection:
            found = reading.by_request(connection, request)
        if not found:
            raise NotFound("request-unknown", "use the id that opening it gave")
        return found

    def unstarted(self, before: datetime) -> tuple[Case, ...]:
        """Open cases of before that instant whose workflow nobody knows to run."""
        with self._work.read() as connection:
            return reading.unstarted(connection, before)

    def started(self, case: str, *, recovered: bool = False) -> None:
        """Note that the workflow runs; told once."""
        with self._work.begin() as tx:
            if tx.lock_case(case).started is None:
                _change(tx, case, started=tx.now)
                tx.tell(Event.CASE_START_RECOVERED if recovered else Event.CASE_STARTED, case)

    def begin(self, case: str) -> Begin:
        """Let fulfilment begin, for good, unless a change stands against it that the workflow has not heard.

        Asked under the case's lock, as amendments are kept: one that came first is taken up first, and one that
        comes later is too late.
        """
        with self._work.begin() as tx:
            return _begin(tx, tx.lock_case(case))

    def enter(self, case: str, state: State) -> None:
        """Move a case; entering the state it is in changes and tells nothing.

        Raises:
            Conflict: the transition table does not lead there, it leads to the end (see `close`), or it leads to
                fulfilment and a change stands against that (see `begin`).
        """
        with self._work.begin() as tx:
            row = tx.lock_case(case)
            now = State(row.state)
            check_move(now, state)
            if now is state:
                return
            if state is State.CLOSED:
                raise Conflict("close-needs-an-ending", "close the case with its ending", state=now)
            if state in CARRYING_OUT and not _begin(tx, row).begun:
                raise Conflict("change-waits", "take it up first", reference=row.reference, state=state)
            _change(tx, case, state=state.value)
            tx.tell(Event.CASE_ENTERED, case, **{"from": now.value, "to": state.value})

    def close(self, case: str, ending: Ending) -> None:
        """Close a case with its ending; closing it so again changes nothing. What it did not take up is dropped.

        Raises:
            Conflict: it was closed with another ending.
        """
        with self._work.begin() as tx:
            row = lock_to_leave(tx, case)
            now = State(row.state)
            if now is State.CLOSED:
                if row.ending != ending.value:
                    raise Conflict("already-closed", reference=row.reference, ending=row.ending)
                return
            check_move(now, State.CLOSED)
            leave_waiting(tx, case)
            nobody_waits(tx, case)
            _change(tx, case, state=State.CLOSED.value, ending=ending.value, closed=tx.now)
            tx.tell(Event.CASE_CLOSED, case, ending=ending, **{"from": now.value})

    def retime(self, case: str, terms: Terms, *, actor: str, reason: str) -> None:
        """Terms v+1; the same version again changes nothing.

        Raises:
            Conflict: they would shorten a promise, or are not the next version.
        """
        with self._work.begin() as tx:
            row = tx.lock_case(case)
            pinned = reading.terms_of(tx.connection, case, row.terms_version)
            if terms == pinned:
                return
            if terms.version != pinned.version + 1:
                raise Conflict("terms-out-of-turn", reference=row.reference, version=pinned.version)
            if terms.strict < pinned.strict or terms.due < pinned.due:
                raise Conflict(
                    "promise-shortened", "a promise is never made earlier", reference=row.reference
                )
            sealed = self._sealing.reason(case, reason, f"terms.reason:{case}/{terms.version}")
            opening.write_terms(tx, case, terms, actor, sealed)
            _change(tx, case, terms_version=terms.version, due=terms.strict)
            tx.tell(Event.TERMS_RETIMED, case, actor, version=terms.version, strict=terms.strict.isoformat())

    def terms_heard(self, case: str, version: int) -> None:
        """Note that the workflow knows that version of the terms; the first time stands."""
        with self._work.begin() as tx:
            heard = update(versions).where(versions.c.case_id == case, versions.c.version == version)
            tx.connection.execute(heard.where(versions.c.heard.is_(None)).values(heard=tx.now))

    def unheard_terms(self, before: datetime) -> tuple[tuple[str, Terms], ...]:
        """The newest terms of running cases, made before that instant and not heard, the oldest first."""
        with self._work.read() as connection:
            return reading.unheard_terms(connection, before)

    def note(self, case: str, event: Event, actor: str = ENGINE, **facts: str | int) -> None:
        """Tell an event that changes nothing else. Raises `NotFound`; `BadInput` for a fact that may be personal."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            tx.tell(event, case, actor, **facts)

    def open_task(self, case: str, code: str, system: str = "", *, once: bool = False) -> None:
        """Ask the officers to do something by hand; one open task a case, code and system.

        When it was done it is asked anew, unless it is asked `once`: a step taken again asks for nothing that was done.
        What was given up is asked for anew in any case, for it is still to be done.
        """
        with self._work.begin() as tx:
            tx.lock_case(case)
            ask(tx, case, code, system, once=once)


def _begin(tx: Transaction, row: Row[Any]) -> Begin:
    if row.begun is not None:
        return Begin()
    waiting = tuple(map(amend_of, waiting_for(tx.connection, row.id)))
    said = Begin(waiting=waiting, merging=merged_into(tx.connection, row.id) is not None)
    if said.begun:
        _change(tx, row.id, begun=tx.now)
    return said


def _change(tx: Transaction, case: str, **values: object) -> None:
    tx.connection.execute(update(cases).where(cases.c.id == case).values(**values))
