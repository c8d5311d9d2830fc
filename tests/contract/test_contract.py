"""What every connector must do, whatever it connects to (`domain.connector`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from domain.connector import ABSENT, Batch, Capability, Connector, Effect, EffectKind, Foreseen, Order, Roll
from domain.errors import BadInput, CapabilityMissing, Refused, Unavailable
from domain.item import Item, Subject
from domain.outcomes import Outcome
from domain.rights import Verb
from tests.contract.world import World


def located(connector: Connector, subject: Subject) -> list[Item]:
    items: list[Item] = []
    cursor = ""
    while True:
        page = connector.locate(subject, cursor)
        items += page.items
        cursor = page.cursor
        if not cursor:
            return items


def erasing(items: list[Item]) -> Batch:
    """All of them in one batch, as the data map says that each is erased."""
    orders = tuple(
        Order(
            no=item.found.no,
            table=item.found.table,
            locator=item.locator,
            outcome=item.found.on_erase,
            hash_before=item.content_hash,
        )
        for item in items
    )
    return Batch(key="c1:fulfilling:system:erase:1", verb=Verb.ERASE, orders=orders)


def kinds(effects: tuple[Effect, ...]) -> set[EffectKind]:
    return {effect.kind for effect in effects}


def claims(world: World, capability: Capability) -> bool:
    return capability in world.connector.capabilities


def test_knows_nobody_by_a_stranger_s_address(world: World) -> None:
    nobody = Subject(identifiers=(world.stranger,), case=world.subject.case)
    assert located(world.connector, nobody) == []
    if claims(world, Capability.RESOLVE):
        assert world.connector.resolve((world.stranger,), "") == ()
    if claims(world, Capability.SCAN):
        assert world.connector.scan(nobody) == ()


def test_what_it_never_claimed_is_refused_and_no_silent_nothing(world: World) -> None:
    unclaimed: dict[Capability, Callable[[], object]] = {
        Capability.RESOLVE: lambda: world.connector.resolve((world.stranger,), ""),
        Capability.SCAN: lambda: world.connector.scan(world.subject),
        Capability.STOP: lambda: world.connector.stop((world.stranger,), datetime(2026, 11, 22, tzinfo=UTC)),
    }
    for capability, ask in unclaimed.items():
        if not claims(world, capability):
            with pytest.raises(CapabilityMissing):
                ask()


def test_resolves_the_person_with_addresses_on_file(world: World) -> None:
    if not claims(world, Capability.RESOLVE):
        pytest.skip("knows no persons")
    (candidate,) = world.connector.resolve(world.subject.identifiers, "")
    assert candidate.locator == world.subject.anchors[world.connector.name][0]
    assert set(world.subject.identifiers) <= set(candidate.addresses)


def test_lists_everybody_once_and_nobody_who_was_erased(world: World) -> None:
    connector = world.connector
    if not isinstance(connector, Roll):
        pytest.skip("cannot list everybody")
    (candidate,) = connector.resolve(world.subject.identifiers, "")
    before = list(connector.everybody())
    assert len({str(sorted(one.locator.items())) for one in before}) == len(before) > 1
    [mine] = [one for one in before if one.locator == candidate.locator]
    assert mine.addresses == candidate.addresses
    assert [one.locator for one in connector.everybody(mine.addresses)] == [mine.locator]
    assert list(connector.everybody((world.stranger,))) == []
    batch = erasing(located(connector, world.subject))
    connector.apply(batch, connector.foresee(batch))
    known = {address for one in connector.everybody() for address in one.addresses}
    assert not known & set(mine.addresses)


def test_locates_each_record_once_and_numbers_them(world: World) -> None:
    items = located(world.connector, world.subject)
    places = [(item.found.table, tuple(sorted(item.locator.items()))) for item in items]
    assert len(items) > 20
    assert len(set(places)) == len(places)
    assert [item.found.no for item in items] == list(range(1, len(items) + 1))
    assert all(item.content_hash != ABSENT for item in items)
    # What a manifest keeps of it is all of it: a look before acting compares the two.
    assert [Item.model_validate_json(item.model_dump_json()) for item in items] == items


def test_goes_on_from_any_cursor_even_in_another_process(world: World) -> None:
    whole = located(world.connector, world.subject)
    cursor, seen = "", 0
    while True:
        page = world.connector.locate(world.subject, cursor)
        again = world.reopened().locate(world.subject, cursor)
        assert again == page
        assert list(page.items) == whole[seen : seen + len(page.items)]
        seen += len(page.items)
        if not page.cursor:
            break
        cursor = page.cursor
    assert seen == len(whole)


def test_refuses_a_cursor_that_it_did_not_write(world: World) -> None:
    with pytest.raises(BadInput):
        world.connector.locate(world.subject, "bm9uc2Vuc2U=")


def test_copies_in_order_with_what_is_withheld_named(world: World) -> None:
    items = located(world.connector, world.subject)
    records = list(world.connector.copy(iter(items)))
    assert [record.no for record in records] == [item.found.no for item in items]
    described = {
        table.name: {column.name for column in table.columns} for table in world.connector.describe()
    }
    for record in records:
        assert set(record.values) | set(record.withheld) <= described[record.table]
        assert not set(record.values) & set(record.withheld)
    assert any(record.withheld for record in records) is world.withholds


def test_scan_finds_identifiers_that_were_not_given(world: World) -> None:
    if not claims(world, Capability.SCAN):
        pytest.skip("reads no contents")
    found = world.connector.scan(world.subject)
    assert found
    assert not set(found) & set(world.subject.identifiers)


def test_foresees_without_writing(world: World) -> None:
    items = located(world.connector, world.subject)
    before = world.others()
    batch = erasing(items)
    first, second = world.connector.foresee(batch), world.reopened().foresee(batch)
    assert first == second
    assert located(world.connector, world.subject) == items
    assert world.others() == before
    after = {one.no: one.hash_after for one in first}
    erased = [order.no for order in batch.orders if order.outcome is Outcome.ERASE]
    assert erased
    assert all(after[no] == ABSENT for no in erased)


def test_observes_what_stands_without_writing(world: World) -> None:
    items = located(world.connector, world.subject)
    before = world.others()
    batch = erasing(items)
    planned = tuple(Foreseen(no=item.found.no, hash_after=item.content_hash) for item in items)
    assert world.connector.observe(batch) == planned
    assert located(world.connector, world.subject) == items
    intended = world.connector.foresee(batch)
    world.connector.apply(batch, intended)
    assert world.reopened().observe(batch) == intended
    assert ABSENT in {one.hash_after for one in intended}
    assert world.others() == before


def test_observes_what_somebody_changed(world: World) -> None:
    items = [item for item in located(world.connector, world.subject) if item.found.table == world.movable]
    world.touch(items[0])
    observed = {one.no: one.hash_after for one in world.connector.observe(erasing(items))}
    moved = [item for item in items if observed[item.found.no] != item.content_hash]
    assert moved == items[:1]
    assert observed[items[0].found.no] != ABSENT


def test_erases_all_of_the_person_and_nothing_of_anybody_else(world: World) -> None:
    before = world.others()
    batch = erasing(located(world.connector, world.subject))
    effects = world.connector.apply(batch, world.connector.foresee(batch))
    assert kinds(effects) == {EffectKind.DONE}
    assert [effect.achieved for effect in effects] == [order.outcome for order in batch.orders]
    assert world.others() == before
    if claims(world, Capability.RESOLVE):
        assert world.connector.resolve(world.subject.identifiers, "") == ()
    kept = [item.found.on_erase for item in located(world.connector, world.subject)]
    assert Outcome.ERASE not in kept


def test_twice_under_one_key_is_one_effect(world: World) -> None:
    batch = erasing(located(world.connector, world.subject))
    foreseen = world.connector.foresee(batch)
    world.connector.apply(batch, foreseen)
    once = located(world.connector, world.subject)
    effects = world.connector.apply(batch, foreseen)
    assert kinds(effects) == {EffectKind.ALREADY}
    assert [effect.achieved for effect in effects] == [order.outcome for order in batch.orders]
    assert located(world.connector, world.subject) == once


def test_killed_between_effect_and_receipt_is_one_effect(world: World) -> None:
    batch = erasing(located(world.connector, world.subject))
    intended = world.connector.foresee(batch)
    world.connector.apply(batch, intended)
    revived = world.reopened()
    revived.foresee(batch)  # the retry asks again, and is given the first intent by the register
    assert kinds(revived.apply(batch, intended)) == {EffectKind.ALREADY}


def test_what_changed_since_the_plan_is_left_alone(world: World) -> None:
    items = located(world.connector, world.subject)
    moved = next(item for item in items if item.found.table == world.movable)
    batch = erasing([moved, *(item for item in items if item.found.table == world.many)])
    world.touch(moved)
    effects = {one.no: one for one in world.connector.apply(batch, world.connector.foresee(batch))}
    assert effects[moved.found.no].kind is EffectKind.DRIFTED
    assert effects[moved.found.no].achieved is None
    assert {one.kind for no, one in effects.items() if no != moved.found.no} == {EffectKind.DONE}
    left = [item.found.table for item in located(world.connector, world.subject)]
    assert world.movable in left
    assert world.many not in left


def test_what_vanished_since_the_plan_counts_as_done(world: World) -> None:
    items = [item for item in located(world.connector, world.subject) if item.found.table == world.many]
    first, second = erasing(items[:1]), erasing(items)
    world.connector.apply(first, world.connector.foresee(first))
    effects = world.connector.apply(second, world.connector.foresee(second))
    assert [effect.kind for effect in effects[:2]] == [EffectKind.ALREADY, EffectKind.DONE]


def test_an_intent_of_another_batch_is_refused(world: World) -> None:
    batch = erasing(located(world.connector, world.subject))
    with pytest.raises(Refused):
        world.connector.apply(batch, (Foreseen(no=1, hash_after=ABSENT),))


def test_connection_lost_half_way_leaves_nothing_half_done(world: World) -> None:
    items, others = located(world.connector, world.subject), world.others()
    batch = erasing(items)
    foreseen = world.connector.foresee(batch)
    with world.cut(), pytest.raises(Unavailable):
        world.connector.apply(batch, foreseen)
    assert not world.transactional or located(world.connector, world.subject) == items
    done_by_now = set() if world.transactional else {EffectKind.ALREADY}
    effects = world.connector.apply(batch, foreseen)
    assert kinds(effects) == {EffectKind.DONE} | done_by_now
    assert [effect.achieved for effect in effects] == [order.outcome for order in batch.orders]
    assert world.reopened().observe(batch) == foreseen
    assert world.others() == others


def test_refused_credentials_park_the_system(world: World) -> None:
    batch = erasing(located(world.connector, world.subject))
    with pytest.raises(Refused) as refused:
        world.refused().foresee(batch)
    assert refused.value.code in {"credentials-refused", "database-read-only", "nobody-to-ask"}
    assert "not-its-password" not in repr(refused.value.facts)
