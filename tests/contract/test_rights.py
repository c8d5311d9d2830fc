"""What every connector must do for the rights beside copy and erasure: restrict, resume, stop, correct, suppress."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from domain.connector import ABSENT, Batch, Capability, Connector, EffectKind, FieldRole, Foreseen, Order
from domain.errors import CapabilityMissing, Refused, Unavailable
from domain.identifiers import IdentifierKind, identifier
from domain.item import Item, Subject
from domain.outcomes import Outcome
from domain.rights import Verb
from tests.contract.test_contract import erasing, kinds, located
from tests.contract.world import World

AT = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)

Change = Callable[[World, list[Item]], Batch]


def told(items: list[Item], verb: Verb, outcome: Outcome) -> Batch:
    orders = tuple(order.model_copy(update={"outcome": outcome}) for order in erasing(items).orders)
    return Batch(key=f"c1:fulfilling:system:{verb}:1", verb=verb, orders=orders, at=AT)


def restricting(_world: World, items: list[Item]) -> Batch:
    return told([item for item in items if item.found.restrictable], Verb.RESTRICT, Outcome.RESTRICT)


def stopping(_world: World, items: list[Item]) -> Batch:
    return told([item for item in items if item.found.restrictable], Verb.STOP, Outcome.STOP)


def withdrawing(_world: World, items: list[Item]) -> Batch:
    return told([item for item in items if item.found.consent], Verb.STOP, Outcome.STOP)


def correcting(world: World, items: list[Item]) -> Batch:
    asked = world.corrections.keys()
    here = [item for item in items if asked & set(item.found.fields) and not item.found.issued]
    batch = told(here, Verb.CORRECT, Outcome.CORRECT)
    orders = tuple(order.model_copy(update={"values": world.corrections}) for order in batch.orders)
    return batch.model_copy(update={"orders": orders})


CHANGES: list[Change] = [restricting, stopping, withdrawing, correcting]


@pytest.fixture(params=CHANGES, ids=lambda change: change.__name__)
def change(request: pytest.FixtureRequest, world: World) -> Change:
    made: Change = request.param
    needed = Capability(made(world, []).verb)
    if needed not in world.connector.capabilities:
        pytest.skip(f"does not claim to {needed}")
    if made is stopping and Capability.RESTRICT not in world.connector.capabilities:
        pytest.skip("stops consents only: what is none is kept from use by the register")
    return made


def before(batch: Batch) -> tuple[Foreseen, ...]:
    return tuple(Foreseen(no=order.no, hash_after=order.hash_before) for order in batch.orders)


def carry_out(connector: Connector, batch: Batch) -> set[EffectKind]:
    effects = connector.apply(batch, connector.foresee(batch))
    done = [order.outcome for order in batch.orders]
    assert [effect.achieved for effect in effects] == done
    return kinds(effects)


def test_changes_what_it_foresaw_and_nothing_of_anybody_else(world: World, change: Change) -> None:
    items = located(world.connector, world.subject)
    others = world.others()
    batch = change(world, items)
    assert len(batch.orders) > 1
    foreseen = world.connector.foresee(batch)
    assert world.reopened().foresee(batch) == foreseen
    assert located(world.connector, world.subject) == items
    assert not {one.hash_after for one in foreseen} & {ABSENT, *(order.hash_before for order in batch.orders)}
    assert kinds(world.connector.apply(batch, foreseen)) == {EffectKind.DONE}
    assert world.reopened().observe(batch) == foreseen
    assert world.others() == others
    told_of = {order.no for order in batch.orders}
    now = located(world.connector, world.subject)
    assert [item for item in now if item.found.no not in told_of] == [
        item for item in items if item.found.no not in told_of
    ]


def test_a_change_twice_is_one_effect(world: World, change: Change) -> None:
    batch = change(world, located(world.connector, world.subject))
    intended = world.connector.foresee(batch)
    world.connector.apply(batch, intended)
    once = located(world.connector, world.subject)
    revived = world.reopened()
    revived.foresee(batch)  # killed between effect and receipt: the retry asks again, the first intent holds
    assert kinds(revived.apply(batch, intended)) == {EffectKind.ALREADY}
    assert located(world.connector, world.subject) == once


def test_what_is_so_already_is_foreseen_as_it_stands(world: World, change: Change) -> None:
    first = change(world, located(world.connector, world.subject))
    assert carry_out(world.connector, first) == {EffectKind.DONE}
    once = located(world.connector, world.subject)
    again = change(world, once).model_copy(update={"key": "c2:fulfilling:system:1", "at": AT.replace(hour=9)})
    assert len(again.orders) == len(first.orders)
    assert world.connector.foresee(again) == before(again)
    assert carry_out(world.connector, again) == {EffectKind.ALREADY}
    assert located(world.connector, world.subject) == once


def test_what_drifted_is_not_changed(world: World, change: Change) -> None:
    batch = change(world, items := located(world.connector, world.subject))
    # What hangs on the record that is moved would move it too.
    apart = tuple(one for one in batch.orders if one.table != world.many)
    batch = batch.model_copy(update={"orders": apart})
    moved = next(item for item in items if item.found.no == batch.orders[0].no)
    world.touch(moved)
    drifted = world.connector.observe(batch)[0]
    effects = world.connector.apply(batch, world.connector.foresee(batch))
    assert [effect.kind for effect in effects] == [EffectKind.DRIFTED] + [EffectKind.DONE] * (
        len(effects) - 1
    )
    assert effects[0].achieved is None
    assert world.connector.observe(batch)[0] == drifted


def test_what_is_gone_needs_no_change(world: World, change: Change) -> None:
    items = located(world.connector, world.subject)
    batch = change(world, items)
    erased = erasing(items)
    world.connector.apply(erased, world.connector.foresee(erased))
    gone = {item.found.no for item in items if item.found.on_erase is Outcome.ERASE}
    effects = world.connector.apply(batch, world.connector.foresee(batch))
    assert {effect.kind for effect in effects if effect.no in gone} == {EffectKind.ALREADY}


def test_of_an_unknown_person_there_is_nothing_to_change(world: World, change: Change) -> None:
    batch = change(
        world, located(world.connector, Subject(identifiers=(world.stranger,), case=world.subject.case))
    )
    assert batch.orders == ()
    assert world.connector.foresee(batch) == ()
    assert world.connector.apply(batch, ()) == ()


def test_a_change_that_breaks_half_way_leaves_nothing_half_done(world: World, change: Change) -> None:
    items = located(world.connector, world.subject)
    batch = change(world, items)
    foreseen = world.connector.foresee(batch)
    with world.cut(after=1), pytest.raises(Unavailable):
        world.connector.apply(batch, foreseen)
    assert not world.transactional or located(world.connector, world.subject) == items
    done_by_now = set() if world.transactional else {EffectKind.ALREADY}
    assert kinds(world.connector.apply(batch, foreseen)) == {EffectKind.DONE} | done_by_now
    assert world.reopened().observe(batch) == foreseen


def test_who_may_not_write_changes_nothing(world: World, change: Change) -> None:
    batch = change(world, located(world.connector, world.subject))
    with pytest.raises(Refused) as refused:
        world.refused().apply(batch, world.connector.foresee(batch))
    assert refused.value.code in {"credentials-refused", "database-read-only", "nobody-to-ask"}
    assert world.connector.observe(batch) == before(batch)


@pytest.mark.parametrize("suspend", [restricting, stopping])
def test_resuming_restores_exactly(world: World, suspend: Change) -> None:
    if Capability.RESUME not in world.connector.capabilities:
        pytest.skip("has no place for a restriction; the register blocks use instead")
    items = located(world.connector, world.subject)
    first = suspend(world, items)
    assert carry_out(world.connector, first) == {EffectKind.DONE}
    back = suspend(world, located(world.connector, world.subject))
    back = back.model_copy(update={"verb": Verb.RESUME, "key": "c1:resuming:system:resume:1"})
    assert carry_out(world.connector, back) == {EffectKind.DONE}
    assert located(world.connector, world.subject) == items
    assert world.connector.foresee(back.model_copy(update={"orders": first.orders})) == before(first)


def test_no_place_for_a_restriction_is_told(world: World) -> None:
    items = [item for item in located(world.connector, world.subject) if not item.found.restrictable]
    plain = [item for item in items if not item.found.consent]
    assert plain
    for verb, outcome, item in (
        (Verb.RESTRICT, Outcome.RESTRICT, items[0]),
        (Verb.RESUME, Outcome.RESTRICT, items[0]),
        (Verb.STOP, Outcome.STOP, plain[0]),
    ):
        with pytest.raises(CapabilityMissing):
            world.connector.foresee(told([item], verb, outcome))


def test_an_order_that_is_none_of_the_verb_s_is_refused(world: World) -> None:
    suspending = {Outcome.RESTRICT, Outcome.STOP}
    fitting = {
        Verb.CORRECT: {Outcome.CORRECT},
        Verb.ERASE: {Outcome.ERASE, Outcome.DESTROY, Outcome.ANONYMISE, Outcome.DETACH, Outcome.CLEAR},
        Verb.RESTRICT: suspending,
        Verb.RESUME: suspending,
        Verb.STOP: {Outcome.STOP},
    }
    items = located(world.connector, world.subject)[:1]
    for verb in Verb:
        for outcome in set(Outcome) - fitting.get(verb, set()):
            with pytest.raises(Refused):
                world.connector.foresee(told(items, verb, outcome))


def test_a_withdrawal_ends_a_consent(world: World) -> None:
    if Capability.STOP not in world.connector.capabilities:
        pytest.skip("knows no consents")
    items = located(world.connector, world.subject)
    consents = [item.found.consent for item in items if item.found.consent]
    assert {one.stands for one in consents} == {True}
    assert {one.marketing for one in consents} == {True, False}
    carry_out(world.connector, withdrawing(world, items))
    now = [item.found.consent for item in located(world.connector, world.subject) if item.found.consent]
    assert now == [one.model_copy(update={"stands": False}) for one in consents]


def test_a_withdrawal_bears_an_instant(world: World) -> None:
    batch = withdrawing(world, located(world.connector, world.subject))
    if not batch.orders:
        pytest.skip("knows no consents")
    with pytest.raises(Refused, match="stop without instant"):
        world.connector.foresee(batch.model_copy(update={"at": None}))


def test_says_which_fields_stand_where(world: World) -> None:
    known = world.connector.fields()
    assert set(known.values()) <= set(FieldRole)
    assert world.corrections.keys() <= known.keys()
    found = [item.found for item in located(world.connector, world.subject)]
    assert {field for one in found for field in one.fields} <= known.keys()


def correctable(world: World) -> None:
    if Capability.CORRECT not in world.connector.capabilities:
        pytest.skip("has no field to correct")


def test_a_correction_of_other_fields_leaves_a_record_alone(world: World) -> None:
    correctable(world)
    batch = correcting(world, located(world.connector, world.subject))
    elsewhere = {"values": {"unheard-of": "x"}}
    orders = tuple(order.model_copy(update=elsewhere) for order in batch.orders)
    other = batch.model_copy(update={"orders": orders})
    assert world.connector.foresee(other) == before(other)
    assert kinds(world.connector.apply(other, before(other))) == {EffectKind.ALREADY}


def test_a_value_of_another_kind_does_not_fit(world: World) -> None:
    correctable(world)
    batch = correcting(world, located(world.connector, world.subject))
    for wrong in ({"told": "secret"}, "secret" * 200):
        values = {"values": dict.fromkeys(world.corrections, wrong)}
        orders: tuple[Order, ...] = tuple(order.model_copy(update=values) for order in batch.orders)
        with pytest.raises(Refused) as refused:
            world.connector.foresee(batch.model_copy(update={"orders": orders}))
        assert refused.value.code == "value-does-not-fit"
        assert "secret" not in f"{refused.value} {refused.value.facts}"


def suppressing(world: World) -> None:
    if Capability.STOP not in world.connector.capabilities:
        pytest.skip("has no list of suppressions")


def test_keeps_anybody_s_address_from_marketing_once(world: World) -> None:
    suppressing(world)
    others, listed = world.others(), world.suppressed()
    phone = identifier(IdentifierKind.PHONE, "069-000-2018")
    given = (world.stranger, *world.subject.identifiers, phone, world.stranger)
    fresh = [one.value for one in (world.stranger, *world.subject.identifiers)]
    assert not set(fresh) & set(listed)
    for connector in (world.connector, world.connector, world.reopened()):
        assert connector.stop(given, AT) == len(fresh)
        assert sorted(world.suppressed()) == sorted([*listed, *fresh])
    now = world.others()
    assert len([place for place in others if now[place] != others[place]]) == 1  # the list itself
    assert located(world.connector, Subject(identifiers=(phone,))) == []


def test_who_stands_in_the_list_already_is_counted_and_left_as_they_are(world: World) -> None:
    suppressing(world)
    others, listed = world.others(), world.suppressed()
    there = tuple(identifier(IdentifierKind.EMAIL, address) for address in listed)
    assert len(there) > 1
    assert world.connector.stop(there, AT) == len(there)
    assert world.connector.stop((), AT) == 0
    assert world.others() == others


def test_a_list_is_entered_whole_or_not_at_all(world: World) -> None:
    suppressing(world)
    listed = world.suppressed()
    given = (world.stranger, *world.subject.identifiers)
    with world.cut(after=1), pytest.raises(Unavailable):
        world.connector.stop(given, AT)
    assert world.suppressed() == listed
    with pytest.raises(Refused):
        world.refused().stop(given, AT)
    assert world.connector.stop(given, AT) == len(given)
