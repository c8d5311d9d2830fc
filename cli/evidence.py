"""Files that show something: read from the terminal's machine, kept sealed under the case's key."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import BadInput

if TYPE_CHECKING:
    from cli.office import Office
    from domain.errands import Evidence

Files = Annotated[
    list[Path] | None,
    typer.Option(
        "--evidence", help="A file that shows it: a certificate, a minute, a photograph.", metavar="FILE"
    ),
]
_LARGEST = 64 << 20
_BLOCK = 1 << 20


def drawn(ref: str, file: Path) -> Evidence:
    """A file that is to come with an answer, measured before anything is kept. Raises `BadInput`."""
    from domain.errands import Evidence

    size = -1
    with suppress(OSError):
        size = file.stat().st_size if file.is_file() else -1
    if size < 1:
        raise BadInput("file-unreadable", "name a file that is not empty", field="--evidence")
    if size > _LARGEST:
        raise BadInput("file-too-large", f"at most {_LARGEST >> 20} MiB", field="--evidence")
    return Evidence(file="", title=file.name, size=size, sha256="", ref=ref)


def kept(office: Office, case: str, place: str, ref: str, file: Path) -> Evidence:
    """The file, sealed among those of the case; a place that is never used twice."""
    files, name = office.house.tools.files, f"{place}-{token_hex(4)}"
    with file.open("rb") as source, files.write(case, name) as sealed:
        while block := source.read(_BLOCK):
            sealed.write(block)
    measured = files.measure(case, name)
    return drawn(ref, file).model_copy(
        update={"file": name, "size": measured.size, "sha256": measured.sha256}
    )
