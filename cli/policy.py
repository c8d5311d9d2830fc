"""`policy`: the company's rules as its DPO answers for them. Reads files only; `apply-calendar` alone asks the stack."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Given
from cli.options import AsJson, Credential, Reason
from cli.voice import Speaking, out, tell_json
from domain.errors import NotFound

if TYPE_CHECKING:
    from policy.changes import Entry
    from policy.model import Gap, Policy
    from workflows.desk import Desk

_MOST = 100_000

app = typer.Typer(
    cls=Speaking,
    help="The company's rules: what they say, where they come from, who signed them.",
    no_args_is_help=True,
)


@app.command()
def check(*, as_json: AsJson = False) -> None:
    """Read every rule as a start does. Version, what is unsigned, or the first fault with file, line and field."""
    policy, folder = _policy()
    told = {
        "folder": str(folder),
        "version": policy.version,
        "calendar": policy.calendar.version,
        "holidays_announced_to": str(policy.holidays_announced_to or ""),
        "gaps": len(policy.gaps),
        "unsigned": len(policy.unsigned),
        "rules": dict(policy.entries),
    }
    if as_json:
        tell_json(told)
        return
    from cli import show_policy

    out().print(show_policy.checked(told))


@app.command()
def explain(
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="As H-ACC, U06, R30-LAW, BASIS-2569-01 or access.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """One rule: what it says in both languages, section, source, mark and version, and who signed it."""
    from cli import show_policy
    from policy.changes import entry_named

    policy, folder = _policy()
    entry = entry_named(folder, code)
    told = {
        **entry.model_dump(mode="json"),
        "version": policy.entries.get(entry.code, ""),
        "policy": policy.version,
        "gaps": [gap.model_dump(mode="json") for gap in policy.gaps if _bears_on(gap, entry)],
        "counsel": [item for item in _counsel(folder) if entry.code in item["affects"]],
    }
    tell_json(told) if as_json else out().print(show_policy.explained(told))


@app.command()
def diff(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="A folder of rules; `shipped` is the engine's own.")
    ],
    new: Annotated[
        Path | None, typer.Argument(metavar="[NEW]", help="Another; the one in use unless said.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Every value that differs between two folders of rules. With file and line."""
    from cli import show_policy
    from policy.changes import differences
    from policy.load import load_policy

    before, after = _folder(old), _folder(new) if new else _policy()[1]
    versions = {"old": load_policy(before).version, "new": load_policy(after).version}
    told = {**versions, "changes": [change.model_dump(mode="json") for change in differences(before, after)]}
    tell_json(told) if as_json else out().print(show_policy.changed(told))


@app.command()
def record(*, as_json: AsJson = False) -> None:
    """The record of processing (s.39 ¶1): what is collected, what for, how long, for whom, by which right."""
    from cli import show_policy
    from policy.ropa import record_of_processing

    told = record_of_processing(_policy()[0])
    if as_json:
        tell_json(told)
        return
    for table in show_policy.recorded(told):
        out().print(table)


@app.command()
def gaps(*, as_json: AsJson = False) -> None:
    """What counsel and the DPO must still say. With the clauses drafted for the policy's next edition."""
    from cli import show_policy
    from policy.gaps import read_clauses

    policy, folder = _policy()
    clauses = read_clauses(_beside(folder, "clauses.yaml"), policy)
    told = {
        "policy": policy.version,
        "unsigned": len(policy.unsigned),
        "counsel": _counsel(folder),
        "gaps": [gap.model_dump(mode="json") for gap in policy.gaps],
        "clauses": [clause.model_dump(mode="json") for clause in clauses],
    }
    if as_json:
        tell_json(told)
        return
    for part in show_policy.missing(told):
        out().print(part)


@app.command()
def sign(
    *,
    by: Annotated[str, typer.Option(help="Who signs: the DPO, by name. @FILE and - too.", metavar="NAME")],
    reason: Reason,
    entry: Annotated[
        list[str] | None,
        typer.Option(help="Only this, as `policy gaps` names it; all unless said.", metavar="CODE"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Sign what the published policy does not say. Each entry as it stands now; whoever edits it must have it signed again."""
    from domain.calendar import day_in_bangkok
    from policy.gaps import SIGNED, signature_of
    from policy.gaps import sign as write

    given = Given()
    today = day_in_bangkok(datetime.now(UTC))
    signature = signature_of(given.text(by, "--by"), given.text(reason, "--reason"), today)
    policy, folder = _policy()
    signed = write(folder, policy, tuple(entry or ()), signature)
    left = len(_policy()[0].unsigned)
    told = {"file": str(folder / SIGNED), "signed": list(signed), "unsigned": left}
    if as_json:
        tell_json(told)
    else:
        out().print(f"{len(signed)} signed in {told['file']}, {left} left", highlight=False)


@app.command("apply-calendar")
def apply_calendar(*, reason: Reason, credential: Credential = "", as_json: AsJson = False) -> None:
    """Reckon every open case under the calendar as it is now. No promise gets shorter; what does not move is left alone."""
    from cli.office import open_office
    from cli.show_policy import retimed

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        calendar = office.house.policy.calendar.version
        views = office.house.room.register.views(open_only=True, limit=_MOST)
        stale = [view.case.reference for view in views if view.case.terms.calendar != calendar]
        moved = office.act(lambda desk: reckon_again(desk, stale, actor=office.actor, reason=why))
    told = {"calendar": calendar, "open": len(views), "looked_at": len(stale), "moved": moved}
    tell_json(told) if as_json else out().print(retimed(told))


async def reckon_again(desk: Desk, references: list[str], *, actor: str, reason: str) -> list[dict[str, Any]]:
    """The cases whose days moved under the desk's calendar, with their new days; the others are left alone."""
    moved = []
    for reference in references:
        terms = await desk.retime(reference, actor=actor, reason=reason)
        if terms is not None:
            days = {
                "decide_by": terms.decide_by,
                "statutory_due": terms.rolled,
                "internal_target": terms.target,
                "due_on": terms.strict,
            }
            written = {name: day.isoformat() for name, day in days.items()}
            moved.append({"reference": reference, **written, "terms_version": terms.version})
    return moved


def _policy() -> tuple[Policy, Path]:
    from policy.load import load_policy
    from settings import Settings

    folder = Settings.from_environment().policy
    return load_policy(folder), folder


def _folder(named: Path) -> Path:
    from policy.load import SHIPPED

    folder = SHIPPED if str(named) == "shipped" else named
    if not folder.is_dir():
        raise NotFound("folder-missing", "name a folder of rules, or `shipped`", argument="FOLDER")
    return folder


def _beside(folder: Path, name: str) -> Path:
    """The company's own file where it has one, else the engine's."""
    from policy.load import SHIPPED

    return folder / name if (folder / name).exists() else SHIPPED / name


def _counsel(folder: Path) -> list[dict[str, Any]]:
    from policy.gaps import read_counsel

    return [item.model_dump(mode="json") for item in read_counsel(folder)]


def _bears_on(gap: Gap, entry: Entry) -> bool:
    """Whether the gap is in the entry, or is the basis that it stands on."""
    basis = entry.content.get("basis") if isinstance(entry.content, dict) else None
    return f"{gap.code}.".startswith((f"{entry.code}.", f"bases.{basis}."))
