"""`retention`: what is erased though nobody asked, because its time is over (s.37(3)), or a tenant's contract (s.40 ¶3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.days import any_day
from cli.options import AsJson, Credential, Reason
from cli.voice import Speaking, out, tell_json, working

if TYPE_CHECKING:
    from bootstrap import House
    from domain.holds import InForce
    from domain.sweep import Group
    from policy.model import Policy
    from workflows.desk import Desk

app = typer.Typer(
    cls=Speaking, help="The retention sweep: what goes by itself when its time is over.", no_args_is_help=True
)

Named = Annotated[
    str, typer.Argument(metavar="SWEEP", help="As `retention list` names it.", show_default=False)
]


@app.command()
def plan(
    *,
    as_of: Annotated[
        str,
        typer.Option(help="As it would be on that day, in either era; today unless said.", metavar="DATE"),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """A dry run: what would go on a day, what is kept by which law until when, and where no period can be counted.

    Reads the systems and the register, changes nothing, and needs no Temporal.
    """
    from cli.office import open_house
    from domain.calendar import day_in_bangkok

    today = any_day(as_of, "--as-of") or day_in_bangkok(datetime.now(UTC))
    with open_house() as house, working("looking for what is over", quiet=as_json):
        told = _planned(house, today)
    if as_json:
        tell_json(told)
        return
    from cli import show_retention

    for each in show_retention.plan(told):
        out().print(each)


@app.command("list")
def list_sweeps(*, as_json: AsJson = False) -> None:
    """All sweeps, the newest first: what was planned, who approved it, what went. Counts only."""
    from cli.office import open_house

    with open_house() as house:
        told = [sweep.model_dump(mode="json") for sweep in house.room.sweeps.all()]
    if as_json:
        tell_json({"sweeps": told})
        return
    from cli import show_retention

    out().print(show_retention.sweeps(told))


@app.command()
def show(sweep: Named, *, as_json: AsJson = False) -> None:
    """One sweep by kind of data: what is to go, what stays and on which ground, and what went."""
    from cli.office import open_house

    with open_house() as house:
        told = house.room.sweeps.view(sweep.strip()).model_dump(mode="json")
    if as_json:
        tell_json(told)
        return
    from cli import show_retention

    for each in show_retention.sweep(told):
        out().print(each)


@app.command()
def approve(sweep: Named, *, reason: Reason, credential: Credential = "", as_json: AsJson = False) -> None:
    """Let a sweep go on that waits for the DPO, and carry it out now; every batch asks the holds once more."""
    from cli.given import Given
    from cli.office import open_office

    given = Given()
    why = given.reason(reason)
    with open_office(credential, given) as office, working("sweeping", quiet=as_json):
        sweeps = office.house.room.sweeps
        approved = sweeps.approve(sweep.strip(), actor=office.actor, reason=why)
        office.act(_pass)
        told = sweeps.view(approved.id).model_dump(mode="json")
    _tell_done(told, as_json=as_json)


@app.command()
def sweep(*, credential: Credential = "", as_json: AsJson = False) -> None:
    """Sweep now, as the schedule does every night: go on with the one that stands, or plan a new one."""
    from cli.office import open_office

    with open_office(credential) as office, working("sweeping", quiet=as_json):
        office.act(_pass)
        found = [one for one in office.house.room.sweeps.all() if not one.departure]
        told = found[0].model_dump(mode="json") if found else {}
    _tell_done(told, as_json=as_json)


async def _pass(desk: Desk) -> None:
    from cli.passes import make_pass
    from workflows.retention import RETENTION_ID, Retention

    await make_pass(desk, Retention.run, RETENTION_ID)


def _tell_done(told: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        tell_json(told)
        return
    if not told:
        out().print("nothing's time is over", highlight=False)
        return
    went = sum(one["items"] for one in told["erased"])
    state = "done" if told["done"] else "waits for the DPO" if told["waits"] else "not done yet"
    out().print(f"{told['id']}: {state}, {went} of {told['items']} records went", highlight=False)


def _planned(house: House, today: date) -> dict[str, Any]:
    from activities.sweeping import expired, ordered
    from domain.connector import Capability
    from domain.outcomes import DESTROYING
    from domain.sweep import Tally, unwatched

    tools, policy = house.tools, house.policy
    with tools.effects.gate_of_all() as orders:
        pass  # a dry run erases nothing, so nothing need wait for it
    tally = Tally()
    blind: list[dict[str, Any]] = []
    units = {code: unit.kept for code, unit in policy.units.items()}
    for connector in tools.able(Capability.EXPIRE):
        kept = ordered(tools, connector, orders)
        for _, swept in expired(tools, connector, today, kept):
            tally.add(swept)
        blind += [one.model_dump(mode="json") for one in unwatched(connector.describe(), units)]
    groups = tally.groups
    return {
        "as_of": today.isoformat(),
        "policy": policy.version,
        "ends": sum(group.items for group in groups if group.planned in DESTROYING),
        "kept": sum(group.items for group in groups if group.planned not in DESTROYING),
        "orders": [order.model_dump(mode="json") for order in orders],
        "groups": _groups(policy, groups),
        "not_counted": blind,
        "contracts": [*_contracts(house, today, orders)],
    }


def _groups(policy: Policy, groups: tuple[Group, ...]) -> list[dict[str, Any]]:
    return [{**group.model_dump(mode="json"), "why": list(_why(policy, group))} for group in groups]


def _contracts(house: House, today: date, orders: tuple[InForce, ...]) -> Iterator[dict[str, Any]]:
    """Every tenant whose contract has ended: its days, and what a sweep would take once it may.

    Without a notice the days are those of one that goes out on that day: nothing goes before.
    """
    from activities.departing import days_of, ended, held_for
    from domain.agreements import erase_from
    from domain.outcomes import DESTROYING
    from domain.sweep import Tally

    tools, policy = house.tools, house.policy
    known = {(one.tenant, one.ended_on): one for one in tools.departures.standing()}
    for contract in sorted(ended(tools, today), key=lambda one: one.tenant):
        noted = known.get((contract.tenant, contract.ended_on))
        days = days_of(tools, contract.ended_on, noted.told_on if noted else None)
        if days is None:
            continue
        first = days.erase_from or erase_from(days.returned_until, today, policy.notice_days)
        tally = Tally()
        for _, swept in held_for(tools, contract.tenant, max(today, first), orders):
            tally.add(swept)
        yield {
            "tenant": contract.tenant,
            "ended_on": contract.ended_on.isoformat(),
            "told_on": noted.told_on.isoformat() if noted and noted.told_on else None,
            "returned_until": days.returned_until.isoformat(),
            "erase_from": first.isoformat(),
            "erase_by": max(days.erase_by, first).isoformat(),
            "may_go": days.erase_from is not None and days.erase_from <= today,
            "ends": sum(group.items for group in tally.groups if group.planned in DESTROYING),
            "kept": sum(group.items for group in tally.groups if group.planned not in DESTROYING),
            "groups": _groups(policy, tally.groups),
        }


def _why(policy: Policy, group: Group) -> Iterator[dict[str, Any]]:
    """The arithmetic of the record that is over, or free, last: the period's own, and each hold's."""
    from cli.law import told
    from domain.holds import CountsFrom
    from policy import answers

    yield told(answers.kept(policy, group.unit, group.example[group.since], group.since))
    for rule in group.rules:
        found = policy.holds[rule]
        closing = found.counts_from is CountsFrom.CLOSING_DATE
        document = group.example.get(CountsFrom.DOCUMENT_DATE) if closing else None
        event = None if closing else group.example.get(found.counts_from)
        yield told(answers.hold(policy, rule, document=document, event=event))
