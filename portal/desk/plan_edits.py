"""The plan edited from the case page: which lines may become what, on which grounds, and until when."""

from __future__ import annotations

from collections.abc import Iterator

from domain.errors import BadInput
from domain.outcomes import Outcome
from domain.plan_edits import MOST_NUMBERS, Change, offered
from domain.staffing import Deed
from policy.preflight import Line
from portal.desk import act_choices as choices
from portal.desk.act_forms import Act, Doing, Field, Kind, Seen
from portal.desk.case_view import CasePage


def key_of(line: Line) -> str:
    """How the form names a line of the plan."""
    return f"{line.system} {line.table} {line.unit} {line.outcome}"


def lines_of(page: CasePage) -> Iterator[Line]:
    """The lines of the plan whose records an officer may change, each once."""
    seen: set[str] = set()
    fates = page.plan.fates if page.plan else ()
    for line in (line for fate in fates for unit in fate.units for line in unit.lines):
        may = not line.why and any(offered(page.view.case.right, line.outcome))
        if may and key_of(line) not in seen:
            seen.add(key_of(line))
            yield line


def is_editable(page: CasePage) -> bool:
    """The plan waits for a decision, and has lines that the law leaves to the company."""
    open_ = choices.is_to_decide(page) or choices.is_to_confirm(page)
    return open_ and any(True for _ in lines_of(page))


def may_undo(page: CasePage) -> bool:
    """An edit stands, and nothing is decided."""
    open_ = choices.is_to_decide(page) or choices.is_to_confirm(page)
    return open_ and any(one.stands for one in page.edits)


def _lines(seen: Seen) -> Iterator[tuple[str, str]]:
    for line in lines_of(seen.page):
        told = seen.say.t(f"case.plan.outcomes.{line.outcome}")
        yield key_of(line), f"{seen.say.unit(line.unit)} ({line.system} · {line.table}): {told}"


def _becomes(seen: Seen) -> Iterator[tuple[str, str]]:
    right, told = seen.page.view.case.right, set[Outcome]()
    for rule in (rule for line in lines_of(seen.page) for rule in offered(right, line.outcome)):
        if rule.becomes not in told:
            told.add(rule.becomes)
            yield rule.becomes.value, seen.say.t(f"case.plan.edits.becomes.{rule.becomes}")


def _grounds(seen: Seen) -> Iterator[tuple[str, str]]:
    right, told = seen.page.view.case.right, set[str]()
    for rule in (rule for line in lines_of(seen.page) for rule in offered(right, line.outcome)):
        for code in sorted(rule.grounds - told - {""}):
            told.add(code)
            yield code, seen.say.grounded(code)


def _standing(seen: Seen) -> Iterator[tuple[str, str]]:
    for one in seen.page.edits:
        if one.stands:
            yield one.id, seen.say.edit(one)


async def edit(act: Doing) -> None:
    """One line of the plan that was read, or single records of it."""
    line = next(one for one in lines_of(act.page) if key_of(one) == act["line"])
    change = Change(
        system=line.system,
        table=line.table,
        unit=line.unit,
        was=line.outcome,
        becomes=Outcome(act["becomes"]),
        ground=act["ground"],
        until=act.given.day("until"),
        numbers=_numbers(act["numbers"]),
    )
    await act.desk.edit_plan(
        act.reference, change, actor=act.actor, reason=act.reason, digest=act["digest"], harm=act["harm"]
    )


async def undo(act: Doing) -> None:
    """The records are again what the law makes of them."""
    await act.desk.undo_edit(
        act.reference, act["edit"], actor=act.actor, reason=act.reason, digest=act["digest"]
    )


def _numbers(typed: str) -> tuple[int, ...]:
    """Numbers of lines as `3, 7-9`; none for all. Raises `BadInput`."""
    found: list[int] = []
    for part in typed.replace(",", " ").split():
        first, dash, last = part.partition("-")
        if not (
            first.isascii() and first.isdecimal() and (not dash or (last.isascii() and last.isdecimal()))
        ):
            raise BadInput("malformed-numbers", "write 3, 7-9", field="numbers")
        span = range(int(first), int(last or first) + 1)
        if len(found) + len(span) > MOST_NUMBERS:
            raise BadInput("edit-too-many-numbers", "change the whole line", field="numbers")
        found += span
    return tuple(dict.fromkeys(found))


ACTS: tuple[Act, ...] = (
    Act(
        "edit-plan",
        (Deed.PROPOSE,),
        (
            Field("line", Kind.CHOICE, _lines, hint=True),
            Field("numbers", Kind.LINE, required=False, hint=True),
            Field("becomes", Kind.CHOICE, _becomes, hint=True),
            Field("ground", Kind.CHOICE, _grounds, required=False),
            Field("until", Kind.DAY, required=False, hint=True),
            Field("reason", hint=True),
            Field("harm", required=False, hint=True),
        ),
        is_editable,
        edit,
        hidden=choices.digest,
    ),
    Act(
        "undo-edit",
        (Deed.PROPOSE,),
        (Field("edit", Kind.CHOICE, _standing), Field("reason", hint=True)),
        may_undo,
        undo,
        hidden=choices.digest,
    ),
)
