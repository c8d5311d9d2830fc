"""`replay`: a backup was restored; what was erased since goes again, before the system serves anybody."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import AsJson, Credential
from cli.voice import out, tell_json, working


def replay(
    *,
    system: Annotated[str, typer.Option(help="The restored system, as the systems file names it.")],
    look_only: Annotated[
        bool, typer.Option("--look-only", help="Count what is back, and change nothing.")
    ] = False,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Erase again what a restored backup brought back (Notification B.E. 2567 cl.3). Before the system serves anybody.

    Run it until nothing is back. What an order placed since names is spared and counted.
    """
    from activities.restored import replay as destroy_again
    from cli.office import open_office
    from domain.events import Event

    with open_office(credential) as office, working("erasing again", quiet=as_json):
        room = office.house.room
        found = destroy_again(office.house.tools, room.tombstones, system.strip(), look_only=look_only)
        if not look_only:
            told: dict[str, str | int] = {
                "actor": office.actor,
                "system": found.system,
                "items": found.gone,
                "left": found.spared,
            }
            room.audit.note(Event.ERASURE_REPLAYED, told)
    if as_json:
        tell_json(found.model_dump(mode="json"))
        return
    line = f"{found.system}: {found.back} of {found.known} erased records were back, {found.gone} gone again"
    out().print(f"{line}, {found.spared} spared by an order", highlight=False)
