"""`letters`: how the company's letters look, whether each says what it must, and that one went by post."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Given, one_of, reason_code
from cli.options import AsJson, Credential, ReasonCode, Reference
from cli.voice import Speaking, in_one_line, out, tell_json, working
from domain.errors import BadInput
from domain.rights import Right, right_named

if TYPE_CHECKING:
    from exports.room import Documents

_FORMATS = (".pdf", ".html", ".txt")
_TRACKING = re.compile(r"[A-Z0-9-]{8,30}")

app = typer.Typer(
    cls=Speaking,
    help="The company's letters: what they look like, and that each says what it must.",
    no_args_is_help=True,
)


@app.command()
def check(*, as_json: AsJson = False) -> None:
    """Try every letter in both languages on invented cases. Names each template that lacks a statement it owes."""
    with working("trying every letter", quiet=as_json):
        documents, folder = _documents()
        faults = list(documents.template_faults())
    if as_json:
        told = [{"code": fault.code, "mend": fault.mend, **fault.facts} for fault in faults]
        tell_json({"folder": folder, "good": not faults, "faults": told})
    else:
        for fault in faults[1:]:
            typer.echo(in_one_line(fault), err=True)
        if not faults:
            out().print(
                f"{folder or 'the shipped templates'}: every letter says what it must", highlight=False
            )
    if faults and as_json:
        raise typer.Exit(faults[0].exit_code)
    if faults:
        raise faults[0]


@app.command()
def preview(
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="As L1, L5 or DECISION; a wrong one lists all.")
    ],
    *,
    file: Annotated[Path, typer.Option("--out", help="A new file: NAME.pdf, .html or .txt.", metavar="FILE")],
    language: Annotated[str, typer.Option(help="th or en.")] = "th",
    right: Annotated[str, typer.Option(help="Of which right; letters differ by it.")] = Right.ERASURE.value,
) -> None:
    """Write a letter as your templates make it, on sample data that are nobody's."""
    from exports.words import LANGUAGES

    one_of(language, LANGUAGES, "--language")
    if file.suffix not in _FORMATS:
        raise BadInput("format-unknown", f"name a file that ends in {', '.join(_FORMATS)}", field="--out")
    if file.exists():
        raise BadInput("file-exists", "name a new file", field="--out")
    made = _documents()[0].preview(code.strip().upper(), right_named(right), language)
    content = {".pdf": made.pdf, ".html": made.html.encode(), ".txt": made.text.encode()}[file.suffix]
    try:
        file.write_bytes(content)
    except OSError:
        raise BadInput("file-not-writable", "name a file that you may write", field="--out") from None
    out().print(f"{file}  {made.subject}", highlight=False)


@app.command()
def posted(
    reference: Reference,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The letter, as `status` names it.")],
    *,
    tracking: Annotated[
        str,
        typer.Option(help="The number on the receipt, as EE123456785TH; kept sealed. @FILE and - too."),
    ],
    on: Annotated[str, typer.Option(help="The day it was posted, in either era.", metavar="DATE")],
    credential: Credential = "",
) -> None:
    """Enter that a letter went by post, and the number that proves it. Closes its task; leaves an event."""
    from cli.office import open_office
    from domain.calendar import day_in_bangkok, parse_day

    given = Given()
    day, number = parse_day(on, field="--on"), "".join(given.text(tracking, "--tracking").split()).upper()
    if not _TRACKING.fullmatch(number):
        raise BadInput("tracking-malformed", "give the number as the receipt shows it", field="--tracking")
    with open_office(credential, given) as office:
        if day > day_in_bangkok(office.house.tools.clock.now()):
            raise BadInput("day-ahead", "give the day on which it was posted", field="--on")
        case = office.view(reference).case.id
        office.house.room.fates.posted(
            case, code.strip().upper(), on=day, tracking=number, actor=office.actor
        )
    out().print(f"{reference}: {code.strip().upper()} posted", highlight=False)


@app.command()
def enclose(
    reference: Reference,
    *,
    stop: Annotated[bool, typer.Option("--stop", help="By link alone again.")] = False,
    reason: ReasonCode,
    credential: Credential = "",
) -> None:
    """The person asks for letters as PDF with the e-mail, beside the link. Proved addresses only; never the package."""
    from cli.office import open_office
    from domain.events import Event

    given = Given()
    why = reason_code(given.reason(reason))
    with open_office(credential, given) as office:
        case = office.view(reference).case.id
        office.house.room.register.note(
            case, Event.STAFF_LOOKED, office.actor, command="letters-enclose", reason_code=why
        )
        office.house.room.enclosing.ask(case, wanted=not stop, actor=office.actor)
    said = "letters come by link alone" if stop else "letters come with the e-mail too"
    out().print(f"{reference}: {said}", highlight=False)


def _documents() -> tuple[Documents, str]:
    """The room that makes them, and the company's own folder."""
    from adapters import SystemClock, documents_of
    from cli.office import own_settings
    from policy.load import load_policy

    settings = own_settings()
    return documents_of(settings, load_policy(settings.policy), SystemClock(), stamped=False), str(
        settings.templates or ""
    )
