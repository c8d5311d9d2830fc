"""`locate`: what belongs to a person in one system, and what an erasure would do to it. Opens no case, changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.days import any_day
from cli.given import Given, reason_code
from cli.options import AsJson, Credential, ReasonCode, Systems
from cli.voice import aside, out, working
from domain.errors import BadInput, Conflict, NotFound

if TYPE_CHECKING:
    from datetime import date

    from activities.tools import Tools
    from domain.connector import Connector
    from domain.identifiers import Identifier
    from domain.item import Candidate, Item, Subject

_FIELD = "--identifier"
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(\+\d\d)?(:\d\d)?")

KnownBy = Annotated[
    list[str],
    typer.Option(
        _FIELD,
        help=(
            "What the person is known by, as email=E or phone=P, or the key of their own row as TABLE.COLUMN=K. "
            "The value may be @FILE or -. Give several to tell people apart."
        ),
        metavar="KIND=VALUE",
        show_default=False,
    ),
]


def locate(
    *,
    system: Annotated[str, typer.Option(help="The system, as its file names it.", metavar="NAME")],
    known_by: KnownBy,
    reason: ReasonCode,
    as_of: Annotated[
        str, typer.Option(help="Holds as they stand on that day; today unless said.", metavar="DATE")
    ] = "",
    tenant: Annotated[
        str, typer.Option(help="In that tenant's data instead of our own.", metavar="TENANT")
    ] = "",
    systems: Systems = None,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Find what belongs to a person in one system, and what an erasure would do. No case is opened; leaves an event.

    With --json one array: {"table", "pk", "unit", "date", "how", "outcome"}.
    """
    from datetime import UTC, datetime

    from cli.office import open_office
    from domain.calendar import day_in_bangkok
    from domain.events import Event

    given = Given()
    asked = [_asked(given, one) for one in known_by]
    why = reason_code(given.reason(reason))
    today = any_day(as_of, "--as-of") or day_in_bangkok(datetime.now(UTC))
    with open_office(credential, given, systems=systems) as office, working("looking", quiet=as_json):
        tools = office.house.tools
        connector = tools.connectors.get(system)
        if connector is None:
            raise NotFound("system-unknown", f"one of {', '.join(tools.connectors)}", field="--system")
        looked = {"actor": office.actor, "command": "locate", "system": system, "reason_code": why}
        # Told first: what cannot be told is not shown.
        office.house.room.audit.note(Event.STAFF_LOOKED, looked)
        subject = subject_of(connector, asked, tenant)
        found = (told(tools, item, today) for item in items_of(connector, subject))
        _show(found, as_json=as_json)


def _show(found: Iterator[dict[str, Any]], *, as_json: bool) -> None:
    if not as_json:
        from rich.table import Table

        table = Table("Table", "Key", "Unit", "Date", "Reached by", "On erasure")
        for one in found:
            key = ", ".join(f"{name}={value}" for name, value in one["pk"].items())
            table.add_row(one["table"], key, one["unit"], one["date"] or "", one["how"], one["outcome"])
        out().print(table)
        return
    import json

    # Row by row: what one person has may be more than fits in memory.
    typer.echo("[", nl=False)
    for number, one in enumerate(found):
        typer.echo(("," if number else "") + "\n  " + json.dumps(one, ensure_ascii=False), nl=False)
    typer.echo("\n]")


def told(tools: Tools, item: Item, today: date) -> dict[str, Any]:
    """A located record as `locate --json` tells it."""
    from activities.plan import judge
    from domain.assess import Asked
    from domain.rights import Right

    found = item.found
    row = judge(tools, Asked(right=Right.ERASURE), found, today, kept_on="")
    day = next((day for day in found.dates.values() if day is not None), None)
    return {
        "table": found.table,
        "pk": {name: printed(value) for name, value in item.locator.items() if not name.startswith("$")},
        "unit": found.unit,
        "date": day.isoformat() if day else None,
        "how": found.how,
        "outcome": row.planned.value if row else "",
    }


def printed(value: object) -> object:
    """A key as databases print it: an instant with a blank in it, and its zone in hours."""
    if not isinstance(value, str) or not (parts := _INSTANT.fullmatch(value)):
        return value
    day, time, fraction, hours, minutes = parts.groups()
    fraction = (fraction or "").rstrip("0").rstrip(".")
    zone = (hours or "") + ("" if minutes in {None, ":00"} else minutes)
    return f"{day} {time}{fraction}{zone}"


def _asked(given: Given, text: str) -> tuple[str, str]:
    kind, mark, value = text.partition("=")
    if not mark or not kind.strip():
        raise BadInput("malformed-identifier", "write it as email=E, or as TABLE.COLUMN=K", field=_FIELD)
    return kind.strip(), given.text(value, _FIELD)


def subject_of(connector: Connector, asked: Sequence[tuple[str, str]], tenant: str) -> Subject:
    """Whom the identifiers mean. Raises `Conflict` where they may mean several: nobody is guessed."""
    from domain.identifiers import IdentifierKind, on_file
    from domain.item import Subject

    identifiers: list[Identifier] = []
    anchors: list[Mapping[str, Any]] = []
    for kind, value in asked:
        table, dot, column = kind.rpartition(".")
        if dot:
            anchors.append({"$table": table, column: int(value) if value.isdecimal() else value})
        elif kind in list(IdentifierKind):
            identifiers.append(on_file(IdentifierKind(kind), value, field=_FIELD))
        else:
            mend = f"use one of {', '.join(IdentifierKind)}, or TABLE.COLUMN"
            raise BadInput("unknown-word", mend, field=_FIELD)
    if not anchors:
        meant = _meant(connector, identifiers, tenant)
        anchors = [candidate.locator for candidate in meant]
    return Subject(
        identifiers=tuple(identifiers),
        tenant=tenant,
        anchors={connector.name: tuple(anchors)} if anchors else {},
    )


def _meant(connector: Connector, identifiers: Sequence[Identifier], tenant: str) -> Sequence[Candidate]:
    """The one person who has all of them that anybody has; nobody where nobody has any."""
    by_place: dict[str, Candidate] = {}
    several: list[set[str]] = []
    for one in identifiers:
        found = {str(sorted(each.locator.items())): each for each in connector.resolve((one,), tenant)}
        by_place |= found
        several += [set(found)] if found else []
    if not several:
        return ()
    common = set.intersection(*several)
    if len(common) != 1:
        _tell_apart(by_place.values())
        mend = "give one more identifier, or the key of the right one as TABLE.COLUMN=K"
        raise Conflict("several-persons", mend, count=len(by_place))
    return [by_place[common.pop()]]


def _tell_apart(candidates: Iterator[Candidate] | Any) -> None:
    from rich.table import Table

    table = Table("Key", "What tells them apart")
    for one in candidates:
        where = one.locator["$table"]
        key = ", ".join(f"{where}.{name}={value}" for name, value in one.locator.items() if name != "$table")
        table.add_row(key, ", ".join(f"{name}: {value}" for name, value in one.shown.items()))
    aside().print(table)


def items_of(connector: Connector, subject: Subject) -> Iterator[Item]:
    """All that is located, page by page."""
    cursor = ""
    while True:
        page = connector.locate(subject, cursor)
        yield from page.items
        cursor = page.cursor
        if not cursor:
            return
