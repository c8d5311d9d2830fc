"""`retention`: what is erased though nobody asked, because its time is over (s.37(3))."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.days import any_day
from cli.options import AsJson
from cli.voice import Speaking, out, tell_json, working

if TYPE_CHECKING:
    from bootstrap import House
    from domain.sweep import Group
    from policy.model import Policy

app = typer.Typer(
    cls=Speaking, help="The retention sweep: what goes by itself when its time is over.", no_args_is_help=True
)


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


def _planned(house: House, today: date) -> dict[str, Any]:
    from activities.sweeping import expired, ordered
    from domain.connector import Capability
    from domain.outcomes import DESTROYING
    from domain.sweep import grouped, unwatched

    tools, policy = house.tools, house.policy
    with tools.effects.gate_of_all() as orders:
        pass  # a dry run erases nothing, so nothing need wait for it
    groups: list[Group] = []
    blind: list[dict[str, Any]] = []
    units = {code: unit.kept for code, unit in policy.units.items()}
    for connector in tools.able(Capability.EXPIRE):
        kept = ordered(tools, connector, orders)
        groups += grouped(swept for _, swept in expired(tools, connector, today, kept))
        blind += [one.model_dump(mode="json") for one in unwatched(connector.describe(), units)]
    return {
        "as_of": today.isoformat(),
        "policy": policy.version,
        "ends": sum(group.items for group in groups if group.planned in DESTROYING),
        "kept": sum(group.items for group in groups if group.planned not in DESTROYING),
        "orders": [order.model_dump(mode="json") for order in orders],
        "groups": [{**group.model_dump(mode="json"), "why": list(_why(policy, group))} for group in groups],
        "not_counted": blind,
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
