"""Two requests that are one: found by shared identifiers, and merged by an officer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from cases import views
from cases.links import link_place, write_link
from cases.part import Part
from cases.tables import links
from domain.errors import BadInput, Conflict
from domain.events import Event
from domain.links import Relation
from domain.ports import CaseView
from domain.states import BEGUN, State


class Merging(Part):
    """The register's part that finds and merges duplicates."""

    def like(self, case: str) -> tuple[CaseView, ...]:
        """Open cases of other requests that share an identifier and the right with this one, the oldest first.

        Raises `NotFound`.
        """
        with self._work.read() as connection:
            views.view(connection, case)
            return views.like(connection, case)

    def merge(self, case: str, into: str, *, actor: str, reason: str) -> None:
        """Note that a case goes on in an earlier one; the same again changes nothing.

        That both are of one and the same verified person is for the caller to see to.

        Raises:
            Conflict: one is closed or its fulfilment has begun, the right or the controller differs, or one was
                merged elsewhere.
            BadInput: it is the same case, or the other was received later: the earliest clock stands.
        """
        if case == into:
            raise BadInput("merged-with-itself", "name the earlier case")
        with self._work.begin() as tx:
            # Always in the same order, so that two who merge each other's way wait and do not lock up.
            rows = {each: tx.lock_case(each) for each in sorted((case, into))}
            if _merged_into(tx.connection, case) == into:
                return
            for row in (rows[case], rows[into]):
                _must_be_free(tx.connection, row)
            _must_be_one(rows[case], rows[into])
            merged, earlier = (views.view(tx.connection, each).case for each in (case, into))
            if earlier.terms.received_on > merged.terms.received_on:
                raise BadInput(
                    "merged-into-later", "merge it the other way round", reference=earlier.reference
                )
            why = self._sealing.reason(case, reason, link_place(case, Relation.MERGED, into))
            write_link(tx, merged, Relation.MERGED, into, actor=actor, reason=why)
            tx.tell(Event.CASE_MERGED, case, actor, to=earlier.reference)
            tx.tell(Event.CASE_MERGED, into, actor, **{"from": merged.reference})


def _merged_into(connection: Connection, case: str) -> str | None:
    return connection.scalar(
        select(links.c.other_id).where(links.c.case_id == case, links.c.relation == Relation.MERGED.value)
    )


def _must_be_free(connection: Connection, row: Row[Any]) -> None:
    if _merged_into(connection, row.id) is not None:
        raise Conflict("merged-elsewhere", "look where it goes on", reference=row.reference)
    if State(row.state) in BEGUN:
        raise Conflict(
            "fulfilment-begun", "let each go on by itself", reference=row.reference, state=row.state
        )


def _must_be_one(case: Row[Any], into: Row[Any]) -> None:
    if case.right != into.right:
        raise Conflict("rights-differ", "only the same right is merged", reference=into.reference)
    if case.tenant != into.tenant:
        raise Conflict("controllers-differ", "each controller answers by itself", reference=into.reference)
