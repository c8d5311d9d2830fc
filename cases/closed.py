"""Which cases are closed to a member of staff: the one rule, asked by every door.

Nobody handles a case about themselves: one that knows an address or a number by which they are known. A confidential
case (any of staff's own, and whatever officers made so) is closed to all but its handlers and the approvers.
Asked for once more when an act is told: what is told of a case by somebody to whom it is closed is undone with its
transaction, through whichever door it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Select, exists, literal, or_, select, union, union_all

from cases.audit import Telling
from cases.desk_tables import hands
from cases.staff_tables import confidences, handlers, selves
from cases.tables import identifier_hashes, staff
from domain.errors import NotAllowed
from domain.events import Event
from domain.staffing import Role

OWN, CONFIDENTIAL = "case-is-ones-own", "case-is-confidential"
"""Why a case is closed to somebody."""
TO_THEM = "case-closed-to-them"
"""Why it cannot be given to a colleague."""

_STAFF = "S-"
_MEND = {
    OWN: "a colleague handles it; ask as anybody asks, through the portal",
    CONFIDENTIAL: "an approver names who handles it",
}


def of_staff() -> Select[tuple[str]]:
    """Cases about a member of staff, whoever it is and whether they may act still."""
    return select(identifier_hashes.c.case_id).join(selves, selves.c.digest == identifier_hashes.c.digest)


def closed_to(connection: Connection, member: str, case: str = "") -> Mapping[str, str]:
    """The cases that are closed to a member of staff and why, by id; or whether that one `case` is."""
    own = select(identifier_hashes.c.case_id, literal(OWN).label("why"))
    own = own.join(selves, selves.c.digest == identifier_hashes.c.digest).where(selves.c.member == member)
    marked = select(confidences.c.case_id).where(confidences.c.ended.is_(None))
    found = union(of_staff(), marked).subquery()
    theirs = or_(
        exists().where(handlers.c.case_id == found.c.case_id, handlers.c.member == member),
        exists().where(hands.c.case_id == found.c.case_id, hands.c.member == member),
    )
    approves = exists().where(staff.c.id == member, staff.c.role == Role.APPROVER.value)
    others = select(found.c.case_id, literal(CONFIDENTIAL).label("why")).where(~theirs, ~approves)
    if case:
        own = own.where(identifier_hashes.c.case_id == case)
        others = others.where(found.c.case_id == case)
    rows = connection.execute(union_all(others, own)).all()
    # What is one's own comes last, and so is what is said of a case that is both.
    return {row.case_id: row.why for row in sorted(rows, key=lambda row: row.why == OWN)}


def must_be_open(connection: Connection, case: str, member: str) -> None:
    """Raises `NotAllowed` where that case is closed to who acts; the engine and the person are no members of staff."""
    if member.startswith(_STAFF) and (why := closed_to(connection, member, case).get(case)):
        raise refusal(why)


def must_take(connection: Connection, case: str, to: str, *, leads: bool = False) -> None:
    """A colleague may be given something to do in a case; who is to lead it may be let in by that.

    Raises `NotAllowed`: it is about them, or closed to them.
    """
    why = closed_to(connection, to, case).get(case)
    if why == OWN or (why and not leads):
        raise NotAllowed(TO_THEM, "give it to another colleague")


def must_be_theirs_to_tell(connection: Connection, tellings: Sequence[Telling]) -> None:
    """Raises `NotAllowed` where one of these acts is on a case that is closed to who did it.

    Whoever receives a request of a colleague may, though it is not theirs to handle from then on.
    """
    opening = {one.case for one in tellings if one.event is Event.CASE_OPENED}
    for member, case in {(one.actor, one.case) for one in tellings if one.actor.startswith(_STAFF)}:
        if case is None:
            continue
        why = closed_to(connection, member, case).get(case)
        if why == OWN or (why and case not in opening):
            raise refusal(why)


def refusal(why: str) -> NotAllowed:
    """The error that says so."""
    return NotAllowed(why, _MEND[why])
