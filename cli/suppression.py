"""`suppression`: whom not to load again. Shows nothing of anybody: lines by their number, and what stands against each."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from cli.given import STDIN, Given, reason_code
from cli.options import AsJson, Credential, Reason, ReasonCode, Reference
from cli.voice import Speaking, aside, out
from domain.errors import BadInput

if TYPE_CHECKING:
    from domain.identifiers import Identifier
    from domain.suppression import Suppressions

app = typer.Typer(
    cls=Speaking, help="Whom not to load again: who objected or was erased.", no_args_is_help=True
)

_SOURCE = "SOURCE"
_AT_ONCE = 500
_COLUMNS = {
    **dict.fromkeys(("email", "e-mail", "mail", "อีเมล"), "email"),
    **dict.fromkeys(("phone", "telephone", "tel", "mobile", "โทรศัพท์", "เบอร์โทร", "เบอร์โทรศัพท์"), "phone"),
}
_LONGEST = 1 << 16


@dataclass(frozen=True)
class Line:
    """One line of what is to be loaded: known by something, or the code why it can't be read."""

    number: int
    known_by: tuple[Identifier, ...] = ()
    error: str = ""


@app.command()
def check(
    source: Annotated[
        str,
        typer.Argument(
            metavar="@FILE|-",
            help=(
                "Whom an import would load: one address or telephone number a line, or CSV whose first line names "
                "a column email or phone; other columns are not read."
            ),
            show_default=False,
        ),
    ],
    *,
    reason: ReasonCode,
    tenant: Annotated[str, typer.Option(help="What was said to that tenant.", metavar="TENANT")] = "",
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """Say of each line whether it may be loaded: free, objected (to what), erased. Nothing of it is kept.

    With --json one array: {"line", "answer", "objected", "error"}.
    """
    from cli.office import open_office
    from domain.events import Event

    given = Given()
    why = reason_code(given.reason(reason))
    if source == STDIN and credential == STDIN:
        raise BadInput(
            "standard-input-taken", f"{_SOURCE} reads it already; give @FILE", field="--credential"
        )
    with _opened(source) as text, open_office(credential, given) as office:
        looked = {"actor": office.actor, "command": "suppression-check", "reason_code": why}
        # Told first: what cannot be told is not shown.
        office.house.room.audit.note(Event.STAFF_LOOKED, looked)
        _show(_answers(lines(text), office.house.room.suppressions, tenant), as_json=as_json)


@app.command()
def lift(reference: Reference, *, reason: Reason, credential: Credential = "") -> None:
    """Let somebody be loaded again who asked for it: what that case noted stands no more."""
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        case = office.view(reference).case.id
        count = office.house.room.suppressions.lift(case, actor=office.actor, reason=why)
    out().print(f"{reference}: {count} lifted", highlight=False)


def lines(text: TextIO) -> Iterator[Line]:
    """The lines, streamed; blank ones are passed over.

    Raises:
        BadInput: several columns and no heading that says which is which; not UTF-8.
    """
    from domain.suppression import known_by

    try:
        for number, fields in _fields(text):
            try:
                yield Line(number, known_by(fields))
            except BadInput as error:
                yield Line(number, error=error.code)
    except UnicodeDecodeError:
        raise BadInput("text-not-utf8", "save it as UTF-8", field=_SOURCE) from None
    except csv.Error:
        raise BadInput(
            "csv-malformed", "quote what holds a separator or a line break", field=_SOURCE
        ) from None


def _fields(text: TextIO) -> Iterator[tuple[int, Mapping[str, str]]]:
    csv.field_size_limit(_LONGEST)
    first = text.readline(_LONGEST)
    separator = max(",;\t", key=first.count)
    heading = [
        _COLUMNS.get(cell.strip().casefold(), "")
        for cell in next(csv.reader([first], delimiter=separator), [])
    ]
    if any(heading):
        reader = csv.reader(text, delimiter=separator)
        for row in reader:
            if any(cell.strip() for cell in row):
                pairs = zip(heading, row, strict=False)
                yield reader.line_num + 1, {name: cell for name, cell in pairs if name}
        return
    if separator in first.strip():
        raise BadInput("columns-unnamed", "name a column email or phone in the first line", field=_SOURCE)
    number, line = 1, first
    while line:
        if told := line.strip():
            yield number, {"email" if "@" in told else "phone": told}
        number, line = number + 1, text.readline(_LONGEST)


def _answers(found: Iterator[Line], register: Suppressions, tenant: str) -> Iterator[dict[str, Any]]:
    while some := list(islice(found, _AT_ONCE)):
        verdicts = iter(register.check([one.known_by for one in some if not one.error], tenant))
        for one in some:
            if one.error:
                yield {"line": one.number, "answer": "malformed", "objected": [], "error": one.error}
            else:
                verdict = next(verdicts)
                told = {"line": one.number, "answer": verdict.answer}
                yield {**told, "objected": list(verdict.objected), "error": ""}


def _show(answers: Iterator[dict[str, Any]], *, as_json: bool) -> None:
    counted: dict[str, int] = {}
    if as_json:
        typer.echo("[", nl=False)
    for number, one in enumerate(answers):
        counted[one["answer"]] = counted.get(one["answer"], 0) + 1
        if as_json:
            typer.echo(("," if number else "") + "\n  " + json.dumps(one, ensure_ascii=False), nl=False)
        else:
            about = ", ".join(one["objected"]) or one["error"]
            typer.echo(f"{one['line']}: {one['answer']}" + (f" ({about})" if about else ""))
    if as_json:
        typer.echo("\n]")
    aside().print(", ".join(f"{answer}: {count}" for answer, count in sorted(counted.items())) or "no lines")


@contextmanager
def _opened(source: str) -> Iterator[TextIO]:
    if source == STDIN:
        with io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="") as text:
            yield text
        return
    if not source.startswith("@"):
        raise BadInput(
            "secret-in-arguments", "give @FILE or -: arguments can be listed by others", field=_SOURCE
        )
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(source[1:]).open(encoding="utf-8-sig", newline=""))
        except (OSError, ValueError):
            raise BadInput(
                "file-unreadable", "name a file that you may read, as @name", field=_SOURCE
            ) from None
        yield file
