"""Duplicates: found by what they share, merged into the earlier one, once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import text

from domain.case import Amend, Begin, Case, Merge, Moved
from domain.deadlines import Terms
from domain.errors import BadInput, Conflict, NotFound, SitthiError
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Candidate
from domain.links import Amendment, Relation
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from tests.cases.conftest import EMAIL, TERMS, House, intake
from tests.cases.test_register import events_of, names_of
from tests.cases.test_vault import candidate

LANDLINE = "landline@example.com"
BEGINNING = (State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.FULFILLING)


ME, STRANGER = candidate("crm", 1, EMAIL, LANDLINE), candidate("crm", 2, "stranger@example.com")


def opened(
    house: House,
    right: Right = Right.ACCESS,
    *,
    days: int = 0,
    person: Candidate | None = ME,
    **changed: object,
) -> Case:
    """A case of that person that was received so many days after the first ones."""
    terms = Terms.model_validate(
        TERMS.model_dump() | {"received_on": TERMS.received_on + timedelta(days=days)}
    )
    [case] = house.room.register.open_request(intake(right, **changed), {right: terms})
    house.room.vault.put_candidates(case.id, [person] if person else [])
    return case


def pair(house: House) -> tuple[str, str]:
    return opened(house).id, opened(house, days=3).id


def merge(house: House, case: str, into: str, reason: str = "คำขอเดียวกัน") -> Amend | None:
    return house.room.register.merge(case, into, actor="S-1", reason=reason)


def wishing(house: House, right: Right, *wishes: dict[str, JsonValue]) -> tuple[str, str]:
    """An earlier and a later case with these wishes."""
    earlier, later = (opened(house, right, days=3 * no, changes=wish) for no, wish in enumerate(wishes))
    return earlier.id, later.id


def refused(house: House, case: str, into: str) -> str:
    """The code of the refusal, after which nothing is changed."""
    before = names_of(house, case), names_of(house, into), house.room.register.links(into)
    with pytest.raises(Conflict) as conflict:
        merge(house, case, into)
    assert (names_of(house, case), names_of(house, into), house.room.register.links(into)) == before
    assert house.room.register.apply_amendments(into) == ()
    return conflict.value.code


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


@pytest.mark.parametrize(
    ("right", "older", "newer", "both"),
    [
        (Right.ACCESS, {"units": "U01"}, {"units": "U02,U01"}, {"units": "U01,U02"}),
        (Right.ACCESS, {"units": "U01"}, {}, {}),
        (
            Right.OBJECTION,
            {"against": "research"},
            {"against": "marketing,research"},
            {"against": "marketing,research"},
        ),
        (Right.WITHDRAWAL, {"purpose": "news"}, {"purpose": "survey"}, {"purpose": "news,survey"}),
        (Right.WITHDRAWAL, {"purpose": "news"}, {}, {}),
        (Right.PORTABILITY, {}, {"transfer-to": "othercrm"}, {"transfer-to": "othercrm"}),
        (
            Right.RECTIFICATION,
            {"phone": "1", "name": "ก"},
            {"phone": "1", "city": "ข"},
            {"phone": "1", "name": "ก", "city": "ข"},
        ),
    ],
)
def test_the_earlier_case_asks_for_both(
    house: House,
    right: Right,
    older: dict[str, JsonValue],
    newer: dict[str, JsonValue],
    both: dict[str, JsonValue],
) -> None:
    register, vault = house.room.register, house.room.vault
    earlier, later = wishing(house, right, older, newer)
    told = merge(house, later, earlier)
    assert told is not None
    assert told == merge(house, later, earlier)  # said again while it waits
    assert dict(register.unheard(house.clock.at + timedelta(seconds=1)))[earlier] == told
    assert vault.changes(earlier) == older
    assert register.begin(earlier) == Begin(waiting=(told,))
    assert register.apply_amendments(earlier) == (Moved.SCOPE,)
    assert vault.changes(earlier) == both
    assert merge(house, later, earlier) is None


@pytest.mark.parametrize("wish", [{}, {"units": "U01,U02"}])
def test_what_brings_nothing_new_has_nothing_decided_anew(house: House, wish: dict[str, JsonValue]) -> None:
    earlier, later = wishing(house, Right.ACCESS, wish, wish)
    assert merge(house, later, earlier) is None
    assert house.room.register.apply_amendments(earlier) == ()


@pytest.mark.parametrize(
    ("right", "older", "newer"),
    [
        (Right.RESTRICTION, {"because": "claims"}, {"because": "unlawful"}),
        (Right.PORTABILITY, {"transfer-to": "one"}, {"transfer-to": "other"}),
        (Right.RECTIFICATION, {"phone": "1"}, {"phone": "2", "name": "ก"}),
    ],
)
def test_wishes_that_cannot_be_asked_at_once_are_left_apart(
    house: House, right: Right, older: dict[str, JsonValue], newer: dict[str, JsonValue]
) -> None:
    earlier, later = wishing(house, right, older, newer)
    assert refused(house, later, earlier) == "wishes-differ"


def test_what_rested_on_consent_alone_is_another_wish(house: House) -> None:
    withdrawal = opened(house, Right.WITHDRAWAL)
    follows = house.room.register.open_linked(withdrawal.id, Relation.FOLLOWS, Right.ERASURE, TERMS)
    house.room.vault.put_candidates(follows.id, [ME])
    assert refused(house, opened(house, Right.ERASURE, days=3).id, follows.id) == "wishes-differ"


def test_only_one_person_s_requests_are_merged(house: House) -> None:
    me, two = opened(house), candidate("billing", 7, EMAIL)
    for person, code in (
        (STRANGER, "different-people"),
        (two, "different-people"),  # no system names both: nobody can say
        (None, "not-verified"),
    ):
        assert refused(house, opened(house, days=3, person=person).id, me.id) == code
    both = candidate("crm", 1, EMAIL, same_as="a"), candidate("billing", 7, EMAIL, same_as="a")
    other = candidate("crm", 1, EMAIL, same_as="b"), candidate("billing", 8, EMAIL, same_as="b")
    earlier, later = opened(house, person=None), opened(house, days=3, person=None)
    for case, rows in ((earlier, both), (later, other)):
        house.room.vault.put_candidates(case.id, rows)
    # One system says that they are one, the other that they are two: `proofs.same_person` believes neither.
    assert refused(house, later.id, earlier.id) == "different-people"


def test_only_what_is_surely_theirs_crosses_and_nobody_is_written_to_there(house: House) -> None:
    vault, identity = house.room.vault, house.room.identity
    earlier, proved, named = opened(house), "new@example.com", "somebody.else@example.com"
    later = opened(house, days=3, identifiers=tuple(map(email, (EMAIL, LANDLINE, proved, named))))
    challenge = identity.challenge(later.id, email(proved))
    assert challenge is not None
    identity.answer(challenge.token, challenge.code)
    merge(house, later.id, earlier.id)
    house.room.register.apply_amendments(earlier.id)
    # On file or proved; the fourth may be anybody's, and the earlier case would trust it.
    assert vault.subject(earlier.id).identifiers == tuple(map(email, (EMAIL, LANDLINE, proved)))
    assert vault.given(earlier.id) == vault.reachable(earlier.id) == (email(EMAIL),)
    assert identity.proved(earlier.id) == identity.reply_addresses(earlier.id) == ()
    found = opened(house, days=5, identifiers=(email(proved),))
    assert earlier.id in {view.case.id for view in house.room.register.like(found.id)}


@pytest.mark.parametrize("which", [0, 1])
def test_nothing_is_merged_while_a_change_waits(house: House, which: int) -> None:
    cases = pair(house)
    agent = Amendment(moved=Moved.AGENT, agent="ทนาย", authority="มอบอำนาจ")
    house.room.register.amend(cases[which], agent, actor="S-1", reason="ส่งทนายมา")
    with pytest.raises(Conflict) as waits:
        merge(house, cases[1], cases[0])
    assert waits.value.code == "change-waits"
    assert house.room.register.links(cases[1]) == ()


def test_what_is_merged_does_not_begin_by_itself(house: House) -> None:
    earlier, later = pair(house)
    merge(house, later, earlier)
    register = house.room.register
    assert register.begin(later) == Begin(merging=True)
    for state in BEGINNING[:-1]:
        register.enter(later, state)
    with pytest.raises(Conflict, match="change waits"):
        register.enter(later, State.FULFILLING)
    assert register.begin(earlier).begun


@pytest.mark.parametrize("taken_up", [True, False])
@pytest.mark.parametrize("by", ["the earlier", "the later"])
def test_a_merge_that_a_workflow_would_not_have_is_undone_in_both(
    house: House, taken_up: bool, by: str
) -> None:
    if taken_up and by == "the earlier":
        return  # what was taken up was not refused
    register, vault = house.room.register, house.room.vault
    earlier, later = wishing(house, Right.ERASURE, {"units": "U01"}, {"units": "U02"})
    told = merge(house, later, earlier)
    assert told is not None
    if taken_up:
        register.apply_amendments(earlier)
        assert vault.changes(earlier) == {"units": "U01,U02"}
    if by == "the earlier":
        register.drop_amendment(told.id)
    else:
        back = register.unmerge(later, earlier)
        assert (back is not None) is taken_up
        assert register.unmerge(later, earlier) is None
    assert register.apply_amendments(earlier) == ((Moved.SCOPE,) if taken_up else ())
    assert vault.changes(earlier) == {"units": "U01"}
    assert register.links(later) == register.links(earlier) == ()
    assert register.begin(later).begun
    first, second = (register.view(each).case.reference for each in (earlier, later))
    assert ("case:unmerged", "engine", {"to": first}) in events_of(house, later)
    assert ("case:unmerged", "engine", {"from": second}) in events_of(house, earlier)
    assert names_of(house, earlier).count("amendment:dropped") == (0 if taken_up else 1)


@pytest.mark.parametrize("ending", [Ending.NO_DATA, Ending.WITHDRAWN])
def test_what_the_earlier_ended_without_taking_up_goes_on_by_itself(house: House, ending: Ending) -> None:
    register = house.room.register
    earlier, later = wishing(house, Right.ERASURE, {"units": "U01"}, {"units": "U02"})
    merge(house, later, earlier)
    register.close(earlier, ending)
    register.close(earlier, ending)
    assert later not in dict(register.merging(house.clock.at + timedelta(days=1)))
    assert register.unmerge(later, earlier) is None
    assert register.links(later) == ()
    assert register.waiting(earlier) == ()
    assert register.begin(later).begun
    assert names_of(house, earlier)[-3:] == ["amendment:dropped", "case:unmerged", "case:closed"]


def test_what_was_amended_since_stands_when_the_merge_is_undone(house: House) -> None:
    register, vault = house.room.register, house.room.vault
    earlier, later = wishing(
        house, Right.RECTIFICATION, {"phone": "1"}, {"phone": "1", "name": "ก", "city": "ข"}
    )
    merge(house, later, earlier)
    register.apply_amendments(earlier)
    since = Amendment(moved=Moved.SCOPE, changes={"name": "ค"})
    register.amend(earlier, since, actor="S-1", reason="เขียนผิด")
    register.apply_amendments(earlier)
    assert register.unmerge(later, earlier) is not None
    register.apply_amendments(earlier)
    assert vault.changes(earlier) == {"phone": "1", "name": "ค"}


def test_what_was_undone_is_merged_again(house: House) -> None:
    earlier, later = pair(house)
    for _ in range(2):
        merge(house, later, earlier)
        assert len(house.room.register.links(later)) == 1
        house.room.register.unmerge(later, earlier)
        assert house.room.register.links(later) == ()
    other = opened(house)
    merge(house, later, other.id)
    assert [link.case for link in house.room.register.links(later)] == [other.id]


def test_the_sweep_finds_merges_whose_word_was_lost(own_house: House) -> None:
    house, register = own_house, own_house.room.register
    earlier, later = wishing(house, Right.ACCESS, {"units": "U01"}, {})
    merge(house, later, earlier)
    soon = house.clock.at + timedelta(seconds=1)
    assert register.merging(soon) == ()  # the earlier case hears first
    register.apply_amendments(earlier)
    assert register.merging(house.clock.at) == ()
    assert register.merging(soon) == ((later, Merge(into=earlier)),)
    register.close(later, Ending.MERGED)
    assert register.merging(soon) == ()


def test_an_erasure_waits_for_what_the_later_request_was_to_wait_for(house: House) -> None:
    earlier = opened(house, Right.ERASURE)
    terms = dict.fromkeys(Right, TERMS)
    access, later = house.room.register.open_request(intake(Right.ERASURE, Right.ACCESS), terms)
    house.room.vault.put_candidates(later.id, [ME])
    assert merge(house, later.id, earlier.id) is not None
    assert house.room.register.view(earlier.id).case.after == (access.id,)
