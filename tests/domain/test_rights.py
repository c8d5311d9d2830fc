from __future__ import annotations

from itertools import combinations

import pytest

from domain.assurance import STAFF_RECORDED, Assurance, Method, assurance_of
from domain.errors import BadInput
from domain.outcomes import CORRECTING, DESTROYING, DISCLOSING, KEEPING, SUSPENDING, Outcome
from domain.rights import ORDER, RULES, Right, Verb, goes_before, right_named


@pytest.mark.parametrize(
    ("right", "section", "verb", "assurance", "two_persons", "cools_off"),
    [
        (Right.ACCESS, "s.30", Verb.COPY, Assurance.IDENTITY, False, False),
        (Right.PORTABILITY, "s.31", Verb.COPY, Assurance.IDENTITY, False, False),
        (Right.OBJECTION, "s.32", Verb.STOP, Assurance.CHANNELS, False, False),
        (Right.ERASURE, "s.33", Verb.ERASE, Assurance.IDENTITY, True, True),
        (Right.RESTRICTION, "s.34", Verb.RESTRICT, Assurance.CHANNELS, False, False),
        (Right.RECTIFICATION, "ss.35-36", Verb.CORRECT, Assurance.IDENTITY, False, False),
        (Right.WITHDRAWAL, "s.19", Verb.STOP, Assurance.ADDRESS, False, False),
    ],
)
def test_what_each_right_asks(
    right: Right, section: str, verb: Verb, assurance: Assurance, *, two_persons: bool, cools_off: bool
) -> None:
    rule = RULES[right]
    assert (rule.section, rule.verb, rule.assurance) == (section, verb, assurance)
    assert (rule.two_persons, rule.cools_off) == (two_persons, cools_off)


def test_every_right_of_the_act_has_its_rule() -> None:
    assert set(RULES) == set(Right)


def test_every_right_has_its_turn_once_and_erasure_the_last() -> None:
    assert sorted(ORDER) == sorted(Right)
    assert ORDER[-1] is Right.ERASURE


@pytest.mark.parametrize(
    ("right", "among", "first"),
    [
        (Right.ERASURE, (Right.ERASURE, Right.ACCESS), (Right.ACCESS,)),  # S49
        (
            Right.ERASURE,
            (Right.RESTRICTION, Right.PORTABILITY, Right.PORTABILITY),
            (Right.PORTABILITY, Right.RESTRICTION),
        ),
        (Right.ERASURE, tuple(Right), ORDER[:-1]),
        (Right.ERASURE, (Right.ERASURE,), ()),
        (Right.ERASURE, (), ()),
        *((right, tuple(Right), ()) for right in ORDER[:-1]),
    ],
)
def test_what_goes_before(right: Right, among: tuple[Right, ...], first: tuple[Right, ...]) -> None:
    """Only what destroys waits; and for those of the same request alone."""
    assert goes_before(right, among) == goes_before(right, iter(among)) == first


@pytest.mark.parametrize("name", ["erasure", " Erasure ", "ERASURE"])
def test_a_right_by_its_name(name: str) -> None:
    assert right_named(name) is Right.ERASURE


@pytest.mark.parametrize("name", ["", "deletion", "access;erasure", "s.33"])
def test_an_unknown_right_is_answered_with_those_that_exist(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        right_named(name)
    assert caught.value.code == "unknown-right"
    assert all(right in caught.value.mend for right in Right)


@pytest.mark.parametrize(
    ("shown", "level"),
    [
        ((), Assurance.NONE),
        ((Method.EMAIL_CODE,), Assurance.ADDRESS),
        ((Method.EMAIL_CODE, Method.EMAIL_CODE), Assurance.ADDRESS),
        ((Method.SMS_CODE, Method.CALL_BACK), Assurance.ADDRESS),  # one telephone, twice
        ((Method.EMAIL_CODE, Method.SMS_CODE), Assurance.CHANNELS),
        ((Method.EMAIL_CODE, Method.POST_CODE), Assurance.CHANNELS),
        ((Method.EMAIL_CODE, Method.SMS_CODE, Method.POST_CODE), Assurance.CHANNELS),
        ((Method.CRM_SESSION,), Assurance.IDENTITY),  # S11: no ID document for who is logged in
        ((Method.MASKED_DOCUMENT,), Assurance.IDENTITY),
        ((Method.IN_PERSON, Method.EMAIL_CODE), Assurance.IDENTITY),
    ],
)
def test_what_proofs_add_up_to(shown: tuple[Method, ...], level: Assurance) -> None:
    assert assurance_of(shown) is level


def test_one_more_proof_never_lowers_the_level() -> None:
    for size in range(len(Method)):
        for shown in combinations(Method, size):
            assert all(assurance_of((*shown, more)) >= assurance_of(shown) for more in Method)


def test_codes_alone_never_release_or_destroy() -> None:
    codes = [Method.EMAIL_CODE, Method.SMS_CODE, Method.POST_CODE, Method.CALL_BACK]
    assert assurance_of(codes) < RULES[Right.ACCESS].assurance
    assert assurance_of(codes) < RULES[Right.ERASURE].assurance


def test_an_officer_records_any_proof_but_the_machines_own() -> None:
    assert frozenset(Method) - STAFF_RECORDED == {Method.EMAIL_CODE, Method.DEVICE_COOKIE}


def test_every_outcome_is_of_one_kind() -> None:
    kinds = (DESTROYING, CORRECTING, DISCLOSING, SUSPENDING, KEEPING)
    assert frozenset[Outcome]().union(*kinds) == frozenset(Outcome)
    assert all(not one & other for one, other in combinations(kinds, 2))
