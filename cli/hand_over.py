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

_ANOTHER_WAY = "Kept nowhere. Tell it to the person by another way than the archive goes."


def export(
    reference: Reference,
    *,
    out: Annotated[
        Path, typer.Option("--out", help="Directory; a folder of the reference's name is made in it.")
    ],
    reason: ReasonCode,
    archive: Annotated[
        bool,
        typer.Option("--archive", help="One AES-256 zip with a passphrase, to be sent by post or e-mail."),
    ] = False,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Write a case's documents into a directory. Personal data, readable by you alone; leaves an event.

    An archive's passphrase is shown once and kept nowhere: tell it to the person by another way than the archive goes.
    """
    from cli.office import open_office
    from domain.events import Event
    from security.tokens import new_passphrase

    given = Given()
    why = reason_code(given.reason(reason))
    passphrase = new_passphrase() if archive else ""
    if out.exists() and not out.is_dir():
        raise BadInput("not-a-directory", "name a directory", field="--out")
    with open_office(credential, given) as office, working("opening the seals", quiet=as_json):
        view = office.view(reference)
        # Told first: what cannot be told does not leave.
        office.house.room.register.note(
            view.case.id, Event.STAFF_LOOKED, office.actor, command="export", reason_code=why
        )
        try:
            handover = office.house.handover
            files = (
                handover.archive(view, out, passphrase, actor=office.actor)
                if archive
                else handover.export(view, out, actor=office.actor)
            )
        except OSError as error:
            mend = "name a directory with room that you may write to"
            raise BadInput("directory-not-writable", mend, field="--out", errno=error.errno or 0) from None
    told = [_shape(path) for path in files]
    if as_json:
        phrase = {"passphrase": passphrase} if archive and told else {}
        tell_json({"reference": view.case.reference, "files": told, **phrase})
        return
    for file in told:
        screen().print(f"{file['path']}  {file['size']} bytes  SHA-256 {file['sha256']}", highlight=False)
    if archive and told:
        screen().print(f"passphrase  {passphrase}", highlight=False)
        screen().print(_ANOTHER_WAY)
    if not told:
        screen().print(f"{view.case.reference}: nothing was made yet", highlight=False)


def _shape(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "path": str(path), "size": path.stat().st_size, "sha256": digest}
