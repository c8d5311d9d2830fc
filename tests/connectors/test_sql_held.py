"""What no law needs of a row that must be kept: told, taken out of it and of nothing else, once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from domain.connector import EffectKind
from domain.errors import Refused
from domain.item import Item
from domain.outcomes import Outcome
from tests.connectors.conftest import Shop
from tests.connectors.shop import batch, customer, open_shop, order
from tests.connectors.test_datamap import both, edited, swap
from tests.connectors.test_sql_traps import located

EXTRA = swap("[อื่น ๆ, Further]", "{label: [อื่น ๆ, Further], held: erase}")
LEVEL = swap(
    "[ระดับ, Level], anonymise: {fixed: none}", "[ระดับ, Level], held: erase, anonymise: {fixed: none}"
)
KIRA = customer(1, "kira@example.com")


@pytest.fixture
def held(shop: Shop, tmp_path: Path) -> Iterator[Shop]:
    """The shop, whose orders and customers have columns that no law needs."""
    connector = open_shop(shop.url, edited(tmp_path, both(EXTRA, LEVEL)))
    connector.check()
    with shop.engine.begin() as connection:
        connection.exec_driver_sql('update orders set extra = \'{"note": "call me"}\' where id = 1')
        connection.exec_driver_sql("update orders set extra = null where id = 2")
        connection.exec_driver_sql("update customers set level = 'gold' where no = 1")
    with closing(connector):
        yield replace(shop, connector=connector)


def clear(shop: Shop, item: Item) -> list[EffectKind]:
    told = batch(order(item, Outcome.CLEAR))
    return [effect.kind for effect in shop.connector.apply(told, shop.connector.foresee(told))]


def test_it_is_told_of_rows_in_which_something_stands(held: Shop, shop: Shop) -> None:
    found = located(held, KIRA)
    assert found["orders:1"].found.unneeded == ("extra",)
    assert found["customers:T1,1"].found.unneeded == ("level",)
    assert found["orders:2"].found.unneeded == ()
    # Where the map says nothing of the kind, all of a row is needed.
    assert {item.found.unneeded for item in located(shop, KIRA).values()} == {()}


@pytest.mark.parametrize(
    ("key", "column", "gone"), [("orders:1", "extra", None), ("customers:T1,1", "level", "none")]
)
def test_it_goes_and_the_rest_stays_as_it_is(held: Shop, key: str, column: str, gone: object) -> None:
    item, before = located(held, KIRA)[key], held.all()
    assert clear(held, item) == [EffectKind.DONE]
    after = held.all()
    assert after.pop(key) == {**before.pop(key), column: gone}
    assert after == before
    again = located(held, KIRA)[key]
    assert again.found.unneeded == ()
    assert clear(held, again) == [EffectKind.ALREADY]


def test_one_that_changed_since_is_left_alone(held: Shop) -> None:
    item = located(held, KIRA)["orders:1"]
    told = batch(order(item, Outcome.CLEAR))
    intended = held.connector.foresee(told)
    with held.engine.begin() as connection:
        connection.exec_driver_sql("update orders set total = 99 where id = 1")
    before = held.all()
    assert [one.kind for one in held.connector.apply(told, intended)] == [EffectKind.DRIFTED]
    assert held.all() == before


def test_what_the_database_refuses_is_known_before_the_first_write(held: Shop) -> None:
    """A CHECK that no map knows of."""
    item, before = located(held, KIRA)["customers:T1,1"], held.all()
    with held.engine.begin() as connection:
        if held.engine.dialect.name == "sqlite":
            connection.exec_driver_sql(
                "create trigger no before update on customers when new.level = 'none'"
                " begin select raise(abort, 'no'); end"
            )
        else:
            connection.exec_driver_sql("alter table customers add check (no <> 1 or level = 'gold')")
    with pytest.raises(Refused):
        held.connector.foresee(batch(order(item, Outcome.CLEAR)))
    assert held.all() == before
