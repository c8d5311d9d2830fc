"""What keeps a record beyond the holds: which orders on which exemption, which restrictions against whose erasure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, combinations

import pytest

from domain.holds import Bound, OrderKind
from domain.keeping import RESTING, Restriction, ordered_for, ordered_on, restricted_on
from domain.rights import Right
from policy.model import Policy

COURT, DISPUTE, COMPLAINT = OrderKind.ORDER, OrderKind.LITIGATION, OrderKind.COMPLAINT


def own(*grounds: str) -> tuple[Restriction, ...]:
    return tuple(Restriction(ground=ground, own=True) for ground in grounds)


def others(*grounds: str) -> tuple[Restriction, ...]:
    return tuple(Restriction(ground=ground, own=False) for ground in grounds)


@pytest.mark.parametrize(
    ("kinds", "ground"),
    [
        ((), ""),
        ((COURT,), "EX-LAW"),
        ((DISPUTE,), "EX-CLAIM"),  # H-LIT: s.33 ¶2, legal claims
        ((COMPLAINT,), "EX-CLAIM"),  # S40: a litigation hold on what is in dispute
        ((COMPLAINT, DISPUTE), "EX-CLAIM"),
        ((DISPUTE, COURT), "EX-LAW"),
    ],
)
def test_an_order_keeps_on_the_exemption_that_is_its_own(kinds: Iterable[OrderKind], ground: str) -> None:
    assert ordered_on(kinds) == ground


@pytest.mark.parametrize(
    ("placed", "asked", "later"),
    [
        ((), "", ""),
        (own("S34-2"), "S34-2", "S34-2"),  # S28: restrict, do not erase
        (own("S34-3"), "S34-3", "S34-3"),  # S29: she needs it for a lawsuit
        (own("S34-1"), "", "S34-1"),
        (own("S34-4"), "", "S34-4"),
        (own("S34-1", "S34-3"), "S34-3", "S34-3"),
        (others("S34-3"), "EX-CLAIM", "EX-CLAIM"),
        (others("S34-1"), "EX-LAW", "EX-LAW"),
        (others("S34-2", "S34-4"), "EX-LAW", "EX-LAW"),
        ((*own("S34-1"), *others("S34-3")), "EX-CLAIM", "S34-1"),
    ],
)
def test_a_restriction_keeps_against_what_nobody_asks_for_and_some_against_all(
    placed: tuple[Restriction, ...], asked: str, later: str
) -> None:
    assert restricted_on(placed, asked=True) == asked
    assert restricted_on(placed, asked=False) == later


@pytest.mark.parametrize("asked", [True, False])
def test_nobody_reads_of_anothers_claim_and_every_ground_can_be_told(policy: Policy, *, asked: bool) -> None:
    every = [
        *(own(*some) for some in _subsets(RESTING)),
        *(others(*some) for some in _subsets(RESTING) if some),
    ]
    for placed in every:
        ground = restricted_on(placed, asked=asked)
        assert ground == "" or ground in policy.grounds
        if placed and not placed[0].own:
            assert Right.ERASURE in policy.grounds[ground].refuses


def _subsets(grounds: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    return chain.from_iterable(combinations(grounds, size) for size in range(len(grounds) + 1))


def test_an_order_keeps_the_data_that_it_names_and_one_that_names_none_keeps_all() -> None:
    named = Bound(kind=OrderKind.ORDER, units=("U06",))
    whole = Bound(kind=OrderKind.LITIGATION)
    assert (ordered_for([named], "U06"), ordered_for([named], "U07")) == ("EX-LAW", "")
    assert (ordered_for([named, whole], "U06"), ordered_for([named, whole], "U07")) == ("EX-LAW", "EX-CLAIM")
