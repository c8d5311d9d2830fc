"""Copies of identity documents: what must be covered before one is kept, and for how long it is (pdpa-rules 4.2).

Religion is data of s.26 and is needed to identify nobody; blood group is printed on older cards and is health-like.
Nothing else of a card is kept than the masked front, sealed, until a few days after identity was decided.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from enum import StrEnum

from domain.errors import BadInput
from domain.value import Value


class Sensitive(StrEnum):
    """What a card shows that must not be kept."""

    RELIGION = "religion"
    BLOOD_GROUP = "blood-group"


class Area(Value):
    """A rectangle of the picture to be blackened, in pixels from its upper left corner."""

    left: int
    top: int
    width: int
    height: int


class Side(StrEnum):
    """Which side of the card it is."""

    FRONT = "front"
    BACK = "back"


def must_be_covered(side: Side, covered: Collection[Sensitive], masks: Mapping[Sensitive, Area]) -> None:
    """Nothing is kept that shows what is not needed.

    Raises:
        BadInput: it is the back (the laser code), or a sensitive field is neither covered nor given an area to black out.
    """
    if side is Side.BACK:
        raise BadInput("back-of-card-refused", "the front is enough; hand the copy back", field="side")
    open_fields = [one.value for one in Sensitive if one not in covered and one not in masks]
    if open_fields:
        mend = (
            f"black out {', '.join(open_fields)} (--mask), or say that the copy has them covered (--covered)"
        )
        raise BadInput("copy-shows-sensitive-data", mend, field="covered")


def destroy_on(decided: date, days: int) -> date:
    """The day of the pass that destroys it: one before the last that the policy leaves, should a night be missed."""
    return decided + timedelta(days=max(days - 1, 0))
