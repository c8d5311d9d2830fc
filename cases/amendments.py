"""What is amended on the way: kept sealed until the workflow takes it up, then put into the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from cases import acting, told
from cases.ids import new_id
from cases.instructions import must_be_a_persons
from cases.links import undo_merge
from cases.part import Part
from cases.sealing import Sealing
from cases.seconding import DEATH, Said, death_stands, last_word, say, word_of
from cases.tables import amendments, cases, vault
from cases.told import Told
from cases.unit_of_work import Transaction
from cases.vault import remember
from cases.voiding import void_undone
from domain.case import Amend, Moved
from domain.errors import BadInput, Conflict, NotFound, TooLate
from domain.events import Event
from domain.links import Amendment
from domain.ports import ENGINE
from domain.rights import Right
from domain.seconding import DeathShown, Word
from domain.states import BEGUN, State

_AMENDMENT: TypeAdapter[Amendment] = TypeAdapter(Amendment)
_ENDING = frozenset({Moved.RIGHT, Moved.DEATH})
"""They end the case and leave its words as they were."""


class Amendments(Part):
    """The register's part that keeps amendments and puts them into requests."""

    def amend(self, case: str, amendment: Amendment, *, actor: str, reason: str) -> str:
        """Keep an amendment, sealed, until the workflow takes it up; returns its id.

        The same one by the same person while it waits is one. A death is kept once two officers have seen the same of
        it, for all cases of the request; empty until then.

        Raises:
            BadInput: it does not say what its kind needs: an address, a right, what was seen of a death; or a tenant
                instructed the case.
            SamePerson: who says that the person died has said the same.
            TooLate: fulfilment has begun.
        """
        _check(amendment)
        with self._work.begin() as tx:
            row = tx.lock_case(case)
            _must_not_have_begun(row)
            must_be_a_persons(tx.connection, case)
            waiting = waiting_for(tx.connection, case)
            for each in waiting:
                if each.actor == actor and self._opened(each) == amendment:
                    return str(each.id)
            if amendment.shown and not self._dead(tx, row, amendment.shown, (actor, reason)):
                return ""
            return keep_amendment(tx, self._sealing, case, amendment, actor=actor, reason=reason)

    def _dead(self, tx: Transaction, row: Row[Any], shown: DeathShown, said: Said) -> bool:
        if death_stands(tx.connection, row.request_id):
            return True
        told = (Event.DEATH_PROPOSED, Event.DEATH_CONFIRMED)
        word = say(
            tx, self._sealing, row, about=DEATH, code=shown, said=said, told=told, evidence=shown.value
        )
        return word.complete

    def death_of(self, case: str) -> Word | None:
        """The newest word in this case that the person died, complete or waiting for a second officer."""
        with self._work.read() as connection:
            row = last_word(connection, case, DEATH)
        return word_of(row) if row is not None else None

    def apply_amendments(self, case: str) -> tuple[Moved, ...]:
        """Put what waits into the request, in its order, and tell it; returns the kinds. Again: nothing.

        A proposal or decision on a plan that nothing was done of is void: it was made for another request. What
        ends the case is taken up while it is answered, for only its workflow can end it; what would change it is
        dropped by then.
        """
        with self._work.begin() as tx:
            row = tx.lock_case(case)
            waiting = waiting_for(tx.connection, case)
            ending = [each for each in waiting if Moved(each.moved) in _ENDING]
            changing = [each for each in waiting if each not in ending]
            if has_begun(row):
                for each in changing:
                    _drop(tx, each)
                changing = []
            elif changing:
                self._put(tx, row, changing)
            taken = [*changing, *(ending if row.state == State.ANSWERING.value else ())]
            for each in taken:
                _end(tx.connection, each.id, applied=tx.now)
                tx.tell(Event.CASE_AMENDED, case, each.actor, kind=each.moved, right=each.right or "")
            if changing:
                void_undone(tx, case)
        return tuple(Moved(each.moved) for each in taken)

    def drop_amendment(self, amendment: str) -> None:
        """The workflow would not have it: nothing is changed. Dropping it again is dropping it once.

        One by which a later request was merged into this one takes the merge with it.

        Raises:
            NotFound: there is none of that id.
            Conflict: it was applied.
        """
        with self._work.begin() as tx:
            wanted = select(amendments).where(amendments.c.id == amendment)
            found = tx.connection.execute(wanted).one_or_none()
            if found is None:
                raise NotFound("amendment-unknown")
            for case in sorted({found.case_id, found.merged_id} - {None}):
                tx.lock_case(case)
            row = tx.connection.execute(wanted.with_for_update()).one()
            if row.applied is not None:
                raise Conflict("already-applied", "amend the request again")
            if row.dropped is None:
                _leave(tx, row)

    def waiting(self, case: str) -> tuple[Amend, ...]:
        """What no workflow took up, in its order."""
        with self._work.read() as connection:
            return tuple(amend_of(row) for row in connection.execute(_waiting(case)))

    def unmerge(self, case: str, into: str) -> Amend | None:
        """The merge did not come about: the link ends, and the earlier case asks again what it asked before.

        What it was to take up is dropped; where it was taken up, another amendment takes it back, which is returned
        to be told; what was amended since stands. What makes the person findable stays: they are one person all the
        same. Again: nothing.
        """
        with self._work.begin() as tx:
            rows = {each: tx.lock_case(each) for each in sorted((case, into))}
            if not undo_merge(tx, case, into):
                return None
            came = select(amendments).where(amendments.c.case_id == into, amendments.c.merged_id == case)
            brought = tx.connection.execute(
                came.where(amendments.c.dropped.is_(None)).order_by(amendments.c.no.desc()).limit(1)
            ).one_or_none()
            if brought is None:
                return None
            if brought.applied is None:
                _drop(tx, brought)
                return None
            if has_begun(rows[into]):
                return None
            now = told.read(tx.connection, self._sealing, into).changes
            before = _its_own(self._opened(brought), now)
            if not before:
                return None
            back = Amendment(moved=Moved.SCOPE, changes=before)
            made = keep_amendment(tx, self._sealing, into, back, actor=ENGINE, reason="merge-undone")
            return Amend(id=made, moved=Moved.SCOPE)

    def unheard(self, before: datetime) -> tuple[tuple[str, Amend], ...]:
        """Amendments of before that instant that no workflow took up, of open cases, the oldest first."""
        wanted = (
            select(amendments)
            .join(cases, cases.c.id == amendments.c.case_id)
            .where(amendments.c.applied.is_(None), amendments.c.dropped.is_(None))
            .where(amendments.c.at < before, cases.c.state != State.CLOSED.value)
            .order_by(amendments.c.at, amendments.c.case_id, amendments.c.no)
        )
        with self._work.read() as connection:
            return tuple((row.case_id, amend_of(row)) for row in connection.execute(wanted))

    def _put(self, tx: Transaction, row: Row[Any], changing: Iterable[Row[Any]]) -> None:
        words = told.read(tx.connection, self._sealing, row.id)
        since = row.proofs_since
        for each in changing:
            amendment = self._opened(each)
            words = amended(words, amendment)
            remember(tx, self._sealing, row.id, amendment.identifiers)
            if each.moved == Moved.OF_AGE:
                since = each.at
            if (
                each.moved in acting.OTHERS
            ):  # what was seen of somebody else's authority says nothing of theirs
                capacity = acting.OTHERS[Moved(each.moved)]
                acting.write_other(tx, self._sealing, row.id, capacity, actor=each.actor, since=each.at)
        key = self._sealing.case_key(row.id)
        sealed = told.sealed(self._sealing, key, words, told.AMENDED)
        tx.connection.execute(update(vault).where(vault.c.case_id == row.id).values(sealed))
        tx.connection.execute(update(cases).where(cases.c.id == row.id).values(proofs_since=since))

    def _opened(self, row: Row[Any]) -> Amendment:
        return self._sealing.take(row.amendment, _AMENDMENT, _place(row.id))


def _its_own(brought: Amendment, now: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What those fields were before a merge of which its value still stands."""
    return {
        name: was
        for name, was in brought.before.items()
        if now.get(name, "") == brought.changes.get(name, "")
    }


def amended(words: Told, amendment: Amendment) -> Told:
    """The words of a request with one amendment put into them."""
    match amendment.moved:
        case Moved.SCOPE:
            both = {**words.changes, **amendment.changes}
            return words.model_copy(update={"changes": {k: v for k, v in both.items() if v != ""}})
        case Moved.REPLY_TO if amendment.address:
            replies = dict.fromkeys((*words.replies, amendment.address))
            silent = tuple(each for each in words.silent if each != amendment.address)
            claimed = tuple(each for each in words.claimed if each != amendment.address)
            heard = {"replies": tuple(replies), "claimed": claimed, "silent": silent}
            return words.model_copy(update=heard)
        case Moved.AGENT:
            acts = {"agent": amendment.agent, "authority": amendment.authority}
            if amendment.agent != words.agent:
                words = _without_claims(words)
            return words.model_copy(update=acts)
        case Moved.OF_AGE:
            # A minor's rights are their own from that day (s.20): who acted for them does so no more, and hears no
            # more, at whatever address they named. Nor does a parent who never said that they were one.
            own = (amendment.address,) if amendment.address else ()
            named = (*words.silent, *words.replies, *words.given)
            silent = tuple(dict.fromkeys(each for each in named if each not in own))
            alone = {"agent": "", "authority": "", "replies": own, "claimed": (), "silent": silent}
            return words.model_copy(update=alone)
        case _:
            return words


def _without_claims(words: Told) -> Told:
    """Who acted does so no more, and hears no more at the address that they named themselves."""
    replies = tuple(each for each in words.replies if each not in words.claimed)
    silent = tuple(dict.fromkeys((*words.silent, *words.claimed)))
    return words.model_copy(update={"replies": replies, "claimed": (), "silent": silent})


def keep_amendment(
    tx: Transaction,
    sealing: Sealing,
    case: str,
    amendment: Amendment,
    *,
    actor: str,
    reason: str,
    merged: str | None = None,
) -> str:
    """Keep an amendment of a case whose row is locked; `merged` is the later case that brought it. Its id."""
    made, key = new_id("a"), sealing.case_key(case)
    numbered = select(func.coalesce(func.max(amendments.c.no), 0) + 1)
    row = {
        "id": made,
        "case_id": case,
        "no": tx.connection.scalar(numbered.where(amendments.c.case_id == case)),
        "moved": amendment.moved.value,
        "right": amendment.right.value if amendment.right else None,
        "merged_id": merged,
        "amendment": sealing.put(key, _AMENDMENT, amendment, _place(made)),
        "actor": actor,
        "reason": sealing.reason(case, reason, f"amendments.reason:{made}"),
        "at": tx.now,
    }
    tx.connection.execute(insert(amendments).values(row))
    return made


def _check(amendment: Amendment) -> None:
    if amendment.moved is Moved.REPLY_TO and amendment.address is None:
        raise BadInput("address-missing", "say where answers are to go", field="address")
    if amendment.moved is Moved.RIGHT and amendment.right is None:
        raise BadInput("right-missing", "say which right instead", field="right")
    if (amendment.moved is Moved.DEATH) is (amendment.shown is None):
        raise BadInput("death-not-shown", "say what was seen of the death", field="died")


def has_begun(row: Row[Any]) -> bool:
    """Whether a case, by its row, can change no more: fulfilment has begun at some time, or it is being answered."""
    return row.begun is not None or State(row.state) in BEGUN


def _must_not_have_begun(row: Row[Any]) -> None:
    if has_begun(row):
        raise TooLate(
            "fulfilment-begun", "let it end and open another", reference=row.reference, state=row.state
        )


def waiting_for(connection: Connection, case: str) -> list[Row[Any]]:
    """What no workflow took up, in its order; locked until the end."""
    return list(connection.execute(_waiting(case).with_for_update()).all())


def lock_to_leave(tx: Transaction, case: str) -> Row[Any]:
    """The row of a case that ends, locked with those of later cases whose wish it was still to take up."""
    named = set(tx.connection.scalars(_waiting(case).with_only_columns(amendments.c.merged_id)))
    rows = {each: tx.lock_case(each) for each in sorted({case, *named} - {None})}
    return rows[case]


def leave_waiting(tx: Transaction, case: str) -> None:
    """Drop what waits for a case that is over; a merge that it did not take up is undone, and the later case goes on."""
    for row in waiting_for(tx.connection, case):
        _leave(tx, row)


def _waiting(case: str) -> Select[Any]:
    return (
        select(amendments)
        .where(amendments.c.case_id == case)
        .where(amendments.c.applied.is_(None), amendments.c.dropped.is_(None))
        .order_by(amendments.c.no)
    )


def _leave(tx: Transaction, row: Row[Any]) -> None:
    _drop(tx, row)
    if row.merged_id is not None:
        undo_merge(tx, row.merged_id, row.case_id)


def _drop(tx: Transaction, row: Row[Any]) -> None:
    _end(tx.connection, row.id, dropped=tx.now)
    tx.tell(Event.AMENDMENT_DROPPED, row.case_id, kind=row.moved, right=row.right or "")


def _end(connection: Connection, amendment: str, **when: datetime) -> None:
    connection.execute(update(amendments).where(amendments.c.id == amendment).values(**when))


def amend_of(row: Row[Any]) -> Amend:
    """What the workflow is told of an amendment."""
    return Amend(id=row.id, moved=Moved(row.moved), right=Right(row.right) if row.right else None)


def _place(amendment: str) -> str:
    return f"amendments.amendment:{amendment}"
