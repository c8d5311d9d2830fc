"""`disclose`: the disclosure register, what was given to courts, authorities or others (policy 3.2; s.39 ¶1(6))."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Given, reason_code
from cli.options import AsJson, Credential, Reason, ReasonCode, as_kept
from cli.voice import Speaking, out, tell_json
from domain.errors import BadInput

if TYPE_CHECKING:
    from datetime import date

    from cli.office import Office
    from domain.aftermath import Disclosure

app = typer.Typer(cls=Speaking, help="The disclosure register.", no_args_is_help=True)

Case = Annotated[
    str, typer.Option(help="A case of the person, as DSR-2569-000123.", metavar="REF", callback=as_kept)
]


@app.command()
def add(  # noqa: PLR0913 - an entry has so many parts
    *,
    recipient: Annotated[str, typer.Option(help="To whom; kept sealed. @FILE and - too, as below.")],
    power: Annotated[str, typer.Option(help="The law or the request on which they asked.")],
    order: Annotated[str, typer.Option(help="The number of the order or letter.")],
    unit: Annotated[list[str], typer.Option(help="Which data, as billing. May be given again.", metavar="U")],
    reason: Reason,
    what: Annotated[str, typer.Option(help="What was handed over, in words.")] = "",
    email: Annotated[
        list[str] | None, typer.Option(help="Address of the person; @FILE or -.", metavar="E")
    ] = None,
    phone: Annotated[list[str] | None, typer.Option(help="Also @FILE or -.", metavar="P")] = None,
    case: Case = "",
    given_on: Annotated[
        str, typer.Option("--given", help="The day, in either era; today unless said.", metavar="DATE")
    ] = "",
    secret_until: Annotated[
        str,
        typer.Option(
            "--secret-until",
            help="Until that day the person is not told, where the power forbids it.",
            metavar="DATE",
        ),
    ] = "",
    by: Annotated[str, typer.Option(help="Who gave it; whose credential this is, unless said.")] = "",
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Enter a disclosure. The person is named by an address, a telephone number or a case; the same again is one."""
    given = Given()
    known = given.known_by(email=email or [], phone=phone or [])
    if not known and not case.strip():
        raise BadInput("person-missing", "name the person by --email, --phone or --case", field="--email")
    why, day = given.reason(reason), _given_on(given_on)
    from domain.aftermath import Disclosure

    entry = Disclosure(
        id="",
        recipient=_said(given, recipient, "--recipient"),
        power=_said(given, power, "--power"),
        order=_said(given, order, "--order"),
        units=tuple(_said(given, each, "--unit") for each in unit),
        given_on=day,
        by=given.text(by, "--by"),
        what=given.text(what, "--what"),
        secret_until=_secret_until(secret_until, day),
    )
    from cli.office import open_office

    with open_office(credential, given) as office:
        about = office.view(case).case.id if case else None
        signed = entry if entry.by else entry.model_copy(update={"by": office.actor})
        register = office.house.room.disclosures
        entered = register.enter(signed, known, about, actor=office.actor, reason=why)
    tell_json({"disclosure": entered.id}) if as_json else out().print(entered.id, highlight=False)


@app.command("list")
def list_disclosures(
    *, reason: ReasonCode, case: Case = "", credential: Credential = "", as_json: AsJson = False
) -> None:
    """Disclosures, all or of one person, the oldest first, secret ones too. Shows personal data; leaves an event."""
    from cli.office import open_office

    given = Given()
    why = reason_code(given.reason(reason))
    with open_office(credential, given) as office:
        entries, perhaps = _looked_up(office, case, why)
    if as_json:
        told = [entry.model_dump(mode="json") for entry in entries]
        maybe = {"perhaps": [entry.model_dump(mode="json") for entry in perhaps]} if case else {}
        tell_json({"disclosures": told, **maybe})
        return
    _tell(entries)
    if perhaps:
        out().print(
            "Perhaps of the same person, for the request names an address of theirs; look before you tell:"
        )
        _tell(perhaps)


def _looked_up(
    office: Office, reference: str, why: str
) -> tuple[tuple[Disclosure, ...], tuple[Disclosure, ...]]:
    """What is surely of the person, and what may be; without a case all of the register."""
    from domain.events import Event

    room = office.house.room
    case = office.view(reference).case.id if reference else ""
    looked = {"actor": office.actor, "command": "disclose-list", "reason_code": why}
    # Told first: what cannot be told is not shown.
    room.audit.note(Event.STAFF_LOOKED, {**looked, "case": case} if case else looked)
    if not case:
        return room.disclosures.all(), ()
    return room.disclosures.concerning(case), room.disclosures.perhaps(case)


def _tell(entries: tuple[Disclosure, ...]) -> None:
    from rich.table import Table

    table = Table("Given", "To", "Power", "Order", "Data", "Secret until", "By")
    for entry in entries:
        secret = entry.secret_until.isoformat() if entry.secret_until else ""
        data = ", ".join(entry.units) + (f": {entry.what}" if entry.what else "")
        day = entry.given_on.isoformat()
        table.add_row(day, entry.recipient, entry.power, entry.order, data, secret, entry.by)
    out().print(table)


def _said(given: Given, value: str, field: str) -> str:
    said = given.text(value, field)
    if not said:
        raise BadInput("text-missing", "say it in a few words", field=field)
    return said


def _given_on(text: str) -> date:
    from datetime import UTC, datetime

    from domain.calendar import day_in_bangkok, parse_day

    today, field = day_in_bangkok(datetime.now(UTC)), "--given"
    day = parse_day(text, field=field) if text else today
    if day > today:
        raise BadInput("given-in-future", "give the day on which it was handed over", field=field)
    return day


def _secret_until(text: str, given_on: date) -> date | None:
    from domain.calendar import parse_day

    if not text:
        return None
    day = parse_day(text, field="--secret-until")
    if day < given_on:
        raise BadInput("secret-until-too-early", "it ends after the day it was given", field="--secret-until")
    return day
