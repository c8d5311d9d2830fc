"""A case as its page shows it: references, codes, counts and dates, the most important first. Nothing of the person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from cases.access import Confidence
from cases.errands import Listed
from cases.histories import Challenged, Decided, Happened, Verified
from cases.standing import Block, For
from cases.traces import Links
from domain.aftermath import Obligation, Task
from domain.assurance import Assurance
from domain.case import Bundle, Decision, Parked, Proved, Receipt
from domain.documents import Letter
from domain.holds import OrderKind
from domain.identity_documents import IdentityDocument
from domain.incidents import IncidentView
from domain.links import Link
from domain.outcomes import Outcome
from domain.plan import PlanRow
from domain.plan_edits import Edit
from domain.ports import CaseView
from domain.scans import Scan
from domain.seconding import Word
from domain.stops import Stop
from domain.value import Value
from domain.wishes import Wanted
from policy.answers import Due, Held
from policy.preflight import Fate, Line


class ClockView(Value):
    """Until when: `left` counts calendar days to the strict date, below zero once it is over."""

    today: date
    left: int
    late: bool
    near: bool
    due: Due | None
    """How the dates were reckoned; None where the policy in force no longer reckons them as promised."""
    cooling_ends: datetime | None = None


class UnitView(Value):
    """Data of one unit that fare alike: how many, until between which days, on which grounds, and why, each hold once."""

    unit: str
    items: int
    outcomes: Mapping[Outcome, int]
    first: date | None
    last: date | None
    undated: int
    lines: tuple[Line, ...]
    grounds: tuple[Line, ...]
    why: tuple[Held, ...]


class FateView(Value):
    """What becomes alike of records: a heading of the plan, with the data units under it."""

    fate: Fate
    items: int
    units: tuple[UnitView, ...]


class PlanView(Value):
    """The newest plan before it is decided. `calls` are those of each system, `told` the recipients to instruct (L11)."""

    version: int
    digest: str
    fates: tuple[FateView, ...]
    changes: Mapping[str, int]
    calls: Mapping[str, int]
    told: tuple[str, ...]


class IdentityView(Value):
    """How far identity is shown, by what, and what is still missing."""

    level: Assurance
    needed: Assurance
    address_proved: bool
    challenges: tuple[Challenged, ...]
    verifications: tuple[Verified, ...]
    capacity: str
    lacks: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Whether nothing more need be shown."""
        return self.level >= self.needed


class LetterView(Value):
    """A letter, and what became of its links. `title` is the code of what it is."""

    letter: Letter
    title: str
    links: Links


class OrderView(Value):
    """An order that binds the case now, wherever it was placed."""

    id: str
    kind: OrderKind
    units: tuple[str, ...]
    placed_by: str
    placed: datetime
    own: bool


class CasePage(Value):
    """All of it. `names` are those of members of staff by id; `forgotten`: the case's key is gone, and what it sealed."""

    view: CaseView
    clock: ClockView
    waits: For
    second_look: bool
    forgotten: bool
    wanted: Wanted | None
    agent: bool
    plan: PlanView | None
    edits: tuple[Edit, ...]
    """What officers changed in its plans, the oldest first; with those that were taken back."""
    blocks: tuple[Block, ...]
    files: tuple[PlanRow, ...]
    """The lines of the newest plan whose files would be handed over."""
    files_reviewed: bool
    proposed: Decision | None
    decisions: tuple[Decided, ...]
    identity: IdentityView | None
    scans: tuple[Scan, ...]
    """Scans of a request that came on paper."""
    documents: tuple[IdentityDocument, ...]
    """Copies of identity documents that the person sent."""
    candidates: int
    candidates_mark: str
    """A keyed hash of who may be meant: it tells these from others, and nothing of anybody."""
    death: Word | None
    stop: Stop | None
    receipts: tuple[Receipt, ...]
    proofs: tuple[Proved, ...]
    letters: tuple[LetterView, ...]
    bundle: Bundle | None
    certified: bool
    obligations: tuple[Obligation, ...]
    orders: tuple[OrderView, ...]
    incidents: tuple[IncidentView, ...]
    notes: int
    """How many notes colleagues wrote."""
    tasks: tuple[Task, ...]
    asked: tuple[Listed, ...]
    confidence: Confidence | None
    links: tuple[Link, ...]
    like: tuple[str, ...]
    extendable: bool
    """A law of the policy lets the company extend."""
    moves: bool
    """Under today's calendar a date would move."""
    events: tuple[Happened, ...]
    names: Mapping[str, str]

    @property
    def parked(self) -> tuple[Parked, ...]:
        """The systems that wait for a person."""
        return self.view.parked

    @property
    def reference(self) -> str:
        """What people call the case."""
        return self.view.case.reference
