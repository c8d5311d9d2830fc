"""Copies of identity documents: kept masked, and destroyed a few days after identity was decided (pdpa-rules 4.2).

Receiving one is no activity: an officer enters it at the counter. The nightly pass over what is owed destroys it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta

from activities.tools import Tools
from domain.aftermath import Obligation, Owed
from domain.calendar import day_in_bangkok
from domain.case import Freed
from domain.errors import TooLate
from domain.events import Event
from domain.identity_copies import Area, Sensitive, Side, destroy_on, must_be_covered
from domain.retention import Since

UNIT = "U16"
"""The data unit whose period says for how long a copy may be kept after verification."""


def receive(
    tools: Tools,
    case: str,
    picture: bytes,
    *,
    actor: str,
    covered: Collection[Sensitive] = (),
    masks: Mapping[Sensitive, Area] | None = None,
    side: Side = Side.FRONT,
) -> str:
    """Keep a copy, sealed under the case's key, with what must not be seen blackened; its id.

    What came unmasked is masked here before anything is stored, and that is logged.

    Raises:
        BadInput: it shows religion or blood group, is the back, or no picture: nothing is kept.
        TooLate: the case is closed.
    """
    areas = masks or {}
    must_be_covered(side, covered, areas)
    view = tools.register.view(case)
    if view.closed is not None:
        raise TooLate("case-is-closed", reference=view.case.reference)
    kept = tools.exports.identity_picture(picture, tuple(areas.values()))
    made = f"d{secrets.token_hex(8)}"
    with tools.files.write(case, _ref(made)) as out:
        out.write(kept)
    tomorrow = day_in_bangkok(tools.clock.now()) + timedelta(days=1)
    tools.obligations.add(case, Owed.IDENTITY_COPY, tomorrow, code=made)
    tools.register.note(
        case,
        Event.IDENTITY_COPY_KEPT,
        actor,
        document=made,
        scope=",".join(one for one in Sensitive if one in areas),
        sha256=hashlib.sha256(kept).hexdigest(),
    )
    return made


def destroy_if_decided(tools: Tools, owed: Obligation) -> Freed:
    """Destroy a copy when its days are over: counted from the newest verification, or from the end of a case without one."""
    today = day_in_bangkok(tools.clock.now())
    view = tools.register.view(owed.case)
    decided = tools.identity.decided(owed.case) or view.closed
    over = destroy_on(day_in_bangkok(decided), _days(tools)) if decided else today + timedelta(days=1)
    if today < over:
        tools.obligations.move(owed.id, over)
        return Freed.HELD
    tools.files.destroy(owed.case, _ref(owed.code))
    tools.register.note(owed.case, Event.IDENTITY_COPY_DESTROYED, document=owed.code)
    tools.obligations.meet(owed.id)
    return Freed.MET


def _days(tools: Tools) -> int:
    limits = {limit.since: limit.period.days for limit in tools.policy.units[UNIT].kept.limits}
    return limits[Since.VERIFIED_ON]


def _ref(made: str) -> str:
    return f"identity/{made}.png"
