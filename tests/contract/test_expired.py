"""What every connector must do with records whose retention is over, whoever's they are (s.37(3))."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from domain.connector import Capability, Connector, EffectKind, Ended
from domain.errors import BadInput
from domain.item import Item, Place, Role, place
from domain.outcomes import Outcome
from tests.contract.test_contract import erasing, kinds, located
from tests.contract.world import World


@pytest.fixture(autouse=True)
def _claims(world: World) -> None:
    if Capability.EXPIRE not in world.connector.capabilities:
        pytest.skip("does not claim to expire")


def expired(connector: Connector, ended: Ended, as_of: date) -> list[Item]:
    items: list[Item] = []
    cursor = ""
    while True:
        page = connector.expired(ended, as_of, cursor)
        items += page.items
        cursor = page.cursor
        if not cursor:
            return items


def by_place(items: list[Item]) -> Mapping[Place, Item]:
    return {place(item): item for item in items}


def earlier(ended: Ended) -> Ended:
    return {
        unit: {event: by - timedelta(days=1) for event, by in known.items()} for unit, known in ended.items()
    }


def test_finds_the_person_s_records_as_locate_does(world: World) -> None:
    theirs = by_place(located(world.connector, world.subject))
    found = by_place(expired(world.connector, world.ended, world.as_of))
    over = {where: item for where, item in theirs.items() if item.found.unit in world.ended}
    assert len(over) > 10
    for where, item in over.items():
        here = found[where]
        assert here.content_hash == item.content_hash
        assert {event: found[where].found.dates[event] for event in item.found.dates} == item.found.dates
        alone = {"no": 0, "dates": {}, "shared": False, "how": ""}
        assert here.found.model_copy(update=alone) == item.found.model_copy(update=alone)


def test_tells_the_date_that_a_record_takes_over(world: World) -> None:
    for item in expired(world.connector, world.ended, world.as_of):
        for event, by in world.ended[item.found.unit].items():
            told = item.found.dates[event]
            assert told is not None
            assert told <= by


def test_of_a_day_earlier_nothing_of_theirs_is_over(world: World) -> None:
    theirs = by_place(located(world.connector, world.subject)).keys()
    assert by_place(expired(world.connector, world.ended, world.as_of)).keys() & theirs
    assert not by_place(expired(world.connector, earlier(world.ended), world.as_of)).keys() & theirs


def test_each_once_numbered_and_nothing_that_is_held_for_others(world: World) -> None:
    items = expired(world.connector, world.ended, world.as_of)
    assert len(by_place(items)) == len(items)
    assert [item.found.no for item in items] == list(range(1, len(items) + 1))
    assert {item.found.role for item in items} == {Role.CONTROLLER}
    assert {item.found.unit for item in items} <= set(world.ended)


def test_goes_on_from_any_cursor_even_in_another_process(world: World) -> None:
    whole = expired(world.connector, world.ended, world.as_of)
    cursor, seen, pages = "", 0, 0
    while True:
        page = world.connector.expired(world.ended, world.as_of, cursor)
        assert world.reopened().expired(world.ended, world.as_of, cursor) == page
        assert list(page.items) == whole[seen : seen + len(page.items)]
        seen, pages = seen + len(page.items), pages + 1
        if not (cursor := page.cursor):
            break
    assert seen == len(whole)
    assert pages > 1


def test_nothing_is_over_where_no_limit_is_known(world: World) -> None:
    assert expired(world.connector, {}, world.as_of) == []
    never = {unit: {"never_heard_of": world.as_of} for unit in world.ended}
    assert expired(world.connector, never, world.as_of) == []


def test_refuses_a_cursor_that_it_did_not_write(world: World) -> None:
    with pytest.raises(BadInput):
        world.connector.expired(world.ended, world.as_of, "bm9uc2Vuc2U=")


def test_what_went_is_not_listed_again_anonymised_or_not(world: World) -> None:
    theirs = by_place(located(world.connector, world.subject)).keys()
    before = world.others()
    own = [item for item in expired(world.connector, world.ended, world.as_of) if place(item) in theirs]
    outcomes = {item.found.on_erase for item in own}
    assert outcomes == {Outcome.ERASE, Outcome.ANONYMISE}
    batch = erasing(own)
    assert kinds(world.connector.apply(batch, world.connector.foresee(batch))) == {EffectKind.DONE}
    assert world.others() == before
    assert not by_place(expired(world.connector, world.ended, world.as_of)).keys() & theirs


def test_its_tables_say_which_events_they_tell(world: World) -> None:
    told = {table.name: set(table.events) for table in world.connector.describe()}
    for item in expired(world.connector, world.ended, world.as_of):
        assert set(world.ended[item.found.unit]) <= told[item.found.table]
