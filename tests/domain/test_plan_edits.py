"""What an officer may change in a plan: the whole table, right x outcome x outcome x ground, against what the law leaves."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest

from domain.assess import GIVEN_ANEW
from domain.errors import BadInput
from domain.item import Basis, Found, Item, Role
from domain.outcomes import Outcome
from domain.plan import PlanRow, line_of
from domain.plan_edits import (
    EXEMPT,
    RULES,
    UNLAWFUL,
    Change,
    Edit,
    Standing,
    changed,
    gives_by_hand,
    must_be_sayable,
    rule_for,
    why_not,
)
from domain.rights import Right
from policy.load import load_policy
from tests.cases.samples import hold

TODAY, LATER = date(2026, 11, 23), date(2028, 1, 1)
GOING = {Outcome.ERASE, Outcome.DESTROY, Outcome.ANONYMISE, Outcome.DETACH}
WITHHELD = {Right.ACCESS: {"R30-LAW"}, Right.PORTABILITY: {"R31-DUTY", "R31-OTHERS"}}

ALLOWED = {
    # s.33 ¶2 and ¶1: kept back from erasure
    *product([Right.ERASURE], GOING | {Outcome.REVIEW}, [Outcome.HOLD], EXEMPT),
    *product([Right.ERASURE], GOING | {Outcome.REVIEW}, [Outcome.NO_GROUND], ["NG-33-1"]),
    # Notification B.E. 2567 cl.3, s.33 ¶1(4): another way
    (Right.ERASURE, Outcome.ERASE, Outcome.ANONYMISE, ""),
    (Right.ERASURE, Outcome.ANONYMISE, Outcome.ERASE, ""),
    (Right.ERASURE, Outcome.ANONYMISE, Outcome.ERASE, UNLAWFUL),
    (Right.ERASURE, Outcome.ERASE, Outcome.ERASE, UNLAWFUL),
    # what waited is decided
    *product([Right.ERASURE], [Outcome.REVIEW], GOING, [""]),
    (Right.ACCESS, Outcome.REVIEW, Outcome.COPY, ""),
    (Right.PORTABILITY, Outcome.REVIEW, Outcome.COPY, ""),
    # s.30 ¶2 and s.31 ¶3: withheld, or given in part
    *(
        (right, was, Outcome.NO_GROUND, ground)
        for right, grounds in WITHHELD.items()
        for was, ground in product([Outcome.COPY, Outcome.REVIEW], grounds)
    ),
    (Right.ACCESS, Outcome.COPY, Outcome.REDACT, "R30-LAW"),
    # s.36 ¶1: checked, and right as it is
    *product(
        [Right.RECTIFICATION],
        [Outcome.CORRECT, Outcome.CORRECT_FORWARD, Outcome.REVIEW],
        [Outcome.NO_GROUND],
        ["R36-ACCURATE"],
    ),
}


def test_the_table_is_what_the_law_leaves_and_nothing_else() -> None:
    grounds = ["", *load_policy().grounds]
    found = {
        (right, was, becomes, ground)
        for right, was, becomes, ground in product(Right, Outcome, Outcome, grounds)
        if rule_for(right, change(was, becomes, ground=ground))
    }
    assert found == ALLOWED


def test_every_ground_of_the_table_refuses_that_right_in_the_policy() -> None:
    policy = load_policy()
    for rule in RULES:
        for code in rule.grounds - {"", UNLAWFUL}:
            assert rule.right in policy.grounds[code].refuses, (rule.right, code)
        assert rule.granted in {"", *policy.grounds}
        assert rule.limbs is any(policy.grounds[code].needs_both_limbs for code in rule.grounds if code)


@pytest.mark.parametrize(
    ("said", "right", "code"),
    [
        (lambda: change(Outcome.HOLD, Outcome.ERASE), Right.ERASURE, "edit-not-allowed"),
        (lambda: change(Outcome.NOT_CONTROLLER, Outcome.ERASE), Right.ERASURE, "edit-not-allowed"),
        (lambda: change(Outcome.STOP, Outcome.NO_GROUND), Right.OBJECTION, "edit-not-allowed"),
        (
            lambda: change(Outcome.ERASE, Outcome.HOLD, ground="R30-LAW", until=LATER),
            Right.ERASURE,
            "edit-ground",
        ),
        (
            lambda: change(Outcome.ERASE, Outcome.HOLD, ground="EX-CLAIM"),
            Right.ERASURE,
            "edit-until-when",
        ),
        (
            lambda: change(Outcome.ERASE, Outcome.HOLD, ground="EX-CLAIM", until=TODAY),
            Right.ERASURE,
            "edit-day-out-of-reach",
        ),
        (
            lambda: change(Outcome.ERASE, Outcome.HOLD, ground="EX-CLAIM", until=date(2037, 1, 1)),
            Right.ERASURE,
            "edit-day-out-of-reach",
        ),
        (
            lambda: change(Outcome.COPY, Outcome.REDACT, ground="R30-LAW"),
            Right.ACCESS,
            "both-limbs-needed",
        ),
        (
            lambda: change(Outcome.REVIEW, Outcome.COPY, numbers=tuple(range(201))),
            Right.ACCESS,
            "edit-too-many-numbers",
        ),
    ],
)
def test_what_is_not_said_whole_is_refused(said: Any, right: Right, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        must_be_sayable(right, said(), TODAY, harm="")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("was", "becomes", "more", "row", "found", "code"),
    [
        (Outcome.ERASE, Outcome.HOLD, {"ground": "EX-CLAIM", "until": LATER}, {}, {}, ""),
        (
            Outcome.ERASE,
            Outcome.HOLD,
            {"ground": "EX-CLAIM", "until": LATER},
            {},
            {"role": Role.PROCESSOR},
            "edit-not-ours",
        ),
        (Outcome.ERASE, Outcome.ANONYMISE, {}, {}, {}, "edit-no-such-way"),
        (Outcome.ERASE, Outcome.ANONYMISE, {}, {}, {"ways": (Outcome.ANONYMISE,)}, ""),
        (
            Outcome.ERASE,
            Outcome.ANONYMISE,
            {},
            {"ground": UNLAWFUL},
            {"ways": (Outcome.ANONYMISE,)},
            "unlawful-is-erased",
        ),
        (
            Outcome.ERASE,
            Outcome.ANONYMISE,
            {},
            {},
            {"ways": (Outcome.ANONYMISE,), "shared": True},
            "edit-no-such-way",
        ),
        (
            Outcome.ERASE,
            Outcome.ANONYMISE,
            {},
            {},
            {"ways": (Outcome.ANONYMISE,), "obstacle": "cascade"},
            "edit-no-such-way",
        ),
        (
            Outcome.ERASE,
            Outcome.ERASE,
            {"ground": UNLAWFUL},
            {"ground": UNLAWFUL},
            {},
            "edit-changes-nothing",
        ),
        (Outcome.ERASE, Outcome.NO_GROUND, {"ground": "NG-33-1"}, {}, {}, "edit-contract-over"),
        (Outcome.ERASE, Outcome.NO_GROUND, {"ground": "NG-33-1"}, {}, {"contract_open": True}, ""),
        (
            Outcome.REVIEW,
            Outcome.HOLD,
            {"ground": "EX-LAW", "until": LATER},
            {"holds": (hold(),)},
            {},
            "edit-past-hold",
        ),
        (Outcome.REVIEW, Outcome.ERASE, {}, {"ground": "HOLD-UNDATED"}, {}, "edit-not-waiting-for-that"),
        (Outcome.REVIEW, Outcome.ERASE, {}, {"ground": GIVEN_ANEW}, {}, ""),
        (Outcome.REVIEW, Outcome.DESTROY, {}, {"ground": GIVEN_ANEW}, {}, "edit-no-such-way"),
    ],
)
def test_what_is_true_of_the_record_decides(  # noqa: PLR0917 - a row of the table
    was: Outcome,
    becomes: Outcome,
    more: dict[str, Any],
    row: dict[str, Any],
    found: dict[str, Any],
    code: str,
) -> None:
    of = record(**found)
    said = change(was, becomes, **more)
    rule = rule_for(Right.ERASURE, said)
    assert rule is not None
    line = line_of(of, was, "S33-1").model_copy(update=row)
    assert why_not(rule, said, line, of, TODAY) == code
    if not code:
        after = changed(rule, said, line, "e-1")
        assert (after.planned, after.edit, after.until) == (becomes, "e-1", said.until)
        assert after.ground == (said.ground or rule.granted or line.ground)


@pytest.mark.parametrize("becomes", [Outcome.REDACT, Outcome.NO_GROUND])
def test_what_a_law_keeps_from_erasure_may_be_withheld_from_access(becomes: Outcome) -> None:
    of, said = record(), change(Outcome.COPY, becomes, ground="R30-LAW")
    rule = rule_for(Right.ACCESS, said)
    assert rule is not None
    line = line_of(of, Outcome.COPY, "S30-1").model_copy(update={"holds": (hold(),)})
    assert why_not(rule, said, line, of, TODAY) == ""
    kept = changed(rule, said, line, "e-1").holds
    assert kept == (line.holds if becomes is Outcome.REDACT else ())


def test_edits_are_carried_on_by_the_place_of_a_record_and_only_as_long_as_they_are_lawful() -> None:
    kept = change(Outcome.ERASE, Outcome.HOLD, ground="EX-CLAIM", until=LATER)
    unlawful = change(Outcome.ERASE, Outcome.ERASE, ground=UNLAWFUL)
    anonymised = change(Outcome.ERASE, Outcome.ANONYMISE)
    standing = Standing(
        right=Right.ERASURE,
        today=TODAY,
        edits=[edit("e-1", kept, single=True), edit("e-2", unlawful), edit("e-3", anonymised)],
        keys={"e-1": {"key-7"}, "e-2": (), "e-3": ()},
        key_of=lambda item: f"key-{item.locator['id']}",
    )

    def planned(number: int, **more: Any) -> PlanRow:
        of = record(no=number, ways=(Outcome.ANONYMISE,), **more)
        item = Item(found=of, locator={"id": number}, content_hash="h")
        return standing.on(line_of(of, Outcome.ERASE, "S33-1"), item)

    assert [(planned(n).planned, planned(n).ground, planned(n).edit) for n in (7, 8)] == [
        (Outcome.HOLD, "EX-CLAIM", "e-1"),
        (Outcome.ERASE, UNLAWFUL, "e-2"),  # and the third edit finds what it may not anonymise
    ]
    of = record(no=7)
    held = line_of(of, Outcome.HOLD, "EX-LAW").model_copy(update={"holds": (hold(),)})
    assert standing.on(held, Item(found=of, locator={"id": 7}, content_hash="h")) == held
    assert planned(7, unit="other").edit == ""


def change(was: Outcome, becomes: Outcome, **more: Any) -> Change:
    where = {"system": "crm", "table": "invoices", "unit": "billing"}
    return Change.model_validate({**where, "was": was, "becomes": becomes, **more})


def record(**more: Any) -> Found:
    told = {"no": 1, "system": "crm", "table": "invoices", "unit": "billing"}
    return Found.model_validate({**told, "role": Role.CONTROLLER, "basis": Basis.CONTRACT, **more})


def edit(name: str, said: Change, *, single: bool = False) -> Edit:
    at = "2026-11-23T03:00:00Z"
    told = {"id": name, "case": "c-1", "version": 1, "digest": "d", "items": 1, "by": "S-1", "at": at}
    return Edit.model_validate({**told, "change": said, "single": single})


@pytest.mark.parametrize("edited", [True, False])
@pytest.mark.parametrize("planned", Outcome)
def test_what_an_edit_gives_takes_two_persons(planned: Outcome, edited: bool) -> None:
    line = line_of(record(), planned, "S30-1").model_copy(update={"edit": "p-1" if edited else ""})
    assert gives_by_hand(line) is (edited and planned in {Outcome.COPY, Outcome.REDACT})
