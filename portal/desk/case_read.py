"""Reads a case for its page: from the register, the policy in force and the data maps. Blocks; needs no system and no Temporal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from activities.answer import CERTIFICATE
from activities.batches import calls_for
from activities.copy import attaching
from activities.tools import Tools
from cases.room import Room
from cases.standing import For, blocks, cooling_ends, second_look_is_due, waits_for, wish_of
from cases.traces import Links
from domain.calendar import day_in_bangkok, end_of_day
from domain.deadlines import renewed
from domain.documents import Letter
from domain.errors import KeyShredded, NotFound
from domain.outcomes import Outcome
from domain.plan import PlanRow, PlanSummary
from domain.ports import CaseView
from domain.third_persons import with_files
from domain.wishes import Wanted, Wish, assurance_for, in_codes
from exports import words
from policy.answers import Due, due
from policy.preflight import Fate, Line, Preflight, preflight
from portal.desk.case_view import (
    CasePage,
    ClockView,
    FateView,
    IdentityView,
    LetterView,
    OrderView,
    PlanView,
    UnitView,
)
from portal.desk.case_words import title_of

NEAR = timedelta(days=7)
"""So long before the strict date a case is shown as near it, as the first reminder of the policy has it."""

_KEPT_PLANS = 64
_ORDER = tuple(Fate)

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class CaseReader:
    """Reads cases. What a plan comes to is kept by its digest: a plan never changes, and some have many rows."""

    room: Room
    tools: Tools
    _plans: dict[tuple[str, str], Preflight] = field(default_factory=dict)
    _with_files: dict[str, tuple[PlanRow, ...]] = field(default_factory=dict)

    def page(self, reference: str, *, names: bool = True) -> CasePage:
        """All that the page of a case shows. Raises `NotFound`, `Unavailable`."""
        room = self.room
        view = room.register.view(reference)
        case = view.case.id
        wish = wish_of(room, view)
        written = room.letters.of(case)
        plan = self._newest(case)
        candidates = room.vault.candidates(case) if wish else ()
        read = CasePage(
            view=view,
            clock=self._clock(view, written),
            waits=waits_for(room, view) if wish else For.NOTHING if view.closed else For.ENGINE,
            second_look=second_look_is_due(room, view),
            forgotten=wish is None,
            wanted=self._wanted(wish) if wish else None,
            agent=bool(wish) and any(room.vault.agent(case)),
            plan=self._plan(view, plan) if plan else None,
            edits=room.plan_edits.of(case) if plan else (),
            files=self._files(view, plan) if plan else (),
            files_reviewed=bool(plan and self.tools.file_reviews.of(case, plan.digest)),
            blocks=blocks(room, view) if view.closed is None else (),
            proposed=room.traces.proposed(case),
            decisions=room.histories.decisions(case),
            identity=self._identity(view, wish) if wish else None,
            documents=room.identity_documents.of(case),
            scans=room.scans.of(case),
            candidates=len(candidates),
            candidates_mark=room.vault.mark_of(candidates) if candidates else "",
            death=room.register.death_of(case),
            stop=room.register.stop_of(case),
            receipts=room.effects.receipts(case),
            proofs=room.findings.proofs(case),
            letters=self._letters(case, written),
            bundle=room.letters.bundle(case),
            certified=self._certified(case),
            obligations=room.obligations.of(case),
            orders=tuple(self._orders(case)),
            incidents=tuple(room.incidents.of(case)),
            notes=room.notes.count(case),
            tasks=room.tasks.of(case),
            asked=room.errands.all(case=case),
            confidence=room.access.confidence(case),
            links=room.register.links(case),
            like=tuple(one.case.reference for one in room.register.like(case)) if view.closed is None else (),
            extendable=bool(self.tools.policy.deadlines[view.case.right].extension_reference),
            moves=renewed(view.case.terms, self.tools.policy.calendar) is not None,
            events=room.histories.events(case),
            names={},
        )
        return read.model_copy(update={"names": self._names(read)}) if names else read

    def _clock(self, view: CaseView, written: tuple[Letter, ...]) -> ClockView:
        today = day_in_bangkok(self.tools.clock.now())
        strict, over = view.case.terms.strict, view.closed is not None
        left = (strict - today).days
        return ClockView(
            today=today,
            left=left,
            late=not over and left < 0,
            near=not over and 0 <= left <= NEAR.days,
            due=self._reckoned(view),
            cooling_ends=cooling_ends(view, written),
        )

    def _reckoned(self, view: CaseView) -> Due | None:
        """The arithmetic of the policy in force; none where it no longer comes to the day that was promised."""
        terms = view.case.terms
        found = due(self.tools.policy, view.case.right, end_of_day(terms.received_on))
        return found if found.strict == terms.strict else None

    def _wanted(self, wish: Wish) -> Wanted:
        return in_codes(
            wish,
            units=self.tools.policy.units,
            fields={name for connector in self.tools.connectors.values() for name in connector.fields()},
            purpose=lambda code: words.load()["th"].get(f"purposes.{code}") is not None,
            takes=self.tools.transfers.knows,
        )

    def _newest(self, case: str) -> PlanSummary | None:
        with suppress(NotFound):
            return self.room.plans.summary(case)
        return None

    def _plan(self, view: CaseView, plan: PlanSummary) -> PlanView:
        found = self._preflight(view, plan)
        fates = (_fate(fate, [line for line in found.lines if line.fate is fate]) for fate in _ORDER)
        return PlanView(
            version=plan.version,
            digest=plan.digest,
            fates=tuple(fate for fate in fates if fate.units),
            changes=found.changes,
            calls={system: calls_for(count) for system, count in found.changes.items()},
            told=found.told,
        )

    def _files(self, view: CaseView, plan: PlanSummary) -> tuple[PlanRow, ...]:
        found = self._with_files.get(plan.digest)
        if found is None:
            rows = self.room.plans.rows(view.case.id)
            found = tuple(with_files(rows, view.case.right, attaching(self.tools)))
            _remember(self._with_files, plan.digest, found)
        return found

    def _preflight(self, view: CaseView, plan: PlanSummary) -> Preflight:
        key = (plan.digest, self.tools.policy.version)
        found = self._plans.get(key)
        if found is None:
            found = preflight(self.tools.policy, view.case.right, self.room.plans.rows(view.case.id))
            _remember(self._plans, key, found)
        return found

    def _identity(self, view: CaseView, wish: Wish) -> IdentityView:
        room, case = self.room, view.case
        shown = room.identity.standing(case.id)
        acting = room.identity.acting(case.id)
        exempt = wish.marketing_only or case.consent_only
        return IdentityView(
            level=shown.level,
            needed=assurance_for(case.right, wish, consent_only=case.consent_only),
            address_proved=shown.address_proved,
            challenges=room.histories.challenges(case.id),
            verifications=room.histories.verifications(case.id),
            capacity=acting.capacity,
            lacks=() if exempt else room.identity.lacks(case.id, case.right),
        )

    def _letters(self, case: str, written: tuple[Letter, ...]) -> tuple[LetterView, ...]:
        traced = self.room.traces.links(case)
        return tuple(
            LetterView(letter=one, title=title_of(one.code), links=traced.get(one.id, Links()))
            for one in written
        )

    def _certified(self, case: str) -> bool:
        with suppress(NotFound, KeyShredded), self.tools.files.read(case, CERTIFICATE):
            return True
        return False

    def _orders(self, case: str) -> Iterator[OrderView]:
        bound = set(self.room.holds.binding(case))
        for one in self.room.holds.orders() if bound else ():
            if one.id in bound:
                yield OrderView(
                    id=one.id,
                    kind=one.kind,
                    units=one.units,
                    placed_by=one.placed_by,
                    placed=one.placed,
                    own=one.case == case,
                )

    def _names(self, read: CasePage) -> Mapping[str, str]:
        ids = {
            *(event.actor for event in read.events),
            *(str(event.facts.get("staff", "")) for event in read.events),
            *(task.hand for task in read.tasks),
            *(one for waits in read.parked for one in (waits.hand, waits.proposer)),
            *(one.placed_by for one in read.orders),
            *(one.by for one in read.edits),
            *(read.confidence.handlers if read.confidence else ()),
        }
        found: dict[str, str] = {}
        for member in sorted(one for one in ids if one.startswith("S-")):
            with suppress(NotFound):
                found[member] = self.room.staff.name(member)
        return found


def _remember(kept: dict[K, T], key: K, found: T) -> None:
    while len(kept) >= _KEPT_PLANS:
        kept.pop(next(iter(kept)), None)
    kept[key] = found


def _fate(fate: Fate, lines: Sequence[Line]) -> FateView:
    units = dict.fromkeys(line.unit for line in lines)
    return FateView(
        fate=fate,
        items=sum(line.items for line in lines),
        units=tuple(_unit(unit, [line for line in lines if line.unit == unit]) for unit in units),
    )


def _unit(unit: str, lines: Sequence[Line]) -> UnitView:
    outcomes: Counter[Outcome] = Counter()
    for line in lines:
        outcomes[line.outcome] += line.items
    days = sorted(line.until for line in lines if line.until)
    held = {(one.rule, one.event): one for line in lines for one in line.why}
    grounds = {line.ground: line for line in reversed(lines) if line.ground}
    return UnitView(
        unit=unit,
        items=outcomes.total(),
        outcomes=outcomes,
        first=days[0] if days else None,
        last=days[-1] if days else None,
        undated=sum(line.items for line in lines if line.outcome is Outcome.HOLD and not line.until),
        lines=tuple(lines),
        grounds=tuple(grounds.values()),
        why=tuple(sorted(held.values(), key=lambda one: (one.rule, one.event))),
    )
