"""The audit chain as the rooms around see it: to tell into, to verify, to publish the end of."""

from __future__ import annotations

from collections.abc import Mapping

from cases import audit
from cases.unit_of_work import UnitOfWork
from domain.errors import BadInput
from domain.events import Event


class AuditTrail:
    """Implements `security.ports.AuditSink`, and verifies."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def note(self, event: str, facts: Mapping[str, str | int]) -> None:
        """Tell an event that belongs to no change of the register; `actor` and `case` may be among the facts.

        Raises:
            BadInput: no event has that name, or a fact may be personal.
        """
        try:
            named = Event(event)
        except ValueError:
            raise BadInput("event-unknown", "add it to the events of the domain") from None
        rest = dict(facts)
        actor, case = str(rest.pop("actor", "engine")), str(rest.pop("case", "")) or None
        with self._work.begin() as tx:
            if case is not None:
                tx.lock_case(case)
            tx.tell(named, case, actor, **rest)

    def head(self) -> audit.Head:
        """The chain's end: what is published, so that nobody can later shorten or rewrite it unseen."""
        with self._work.read() as connection:
            return audit.head(connection)

    def verify(self, *published: audit.Head) -> audit.Head:
        """Walk the whole chain and return its end; it must pass through every end that was published.

        Raises:
            ChainBroken: facts name the first link that fails, and why.
        """
        with self._work.walk() as connection:
            return audit.verify(connection, *published)
