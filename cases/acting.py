"""In which capacity a request is made, and what shows that it may be: append-only, the newest stands for all its cases."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, Select, func, insert, select

from cases.acting_table import actings
from cases.ids import new_id
from cases.sealing import TEXT, Sealing
from cases.tables import amendments, cases
from cases.unit_of_work import Transaction
from domain.acting import Acting, Capacity, Shown
from domain.case import Moved
from domain.errors import BadInput, Conflict, KeyShredded, NotFound
from domain.events import Event
from domain.rights import Right

OTHERS = {Moved.AGENT: Capacity.AGENT, Moved.OF_AGE: Capacity.SELF}
"""Amendments by which somebody else asks from then on, and in which capacity."""
_LOCK = 0x41435453


def write(
    tx: Transaction, sealing: Sealing, case: str, acting: Acting, *, actor: str, reason: str = ""
) -> None:
    """The next record of the request of a case. Raises `NotFound`, `KeyShredded`."""
    request, made = _request(tx.connection, case), new_id("w")
    _lock(tx, request)
    key = sealing.case_key(case)
    newest = select(func.coalesce(func.max(actings.c.no), 0)).where(actings.c.request_id == request)
    born = acting.born_on.isoformat() if acting.born_on else ""
    tx.connection.execute(
        insert(actings).values(
            id=made,
            case_id=case,
            request_id=request,
            no=(tx.connection.scalar(newest) or 0) + 1,
            capacity=acting.capacity.value,
            shown=[one.value for one in acting.shown],
            covers=[one.value for one in acting.covers],
            born_on=sealing.put(key, TEXT, born, _place(made)) if born else None,
            by=acting.by,
            seconded=acting.seconded,
            reason=sealing.reason(case, reason, f"actings.reason:{made}") if reason else None,
            at=tx.now,
        )
    )
    tx.tell(
        Event.AUTHORITY_RECORDED,
        case,
        actor,
        kind=acting.capacity,
        evidence=",".join(acting.shown),
        scope=",".join(acting.covers),
        confirmed=int(bool(acting.seconded)),
    )


def write_other(
    tx: Transaction, sealing: Sealing, case: str, capacity: Capacity, *, actor: str, since: datetime
) -> None:
    """Somebody else asks from then on, and nothing was seen of them yet. Raises `NotFound`, `KeyShredded`.

    `since`: when it was said. Each case of the request hears it in its own time, and it is written by the first: by
    the last, what an officer has seen of the new one meanwhile would be forgotten.
    """
    request = _request(tx.connection, case)
    _lock(tx, request)
    written = _of_others().where(actings.c.request_id == request, actings.c.capacity == capacity.value)
    if not tx.connection.scalar(select(written.where(actings.c.at > since).exists())):
        write(tx, sealing, case, Acting(capacity=capacity, by=actor), actor=actor)


def must_be_heard(connection: Connection, case: str) -> None:
    """What is seen of somebody is not recorded while the request may still be about to be another's.

    Raises:
        Conflict: that somebody else acts was said, and no case of the request has taken it up yet.
    """
    request = _request(connection, case)
    said = select(amendments.c.id).join(cases, cases.c.id == amendments.c.case_id)
    said = said.where(
        cases.c.request_id == request, amendments.c.moved.in_([moved.value for moved in OTHERS])
    )
    said = said.where(amendments.c.applied.is_(None), amendments.c.dropped.is_(None))
    written = _of_others().where(actings.c.request_id == request, actings.c.at > amendments.c.at)
    if connection.scalar(select(said.where(~written.correlate(amendments).exists()).exists())):
        raise Conflict("change-waits", "record it again once it was taken up that somebody else acts")


def read(connection: Connection, sealing: Sealing, case: str) -> Acting:
    """The newest record of the request of a case; the person themselves where there is none. Raises `NotFound`."""
    wanted = select(actings).where(actings.c.request_id == _request(connection, case))
    row = connection.execute(wanted.order_by(actings.c.no.desc()).limit(1)).one_or_none()
    if row is None:
        return Acting()
    born_on = None
    if row.born_on is not None:
        try:
            born_on = date.fromisoformat(sealing.take(row.born_on, TEXT, _place(row.id)))
        except KeyShredded:  # long over: only what is clear is known any more
            born_on = None
    return Acting(
        capacity=Capacity(row.capacity),
        shown=tuple(Shown(one) for one in row.shown),
        covers=tuple(Right(one) for one in row.covers),
        born_on=born_on,
        by=row.by,
        seconded=row.seconded,
        version=row.no,
    )


def second(tx: Transaction, sealing: Sealing, case: str, *, actor: str, reason: str) -> None:
    """Another member of staff looked at what the newest record says.

    Raises:
        BadInput: nobody acts, or who recorded it cannot second it.
    """
    _lock(tx, _request(tx.connection, case))
    standing = read(tx.connection, sealing, case)
    if not standing.version:
        raise BadInput("nobody-acts", "record in which capacity they ask", field="capacity")
    if actor == standing.by:
        raise BadInput("second-look-by-same-person", "let another member of staff look", field="second")
    write(tx, sealing, case, standing.model_copy(update={"seconded": actor}), actor=actor, reason=reason)


def _of_others() -> Select[tuple[str]]:
    return select(actings.c.id).where(actings.c.reason.is_(None))  # an officer always gives a reason


def _lock(tx: Transaction, request: str) -> None:
    """The cases of a request write one after the other: its records are numbered through, and the newest is theirs all."""
    tx.connection.execute(select(func.pg_advisory_xact_lock(_LOCK, func.hashtext(request))))


def _request(connection: Connection, case: str) -> str:
    found = connection.scalar(select(cases.c.request_id).where(cases.c.id == case))
    if found is None:
        raise NotFound("case-unknown", "look it up in the list of cases")
    return str(found)


def _place(acting: str) -> str:
    return f"actings.born_on:{acting}"
