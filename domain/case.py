"""What crosses the border into workflows: references, counts and what people said. Never a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from domain.assurance import Assurance
from domain.deadlines import Terms
from domain.keys import idempotency_key
from domain.outcomes import Ending, Outcome
from domain.rights import Right, Verb
from domain.states import State
from domain.value import Value


class Case(Value):
    """One right of one request: the input of its workflow. `id` is opaque, `reference` is for people.

    `after` are ids of cases of the same request that must be over before anything is touched (access before
    erasure). `consent_only`: the erasure of what rested on consent alone, after it was withdrawn.
    """

    id: str
    reference: str
    right: Right
    terms: Terms
    after: tuple[str, ...] = ()
    consent_only: bool = False


class Task(Value):
    """What an activity is asked to do, and the key under which doing it twice is doing it once."""

    case: str
    step: State
    system: str = ""
    verb: Verb | None = None
    batch: str = ""
    version: int = 0
    detail: str = ""
    grounds: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The idempotency key (`domain.keys`)."""
        return idempotency_key(self.case, self.step, self.system, self.verb or "", self.batch)


class Resolution(Value):
    """How many persons the identifiers may mean, whether one stands chosen, and whether that is answered at all.

    It is `answered` too where an officer said that it is none of them.
    """

    candidates: int
    chosen: bool
    answered: bool = False
    systems: tuple[str, ...] = ()  # what is connected today, to be searched
    people: tuple[str, ...] = ()  # those of them where people are asked


class Standing(Value):
    """How far identity is shown: the level reached and the one needed, and whether any, and all, addresses were proved."""

    level: Assurance
    needed: Assurance = Assurance.IDENTITY
    address_proved: bool = False
    all_proved: bool = False


class Located(Value):
    """What one system holds of the person: a count, and the sealed manifest that lists it."""

    system: str
    count: int
    manifest: str
    digest: str
    identifiers: int = 0  # new identifiers found on the way, to search the other systems for


class Receipt(Value):
    """What one effect did, by achieved outcome; stored UNIQUE under its key."""

    key: str
    system: str
    verb: Verb
    achieved: Mapping[Outcome, int] = {}


class Proof(StrEnum):
    """What locating again showed of a system."""

    CLEAN = "clean"
    PENDING = "pending"
    LEFTOVER = "leftover"


class Proved(Value):
    """The proof of one system: what is left must equal what the plan keeps."""

    system: str
    proof: Proof
    left: int = 0
    leftover: int = 0  # of `left`, what the plan does not keep


class Bundle(Value):
    """A sealed package for the person."""

    ref: str
    sha256: str
    size: int


class Untaken(StrEnum):
    """Why another controller did not take a package that was offered by machine (s.31 ¶1(1))."""

    REFUSED = "refused"  # they answered, and would not have it
    UNREACHED = "unreached"  # they did not answer, or could not take it, for as long as it was tried


class Decision(Value):
    """What the officers decided on one version of the plan, named by its digest.

    Complete as it stands: where a second person is needed, `confirmer` is already there. `id` is the
    register's, and the update's, so that telling the workflow twice is telling it once.
    """

    id: str
    digest: str
    approved: bool
    proposer: str
    confirmer: str = ""
    ground: str = ""


class Edited(Value):
    """An officer's edit of the plan of that digest, which the register keeps under this id: it is to be drawn up anew."""

    id: str
    digest: str


class Choose(Value):
    """An officer says which candidate is meant (kept sealed in the register), or that none is."""

    by: str
    found: bool = True


class Repair(Value):
    """How a person answers a system that could not do its part: try again, or go on without it on a ground."""

    system: str
    retry: bool
    by: str
    ground: str = ""


class Retime(Value):
    """New terms, made by an extension or a change of calendar; never an earlier promise."""

    terms: Terms


class CallOff(Value):
    """The person's word on a cooling erasure: call it off, or go on at once."""

    proceed: bool


class Moved(StrEnum):
    """How a request changes on its way."""

    SCOPE = "scope"  # narrowed, widened, or other values to correct
    REPLY_TO = "reply-to"  # answers go to another address, once it is proved
    AGENT = "agent"  # somebody else acts for the person, with authority shown
    OF_AGE = "of-age"  # a minor came of age: the rights are their own to exercise
    RIGHT = "right"  # another right instead: this case ends and the other begins
    DEATH = "death"  # s.6: the Act protects the living


class Amend(Value):
    """An amendment that the register keeps sealed under this id."""

    id: str
    moved: Moved
    right: Right | None = None


class Merge(Value):
    """An officer's word that this case is the same request as an earlier one, and goes on there."""

    into: str


class Begin(Value):
    """Whether fulfilment may begin, as the register has it.

    Not while an amendment is `waiting` to be taken up, nor while the case is `merging` into another: its workflow
    has then not heard a word that the register keeps. Neither means that it has begun, for good.
    """

    waiting: tuple[Amend, ...] = ()
    merging: bool = False

    @property
    def begun(self) -> bool:
        """Whether nothing stands in its way."""
        return not self.waiting and not self.merging


class Asked(Value):
    """What a case asks, as far as its workflow must know.

    `marketing`: direct marketing stops at once, in the systems that keep a list of whom not to write to;
    `marketing_only`: nothing else is asked, and nobody may refuse it (s.32 ¶1(2)); `pass_on`: it is a tenant whose
    marketing is to stop, who hears of it at once (s.40).
    """

    marketing: bool = False
    marketing_only: bool = False
    pass_on: bool = False
    systems: tuple[str, ...] = ()


class Because(StrEnum):
    """Why an answer takes longer than was thought (L3)."""

    VOLUME = "volume"  # there is more of it than usual
    SYSTEM = "system"  # a system cannot do its part yet
    OTHERS = "others"  # others must answer first
    REVIEW = "review"  # it is being looked at again


class Progress(Value):
    """An officer's word that the person is to hear how it stands, and when the answer is expected."""

    because: Because
    expected_on: date


class Due(Value):
    """An obligation that is due, and the system whose records it is about, if any; `failed` is why it could not be met."""

    id: str
    system: str = ""
    failed: str = ""


class Freed(StrEnum):
    """What became of an obligation that was due."""

    MET = "met"
    HELD = "held"  # something still binds: it is looked at again on a later day
    FROZEN = "frozen"  # an order or a complaint binds the person: every pass asks again


class Answer(Value):
    """The end of a case as its workflow reports it: how it ended, what was achieved, which package was made."""

    reference: str
    ending: Ending
    achieved: Mapping[Outcome, int] = {}
    bundle_sha256: str = ""


class Parked(Value):
    """A system that waits for a person: the error's code, since when."""

    system: str
    code: str
    since: datetime
    step: State
    hand: str = ""  # the member of staff it was given to
    ground: str = ""  # the one that an officer would leave it out on
    proposer: str = ""  # who said so; a second member of staff says the same
