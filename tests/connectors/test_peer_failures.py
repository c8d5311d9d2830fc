"""The five failures of the best open peer, on a schema that has what each of them needs: none of them happens here."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.datamap_read import load_map
from connectors.sql import SqlConnector
from domain.connector import EffectKind
from domain.errors import DataMapInvalid, Refused
from domain.outcomes import Outcome
from tests.connectors.conftest import Shop
from tests.connectors.shop import MAP, batch, customer, order
from tests.connectors.test_sql_traps import carry_out, located


def changed(shop: Shop, tmp_path: Path, old: str, new: str) -> SqlConnector:
    """The shop under a map with one mistake."""
    text = MAP.read_text("utf-8")
    assert old in text
    file = tmp_path / "mistaken.map.yaml"
    file.write_text(text.replace(old, new, 1), "utf-8")
    return SqlConnector("shop", shop.url, load_map(file))


def test_one_customer_s_erasure_leaves_the_address_of_another_as_it_is(shop: Shop) -> None:
    items, before = located(shop, customer(1)), shop.all()
    carry_out(shop, items["addresses:1"], items["customers:T1,1"])
    now = shop.all()
    assert now["addresses:1"] == before["addresses:1"]
    assert now["customers:T1,2"] == before["customers:T1,2"]


def test_a_column_that_refuses_stops_all_of_it_and_the_retry_finds_the_person(shop: Shop) -> None:
    items, before = located(shop, customer(1)), shop.all()
    told = batch(*(order(items[key]) for key in ("customers:T1,1", "comments:2")))  # the second cannot go
    with pytest.raises(Refused):
        shop.connector.foresee(told)
    assert shop.all() == before  # no e-mail was nulled on the way
    assert located(shop, customer(1)).keys() == items.keys()
    assert carry_out(shop, items["customers:T1,1"]) == [EffectKind.DONE]


def test_a_column_that_nobody_described_refuses_the_map_and_is_no_complete_erasure(
    shop: Shop, tmp_path: Path
) -> None:
    mistaken = changed(
        shop,
        tmp_path,
        "      backup_email: {label: [อีเมลสำรอง, Second e-mail], identifier: email, anonymise: clear}\n",
        "",
    )
    with pytest.raises(DataMapInvalid) as refused:
        mistaken.locate(customer(1))
    mistaken.close()
    assert refused.value.code == "column-unclassified"
    assert (refused.value.facts["table"], refused.value.facts["column"]) == ("customers", "backup_email")


def test_a_primary_key_is_never_cleared(shop: Shop, tmp_path: Path) -> None:
    mistaken = changed(
        shop,
        tmp_path,
        "no: {kind: key, label: [เลขที่, Number]}",
        "no: {kind: key, label: [เลขที่, Number], anonymise: clear}",
    )
    with pytest.raises(DataMapInvalid) as refused:
        mistaken.check()
    mistaken.close()
    assert (refused.value.code, refused.value.facts["column"]) == ("key-cannot-change", "no")


def test_a_package_holds_nobody_else_s_address(shop: Shop) -> None:
    """Whoever worked on others' rows gets their own: of the payer's order the row, and no customer with it."""
    items = [item for item in located(shop, customer(1)).values() if not item.found.unsure]
    told = " ".join(str(record.values) for record in shop.connector.copy(iter(items))).lower()
    assert "kira@example.com" in told
    for other in ("noi@example.com", "xkira@example.com", "twin-a@example.com", "twins@example.com"):
        assert other not in told
    assert Outcome.ERASE in {item.found.on_erase for item in items}
