"""`export`: a case's documents, out of their seals into a directory of the officer's."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.given import Given, reason_code
from cli.options import AsJson, Credential, ReasonCode, Reference
from cli.voice import out as screen
from cli.voice import tell_json, working
from domain.errors import BadInput


def export(
    reference: Reference,
    *,
    out: Annotated[
        Path, typer.Option("--out", help="Directory; a folder of the reference's name is made in it.")
    ],
    reason: ReasonCode,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Write a case's documents into a directory. Personal data, readable by you alone; leaves an event."""
    from cli.office import open_office
    from domain.events import Event

    given = Given()
    why = reason_code(given.reason(reason))
    if out.exists() and not out.is_dir():
        raise BadInput("not-a-directory", "name a directory", field="--out")
    with open_office(credential, given) as office, working("opening the seals", quiet=as_json):
        view = office.view(reference)
        # Told first: what cannot be told does not leave.
        office.house.room.register.note(
            view.case.id, Event.STAFF_LOOKED, office.actor, command="export", reason_code=why
        )
        try:
            files = office.house.handover.export(view, out, actor=office.actor)
        except OSError as error:
            mend = "name a directory with room that you may write to"
            raise BadInput("directory-not-writable", mend, field="--out", errno=error.errno or 0) from None
    told = [_shape(path) for path in files]
    if as_json:
        tell_json({"reference": view.case.reference, "files": told})
        return
    for file in told:
        screen().print(f"{file['path']}  {file['size']} bytes  SHA-256 {file['sha256']}", highlight=False)
    if not told:
        screen().print(f"{view.case.reference}: nothing was made yet", highlight=False)


def _shape(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "path": str(path), "size": path.stat().st_size, "sha256": digest}
