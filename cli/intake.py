"""`open`: a request comes in by letter, phone, e-mail or at the counter, and an officer enters it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import known
from cli.days import any_day
from cli.given import Given, one_of
from cli.options import ActsAs, Agent, AsJson, Authority, Born, Credential, Set, Wait
from cli.voice import out, tell_json, working
from domain.entering import CHANNELS, COMPANY, controllers, received
from domain.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cli.office import Office
    from domain.ports import CaseView, Intake
    from domain.rights import Right

LANGUAGES = ("th", "en")

Controllers = Annotated[
    list[str] | None,
    typer.Option(
        help=f"Who is asked: {COMPANY} (unless said), or a tenant's code. Again for a case each.",
        metavar="CODE",
    ),
]
Received = Annotated[
    str, typer.Option("--received", help="Bangkok day, or ISO instant; now unless said.", metavar="DATE")
]


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
    controller: Controllers = None,
    change: Set = None,
    agent: Agent = "",
    authority: Authority = "",
    capacity: ActsAs = "",
    born: Born = "",
    channel: Annotated[str, typer.Option(help=f"One of {', '.join(CHANNELS)}.")] = "web",
    received_on: Received = "",
    language: Annotated[str, typer.Option(help="Of letters: th or en.")] = "th",
    message: Annotated[str, typer.Option(help="What the person wrote; best as @FILE.")] = "",
    once: Annotated[str, typer.Option(help="A key; the same again opens nothing new.", metavar="KEY")] = "",
    credential: Credential = "",
    as_json: AsJson = False,
    wait: Wait = False,
) -> None:
    """Enter a request: a case each right and controller. Its clock runs from the day on which it came in."""
    from datetime import UTC, datetime

    from domain.acting import Capacity
    from domain.ports import Intake

    given = Given()
    rights, changes = _rights(right), given.changes(change or [])
    _check_wishes(rights, changes)
    acting, shown = given.agent(agent, authority)
    intake = Intake(
        rights=rights,
        channel=one_of(channel, CHANNELS, "--channel"),
        received=received(received_on, datetime.now(UTC), field="--received"),
        language=one_of(language, LANGUAGES, "--language"),
        identifiers=given.identifiers(email=email, phone=phone or []),
        name=given.text(name, "--name"),
        message=given.text(message, "--message"),
        controllers=controllers(controller or [], field="--controller"),
        changes=changes,
        agent=acting,
        authority=shown,
        capacity=Capacity(one_of(capacity, tuple(Capacity), "--capacity")) if capacity else None,
        born_on=any_day(given.text(born, "--born"), "--born"),
        dedup=once,
    )
    from cli.office import open_office

    with open_office(credential, given) as office:
        known.check_units(office.house.policy, changes)
        views = _open(office, intake, as_json=as_json, wait=wait)
        tell(office, views, as_json=as_json)


def tell(office: Office, views: tuple[CaseView, ...], *, as_json: bool) -> None:
    """The cases of one request that were opened."""
    from cli import shapes, show

    if as_json:
        told = [shapes.whole(office.house, view) for view in views]
        tell_json({"request": views[0].request, "cases": told})
    else:
        out().print(show.case_table(views))


def _rights(named: Sequence[str]) -> tuple[Right, ...]:
    from domain.rights import right_named

    rights = tuple(right_named(name) for name in named)
    if len(set(rights)) != len(rights):
        raise BadInput("right-given-twice", "give each right once", field="--right")
    return rights


def _check_wishes(rights: Sequence[Right], changes: Mapping[str, str]) -> None:
    """What is asked is a wish of its right; said before anything is reached."""
    from domain.wishes import read_wish, share_out

    for right, asked in share_out(rights, changes).items():
        read_wish(right, asked)


def _open(office: Office, intake: Intake, *, as_json: bool, wait: bool) -> tuple[CaseView, ...]:
    from cli.standing import wait_for_people

    entered = intake.model_copy(update={"actor": office.actor})
    with working("opening", quiet=as_json):
        views = office.act(lambda desk: desk.open(entered))
    if not wait:
        return views
    room = office.house.room
    return tuple(wait_for_people(room, view.case.id, quiet=as_json) for view in views)
