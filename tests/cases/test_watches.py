"""What came back: told once a place, never for who is known to stand there, and only of cases that are over."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pydantic import JsonValue
from sqlalchemy import text

from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Candidate, Item, place_of
from domain.outcomes import Ending
from domain.states import State
from domain.suppression import Corrected, Why
from security.ports import KeyPurpose
from tests.cases.conftest import House
from tests.cases.samples import planned

HERS = identifier(IdentifierKind.EMAIL, "malee.jaidee@example.com")
HIS = identifier(IdentifierKind.EMAIL, "somchai@example.com")
OPEN = (
    *(State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.DECIDING, State.COOLING),
    *(State.FULFILLING, State.PROVING, State.ANSWERING),
)
Values = Mapping[str, JsonValue]
WAS: Values = {"name": "มะลิ", "seen": 1}
IS: Values = {"name": "มาลี", "seen": 1}


def seen_again(values: Values) -> Values:
    return {**values, "seen": 2}


def person(key: int, *addresses: Identifier) -> Candidate:
    return Candidate(system="crm", locator={"$table": "users", "id": key}, addresses=addresses or (HERS,))


def erased(house: House, *known: int, closed: bool = True) -> str:
    case = house.case(*OPEN)
    house.room.suppressions.enter(case, Why.ERASED, (HERS,))
    house.room.watches.settled(case, "crm", [place_of("users", {"id": key}) for key in known])
    if closed:
        house.room.register.close(case, Ending.FULFILLED)
    return case


def asked(house: House, case: str) -> list[tuple[str, str]]:
    return [(task.code, task.system) for task in house.room.tasks.of(case)]


def test_who_was_erased_and_is_back_is_told_once_a_place(own_house: House) -> None:
    case, watches = erased(own_house), own_house.room.watches
    assert watches.reappeared("crm", (person(7), person(8, HIS))) == 1
    assert asked(own_house, case) == [("erased-person-reappeared", "crm")]
    assert watches.reappeared("crm", (person(7),)) == 0
    assert watches.reappeared("crm", (person(7), person(9))) == 1
    [task] = own_house.room.tasks.of(case)
    own_house.room.tasks.close(task.id, actor="S-1", reason="came of her own accord")
    assert watches.reappeared("crm", (person(7), person(9))) == 0
    assert watches.reappeared("crm", (person(10),)) == 1
    assert asked(own_house, case) == [("erased-person-reappeared", "crm")]


def test_who_stood_there_when_it_was_proved_is_no_news(own_house: House) -> None:
    case, watches = erased(own_house, 7), own_house.room.watches
    assert watches.reappeared("crm", (person(7),)) == 0
    watches.settled(case, "crm", [])  # a later look found them gone
    assert watches.reappeared("crm", (person(7),)) == 1


def test_nobody_is_watched_before_the_case_is_over_nor_where_it_did_not_look(own_house: House) -> None:
    case, watches = erased(own_house, closed=False), own_house.room.watches
    assert watches.reappeared("crm", (person(7),)) == 0
    own_house.room.register.close(case, Ending.PARTIAL)
    assert watches.reappeared("stripe", (person(7),)) == 0
    assert watches.reappeared("crm", ()) == 0
    own_house.room.suppressions.lift(case, actor="S-1", reason="she is a customer again")
    assert watches.reappeared("crm", (person(7),)) == 0


def corrected(house: House, was: Values = WAS, now: Values = IS) -> str:
    case, watches = house.case(*OPEN), house.room.watches
    item = planned(1).item
    watches.before(case, "crm", [(item, was)])
    watches.before(case, "crm", [(item, now)])  # a retry, after it was done
    watches.after(case, "crm", [(item, now)])
    house.room.register.close(case, Ending.FULFILLED)
    return case


def watched(house: House) -> list[Corrected]:
    return list(house.room.watches.corrected("crm"))


def test_a_value_that_is_what_it_was_is_told_until_it_is_right_again(own_house: House) -> None:
    case, compare = corrected(own_house), own_house.room.watches.compare
    [found] = watched(own_house)
    assert (found.case, found.item) == (case, planned(1).item)
    assert [compare(found, told) for told in (IS, seen_again(IS), WAS, WAS)] == [False, False, True, False]
    assert asked(own_house, case) == [("corrected-value-reverted", "crm")]
    assert [compare(found, told) for told in (IS, WAS)] == [False, True]


def test_a_third_value_is_a_newer_truth(own_house: House) -> None:
    case = corrected(own_house)
    [found] = watched(own_house)
    assert own_house.room.watches.compare(found, {"name": "มาลัย", "seen": 1}) is False
    assert own_house.room.watches.compare(found, {}) is False
    assert asked(own_house, case) == []


def test_what_no_correction_changed_is_not_watched(own_house: House) -> None:
    corrected(own_house, IS, IS)
    assert watched(own_house) == []


def test_a_later_correction_takes_the_first_one_s_watch_away(own_house: House) -> None:
    corrected(own_house)
    second = corrected(own_house, IS, WAS)
    [found] = watched(own_house)
    assert found.case == second
    assert own_house.room.watches.compare(found, WAS) is False


@pytest.mark.parametrize("word", ["มาลี", "มะลิ", "malee", "ใบแจ้งหนี้"])
def test_nothing_of_what_is_watched_can_be_read(own_house: House, word: str) -> None:
    corrected(own_house)
    erased(own_house, 7)
    with own_house.owner.connect() as connection:
        rows = [
            bytes(value) if isinstance(value, memoryview) else str(value).encode()
            for table in ("corrected_records", "watched_places", "suppressions")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
            for value in row
        ]
    assert rows
    assert not any(word.encode() in value for value in rows)


def test_what_has_no_key_is_watched_no_more(own_house: House) -> None:
    case = corrected(own_house)
    key = own_house.ring.for_owner(KeyPurpose.CASE, case)
    own_house.ring.shred(key.key_id, "test")
    assert watched(own_house) == []


def test_other_systems_see_other_records(own_house: House) -> None:
    corrected(own_house)
    assert list(own_house.room.watches.corrected("stripe")) == []
    items: list[Item] = [one.item for one in watched(own_house)]
    assert items == [planned(1).item]
