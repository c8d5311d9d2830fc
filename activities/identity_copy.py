"""Copies of identity documents: kept masked, and destroyed a few days after identity was decided (pdpa-rules 4.2).

Receiving one is no activity: an officer enters it at the counter, or the person sends it. The nightly pass over what is owed destroys it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from activities.tools import Tools
from domain.aftermath import Obligation, Owed
from domain.calendar import day_in_bangkok
from domain.case import Freed
from domain.errors import TooLate
from domain.events import Event
from domain.identifiers import Identifier
from domain.identity_copies import Area, Sensitive, Side, destroy_on, must_be_covered
from domain.identity_documents import Fault
from domain.ports import PERSON
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
    _must_be_open(tools, case)
    kept = tools.exports.identity_picture(picture, tuple(areas.values()))
    made = _named()
    _keep(tools, case, made, kept, actor=actor, scope=",".join(one for one in Sensitive if one in areas))
    return made


def receive_from_person(tools: Tools, case: str, picture: bytes, address: Identifier) -> str:
    """Keep what somebody sent who says that they covered what must not be seen: an officer looks before it counts; its id.

    It is drawn anew: where and when it was photographed is not kept.

    Raises:
        BadInput: no picture, or too large a one: nothing is kept.
        TooLate: the case is closed.
        Conflict: too many wait for their check.
    """
    _must_be_open(tools, case)
    kept = tools.exports.identity_picture(picture, ())
    made = _named()
    # The register first: what it does not take is not kept.
    tools.identity_documents.enter(case, made, address)
    _keep(tools, case, made, kept, actor=PERSON)
    return made


def shown(tools: Tools, case: str, made: str) -> bytes:
    """The picture. Raises `NotFound`: it is destroyed."""
    with tools.files.read(case, _ref(made)) as source:
        return source.read()


def refuse(tools: Tools, case: str, made: str, fault: Fault, *, actor: str) -> None:
    """An officer looked and does not take it: it is destroyed at once. Raises `NotFound`, `Conflict`: it was checked."""
    tools.identity_documents.check(case, made, fault, actor=actor)
    for owed in tools.obligations.of(case):
        if (owed.kind, owed.code, owed.met) == (Owed.IDENTITY_COPY, made, False):
            _destroy(tools, owed)


def destroy_if_decided(tools: Tools, owed: Obligation) -> Freed:
    """Destroy a copy when its days are over: counted from the newest verification, or from the end of a case without one."""
    today = day_in_bangkok(tools.clock.now())
    decided = _decided(tools, owed)
    over = destroy_on(day_in_bangkok(decided), _days(tools)) if decided else today + timedelta(days=1)
    if today < over:
        tools.obligations.move(owed.id, over)
        return Freed.HELD
    _destroy(tools, owed)
    return Freed.MET


def _decided(tools: Tools, owed: Obligation) -> datetime | None:
    """When identity was decided by that copy; of one that waits for its check, when the case ends."""
    closed = tools.register.view(owed.case).closed
    for sent in tools.identity_documents.of(owed.case):
        if sent.id == owed.code:
            return sent.checked or closed
    return tools.identity.decided(owed.case) or closed


def _destroy(tools: Tools, owed: Obligation) -> None:
    tools.files.destroy(owed.case, _ref(owed.code))
    tools.register.note(owed.case, Event.IDENTITY_COPY_DESTROYED, document=owed.code)
    tools.obligations.meet(owed.id)


def _must_be_open(tools: Tools, case: str) -> None:
    view = tools.register.view(case)
    if view.closed is not None:
        raise TooLate("case-is-closed", reference=view.case.reference)


def _named() -> str:
    return f"d{secrets.token_hex(8)}"


def _keep(tools: Tools, case: str, made: str, picture: bytes, *, actor: str, scope: str = "") -> None:
    tomorrow = day_in_bangkok(tools.clock.now()) + timedelta(days=1)
    # Owed before it is kept: a copy that nothing would destroy is never there.
    tools.obligations.add(case, Owed.IDENTITY_COPY, tomorrow, code=made)
    with tools.files.write(case, _ref(made)) as out:
        out.write(picture)
    tools.register.note(
        case,
        Event.IDENTITY_COPY_KEPT,
        actor,
        document=made,
        scope=scope,
        sha256=hashlib.sha256(picture).hexdigest(),
    )


def _days(tools: Tools) -> int:
    limits = {limit.since: limit.period.days for limit in tools.policy.units[UNIT].kept.limits}
    return limits[Since.VERIFIED_ON]


def _ref(made: str) -> str:
    return f"identity/{made}.png"
