"""What the demonstration tells: a table of its cases, where to look, and whether all ended as told."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from demo.acts import ACTS
from demo.index import write_index
from demo.scene import Played
from demo.stack import Stack, open_stack
from demo.stage import Stage
from domain.calendar import in_thai
from domain.outcomes import CORRECTING, DESTROYING, KEEPING
from settings import Settings


def run(settings: Settings, console: Console, *, stay: bool = False) -> int:
    """Play the demonstration on the embedded stack; 0 only when every case ended as its scenario says.

    With `stay` it is played once on a new company, and the stack stays up until Ctrl-C.
    """
    with open_stack(settings, lambda line: console.print(f"[dim]{line}[/]")) as stack:
        code = 0
        if stack.fresh or not stay:
            console.print(f"Playing the demonstration: {len(ACTS)} requests to Siam CRM Co., Ltd. ...")
            code = _play(stack, console)
        if stay:
            _tell_where(stack, console)
            console.print("Up until Ctrl-C.")
            stack.supervisor.wait()
        return code


def _play(stack: Stack, console: Console) -> int:
    folder = stack.house.settings.var / "demo"
    played, moved = Stage(stack.house, stack.crm, folder).play()
    write_index(folder, played)
    console.print(_table(played))
    wrongs = [f"{p.act.key}: {wrong}" for p in played for wrong in p.wrongs] + moved
    for wrong in wrongs:
        console.print(f"[red]not as told[/] {wrong}", highlight=False)
    if not wrongs:
        console.print("[green]Every case ended as its scenario says; nobody else's row moved.[/]")
    return 1 if wrongs else 0


def _table(played: Sequence[Played]) -> Table:
    table = Table(title="สิทธิ · Sitthi: the cases of the demonstration")
    for column in ("Reference", "Right", "Who", "Outcome", "Due", "Files"):
        table.add_column(column, overflow="fold")
    for column in ("Erased", "Kept", "Corrected"):
        table.add_column(column, justify="right")
    for one in sorted(played, key=lambda p: p.view.case.reference):
        case = one.view.case
        numbers = [str(sum(one.counts[o] for o in group)) for group in (DESTROYING, KEEPING, CORRECTING)]
        table.add_row(
            case.reference,
            case.right,
            _initials(one),
            one.view.ending or "",
            f"{case.terms.strict} ({in_thai(case.terms.strict)})",
            ", ".join(_file(path.name, fetched=path.name in one.fetched) for path in one.files),
            *numbers,
        )
    return table


def _file(name: str, *, fetched: bool) -> str:
    return f"{name} (fetched)" if fetched else name


def _initials(played: Played) -> str:
    people = played.act.who.people
    number = (played.act.choose or 1) - 1
    if not people:
        return "-"
    person = people[number]
    return f"{person.given_en[0]}.{person.surname_en[0]}."


def _tell_where(stack: Stack, console: Console) -> None:
    settings = stack.house.settings
    rows = (
        ("Portal", settings.portal_url),
        ("Temporal Web UI", settings.temporal_ui_url),
        ("Documents of the cases", settings.var / "demo" / "index.html"),
        ("Audit export for the regulator", settings.var / "demo" / "audit-export-1.zip"),
        ("E-mail sent", settings.mailbox),
        ("Staff credentials of the demonstration", settings.var / "demo" / "staff.json"),
        ("Logs", settings.var / "log"),
    )
    for what, where in rows:
        console.print(f"{what:<40} {where}", highlight=False)
