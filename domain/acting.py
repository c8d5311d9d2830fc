"""Who may act for a data subject, what shows that they may, and what is missing while it is not shown (s.20; pdpa-rules 4.1).

The clock runs meanwhile: a case without authority waits, is told what is missing, and ends as unverified in time (L12).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from domain.evidence import Evidence
from domain.rights import Right
from domain.value import Personal, Value


class Capacity(StrEnum):
    """In which capacity somebody asks."""

    SELF = "self"  # the person themselves, of age
    MINOR = "minor"  # the person themselves, under twenty (Civil and Commercial Code s.19)
    PARENT = "parent"  # holder of parental power
    CUSTODIAN = "custodian"  # ผู้อนุบาล of an incompetent person
    CURATOR = "curator"  # ผู้พิทักษ์ of a quasi-incompetent person
    AGENT = "agent"  # by power of attorney
    LAWYER = "lawyer"  # as an agent: a lawyer's letter is no power of attorney
    HEIR = "heir"  # s.6: the Act protects the living
    EMPLOYER = "employer"  # not the data subject; as an agent


class Shown(StrEnum):
    """What an officer has seen."""

    BIRTH_RECORD = "birth-record"  # birth certificate or house registration
    ACTOR_IDENTITY = "actor-identity"  # who acts is who they say
    COURT_ORDER = "court-order"
    POWER_OF_ATTORNEY = "power-of-attorney"
    PARENTAL_CONSENT = "parental-consent"
    CAPACITY_OF_ADULT = "capacity-of-adult"  # marriage, or permission (Civil and Commercial Code ss.20, 27)


class Lack(StrEnum):
    """What is missing beside evidence."""

    BIRTH_DATE = "birth-date"
    SCOPE = "scope"  # the power of attorney does not name this right
    SECOND_LOOK = "second-look"  # somebody else of the staff has not looked (conflict of parent and child)
    OWN_WORD = "own-word"  # over ten years: the minor asks, with consent (s.20 ¶1(1))
    OF_AGE = "of-age"  # the rights are the person's own since their birthday
    PARENT = "parent"  # not over ten years: the holder of parental power acts (s.20 ¶1(2))
    NEVER = "never"  # an heir: the procedure for accounts of the deceased


class ActingRule(Value):
    """What one capacity needs. `scoped`: it covers only the rights that its authority names."""

    section: str
    evidence: Evidence
    needs: frozenset[Shown] = frozenset()
    scoped: bool = False
    second_look: bool = False
    never: bool = False


_WITH_POWER = frozenset({Shown.POWER_OF_ATTORNEY, Shown.ACTOR_IDENTITY})
_BY_COURT = frozenset({Shown.COURT_ORDER, Shown.ACTOR_IDENTITY})
_AGENT = ActingRule(section="proof of authority", evidence=Evidence.CHOICE, needs=_WITH_POWER, scoped=True)

RULES: Mapping[Capacity, ActingRule] = {
    Capacity.SELF: ActingRule(section="s.30", evidence=Evidence.FOUND),
    Capacity.MINOR: ActingRule(section="s.20 ¶1(1)", evidence=Evidence.GENERAL),
    Capacity.PARENT: ActingRule(
        section="s.20 ¶1(2)",
        evidence=Evidence.GENERAL,
        needs=frozenset({Shown.BIRTH_RECORD, Shown.ACTOR_IDENTITY}),
        second_look=True,
    ),
    Capacity.CUSTODIAN: ActingRule(section="s.20 ¶2", evidence=Evidence.GENERAL, needs=_BY_COURT),
    Capacity.CURATOR: ActingRule(section="s.20 ¶3", evidence=Evidence.GENERAL, needs=_BY_COURT),
    Capacity.AGENT: _AGENT,
    Capacity.LAWYER: _AGENT,
    Capacity.EMPLOYER: _AGENT,
    Capacity.HEIR: ActingRule(section="s.6", evidence=Evidence.FOUND, never=True),
}
"""The table of who may act. The text of s.20 ¶4 extends it to the exercise of rights."""

ALONE = frozenset({Right.OBJECTION, Right.RESTRICTION, Right.WITHDRAWAL})
"""What a minor over ten asks alone: it binds them to nothing (Civil and Commercial Code ss.22-24, read narrowly)."""

_TEN, _TWENTY = 10, 20


class Acting(Personal):
    """In which capacity a request is made, and what an officer has seen of it; the newest stands for all its cases.

    `covers` are the rights that the authority names; `version` counts the records, from 1; 0 where there is none.
    `by` recorded it, and `seconded` is another member of staff who looked too.
    """

    capacity: Capacity = Capacity.SELF
    shown: tuple[Shown, ...] = ()
    covers: tuple[Right, ...] = ()
    born_on: date | None = None
    by: str = ""
    seconded: str = ""
    version: int = 0


def lacking(acting: Acting, right: Right, today: date) -> tuple[str, ...]:
    """What is missing before somebody in that capacity may exercise that right today, by code; empty where nothing is."""
    rule = RULES[acting.capacity]
    if rule.never:
        return (Lack.NEVER.value,)
    missing = [one.value for one in Shown if one in rule.needs and one not in acting.shown]
    if rule.scoped and right not in acting.covers:
        missing.append(Lack.SCOPE)
    if acting.capacity in {Capacity.MINOR, Capacity.PARENT}:
        missing += _of_a_minor(acting, right, today)
    if rule.second_look and acting.seconded in {"", acting.by}:
        missing.append(Lack.SECOND_LOOK)
    return tuple(str(one) for one in missing)


def _of_a_minor(acting: Acting, right: Right, today: date) -> list[str]:
    if acting.born_on is None:
        return [Lack.BIRTH_DATE]
    of_age = today >= birthday(acting.born_on, _TWENTY) or Shown.CAPACITY_OF_ADULT in acting.shown
    # "Not over ten years": at the tenth birthday still so, over ten from the next day (read narrowly; counsel).
    over_ten = today > birthday(acting.born_on, _TEN)
    if acting.capacity is Capacity.PARENT:
        if of_age:
            return [Lack.OF_AGE]
        return [Lack.OWN_WORD] if over_ten else []
    if of_age or right in ALONE:
        return [] if over_ten else [Lack.PARENT]
    if not over_ten:
        return [Lack.PARENT]
    return [] if Shown.PARENTAL_CONSENT in acting.shown else [Shown.PARENTAL_CONSENT]


def birthday(born_on: date, years: int) -> date:
    """The day on which so many years are complete; age runs from the day of birth (Civil and Commercial Code s.16)."""
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:  # born on 29 February: complete with the end of 28 February
        return date(born_on.year + years, 2, 28) + timedelta(days=1)
