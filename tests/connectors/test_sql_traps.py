"""What real databases do to an engine that locates and erases; the five failures of the peer among them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from domain.connector import EffectKind
from domain.errors import Refused
from domain.identifiers import IdentifierKind, identifier
from domain.item import Item, Subject
from domain.outcomes import Outcome
from domain.rights import Verb
from tests.connectors.conftest import Shop
from tests.connectors.shop import batch, customer, order


def located(shop: Shop, subject: Subject) -> dict[str, Item]:
    """Items by `table:key`."""
    return {
        f"{item.found.table}:{','.join(str(v) for k, v in item.locator.items() if not k.startswith('$'))}": item
        for item in shop.connector.locate(subject).items
    }


def carry_out(shop: Shop, *items: Item, verb: Verb = Verb.ERASE) -> list[EffectKind]:
    told = batch(*(order(item) for item in items), verb=verb)
    return [effect.kind for effect in shop.connector.apply(told, shop.connector.foresee(told))]


def test_finds_what_belongs_to_one_person_and_only_that(shop: Shop) -> None:
    assert sorted(located(shop, customer(1))) == [
        "addresses:1", "comments:1", "comments:2", "comments:4", "comments:5", "customers:T1,1",
        "events:1", "events:2", "folders:1", "folders:2", "folders:3", "newsletter:kira@example.com",
        "orders:1", "orders:2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "numbers"),
    [("KIRA@example.com", [1]), ("kira@example.co", []), ("twins@example.com", [4, 5])],
)
def test_an_address_is_matched_whole_and_nobody_is_guessed(
    shop: Shop, given: str, numbers: list[int]
) -> None:
    found = shop.connector.resolve((identifier(IdentifierKind.EMAIL, given),), "")
    assert [candidate.locator["no"] for candidate in found] == numbers
    assert len({candidate.same_as for candidate in found}) == len(numbers)


def test_a_number_that_begins_a_longer_one_is_another_number(shop: Shop) -> None:
    found = shop.connector.resolve((identifier(IdentifierKind.PHONE, "+66812345678"),), "")
    assert [candidate.locator["no"] for candidate in found] == [1]


def test_a_shared_address_stays_with_the_other_person(shop: Shop) -> None:
    items = located(shop, customer(1))
    before = shop.all()
    address = items["addresses:1"]
    assert address.found.shared
    assert not address.found.obstacle
    carry_out(shop, address, items["customers:T1,1"])
    now = shop.all()
    assert now["customers:T1,1"]["address_id"] is None
    assert {key: row for key, row in now.items() if key != "customers:T1,1"} == {
        key: row for key, row in before.items() if key != "customers:T1,1"
    }
    assert "addresses:1" not in located(shop, customer(1))


def test_not_null_and_unique_columns_get_surrogates_and_a_retry_finds_them(shop: Shop) -> None:
    first, second = located(shop, customer(1)), located(shop, customer(2))
    told = batch(order(first["customers:T1,1"]))
    foreseen = shop.connector.foresee(told)
    assert [effect.kind for effect in shop.connector.apply(told, foreseen)] == [EffectKind.DONE]
    assert [effect.kind for effect in shop.connector.apply(told, foreseen)] == [EffectKind.ALREADY]
    assert carry_out(shop, second["customers:T1,2"]) == [EffectKind.DONE]
    now = shop.all()
    mails = {str(now[f"customers:T1,{no}"]["email"]) for no in (1, 2)}
    assert len(mails) == 2
    assert all(mail.endswith("@erased.invalid") for mail in mails)
    assert now["customers:T1,1"]["name"] == "erased"


def test_what_somebody_else_hangs_on_a_row_is_no_reason_to_take_it_along(shop: Shop) -> None:
    items = located(shop, customer(1))
    obstacles = {key: item.found.obstacle for key, item in items.items() if item.found.obstacle}
    assert obstacles == {"comments:2": "cascade-beyond-plan", "comments:5": "cascade-beyond-plan"}
    before = shop.all()
    for key in obstacles:
        told = batch(order(items[key]), order(items["comments:1"]), order(items["comments:4"]))
        with pytest.raises(Refused) as refused:
            shop.connector.foresee(told)
        assert refused.value.code == "cascade-beyond-plan"
        assert refused.value.facts["table"] == "comments"
    assert shop.all() == before


def test_rows_that_refer_to_each_other_go_together(shop: Shop) -> None:
    items = located(shop, customer(1))
    keys = ("comments:1", "comments:4", "folders:1", "folders:2", "folders:3")
    before = shop.all()
    assert set(carry_out(shop, *(items[key] for key in keys))) == {EffectKind.DONE}
    assert shop.all() == {key: row for key, row in before.items() if key not in keys}


def test_the_payer_s_link_goes_and_the_customer_s_order_stays(shop: Shop) -> None:
    paid = located(shop, customer(1))["orders:2"]
    assert paid.found.shared
    before = shop.all()
    carry_out(shop, paid)
    now = shop.all()
    assert now.pop("orders:2") == {**before.pop("orders:2"), "payer_no": None, "payer_tenant": None}
    assert now == before


def test_the_customer_s_link_that_may_not_be_null_is_refused_by_name(shop: Shop) -> None:
    bought = located(shop, customer(2))["orders:2"]
    with pytest.raises(Refused) as refused:
        shop.connector.foresee(batch(order(bought)))
    assert refused.value.code == "link-not-nullable"
    assert refused.value.facts["table"] == "orders"


def test_an_identifier_of_another_person_is_not_followed(shop: Shop) -> None:
    found = located(shop, customer(3, "kira@example.com", "xkira@example.com"))
    assert not [key for key in found if key.startswith("newsletter")]


def test_an_identifier_of_several_persons_is_asked_about(shop: Shop) -> None:
    found = located(shop, customer(4))
    letter = found["newsletter:twins@example.com"].found
    assert letter.obstacle == "identifier-of-several"
    assert {key for key, item in found.items() if item.found.unsure} == {"newsletter:twins@example.com"}
    assert not any(item.found.unsure for item in located(shop, customer(1)).values())


def test_who_is_gone_is_still_named_by_what_was_left(shop: Shop) -> None:
    """The proof searches after the person's own row went: what names its key is a leftover all the same."""
    before = located(shop, customer(1))
    with shop.engine.begin() as connection:
        if shop.engine.dialect.name == "postgresql":
            connection.execute(sa.text("alter table customers drop constraint customers_pkey cascade"))
        connection.execute(sa.text("delete from customers where tenant = 'T1' and no = 1"))
    left = located(shop, customer(1))
    assert sorted(left) == [
        "comments:1", "comments:2", "comments:4", "comments:5", "events:2", "orders:1", "orders:2",
    ]  # fmt: skip
    assert {key: item.content_hash for key, item in left.items()} == {
        key: before[key].content_hash for key in left
    }
    assert located(shop, customer(99)) == {}


def test_a_row_that_something_kept_refers_to_is_refused_and_nothing_is_half_done(shop: Shop) -> None:
    items = located(shop, customer(1))
    before = shop.all()
    told = batch(order(items["customers:T1,1"], Outcome.ERASE), order(items["events:1"]))
    with pytest.raises(Refused) as refused:
        shop.connector.foresee(told)
    assert refused.value.code == "foreign-key-refuses"
    assert shop.all() == before


def test_a_value_that_a_check_forbids_is_refused_before_the_first_write(shop: Shop) -> None:
    item = located(shop, customer(1))["customers:T1,1"]
    told = batch(order(item, Outcome.CORRECT, level="platinum"), verb=Verb.CORRECT)
    with pytest.raises(Refused) as refused:
        shop.connector.foresee(told)
    assert refused.value.code == "check-refuses"
    assert "platinum" not in f"{refused.value} {refused.value.facts}"


def test_a_trigger_that_writes_along_is_noticed(shop: Shop) -> None:
    if shop.engine.dialect.name != "postgresql":
        pytest.skip("written for PostgreSQL")
    with shop.engine.begin() as connection:
        connection.execute(
            sa.text(
                "create function stamp() returns trigger language plpgsql as"
                " $$ begin new.backup_email = clock_timestamp()::text; return new; end $$"
            )
        )
        connection.execute(
            sa.text("create trigger t before update on customers for each row execute function stamp()")
        )
    item = located(shop, customer(1))["customers:T1,1"]
    told = batch(order(item))
    foreseen = shop.connector.foresee(told)
    before = shop.all()
    with pytest.raises(Refused, match="outcome not as foreseen"):
        shop.connector.apply(told, foreseen)
    assert shop.all() == before


def test_comes_back_after_the_database_was_restarted(shop: Shop) -> None:
    if shop.engine.dialect.name != "postgresql":
        pytest.skip("a file does not restart")
    before = located(shop, customer(1))
    with shop.engine.connect() as connection:
        connection.execute(
            sa.text(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        )
    assert located(shop, customer(1)) == before
