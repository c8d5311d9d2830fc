"""From the entries of the policy files to the rules of the domain, each checked against the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from domain.deadlines import DeadlineRule
from domain.grounds import Ground
from domain.holds import AccountingPeriod, FiscalYear, HoldRule
from domain.item import Label, Role
from domain.retention import Limit, Retention, Since
from domain.rights import Right
from policy.files import (
    DeadlineEntry,
    DeadlinesFile,
    GroundsFile,
    HoldEntry,
    HoldsFile,
    RecipientsFile,
    RecordFile,
    RetentionEntry,
    UnitsFile,
    Words,
)
from policy.law import period_of
from policy.model import HoldBasis, Policy, Recipient, Record, Unit
from policy.yaml_lines import Document

SPOKEN_GROUNDS = frozenset(
    {
        *("S19-5", "S30-1", "S31-1", "S32-1", "S32-2", "S32-3", "S33-1", "S33-2", "S33-3"),
        *("S34-1", "S34-2", "S34-3", "S34-4", "S36-1", "S40-1", "S40-3"),
        *(
            "R31-SCOPE",
            "R32-COMPEL",
            "R36-RECORD",
            "NG-33-1",
            "EX-LAW",
            "EX-CLAIM",
            "P-NOTCTRL",
            "P-UNVERIFIED",
            "P-NODATA",
            "P-DECEASED",
        ),
    }
)
"""Codes that the engine itself writes into plans and letters, and so must find in the register."""


def label(words: Words) -> Label:
    """Words as the domain's value."""
    return Label(th=words.th, en=words.en)


def read_deadlines(document: Document) -> dict[Right, DeadlineRule]:
    """The deadline of every right; none may be missing."""
    entries = document.read(DeadlinesFile).deadlines
    for right in Right:
        if right not in entries:
            raise document.error("right-without-deadline", "every right needs one", "deadlines", right)
    return {right: _deadline(document, right, entry) for right, entry in entries.items()}


def _deadline(document: Document, right: Right, entry: DeadlineEntry) -> DeadlineRule:
    place = ("deadlines", right.value)
    decision = entry.decision_days or entry.days
    if decision > entry.days:
        raise document.error("decision-after-deadline", f"at most {entry.days}", *place, "decision_days")
    if entry.verify_days_before >= decision:
        raise document.error(
            "verification-before-receipt", f"less than {decision}", *place, "verify_days_before"
        )
    for no, days in enumerate(entry.reminder_days_before):
        if days >= entry.days:
            mend = f"less than {entry.days}"
            raise document.error("reminder-before-receipt", mend, *place, "reminder_days_before", no)
    return DeadlineRule(
        right=right,
        days=entry.days,
        authority=entry.source.authority,
        reference=entry.source.reference,
        evidence=entry.source.evidence,
        decision_days=entry.decision_days,
        verify_days_before=entry.verify_days_before,
        verify_days_least=entry.verify_days_least,
        cooling_hours=entry.cooling_hours,
        sending_hours=entry.sending_hours,
        reminder_days_before=entry.reminder_days_before,
        extension_days=entry.extension.days if entry.extension else 0,
        extension_reference=entry.extension.reference if entry.extension else "",
    )


def read_holds(
    document: Document, grounds: dict[str, Ground]
) -> tuple[dict[str, HoldBasis], dict[str, HoldRule], FiscalYear]:
    """The registered bases, the hold rules and the accounting periods."""
    file = document.read(HoldsFile)
    for part, entries in (("bases", file.bases), ("holds", file.holds)):
        for code, entry in entries.items():
            if entry.ground not in grounds or Right.ERASURE not in grounds[entry.ground].refuses:
                mend = "use one of grounds.yaml that refuses erasure"
                raise document.error("ground-does-not-keep", mend, part, code, "ground")
    bases = {
        code: HoldBasis(
            id=code,
            kind=entry.kind,
            ground=entry.ground,
            registered_on=entry.registered_on,
            wording=label(entry.wording),
            proposed=entry.proposed,
        )
        for code, entry in file.bases.items()
    }
    rules = {code: _hold(document, code, entry, bases) for code, entry in file.holds.items()}
    return bases, rules, _books(document, file)


def _hold(document: Document, code: str, entry: HoldEntry, bases: dict[str, HoldBasis]) -> HoldRule:
    place = ("holds", code)
    if (entry.years is None) == (entry.days is None):
        raise document.error("period-unclear", "give years or days, one of them", *place)
    years = entry.years or 0
    if entry.floor_years > years:
        raise document.error("floor-above-period", f"at most {years}", *place, "floor_years")
    if entry.basis and entry.basis not in bases:
        raise document.error("basis-unknown", "register it under bases", *place, "basis")
    return HoldRule(
        id=code,
        reference=entry.source.reference,
        law=label(entry.law),
        evidence=entry.source.evidence,
        counts_from=entry.counts_from,
        years=years,
        days=entry.days or 0,
        floor_years=entry.floor_years,
        basis=entry.basis,
        ground=entry.ground,
        rolled=entry.rolled,
    )


def _books(document: Document, file: HoldsFile) -> FiscalYear:
    periods = file.accounting.periods
    for no, period in enumerate(periods):
        if not period.is_whole():
            mend = "it ends on or after its start, within twelve months"
            raise document.error("period-impossible", mend, "accounting", "periods", no)
    ordered = sorted(range(len(periods)), key=lambda no: periods[no].start)
    for earlier, later in pairwise(ordered):
        if periods[later].start <= periods[earlier].end:
            mend = f"it begins before the period ends that began on {periods[earlier].start}"
            raise document.error("periods-overlap", mend, "accounting", "periods", later)
    return FiscalYear(
        ends=file.accounting.fiscal_year_ends,
        periods=tuple(AccountingPeriod(start=periods[no].start, end=periods[no].end) for no in ordered),
    )


def read_recipients(document: Document) -> dict[str, Recipient]:
    """To whom data goes, by code."""
    return {
        code: Recipient(
            name=entry.name,
            purpose=label(entry.purpose),
            countries=entry.countries,
            instructed=entry.instructed,
        )
        for code, entry in document.read(RecipientsFile).recipients.items()
    }


def read_units(
    document: Document, holds: dict[str, HoldRule], recipients: dict[str, Recipient]
) -> dict[str, Unit]:
    """The data units, each with a basis, a retention and only holds and recipients that exist."""
    found = {}
    for code, entry in document.read(UnitsFile).units.items():
        if entry.role is Role.CONTROLLER and not entry.bases:
            raise document.error("unit-without-basis", "state its lawful basis", "units", code, "bases")
        place = ("units", code, "retention", "limits")
        if entry.role is Role.CONTROLLER and not entry.retention.limits:
            raise document.error("unit-without-period", "state how long it is kept", *place)
        for no, limit in enumerate(entry.retention.limits):
            if (limit.since is Since.CONTRACT_ENDED_ON) != (entry.role is Role.PROCESSOR):
                mend = "what is held for tenants, and only that, counts from the end of their contract"
                raise document.error("limit-of-tenants", mend, *place, no, "since")
        _all_known(document, entry.holds, holds, "units", code, "holds")
        _all_known(document, entry.recipients, recipients, "units", code, "recipients")
        found[code] = Unit(
            code=code,
            name=label(entry.name),
            data=label(entry.data),
            purpose=label(entry.purpose),
            retention=label(entry.retention),
            kept=_retention(document, entry.retention, code),
            role=entry.role,
            bases=entry.bases,
            recipients=entry.recipients,
            holds=entry.holds,
            uses=entry.uses,
            compelling=label(entry.compelling) if entry.compelling else None,
            proposed="retention" in entry.proposed,
            proposed_fields=entry.proposed,
        )
    return found


def _retention(document: Document, entry: RetentionEntry, unit: str) -> Retention:
    limits = []
    for no, limit in enumerate(entry.limits):
        place = ("units", unit, "retention", "limits", no)
        disputed = period_of(document, limit.disputed, *place, "disputed") if limit.disputed else None
        limits.append(Limit(since=limit.since, period=period_of(document, limit, *place), disputed=disputed))
    return Retention(limits=tuple(limits), reference=entry.source.reference, evidence=entry.source.evidence)


def read_record(document: Document) -> Record:
    """What the record of processing says once for all data."""
    entry = document.read(RecordFile).record
    return Record(
        rights=label(entry.rights),
        access=label(entry.access),
        disclosure=label(entry.disclosure),
        refusals=label(entry.refusals),
        security=label(entry.security),
        must_give={basis: label(said) for basis, said in entry.must_give.items()},
    )


def signed(policy: Policy) -> Policy:
    """The policy, in which what the DPO signed is no longer proposed."""
    unsigned = set(policy.unsigned)
    return policy.model_copy(
        update={
            "bases": {
                code: basis.model_copy(update={"proposed": f"bases.{code}" in unsigned})
                for code, basis in policy.bases.items()
            },
            "units": {
                code: unit.model_copy(update={"proposed": f"units.{code}.retention" in unsigned})
                for code, unit in policy.units.items()
            },
        }
    )


def _all_known(document: Document, named: Sequence[str], known: Collection[str], *place: str) -> None:
    for no, name in enumerate(named):
        if name not in known:
            mend = f"use one of {', '.join(known)}"
            raise document.error(f"{place[-1].removesuffix('s')}-unknown", mend, *place, no)


def read_grounds(document: Document) -> dict[str, Ground]:
    """The register of grounds, with every code that the engine itself speaks."""
    entries = document.read(GroundsFile).grounds
    for code in sorted(SPOKEN_GROUNDS - entries.keys()):
        raise document.error("ground-missing", "the engine writes this code", "grounds", code)
    return {
        code: Ground(
            code=code,
            section=entry.section,
            wording=label(entry.wording),
            evidence=entry.evidence,
            refuses=entry.refuses,
            recorded=entry.recorded,
            needs_both_limbs=entry.needs_both_limbs,
        )
        for code, entry in entries.items()
    }
