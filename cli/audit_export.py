"""`audit export` and what belongs to it: the signed package for the regulator, and who let it out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Given, one_of, reason_code
from cli.options import AsJson, Credential, ReasonCode, as_kept
from cli.voice import out as screen
from cli.voice import tell_json, working
from domain.errors import BadInput

if TYPE_CHECKING:
    from cli.office import Office
    from domain.identifiers import Identifier
    from domain.inspection import Export, Made, Order, Scope

_MOST_SCAN = 20 << 20
_SCANS = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff")


Since = Annotated[str, typer.Option("--from", help="The first day, in either era.", metavar="DATE")]
Until = Annotated[str, typer.Option("--to", help="The last day, in it.", metavar="DATE")]
Out = Annotated[Path, typer.Option("--out", help="The package, a new file: NAME.zip.", metavar="FILE")]
Cases = Annotated[list[str] | None, typer.Option(help="Only this case; may be given again.", metavar="REF")]
Subject = Annotated[
    str,
    typer.Option(
        help="Only the cases of one person: @FILE or - with their addresses and numbers, one a line.",
        metavar="@FILE",
    ),
]
Full = Annotated[
    bool,
    typer.Option("--full", help="With names and letters: on a written order, approved by a second person."),
]
OrderRef = Annotated[str, typer.Option(help="The number of the order; kept sealed. @FILE and - too.")]
OrderFile = Annotated[Path | None, typer.Option(help="The order, scanned.", metavar="FILE")]
Enclose = Annotated[
    list[str] | None,
    typer.Option(
        help="A document to enclose: appointment, notice or agreement. May be given again.",
        metavar="KIND=FILE",
    ),
]


def export(  # noqa: PLR0913 - an export is asked for with so many parts
    *,
    since: Since,
    until: Until,
    out: Out,
    reason: ReasonCode,
    case: Cases = None,
    subject: Subject = "",
    full: Full = False,
    order_ref: OrderRef = "",
    order_file: OrderFile = None,
    enclose: Enclose = None,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Make the signed package for the PDPC. You sign it by name; it names nobody else unless `--full`.

    With `--full` the first run enters the request, `audit approve` by a second person lets it be made, and the same
    command then makes it.
    """
    from cli.office import open_office
    from domain.inspection import STAMPED

    given = Given()
    why = reason_code(given.reason(reason))
    persons = _persons(given, subject) if subject else ()
    order = _order(given, order_ref, order_file) if full or order_ref or order_file else None
    enclosures = [_enclosure(each) for each in enclose or ()]
    if out.exists():
        raise BadInput("file-exists", "name a new file", field="--out")
    with open_office(credential, given) as office:
        scope = _scope(office, (since, until), case or [], persons, full=full)
        asked = office.house.room.exports.ask(scope, actor=office.actor, reason_code=why, order=order)
        if full and asked.approved is None:
            _tell_waiting(asked, as_json=as_json)
            return
        begun = office.house.room.exports.begin(asked.id, actor=office.actor)
        with working("reading the register", quiet=as_json):
            made = _make(office, begun, order, enclosures, out)
        key = office.house.publish.signing.public()
    told = {
        "export": begun.id,
        "serial": begun.serial,
        "file": str(out),
        "size": made.size,
        "sha256": made.sha256,
        "timestamp": made.timestamp,
    }
    if as_json:
        tell_json({**told, "key": key, "head": made.head.model_dump()})
        return
    screen().print(f"{out}  {made.size} bytes  SHA-256 {made.sha256}", highlight=False)
    screen().print(f"serial {begun.serial}, signed by {key}", highlight=False)
    stamped = "in it" if made.timestamp == STAMPED else f"none ({made.timestamp})"
    screen().print(f"timestamp: {stamped}", highlight=False)


def approve(
    asked: Annotated[str, typer.Argument(help="As `audit exports` names it.", metavar="EXPORT")],
    *,
    credential: Credential = "",
) -> None:
    """Let an export that names people be made; not by who asked for it."""
    from cli.office import open_office

    with open_office(credential) as office:
        office.house.room.exports.approve(asked.strip(), actor=office.actor)
    screen().print(f"{asked.strip()}: approved", highlight=False)


def exports(*, as_json: AsJson = False) -> None:
    """The register of exports: who asked, who approved, what was made. Shows nobody but staff ids."""
    from rich.table import Table

    from cli.office import open_house

    with open_house() as house:
        found = house.room.exports.all()
    if as_json:
        tell_json({"exports": [each.model_dump(mode="json") for each in found]})
        return
    table = Table(
        "Export", "Serial", "From", "To", "Kind", "Cases", "Asked by", "Approved by", "Made", "Time stamp"
    )
    for one in found:
        kind = "full" if one.scope.full else "minimised"
        days = one.scope.since.isoformat(), one.scope.until.isoformat()
        number, cases = str(one.serial or ""), str(len(one.scope.cases) or "")
        made = one.made.isoformat() if one.made else ""
        table.add_row(one.id, number, *days, kind, cases, one.asked_by, one.approved_by, made, one.timestamp)
    screen().print(table)


def key(*, as_json: AsJson = False) -> None:
    """The engine's public key: give it away before anything is signed with it, on your web site or to the PDPC."""
    from cli.office import open_house

    with open_house() as house:
        public = house.publish.signing.public()
    tell_json({"key": public}) if as_json else screen().print(public, highlight=False)


def _scope(
    office: Office, days: tuple[str, str], named: list[str], persons: tuple[Identifier, ...], *, full: bool
) -> Scope:
    from domain.calendar import parse_day
    from domain.inspection import Scope

    since, until = (
        parse_day(text, field=field) for text, field in zip(days, ("--from", "--to"), strict=True)
    )
    if until < since:
        raise BadInput("days-the-wrong-way", "the last day is not before the first", field="--to")
    cases = {office.view(as_kept(each)).case.id for each in named}
    if persons:
        cases |= set(office.house.room.inspection.cases_of(persons))
    return Scope(since=since, until=until, cases=tuple(sorted(cases)), full=full, subject=bool(persons))


def _make(
    office: Office, export: Export, order: Order | None, enclosures: list[tuple[str, Path]], out: Path
) -> Made:
    from bootstrap import make_package

    try:
        return make_package(office.house, export, out, actor=office.actor, order=order, enclosures=enclosures)
    except OSError as error:
        mend = "name a file in a directory with room that you may write to"
        raise BadInput("file-not-writable", mend, field="--out", errno=error.errno or 0) from None


def _persons(given: Given, subject: str) -> tuple[Identifier, ...]:
    lines = [line.strip() for line in given.secret(subject, "--subject").splitlines() if line.strip()]
    emails, phones = [line for line in lines if "@" in line], [line for line in lines if "@" not in line]
    known = given.known_by(email=emails, phone=phones)
    if not known:
        raise BadInput("person-missing", "give an address or a number a line", field="--subject")
    return known


def _order(given: Given, ref: str, file: Path | None) -> Order:
    from domain.inspection import Order

    number = given.text(ref, "--order-ref")
    if not number:
        raise BadInput("order-missing", "give the number of the written order", field="--order-ref")
    if file is None or file.suffix.lower() not in _SCANS:
        raise BadInput(
            "scan-missing", f"give the scanned order, one of {', '.join(_SCANS)}", field="--order-file"
        )
    try:
        scan = file.read_bytes()
    except OSError:
        raise BadInput("file-unreadable", "name a file that you may read", field="--order-file") from None
    if not 0 < len(scan) <= _MOST_SCAN:
        raise BadInput("scan-too-large", "give at most 20 MiB", field="--order-file")
    return Order(ref=number, scan=scan, suffix=file.suffix.lower())


def _enclosure(text: str) -> tuple[str, Path]:
    from exports.inspection.about import KINDS

    kind, mark, name = text.partition("=")
    one_of(kind, KINDS, "--enclose")
    path = Path(name)
    if not mark or not path.is_file():
        raise BadInput("file-unreadable", "write KIND=FILE, of a file that you may read", field="--enclose")
    return kind, path


def _tell_waiting(asked: Export, *, as_json: bool) -> None:
    told: dict[str, Any] = {"export": asked.id, "waits_for": "approval"}
    if as_json:
        tell_json(told)
    else:
        screen().print(f"{asked.id}: waits for a second person: `audit approve {asked.id}`", highlight=False)
