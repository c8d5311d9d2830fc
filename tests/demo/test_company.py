from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import (
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError

from demo import cast, scenarios
from demo.cast import SCENARIOS
from demo.columns import Category, HeldAs
from demo.company import build, drop, rows
from demo.oracle import rows_of
from demo.people import PEOPLE
from demo.people import rows_of as fixture
from demo.scenarios import Scenario
from demo.schema import OPERATOR_TENANT_ID, metadata
from domain.errors import Conflict
from domain.outcomes import Outcome

T = metadata.tables
RESERVED = re.compile(r"(.+\.)?example(\.com|\.org|\.net)?|.+\.test")
DOCUMENTATION_IPS = ("192.0.2.", "198.51.100.", "203.0.113.")

EXPECTED = {
    "former-customer": {
        "users": 1, "addresses": 1, "user_profile_history": 1, "subscriptions": 1, "invoices": 2,
        "invoice_lines": 2, "payments": 2, "transfer_slips": 2, "tickets": 2, "ticket_messages": 5,
        "ticket_attachments": 1, "login_events": 3, "page_views": 4, "cookie_consents": 1, "consents": 1,
    },
    "active-customer": {
        "users": 1, "addresses": 1, "sessions": 1, "subscriptions": 1, "invoices": 3, "invoice_lines": 3,
        "payments": 3, "transfer_slips": 1, "tickets": 1, "ticket_messages": 2, "login_events": 4,
        "page_views": 4, "cookie_consents": 1, "consents": 1,
    },
    "lead": {"contacts": 1, "activities": 1, "notes": 1, "email_messages": 1, "consents": 1},
    "shared-address": {"users": 1, "addresses": 1, "login_events": 1, "page_views": 1, "cookie_consents": 1},
    "shared-address-other": {"users": 1, "addresses": 1, "subscriptions": 1, "login_events": 1},
    "tenant-contact": {"contacts": 1, "deals": 1, "activities": 1, "notes": 1, "email_messages": 1},
    "same-email": {"users": 2, "addresses": 2},
    "both-roles": {"users": 1, "addresses": 1, "login_events": 1, "contacts": 1, "notes": 1},
    "unknown": {},
    "subscriber": {
        "users": 1, "addresses": 1, "login_events": 2, "page_views": 2, "cookie_consents": 1, "consents": 1,
    },
    "misspelt": {
        "users": 1, "addresses": 1, "invoices": 1, "invoice_lines": 1, "payments": 1, "transfer_slips": 1,
        "tickets": 1, "ticket_messages": 2,
    },
    "withdrawer": {"contacts": 1, "activities": 1, "notes": 1, "email_messages": 1, "consents": 1},
    "changes-mind": {"users": 1, "addresses": 1, "login_events": 1, "page_views": 3},
}  # fmt: skip


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'crm.db'}")
    build(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def postgresql(database: Callable[[], str]) -> Iterator[Engine]:
    engine = create_engine(database())
    build(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def crm(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.getfixturevalue(request.param)
    return engine


@pytest.fixture
def connection(crm: Engine) -> Iterator[Connection]:
    """Whatever a test does to the company is undone after it."""
    with crm.connect() as opened:
        if crm.dialect.name == "sqlite":
            opened.exec_driver_sql("PRAGMA foreign_keys = ON")
            opened.exec_driver_sql("BEGIN")
        yield opened
        opened.rollback()


def count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def digest(engine: Engine) -> str:
    """One hash over every value of every row, binary ones too."""
    running = sha256()
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table).order_by(*table.primary_key)):
                running.update(repr(tuple(row)).encode())
    return running.hexdigest()


def test_every_row_of_the_book_is_in_the_database(connection: Connection) -> None:
    made = rows()
    assert len(T) >= 18
    assert all(made.values())
    assert {name: count(connection, table) for name, table in T.items()} == {
        name: len(listed) for name, listed in made.items()
    }


def test_there_are_three_hundred_people(connection: Connection) -> None:
    accounts = count(connection, T["users"])
    contacts = connection.execute(
        text("select count(*) from contacts where merged_into_id is null")
    ).scalar_one()
    in_both = len(scenarios.BOTH_ROLES.contact_ids)
    assert accounts + contacts - in_both == PEOPLE == 300


def test_names_are_many_and_romanised() -> None:
    given, surnames = fixture("given_names"), fixture("surnames")
    assert len({row["th"] for row in given}) >= 60
    assert len({row["th"] for row in surnames}) >= 60
    for row in given + surnames:
        assert re.fullmatch(r"[\u0e00-\u0e7f]+", row["th"])
        assert re.fullmatch(r"[A-Z][a-z-]+", row["en"])


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = []
    for number, seed in enumerate((2569, 2569, 2570)):
        engine = create_engine(f"sqlite:///{tmp_path / str(number)}.db")
        build(engine, seed)
        digests.append(digest(engine))
        engine.dispose()
    assert digests[0] == digests[1] != digests[2]


def test_no_seed_changes_the_story() -> None:
    def told(seed: int) -> list[dict[str, object]]:
        return [row for listed in rows(seed).values() for row in listed if 101 <= row.get("id", 0) < 1001]

    assert told(1) == told(2)
    assert len(told(1)) > 50


def test_a_second_build_is_refused_and_changes_nothing(crm: Engine) -> None:
    before = digest(crm)
    with pytest.raises(Conflict) as caught:
        build(crm, 1)
    assert caught.value.code == "demo-already-there"
    assert digest(crm) == before


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_a_build_that_fails_leaves_nothing(
    kind: str, tmp_path: Path, database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(database() if kind == "postgresql" else f"sqlite:///{tmp_path / 'half.db'}")
    broken = rows()
    broken["transfer_slips"][-1]["payment_id"] = 999_999
    monkeypatch.setattr("demo.company._written", lambda _seed: broken)
    with pytest.raises(IntegrityError):
        build(engine)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_drop_removes_the_company_and_nothing_else(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    with engine.begin() as opened:
        opened.execute(text("create table somebody_elses (id integer primary key)"))
    build(engine)
    drop(engine)
    assert inspect(engine).get_table_names() == ["somebody_elses"]
    engine.dispose()


def test_new_rows_are_numbered_after_the_loaded_ones(connection: Connection) -> None:
    table = T["user_profile_history"]
    highest = connection.execute(select(func.max(table.c.id))).scalar_one()
    connection.execute(
        text(
            "insert into user_profile_history (user_id, field, changed_at)"
            " values (101, 'phone', '2026-11-22 00:00:00')"
        )
    )
    assert connection.execute(select(func.max(table.c.id))).scalar_one() == highest + 1


def test_the_policys_categories_are_all_there_with_rows(connection: Connection) -> None:
    filled = {
        category for table in T.values() if count(connection, table) for category in table.info["categories"]
    }
    assert filled == set(Category)
    held = {table.name: table.info["held_as"] for table in T.values()}
    assert {name for name, role in held.items() if role is HeldAs.BY_TENANT} == {
        "companies", "contacts", "deals", "activities", "notes", "email_messages",
    }  # fmt: skip
    assert {name for name, role in held.items() if role is HeldAs.NOT_PERSONAL} == {"plans", "purposes"}


def texts(connection: Connection) -> Iterator[tuple[str, str]]:
    for table in T.values():
        for column in table.columns:
            if isinstance(column.type, String):
                for value in connection.execute(select(column).where(column.is_not(None))).scalars():
                    yield f"{table.name}.{column.name}", value
            elif isinstance(column.type, LargeBinary) and table.name == "ticket_attachments":
                for content in connection.execute(select(column)).scalars():
                    yield f"{table.name}.{column.name}", content.decode("utf-8-sig")


def test_no_address_could_reach_anybody(connection: Connection) -> None:
    mailboxes = hosts = ips = 0
    for where, value in texts(connection):
        for host in re.findall(r"@([\w.-]*\w)", value):
            assert RESERVED.fullmatch(host.lower()), where
            mailboxes += 1
        for host in re.findall(r"https?://([\w.-]*\w)", value):
            assert RESERVED.fullmatch(host), where
            hosts += 1
        if where.endswith(".ip_address"):
            assert value.startswith(DOCUMENTATION_IPS), where
            ips += 1
    assert min(mailboxes, ips) > 500
    assert hosts > 20


def test_no_phone_number_has_a_subscriber(connection: Connection) -> None:
    import phonenumbers

    said = [value for where, value in texts(connection) if where.endswith(".phone")]
    for value in said:
        number = phonenumbers.parse(value, "TH")
        assert phonenumbers.is_possible_number(number)
        assert not phonenumbers.is_valid_number(number)
    assert len(said) >= PEOPLE - len(scenarios.BOTH_ROLES.people)


def test_no_number_of_thirteen_digits_has_a_right_check_digit(connection: Connection) -> None:
    found = {digits for _, value in texts(connection) for digits in re.findall(r"\b\d{13}\b", value)}
    assert found
    for digits in found:
        weighted = sum(
            int(digit) * weight for digit, weight in zip(digits[:12], range(13, 1, -1), strict=True)
        )
        assert (11 - weighted % 11) % 10 != int(digits[12])


def test_slips_are_pictures_of_payments_by_transfer(connection: Connection) -> None:
    slips = connection.execute(select(T["transfer_slips"])).mappings().all()
    by_transfer = connection.execute(
        text("select count(*) from payments where method <> 'card'")
    ).scalar_one()
    assert len(slips) == by_transfer
    assert len({slip["sha256"] for slip in slips}) == len(slips)
    for slip in slips:
        assert sha256(slip["image"]).hexdigest() == slip["sha256"]
        assert len(slip["image"]) < 5_000
        with Image.open(BytesIO(slip["image"])) as picture:
            assert picture.format == "PNG"
            # Ink and paper: a slip that was drawn is neither blank nor black.
            black, white = picture.convert("L").histogram()[0], picture.convert("L").histogram()[255]
            assert white > black > 500


def test_nothing_is_later_than_the_day_the_company_looks_as_it_does(connection: Connection) -> None:
    for table in T.values():
        for column in table.columns:
            if column.name in {
                "issued_on",
                "paid_on",
                "vat_filed_on",
                "opened_at",
                "viewed_at",
                "happened_at",
            }:
                latest = connection.execute(select(func.max(column))).scalar_one()
                assert str(latest)[:10] <= "2026-11-22", column


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (
            "update users set email = 'PIMCHANOK@kadluang.example', tenant_id = 12 where id = 104",
            "tenant_email",
        ),
        ("update users set email = null where id = 101", "null"),
        ("update users set status = 'gone' where id = 101", "users_status_ck"),
        ("update invoices set total = total + 1 where id = 102", "invoices_total_ck"),
        ("update invoices set billed_user_id = null where id = 102", "null"),
        ("update payments set amount = -1 where id = 102", "payments_amount_ck"),
        ("update consents set contact_id = 101 where user_id = 101", "consents_one_person_ck"),
        ("update contacts set email = null, phone = null where id = 101", "contacts_reachable_ck"),
        ("update tenants set status = 'active' where id = 11", "tenants_closed_has_end_ck"),
        ("update tenants set is_operator = true where id = 11", "is_operator"),
        ("update subscriptions set card_last4 = '42' where user_id = 102", "subscriptions_card_last4_ck"),
        ("update email_suppressions set email = upper(email)", "email_suppressions_email_lower_ck"),
        ("delete from users where id = 101", "foreign key"),
        ("delete from invoices where id = 102", "foreign key"),
        ("delete from contacts where id = 102", "foreign key"),
    ],
)
def test_constraints_hold(connection: Connection, statement: str, why: str) -> None:
    if connection.dialect.name == "sqlite" and why in {"tenant_email", "is_operator"}:
        statement = statement.replace("PIMCHANOK", "pimchanok")
        why = "unique"
    with pytest.raises(IntegrityError) as caught:
        connection.execute(text(statement))
    assert why in str(caught.value.orig).lower()


@pytest.mark.parametrize(
    ("statement", "gone"),
    [
        ("delete from payments where id = 102", {"payments": 1, "transfer_slips": 1}),
        ("delete from tickets where id = 102", {"tickets": 1, "ticket_messages": 3, "ticket_attachments": 1}),
    ],
)
def test_a_delete_takes_what_hangs_on_it(
    connection: Connection, statement: str, gone: dict[str, int]
) -> None:
    before = {name: count(connection, table) for name, table in T.items()}
    connection.execute(text(statement))
    after = {name: count(connection, table) for name, table in T.items()}
    assert {name: before[name] - after[name] for name in T if before[name] != after[name]} == gone


def test_some_tables_carry_a_restriction_and_some_do_not() -> None:
    carrying = {name for name, table in T.items() if "processing_restricted" in table.columns}
    assert carrying == {"users", "contacts", "tickets"}


def test_money_is_exact(connection: Connection) -> None:
    table = T["invoices"]
    said = connection.execute(select(table.c.subtotal, table.c.vat, table.c.total)).all()
    for subtotal, vat, total in said:
        assert isinstance(total, Decimal)
        assert total == subtotal + vat
        assert vat == (subtotal * Decimal("0.07")).quantize(Decimal("0.01"))
    paid = connection.execute(
        select(T["payments"].c.amount, table.c.total).join(table, table.c.id == T["payments"].c.invoice_id)
    ).all()
    assert all(amount == total for amount, total in paid)
    assert len(paid) > 50


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.key)
def test_the_oracle_finds_what_the_scenario_counts(connection: Connection, scenario: Scenario) -> None:
    found = rows_of(connection, scenario.user_ids, scenario.contact_ids)
    assert {table: len(keys) for table, keys in found.items()} == EXPECTED[scenario.key]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.key)
def test_an_email_leads_to_the_accounts_and_contacts_of_its_scenario(
    connection: Connection, scenario: Scenario
) -> None:
    for table, ids in (("users", scenario.user_ids), ("contacts", scenario.contact_ids)):
        found = connection.execute(
            text(f"select id, full_name_th from {table} where lower(email) = :email order by id"),
            {"email": scenario.email},
        ).all()
        assert tuple(row[0] for row in found) == ids
        assert {row[1] for row in found} <= {person.full_name_th for person in scenario.people}


@pytest.mark.parametrize(
    "scenario",
    [who for who in SCENARIOS if who.fates and who is not cast.CHANGES_MIND],  # who asks for less in the end
    ids=lambda scenario: scenario.key,
)
def test_every_row_of_a_scenario_has_one_fate(connection: Connection, scenario: Scenario) -> None:
    found = rows_of(connection, scenario.user_ids, scenario.contact_ids)
    assert {fate.table for fate in scenario.fates} == set(found)
    for table, keys in found.items():
        fates = [fate for fate in scenario.fates if fate.table == table]
        if fates[0].ids is None:
            assert len(fates) == 1
        else:
            said = [each for fate in fates for each in fate.ids or ()]
            assert sorted(said) == sorted(int(str(key[0])) for key in keys)


@pytest.mark.parametrize("scenario", [who for who in SCENARIOS if who.becomes], ids=lambda who: who.key)
def test_a_row_that_changes_is_the_persons_own(connection: Connection, scenario: Scenario) -> None:
    found = rows_of(connection, scenario.user_ids, scenario.contact_ids)
    for one in scenario.becomes:
        there = one.key in found.get(one.table, set())
        assert there != one.new, one.table
        assert set(one.values) | set(one.is_set) <= set(T[one.table].columns.keys())


def test_an_accounting_hold_ends_seven_years_after_the_year_closed(connection: Connection) -> None:
    held = 0
    for scenario in SCENARIOS:
        for fate in scenario.fates:
            if fate.table != "invoices":
                continue
            for invoice_id in fate.ids or ():
                issued = connection.execute(
                    select(T["invoices"].c.issued_on).where(T["invoices"].c.id == invoice_id)
                ).scalar_one()
                last_day = date(issued.year + 7, 12, 31)
                lapsed = last_day < date(2026, 11, 22)
                assert fate.outcome is (Outcome.ERASE if lapsed else Outcome.HOLD)
                assert fate.until == (None if lapsed else last_day)
                held += not lapsed
    assert held == 4


def test_the_former_customers_papers_are_as_told(connection: Connection) -> None:
    invoices = connection.execute(
        select(T["invoices"].c.issued_on, T["invoices"].c.vat_filed_on)
        .where(T["invoices"].c.billed_user_id == 101)
        .order_by(T["invoices"].c.id)
    ).all()
    assert [tuple(row) for row in invoices] == [
        (date(2018, 5, 17), date(2018, 6, 15)),
        (date(2022, 3, 14), date(2022, 4, 18)),
    ]
    ended = select(T["tenants"].c.service_ended_on).where(T["tenants"].c.id == scenarios.FORMER_TENANT)
    assert connection.execute(ended).scalar_one() == date(2026, 6, 30)
    last = select(func.max(T["login_events"].c.happened_at)).where(T["login_events"].c.user_id == 101)
    assert str(connection.execute(last).scalar_one())[:10] <= "2026-06-30"


def test_two_people_share_one_address_row(connection: Connection) -> None:
    shared = rows_of(connection, scenarios.SHARED_ADDRESS.user_ids, ())["addresses"]
    assert shared == rows_of(connection, scenarios.SHARED_ADDRESS_OTHER.user_ids, ())["addresses"]
    assert len(shared) == 1


def test_the_person_in_a_tenants_crm_is_nowhere_else(connection: Connection) -> None:
    scenario = scenarios.TENANT_CONTACT
    tenants = set(
        connection.execute(
            select(T["contacts"].c.tenant_id).where(T["contacts"].c.email == scenario.email)
        ).scalars()
    )
    assert tenants == {scenarios.ACTIVE_TENANT}
    assert scenarios.ACTIVE_TENANT != OPERATOR_TENANT_ID
    naming = {where for where, value in texts(connection) if scenario.email in value}
    assert naming == {"contacts.email", "email_messages.to_address"}


def test_the_schema_reads_back_without_a_warning(crm: Engine) -> None:
    found = MetaData()
    found.reflect(crm)
    assert set(found.tables) == set(T)
    for name, table in T.items():
        assert {column.name for column in found.tables[name].columns} == {
            column.name for column in table.columns
        }
