"""Restrictions: what those of other cases keep from an erasure, asked for a page of records at a time (s.34)."""

from __future__ import annotations

from collections.abc import Sequence

from activities.tools import Tools
from domain.assess import Asked
from domain.item import Item, Place, place
from domain.keeping import ASKED_TO_KEEP, restricted_on
from domain.outcomes import Outcome
from domain.plan import PlanRow
from domain.rights import Right

ASK_TO_LIFT = "ask-whether-to-lift-restriction"
"""The task of an officer: the person asks to erase what a restriction of their own keeps, and must say which holds."""


def kept_by_restriction(
    tools: Tools, asked: Asked, case: str, system: str, items: Sequence[Item], *, later: bool = False
) -> dict[Place, str]:
    """Which of these records stay on account of restrictions, each with the ground that letters tell.

    `later`: the erasure was asked for long ago, and comes due today.
    """
    if asked.right is not Right.ERASURE or not items:
        return {}
    by_person = not later and not asked.consent_only
    found = tools.blocks.restrictions(case, system, [place(item) for item in items])
    grounds = {where: restricted_on(placed, asked=by_person) for where, placed in found.items()}
    return {where: ground for where, ground in grounds.items() if ground}


def asked_to_keep(row: PlanRow) -> bool:
    """Whether the record stays because the person themself asked for that."""
    return row.planned is Outcome.HOLD and row.ground in ASKED_TO_KEEP
