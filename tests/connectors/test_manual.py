"""People as a system, where the contract's clerk would not go: nobody answers, something changed, a map is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.manual import ManualConnector
from connectors.manual_map import load_manual_map
from connectors.registry import open_connectors
from domain.connector import EffectKind
from domain.errands import Answer, Asks, Result
from domain.errors import DataMapInvalid, Refused
from domain.identifiers import IdentifierKind, identifier
from domain.item import Subject
from tests.contract.conftest import office
from tests.contract.manual_world import MAP, SYSTEM, ManualWorld, Office
from tests.contract.test_contract import erasing, located

__all__ = ["office"]


@pytest.fixture
def world(office: Office, tmp_path: Path) -> Iterator[ManualWorld]:
    made = ManualWorld(office, tmp_path)
    yield made
    made.close()


def parked(connector: ManualConnector, subject: Subject) -> str:
    with pytest.raises(Refused) as refused:
        connector.locate(subject)
    return refused.value.code


def test_nobody_answers_and_it_parks_until_somebody_does(world: ManualWorld) -> None:
    world.clerk.away = True
    assert [parked(world.connector, world.subject) for _ in range(3)] == ["people-asked"] * 3
    [errand] = world.clerk.of(world.subject.case, SYSTEM)
    assert errand.question.identifiers == world.subject.identifiers
    world.clerk.answer(errand)
    assert len(located(world.connector, world.subject)) == 24


def test_nothing_counts_as_destroyed_before_somebody_showed_it(world: ManualWorld) -> None:
    items = located(world.connector, world.subject)
    batch = erasing(items)
    foreseen = world.connector.foresee(batch)
    world.clerk.away = True
    with pytest.raises(Refused, match="people asked"):
        world.connector.apply(batch, foreseen)
    assert located(world.connector, world.subject) == items
    [errand] = [one for one in world.clerk.of(world.subject.case, SYSTEM) if one.answer is None]
    world.clerk.answer(errand)
    assert {one.kind for one in world.connector.apply(batch, foreseen)} == {EffectKind.ALREADY}
    assert located(world.connector, world.subject) == []


def test_what_is_tried_anew_under_another_key_is_asked_once(world: ManualWorld) -> None:
    batch = erasing(located(world.connector, world.subject))
    foreseen = world.connector.foresee(batch)
    world.clerk.away = True
    for day in range(3):  # what comes due after a hold is tried every night
        with pytest.raises(Refused, match="people asked"):
            world.connector.apply(batch.model_copy(update={"key": f"{batch.key}-{day}"}), foreseen)
    assert len([one for one in world.clerk.of(world.subject.case, SYSTEM) if one.answer is None]) == 1


def test_what_people_found_changed_is_left_and_planned_again(world: ManualWorld, office: Office) -> None:
    items = located(world.connector, world.subject)[:2]
    batch = erasing(items)
    foreseen = world.connector.foresee(batch)
    world.clerk.away = True
    with pytest.raises(Refused):
        world.connector.apply(batch, foreseen)
    [errand] = [one for one in world.clerk.of(world.subject.case, SYSTEM) if one.answer is None]
    results = dict.fromkeys((one.ref for one in errand.question.records), Result.CHANGED)
    office.room.errands.answer(errand.id, Answer(results=results), actor=office.owner)
    effects = world.connector.apply(batch, foreseen)
    assert [(one.kind, one.achieved) for one in effects] == [(EffectKind.DRIFTED, None)] * 2
    now = located(world.connector, world.subject)[:2]
    assert [one.locator for one in now] == [one.locator for one in items]
    assert all(new.content_hash != old.content_hash for new, old in zip(now, items, strict=True))
    world.clerk.away = False
    again = erasing(now)
    assert {one.kind for one in world.connector.apply(again, foreseen)} == {EffectKind.DONE}


def test_who_becomes_known_by_more_is_looked_for_again_and_each_record_once(world: ManualWorld) -> None:
    first = located(world.connector, world.subject)
    phone = identifier(IdentifierKind.PHONE, "081-234-5678")
    more = world.subject.model_copy(update={"identifiers": (*world.subject.identifiers, phone)})
    assert located(world.connector, more) == first
    assert [one.asks for one in world.clerk.asked] == [Asks.FIND, Asks.FIND]
    assert located(world.connector, more) == first
    assert len(world.clerk.asked) == 2


def test_what_was_found_by_an_address_that_is_not_surely_hers_is_not_hers(world: ManualWorld) -> None:
    his = identifier(IdentifierKind.EMAIL, "somchai.rakdee@example.com")
    both = world.subject.model_copy(update={"identifiers": (*world.subject.identifiers, his)})
    assert len(located(world.connector, both)) == 48
    assert len(located(world.connector, world.subject)) == 24


def test_copies_are_what_people_scanned(world: ManualWorld) -> None:
    items = located(world.connector, world.subject)
    records = list(world.connector.copy(iter(items)))
    copied = [one for one in records if one.files]
    assert {one.table for one in copied} == {"personnel_file"}
    assert b"".join(world.connector.open(copied[0].files[0])).startswith(b"%PDF")
    assert copied[0].files[0].path in str(copied[0].values["file"])
    list(world.connector.copy(iter(items)))
    assert [one.asks for one in world.clerk.asked] == [Asks.FIND, Asks.COPY]


def test_nobody_is_asked_without_a_case(world: ManualWorld) -> None:
    alone = world.subject.model_copy(update={"case": ""})
    assert parked(world.connector, alone) == "people-asked-for-a-case-only"
    assert located(world.connector, world.subject.model_copy(update={"tenant": "t-1"})) == []
    assert located(world.connector, world.subject.model_copy(update={"identifiers": ()})) == []
    assert world.clerk.asked == []


def test_a_question_s_key_tells_nobody_s_address(world: ManualWorld) -> None:
    located(world.connector, world.subject)
    [errand] = world.clerk.of(world.subject.case, SYSTEM)
    desk = world.connector._desk
    other = ManualConnector(SYSTEM, load_manual_map(SYSTEM, MAP), desk, secret=b"t" * 32)
    more = world.subject.model_copy(update={"case": world._office.case()})
    other.locate(more)
    [second] = world.clerk.of(more.case, SYSTEM)
    assert errand.question == second.question
    assert errand.key != second.key


def test_the_owner_is_seen_to(world: ManualWorld) -> None:
    world.connector.check()
    with pytest.raises(Refused, match="nobody to ask"):
        world.refused().check()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("within_days: 7", "within_days: 0", "not-so-many-days"),
        ("within_days: 7", "within_days: x", "not-so-many-days"),
        ("within_days: 7", "within_days: 7\nmail: nowhere", "not-an-address"),
        ("[ฝ่ายบุคคล, Human resources]", "[ฝ่ายบุคคล]", "not-two-languages"),
        ("on_erase: erase", "on_erase: anonymise", "unknown-word"),
        ("basis: contract", "basis: habit", "unknown-word"),
        ("source: person", "source: nobody", "unknown-word"),
        ("unit: U01", "unitt: U01", "unknown-key"),
        ("  find: ", "  seek: ", "unknown-key"),
    ],
)
def test_a_map_that_breaks_its_rules_is_named_by_its_line(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    text = MAP.read_text("utf-8")
    assert old in text
    file = tmp_path / "archive.map.yaml"
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(DataMapInvalid) as refused:
        load_manual_map(SYSTEM, file)
    assert refused.value.code == code
    assert refused.value.facts["line"]


def test_a_stanza_opens_it_and_without_a_desk_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "archive.map.yaml").write_text(MAP.read_text("utf-8"), "utf-8")
    systems = tmp_path / "systems.yaml"
    systems.write_text("systems:\n  - {name: archive, kind: manual, map: archive.map.yaml}\n", "utf-8")
    connector = open_connectors(systems, {})["archive"]
    assert [table.name for table in connector.describe()] == ["personnel_file", "call"]
    with pytest.raises(Refused, match="people asked for a case only"):
        connector.check()
