"""Tenants whose contract has ended: told ahead, then swept, then certified to (s.40 ¶3; the data processing agreement).

What goes is planned, approved, erased and counted as every sweep (`activities.sweep`). Nothing is planned before the
tenant may no longer have its data back and was told long enough ahead; a tenant that came back has its sweep given up.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import JsonValue

from activities.sweeping import expired, ordered
from activities.tools import Step, Tools, step
from domain.agreements import (
    CERTIFIED,
    NOTICE,
    UNREACHED,
    Departure,
    EndedContract,
    TenantKeeper,
    Told,
    erase_from,
    kept_until,
)
from domain.calendar import day_in_bangkok, end_of_day
from domain.case import Case, Receipt
from domain.connector import Capability, Connector
from domain.documents import CaseFile, Message
from domain.holds import InForce
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Item, Role, Subject
from domain.outcomes import DESTROYING
from domain.plan import PlanSummary
from domain.ports import ENGINE, CaseView
from domain.rights import Right
from domain.states import State
from domain.sweep import Swept
from domain.sweeping import Sweep

_CHANNEL = "agreement"


def keepers(tools: Tools) -> tuple[tuple[Connector, TenantKeeper], ...]:
    """The systems that know which tenants have left, each twice: as a system, and as a keeper."""
    able = tools.able(Capability.EXPIRE)
    return tuple((one, one) for one in able if isinstance(one, TenantKeeper) and one.keeps_for_tenants)


def uncovered(tools: Tools) -> tuple[str, ...]:
    """Systems that hold something as processor and cannot say for whom: there people must see to it."""
    known = {system.name for system, _ in keepers(tools)}
    return tuple(
        name
        for name, system in tools.connectors.items()
        if name not in known and any(table.role is Role.PROCESSOR for table in system.describe())
    )


def ended(tools: Tools, today: date) -> tuple[EndedContract, ...]:
    """Every tenant whose contract ended before that day, as the systems say."""
    return tuple(one for _, keeper in keepers(tools) for one in keeper.ended(today))


@dataclass(frozen=True)
class Days:
    """The days of one ended contract; `erase_from` is None while the tenant was not told."""

    returned_until: date
    erase_from: date | None
    erase_by: date


def days_of(tools: Tools, ended_on: date, told_on: date | None) -> Days | None:
    """Under the policy in force; None where it states no period for what is held for tenants."""
    policy = tools.policy
    until = kept_until((unit.kept for unit in policy.units.values()), ended_on)
    if until is None:
        return None
    first = erase_from(until, told_on, policy.notice_days) if told_on else None
    by = max(ended_on + timedelta(days=policy.erase_days), until + timedelta(days=1))
    return Days(returned_until=until, erase_from=first, erase_by=by)


def held_for(
    tools: Tools, tenant: str, today: date, orders: tuple[InForce, ...]
) -> Iterator[tuple[Item, Swept]]:
    """What is held for one tenant in all systems, with what becomes of it today."""
    for system, _ in keepers(tools):
        yield from expired(tools, system, today, ordered(tools, system, orders, tenant), tenant)


class Departing(Step):
    """Tells tenants that left, plans what goes, and certifies what went."""

    @step("tenants-plan")
    def plan(self) -> tuple[Sweep, ...]:
        """The sweeps of tenants' data that may go on now; tells the tenants that nobody told yet."""
        tools, today = self.tools, day_in_bangkok(self.tools.clock.now())
        known = ended(tools, today)
        left, called = tools.departures.see(known), {one.tenant: one.called for one in known}
        for sweep in tools.sweeps.all():
            if sweep.departure and sweep.done is None and tools.departures.view(sweep.departure).back:
                tools.sweeps.drop(sweep.id)
        found = [self._planned(one, called[one.tenant], today) for one in left]
        return tuple(one for one in found if one is not None and not one.waits)

    def _planned(self, left: Departure, called: str, today: date) -> Sweep | None:
        tools = self.tools
        days = days_of(tools, left.ended_on, left.told_on)
        if days is None:
            return None
        if days.erase_from is None:
            self._tell(left, called, days, today)
            return None
        if today < days.erase_from:
            return None
        standing = tools.sweeps.standing(left.id)
        if standing is not None:
            return standing
        with tools.effects.gate_of_all() as orders:
            pass
        policy = tools.policy
        going = held_for(tools, left.tenant, today, orders)
        return tools.sweeps.write(today, policy.version, policy.sweep_ceiling, going, left.id)

    def _tell(self, left: Departure, called: str, days: Days, today: date) -> None:
        """Write to the tenant; where nobody knows its address, to the company's own officer, once."""
        tools = self.tools
        first = erase_from(days.returned_until, today, tools.policy.notice_days)
        told: dict[str, JsonValue] = {
            "recipient": called or left.tenant,
            "tenant": left.tenant,
            "returned_until": days.returned_until.isoformat(),
            "erase_from": first.isoformat(),
            "erase_by": max(days.erase_by, first).isoformat(),
        }
        contact = tools.departures.contact(left.id)
        _write(tools, left, NOTICE if contact else UNREACHED, contact, told)
        if contact:
            tools.departures.tell(left.id, Told.MAIL, today, actor=ENGINE)

    @step("tenants-certify")
    def certify(self) -> int:
        """A certificate of every sweep that erased something for a tenant and has none; how many were issued now."""
        tools = self.tools
        if uncovered(tools):
            return 0  # a certificate that leaves a system out would say more than is so
        issued = {one.sweep: one for one in tools.departures.certificates()}
        fresh = 0
        for sweep in tools.sweeps.all():
            if not sweep.departure or sweep.done is None or not sweep.erased:
                continue
            left = tools.departures.view(sweep.departure)
            if sweep.id not in issued:
                issued[sweep.id] = tools.departures.certify(
                    left.id, sweep.id, *self._certificate(left, sweep)
                )
                fresh += 1
            contact = tools.departures.contact(left.id)
            if issued[sweep.id].sent is None and contact:
                proof = issued[sweep.id].proof
                link = f"{tools.portal_url}/check/{proof}" if tools.portal_url else ""
                _write(tools, left, CERTIFIED, contact, {"link": link, "proof": proof}, about=sweep.id)
                tools.departures.sent(sweep.id)
        return fresh

    def _certificate(self, left: Departure, sweep: Sweep) -> tuple[str, bytes]:
        tools, done = self.tools, day_in_bangkok(sweep.done or self.tools.clock.now())
        called = {one.tenant: one.called for one in ended(tools, day_in_bangkok(tools.clock.now()))}
        file = _file(
            tools,
            left,
            {
                "recipient": called.get(left.tenant) or left.tenant,
                "erased_on": done.isoformat(),
                "receipts": _digest(tools.sweeps.receipts(sweep.id)),
                "backups_gone_by": (done + timedelta(days=tools.policy.backup_days)).isoformat(),
            },
            plan=PlanSummary(case=left.id, version=1, digest=sweep.digest),
            groups=tuple(_groups(tools, sweep)),
        )
        out = io.BytesIO()
        proof = tools.exports.certificate(file, out)
        return proof, out.getvalue()


def _groups(tools: Tools, sweep: Sweep) -> Iterator[Mapping[str, JsonValue]]:
    """What went, and what stays with its ground, as a certificate tells it."""
    for went in sweep.erased:
        yield {"system": went.system, "unit": went.unit, "outcome": went.outcome, "count": went.items}
    kept = Counter(
        {
            (one.system, one.unit, one.planned, one.ground): one.items
            for one in sweep.counts
            if one.planned not in DESTROYING
        }
    )
    for stayed in tools.sweeps.stayed(sweep.id):
        kept[stayed.system, stayed.unit, stayed.outcome, stayed.ground] += stayed.items
    for (system, unit, outcome, ground), count in sorted(kept.items()):
        yield {"system": system, "unit": unit, "outcome": outcome, "ground": ground, "count": count}


def _write(
    tools: Tools,
    left: Departure,
    code: str,
    contact: Identifier | None,
    told: Mapping[str, JsonValue],
    *,
    about: str = "",
) -> None:
    """An e-mail about an ended contract, once under its own mark; to the company's officer where there is no contact."""
    to = contact or identifier(IdentifierKind.EMAIL, tools.policy.company.officer.email)
    subject, text = tools.exports.mail(code, _file(tools, left, told))
    tools.mailer.send(
        Message(to=to, subject=subject, text=text, dedup=f"{left.id}:{code}:{about}".rstrip(":"))
    )


def _file(
    tools: Tools,
    left: Departure,
    facts: Mapping[str, JsonValue],
    *,
    plan: PlanSummary | None = None,
    groups: tuple[Mapping[str, JsonValue], ...] = (),
) -> CaseFile:
    """An ended contract as documents are made of cases: it stands for the request, on the day on which it ended."""
    ended_at = end_of_day(left.ended_on)
    terms = tools.policy.terms(Right.ERASURE, ended_at)
    view = CaseView(
        case=Case(id=left.id, reference=left.reference, right=Right.ERASURE, terms=terms),
        request=left.id,
        channel=_CHANNEL,
        language="th",
        tenant=left.tenant,
        state=State.CLOSED,
        ending=None,
        opened=left.seen,
        closed=None,
        started=True,
    )
    told = {"contract_ended_on": left.ended_on.isoformat(), "language": "th", **facts}
    return CaseFile(view=view, subject=Subject(identifiers=()), plan=plan, groups=groups, facts=told)


def _digest(receipts: tuple[Receipt, ...]) -> str:
    """What was done, as one hash, as a case's certificate has it."""
    return hashlib.sha256("\n".join(one.model_dump_json() for one in receipts).encode()).hexdigest()
