"""The shape of the company's policy once it is loaded: frozen, versioned, every rule with its source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.calendar import Calendar
from domain.deadlines import DeadlineRule, Terms, terms_for
from domain.errors import BadInput
from domain.grounds import Ground
from domain.holds import FiscalYear, HoldRule
from domain.item import Label
from domain.rights import Right
from domain.value import Value


class Officer(Value):
    """The data protection officer (s.41) as letters name them."""

    name: Label
    email: str
    phone: str
    address: Label


class Company(Value):
    """The controller (s.6) as letters name it."""

    name: Label
    address: Label
    officer: Officer


class Recipient(Value):
    """To whom data goes, and where (ss.27-29)."""

    name: str
    purpose: Label
    countries: tuple[str, ...]


class Unit(Value):
    """A data unit: what is collected, what for, how long it is kept (s.23, s.39 ¶1), under which holds."""

    code: str
    name: Label
    purpose: Label
    retention: Label
    recipients: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    proposed: bool = False


class Policy(Value):
    """Everything that differs between companies, and between years."""

    version: str
    company: Company
    deadlines: Mapping[Right, DeadlineRule]
    holds: Mapping[str, HoldRule]
    units: Mapping[str, Unit]
    recipients: Mapping[str, Recipient]
    grounds: Mapping[str, Ground]
    books: FiscalYear
    calendar: Calendar
    challenge_hours: float = 72
    challenge_attempts: int = 5

    def terms(self, right: Right, received: datetime) -> Terms:
        """The terms of a case of that right received at that instant (`domain.deadlines`)."""
        return terms_for(self.deadlines[right], received, self.calendar, self.version)

    def hold_rules(self, unit: str, named: tuple[str, ...] = ()) -> tuple[HoldRule, ...]:
        """The rules that a record of the unit falls under, with those that its table names."""
        return tuple(self.holds[rule] for rule in dict.fromkeys((*self.units[unit].holds, *named)))

    def refusal(self, code: str, right: Right) -> Ground:
        """The ground on which that right may be refused.

        Raises:
            BadInput: no such code, or it refuses another right; the error lists those that do.
        """
        ground = self.grounds.get(code)
        if ground is None or right not in ground.refuses:
            allowed = ", ".join(g.code for g in self.grounds.values() if right in g.refuses)
            raise BadInput("ground-does-not-refuse", f"use one of {allowed}", right=right, field="ground")
        return ground
