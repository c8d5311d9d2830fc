"""What the activities need from the rooms beside them, as small protocols; `bootstrap.py` brings the adapters.

Each method of the register is one transaction that also writes its audit events. Methods block; they run in
executors. `actor` is an opaque id: a member of staff ("S-..."), "person" or "engine".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from pydantic import JsonValue

from domain.acting import Acting, Capacity
from domain.assurance import Method
from domain.case import (
    Amend,
    Begin,
    Case,
    Decision,
    Located,
    Merge,
    Moved,
    Parked,
    Proved,
    Standing,
)
from domain.deadlines import Terms
from domain.events import Event
from domain.identifiers import Identifier
from domain.item import Candidate, Item, Subject
from domain.links import Amendment, Link, Relation
from domain.outcomes import Ending, Outcome
from domain.plan import PlanRow, PlanSummary
from domain.rights import Right
from domain.seconding import Seconding
from domain.states import State
from domain.stops import Stops
from domain.value import Personal, Value

PERSON, ENGINE = "person", "engine"


class Intake(Personal):
    """A request as it came in. `dedup` makes a double submit one request; `changes` are fields of `domain.wishes`.

    `controllers` are those whom it names, a case each: "" is the company itself, anything else the tenant in whose CRM the
    person says to be. `agent` and `authority` name who acts for the person, and what shows that they may; `capacity` is
    the one in which they ask, an agent's where one is named and nothing is said; `born_on` tells a minor's age. `replies`
    are addresses of who acts: they are told there what to show, nobody is searched for by them, and an answer with data
    goes there only once an amendment names them. `proved` is what the channel itself has shown already: a session of
    the product, signed in with a second factor not longer than 15 minutes ago; only a channel of the company's own may say
    so. `instruction` is the tenant's word that it carries out (`domain.instructions`); such a request names one right and
    one tenant. `said` is all that was said under `dedup`, where something else under it is to be refused; `program` is the
    token by which it came.
    """

    rights: tuple[Right, ...]
    channel: str
    received: datetime
    language: str
    identifiers: tuple[Identifier, ...]
    name: str = ""
    message: str = ""
    controllers: tuple[str, ...] = ("",)
    changes: Mapping[str, JsonValue] = {}
    agent: str = ""
    authority: str = ""
    replies: tuple[Identifier, ...] = ()
    capacity: Capacity | None = None
    born_on: date | None = None
    proved: tuple[Method, ...] = ()
    instruction: str = ""
    actor: str = PERSON
    dedup: str = ""
    said: str = ""
    program: str = ""


class CaseView(Value):
    """A case as lists and status pages show it; no personal data."""

    case: Case
    request: str
    channel: str
    language: str
    tenant: str
    state: State
    ending: Ending | None
    opened: datetime
    closed: datetime | None
    started: bool
    parked: tuple[Parked, ...] = ()


class PlannedItem(Personal):
    """A row of the plan together with the item it speaks of."""

    row: PlanRow
    item: Item


class Challenge(Personal):
    """A link and a code for one address; shown once, stored only as hashes."""

    id: str
    address: Identifier
    token: str
    code: str
    expires: datetime


class Proposal(Personal):
    """What an officer wants decided on the plan of that digest, and why (kept sealed)."""

    digest: str
    approved: bool
    actor: str
    reason: str
    ground: str = ""


class Clock(Protocol):
    """Now, in UTC. Tests bring their own."""

    def now(self) -> datetime:
        """The current instant, with its zone."""
        ...


class Register(Stops, Seconding, Protocol):
    """Requests and cases: opened, moved along the one transition table, closed."""

    def open_request(self, intake: Intake, terms: Mapping[Right, Terms]) -> tuple[Case, ...]:
        """Request, vault row under a fresh key, cases, terms and events, in one transaction.

        A case each right and controller, in the order in which they are carried out (`rights.goes_before`). The same `dedup` again returns the cases of the first.
        """
        ...

    def open_linked(
        self,
        case: str,
        relation: Relation,
        right: Right,
        terms: Terms,
        *,
        actor: str = ENGINE,
        reason: str = "",
        changes: Mapping[str, JsonValue] | None = None,
    ) -> Case:
        """A further case of the same request, linked to this one; once per case, relation and right.

        It has a key and a vault row of its own, with what this one was given (or these `changes`). One that
        `FOLLOWS` is `consent_only`.
        """
        ...

    def links(self, case: str) -> tuple[Link, ...]:
        """How a case belongs to others, both ways."""
        ...

    def like(self, case: str) -> tuple[CaseView, ...]:
        """Open cases of other requests that share an identifier and the right with this one, the oldest first."""
        ...

    def beside(self, case: str) -> tuple[CaseView, ...]:
        """Open cases of other requests, of whatever right, that know what is surely this person's."""
        ...

    def merge(self, case: str, into: str, *, actor: str, reason: str) -> Amend | None:
        """Note that a case goes on in an earlier one, with what it asks and the identifiers it surely came with.

        Returns the amendment by which the earlier one takes that up, while it waits; None where nothing is added.
        The same again changes nothing.

        Raises `Conflict`: they are not of one person or ask what cannot be asked at once, one is closed or its
        fulfilment has begun, a change of one waits to be heard, the right or the controller differs, or it was
        merged elsewhere; `BadInput`: the other was received later, and the earliest clock stands.
        """
        ...

    def unmerge(self, case: str, into: str) -> Amend | None:
        """The merge did not come about: the link ends, and the earlier case asks again what it asked before.

        Returns the amendment that says so to the earlier one, where it had taken up what was added. Again: nothing.
        """
        ...

    def merging(self, before: datetime) -> tuple[tuple[str, Merge], ...]:
        """Cases that were merged before that instant and have not ended so, where the earlier one has heard."""
        ...

    def begin(self, case: str) -> Begin:
        """Let fulfilment begin, unless a change that the workflow has not heard stands against it."""
        ...

    def amend(self, case: str, amendment: Amendment, *, actor: str, reason: str) -> str:
        """Keep an amendment, sealed, until the workflow takes it up; returns its id.

        Empty while a second officer is due, who says the same of a death, having seen the same.

        Raises `SamePerson` for the same word of the same officer, `TooLate` when fulfilment has begun.
        """
        ...

    def apply_amendments(self, case: str) -> tuple[Moved, ...]:
        """Put what waits into the request, void proposals and decisions on older plans, and tell it. Again: nothing."""
        ...

    def drop_amendment(self, amendment: str) -> None:
        """The workflow would not have it: nothing is changed, and a merge that it came of is undone."""
        ...

    def waiting(self, case: str) -> tuple[Amend, ...]:
        """Amendments that no workflow took up, in their order."""
        ...

    def unheard(self, before: datetime) -> tuple[tuple[str, Amend], ...]:
        """Amendments that no workflow took up, by case: for the reconcile sweep."""
        ...

    def view(self, reference: str, actor: str = ENGINE) -> CaseView:
        """A case by its reference or id, for who acts. Raises `NotFound`; `NotAllowed`: it is closed to them."""
        ...

    def of_request(self, case: str) -> tuple[CaseView, ...]:
        """All cases of the request of a case, itself among them, in the order in which they were opened."""
        ...

    def views(self, *, open_only: bool = False, limit: int = 1000) -> tuple[CaseView, ...]:
        """Cases, the newest first."""
        ...

    def unstarted(self, before: datetime) -> tuple[Case, ...]:
        """Cases opened before that instant whose workflow nobody knows to run: for the reconcile sweep."""
        ...

    def started(self, case: str, *, recovered: bool = False) -> None:
        """Note that the workflow runs."""
        ...

    def enter(self, case: str, state: State) -> None:
        """Move a case; entering the state it is in changes and tells nothing. Raises `Conflict`."""
        ...

    def close(self, case: str, ending: Ending) -> None:
        """Close a case with its ending; closing it so again changes nothing."""
        ...

    def park(self, case: str, step: State, system: str, code: str) -> None:
        """A system waits for a person."""
        ...

    def left_out(self, case: str) -> frozenset[str]:
        """The systems without which a case goes on, on a ground: those whose last wait was ended so."""
        ...

    def repaired(
        self,
        case: str,
        system: str,
        *,
        actor: str,
        ground: str = "",
        reason: str = "",
        seen: datetime | None = None,
    ) -> None:
        """A parked system was answered: retried, or left out on a ground.

        `seen` is since when it waited as the officer saw it; a wait that began after that stays open.
        """
        ...

    def unparked(self, case: str, system: str) -> None:
        """What waited there is given up, as the request was amended or its case ended: nobody need answer it."""
        ...

    def retime(self, case: str, terms: Terms, *, actor: str, reason: str) -> None:
        """Terms v+1; raises `Conflict` if they would shorten a promise."""
        ...

    def terms_heard(self, case: str, version: int) -> None:
        """Note that the workflow knows that version of the terms."""
        ...

    def unheard_terms(self, before: datetime) -> tuple[tuple[str, Terms], ...]:
        """The newest terms of open cases, made before that instant and not heard: for the reconcile sweep."""
        ...

    def note(self, case: str, event: Event, actor: str = ENGINE, **facts: str | int) -> None:
        """Tell an event that changes nothing else."""
        ...

    def hand(self, case: str, system: str, to: str, *, actor: str) -> None:
        """Give a parked system to a member of staff. Raises `Conflict` when it does not wait, `NotFound` for nobody."""
        ...

    def open_task(self, case: str, code: str, system: str = "", *, once: bool = False) -> None:
        """Ask the officers to do something by hand; one open task a case, code and system.

        When it was done it is asked anew, unless it is asked `once`: a step taken again asks for nothing that was done.
        """
        ...


class Vault(Protocol):
    """The personal data of a case, sealed under its key."""

    def subject(self, case: str) -> Subject:
        """Whom the case is about, as far as is known by now. Raises `KeyShredded`."""
        ...

    def given(self, case: str) -> tuple[Identifier, ...]:
        """The identifiers that the request came with, without those found on the way: anybody can name anybody's."""
        ...

    def reachable(self, case: str) -> tuple[Identifier, ...]:
        """Those of them that may be challenged and written to: not what somebody gave who acts no more."""
        ...

    def own(self, case: str) -> tuple[Identifier, ...]:
        """The identifiers that the request came with, in its order, which never changes; none named for answers only."""
        ...

    def message(self, case: str) -> str:
        """What the person wrote."""
        ...

    def changes(self, case: str) -> Mapping[str, JsonValue]:
        """What the person asked for beyond the right's name, by field (`domain.wishes.read_wish`)."""
        ...

    def agent(self, case: str) -> tuple[str, str]:
        """Who acts for the person, and what shows that they may; empty where nobody does."""
        ...

    def redact(self, case: str, words: Sequence[str], *, actor: str, reason: str) -> None:
        """Mark words as a third person's: no package of the case shows them; `redacted` tells which."""

    def redacted(self, case: str) -> tuple[str, ...]:
        """The words that were marked."""

    def add_identifiers(self, case: str, found: Sequence[Identifier]) -> int:
        """Remember identifiers found on the way; returns how many were new."""
        ...

    def put_candidates(self, case: str, candidates: Sequence[Candidate]) -> int:
        """Keep who may be meant; returns how many persons that is. One alone stands chosen at once."""
        ...

    def candidates(self, case: str) -> tuple[tuple[Candidate, ...], ...]:
        """The persons that may be meant, each with their rows by system."""
        ...

    def choose(self, case: str, number: int | None, *, actor: str, reason: str, seen: str = "") -> bool:
        """An officer says which person is meant, counted from 1, or that none is; False until a second says so too.

        `seen` marks the candidates that were looked at, where others may have been found since.
        Raises `BadInput`, `Conflict`; `SamePerson` for the same officer's word that it is nobody.
        """
        ...

    def chosen(self, case: str) -> tuple[Candidate, ...]:
        """The rows of the person that is meant; empty while nobody is."""
        ...

    def answered(self, case: str) -> bool:
        """Whether it stands who is meant, or that none of the candidates is."""
        ...


class Identity(Protocol):
    """Challenges and proofs. Addresses given are challenged alike; what counts is one on file."""

    def challenge(self, case: str, address: Identifier) -> Challenge | None:
        """A fresh link and code for an address; None when one went out and is still good.

        One that was made but never noted as `sent` is made anew, so that a crash in between loses nothing.
        """
        ...

    def sent(self, challenge: str) -> None:
        """The message with the challenge of that id left."""
        ...

    def answer(self, token: str, code: str) -> str:
        """The case whose challenge this answers. Raises `NotAllowed` when wrong, used up or expired."""
        ...

    def record(self, case: str, method: Method, *, actor: str, reason: str) -> None:
        """An officer's own verification, with its method."""
        ...

    def acting(self, case: str) -> Acting:
        """In which capacity the request of a case is made, and what was seen of it; the person's own unless recorded."""
        ...

    def authorise(self, case: str, acting: Acting, *, actor: str, reason: str) -> None:
        """Record in which capacity they ask, and what an officer has seen of it. Raises `Conflict`."""

    def second_authority(self, case: str, *, actor: str, reason: str) -> None:
        """Another member of staff looked too. Raises `BadInput`."""

    def decided(self, case: str) -> datetime | None:
        """When an officer last verified who asks, in any case of the request; None while none did."""
        ...

    def standing(self, case: str) -> Standing:
        """The level reached: machine proofs of addresses on file, and officers' records.

        Proofs of other cases of the same request count when they are of the same chosen person, for it is one
        person who asks; but of a case that was reopened or is reviewed only what was shown since.
        """
        ...

    def proved(self, case: str) -> tuple[Identifier, ...]:
        """The addresses whose challenge was answered, on file or not."""
        ...

    def reply_addresses(self, case: str) -> tuple[Identifier, ...]:
        """Where answers with data in them may go: proved, and on file; where an amendment named others, only those."""
        ...


class Plans(Protocol):
    """Versioned plans with sealed locators, and the decisions on them."""

    def write(self, case: str, planned: Iterable[PlannedItem]) -> PlanSummary:
        """A new version; its digest covers the canonical rows ordered by number. Streams."""
        ...

    def summary(self, case: str) -> PlanSummary:
        """The newest version. Raises `NotFound` before there is one."""
        ...

    def rows(self, case: str) -> Iterator[PlanRow]:
        """The newest version's rows in order; no personal data."""
        ...

    def achieved(self, case: str, version: int = 0) -> Mapping[int, Outcome]:
        """What became of a version's items so far, by number; of the newest unless said."""
        ...

    def results(self, case: str) -> Iterator[PlanRow]:
        """What became of every record, over all versions, in order; `planned` then says what was achieved.

        Of earlier versions what was destroyed; of the newest every row: achieved where it was, kept where it was
        to be kept, and blocked where something was to be done that was not.
        """
        ...

    def items(
        self, case: str, system: str, outcomes: frozenset[Outcome], *, backwards: bool = False
    ) -> Iterator[PlannedItem]:
        """The newest version's items of one system with these outcomes, unsealed, streamed in order.

        Backwards gives children before their parents, as an erasure needs them.
        """
        ...

    def propose(self, case: str, proposal: Proposal, *, confirm: bool) -> Decision | None:
        """An officer's proposal; complete at once unless `confirm` asks for a second person.

        Raises `StalePlan`, `Conflict` (not due, or one stands already).
        """
        ...

    def confirm(self, case: str, *, actor: str, reason: str, decision: str = "") -> Decision:
        """A second person's word on what stands proposed, or on that `decision` alone. Raises `SamePerson`, `StalePlan`, `Conflict`."""
        ...

    def decision(self, case: str) -> Decision | None:
        """The complete decision on the newest version, if there is one."""
        ...

    def decisions(self, case: str) -> tuple[Decision, ...]:
        """Every complete decision that was not voided, the oldest first; a refusal in part is on an older version."""
        ...

    def undelivered(self, before: datetime) -> tuple[tuple[str, Decision], ...]:
        """Complete decisions whose case still stands in deciding: for the reconcile sweep."""
        ...


class Findings(Protocol):
    """What was located and proved, by system, as counts and references."""

    def located(self, case: str, located: Located) -> None:
        """Note one system's manifest."""
        ...

    def manifests(self, case: str) -> tuple[Located, ...]:
        """The newest manifest of every system."""
        ...

    def proved(self, case: str, proved: Proved) -> None:
        """Note one system's proof."""
        ...
