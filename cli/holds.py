"""`hold`: orders of a court, a dispute or a complaint to สคส. that forbid erasing, on one case or on all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Given, one_of
from cli.options import AsJson, Credential, Reason, Reference, as_kept
from cli.voice import Speaking, out, tell_json
from domain.entering import day_or_instant
from domain.errors import BadInput

if TYPE_CHECKING:
    from cli.office import Office

app = typer.Typer(cls=Speaking, help="Hold orders.", no_args_is_help=True)


@app.command()
def place(
    reference: Annotated[
        str, typer.Argument(metavar="[REF]", help="The case; none with --all.", callback=as_kept)
    ] = "",
    *,
    order: Annotated[str, typer.Option(help="The order's own number; kept sealed. @FILE and - too.")],
    reason: Reason,
    kind: Annotated[
        str, typer.Option(help="order, litigation, or complaint: the person complained to สคส. (s.73).")
    ] = "order",
    units: Annotated[
        str,
        typer.Option(help="Data units that the order names, as U03,U06; none means all.", metavar="CODES"),
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Bind every case.")] = False,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Place an order; it waits for the batches that run, and no batch begins against it."""
    from cli.office import open_office
    from domain.holds import OrderKind

    given = Given()
    called = OrderKind(one_of(kind, tuple(OrderKind), "--kind"))
    number, why = given.text(order, "--order"), given.reason(reason)
    if not number:
        raise BadInput("order-missing", "give the order's number", field="--order")
    if bool(reference) == every:
        raise BadInput("one-case-or-all", "name a case, or say --all", field="--all")
    with open_office(credential, given) as office:
        case = office.view(reference).case.id if reference else None
        named = frozenset(code.strip() for code in units.split(",") if code.strip())
        if unknown := named - office.house.policy.units.keys():
            raise BadInput("unit-unknown", "`policy record` lists them", field="--units", count=len(unknown))
        placed = office.house.room.holds.place(
            case, number, actor=office.actor, reason=why, kind=called, units=named
        )
    tell_json({"order": placed}) if as_json else out().print(placed, highlight=False)


def complaint(
    reference: Reference,
    *,
    order: Annotated[
        str, typer.Option(help="The number of the matter at สคส.; kept sealed. @FILE and - too.")
    ],
    reason: Reason,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Note that the person complained to สคส. (s.73). What is to be erased of them freezes until `hold release`."""
    place(reference, order=order, reason=reason, kind="complaint", credential=credential, as_json=as_json)


@app.command()
def due(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="As `hold list` names it.")],
    *,
    served: Annotated[
        str, typer.Option(help="The Bangkok day on which it was served, in either era.", metavar="DATE")
    ],
    days: Annotated[
        int, typer.Option(help="Within how many days, as the order itself says.", min=1, max=3650)
    ] = 30,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Owe what an order asks for by its day. People are asked on the working day to plan for, `law order` shows why."""
    from activities.orders import watch
    from cli.office import open_office

    asked_on, named = day_or_instant(served, "--served"), order.strip()
    with open_office(credential) as office:
        case = _case_of(office, named)
        owed = watch(office.house.tools, case, named, asked_on, days)
    told = {"order": named, "due_on": owed.due_on.isoformat()}
    tell_json(told) if as_json else out().print(" ".join(told.values()), highlight=False)


def _case_of(office: Office, order: str) -> str:
    found = next((one for one in office.house.room.holds.orders() if one.id == order), None)
    if found is None or found.released:
        raise BadInput("order-unknown", "`hold list` names those in force", field="ORDER")
    if not found.case:
        raise BadInput("order-on-all", "what is due is owed by a case: place it on one", field="ORDER")
    return found.case


@app.command()
def release(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="As `hold list` names it.")],
    *,
    reason: Reason,
    credential: Credential = "",
) -> None:
    """Release an order; what it kept is looked at again when it is next asked for."""
    from activities.orders import done_with
    from cli.office import open_office

    given, named = Given(), order.strip()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        holds = office.house.room.holds
        holds.release(named, actor=office.actor, reason=why)
        for case in {one.case for one in holds.orders() if one.id == named and one.case}:
            done_with(office.house.tools, case, named)
    out().print(f"{order.strip()}: released", highlight=False)


@app.command("list")
def list_orders(*, credential: Credential = "", as_json: AsJson = False) -> None:
    """All orders by id, without their sealed words."""
    from rich.table import Table

    from cli.office import open_office

    with open_office(credential) as office:
        orders = office.house.room.holds.orders()
        register = office.house.room.register
        case_of = {order.case: register.view(order.case).case.reference for order in orders if order.case}
    if as_json:
        shown = {"id", "kind", "units", "placed_by", "placed", "released"}
        told = [
            {**order.model_dump(mode="json", include=shown), "reference": case_of.get(order.case)}
            for order in orders
        ]
        tell_json({"orders": told})
        return
    table = Table("Order", "Kind", "Case", "Placed", "By", "Released")
    for order in orders:
        released = order.released.isoformat() if order.released else ""
        bound = case_of.get(order.case, "all")
        table.add_row(order.id, order.kind, bound, order.placed.isoformat(), order.placed_by, released)
    out().print(table)
