"""Duplicates: found by what they share, merged into the earlier one, once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.case import Case
from domain.deadlines import Terms
from domain.errors import BadInput, Conflict, NotFound, SitthiError
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.links import Relation
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from tests.cases.conftest import TERMS, House, intake
from tests.cases.test_register import events_of, names_of

BEGINNING = (State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.FULFILLING)


def opened(house: House, right: Right = Right.ACCESS, *, days: int = 0, **changed: object) -> Case:
    """A case that was received so many days after the first ones."""
    terms = Terms.model_validate(
        TERMS.model_dump() | {"received_on": TERMS.received_on + timedelta(days=days)}
    )
    [case] = house.room.register.open_request(intake(right, **changed), {right: terms})
    return case


def pair(house: House) -> tuple[str, str]:
    return opened(house).id, opened(house, days=3).id


def merge(house: House, case: str, into: str, reason: str = "คำขอเดียวกัน") -> None:
    house.room.register.merge(case, into, actor="S-1", reason=reason)


def email(value: str) -> Identifier:
    return identifier(IdentifierKind.EMAIL, value)


def test_duplicates_share_an_identifier_and_the_right(own_house: House) -> None:
    house, register = own_house, own_house.room.register
    shared, phone = email("twice@example.com"), identifier(IdentifierKind.PHONE, "0812345678")
    case, erasure = house.open(Right.ACCESS, Right.ERASURE, identifiers=(shared,))
    newer = opened(house, identifiers=(phone,))
    oldest = opened(house, identifiers=(shared, email("other@example.com")))
    stranger = opened(house, identifiers=(email("stranger@example.com"),))
    over = opened(house, identifiers=(shared,))
    register.close(over.id, Ending.WITHDRAWN)
    house.room.vault.add_identifiers(newer.id, [shared])
    assert [view.case for view in register.like(case.id)] == [newer, oldest]
    assert [view.case.id for view in register.like(newer.id)] == [case.id, oldest.id]
    assert register.like(erasure.id) == register.like(stranger.id) == ()
    with pytest.raises(NotFound):
        register.like("c-none")


def test_a_merge_links_and_tells_both(house: House) -> None:
    earlier, later = pair(house)
    for _ in range(2):
        merge(house, later, earlier, "คุณมาลีส่งมาสองครั้ง")
    first, second = (house.room.register.view(each).case for each in (earlier, later))
    assert events_of(house, later)[-1] == ("case:merged", "S-1", {"to": first.reference})
    assert events_of(house, earlier)[-1] == ("case:merged", "S-1", {"from": second.reference})
    assert names_of(house, later).count("case:merged") == names_of(house, earlier).count("case:merged") == 1
    [link] = house.room.register.links(later)
    assert (link.relation, link.case, link.backwards) == (Relation.MERGED, earlier, False)
    [back] = house.room.register.links(earlier)
    assert (back.relation, back.case, back.backwards) == (Relation.MERGED, later, True)
    with house.app.connect() as connection:
        sealed = connection.scalar(text("SELECT reason FROM links WHERE case_id = :case"), {"case": later})
    assert "มาลี".encode() not in sealed
    house.room.register.close(later, Ending.MERGED)
    merge(house, later, earlier)  # told again by a retry, after its workflow has ended
    assert len(house.room.register.links(later)) == 1


def test_several_go_on_in_one(house: House) -> None:
    earlier, later = pair(house)
    merge(house, later, earlier)
    merge(house, opened(house, days=4).id, earlier)
    merge(house, earlier, opened(house).id)  # of the same day: the same clock
    assert len(house.room.register.links(earlier)) == 3


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("begun", [True, False])
def test_what_has_begun_or_is_over_is_not_merged(house: House, which: int, begun: bool) -> None:
    earlier, later = pair(house)
    changed = (earlier, later)[which]
    if begun:
        for state in BEGINNING:
            house.room.register.enter(changed, state)
    else:
        house.room.register.close(changed, Ending.WITHDRAWN)
    with pytest.raises(Conflict) as refused:
        merge(house, later, earlier)
    assert refused.value.code == "fulfilment-begun"
    assert house.room.register.links(later) == ()


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"right": Right.ERASURE}, "rights-differ"), ({"controllers": ("t-7",)}, "controllers-differ")],
)
def test_only_the_same_right_and_controller_are_merged(
    house: House, changed: dict[str, Any], code: str
) -> None:
    earlier, later = opened(house), opened(house, **changed)
    with pytest.raises(Conflict) as refused:
        merge(house, later.id, earlier.id)
    assert refused.value.code == code


def test_the_earliest_clock_stands(house: House) -> None:
    earlier, later = pair(house)
    with pytest.raises(BadInput) as refused:
        merge(house, earlier, later)
    assert refused.value.code == "merged-into-later"
    with pytest.raises(BadInput) as itself:
        merge(house, earlier, earlier)
    assert itself.value.code == "merged-with-itself"
    with pytest.raises(NotFound):
        merge(house, earlier, "c-none")


def test_a_case_goes_on_in_one_place(house: House) -> None:
    earlier, later = pair(house)
    merge(house, later, earlier)
    for case, into in ((later, opened(house).id), (opened(house, days=5).id, later)):
        with pytest.raises(Conflict) as refused:
            merge(house, case, into)
        assert refused.value.code == "merged-elsewhere"


def test_two_who_merge_each_other_s_way_merge_once(house: House) -> None:
    for _ in range(5):
        pairs = [opened(house).id for _ in range(2)]
        together = threading.Barrier(2)

        def one(way: tuple[str, str], together: threading.Barrier = together) -> str:
            together.wait()
            try:
                merge(house, *way)
            except SitthiError as refused:
                return refused.code
            return "merged"

        with ThreadPoolExecutor(2) as pool:
            told = sorted(pool.map(one, [(pairs[0], pairs[1]), (pairs[1], pairs[0])]))
        assert told == ["merged", "merged-elsewhere"]
        assert len(house.room.register.links(pairs[0])) == 1


def test_the_same_merge_at_once_is_one(house: House) -> None:
    earlier, later = pair(house)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: merge(house, later, earlier), range(4)))
    assert names_of(house, later).count("case:merged") == 1
