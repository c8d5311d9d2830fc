"""Whose data the company may touch at all: its own as controller, or one tenant's as processor (s.40)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.datamap import DataMap, Lead
from connectors.datamap_read import load_map
from connectors.sql import SqlConnector
from demo.company import build
from demo.scenarios import FORMER_CUSTOMER, LEAD
from demo.schema import OPERATOR_TENANT_ID, metadata
from domain.errors import DataMapInvalid
from domain.identifiers import IdentifierKind, identifier
from domain.item import Item, Role, Subject
from tests.contract.sql_worlds import AS_OF, MAP, SYSTEM, anchored

EMAIL = FORMER_CUSTOMER.email
PHONE = "+6689123450"
T = metadata.tables
_BY_EMAIL = Lead(identifier=IdentifierKind.EMAIL, column="email")


def with_leads(datamap: DataMap, table: str, *leads: Lead, **changed: object) -> DataMap:
    mapped = datamap.tables[table]
    # A map's author sees to the values; the types are those of the dataclass.
    news = replace(mapped, leads=(*mapped.leads, *leads), **changed)  # type: ignore[arg-type]
    return replace(datamap, tables={**datamap.tables, table: news})


@dataclass
class Crm:
    """The person is a customer of the company, and by the same address a contact of two tenants."""

    connector: SqlConnector
    engine: sa.Engine
    tenants: dict[str, int]

    def located(self, subject: Subject) -> list[Item]:
        return list(self.connector.locate(subject).items)


@pytest.fixture(params=["postgresql", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'demo.db'}"
    else:
        database: Callable[[], str] = request.getfixturevalue("database")
        url = database()
    engine = sa.create_engine(url)
    build(engine)
    tenants, contacts = T["tenants"], T["contacts"]
    first = sa.func.min(contacts.c.id)
    foreign = (
        sa.select(tenants.c.slug, tenants.c.id, first.label("contact"))
        .join(contacts, contacts.c.tenant_id == tenants.c.id)
        .where(tenants.c.id != OPERATOR_TENANT_ID)
        .group_by(tenants.c.id, tenants.c.slug)
        .order_by(tenants.c.id)
        .limit(2)
    )
    with engine.begin() as connection:
        known = connection.execute(foreign).all()
        for at, row in enumerate(known):
            changed = sa.update(contacts).where(contacts.c.id == row.contact)
            connection.execute(changed.values(email=EMAIL, phone=f"{PHONE}{at}"))
    datamap = with_leads(load_map(MAP), "contacts", _BY_EMAIL)
    connector = SqlConnector(SYSTEM, url, datamap, today=lambda: AS_OF)
    yield Crm(connector, engine, {row.slug: row.id for row in known})
    connector.close()
    engine.dispose()


def test_what_is_held_for_tenants_is_never_found_as_the_company_s_own(crm: Crm) -> None:
    crm.connector.check()
    subject = anchored(("users", FORMER_CUSTOMER.user_ids[0]), email=EMAIL)
    items = crm.located(subject)
    assert items
    assert {item.found.role for item in items} == {Role.CONTROLLER}
    assert not {item.found.table for item in items} & {"contacts", "deals", "activities", "notes"}
    phones = {one.value for one in crm.connector.scan(subject) if one.kind is IdentifierKind.PHONE}
    assert not any(phone.startswith(PHONE) for phone in phones)


def test_in_a_tenant_s_scope_only_that_tenant_s_rows_are_found(crm: Crm) -> None:
    email = (identifier(IdentifierKind.EMAIL, EMAIL),)
    contacts = T["contacts"]
    for slug, number in crm.tenants.items():
        found = crm.connector.resolve(email, slug)
        resolved = Subject(
            identifiers=email, tenant=slug, anchors={SYSTEM: tuple(one.locator for one in found)}
        )
        theirs = sa.select(contacts.c.id).where(contacts.c.tenant_id == number)
        with crm.engine.connect() as connection:
            all_of_it = set(connection.scalars(theirs))
            own = set(connection.scalars(theirs.where(sa.func.lower(contacts.c.email) == EMAIL)))
        assert own
        items = crm.located(resolved)
        assert {item.found.role for item in items} == {Role.PROCESSOR}
        # More than those with the address: what was merged into them is the same person.
        assert own <= {item.locator["id"] for item in items if item.found.table == "contacts"} <= all_of_it


def test_a_lead_of_the_company_is_not_followed_into_a_tenant_s_merged_duplicate(crm: Crm) -> None:
    contacts, lead = T["contacts"], LEAD.contact_ids[0]
    mine = anchored(("contacts", lead))
    before = {(item.found.table, str(item.locator)) for item in crm.located(mine)}
    with crm.engine.begin() as connection:
        foreign = sa.select(contacts.c.id).where(contacts.c.tenant_id.in_(crm.tenants.values())).limit(1)
        other = connection.scalar(foreign)
        changed = sa.update(contacts).where(contacts.c.id == other)
        connection.execute(changed.values(merged_into_id=lead))
    assert {(item.found.table, str(item.locator)) for item in crm.located(mine)} == before
    theirs = next(iter(crm.tenants))
    assert crm.located(anchored(("contacts", lead), tenant=theirs)) == []


def test_a_table_that_identifiers_lead_into_says_which_tenant_s_a_row_is(crm: Crm) -> None:
    datamap = with_leads(load_map(MAP), "contacts", _BY_EMAIL, tenant=None)
    connector = SqlConnector(SYSTEM, crm.engine.url.render_as_string(hide_password=False), datamap)
    with closing(connector), pytest.raises(DataMapInvalid) as wrong:
        connector.check()
    assert (wrong.value.code, wrong.value.facts["table"]) == ("tenant-missing", "contacts")
