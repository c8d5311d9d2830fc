"""`errands`: what people are asked where no program can look (paper, telephone, a processor), and how they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.by_link import link_errand, revoke_errand
from cli.days import any_day
from cli.evidence import Files, drawn, kept
from cli.given import Given, reason_code
from cli.options import AnyReference, AsJson, Credential, ReasonCode
from cli.voice import Speaking, aside, out, tell_json
from domain.errors import BadInput, Conflict, Unavailable

if TYPE_CHECKING:
    from cli.office import Office
    from domain.errands import Answer, Errand, Paper, Question

app = typer.Typer(cls=Speaking, help="What people are asked where no program can look.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ID", help="As `errands list` numbers them.", min=1)]


@app.command("list")
def list_errands(
    reference: AnyReference = "",
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that were answered.")] = False,
    as_json: AsJson = False,
) -> None:
    """Errands of one case or of all, those due first. Shows nothing of the persons."""
    from rich.table import Table

    from cli.office import open_house

    with open_house() as house:
        case = house.room.register.view(reference).case.id if reference else ""
        found = house.room.errands.all(case=case, open_only=not every)
    if as_json:
        tell_json({"errands": [one.model_dump(mode="json") for one in found]})
        return
    table = Table("Id", "Case", "System", "Asks", "Due", "")
    for one in found:
        state = "answered" if one.answered else "held" if one.held else "late" if one.late else ""
        table.add_row(str(one.id), one.reference, one.system, one.asks, one.due_on, state)
    out().print(table)


@app.command()
def show(number: Number, *, reason: ReasonCode, credential: Credential = "", as_json: AsJson = False) -> None:
    """Whom to look for or which records to see to, where, and how. Shows personal data; leaves an event."""
    from cli.office import open_office
    from domain.errands import EFFECTS
    from domain.events import Event

    given = Given()
    why = reason_code(given.reason(reason))
    with open_office(credential, given) as office:
        errand = office.house.room.errands.view(number)
        looked = {"actor": office.actor, "command": "errands-show", "reason_code": why, "case": errand.case}
        # Told first: what cannot be told is not shown.
        office.house.room.audit.note(Event.STAFF_LOOKED, looked)
        told = _told(office, errand)
        if errand.question.asks in EFFECTS and errand.answer is None:
            told |= {"held": orders} if (orders := [*office.house.room.holds.binding(errand.case)]) else {}
        if reasons := [*office.house.room.answer_links.reasons(number)]:
            told["could_not"] = reasons
    if as_json:
        tell_json(told)
        return
    for name, value in told.items():
        for each in value if isinstance(value, list) else [value]:
            line = (
                ", ".join(f"{k} {v}" for k, v in each.items() if v) if isinstance(each, dict) else str(each)
            )
            out().print(f"{name}: {line}", highlight=False, markup=False)


@app.command()
def found(
    number: Number,
    *,
    record: Annotated[
        list[str] | None,
        typer.Option(
            "--record",
            help=(
                "A record that is there, as KIND:MARK or KIND:MARK:NOTE, with dates behind it as ;EVENT=DATE. "
                "The whole may be @FILE, a record a line."
            ),
            metavar="KIND:MARK",
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Somebody looked, and there is nothing.")] = False,
    evidence: Files = None,
    credential: Credential = "",
) -> None:
    """Answer which records of a person are there. May be said anew while the case is under way."""
    given = Given()
    papers = _papers(given, record or [])
    if bool(papers) == none:
        raise BadInput("found-or-none", "give --record for each, or --none", field="--record")
    said = _Said(frozenset({"find"}), papers=papers, files=_with(evidence))
    _answer(number, given, credential, said)


@app.command()
def copied(
    number: Number,
    *,
    copies: Annotated[
        list[str], typer.Option("--copy", help="A copy of a record, several of one too.", metavar="MARK=FILE")
    ],
    credential: Credential = "",
) -> None:
    """Answer with copies of the records that were asked for."""
    made: list[_File] = []
    for one in copies:
        ref, mark, file = one.partition("=")
        if not mark:
            raise BadInput("malformed-copy", "write MARK=FILE", field="--copy")
        made.append((ref.strip(), Path(file)))
    _answer(number, Given(), credential, _Said(frozenset({"copy"}), files=made))


@app.command()
def done(
    number: Number,
    *,
    evidence: Files = None,
    changed: Annotated[
        list[str] | None,
        typer.Option(
            "--changed", help="A record that is no longer as it was found: left as it is.", metavar="MARK"
        ),
    ] = None,
    credential: Credential = "",
) -> None:
    """Answer that the records were destroyed or corrected, with what shows it. Said once."""
    said = _Said(frozenset({"destroy", "correct"}), changed=frozenset(changed or ()), files=_with(evidence))
    _answer(number, Given(), credential, said)


app.command("link")(link_errand)
app.command("revoke")(revoke_errand)

_File = tuple[str, Path]


@dataclass(frozen=True)
class _Said:
    """What was said, and to which questions it is an answer; of each file the record that it is a copy of, if any."""

    to: frozenset[str]
    papers: Sequence[Paper] = ()
    changed: frozenset[str] = frozenset()
    files: Sequence[_File] = ()

    def answer(self, question: Question) -> Answer:
        """It, before any file is kept. Raises `Conflict` where something else was asked, `BadInput`."""
        from domain.errands import EFFECTS, Answer, Result

        if question.asks not in self.to:
            raise Conflict("errand-asks-otherwise", f"it asks to {question.asks}")
        refs = [one.ref for one in question.records]
        if not self.changed <= set(refs):
            mend = "speak of the records that were asked for"
            raise BadInput("record-not-asked-for", mend, field="--changed")
        results = {ref: Result.CHANGED if ref in self.changed else Result.DONE for ref in refs}
        return Answer(
            papers=tuple(self.papers),
            results=results if question.asks in EFFECTS else {},
            files=tuple(drawn(ref, file) for ref, file in self.files),
        )


def _with(evidence: Sequence[Path] | None) -> list[_File]:
    return [("", file) for file in evidence or ()]


def _answer(number: int, given: Given, credential: str, said: _Said) -> None:
    from cli.office import open_office
    from domain.errands import check_answer

    with open_office(credential, given) as office:
        errands = office.house.room.errands
        errand = errands.view(number)
        answer = said.answer(errand.question)
        check_answer(errand.question, answer, _kinds(office, errand.system))
        files = tuple(
            kept(office, errand.case, f"errands/{errand.id}/{place}", ref, file)
            for place, (ref, file) in enumerate(said.files, 1)
        )
        errands.answer(number, answer.model_copy(update={"files": files}), actor=office.actor)
        _go_on(office, errand)
    out().print(f"{number}: answered", highlight=False)


def _go_on(office: Office, errand: Errand) -> None:
    """The system that waited is tried again."""
    view = office.house.room.register.view(errand.case)
    if errand.system not in {parked.system for parked in view.parked}:
        return
    try:
        office.act(
            lambda desk: desk.repair(
                view.case.reference, errand.system, retry=True, actor=office.actor, reason="errand answered"
            )
        )
    except (Unavailable, Conflict):
        aside().print(
            f"kept; say `repair {view.case.reference} {errand.system} --retry` once Temporal is back"
        )


def _kinds(office: Office, system: str) -> dict[str, tuple[str, ...]]:
    connector = office.house.tools.connectors.get(system)
    if connector is None:
        raise BadInput("unknown-system", "name it in the systems file", field="system")
    return {table.name: table.events for table in connector.describe()}


def _told(office: Office, errand: Errand) -> dict[str, Any]:
    """What whoever sees to it must know."""
    from connectors.manual import ManualConnector

    asked, connector = errand.question, office.house.tools.connectors.get(errand.system)
    told: dict[str, Any] = {"id": errand.id, "asks": asked.asks.value, "due": errand.due_on.isoformat()}
    if isinstance(connector, ManualConnector):
        its = connector.map
        told |= {"place": its.place.th, "keeper": its.keeper.th, "how": its.instructions[asked.asks].th}
        told["kinds"] = [
            {"kind": name, "label": kind.table.label.th, "dates": " ".join(kind.dates)}
            for name, kind in its.kinds.items()
        ]
    told["name"] = asked.name
    told["known_by"] = [one.value for one in asked.identifiers]
    told["records"] = [one.model_dump(mode="json") for one in asked.records]
    return {name: value for name, value in told.items() if value not in ("", [])}


def _papers(given: Given, records: Sequence[str]) -> list[Paper]:
    lines = [line for one in records for line in given.text(one, "--record").splitlines() if line.strip()]
    return [_paper(line) for line in lines]


def _paper(line: str) -> Paper:
    from domain.errands import Paper

    head, *dates = line.split(";")
    kind, _, rest = head.partition(":")
    ref, _, note = rest.partition(":")
    days = {}
    for one in dates:
        name, mark, day = one.partition("=")
        when = any_day(day.strip(), "--record") if mark else None
        if when is None:
            raise BadInput("malformed-record", "write KIND:MARK:NOTE;EVENT=DATE", field="--record")
        days[name.strip()] = when
    if not ref.strip():
        raise BadInput("malformed-record", "write KIND:MARK:NOTE;EVENT=DATE", field="--record")
    return Paper(kind=kind.strip(), ref=ref.strip(), note=note.strip(), dates=days)
