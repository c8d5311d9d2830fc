"""What documents about a case are made from: the case, its person, and its plan by data unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

from pydantic import JsonValue

from activities.asked import wish_of
from activities.tools import Tools
from domain.calendar import day_in_bangkok
from domain.documents import CaseFile
from domain.errors import NotFound
from domain.holds import Hold
from domain.item import Basis, Found, Item, Role
from domain.outcomes import Outcome
from domain.plan import PlanRow, PlanSummary

_Group = tuple[str, str, Outcome, str, tuple[Hold, ...], date | None]


def case_file(
    tools: Tools,
    case: str,
    told: Mapping[str, JsonValue] | None = None,
    *,
    carried_out: bool = False,
    **facts: JsonValue,
) -> CaseFile:
    """The case as a template sees it; `told` and `facts` are what this document adds.

    Its groups tell the plan, or, once it was `carried_out`, what became of every record: never the one for the other.
    """
    try:
        plan: PlanSummary | None = tools.plans.summary(case)
    except NotFound:
        plan = None
    return CaseFile(
        view=tools.register.view(case),
        subject=tools.vault.subject(case),
        plan=plan,
        groups=tuple(groups(_rows(tools, case, carried_out=carried_out))) if plan else (),
        facts={**(told or {}), **facts},
    )


def wish_facts(tools: Tools, case: str) -> dict[str, JsonValue]:
    """What was asked for, as letters tell it back: codes and names of fields, no values."""
    wish = wish_of(tools, case)
    told: dict[str, JsonValue] = {
        "against": [use.value for use in wish.against],
        "because": wish.because,
        "purposes": list(wish.purposes),
        "fields": [*sorted(wish.corrections)],
        "transfer_to": wish.transfer_to,
        "units": list(wish.units),
    }
    return {name: value for name, value in told.items() if value}


def told_disclosures(tools: Tools, case: str) -> dict[str, JsonValue]:
    """To whom data of the person was given (policy 3.2): of what is secret today no document ever hears."""
    today = day_in_bangkok(tools.clock.now())
    return {
        "disclosures": [
            {
                "recipient": one.recipient,
                "power": one.power,
                "units": list(one.units),
                "given_on": one.given_on.isoformat(),
            }
            for one in tools.disclosures.concerning(case)
            if one.secret_until is None or one.secret_until < today
        ]
    }


def continuing(tools: Tools, case: str) -> list[JsonValue]:
    """What goes on all the same, by data unit and the basis that carries it (s.19 ¶5): everything but consent."""
    going = {
        (found.unit, found.basis.value)
        for found in all_located(tools, case)
        if found.role is Role.CONTROLLER and found.basis is not Basis.CONSENT
    }
    return [{"unit": unit, "basis": basis} for unit, basis in sorted(going)]


def all_located(tools: Tools, case: str) -> Iterator[Found]:
    """What was located last in every system, streamed; of each record only what may be said of it."""
    for manifest in tools.findings.manifests(case):
        with tools.files.read(case, manifest.manifest) as lines:
            for line in lines:
                yield Item.model_validate_json(line).found


def _rows(tools: Tools, case: str, *, carried_out: bool) -> Iterator[PlanRow]:
    return tools.plans.results(case) if carried_out else tools.plans.rows(case)


def groups(rows: Iterator[PlanRow]) -> Iterator[Mapping[str, JsonValue]]:
    """The plan by data unit, outcome, ground and date: what a letter can say of a thousand rows."""
    counted: Counter[_Group] = Counter()
    for row in rows:
        counted[(row.system, row.unit, row.planned, row.ground, row.holds, row.until)] += 1
    for (system, unit, outcome, ground, holds, until), count in sorted(
        counted.items(), key=lambda entry: (entry[0][1], entry[0][2], entry[0][5] or date.min)
    ):
        yield {
            "system": system,
            "unit": unit,
            "outcome": outcome,
            "ground": ground,
            "count": count,
            "until": until.isoformat() if until else "",
            "holds": [hold.model_dump(mode="json") for hold in holds],
        }
