"""`refusals`: the record of refusals (s.39 ¶1(7)), which the Office and the person may inspect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Given, reason_code
from cli.options import AnyReference, AsJson, Credential
from cli.voice import out, tell_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cli.office import Office
    from domain.refusals import Refusal


def refusals(
    reference: AnyReference = "",
    *,
    demanded: Annotated[
        bool, typer.Option("--by-law", help="Only what s.39 paragraph 1 (7) itself asks to be recorded.")
    ] = False,
    reason: Annotated[
        str,
        typer.Option(
            help="Why, as a word or a ticket's number. The officers' own reasons are then shown too; leaves an event.",
            metavar="CODE",
        ),
    ] = "",
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """What was refused, on which ground and by whom, the oldest first. Shows nothing of the persons unless a reason is given."""
    from cli.office import open_house, open_office

    given = Given()
    if reason:
        why = reason_code(given.reason(reason))
        with open_office(credential, given) as office:
            found = _looked_up(office, reference, why)
    else:
        with open_house() as house:
            case = house.room.register.view(reference).case.id if reference else ""
            found = house.room.refusals.all(case)
    told = [shape(one, words=bool(reason)) for one in found if one.refused.demanded or not demanded]
    tell_json({"refusals": told}) if as_json else out().print(_table(told))


def shape(one: Refusal, *, words: bool) -> dict[str, Any]:
    """An entry as it is told; with the officers' words only where they were asked for."""
    kept = one.model_dump(mode="json", exclude={"case", "refused", *(() if words else ("reasons",))})
    return {**kept, **one.refused.model_dump(mode="json")}


def _looked_up(office: Office, reference: str, why: str) -> tuple[Refusal, ...]:
    from domain.events import Event

    room = office.house.room
    case = office.view(reference).case.id if reference else ""
    looked = {"actor": office.actor, "command": "refusals", "reason_code": why}
    # Told first: what cannot be told is not shown.
    room.audit.note(Event.STAFF_LOOKED, {**looked, "case": case} if case else looked)
    return room.refusals.all(case, reasons=True)


def _table(told: Iterable[dict[str, Any]]) -> Any:
    from rich.table import Table

    from cli.text import instant

    table = Table("Case", "Right", "Ground", "How much", "By", "Decided", "Told", "Kept until", "Why")
    for one in told:
        ground = one["ground"] + (f" ({one['section']})" if one["section"] else "")
        much = f"{one['scope']} {one['system']}".strip() + (
            f", {one['items']} records" if one["items"] else ""
        )
        table.add_row(
            one["reference"],
            one["right"],
            ground + ("" if one["demanded"] else " – by policy"),
            much,
            ", ".join(filter(None, (one["proposer"], one["confirmer"]))) or "engine",
            instant(one["decided"]),
            instant(one["told"]) or "not yet",
            one["keep_until"],
            "; ".join(one.get("reasons", ())),
        )
    return table
