"""A system that is spoken to over a network: limited, broken, slow, or heard and not answered; each once, and no more."""

from __future__ import annotations

import pytest

from domain.connector import EffectKind
from domain.errors import RateLimited, Unavailable
from tests.contract.test_contract import erasing, kinds, located
from tests.contract.world import Fault, World


@pytest.fixture(params=list(Fault))
def fault(request: pytest.FixtureRequest, world: World) -> Fault:
    chosen: Fault = request.param
    if chosen not in world.faults:
        pytest.skip("cannot be brought about here; `cut` shows a lost connection")
    return chosen


def test_a_look_that_fails_is_tried_again_and_says_nothing_of_anybody(world: World, fault: Fault) -> None:
    items = located(world.connector, world.subject)
    batch = erasing(items)
    for look in (
        lambda: world.connector.resolve(world.subject.identifiers, ""),
        lambda: world.connector.locate(world.subject),
        lambda: world.connector.scan(world.subject),
        lambda: world.connector.observe(batch),
        lambda: list(world.connector.copy(iter(items))),
    ):
        with world.failing(fault), pytest.raises(Unavailable) as failed:
            look()
        assert isinstance(failed.value, RateLimited) is (fault is Fault.LIMITED)
        told = f"{failed.value!r} {failed.value} {failed.value.facts} {failed.value.__cause__!r}"
        assert not [one.value for one in world.subject.identifiers if one.value in told]
    assert located(world.connector, world.subject) == items


def test_a_limit_says_when_to_come_back(world: World) -> None:
    if Fault.LIMITED not in world.faults:
        pytest.skip("has no limits")
    with world.failing(Fault.LIMITED), pytest.raises(RateLimited) as limited:
        world.connector.locate(world.subject)
    assert limited.value.retry_after > 0


def test_an_effect_that_fails_is_done_once_by_the_retry(world: World, fault: Fault) -> None:
    others = world.others()
    batch = erasing(located(world.connector, world.subject))
    intended = world.connector.foresee(batch)
    with world.failing(fault), pytest.raises(Unavailable):
        world.connector.apply(batch, intended)
    effects = world.reopened().apply(batch, intended)
    assert kinds(effects) <= {EffectKind.DONE, EffectKind.ALREADY}
    assert [effect.achieved for effect in effects] == [order.outcome for order in batch.orders]
    assert world.connector.observe(batch) == intended
    assert world.others() == others
