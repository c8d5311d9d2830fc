"""Two requests that are one: found by shared identifiers, merged by an officer, and taken apart if that fails."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, or_, select

from cases import told, views
from cases.amendments import amend_of, has_begun, keep_amendment, waiting_for
from cases.links import link_place, merged_into, wait_for, write_link
from cases.part import Part
from cases.proofs import Proofs, same_person
from cases.tables import amendments, cases, links
from cases.unit_of_work import Transaction
from cases.vault import SealedVault
from domain.case import Amend, Case, Merge, Moved
from domain.errors import BadInput, Conflict
from domain.events import Event
from domain.identifiers import Identifier
from domain.links import Amendment, Relation
from domain.outcomes import Ending
from domain.ports import CaseView
from domain.wishes import united


class Merging(Part):
    """The register's part that finds and merges duplicates."""

    def like(self, case: str) -> tuple[CaseView, ...]:
        """Open cases of other requests that share an identifier and the right with this one, the oldest first.

        Raises `NotFound`.
        """
        with self._work.read() as connection:
            views.view(connection, case)
            return views.like(connection, case)

    def beside(self, case: str) -> tuple[CaseView, ...]:
        """Open cases of other requests, of whatever right, that know what is surely this person's, the oldest first.

        Raises `NotFound`, `KeyShredded`.
        """
        with self._work.read() as connection:
            request = views.view(connection, case).request
            known = self._sealing.hashes(self._surely_theirs(connection, case))
            return views.naming(connection, (each.digest for each in known), request)

    def merge(self, case: str, into: str, *, actor: str, reason: str) -> Amend | None:
        """Note that a case goes on in an earlier one, and keep for that one what this one brings.

        That is an amendment: what both ask, and the identifiers that are surely the person's. It is returned while
        it waits to be heard; None where the earlier one has nothing new to do. The same again changes nothing.
        That identity is shown well enough is for the caller to see to.

        Raises:
            Conflict: nobody is chosen in one of them, they are of two people, they ask what cannot be asked at
                once, one is closed or its fulfilment has begun, an amendment of one waits, the right or the
                controller differs, or one was merged elsewhere.
            BadInput: it is the same case, or the other was received later: the earliest clock stands.
        """
        if case == into:
            raise BadInput("merged-with-itself", "name the earlier case")
        with self._work.begin() as tx:
            # Always in the same order, so that two who merge each other's way wait and do not lock up.
            rows = {each: tx.lock_case(each) for each in sorted((case, into))}
            if merged_into(tx.connection, case) == into:
                return _brought(tx.connection, case, into)
            for row in (rows[case], rows[into]):
                _must_be_free(tx.connection, row)
            _must_be_one(rows[case], rows[into])
            merged, earlier = (views.view(tx.connection, each).case for each in (case, into))
            if earlier.terms.received_on > merged.terms.received_on:
                raise BadInput(
                    "merged-into-later", "merge it the other way round", reference=earlier.reference
                )
            self._must_be_one_person(tx.connection, merged, earlier)
            brings = self._brings(tx, merged, earlier)
            why = self._sealing.reason(case, reason, link_place(case, Relation.MERGED, into))
            write_link(tx, merged, Relation.MERGED, into, actor=actor, reason=why)
            tx.tell(Event.CASE_MERGED, case, actor, to=earlier.reference)
            tx.tell(Event.CASE_MERGED, into, actor, **{"from": merged.reference})
            if brings is None:
                return None
            kept = keep_amendment(tx, self._sealing, into, brings, actor=actor, reason=reason, merged=case)
            return Amend(id=kept, moved=Moved.SCOPE)

    def merging(self, before: datetime) -> tuple[tuple[str, Merge], ...]:
        """Cases that were merged before that instant and have not ended so, the oldest first.

        Only where the earlier case has taken up what they bring: it must not end while they wait in vain for it.
        """
        unheard = exists().where(
            amendments.c.case_id == links.c.other_id,
            amendments.c.merged_id == links.c.case_id,
            amendments.c.applied.is_(None),
            amendments.c.dropped.is_(None),
        )
        wanted = (
            select(links.c.case_id, links.c.other_id)
            .join(cases, cases.c.id == links.c.case_id)
            .where(links.c.relation == Relation.MERGED.value, links.c.undone.is_(None), ~unheard)
            .where(or_(cases.c.ending.is_(None), cases.c.ending != Ending.MERGED.value))
            .where(links.c.at < before)
            .order_by(links.c.at, links.c.case_id)
        )
        with self._work.read() as connection:
            return tuple((row.case_id, Merge(into=row.other_id)) for row in connection.execute(wanted))

    def _must_be_one_person(self, connection: Connection, merged: Case, earlier: Case) -> None:
        vault = SealedVault(self._work, self._sealing)
        chosen = [vault.chosen_in(connection, each.id) for each in (merged, earlier)]
        for rows, each in zip(chosen, (merged, earlier), strict=True):
            if not rows:
                mend = "both must be verified before anybody says that they are one"
                raise Conflict("not-verified", mend, reference=each.reference)
        if not same_person(*chosen):
            raise Conflict("different-people", "leave them apart", reference=merged.reference)

    def _brings(self, tx: Transaction, merged: Case, earlier: Case) -> Amendment | None:
        """What the earlier case does not ask, know or wait for yet. Raises `Conflict`."""
        if merged.consent_only != earlier.consent_only:
            raise Conflict("wishes-differ", "let each go on by itself", reference=merged.reference)
        newer, older = (told.read(tx.connection, self._sealing, each.id) for each in (merged, earlier))
        both = united(earlier.right, older.changes, newer.changes)
        changes = {name: both.get(name, "") for name in both.keys() | older.changes.keys()}
        changes = {name: value for name, value in changes.items() if value != older.changes.get(name, "")}
        new = tuple(one for one in self._surely_theirs(tx.connection, merged.id) if one not in older.given)
        waits = wait_for(tx, earlier, (other for other in merged.after if other != earlier.id))
        if not changes and not new and not waits:
            return None
        before = {name: older.changes.get(name, "") for name in changes}
        return Amendment(moved=Moved.SCOPE, changes=changes, identifiers=new, before=before)

    def _surely_theirs(self, connection: Connection, case: str) -> tuple[Identifier, ...]:
        """What it came with that is on file for the person or was proved: anybody can name anybody's address.

        The rest must not cross, for the earlier case trusts what it finds.
        """
        vault = SealedVault(self._work, self._sealing)
        proofs = Proofs(self._sealing, vault)
        sure = set(proofs.addresses(connection, proofs.counting(connection, case)))
        sure |= {one for row in vault.chosen_in(connection, case) for one in row.addresses}
        given = told.read(connection, self._sealing, case).given
        return tuple(one for one in given if one in sure)


def _brought(connection: Connection, case: str, into: str) -> Amend | None:
    for row in waiting_for(connection, into):
        if row.merged_id == case:
            return amend_of(row)
    return None


def _must_be_free(connection: Connection, row: Row[Any]) -> None:
    if merged_into(connection, row.id) is not None:
        raise Conflict("merged-elsewhere", "look where it goes on", reference=row.reference)
    if has_begun(row):
        raise Conflict(
            "fulfilment-begun", "let each go on by itself", reference=row.reference, state=row.state
        )
    if waiting_for(connection, row.id):
        raise Conflict("change-waits", "try again once it was taken up", reference=row.reference)


def _must_be_one(case: Row[Any], into: Row[Any]) -> None:
    if case.right != into.right:
        raise Conflict("rights-differ", "only the same right is merged", reference=into.reference)
    if case.tenant != into.tenant:
        raise Conflict("controllers-differ", "each controller answers by itself", reference=into.reference)
