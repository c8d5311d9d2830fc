"""Linked cases: what waits for what, and what is opened for a request later on."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text

from domain.case import Case
from domain.errors import BadInput, Conflict, KeyShredded, NotFound, SitthiError
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.links import Link, Relation
from domain.outcomes import Ending
from domain.rights import ORDER, Right
from domain.states import State
from security.ports import KeyPurpose
from tests.cases.conftest import EMAIL, TERMS, House
from tests.cases.test_register import events_of, names_of

LATER = TERMS.model_copy(update={"policy": "2"})
ALL = tuple(reversed(ORDER))


def linked(house: House, case: str, relation: Relation, right: Right = Right.ERASURE, **said: object) -> Case:
    return house.room.register.open_linked(case, relation, right, LATER, **said)  # type: ignore[arg-type]


def closed(house: House, right: Right = Right.ERASURE, ending: Ending = Ending.REFUSED) -> str:
    case = house.case(right=right)
    house.room.register.close(case, ending)
    return case


def stored(house: House, statement: str, **named: str) -> Sequence[object]:
    with house.app.connect() as connection:
        return connection.scalars(text(statement), named).all()


def test_a_request_s_cases_stand_in_the_order_in_which_they_are_carried_out(house: House) -> None:
    opened = house.open(*ALL)
    assert [case.right for case in opened] == list(ORDER)
    assert [case.reference for case in opened] == sorted(case.reference for case in opened)
    *others, erasure = opened
    assert erasure.after == tuple(case.id for case in others)
    assert all(case.after == () for case in others)


def test_each_controller_has_cases_of_its_own(house: House) -> None:
    opened = house.open(Right.ERASURE, Right.ACCESS, controllers=("", "t-7"))
    views = [house.room.register.view(case.id) for case in opened]
    assert [(view.tenant, view.case.right) for view in views] == [
        ("", Right.ACCESS),
        ("", Right.ERASURE),
        ("t-7", Right.ACCESS),
        ("t-7", Right.ERASURE),
    ]
    assert len({view.request for view in views}) == 1
    assert [case.after for case in opened] == [(), (opened[0].id,), (), (opened[2].id,)]
    assert [house.room.vault.subject(case.id).tenant for case in opened] == ["", "", "t-7", "t-7"]


@pytest.mark.parametrize("controllers", [(), ("", ""), ("t-7", "", "t-7")])
def test_controllers_are_named_each_once(house: House, controllers: tuple[str, ...]) -> None:
    with pytest.raises(BadInput) as refused:
        house.open(controllers=controllers)
    assert refused.value.code == "controllers-malformed"


def test_what_a_case_waits_for_comes_back_wherever_it_is_read(own_house: House) -> None:
    register = own_house.room.register
    access, erasure = own_house.open(Right.ERASURE, Right.ACCESS, dedup="form-9")
    assert own_house.open(Right.ERASURE, Right.ACCESS, dedup="form-9") == (access, erasure)
    assert register.view(erasure.reference).case == erasure
    assert {view.case for view in register.views()} == {access, erasure}
    assert register.unstarted(own_house.clock.at.replace(year=2027)) == (access, erasure)
    assert events_of(own_house, erasure.id)[-1] == (
        "case:linked",
        "engine",
        {"kind": "after", "to": access.reference},
    )


def test_reading_more_cases_takes_no_more_statements(own_house: House) -> None:
    said: list[str] = []
    register, engine = own_house.room.register, own_house.room.register._work._engine
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))

    def statements() -> int:
        said.clear()
        register.views()
        register.unstarted(own_house.clock.at.replace(year=2027))
        return len(said)

    own_house.open(*ALL)
    few = statements()
    for _ in range(4):
        own_house.open(*ALL)
    assert statements() == few
    assert len(register.views()) == 35


def test_an_erasure_follows_a_withdrawal(house: House) -> None:
    phone = identifier(IdentifierKind.PHONE, "0891112222")
    [first] = house.open(
        Right.WITHDRAWAL,
        controllers=("t-9",),
        language="en",
        changes={"purpose": "news"},
        agent="ทนายวิชัย",
        authority="หนังสือมอบอำนาจ",
    )
    house.room.vault.add_identifiers(first.id, [phone])
    house.clock.pass_by(days=1)
    case = linked(house, first.id, Relation.FOLLOWS)
    assert (case.right, case.terms, case.consent_only, case.after) == (Right.ERASURE, LATER, True, ())
    assert re.fullmatch(r"DSR-2569-\d{6}", case.reference)
    old, new = (house.room.register.view(each) for each in (first.id, case.id))
    assert new.case == case
    assert (new.request, new.tenant, new.language, new.state) == (old.request, "t-9", "en", State.RECEIVED)
    vault = house.room.vault
    assert vault.given(case.id) == vault.given(first.id)
    assert vault.subject(case.id).identifiers == vault.given(first.id)  # what was found is found again
    assert vault.changes(case.id) == {"purpose": "news"}
    assert vault.agent(case.id) == vault.agent(first.id) == ("ทนายวิชัย", "หนังสือมอบอำนาจ")
    assert vault.subject(case.id).name == vault.subject(first.id).name
    house.ring.shred(house.ring.for_owner(KeyPurpose.CASE, first.id).key_id, "case-over")
    assert vault.message(case.id)
    assert events_of(house, case.id) == [
        (
            "case:opened",
            "engine",
            {"reference": case.reference, "right": "erasure", "request": new.request},
        ),
        ("terms:set", "engine", {"version": 1, "strict": "2026-12-22", "target": "2026-12-22"}),
        ("case:linked", "engine", {"kind": "follows", "to": first.reference}),
    ]
    assert events_of(house, first.id)[-1] == (
        "case:linked",
        "engine",
        {"kind": "follows", "from": case.reference},
    )


def test_the_year_of_a_linked_case_is_that_of_its_opening(own_house: House) -> None:
    first = own_house.case(right=Right.WITHDRAWAL)
    own_house.clock.at = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    assert linked(own_house, first, Relation.FOLLOWS).reference == "DSR-2570-000001"
    assert own_house.open()[0].reference == "DSR-2569-000002"  # received before the year turned


def test_a_linked_case_may_ask_for_something_else(house: House) -> None:
    [first] = house.open(Right.RESTRICTION, changes={"because": "unlawful"})
    kept = linked(house, first.id, Relation.REPLACES)
    emptied = linked(house, first.id, Relation.REPLACES, Right.OBJECTION, changes={"against": "marketing"})
    cleared = linked(house, first.id, Relation.REPLACES, Right.ACCESS, changes={})
    changes = [dict(house.room.vault.changes(case.id)) for case in (kept, emptied, cleared)]
    assert changes == [{"because": "unlawful"}, {"against": "marketing"}, {}]
    assert not kept.consent_only


def test_the_cases_of_a_form_sent_twice_are_those_that_it_opened(house: House) -> None:
    opened = house.open(Right.WITHDRAWAL, dedup="form-3")
    linked(house, opened[0].id, Relation.FOLLOWS)
    assert house.open(Right.WITHDRAWAL, dedup="form-3") == opened


@pytest.mark.parametrize("relation", [Relation.FOLLOWS, Relation.REPLACES, Relation.REVIEWS])
def test_once_a_case_relation_and_right(house: House, relation: Relation) -> None:
    case = closed(house)
    first = linked(house, case, relation)
    assert linked(house, case, relation) == first
    assert names_of(house, case).count("case:linked") == 1


@pytest.mark.parametrize("relation", [Relation.AFTER, Relation.MERGED])
def test_nothing_is_opened_after_or_merged(house: House, relation: Relation) -> None:
    with pytest.raises(BadInput) as refused:
        linked(house, closed(house), relation)
    assert refused.value.code == "relation-opens-nothing"


@pytest.mark.parametrize("relation", [Relation.REOPENS, Relation.REVIEWS])
def test_only_a_closed_case_is_looked_at_again(house: House, relation: Relation) -> None:
    case = house.case()
    with pytest.raises(Conflict) as refused:
        linked(house, case, relation)
    assert refused.value.code == "case-is-open"
    house.room.register.close(case, Ending.REFUSED)
    with pytest.raises(BadInput) as another:
        linked(house, case, relation, Right.ACCESS)
    assert another.value.code == "another-right"
    assert linked(house, case, relation).right is Right.ERASURE


def test_a_case_is_reviewed_once(house: House) -> None:
    case = closed(house)
    review = linked(house, case, Relation.REVIEWS)
    assert linked(house, case, Relation.REVIEWS) == review
    house.room.register.close(review.id, Ending.FULFILLED)
    with pytest.raises(Conflict) as refused:
        linked(house, case, Relation.REVIEWS)
    assert refused.value.code == "already-reviewed"


@pytest.mark.parametrize("relation", [Relation.REOPENS, Relation.REVIEWS])
def test_what_went_on_in_another_case_is_looked_at_there(house: House, relation: Relation) -> None:
    case = closed(house, ending=Ending.MERGED)
    with pytest.raises(Conflict) as refused:
        linked(house, case, relation)
    assert refused.value.code == "merged-elsewhere"


def test_a_case_is_reopened_as_often_as_the_last_one_was_closed(house: House) -> None:
    case = closed(house)
    for _ in range(3):
        again = linked(house, case, Relation.REOPENS)
        with pytest.raises(Conflict) as refused:
            linked(house, case, Relation.REOPENS)
        assert refused.value.code == "already-reopened"
        assert refused.value.facts == {"reference": again.reference}
        house.room.register.close(again.id, Ending.REFUSED)
    assert len(house.room.register.links(case)) == 3


@pytest.mark.parametrize("relation", [Relation.REOPENS, Relation.REVIEWS])
def test_what_rested_on_consent_alone_stays_so_when_it_is_looked_at_again(
    house: House, relation: Relation
) -> None:
    erasure = linked(house, house.case(right=Right.WITHDRAWAL), Relation.FOLLOWS)
    house.room.register.close(erasure.id, Ending.REFUSED)
    assert linked(house, erasure.id, relation).consent_only
    assert not linked(house, erasure.id, Relation.REPLACES, Right.RESTRICTION).consent_only


def test_links_are_seen_from_both_ends(house: House) -> None:
    access, erasure = house.open(Right.ACCESS, Right.ERASURE)
    house.room.register.close(erasure.id, Ending.REFUSED)
    house.clock.pass_by(seconds=1)
    again = linked(house, erasure.id, Relation.REOPENS)
    links = house.room.register.links
    after = Link(relation=Relation.AFTER, case=access.id, reference=access.reference, right=Right.ACCESS)
    reopened = Link(
        relation=Relation.REOPENS,
        case=again.id,
        reference=again.reference,
        right=Right.ERASURE,
        backwards=True,
    )
    back = Link(
        relation=Relation.REOPENS,
        case=erasure.id,
        reference=erasure.reference,
        right=Right.ERASURE,
        ending=Ending.REFUSED,
    )
    waiting = Link(
        relation=Relation.AFTER,
        case=erasure.id,
        reference=erasure.reference,
        right=Right.ERASURE,
        ending=Ending.REFUSED,
        backwards=True,
    )
    assert links(erasure.id) == (after, reopened)
    assert links(again.id) == (back,)  # it waits for nothing: the access is not copied
    assert links(access.id) == (waiting,)
    assert again.after == ()
    assert house.room.register.links(house.case()) == ()
    with pytest.raises(NotFound):
        links("c-none")


def test_the_reason_of_a_link_is_sealed(house: House) -> None:
    case = closed(house)
    again = linked(house, case, Relation.REOPENS, actor="S-1", reason="คุณมาลีส่งหลักฐานใหม่")
    [sealed] = stored(house, "SELECT reason FROM links WHERE case_id = :case", case=again.id)
    assert isinstance(sealed, bytes)
    assert "มาลี".encode() not in sealed
    assert events_of(house, case)[-1] == ("case:linked", "S-1", {"kind": "reopens", "from": again.reference})


@pytest.mark.parametrize(
    ("relation", "codes"),
    [(Relation.FOLLOWS, set()), (Relation.REVIEWS, set()), (Relation.REOPENS, {"already-reopened"})],
)
def test_of_many_who_open_at_once_one_opens(own_house: House, relation: Relation, codes: set[str]) -> None:
    with own_house.store._engine.connect() as connection:
        began = connection.scalar(
            text("SELECT coalesce(max(made), '-infinity') + interval '1 microsecond' FROM data_keys")
        )
    case, together = closed(own_house), threading.Barrier(6)

    def one(_: int) -> str:
        together.wait()
        try:
            return linked(own_house, case, relation).id
        except SitthiError as refused:
            return refused.code

    with ThreadPoolExecutor(6) as pool:
        told = set(pool.map(one, range(6)))
    [opened] = told - codes
    assert told - {opened} == codes
    assert len(own_house.room.register.views()) == 2
    assert own_house.room.register.view(opened).case.reference == "DSR-2569-000002"
    with own_house.store._engine.connect() as connection:
        used = connection.scalars(
            text(
                "SELECT owner FROM data_keys WHERE purpose = 'case' AND wrapped IS NOT NULL AND made >= :then"
            ),
            {"then": began},
        )
        assert set(used) == {case, opened}  # the losers' keys are gone


def test_a_case_whose_key_is_gone_goes_on_in_no_other(house: House) -> None:
    case = closed(house)
    house.ring.shred(house.ring.for_owner(KeyPurpose.CASE, case).key_id, "case-over")
    with pytest.raises(KeyShredded):
        linked(house, case, Relation.REOPENS)
    with pytest.raises(NotFound):
        linked(house, "c-none", Relation.FOLLOWS)
    assert house.room.register.links(case) == ()


def test_a_linked_case_is_found_by_what_was_given(house: House) -> None:
    own = "linked.only@example.com"
    [first] = house.open(Right.WITHDRAWAL, identifiers=(email(own),))
    erasure = linked(house, first.id, Relation.FOLLOWS)
    [other] = house.open(Right.ERASURE, identifiers=(email(own),))
    assert [view.case.id for view in house.room.register.like(other.id)] == [erasure.id]


@pytest.mark.parametrize("relation", [Relation.FOLLOWS, Relation.REPLACES])
def test_a_further_erasure_waits_for_what_is_open_of_the_request(house: House, relation: Relation) -> None:
    access, portability, withdrawal, restriction = house.open(
        *(Right.RESTRICTION, Right.WITHDRAWAL, Right.ACCESS, Right.PORTABILITY), changes={"because": "claims"}
    )
    house.open(Right.ACCESS)  # of another request
    house.room.register.close(portability.id, Ending.FULFILLED)
    erasure = linked(house, withdrawal.id, relation)
    assert erasure.after == (access.id, restriction.id)
    assert house.room.register.view(erasure.id).case == erasure
    assert linked(house, withdrawal.id, relation) == erasure
    assert names_of(house, erasure.id).count("case:linked") == 3
    other = linked(house, access.id, Relation.REPLACES, Right.RECTIFICATION)
    assert other.after == ()  # it leaves what it finds


def test_each_controller_s_erasure_waits_for_its_own_cases(house: House) -> None:
    access, withdrawal, *others = house.open(Right.ACCESS, Right.WITHDRAWAL, controllers=("", "t-7"))
    assert linked(house, withdrawal.id, Relation.FOLLOWS).after == (access.id,)
    assert linked(house, others[1].id, Relation.FOLLOWS).after == (others[0].id,)


def email(value: str = EMAIL) -> Identifier:
    return identifier(IdentifierKind.EMAIL, value)
