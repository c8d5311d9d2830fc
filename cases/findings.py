"""What was located and proved, by system: counts and references, the newest of each standing."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Connection, insert, select

from cases.tables import findings
from cases.unit_of_work import UnitOfWork
from domain.case import Located, Proved
from domain.events import Event
from domain.ports import ENGINE

_LOCATED, _PROVED = "located", "proved"
_Facts = dict[str, str | int]
_Finding = TypeVar("_Finding", Located, Proved)


class FindingRegister:
    """Implements `domain.ports.Findings`. The same finding again, as a retry brings it, is told once."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def located(self, case: str, located: Located) -> None:
        """Note one system's manifest."""
        facts: _Facts = {"count": located.count, "identifiers": located.identifiers, "digest": located.digest}
        self._note(case, _LOCATED, located, Event.SYSTEM_LOCATED, facts)

    def manifests(self, case: str) -> tuple[Located, ...]:
        """The newest manifest of every system, in the order in which systems were first located."""
        with self._work.read() as connection:
            return _newest(connection, case, _LOCATED, Located)

    def proved(self, case: str, proved: Proved) -> None:
        """Note one system's proof."""
        facts: _Facts = {"proof": proved.proof.value, "left": proved.left, "leftover": proved.leftover}
        self._note(case, _PROVED, proved, Event.SYSTEM_PROVED, facts)

    def proofs(self, case: str) -> tuple[Proved, ...]:
        """The newest proof of every system, in the order in which systems were first proved."""
        with self._work.read() as connection:
            return _newest(connection, case, _PROVED, Proved)

    def _note(self, case: str, kind: str, finding: _Finding, event: Event, facts: _Facts) -> None:
        with self._work.begin() as tx:
            tx.lock_case(case)
            if finding in _newest(tx.connection, case, kind, type(finding)):
                return
            row = {
                "case_id": case,
                "kind": kind,
                "system": finding.system,
                "finding": finding.model_dump(mode="json"),
                "at": tx.now,
            }
            tx.connection.execute(insert(findings).values(row))
            tx.tell(event, case, ENGINE, system=finding.system, **facts)


def located_any(connection: Connection, case: str) -> bool:
    """Whether anything was found in any system when it was last searched."""
    return any(found.count for found in _newest(connection, case, _LOCATED, Located))


def _newest(connection: Connection, case: str, kind: str, model: type[_Finding]) -> tuple[_Finding, ...]:
    found = connection.scalars(
        select(findings.c.finding)
        .where(findings.c.case_id == case, findings.c.kind == kind)
        .order_by(findings.c.id)
    )
    by_system: dict[str, _Finding] = {}
    for value in found:
        finding = model.model_validate(value)
        by_system[finding.system] = finding
    return tuple(by_system.values())
