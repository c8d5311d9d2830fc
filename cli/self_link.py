"""`link`: links to the request page for a customer whom the company knows. A link is printed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Given, one_of
from cli.options import AsJson, Credential
from cli.voice import Speaking, out, tell_json
from domain.errors import BadInput

if TYPE_CHECKING:
    from domain.self_links import SelfLink

app = typer.Typer(cls=Speaking, help="Links to the request page for known customers.", no_args_is_help=True)

LANGUAGES = ("th", "en")


@app.command()
def new(
    *,
    right: Annotated[list[str], typer.Option(help="For which right; may be given again.")],
    email: Annotated[
        list[str] | None, typer.Option(help="Address on file; @FILE, or - for standard input.", metavar="E")
    ] = None,
    phone: Annotated[list[str] | None, typer.Option(help="Also @FILE or -.", metavar="P")] = None,
    name: Annotated[str, typer.Option(help="As letters are to address them; also @FILE or -.")] = "",
    language: Annotated[str, typer.Option(help="Of the page: th or en.")] = "th",
    days: Annotated[int, typer.Option(help="For how long it opens; at most 30.", min=1, max=30)] = 7,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Make a link; prints it once. It proves nothing: whoever presses shows who they are as the right asks."""
    from datetime import timedelta

    from cli.office import open_office
    from domain.rights import right_named
    from domain.self_links import About, Wanted

    given = Given()
    wanted = Wanted(
        rights=tuple(right_named(one) for one in right),
        about=About(
            identifiers=given.known_by(email=email or [], phone=phone or []), name=given.text(name, "--name")
        ),
        language=one_of(language, LANGUAGES, "--language"),
        life=timedelta(days=days),
    )
    with open_office(credential, given) as office:
        portal = office.house.settings.portal_url
        if not portal:
            raise BadInput("setting-missing", "say where the portal is reached", variable="SITTHI_PORTAL_URL")
        made = office.house.room.self_links.mint(wanted, actor=office.actor)
        url = f"{portal}/s/{made.token}?lang={wanted.language}"
    if as_json:
        tell_json({"id": made.id, "url": url, "expires": made.expires.isoformat()})
        return
    out().print(f"{made.id} (until {made.expires.isoformat(timespec='minutes')})", highlight=False)
    typer.echo(url)
    typer.echo("The link is shown this once: hand it to nobody but the customer.", err=True)


@app.command("list")
def list_links(*, credential: Credential = "", as_json: AsJson = False) -> None:
    """Every link by id, rights and what became of it; never itself, nor whom it is about."""
    from rich.table import Table

    from cli.office import open_office

    with open_office(credential) as office:
        found = office.house.room.self_links.all()
        now = office.house.tools.clock.now()
    if as_json:
        tell_json({"links": [one.model_dump(mode="json") for one in found]})
        return
    table = Table("Id", "Rights", "By", "Made", "Until", "State")
    for one in found:
        state = _state(one) or ("expired" if one.expires <= now else "open")
        made, until = one.made.isoformat(timespec="minutes"), one.expires.isoformat(timespec="minutes")
        table.add_row(one.id, ", ".join(one.rights), one.made_by, made, until, state)
    out().print(table)


@app.command()
def revoke(
    link: Annotated[str, typer.Argument(metavar="ID", help="As `link list` names it.")],
    *,
    credential: Credential = "",
) -> None:
    """Let a link open nothing more, from now on; whom it was about is destroyed."""
    from cli.office import open_office

    with open_office(credential) as office:
        office.house.room.self_links.revoke(link.strip(), actor=office.actor)
    out().print(f"{link.strip()}: revoked", highlight=False)


def _state(one: SelfLink) -> str:
    if one.used is not None:
        return "used"
    return "revoked" if one.revoked is not None else ""
