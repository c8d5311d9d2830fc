"""`tenant`: what the controllers for whom the company processes say about requests passed on to them (s.40)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.given import Given, one_of
from cli.options import AsJson, Credential, Reason, Reference
from cli.voice import Speaking, out, tell_json
from domain.errors import BadInput, NotFound

app = typer.Typer(cls=Speaking, help="What tenants instruct about their data.", no_args_is_help=True)


@app.command()
def invite(
    reference: Reference,
    *,
    contact: Annotated[
        str,
        typer.Option(
            "--contact",
            help="The tenant's e-mail address under its data processing agreement. @FILE or -.",
            metavar="E",
        ),
    ],
    credential: Credential = "",
) -> None:
    """Send a tenant's contact a link and a code to instruct by; those sent before are void."""
    from activities.instructing import invite as send
    from cli.office import open_office

    given = Given()
    address = given.address(contact, "--contact")
    with open_office(credential, given) as office:
        tools = office.house.tools
        if not tools.portal_url:
            raise BadInput("portal-missing", "enter what comes in writing: `tenant instruct`", field="REF")
        view = office.view(reference)
        made = send(tools, view.case.id, address, actor=office.actor)
    out().print(f"{reference}: asked, until {made.expires.isoformat()}", highlight=False)


@app.command()
def instruct(
    reference: Reference,
    *,
    told: Annotated[
        str,
        typer.Option(
            help="carry-out: as the person asked; ourselves: the tenant sees to it and answers.",
            metavar="WORD",
        ),
    ],
    reason: Reason,
    source: Annotated[
        str,
        typer.Option(
            help="written: you saw it and made sure whose it is; agreement: its contract ended, and the data "
            "processing agreement says so (with --ended-on).",
            metavar="WORD",
        ),
    ] = "written",
    ended_on: Annotated[
        str, typer.Option(help="The day on which its contract ended, in either era.", metavar="DATE")
    ] = "",
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Enter a tenant's instruction; name its document in the reason. An erasure is carried out in a case of its own."""
    from cli.days import any_day
    from cli.office import open_office
    from domain.instructions import Source, Told

    given = Given()
    word = Told(one_of(told, tuple(Told), "--told"))
    way = Source(one_of(source, (Source.WRITTEN, Source.AGREEMENT), "--source"))
    day, why = any_day(ended_on, "--ended-on"), given.reason(reason)
    with open_office(credential, given) as office:
        opened = office.act(
            lambda desk: desk.instruct(reference, word, way, actor=office.actor, reason=why, ended_on=day)
        )
    carried_out = opened.case.reference if opened else ""
    if as_json:
        tell_json({"reference": reference, "told": word.value, "source": way.value, "case": carried_out})
        return
    then = f"carried out in {carried_out}" if carried_out else "noted"
    out().print(f"{reference}: {then}", highlight=False)


Tenant = Annotated[
    str, typer.Argument(metavar="TENANT", help="As `tenant ended` names it.", show_default=False)
]


@app.command("ended")
def list_ended(*, as_json: AsJson = False) -> None:
    """Tenants whose contract has ended: when each was told, from when its data may go, and what was certified."""
    from activities.departing import days_of, uncovered
    from cli.office import open_house

    with open_house() as house:
        tools, told = house.tools, []
        certificates = tools.departures.certificates()
        for left in tools.departures.standing():
            days = days_of(tools, left.ended_on, left.told_on)
            own = [one.model_dump(mode="json") for one in certificates if one.departure == left.id]
            first = days.erase_from.isoformat() if days and days.erase_from else None
            told.append(
                {
                    **left.model_dump(mode="json"),
                    "erase_from": first,
                    "erase_by": days.erase_by.isoformat() if days else None,
                    "certificates": own,
                }
            )
        by_hand = list(uncovered(tools))
    if as_json:
        tell_json({"contracts": told, "by_hand": by_hand})
        return
    from cli import show_retention

    for each in show_retention.ended(told, by_hand):
        out().print(each)


@app.command()
def contact(
    tenant: Tenant,
    *,
    address: Annotated[
        str,
        typer.Option("--contact", help="Its e-mail address under the agreement. @FILE or -.", metavar="E"),
    ],
    reason: Reason,
    credential: Credential = "",
) -> None:
    """Name the address of a tenant whose contract has ended; the next night it is told what will be erased when."""
    from cli.office import open_office

    given = Given()
    to, why = given.address(address, "--contact"), given.reason(reason)
    with open_office(credential, given) as office:
        left = office.house.tools.departures.reach(tenant.strip(), to, actor=office.actor, reason=why)
    out().print(f"{left.reference}: the address is kept", highlight=False)


@app.command()
def told(
    tenant: Tenant,
    *,
    on: Annotated[str, typer.Option("--on", help="The day on which it was told.", metavar="DATE")],
    reason: Reason,
    credential: Credential = "",
) -> None:
    """Enter that a tenant was told otherwise than by the engine's e-mail; name the letter and its proof in the reason."""
    from cli.days import any_day
    from cli.office import open_office
    from domain.agreements import Told as How
    from domain.calendar import day_in_bangkok

    given = Given()
    day, why = any_day(on, "--on"), given.reason(reason)
    with open_office(credential, given) as office:
        tools = office.house.tools
        if day is None or day > day_in_bangkok(tools.clock.now()):
            raise BadInput("day-to-come", "say on which day it was told", field="--on")
        left = next((one for one in tools.departures.standing() if one.tenant == tenant.strip()), None)
        if left is None:
            raise NotFound(
                "contract-not-ended", "`tenant ended` lists those whose contract has", field="TENANT"
            )
        tools.departures.tell(left.id, How.OTHERWISE, day, actor=office.actor, reason=why)
    out().print(f"{left.reference}: told on {day.isoformat()}", highlight=False)


@app.command()
def certificate(
    sweep: Annotated[
        str, typer.Argument(metavar="SWEEP", help="As `tenant ended` names it.", show_default=False)
    ],
    *,
    to: Annotated[Path, typer.Option("--out", help="The file to write.", metavar="FILE")],
    credential: Credential = "",
) -> None:
    """Write the certificate of what was erased for a tenant, as it was issued, to hand it over."""
    from cli.office import open_office

    with open_office(credential) as office:
        departures = office.house.tools.departures
        pdf = departures.pdf(sweep.strip())
        departures.handed(sweep.strip(), actor=office.actor)
    with to.open("xb") as file:
        file.write(pdf)
    out().print(f"{to}: {len(pdf)} bytes", highlight=False)
