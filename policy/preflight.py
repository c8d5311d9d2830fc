"""Before anybody decides: what a plan will do, what it keeps until when by which law, and why each of its dates is what it is.

Pure: a plan's rows and the policy in force. Whoever shows it (command line, portal) adds what only the register knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from domain.errors import BadInput
from domain.evidence import Evidence
from domain.outcomes import CORRECTING, DESTROYING, DISCLOSING, SUSPENDING, Outcome
from domain.plan import PlanRow
from domain.rights import Right
from domain.value import Value
from policy.answers import Held, hold
from policy.model import Policy


class Fate(StrEnum):
    """What a plan says of a record, as one asks before deciding."""

    GOES = "goes"  # erased or destroyed
    ANONYMISED = "anonymised"  # stays without saying whose it was
    KEPT = "kept"  # a law, an order, a contract or a restriction keeps it
    NOT_OURS = "not-ours"  # a tenant decides (s.40)
    WAITS = "waits"  # people must look first
    GIVEN = "given"  # copied to the person
    CHANGED = "changed"  # corrected, or kept from use
    LEFT = "left"  # not asked for


_FATES: Mapping[Outcome, Fate] = {
    Outcome.ERASE: Fate.GOES,
    Outcome.DESTROY: Fate.GOES,
    Outcome.CLEAR: Fate.GOES,
    Outcome.ANONYMISE: Fate.ANONYMISED,
    Outcome.DETACH: Fate.ANONYMISED,
    Outcome.HOLD: Fate.KEPT,
    Outcome.NO_GROUND: Fate.KEPT,
    Outcome.BEYOND_USE: Fate.KEPT,
    Outcome.NOT_CONTROLLER: Fate.NOT_OURS,
    Outcome.NOT_ASKED: Fate.LEFT,
    **dict.fromkeys(DISCLOSING, Fate.GIVEN),
    **dict.fromkeys(CORRECTING | SUSPENDING, Fate.CHANGED),
}


class Line(Value):
    """Records of one table that fare alike. `section` and `evidence` are those of the ground; `why` explains each hold."""

    fate: Fate
    system: str
    table: str
    unit: str
    outcome: Outcome
    items: int
    ground: str = ""
    section: str = ""
    evidence: Evidence | None = None
    until: date | None = None
    why: tuple[Held, ...] = ()


class Preflight(Value):
    """A plan as it is read before it is decided. `changes` counts what is written, by system; `told` who is instructed (L11)."""

    lines: tuple[Line, ...]
    changes: Mapping[str, int]
    told: tuple[str, ...]


_Key = tuple[str, str, str, Outcome, str, date | None, tuple[tuple[str, date | None], ...]]
_WRITES = frozenset({*CORRECTING, *SUSPENDING, *DESTROYING})


def preflight(policy: Policy, right: Right, rows: Iterable[PlanRow]) -> Preflight:
    """What the rows of a plan come to; streamed, in the plan's order of systems and tables."""
    counted: Counter[_Key] = Counter()
    changes: Counter[str] = Counter()
    units: set[str] = set()
    for row in rows:
        held = tuple((one.rule, one.since) for one in row.holds)
        counted[row.system, row.table, row.unit, row.planned, row.ground, row.until, held] += 1
        if row.planned in _WRITES:
            changes[row.system] += 1
            units.add(row.unit)
    lines = tuple(_line(policy, key, items) for key, items in counted.items())
    return Preflight(lines=lines, changes=changes, told=_told(policy, right, units))


def _line(policy: Policy, key: _Key, items: int) -> Line:
    system, table, unit, outcome, code, until, held = key
    ground = policy.grounds.get(code)
    return Line(
        fate=_FATES.get(outcome, Fate.WAITS),
        system=system,
        table=table,
        unit=unit,
        outcome=outcome,
        items=items,
        ground=code,
        section=ground.section if ground else "",
        evidence=ground.evidence if ground else None,
        until=until,
        why=tuple(found for rule, since in held if (found := _why(policy, rule, since)) is not None),
    )


def _why(policy: Policy, rule: str, since: date | None) -> Held | None:
    """How the day of a hold was reckoned; None where an older version of the engine kept no event of it."""
    if since is None:
        return None
    try:
        return hold(policy, rule, event=since)
    except BadInput:  # the rule is no longer in the policy: the plan is to be made anew
        return None


def _told(policy: Policy, right: Right, units: Iterable[str]) -> tuple[str, ...]:
    """Recipients who are told of what is done (L11): their own copies are theirs to see to."""
    if right in {Right.ACCESS, Right.PORTABILITY}:
        return ()
    codes = {code for unit in units if unit in policy.units for code in policy.units[unit].recipients}
    return tuple(sorted(policy.recipients[code].name for code in codes if policy.recipients[code].instructed))
