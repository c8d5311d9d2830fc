"""What an officer may change in a plan before it is decided: the one table, each rule with its section.

A change only ever moves a record within what the law leaves to the company: it keeps back on a ground, chooses another
way of erasing, or decides what waited for a person. No rule leads away from a legal hold, from what is held for another
controller (s.40) or from what lies outside the request, so nobody can. Rights whose use rests while they are decided
(ss.32 and 34) are granted or refused as a whole, and have no rule here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain.assess import GIVEN_ANEW
from domain.errors import BadInput
from domain.item import Found, Item, Role
from domain.outcomes import DISCLOSING, Outcome
from domain.plan import PlanRow
from domain.rights import Right
from domain.value import Value

UNLAWFUL = "S33-4"
"""The ground of what was collected, used or disclosed unlawfully: it is erased or destroyed, never anonymised."""
_RUNNING = "NG-33-1"
MOST_YEARS = 10
"""The longest limitation of a claim (CCC s.193/30): nothing is kept for claims beyond it."""
MOST_NUMBERS = 200
"""Single records of one change; more of them are a table's line, changed at once."""

EXEMPT = frozenset({"EX-LAW", "EX-CLAIM", "EX-EXPR", "EX-24-1", "EX-24-4", "EX-26-5A", "EX-26-5B"})
"""The exemptions of s.33 ¶2, as the register of grounds has them."""

GOING = frozenset({Outcome.ERASE, Outcome.DESTROY, Outcome.ANONYMISE, Outcome.DETACH})
_OWN = frozenset({""})


@dataclass(frozen=True)
class Rule:
    """One change that the law leaves to the company.

    `grounds` are the codes that it may rest on; with the empty one no ground is named, and the record keeps its own, or
    gets `granted`. `dated`: it says until when. `limbs`: it needs both limbs of s.30 ¶2. `review` are the grounds on which
    a record waits that it decides; any where none is named.
    """

    right: Right
    was: frozenset[Outcome]
    becomes: Outcome
    section: str
    grounds: frozenset[str] = _OWN
    granted: str = ""
    dated: bool = False
    limbs: bool = False
    review: frozenset[str] = frozenset()


_REVIEWED, _COPIED = frozenset({Outcome.REVIEW}), frozenset({Outcome.COPY})
_S30, _S31 = frozenset({"R30-LAW"}), frozenset({"R31-DUTY", "R31-OTHERS"})
_ANEW = frozenset({GIVEN_ANEW})

RULES: tuple[Rule, ...] = (
    # Kept back from erasure
    Rule(Right.ERASURE, GOING | _REVIEWED, Outcome.HOLD, "s.33 ¶2", EXEMPT, dated=True),
    Rule(Right.ERASURE, GOING | _REVIEWED, Outcome.NO_GROUND, "s.33 ¶1", frozenset({_RUNNING})),
    # Another of the three methods, which the person is told; what is unlawful is erased (Notification B.E. 2567)
    Rule(Right.ERASURE, frozenset({Outcome.ERASE}), Outcome.ANONYMISE, "Notification B.E. 2567 cl.3"),
    Rule(
        Right.ERASURE,
        frozenset({Outcome.ANONYMISE}),
        Outcome.ERASE,
        "Notification B.E. 2567 cl.3",
        frozenset({"", UNLAWFUL}),
    ),
    Rule(Right.ERASURE, frozenset({Outcome.ERASE}), Outcome.ERASE, "s.33 ¶1(4)", frozenset({UNLAWFUL})),
    # Asked, the person said that the erasure stands
    *(
        Rule(Right.ERASURE, _REVIEWED, way, "s.33 ¶1(2)", granted="S33-2", review=_ANEW)
        for way in sorted(GOING)
    ),
    # Access and portability: withheld, given in part, or found to be theirs
    Rule(Right.ACCESS, _COPIED | _REVIEWED, Outcome.NO_GROUND, "s.30 ¶2", _S30, limbs=True),
    Rule(Right.ACCESS, _COPIED, Outcome.REDACT, "s.30 ¶2", _S30, limbs=True),
    Rule(Right.ACCESS, _REVIEWED, Outcome.COPY, "s.30 ¶1", granted="S30-1"),
    Rule(Right.PORTABILITY, _COPIED | _REVIEWED, Outcome.NO_GROUND, "s.31 ¶3", _S31),
    Rule(Right.PORTABILITY, _REVIEWED, Outcome.COPY, "s.31 ¶1", granted="S31-1"),
    # Rectification: checked, and it is right as it stands
    Rule(
        Right.RECTIFICATION,
        frozenset({Outcome.CORRECT, Outcome.CORRECT_FORWARD}) | _REVIEWED,
        Outcome.NO_GROUND,
        "s.36 ¶1",
        frozenset({"R36-ACCURATE"}),
    ),
)


def gives_by_hand(row: PlanRow) -> bool:
    """Whether an edit has a record given that was left to people to judge: what is disclosed cannot be taken back."""
    return bool(row.edit) and row.planned in DISCLOSING


class Change(Value):
    """What an officer says: of these records, what they were to become, and what they become instead.

    All of one table's line in the plan (`system`, `table`, `unit`, `was`), or of it the `numbers` alone.
    """

    system: str
    table: str
    unit: str
    was: Outcome
    becomes: Outcome
    ground: str = ""
    until: date | None = None
    numbers: tuple[int, ...] = ()


class Edit(Value):
    """A change as the register keeps it, made on a version of the plan and carried on by every later one.

    `single`: of single records, each known by a keyed hash of its place. `items` is how many it changed when it was
    made, `now` how many it changes in the newest plan. One that `undoes` another takes it back.
    """

    id: str
    case: str
    version: int
    digest: str
    change: Change
    single: bool
    items: int
    by: str
    at: datetime
    undoes: str = ""
    undone: bool = False
    now: int = 0

    @property
    def stands(self) -> bool:
        """Whether plans are made under it."""
        return not (self.undone or self.undoes)


def rule_for(right: Right, change: Change) -> Rule | None:
    """The rule under which that is allowed; None where the law does not leave it to the company."""
    for rule in RULES:
        fits = rule.right is right and change.was in rule.was and rule.becomes is change.becomes
        if fits and change.ground in rule.grounds:
            return rule
    return None


def offered(right: Right, was: Outcome) -> Iterator[Rule]:
    """The rules under which a record that was to become that may become something else."""
    return (rule for rule in RULES if rule.right is right and was in rule.was)


def must_be_sayable(right: Right, change: Change, today: date, *, harm: str) -> Rule:
    """The rule of a change that says all that its rule asks.

    Raises:
        BadInput: no rule allows it, or it lacks the day, the harm, or names too many records.
    """
    rule = rule_for(right, change)
    if rule is None:
        known = any(rule.becomes is change.becomes for rule in offered(right, change.was))
        if known:
            raise BadInput("edit-ground", "name a ground on which it may rest", field="ground")
        facts = {"right": right.value, "from": change.was.value, "to": change.becomes.value}
        raise BadInput("edit-not-allowed", "the law leaves this to nobody", field="becomes", **facts)
    if rule.dated and change.until is None:
        raise BadInput("edit-until-when", "say until which day it is kept", field="until")
    if change.until is not None and not _in_reach(rule, change.until, today):
        raise BadInput(
            "edit-day-out-of-reach", f"a day to come, in {MOST_YEARS} years at most", field="until"
        )
    if rule.limbs and not harm.strip():
        mend = "say how it would harm the rights and freedoms of others (s.30 ¶2)"
        raise BadInput("both-limbs-needed", mend, field="harm", ground=change.ground)
    if len(change.numbers) > MOST_NUMBERS:
        raise BadInput(
            "edit-too-many-numbers", "change the whole line", field="numbers", count=len(change.numbers)
        )
    return rule


def _in_reach(rule: Rule, until: date, today: date) -> bool:
    return rule.dated and today < until and until.year - today.year <= MOST_YEARS


def why_not(rule: Rule, change: Change, row: PlanRow, found: Found, today: date) -> str:
    """Why the change can't be made of this record, as a code; empty where it can."""
    checks: tuple[tuple[str, bool], ...] = (
        ("edit-not-ours", row.role is not Role.CONTROLLER or found.role is not Role.CONTROLLER),
        ("edit-past-hold", _binds(rule, row) or row.planned not in rule.was),
        ("edit-not-waiting-for-that", bool(rule.review) and row.ground not in rule.review),
        ("edit-contract-over", change.ground == _RUNNING and not found.contract_open),
        ("edit-day-out-of-reach", change.until is not None and change.until <= today),
        ("edit-no-such-way", change.becomes in GOING and not _can(rule, change, found)),
        ("unlawful-is-erased", change.becomes is Outcome.ANONYMISE and row.ground == UNLAWFUL),
        ("edit-changes-nothing", row.planned is change.becomes and row.ground == change.ground),
    )
    return next((code for code, so in checks if so), "")


def _binds(rule: Rule, row: PlanRow) -> bool:
    """Holds keep a record from being erased, and from nothing else: what the books need may be withheld (s.30 ¶2)."""
    return rule.right is Right.ERASURE and bool(row.holds)


def _can(rule: Rule, change: Change, found: Found) -> bool:
    """Whether its system can erase the record so, without harm to others."""
    if found.obstacle or found.unsure:
        return False
    declared = Outcome.DETACH if found.shared else found.on_erase
    if change.becomes is declared:
        return True
    return not found.shared and not rule.review and change.becomes in found.ways


def changed(rule: Rule, change: Change, row: PlanRow, edit: str) -> PlanRow:
    """The line of the plan after the change."""
    ground = change.ground or rule.granted or row.ground
    holds = () if change.becomes is Outcome.NO_GROUND else row.holds
    said = {"planned": change.becomes, "ground": ground, "holds": holds, "until": change.until, "edit": edit}
    return row.model_copy(update=said)


@dataclass(frozen=True)
class Standing:
    """The edits of a case that stand, the oldest first, as a plan is made under them.

    `keys` are those of single records by edit; `key_of` makes the key of a record.
    """

    right: Right
    today: date
    edits: Sequence[Edit]
    keys: Mapping[str, Collection[str]]
    key_of: Callable[[Item], str]

    def on(self, row: PlanRow, item: Item) -> PlanRow:
        """The line as officers changed it: each edit only where the law still allows it of the record as it is now."""
        key = ""
        for edit in self.edits:
            change = edit.change
            if not _is_of(change, row):
                continue
            if edit.single:
                key = key or self.key_of(item)
                if key not in self.keys[edit.id]:
                    continue
            rule = rule_for(self.right, change)
            if rule and not why_not(rule, change, row, item.found, self.today):
                row = changed(rule, change, row, edit.id)
        return row


def _is_of(change: Change, row: PlanRow) -> bool:
    line = (row.system, row.table, row.unit, row.planned)
    return line == (change.system, change.table, change.unit, change.was)


class PlanEdits(Protocol):
    """The edits of plans: kept with their reasons sealed, carried on by every later plan of the case."""

    def make(
        self, case: str, right: Right, change: Change, *, digest: str, actor: str, reason: str, harm: str = ""
    ) -> Edit:
        """Keep a change of the plan of that digest. What was proposed on it is void: a new plan follows.

        Raises:
            BadInput: no rule allows it (`RULES`), or not of these records.
            StalePlan: the plan is older, or was edited already and is being made anew.
            Conflict: the case is not deciding, or was decided.
        """
        ...

    def undo(self, case: str, edit: str, *, digest: str, actor: str, reason: str) -> Edit:
        """Take an edit back, as `make` does it. Raises also `NotFound`."""
        ...

    def drop(self, edit: str) -> None:
        """The workflow would not have it: nothing is changed. Again changes nothing."""
        ...

    def standing(self, case: str, right: Right, today: date) -> Standing:
        """What is to be applied to a plan that is made now. Raises `KeyShredded`."""
        ...

    def of(self, case: str) -> tuple[Edit, ...]:
        """Every edit that was heard or may yet be, the oldest first."""
        ...

    def lost(self, case: str, version: int) -> tuple[str, ...]:
        """The systems in which edits that stand change fewer records in that version than they did before: told once."""
        ...

    def unheard(self, before: datetime) -> tuple[tuple[str, Edit], ...]:
        """Edits made before then whose case still stands in deciding on the plan that they edit."""
        ...
