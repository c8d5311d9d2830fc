"""What only a database can do to the rights beside copy and erasure: odd types, constraints, two at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.datamap import ColumnMap, DataMap, Kind
from connectors.datamap_read import load_map
from connectors.sql import SqlConnector
from domain.connector import Batch, Capability, EffectKind, FieldRole
from domain.errors import CapabilityMissing, Refused
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Consent, Item
from domain.outcomes import Outcome
from domain.rights import Verb
from tests.connectors.conftest import Shop
from tests.connectors.shop import MAP, SYSTEM, batch, customer, open_shop, order
from tests.connectors.test_sql_traps import located

AT = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)  # the 22nd in Bangkok
KIRA, LETTER = "customers:T1,1", "newsletter:kira@example.com"


def email(text: str) -> Identifier:
    return identifier(IdentifierKind.EMAIL, text)


def stopping(*items: Item) -> Batch:
    told = batch(*(order(item, Outcome.STOP) for item in items), verb=Verb.STOP)
    return told.model_copy(update={"at": AT})


def correcting(item: Item, **values: Any) -> Batch:
    return batch(order(item, Outcome.CORRECT, **values), verb=Verb.CORRECT)


def carry_out(shop: Shop, told: Batch) -> list[EffectKind]:
    return [one.kind for one in shop.connector.apply(told, shop.connector.foresee(told))]


@contextmanager
def written(engine: sa.Engine) -> Iterator[list[str]]:
    """The statements that write, while it lasts."""
    seen: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", see)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", see)


def test_fields_are_told_without_the_database() -> None:
    with closing(open_shop("postgresql://nobody@127.0.0.1:1/nothing")) as connector:
        assert connector.fields() == {
            "name": FieldRole.RECORD,
            "level": FieldRole.COPY,
            "street": FieldRole.RECORD,
            "total": FieldRole.COPY,
        }
        assert Capability.STOP in connector.capabilities


def test_a_located_row_says_what_may_be_corrected_in_it(shop: Shop) -> None:
    told = {key: item.found for key, item in located(shop, customer(1)).items()}
    fields = {key.partition(":")[0]: found.fields for key, found in told.items() if found.fields}
    assert fields == {"customers": ("name", "level"), "addresses": ("street",), "orders": ("total",)}
    assert {key.partition(":")[0] for key, found in told.items() if found.issued} == {"orders"}
    assert {key for key, found in told.items() if found.restrictable} == {KIRA}
    consents = {key: found.consent for key, found in told.items() if found.consent}
    assert consents == {LETTER: Consent(purpose="newsletter", stands=True, marketing=True)}


def test_a_correction_goes_to_the_columns_of_its_fields(shop: Shop) -> None:
    before = shop.all()
    told = correcting(located(shop, customer(1))[KIRA], name="Kyra", level="none", street="3 ถนนพระราม 4")
    assert carry_out(shop, told) == [EffectKind.DONE]
    assert shop.all() == {**before, KIRA: {**before[KIRA], "name": "Kyra", "level": "none"}}


def test_what_is_right_already_is_not_even_written(shop: Shop) -> None:
    told = correcting(located(shop, customer(1))[KIRA], name="Kira", level="gold")
    with written(shop.connector._engine) as statements:
        assert carry_out(shop, told) == [EffectKind.ALREADY]
    assert statements == []
    with written(shop.connector._engine) as statements:
        carry_out(shop, correcting(located(shop, customer(1))[KIRA], name="Kira", level="none"))
    assert [one for one in statements if "name" in one.partition("WHERE")[0]] == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"level": "platinum"}, "check-refuses"),
        ({"name": "platinum and more"}, "value-does-not-fit"),
        ({"name": 7}, "value-does-not-fit"),
        ({"name": ["platinum"]}, "value-does-not-fit"),
        ({"name": None}, "not-null-refuses"),
    ],
)
def test_a_value_that_the_column_does_not_take_is_refused_before_the_first_write(
    shop: Shop, values: dict[str, Any], code: str
) -> None:
    before = shop.all()
    told = correcting(located(shop, customer(1))[KIRA], **values)
    with pytest.raises(Refused) as refused:
        shop.connector.foresee(told)
    assert refused.value.code == code
    assert "platinum" not in f"{refused.value} {refused.value.facts}"
    assert shop.all() == before


def test_an_issued_document_is_never_edited(shop: Shop) -> None:
    with pytest.raises(Refused, match="issued document") as refused:
        shop.connector.foresee(correcting(located(shop, customer(1))["orders:1"], total="11.00"))
    assert refused.value.facts["table"] == "orders"


def test_a_withdrawal_is_of_the_day_in_bangkok_and_of_the_first_time(shop: Shop) -> None:
    before = shop.all()
    item = located(shop, customer(1))[LETTER]
    assert carry_out(shop, stopping(item)) == [EffectKind.DONE]
    assert shop.all() == {**before, LETTER: {**before[LETTER], "left_on": "2026-11-22"}}
    again = stopping(located(shop, customer(1))[LETTER])
    again = again.model_copy(update={"at": AT.replace(year=2027)})
    with written(shop.connector._engine) as statements:
        assert carry_out(shop, again) == [EffectKind.ALREADY]
    assert statements == []


def test_what_is_no_consent_is_stopped_by_its_restriction(shop: Shop) -> None:
    items = located(shop, customer(1))
    told = batch(order(items[KIRA], Outcome.STOP), verb=Verb.STOP)  # and bears no instant
    assert carry_out(shop, told) == [EffectKind.DONE]
    assert shop.all()[KIRA]["restricted"] is True
    with pytest.raises(CapabilityMissing):
        shop.connector.foresee(stopping(items["comments:1"]))
    with pytest.raises(CapabilityMissing):
        shop.connector.foresee(batch(order(items[LETTER], Outcome.RESTRICT), verb=Verb.RESTRICT))


def without(
    datamap: DataMap, *, consent: bool = True, suppressions: bool = True, flag: bool = True
) -> DataMap:
    def column(one: ColumnMap) -> ColumnMap:
        return replace(one, kind=Kind.KEY) if one.kind is Kind.RESTRICTION and not flag else one

    tables = {
        name: replace(
            table,
            consent=table.consent if consent else None,
            columns={each: column(one) for each, one in table.columns.items()},
        )
        for name, table in datamap.tables.items()
    }
    return replace(datamap, tables=tables, suppressions=datamap.suppressions if suppressions else ())


@pytest.mark.parametrize(
    ("left", "claims", "stops_rows"),
    [
        ({"consent": False, "suppressions": False, "flag": False}, set(), False),
        ({"consent": False, "suppressions": False}, {"restrict", "resume"}, True),
        ({"consent": False, "flag": False}, {"stop"}, True),
        ({"suppressions": False, "flag": False}, {"stop"}, True),
    ],
)
def test_claims_no_more_than_the_map_names(
    shop: Shop, left: dict[str, bool], claims: set[str], *, stops_rows: bool
) -> None:
    datamap = without(load_map(MAP), **left)
    with closing(SqlConnector(SYSTEM, shop.url, datamap)) as connector:
        optional = {Capability.RESTRICT, Capability.RESUME, Capability.STOP}
        assert connector.capabilities & optional == claims
        # Before anybody is searched for: which consents are marketing, and whom its lists can name.
        assert connector.marketing() == ({"newsletter"} if left.get("consent", True) else frozenset())
        assert connector.suppresses() == ({IdentifierKind.EMAIL} if datamap.suppressions else frozenset())
        nothing = Batch(key="k", verb=Verb.STOP, orders=())
        if stops_rows:
            assert connector.foresee(nothing) == ()
        for verb in (Verb.STOP, Verb.RESTRICT, Verb.RESUME):
            if verb not in claims and not (verb is Verb.STOP and stops_rows):
                with pytest.raises(CapabilityMissing):
                    connector.foresee(Batch(key="k", verb=verb, orders=()))
                with pytest.raises(CapabilityMissing):
                    connector.apply(Batch(key="k", verb=verb, orders=()), ())
        if not datamap.suppressions:
            with pytest.raises(CapabilityMissing):
                connector.stop((email("kira@example.com"),), AT)


def listed(shop: Shop) -> list[tuple[Any, ...]]:
    with shop.engine.connect() as connection:
        query = sa.text("select address, channel, why, entered_at, by from not_to_write_to order by id")
        return [(*row[:3], str(row[3])[:19], row[4]) for row in connection.execute(query)]


def test_an_address_is_entered_in_its_normal_form_with_what_the_list_needs(shop: Shop) -> None:
    given = (email("Somebody@Example.com"), identifier(IdentifierKind.NAME, "Somebody"))
    assert shop.connector.stop(given, AT) == 1
    assert listed(shop) == [("somebody@example.com", "mail", "objected", "2026-11-21 18:30:00", "sitthi")]


def test_another_entry_of_the_address_counts_only_for_the_same_list(shop: Shop) -> None:
    with shop.engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into not_to_write_to (address, channel, why) values"
                " ('a@example.com', 'sms', 'objected'), ('b@example.com', 'mail', 'bounced')"
            )
        )
    assert shop.connector.stop((email("a@example.com"), email("b@example.com")), AT) == 2
    assert [row[:3] for row in listed(shop)] == [
        ("a@example.com", "sms", "objected"),
        ("b@example.com", "mail", "bounced"),
        ("a@example.com", "mail", "objected"),
    ]


def test_an_address_too_long_for_the_list_is_refused_without_being_told(shop: Shop) -> None:
    long = email(f"{'secret' * 7}@example.com")
    with pytest.raises(Refused) as refused:
        shop.connector.stop((email("a@example.com"), long), AT)
    assert refused.value.code == "value-does-not-fit"
    assert "secret" not in f"{refused.value} {refused.value.facts}"
    assert listed(shop) == []


def test_another_unique_column_is_no_sign_that_the_address_stands_there(shop: Shop) -> None:
    with shop.engine.begin() as connection:
        connection.execute(sa.text("create unique index only_one on not_to_write_to (why)"))
    assert shop.connector.stop((email("a@example.com"),), AT) == 1
    with pytest.raises(Refused, match="suppression not entered"):
        shop.connector.stop((email("b@example.com"),), AT)
    assert [row[0] for row in listed(shop)] == ["a@example.com"]


def test_entered_by_another_at_the_same_time_is_entered(shop: Shop) -> None:
    """The other's row is not yet visible when we look, and is there when we write."""
    if shop.engine.dialect.name != "postgresql":
        pytest.skip("one writer at a time there")
    counted: list[int] = []
    given = (email("a@example.com"), email("b@example.com"))
    ours = threading.Thread(target=lambda: counted.append(shop.connector.stop(given, AT)))
    with shop.engine.begin() as other:
        insert = (
            "insert into not_to_write_to (address, channel, why) values ('a@example.com', 'mail', 'bounced')"
        )
        other.execute(sa.text(insert))
        ours.start()
        with shop.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
            waiting = sa.text("select count(*) from pg_locks where not granted")
            while ours.is_alive() and not watch.scalar(waiting):
                pass
        assert counted == []
    ours.join(20)
    assert counted == [2]
    assert [row[:3] for row in listed(shop) if row[0] == "a@example.com"] == [
        ("a@example.com", "mail", "bounced")
    ]
    assert len(listed(shop)) == 2


def test_many_at_once_enter_an_address_once(shop: Shop) -> None:
    given = tuple(email(f"{name}@example.com") for name in "abcdefgh")
    barrier = threading.Barrier(4)
    counted: list[int] = []

    def enter(order_of: Callable[[tuple[Identifier, ...]], list[Identifier]]) -> None:
        barrier.wait(20)
        counted.append(shop.connector.stop(order_of(given), AT))

    shop.connector.check()
    threads = [
        threading.Thread(target=enter, args=(way,)) for way in (list, lambda all_: list(reversed(all_))) * 2
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert counted == [8] * 4
    assert len(listed(shop)) == 8
