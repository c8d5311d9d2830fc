"""`open`: a request comes in by letter, phone, e-mail or at the counter, and an officer enters it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Given, received
from cli.options import AsJson, Credential, Wait
from cli.voice import out, tell_json, working
from domain.errors import BadInput

if TYPE_CHECKING:
    from cli.office import Office
    from domain.ports import CaseView, Intake

CHANNELS = ("web", "letter", "phone", "email", "counter")
LANGUAGES = ("th", "en")


def open_request(  # noqa: PLR0913 - a request has so many parts
    *,
    right: Annotated[
        list[str], typer.Option(help="As access or erasure; an unknown one lists all. May be given again.")
    ],
    email: Annotated[
        list[str], typer.Option(help="Address of the person; @FILE, or - for standard input.", metavar="E")
    ],
    phone: Annotated[list[str] | None, typer.Option(help="Also @FILE or -.", metavar="P")] = None,
    name: Annotated[str, typer.Option(help="As the person gave it; also @FILE or -.")] = "",
    tenant: Annotated[str, typer.Option(help="In whose CRM the person says to be.")] = "",
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="What is to be corrected; the value may be @FILE.", metavar="FIELD=VALUE"),
    ] = None,
    channel: Annotated[str, typer.Option(help=f"One of {', '.join(CHANNELS)}.")] = "web",
    received_on: Annotated[
        str, typer.Option("--received", help="Bangkok day, or ISO instant; now unless said.", metavar="DATE")
    ] = "",
    language: Annotated[str, typer.Option(help="Of letters: th or en.")] = "th",
    message: Annotated[str, typer.Option(help="What the person wrote; best as @FILE.")] = "",
    once: Annotated[str, typer.Option(help="A key; the same again opens nothing new.", metavar="KEY")] = "",
    credential: Credential = "",
    as_json: AsJson = False,
    wait: Wait = False,
) -> None:
    """Enter a request. Its clock runs from the day on which it came in; it is its own reason."""
    from datetime import UTC, datetime

    from domain.ports import Intake
    from domain.rights import right_named

    given = Given()
    rights = tuple(right_named(name) for name in right)
    if len(set(rights)) != len(rights):
        raise BadInput("right-given-twice", "give each right once", field="--right")
    changes = given.changes(change or [])
    intake = Intake(
        rights=rights,
        channel=one_of(channel, CHANNELS, "--channel"),
        received=received(received_on, datetime.now(UTC)),
        language=one_of(language, LANGUAGES, "--language"),
        identifiers=given.identifiers(email=email, phone=phone or []),
        name=given.text(name, "--name"),
        message=given.text(message, "--message"),
        controllers=(tenant.strip(),),
        changes=changes,
        dedup=once,
    )
    from cli.office import open_office

    with open_office(credential, given) as office:
        views = _open(office, intake, as_json=as_json, wait=wait)
        _tell(office, views, as_json=as_json)


def one_of(value: str, allowed: tuple[str, ...], field: str) -> str:
    """The value, if it is one of these. Raises `BadInput` that lists them."""
    if value not in allowed:
        raise BadInput("unknown-word", f"use one of {', '.join(allowed)}", field=field)
    return value


def _open(office: Office, intake: Intake, *, as_json: bool, wait: bool) -> tuple[CaseView, ...]:
    from cli.standing import wait_for_people

    entered = intake.model_copy(update={"actor": office.actor})
    with working("opening"):
        views = office.act(lambda desk: desk.open(entered))
    if not wait:
        return views
    room = office.house.room
    return tuple(wait_for_people(room, view.case.id, quiet=as_json) for view in views)


def _tell(office: Office, views: tuple[CaseView, ...], *, as_json: bool) -> None:
    from cli import shapes, show

    if as_json:
        told = [shapes.whole(office.house.room, view) for view in views]
        tell_json({"request": views[0].request, "cases": told})
    else:
        out().print(show.case_table(views))
