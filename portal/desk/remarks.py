"""What may be said of a case at any time: that it reached the wrong person, and notes for colleagues."""

from __future__ import annotations

from domain.errors import BadInput
from domain.staffing import Deed
from portal.desk.act_forms import Act, Doing, Field, Kind, always
from portal.desk.case_view import CasePage
from portal.desk.incidents import moment_of
from workflows.front import run


def _is_kept(page: CasePage) -> bool:
    """Its key is there: what is written can be sealed."""
    return not page.forgotten


async def wrong_recipient(act: Doing) -> None:
    """Everything that goes out is stopped; the clock runs from when the company became aware."""
    day, at = act["noticed"], act["noticed_at"]
    if bool(day) != bool(at):
        raise BadInput("missing", field="noticed" if at else "noticed_at")
    noticed = moment_of(day, at, field="noticed_at") if day else None
    await act.desk.wrong_recipient(act.reference, actor=act.actor, reason=act.reason, noticed=noticed)


async def note(act: Doing) -> None:
    """Kept sealed."""
    case = act.page.view.case.id
    await run(lambda: act.room.notes.write(case, act["note"], actor=act.actor))


ACTS: tuple[Act, ...] = (
    Act(
        "wrong-recipient",
        (Deed.HANDLE_INCIDENT,),
        (
            Field("noticed", Kind.DAY, required=False, hint=True),
            Field("noticed_at", Kind.LINE, required=False, hint=True),
            Field("reason", hint=True),
        ),
        _is_kept,
        wrong_recipient,
        final=always,
    ),
    Act("note", (Deed.WRITE_NOTE, Deed.SEE_CASES), (Field("note", hint=True),), _is_kept, note),
)
