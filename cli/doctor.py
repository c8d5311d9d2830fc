"""`doctor`: every part looked at by itself, what is wrong with it, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from cli.options import AsJson
from cli.voice import out, tell_json, working
from domain.errors import SitthiError

if TYPE_CHECKING:
    from rich.table import Table

    from settings import Settings

_STATES = {"ok": "[green]ok[/]", "wrong": "[red]wrong[/]", "skipped": "[yellow]skipped[/]"}


@dataclass(frozen=True)
class Finding:
    """How one part is: `ok` with what was found, `wrong` with code and way out, `skipped` for want of another."""

    part: str
    state: str
    told: str
    mend: str = ""


def doctor(*, as_json: AsJson = False) -> None:
    """Check every part and say how to mend it. Exits with the code of the first thing wrong."""
    findings: list[Finding] = []
    worst = 0
    with working("looking at every part", quiet=as_json):
        for finding, code in _examine():
            findings.append(finding)
            worst = worst or code
    if as_json:
        tell_json({"healthy": worst == 0, "parts": [vars(finding) for finding in findings]})
    else:
        out().print(_table(findings))
    raise typer.Exit(worst)


def _examine() -> Iterator[tuple[Finding, int]]:
    from cli import checks
    from cli.office import own_settings
    from embedded.lock import attach

    kept: dict[str, Any] = {}

    def settings() -> str:
        kept["settings"] = own = own_settings()
        return f"profile {own.profile}, state in {own.var}"

    def stack() -> str:
        kept["complete"] = attach(kept["settings"])
        return "its addresses are known"

    yield _look("settings", settings)
    if "settings" not in kept:
        return
    own: Settings = kept["settings"]
    for part, alone in checks.ALONE:
        yield _look(part, partial(alone, own))
    yield _look("stack", stack)
    if "complete" not in kept:
        for part in checks.CONNECTED_PARTS:
            yield Finding(part, "skipped", "the stack does not run"), 0
        return
    complete: Settings = kept["complete"]
    for part, check in checks.connected(complete):
        yield _look(part, check)


def _look(part: str, check: Callable[[], str]) -> tuple[Finding, int]:
    try:
        return Finding(part, "ok", check()), 0
    except SitthiError as error:
        named = ", ".join(f"{key} {value}" for key, value in error.facts.items())
        told = f"{error.code} ({named})" if named else error.code
        return Finding(part, "wrong", told, error.mend), error.exit_code


def _table(findings: list[Finding]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table("Part", "", "Found", "Way out")
    for finding in findings:
        found, mend = escape(finding.told), escape(finding.mend)
        table.add_row(finding.part, _STATES[finding.state], found, mend)
    return table
