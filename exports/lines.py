"""A plan as people read it: one line for each data unit, outcome and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict, JsonValue

from domain.holds import Hold
from domain.outcomes import DESTROYING, DISCLOSING, KEEPING, Outcome
from exports.words import Words
from policy.model import Policy, Unit

_CONTRACT_RUNNING = "NG-33-1"
REFUSED = KEEPING - {Outcome.NOT_ASKED}
"""What the person asked for and does not get."""


class Group(BaseModel):
    """What `CaseFile.groups` holds: the items of one unit with one outcome, ground and date.

    `until` is the day of release, ISO, or empty. Other keys are not for letters.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    unit: str
    outcome: Outcome
    count: int
    ground: str = ""
    until: str = ""
    holds: tuple[Hold, ...] = ()
    system: str = ""


@dataclass(frozen=True)
class Line:
    """A group in words."""

    name: str
    count: int
    outcome: Outcome
    planned: str
    achieved: str
    method: str
    why: str
    holds: tuple[str, ...]
    until: str
    where: tuple[str, ...]

    @property
    def gone(self) -> bool:
        """Whether the outcome destroys."""
        return self.outcome in DESTROYING

    @property
    def given(self) -> bool:
        """Whether the outcome discloses."""
        return self.outcome in DISCLOSING

    @property
    def refused(self) -> bool:
        """Whether the person does not get what they asked for."""
        return self.outcome in REFUSED

    @property
    def done(self) -> bool:
        """Whether the person gets what they asked for."""
        return self.outcome not in KEEPING


def lines(
    groups: Iterable[Mapping[str, JsonValue]], policy: Policy, words: Words, today: date
) -> tuple[Line, ...]:
    """The lines of a plan in the order of the groups; the same thing in two systems is one line."""
    found: dict[Group, list[Group]] = {}
    for raw in groups:
        group = Group.model_validate(raw)
        found.setdefault(group.model_copy(update={"count": 0, "system": ""}), []).append(group)
    return tuple(_line(alike, groups, policy, words, today) for alike, groups in found.items())


def ground(code: str, policy: Policy, words: Words) -> str:
    """A ground in words: its wording and section, or what an unregistered code (an obstacle) means."""
    entry = policy.grounds.get(code)
    if entry is None:
        told = words.get(f"reasons.obstacles.{code}") if code else ""
        return told or (words("reasons.obstacle", code=code) if code else "")
    wording = entry.wording.th if words.language == "th" else entry.wording.en
    section = words.cite(entry.section)
    return wording if section in wording else words("reasons.ground", wording=wording, section=section)


def retention(unit: Unit, words: Words) -> str:
    """How long a unit is kept; marked where the company proposes it and the DPO has not signed."""
    told = unit.retention.th if words.language == "th" else unit.retention.en
    return words("proposed", what=told) if unit.proposed else told


def unit_name(code: str, policy: Policy, words: Words) -> str:
    """The data unit's name, or its code where the policy has none."""
    unit = policy.units.get(code)
    return code if unit is None else unit.name.th if words.language == "th" else unit.name.en


def _line(group: Group, alike: Sequence[Group], policy: Policy, words: Words, today: date) -> Line:
    return Line(
        name=unit_name(group.unit, policy, words),
        count=sum(one.count for one in alike),
        outcome=group.outcome,
        planned=words(f"planned.{group.outcome}"),
        achieved=words(f"achieved.{group.outcome}"),
        method=words.get(f"methods.{group.outcome}") or "",
        why=_why(group, policy, words, today),
        holds=tuple(_hold(hold, policy, words) for hold in group.holds),
        until=words.day(group.until) if group.until else "",
        where=tuple(dict.fromkeys(_system(one.system, policy, words) for one in alike if one.system)),
    )


def _system(code: str, policy: Policy, words: Words) -> str:
    """The name of whose system it is, where that is another company's; of ours the name it has here."""
    known = policy.recipients.get(code)
    return known.name if known else words("certificate.system", name=code)


def _why(group: Group, policy: Policy, words: Words, today: date) -> str:
    """The ground that stands today: past the law's own years it is the basis's, not the law's."""
    code = group.ground
    for hold in group.holds[:1]:
        rule = policy.holds.get(hold.rule)
        basis = policy.bases.get(rule.basis) if rule else None
        if basis and hold.floor_last_day and hold.floor_last_day < today:
            code = basis.ground
    why = ground(code, policy, words)
    return words("reasons.contract-running", ground=why) if code == _CONTRACT_RUNNING else why


def _hold(hold: Hold, policy: Policy, words: Words) -> str:
    """Which law, through which day, and what of it is the law's and what the company's own."""
    rule = policy.holds.get(hold.rule)
    law = rule.law if rule else None
    label = hold.reference if law is None else law.th if words.language == "th" else law.en
    named = words.cite(label)
    parts = [words("holding.through", last=words.day(hold.last_day), law=named)]
    if hold.floor_last_day and hold.floor_last_day < hold.last_day:
        parts.append(words("holding.floor", floor=words.day(hold.floor_last_day)))
        if rule and (basis := policy.bases.get(rule.basis)):
            wording = basis.wording.th if words.language == "th" else basis.wording.en
            told = words("holding.basis", basis=wording)
            parts.append(words("proposed", what=told) if basis.proposed else told)
    separator = " " if words.language == "th" else "; "
    return separator.join(parts)
