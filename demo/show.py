"""What the demonstration tells: a table of its cases, where to look, and whether all ended as told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from demo.acts import ACTS
from demo.elsewhere import SENDGRID, STRIPE
from demo.index import write_index
from demo.scene import Played
from demo.stack import Stack, open_stack
from demo.staff import hire, sign_ins
from demo.stage import Stage
from domain.calendar import in_thai
from domain.outcomes import CORRECTING, DESTROYING, DISCLOSING, KEEPING, Outcome
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
            hire(stack.house, stack.house.settings.var / "demo")  # one from before had fewer
            _tell_where(stack, console)
            console.print("Up until Ctrl-C.")
            stack.supervisor.wait()
        return code


def _play(stack: Stack, console: Console) -> int:
    folder = stack.house.settings.var / "demo"
    played, moved = Stage(stack.house, stack.crm, stack.vendors, folder).play()
    write_index(folder, played)
    console.print(_table(played))
    console.print(_by_system(played, tuple(stack.house.tools.connectors)))
    wrongs = [f"{p.act.key}: {wrong}" for p in played for wrong in p.wrongs] + moved
    for wrong in wrongs:
        console.print(f"[red]not as told[/] {wrong}", highlight=False)
    if not wrongs:
        console.print(
            "[green]Every case ended as its scenario says; what is left in each system is what the certificates say; "
            "nobody else's record moved.[/]"
        )
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


def _by_system(played: Sequence[Played], systems: Sequence[str]) -> Table:
    """The records that each case came to, system by system."""
    table = Table(title="The same cases by system: the records that they came to")
    for column in ("Reference", "Right", "Who", *systems):
        table.add_column(column, overflow="fold")
    for one in sorted(played, key=lambda p: p.view.case.reference):
        if one.in_systems:
            case = one.view.case
            cells = (_told({o: n for (at, o), n in one.in_systems.items() if at == name}) for name in systems)
            table.add_row(case.reference, case.right, _initials(one), *cells)
    return table


_WORDS = (
    ("erased", DESTROYING),
    ("kept", KEEPING),
    ("corrected", CORRECTING),
    ("copied", DISCLOSING),
    ("stopped", {Outcome.STOP}),
    ("restricted", {Outcome.RESTRICT}),
)


def _told(counts: Mapping[Outcome, int]) -> str:
    summed = [(word, sum(counts.get(outcome, 0) for outcome in group)) for word, group in _WORDS]
    return ", ".join(f"{number} {word}" for word, number in summed if number)


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
    settings, vendors = stack.house.settings, stack.vendors
    rows = (
        ("Portal", settings.portal_url),
        ("Temporal Web UI", settings.temporal_ui_url),
        ("Documents of the cases", settings.var / "demo" / "index.html"),
        ("Audit export for the regulator", settings.var / "demo" / "audit-export-1.zip"),
        ("E-mail sent", settings.mailbox),
        ("The company's systems, with their keys", settings.systems),
        ("Its files in S3 (SeaweedFS)", vendors.where.objects.address),
        ("Its Stripe account, a stand-in", f"{vendors.urls[STRIPE]}, as it stands: {vendors.where.stripe}"),
        (
            "Its SendGrid account, a stand-in",
            f"{vendors.urls[SENDGRID]}, as it stands: {vendors.where.sendgrid}",
        ),
        ("Staff of the demonstration", settings.var / "demo" / "staff.json"),
        ("Logs", settings.var / "log"),
    )
    for what, where in rows:
        console.print(f"{what:<40} {where}", highlight=False)
    table = Table(title=f"Staff sign-ins of the demonstration, at {settings.portal_url}/desk")
    for column in ("Role", "Sign-in name", "Password", "Key for an authenticator app"):
        table.add_column(column, overflow="fold")
    for row in sign_ins(settings.var / "demo"):
        table.add_row(*row)
    console.print(table)
