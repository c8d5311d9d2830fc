"""`datamap`: proposing a map for a database, holding maps against live schemas, showing what they make of a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Given, reason_code
from cli.options import AsJson, Credential, ReasonCode, Systems
from cli.voice import Speaking, out, tell_json, working
from domain.errors import BadInput, NotFound

if TYPE_CHECKING:
    from connectors.sql import SqlConnector

app = typer.Typer(cls=Speaking, help="Data maps: what a database holds about people.", no_args_is_help=True)


@app.callback()
def _datamap() -> None:
    """Data maps: what a database holds about people."""


@app.command()
def discover(
    *,
    url: Annotated[
        str, typer.Option(help="The database's SQLAlchemy address; @FILE and - are taken too.", metavar="URL")
    ],
    into: Annotated[
        Path | None,
        typer.Option(
            "--into", help="Write it there, never over another file; else to standard output.", metavar="FILE"
        ),
    ] = None,
) -> None:
    """Propose a map from catalogue, names, foreign keys and sampled values, each guess with its reason.

    Reads only. A person decides: the proposal holds nothing back, and knows nothing of law.
    """
    from connectors.discover import discover as propose
    from connectors.discover_write import write

    address = Given().text(url, "--url")
    with working("looking at the database"):
        text = write(propose(address))
    if into is None:
        typer.echo(text, nl=False)
        return
    try:
        with into.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        raise BadInput("file-not-written", "name a new file that you may write", field="--into") from None


@app.command()
def check(*, systems: Systems = None, as_json: AsJson = False) -> None:
    """Hold every map against its live schema; name each path that no index serves, and what would mend it.

    A table or column that nobody classified, or that is not there, ends it with 2 and the line of the map.
    """
    from cli.office import own_settings
    from connectors.registry import open_connectors
    from connectors.sql import SqlConnector
    from settings import outside_environment

    told: list[dict[str, Any]] = []
    file = systems or own_settings().systems
    for name, connector in open_connectors(
        file or Path("systems.yaml"), outside_environment(), secret=b"check"
    ).items():
        try:
            connector.check()
            advice = connector.advise() if isinstance(connector, SqlConnector) else ()
            told += [
                {"system": name, "table": one.table, "path": one.path, "rows": one.rows, "mend": one.create}
                for one in advice
            ]
        finally:
            connector.close()
    if as_json:
        tell_json({"fits": True, "without_index": told})
        return
    out().print("every map fits its schema", highlight=False)
    for one in told:
        out().print(
            f"{one['system']} {one['table']}: {one['path']}: reads about {one['rows']} rows; {one['mend']};",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


@app.command()
def explain(
    *,
    system: Annotated[str, typer.Option(help="The system, as its file names it.", metavar="NAME")],
    email: Annotated[str, typer.Option(help="Of the person; @FILE and - are taken too.", metavar="E")],
    reason: ReasonCode,
    systems: Systems = None,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Show the SQL by which one person is found, with places where values go. It is run: leaves an event."""
    from cli.locate import items_of, subject_of
    from cli.office import open_office
    from connectors.sql import SqlConnector
    from domain.events import Event

    given = Given()
    address = given.address(email, "--email")
    why = reason_code(given.reason(reason))
    with open_office(credential, given, systems=systems) as office:
        connector = office.house.tools.connectors.get(system)
        if not isinstance(connector, SqlConnector):
            raise NotFound("system-unknown", "name a connected database", field="--system")
        looked = {"actor": office.actor, "command": "explain", "system": system, "reason_code": why}
        office.house.room.audit.note(Event.STAFF_LOOKED, looked)
        statements = _heard(connector, address.value, items_of, subject_of)
    if as_json:
        tell_json({"statements": statements})
        return
    for one in statements:
        typer.echo(f"{one};\n")


def _heard(connector: SqlConnector, email: str, items_of: Any, subject_of: Any) -> list[str]:
    connector.describe()  # the schema is read before we listen
    with connector.listening() as heard:
        for _ in items_of(connector, subject_of(connector, [("email", email)], "")):
            pass
    return list(dict.fromkeys(heard))
