"""What becomes of a tenant's data when its contract has ended (s.40 ¶1(1) and ¶3; pdpa-rules 3.2 no. 6).

The company holds them as processor, and the data processing agreement says what then: for so many days the tenant may
have them back, then they are erased, not before the tenant was told so many days ahead, and all of them by a last day.
A tenant that comes back has its data as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from domain.connector import Page
from domain.holds import Hold
from domain.identifiers import Identifier
from domain.item import Found, Role
from domain.outcomes import Outcome
from domain.plan import line_of
from domain.retention import Retention, Since
from domain.sweep import BY_HAND, Over, Swept
from domain.value import Personal, Value

NOTICE, CERTIFIED = "CONTRACT-NOTICE", "CONTRACT-CERTIFIED"
"""E-mails to a tenant whose contract ended: what will be erased when; that it was, and where the certificate is checked."""
UNREACHED = "CONTRACT-UNREACHED"
"""E-mail to the company's own officer: nobody knows where to write to that tenant, and until it is told nothing goes."""

AGREED = "S40-3"
"""The ground on which a tenant's records go: its data processing agreement, once the contract has ended."""

BACK = "contract-runs"
"""Why a record stayed that was to go: its tenant's contract runs again."""


class EndedContract(Personal):
    """A tenant whose contract has ended, as a system knows it.

    `called` is its name as letters write it; `contact` its address, where the system has one.
    """

    tenant: str
    ended_on: date
    called: str = ""
    contact: Identifier | None = None


@runtime_checkable
class TenantKeeper(Protocol):
    """A connector whose system knows which tenants' contracts have ended, and can list what it holds for one of them."""

    @property
    def keeps_for_tenants(self) -> bool:
        """Whether its map says so."""
        ...

    def ended(self, as_of: date) -> Iterator[EndedContract]:
        """Tenants whose contract ended before that day, each once, in the order of their names. Reads only."""
        ...

    def held_for(self, tenant: str, as_of: date, cursor: str = "") -> Page:
        """The next page of the records that it holds as processor for that tenant, parents before children, each once.

        `Found.dates` has the day on which the contract ended. Empty while it has not ended: a tenant that came back
        is told by the system itself.
        """
        ...


def kept_until(units: Iterable[Retention], ended_on: date) -> date | None:
    """Until when a tenant may have its data back: the latest of the policy's limits; None where it states none."""
    ends = [found[0] for kept in units if (found := kept.ends({Since.CONTRACT_ENDED_ON: ended_on}))]
    return max(ends, default=None)


def erase_from(returned_until: date, told_on: date, notice_days: int) -> date:
    """The first day on which a tenant's data may be erased.

    Not while it may have them back, and not before so many full days have passed since it was told, whatever the
    agreement says of the last day: a notice that comes late costs days, never the tenant its data.
    """
    return max(returned_until, told_on + timedelta(days=notice_days)) + timedelta(days=1)


def agreed_item(
    found: Found,
    kept: Retention,
    holds: Sequence[Hold],
    today: date,
    *,
    kept_on: str = "",
    doubt: str = "",
) -> Swept | None:
    """What becomes today of one record held for a tenant whose contract ended; None where it is not yet its time.

    `holds` are those that bind the company as provider; `kept_on` is the ground of an order or a restriction.
    """
    if found.role is not Role.PROCESSOR:
        return None
    dates = {event: day for event, day in found.dates.items() if day is not None}
    only = kept.model_copy(
        update={"limits": tuple(one for one in kept.limits if one.since is Since.CONTRACT_ENDED_ON)}
    )
    over = only.ends(dates)
    if over is None or over[0] >= today:
        return None
    last_day, limit = over
    binding = tuple(hold for hold in holds if hold.binds(today))
    outcome, ground = _fate(found, binding, kept_on, doubt)
    until = binding[0].release_on if outcome is Outcome.HOLD and binding and not kept_on else None
    row = line_of(found, outcome, ground).model_copy(update={"holds": binding, "until": until})
    told = Over(since=limit.since, event=dates[limit.since], period=str(limit.period), last_day=last_day)
    return Swept(row=row, over=told, dates=dates)


def _fate(found: Found, binding: Sequence[Hold], kept_on: str, doubt: str) -> tuple[Outcome, str]:
    if kept_on or binding:
        return Outcome.HOLD, kept_on or binding[0].ground
    if doubt or found.obstacle or found.unsure:
        return Outcome.REVIEW, doubt or found.obstacle
    if found.on_erase in {Outcome.REVIEW, Outcome.DETACH}:
        return Outcome.REVIEW, BY_HAND  # a link belongs to two records, and no date tells which of them stays
    return found.on_erase, AGREED


class Told(StrEnum):
    """How a tenant was told that its data will be erased."""

    MAIL = "mail"  # the engine wrote to its contact
    OTHERWISE = "otherwise"  # an officer did, and entered how


class Departure(Value):
    """One ended contract as the register keeps it; `told_on` is when the tenant was told, `back` when it came back.

    `contact` tells only that an address is known. `reference` is its number for people.
    """

    id: str
    reference: str
    tenant: str
    ended_on: date
    seen: datetime
    contact: bool = False
    told: Told | None = None
    told_on: date | None = None
    back: datetime | None = None


class Certificate(Value):
    """One certificate for a tenant: what one sweep of its data erased. No personal data: counts, and a company's name."""

    departure: str
    sweep: str
    proof: str
    sha256: str
    issued: datetime
    sent: datetime | None = None


class Departures(Protocol):
    """The register of ended contracts."""

    def see(self, found: Iterable[EndedContract]) -> tuple[Departure, ...]:
        """Note those that are new, and that those are back which are found no more; returns all that have left.

        A contact that a system knows is kept, sealed; one that an officer entered stands before it.
        """
        ...

    def standing(self) -> tuple[Departure, ...]:
        """Those that have left and are not back, by tenant."""
        ...

    def view(self, departure: str) -> Departure:
        """One by its id. Raises `NotFound`."""
        ...

    def contact(self, departure: str) -> Identifier | None:
        """The tenant's address."""
        ...

    def reach(self, tenant: str, contact: Identifier, *, actor: str, reason: str) -> Departure:
        """An officer names the tenant's address under its agreement. Raises `NotFound`: no ended contract of that name."""
        ...

    def tell(self, departure: str, told: Told, on: date, *, actor: str, reason: str = "") -> Departure:
        """Note that the tenant was told; the first time stands. Raises `NotFound`."""
        ...

    def certify(self, departure: str, sweep: str, proof: str, pdf: bytes) -> Certificate:
        """Keep a certificate and tell it; of a sweep the first stands."""
        ...

    def certificates(self, departure: str = "") -> tuple[Certificate, ...]:
        """Those that were issued, of one contract or of all, the oldest first."""
        ...

    def pdf(self, sweep: str) -> bytes:
        """The file of a certificate. Raises `NotFound`."""
        ...

    def sent(self, sweep: str) -> None:
        """The tenant was told of its certificate."""
        ...

    def handed(self, sweep: str, *, actor: str) -> None:
        """An officer took the file to hand it over; told each time. Raises `NotFound`."""
        ...
