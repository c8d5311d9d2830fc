"""`tenant`: what the controllers for whom the company processes say about requests passed on to them (s.40)."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.given import Given, one_of
from cli.options import AsJson, Credential, Reason, Reference
from cli.voice import Speaking, out, tell_json
from domain.errors import BadInput

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
