"""How cases belong together, and the further cases of a request that are opened on its way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from cases import told
from cases.ids import new_id
from cases.instructions import must_be_a_persons
from cases.opening import Origin, take_references, write_case
from cases.part import Part
from cases.sealing import TEXT
from cases.tables import cases, links
from cases.unit_of_work import Transaction
from cases.views import OPENING, view
from domain.case import Case
from domain.deadlines import Terms
from domain.errors import BadInput, Conflict, KeyShredded, NotFound
from domain.events import Event
from domain.links import Link, Relation
from domain.outcomes import Ending
from domain.ports import ENGINE
from domain.rights import Right, goes_before
from domain.states import State
from security.ports import KeyPurpose

_AGAIN = frozenset({Relation.REOPENS, Relation.REVIEWS})
"""The same right is looked at again, after its case was closed."""


class LinkedCases(Part):
    """The register's part that knows which cases belong together."""

    def links(self, case: str) -> tuple[Link, ...]:
        """How a case belongs to others, both ways, the oldest first. Raises `NotFound`."""
        with self._work.read() as connection:
            if connection.scalar(select(cases.c.id).where(cases.c.id == case)) is None:
                raise NotFound("case-unknown", "look it up in the list of cases")
            return _links(connection, case)

    def open_linked(
        self,
        case: str,
        relation: Relation,
        right: Right,
        terms: Terms,
        *,
        actor: str = ENGINE,
        reason: str = "",
        changes: Mapping[str, JsonValue] | None = None,
    ) -> Case:
        """A further case of the same request, linked to this one, with a key and a vault row of its own.

        Once per case, relation and right: the same again returns the first. What was reopened may be reopened
        once more after that was closed. One that is reopened or reviewed must be shown identity anew. One that
        follows or replaces this one waits for the open cases of the request as if it had come with them.

        Raises:
            BadInput: no case is opened in that relation, another right is to be reopened or reviewed, or a tenant
                instructed it.
            Conflict: what is to be reopened or reviewed is open, went on in another case, was reviewed already, or is
                reopened now.
            KeyShredded: nothing is left to go on with.
        """
        _check(relation)
        key = self._sealing.ring.create(KeyPurpose.CASE, new_id("c"))
        try:
            with self._work.begin() as tx:
                row = tx.lock_case(case)
                must_be_a_persons(tx.connection, case)
                standing = _standing(tx.connection, row, relation, right)
                if standing is None:
                    words = told.read(tx.connection, self._sealing, case)
                    opened = _opened(tx, row, relation, right, terms, fresh=key.owner)
                    write_case(tx, opened, _origin(tx, row, relation, actor))
                    over = {} if changes is None else {"changes": dict(changes)}
                    told.write(tx.connection, self._sealing, key, words.model_copy(update=over))
                    place = link_place(opened.id, relation, case)
                    why = self._sealing.put(key, TEXT, reason, place) if reason else None
                    write_link(tx, opened, relation, case, actor=actor, reason=why)
                    wait_for(tx, opened, opened.after)
                    tx.tell(Event.CASE_LINKED, opened.id, actor, kind=relation, to=row.reference)
                    tx.tell(Event.CASE_LINKED, case, actor, kind=relation, **{"from": opened.reference})
                    return opened
        except (BadInput, Conflict, NotFound, KeyShredded):
            self._sealing.ring.shred(key.key_id, "never-used")
            raise
        self._sealing.ring.shred(key.key_id, "never-used")
        with self._work.read() as connection:
            return view(connection, standing).case


def write_link(
    tx: Transaction, case: Case, relation: Relation, other: str, *, actor: str, reason: bytes | None = None
) -> None:
    """Note that a case stands in that relation to the other; the caller tells it."""
    row = {
        "case_id": case.id,
        "relation": relation.value,
        "other_id": other,
        "right": case.right.value,
        "actor": actor,
        "reason": reason,
        "at": tx.now,
    }
    anew = {"actor": actor, "reason": reason, "at": tx.now, "undone": None}
    written = insert(links).values(row)
    if relation is Relation.MERGED:  # once more, where that was undone
        written = written.on_conflict_do_update(
            constraint=links.primary_key, set_=anew, where=links.c.undone.is_not(None)
        )
    tx.connection.execute(written)


def wait_for(tx: Transaction, case: Case, others: Iterable[str]) -> bool:
    """Note that a case waits until the others are over; whether it did not wait for one of them before."""
    fresh = False
    for other in others:
        named = select(cases.c.reference).where(cases.c.id == other)
        reference = tx.connection.execute(named).scalar_one()
        row: dict[str, object] = {"case_id": case.id, "relation": Relation.AFTER.value, "other_id": other}
        row |= {"right": case.right.value, "actor": ENGINE, "reason": None, "at": tx.now}
        once = insert(links).values(row).on_conflict_do_nothing().returning(links.c.other_id)
        if tx.connection.scalar(once) is not None:
            fresh = True
            tx.tell(Event.CASE_LINKED, case.id, kind=Relation.AFTER, to=reference)
    return fresh


def merged_into(connection: Connection, case: str) -> str | None:
    """The case in which that one goes on, if an officer said so."""
    return connection.scalar(
        select(links.c.other_id).where(
            links.c.case_id == case, links.c.relation == Relation.MERGED.value, links.c.undone.is_(None)
        )
    )


def undo_merge(tx: Transaction, case: str, into: str) -> bool:
    """End the link of a merge that did not come about, and tell both; False where there is none."""
    gone = (
        update(links)
        .where(links.c.case_id == case, links.c.relation == Relation.MERGED.value)
        .where(links.c.other_id == into, links.c.undone.is_(None))
        .values(undone=tx.now)
        .returning(links.c.case_id)
    )
    if tx.connection.scalar(gone) is None:
        return False
    named = {
        row.id: row.reference
        for row in tx.connection.execute(
            select(cases.c.id, cases.c.reference).where(cases.c.id.in_((case, into)))
        )
    }
    tx.tell(Event.CASE_UNMERGED, case, to=named[into])
    tx.tell(Event.CASE_UNMERGED, into, **{"from": named[case]})
    return True


def link_place(case: str, relation: Relation, other: str) -> str:
    """Where the reason of a link stands sealed, under the first case's key."""
    return f"links.reason:{case}/{relation}/{other}"


def _check(relation: Relation) -> None:
    if relation not in OPENING:
        named = ", ".join(sorted(OPENING))
        raise BadInput("relation-opens-nothing", f"use one of {named}", kind=relation)


def _standing(connection: Connection, row: Row[Any], relation: Relation, right: Right) -> str | None:
    """The case that was opened so before. Raises what speaks against opening one."""
    if relation in _AGAIN and right.value != row.right:
        raise BadInput("another-right", "the same right is looked at again", right=right)
    if relation in _AGAIN and row.state != State.CLOSED.value:
        raise Conflict("case-is-open", "wait until it is closed", reference=row.reference, state=row.state)
    if relation in _AGAIN and row.ending == Ending.MERGED.value:
        raise Conflict("merged-elsewhere", "look at the case in which it went on", reference=row.reference)
    before = connection.execute(
        select(cases.c.id, cases.c.reference, cases.c.state)
        .join(links, links.c.case_id == cases.c.id)
        .where(links.c.other_id == row.id, links.c.relation == relation.value, links.c.right == right.value)
        .order_by(cases.c.reference)
    ).all()
    if relation is Relation.REOPENS:
        if running := [each for each in before if each.state != State.CLOSED.value]:
            raise Conflict("already-reopened", "go on in that case", reference=running[0].reference)
        return None
    if relation is Relation.REVIEWS and before and before[0].state == State.CLOSED.value:
        raise Conflict("already-reviewed", "reopen the case instead", reference=before[0].reference)
    return before[0].id if before else None


def _opened(
    tx: Transaction, row: Row[Any], relation: Relation, right: Right, terms: Terms, *, fresh: str
) -> Case:
    [reference] = take_references(tx.connection, tx.now, 1)
    # What rested on consent alone is no more than that when it is looked at again.
    consent_only = relation is Relation.FOLLOWS or (relation in _AGAIN and row.consent_only)
    after = () if relation in _AGAIN else _goes_before(tx.connection, row, right)
    return Case(
        id=fresh, reference=reference, right=right, terms=terms, after=after, consent_only=consent_only
    )


def _goes_before(connection: Connection, row: Row[Any], right: Right) -> tuple[str, ...]:
    """Open cases of the request that must be over first; not the one that leads here, which is over by then."""
    wanted = (
        select(cases.c.id, cases.c.right)
        .where(cases.c.request_id == row.request_id, cases.c.tenant == row.tenant, cases.c.id != row.id)
        .where(cases.c.state != State.CLOSED.value)
        .order_by(cases.c.reference)
    )
    among = {each.id: Right(each.right) for each in connection.execute(wanted)}
    first = goes_before(right, among.values())
    return tuple(case for case, its in among.items() if its in first)


def _origin(tx: Transaction, row: Row[Any], relation: Relation, actor: str) -> Origin:
    since = tx.now if relation in _AGAIN else row.proofs_since
    return Origin(request=row.request_id, tenant=row.tenant, actor=actor, proofs_since=since)


def _links(connection: Connection, case: str) -> tuple[Link, ...]:
    wanted = (
        select(
            links.c.relation, links.c.case_id, cases.c.id, cases.c.reference, cases.c.right, cases.c.ending
        )
        .join(
            cases,
            or_(
                and_(links.c.case_id == case, cases.c.id == links.c.other_id),
                and_(links.c.other_id == case, cases.c.id == links.c.case_id),
            ),
        )
        .where(links.c.undone.is_(None))
        .order_by(links.c.at, cases.c.reference)
    )
    return tuple(
        Link(
            relation=Relation(row.relation),
            case=row.id,
            reference=row.reference,
            right=Right(row.right),
            ending=Ending(row.ending) if row.ending else None,
            backwards=row.case_id != case,
        )
        for row in connection.execute(wanted)
    )
