"""Stop: direct marketing ends on the day the objection comes, before anybody asks who sent it (s.32 ¶1(2), ¶2).

Every identifier that a system's list takes is entered there on its own, so that one that does not fit keeps out no
other. What no list takes, people stop by hand and say so: until then nobody is told that it stopped (ADR 13).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pydantic import JsonValue

from activities.asked import objects_to_tenants, received_at, stops_marketing
from activities.tools import Step, Tools, step
from domain.case import Receipt, Task
from domain.connector import Capability
from domain.errors import Refused
from domain.events import Event
from domain.identifiers import Identifier, IdentifierKind
from domain.keys import SEPARATOR
from domain.outcomes import Outcome
from domain.rights import Verb
from domain.states import State
from domain.stops import UNASKED

AT_ONCE = "marketing"
"""The batch under which direct marketing is stopped on the day of receipt; each address has one of its own."""

EVERYWHERE = "marketing"
"""Stands for a system where no connected one has a list that takes what was given."""

BY_HAND = "stop-marketing-by-hand"
"""The task that is left to people where a case ends before marketing stopped everywhere."""

NEVER_TAKEN = frozenset({"value-does-not-fit", "suppression-not-entered"})
"""Why a list will not take an address, however often it is tried: people see to it (`Stop.left`)."""

_NOTHING = "none"
"""The part of a person who said that marketing stopped, where nothing was given that it could go to."""

MARKETED = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
"""Where direct marketing goes: letters, messages, calls."""


class Stop(Step):
    """Enters what was given in the lists of those to whom no marketing goes."""

    @step("stop-marketing")
    def marketing(self, task: Task) -> Receipt:
        """All that was given and the system's lists take, known or not.

        That harms nobody, and asking who it is would take days. What does not fit a list is left to `left`. Raises what else a list refuses, after the others were entered.
        """
        tools, entered, refused = self.tools, 0, None
        connector = tools.connector(task.system, Capability.STOP)
        at = received_at(tools, task.case)
        for number, one in _taken(tools.vault.own(task.case), connector.suppresses()):
            part = _part(task, task.system, number)
            if tools.effects.receipt(part.key) is None:
                try:
                    connector.stop((one,), at)
                except Refused as error:
                    if error.code not in NEVER_TAKEN:
                        refused = refused or error
                    continue
                _stopped(tools, part, 1)
            entered += 1
        if refused:
            raise refused
        return Receipt(key=task.key, system=task.system, verb=Verb.STOP, achieved={Outcome.STOP: entered})

    @step("marketing-left")
    def left(self, task: Task) -> tuple[str, ...]:
        """Where people must see to it that marketing stops, by system, and `EVERYWHERE` for what no list takes."""
        return _Stops(self.tools, task.case).left()

    @step("marketing-stopped-by-hand")
    def by_hand(self, task: Task) -> None:
        """Note what a person said: in `task.system` no marketing goes to what was given any more."""
        for number in _Stops(self.tools, task.case).missing(task.system):
            _stopped(self.tools, _part(task, task.system, number), int(number != _NOTHING))

    @step("leave-marketing")
    def leave(self, task: Task) -> None:
        """The case ends before marketing stopped everywhere: the rest is left to people (s.32 ¶1(2) was invoked)."""
        if nobody_asked(self.tools, task.case):
            return
        for system in _Stops(self.tools, task.case).left():
            where = "" if system == EVERYWHERE else system
            self.tools.register.open_task(task.case, BY_HAND, where, once=True)


def by_hand_in(system: str) -> str:
    """The name under which a system waits for a person to say that marketing was stopped there by hand."""
    return system if system == EVERYWHERE else f"{EVERYWHERE}:{system}"


def marketing_facts(tools: Tools, case: str) -> dict[str, JsonValue]:
    """What letters may say of direct marketing: only what receipts show.

    `marketing_stopped`: how many of the addresses given get none any more, from whichever system;
    `marketing_stopped_at`: since when, where it stopped everywhere; `marketing_open`: that it was asked for, and did
    not stop everywhere yet; `marketing_passed_on`: that it is a tenant's, who is told.
    """
    if objects_to_tenants(tools, case):
        return {"marketing_passed_on": True}
    if not stops_marketing(tools, case) or nobody_asked(tools, case):
        return {}
    stops = _Stops(tools, case)
    told: dict[str, JsonValue] = {}
    if stopped := stops.everywhere():
        told["marketing_stopped"] = stopped
    if stops.left():
        told["marketing_open"] = True
    elif since := stops.since():
        told["marketing_stopped_at"] = since.isoformat()
    return told


def nobody_asked(tools: Tools, case: str) -> bool:
    """Whether officers stopped it as a test or a mistake: what it took into lists is undone, and nothing more is stopped."""
    stop = tools.register.stop_of(case)
    return stop is not None and stop.complete and stop.mistake in UNASKED


def stopped_in(tools: Tools, case: str) -> frozenset[str]:
    """The systems in whose lists a case entered somebody on the day of receipt."""
    places = (_place(key) for key in tools.effects.when(case))
    return frozenset(place[0] for place in places if place)


class _Stops:
    """What was given, where each of it is to be entered, and what receipts show of that."""

    def __init__(self, tools: Tools, case: str) -> None:
        stored = ((_place(key), at) for key, at in tools.effects.when(case).items())
        self._when = {place: at for place, at in stored if place}
        own = tools.vault.own(case)
        self._due: dict[str, list[str]] = {
            connector.name: [str(number) for number, _ in _taken(own, connector.suppresses())]
            for connector in tools.able(Capability.STOP)
        }
        listed = {number for numbers in self._due.values() for number in numbers}
        unlisted = [str(number) for number, _ in _taken(own, MARKETED) if str(number) not in listed]
        if unlisted or not listed:
            self._due[EVERYWHERE] = unlisted or [_NOTHING]

    def missing(self, system: str) -> list[str]:
        """What of it is not yet stopped there, by number."""
        return [each for each in self._due.get(system, ()) if (system, each) not in self._when]

    def left(self) -> tuple[str, ...]:
        """Where something is not yet stopped."""
        return tuple(system for system in self._due if self.missing(system))

    def everywhere(self) -> int:
        """How many identifiers are stopped wherever they are to be."""
        waiting = {each for system in self._due for each in self.missing(system)}
        return len({each for due in self._due.values() for each in due} - waiting - {_NOTHING})

    def since(self) -> datetime | None:
        """When the last of it was stopped; None before the first."""
        return max(self._when.values(), default=None)


def _taken(own: tuple[Identifier, ...], kinds: frozenset[IdentifierKind]) -> Iterator[tuple[int, Identifier]]:
    return ((number, one) for number, one in enumerate(own, 1) if one.kind in kinds)


def _part(task: Task, system: str, number: int | str) -> Task:
    """One identifier's part, under the same key whichever step the case stands in meanwhile."""
    batch = f"{AT_ONCE}-{number}"
    return Task(case=task.case, step=State.RECEIVED, system=system, verb=Verb.STOP, batch=batch)


def _place(key: str) -> tuple[str, str] | None:
    """System and number of a receipt that is of this stop."""
    _, state, system, verb, batch = (*key.split(SEPARATOR), "", "", "", "", "")[:5]
    at_once, _, number = batch.rpartition("-")
    ours = (state, verb, at_once) == (State.RECEIVED, Verb.STOP, AT_ONCE)
    return (system, number) if ours else None


def _stopped(tools: Tools, part: Task, count: int) -> None:
    tools.register.note(part.case, Event.MARKETING_STOPPED, system=part.system, count=count)
    receipt = Receipt(key=part.key, system=part.system, verb=Verb.STOP, achieved={Outcome.STOP: count})
    tools.effects.done(receipt, part.case, {})
