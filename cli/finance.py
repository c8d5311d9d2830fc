"""`finance`: what is not settled in a system that bills keeps a person's records, until finance says its word."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.given import Given, one_of
from cli.options import AsJson, Credential, Reason, Reference
from cli.voice import Speaking, out, tell_json
from domain.staffing import Deed

app = typer.Typer(cls=Speaking, help="What finance must settle before data can go.", no_args_is_help=True)

System = Annotated[str, typer.Argument(metavar="SYSTEM", help="As the task `settle-...` names it.")]
_WHEN = ("now", "period-end")


@app.command()
def cancel(
    reference: Reference,
    system: System,
    *,
    when: Annotated[
        str, typer.Option(help="now: at once; period-end: when the period that is paid for is over.")
    ],
    reason: Reason,
    credential: Credential = "",
    as_json: AsJson = False,
) -> None:
    """End what runs of the person there, at finance's word. Ended now, the case is planned anew; else a task follows it."""
    from activities.finance import end_what_runs
    from cli.office import open_office
    from domain.case import Moved
    from domain.links import Amendment

    given = Given()
    why, at_once = given.reason(reason), one_of(when, _WHEN, "--when") == _WHEN[0]
    with open_office(credential, given) as office:
        office.must_do(Deed.SETTLE)
        case, name = office.view(reference).case.id, system.strip()
        said = {"actor": office.actor, "reason": why}
        wound = end_what_runs(office.house.tools, case, name, at_once=at_once, **said)
        if at_once:
            anew = Amendment(moved=Moved.SCOPE)
            office.act(lambda desk: desk.amend(reference, anew, **said))
    until = wound.until.isoformat() if wound.until else ""
    if as_json:
        tell_json({"reference": reference, "system": name, "ended": wound.count, "until": until})
        return
    then = f"runs until {until}" if until else "planned anew"
    out().print(f"{reference} {name}: {wound.count} ended, {then}", highlight=False)


@app.command()
def settled(reference: Reference, system: System, *, reason: Reason, credential: Credential = "") -> None:
    """Finance settled in that system what kept the records: its tasks there are closed, and the case is planned anew."""
    from activities.finance import close
    from cli.office import open_office
    from domain.case import Moved
    from domain.links import Amendment

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office:
        office.must_do(Deed.SETTLE)
        case, name = office.view(reference).case.id, system.strip()
        said = {"actor": office.actor, "reason": why}
        close(office.house.tools, case, name, **said)
        office.act(lambda desk: desk.amend(reference, Amendment(moved=Moved.SCOPE), **said))
    out().print(f"{reference} {name}: planned anew", highlight=False)


@app.command()
def wait(
    reference: Reference,
    system: System,
    *,
    until: Annotated[str, typer.Option(help="The day to look at it again, in either era.", metavar="DATE")],
    reason: Reason,
    credential: Credential = "",
) -> None:
    """Finance waits: its tasks there are closed, and opened again on that day. The records stay meanwhile."""
    from activities.finance import wait as hold_off
    from cli.days import day_to_come
    from cli.office import open_office

    given = Given()
    why, day = given.reason(reason), day_to_come(until, "--until")
    with open_office(credential, given) as office:
        office.must_do(Deed.SETTLE)
        case, name = office.view(reference).case.id, system.strip()
        count = hold_off(office.house.tools, case, name, day, actor=office.actor, reason=why)
    out().print(f"{reference} {name}: {count} looked at again on {day.isoformat()}", highlight=False)
