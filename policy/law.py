"""What the law itself demands (law.yaml), and that the company's rules ask for no less."""

from __future__ import annotations

from collections.abc import Mapping

from domain.deadlines import DeadlineRule
from domain.holds import CountsFrom, HoldRule
from domain.item import Label
from domain.retention import Floor, Period
from domain.rights import Right
from domain.value import Value
from policy.files import PeriodOf, Source, Words
from policy.model import AtOnce
from policy.yaml_lines import Document

_LONGEST_YEAR = 366


class PeriodEntry(PeriodOf):
    """A period that a provision sets."""

    source: Source


class AtOnceEntry(Value):
    """What must be done at once."""

    act: Words
    source: Source


class LawFile(Value):
    """law.yaml."""

    floors: Mapping[CountsFrom, PeriodEntry]
    ceilings: Mapping[Right, PeriodEntry]
    at_once: Mapping[Right, AtOnceEntry]


class Law(Value):
    """The law's own numbers: `floors` by the event that a hold counts from, `ceilings` and `at_once` by right."""

    floors: Mapping[CountsFrom, Floor]
    ceilings: Mapping[Right, Floor]
    at_once: Mapping[Right, AtOnce]


def period_of(document: Document, entry: PeriodOf, *place: str | int) -> Period:
    """The period of an entry. Raises `PolicyInvalid` where it is none or more than one."""
    given = {unit: count for unit in Period.model_fields if (count := getattr(entry, unit)) is not None}
    if len(given) != 1:
        raise document.error("period-unclear", "give years, months or days, one of them", *place)
    return Period.model_validate(given)


def read_law(document: Document) -> Law:
    """The law's own numbers."""
    file = document.read(LawFile)
    return Law(
        floors={event: _floor(document, entry, "floors", event) for event, entry in file.floors.items()},
        ceilings={
            right: _floor(document, entry, "ceilings", right) for right, entry in file.ceilings.items()
        },
        at_once={
            right: AtOnce(
                act=Label(th=entry.act.th, en=entry.act.en),
                reference=entry.source.reference,
                evidence=entry.source.evidence,
            )
            for right, entry in file.at_once.items()
        },
    )


def check_holds(document: Document, holds: Mapping[str, HoldRule], law: Law) -> None:
    """No hold releases a record before its law allows, and every law that demands one has its rule.

    Raises:
        PolicyInvalid: facts name file, line and field.
    """
    for code, rule in holds.items():
        floor = law.floors.get(rule.counts_from)
        if floor is None:
            continue
        if _in_days(rule.years, rule.days) < _in_days(floor.period.years, floor.period.days):
            field = "years" if rule.years else "days"
            mend = f"at least {floor.period} ({floor.reference})"
            raise document.error("below-the-law", mend, "holds", code, field)
        if rule.years and rule.floor_years != floor.period.years:
            mend = f"{floor.period.years} ({floor.reference})"
            raise document.error("floor-is-not-the-law-s", mend, "holds", code, "floor_years")
        if not rule.rolled:
            # Its last day may be a holiday, and then the law's is the next working day (s.193/8): a day too early.
            mend = f"leave it out: the last day is rolled over holidays ({floor.reference})"
            raise document.error("below-the-law", mend, "holds", code, "rolled")
    counted = {rule.counts_from for rule in holds.values()}
    for event, floor in law.floors.items():
        if event not in counted:
            mend = f"add a rule that counts from {event} ({floor.reference})"
            raise document.error("law-without-rule", mend, "holds")


def check_deadlines(document: Document, deadlines: Mapping[Right, DeadlineRule], law: Law) -> None:
    """No deadline is later than its law allows.

    Raises:
        PolicyInvalid: facts name file, line and field.
    """
    for right, ceiling in law.ceilings.items():
        if deadlines[right].days > ceiling.period.days:
            mend = f"at most {ceiling.period} ({ceiling.reference})"
            raise document.error("later-than-the-law", mend, "deadlines", right, "days")


def _floor(document: Document, entry: PeriodEntry, *place: str) -> Floor:
    return Floor(
        period=period_of(document, entry, *place),
        reference=entry.source.reference,
        evidence=entry.source.evidence,
    )


def _in_days(years: int, days: int) -> int:
    """To compare a period in days with one in years: so many days are enough wherever the years fall."""
    return years * _LONGEST_YEAR + days
