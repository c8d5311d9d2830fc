"""The demonstration's map against the oracle that its database brings along, for every person in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.registry import open_connectors
from connectors.sql import SqlConnector
from demo.company import build
from demo.oracle import Rows, rows_of
from demo.scenarios import (
    ACTIVE_CUSTOMER,
    BOTH_ROLES,
    FORMER_CUSTOMER,
    LEAD,
    SAME_EMAIL,
    SHARED_ADDRESS,
    SHARED_ADDRESS_OTHER,
    TENANT_CONTACT,
)
from demo.schema import OPERATOR_TENANT_ID, metadata
from demo.stack import name_systems
from domain.identifiers import IdentifierKind, identifier
from domain.item import Basis, Consent, Item, Record, Role, Subject
from tests.contract.sql_worlds import anchored, open_demo

T = metadata.tables


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[SqlConnector, sa.Engine]]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"
    else:
        database: Callable[[], str] = request.getfixturevalue("database")
        url = database()
    engine = sa.create_engine(url)
    build(engine)
    connector = open_demo(url)
    yield connector, engine
    connector.close()
    engine.dispose()


def located(connector: SqlConnector, subject: Subject) -> Rows:
    found: Rows = {}
    for item in connector.locate(subject).items:
        key = tuple(value for column, value in item.locator.items() if not column.startswith("$"))
        found.setdefault(item.found.table, set()).add(key)
    return found


def test_every_account_is_found_whole_and_alone(demo: tuple[SqlConnector, sa.Engine]) -> None:
    connector, engine = demo
    with engine.connect() as connection:
        ids = connection.scalars(sa.select(T["users"].c.id)).all()
        expected = {number: rows_of(connection, (number,), ()) for number in ids}
    assert {number: located(connector, anchored(("users", number))) for number in ids} == expected


def test_every_contact_is_found_within_its_own_scope(demo: tuple[SqlConnector, sa.Engine]) -> None:
    connector, engine = demo
    contacts, tenants = T["contacts"], T["tenants"]
    living = sa.select(contacts.c.id, contacts.c.tenant_id, tenants.c.slug).join(tenants)
    with engine.connect() as connection:
        rows = connection.execute(living.where(contacts.c.merged_into_id.is_(None))).all()
        for number, tenant_id, slug in rows:
            merged = connection.scalars(
                sa.select(contacts.c.id).where(contacts.c.merged_into_id == number)
            ).all()
            expected = rows_of(connection, (), (number, *merged))
            own = tenant_id == OPERATOR_TENANT_ID
            if not own:  # consents and suppressions are the company's own, out of a tenant's scope
                expected.pop("consents", None)
            subject = anchored(("contacts", number), tenant="" if own else slug)
            assert located(connector, subject) == expected


def test_a_tenants_contact_is_found_only_by_who_names_the_tenant(
    demo: tuple[SqlConnector, sa.Engine],
) -> None:
    connector, _ = demo
    email = (identifier(IdentifierKind.EMAIL, TENANT_CONTACT.email),)
    assert connector.resolve(email, "") == ()
    assert connector.resolve(email, "baanmai") == ()
    (candidate,) = connector.resolve(email, "kadluang")
    subject = Subject(identifiers=email, anchors={connector.name: (candidate.locator,)}, tenant="kadluang")
    assert {item.found.role for item in connector.locate(subject).items} == {Role.PROCESSOR}


def test_a_lead_of_the_company_itself_is_its_own(demo: tuple[SqlConnector, sa.Engine]) -> None:
    connector, _ = demo
    items = connector.locate(anchored(("contacts", LEAD.contact_ids[0]))).items
    assert {item.found.role for item in items} == {Role.CONTROLLER}


def test_one_mailbox_of_two_people_is_two_candidates(demo: tuple[SqlConnector, sa.Engine]) -> None:
    connector, _ = demo
    found = connector.resolve((identifier(IdentifierKind.EMAIL, SAME_EMAIL.email),), "")
    assert [candidate.locator["id"] for candidate in found] == list(SAME_EMAIL.user_ids)
    assert {candidate.same_as for candidate in found} == {""}


def test_a_user_who_is_also_somebody_s_contact_is_one_candidate(demo: tuple[SqlConnector, sa.Engine]) -> None:
    connector, _ = demo
    (candidate,) = connector.resolve((identifier(IdentifierKind.EMAIL, BOTH_ROLES.email),), "")
    assert candidate.locator == {"$table": "users", "id": BOTH_ROLES.user_ids[0]}


def test_a_contract_is_that_of_the_person_and_not_of_who_shares_the_address(
    demo: tuple[SqlConnector, sa.Engine],
) -> None:
    connector, _ = demo
    for scenario, runs in ((SHARED_ADDRESS, False), (SHARED_ADDRESS_OTHER, True)):
        items = connector.locate(anchored(("users", scenario.user_ids[0]))).items
        (address,) = (item for item in items if item.found.table == "addresses")
        assert address.found.shared
        assert address.found.contract_open is runs


def test_documents_carry_the_dates_that_holds_count_from(demo: tuple[SqlConnector, sa.Engine]) -> None:
    connector, _ = demo
    items = connector.locate(anchored(("users", FORMER_CUSTOMER.user_ids[0]))).items
    books = [item.found for item in items if "H-BOOKS" in item.found.holds]
    assert {found.table for found in books} == {"invoices", "invoice_lines", "payments", "transfer_slips"}
    assert {found.holds for found in books} == {("H-BOOKS", "H-VAT")}
    assert {found.basis for found in books} == {Basis.LEGAL_OBLIGATION}
    days = {found.dates["document_date"] for found in books}
    assert {day.year for day in days if day} == {2018, 2022}
    logins = [item.found for item in items if item.found.table == "login_events"]
    assert {found.holds for found in logins} == {("H-CCA-T",)}
    assert all(found.dates["entered_on"] for found in logins)


def test_the_story_has_something_for_each_right(demo: tuple[SqlConnector, sa.Engine]) -> None:
    """What may be objected to, withdrawn, corrected and restricted, in the data of those who will ask for it."""
    connector, _ = demo
    cookies = Consent(purpose="cookies", stands=True)
    marketing = Consent(purpose="marketing_email", stands=True, marketing=True)
    for place, given in (
        (("users", ACTIVE_CUSTOMER.user_ids[0]), [cookies, marketing]),
        (("contacts", LEAD.contact_ids[0]), [marketing]),
    ):
        found = [item.found for item in connector.locate(anchored(place)).items]
        consents = [one.consent for one in found if one.consent]
        assert all(one.given is not None and one.given.tzinfo is UTC for one in consents)
        undated = [one.model_copy(update={"given": None}) for one in consents]
        assert sorted(undated, key=lambda one: one.purpose) == given
        assert {one.table for one in found if one.restrictable} >= {place[0]}
        (own,) = (one for one in found if one.table == place[0])
        assert own.fields == ("title", "name-th", "name-en", "phone")
    found = [item.found for item in connector.locate(anchored(("users", ACTIVE_CUSTOMER.user_ids[0]))).items]
    views = [one for one in found if one.table == "page_views"]
    assert views
    assert all(one.basis is Basis.LEGITIMATE_INTEREST and one.contract_open for one in views)
    assert {(one.table, one.fields) for one in found if one.issued} == {("invoices", ("name-th",))}


def test_secrets_never_leave(demo: tuple[SqlConnector, sa.Engine]) -> None:
    connector, _ = demo
    items = connector.locate(anchored(("users", FORMER_CUSTOMER.user_ids[0]))).items
    (user,) = (record for record in connector.copy(iter(items)) if record.table == "users")
    assert user.withheld == {"password_hash": "secret"}
    assert "password_hash" not in user.values


def test_the_systems_file_opens_it(demo: tuple[SqlConnector, sa.Engine], tmp_path: Path) -> None:
    _, engine = demo
    systems = tmp_path / "systems.yaml"
    name_systems(systems, engine.url.render_as_string(hide_password=False))
    opened = open_connectors(systems, {})
    assert list(opened) == ["siamcrm"]
    opened["siamcrm"].check()
    assert len(opened["siamcrm"].describe()) == len(T) - 4
    opened["siamcrm"]._engine.dispose()  # type: ignore[attr-defined]


def test_what_is_made_unchecked_would_pass_the_check(demo: tuple[SqlConnector, sa.Engine]) -> None:
    connector, _ = demo
    for scenario in (ACTIVE_CUSTOMER, FORMER_CUSTOMER, SHARED_ADDRESS):
        items = connector.locate(anchored(("users", scenario.user_ids[0]))).items
        records = list(connector.copy(iter(items)))
        assert items
        assert len(records) == len(items)
        for item in items:
            assert Item.model_validate(item.model_dump(), strict=True) == item
        for record in records:
            assert Record.model_validate(record.model_dump(), strict=True) == record
