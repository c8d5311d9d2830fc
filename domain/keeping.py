"""What keeps a record from an erasure though no period of the policy does: orders, and restrictions of use.

An order binds until it is released (s.33 ¶2). A restriction (s.34 ¶1) of another case keeps a record

(2) and (3)  against every erasure: the person asked for it in place of one, or needs the data for claims of their own
(1) and (4)  while accuracy is checked or an objection decided, against every erasure that the person does not ask for:
             one that follows a withdrawal, one that comes due years later, and another person's

An objection alone (s.32) keeps nothing: what may no longer be used may go. Why so is told in ADR 12.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.holds import OrderKind
from domain.value import Value

ACCURACY, UNLAWFUL, CLAIMS, OBJECTION = "S34-1", "S34-2", "S34-3", "S34-4"
RESTING = (CLAIMS, UNLAWFUL, ACCURACY, OBJECTION)
"""Grounds on which a restriction keeps a record, what is told first of several first."""

ASKED_TO_KEEP = frozenset({CLAIMS, UNLAWFUL})
"""Where the restriction itself says that the record is to stay."""

UNDATED = "HOLD-UNDATED"
"""Ground of a record that falls under a hold but has no date to count it from: nobody can say that it is free."""

_LAW, _CLAIM = "EX-LAW", "EX-CLAIM"
_EXEMPTED_BY = {OrderKind.ORDER: _LAW, OrderKind.LITIGATION: _CLAIM, OrderKind.COMPLAINT: _CLAIM}


class Restriction(Value):
    """A restriction that another case placed on a record. `own`: it is of the same person as the case that asks."""

    ground: str
    own: bool


def ordered_on(kinds: Iterable[OrderKind]) -> str:
    """The exemption of s.33 ¶2 on which these orders keep a person's data; empty where there is none.

    A court's or an authority's order is compliance with law; a dispute and a complaint to สคส. are about legal
    claims. Where several bind, the law is told.
    """
    grounds = {_EXEMPTED_BY[kind] for kind in kinds}
    return _LAW if _LAW in grounds else _CLAIM if grounds else ""


def restricted_on(restrictions: Iterable[Restriction], *, asked: bool) -> str:
    """The ground on which these restrictions keep a record; empty where they let it go.

    `asked`: the person asks for this erasure now. That somebody else has a claim, or disputes something, is not
    theirs to read: of another's restriction only the exemption of s.33 ¶2 is told.
    """
    found = list(restrictions)
    own = {one.ground for one in found if one.own and (one.ground in ASKED_TO_KEEP or not asked)}
    for ground in RESTING:
        if ground in own:
            return ground
    others = {one.ground for one in found if not one.own}
    return _CLAIM if CLAIMS in others else _LAW if others else ""
