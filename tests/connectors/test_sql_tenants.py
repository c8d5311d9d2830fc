"""What is held for one tenant, found in real databases: all of it, page by page, and nothing of anybody else's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.datamap_read import load_map
from connectors.sql import SqlConnector
from demo.crm_tables import activities, contacts, deals, email_messages, notes
from demo.schema import OPERATOR_TENANT_ID
from domain.errors import DataMapInvalid
from domain.item import Item, Role
from tests.contract.sql_worlds import AS_OF, MAP, SYSTEM
from tests.contract.test_contract import erasing

LEFT = date(2026, 10, 1)
OF_TENANTS = (contacts, deals, activities, notes, email_messages)


@pytest.fixture(params=["postgresql", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        path = tmp_path / "demo.db"
        file: Callable[[Path], None] = request.getfixturevalue("demo_file")
        file(path)
        engine = sa.create_engine(f"sqlite:///{path}")
    else:
        made: Callable[[], str] = request.getfixturevalue("demo_database")
        engine = sa.create_engine(made())
    yield engine
    engine.dispose()


def opened(crm: sa.Engine, *, page: int = 2_000, map_file: Path = MAP) -> SqlConnector:
    url = crm.url.render_as_string(hide_password=False)
    return SqlConnector(SYSTEM, url, load_map(map_file), secret=b"s" * 32, today=lambda: AS_OF, page=page)


def held(connector: SqlConnector, tenant: str, as_of: date = AS_OF) -> list[Item]:
    items: list[Item] = []
    cursor = ""
    while True:
        page = connector.held_for(tenant, as_of, cursor)
        items += page.items
        if not (cursor := page.cursor):
            return items


def leave(crm: sa.Engine) -> tuple[int, str]:
    """The tenant with most contacts ends its contract."""
    with crm.begin() as connection:
        number, slug = connection.execute(
            sa.text(
                "select t.id, t.slug from tenants t join contacts c on c.tenant_id = t.id"
                " where not t.is_operator and t.service_ended_on is null"
                " group by t.id, t.slug order by count(*) desc, t.id limit 1"
            )
        ).one()
        connection.execute(
            sa.text("update tenants set status = 'closed', service_ended_on = :on where id = :id"),
            {"on": LEFT.isoformat() if crm.dialect.name == "sqlite" else LEFT, "id": number},
        )
    return number, slug


def test_everything_of_the_tenants_and_nothing_else_page_by_page(crm: sa.Engine) -> None:
    number, slug = leave(crm)
    connector = opened(crm, page=7)
    assert slug in {one.tenant for one in connector.ended(AS_OF)}
    items = held(connector, slug)
    with crm.connect() as connection:
        expected = {
            (table.name, key)
            for table in OF_TENANTS
            for key in connection.scalars(sa.select(table.c.id).where(table.c.tenant_id == number))
        }
    assert len(expected) > 7
    assert Counter((item.found.table, item.locator["id"]) for item in items) == Counter(expected)
    assert {item.found.role for item in items} == {Role.PROCESSOR}
    assert {item.found.unit for item in items} == {"U13"}
    assert {item.found.dates["contract_ended_on"] for item in items} == {LEFT}
    assert {item.found.obstacle for item in items} == {""}
    assert [item.found.no for item in items] == list(range(1, len(items) + 1))
    connector.close()


def test_a_contract_that_runs_is_not_listed_nor_its_records(crm: sa.Engine) -> None:
    _, slug = leave(crm)
    connector = opened(crm)
    assert held(connector, slug, LEFT) == []  # its last day
    assert slug not in {one.tenant for one in connector.ended(LEFT)}
    assert held(connector, slug, LEFT + timedelta(days=1)) != []
    [told] = [one for one in connector.ended(AS_OF) if one.tenant == slug]
    with crm.begin() as connection:
        name = connection.scalar(sa.text("select name_th from tenants where slug = :s"), {"s": slug})
        connection.execute(
            sa.text("update tenants set status = 'active', service_ended_on = null where slug = :s"),
            {"s": slug},
        )
    assert (told.ended_on, told.called, told.contact) == (LEFT, name, None)
    assert held(connector, slug) == []
    assert held(connector, "nobody") == []
    connector.close()


def test_our_own_leads_are_no_tenants_even_where_the_operator_itself_has_ended(crm: sa.Engine) -> None:
    with crm.begin() as connection:
        own = connection.scalar(
            sa.text("select slug from tenants where id = :id"), {"id": OPERATOR_TENANT_ID}
        )
        connection.execute(
            sa.text("update tenants set status = 'closed', service_ended_on = '2026-10-01' where id = :id"),
            {"id": OPERATOR_TENANT_ID},
        )
    connector = opened(crm)
    assert held(connector, str(own)) == []
    connector.close()


def test_all_of_it_goes_though_rows_of_it_refer_to_each_other(crm: sa.Engine) -> None:
    _, slug = leave(crm)
    connector = opened(crm)
    items = held(connector, slug)
    batch = erasing(list(reversed(items)))
    connector.apply(batch, connector.foresee(batch))
    assert held(connector, slug) == []
    connector.close()


def test_what_would_take_along_another_tenants_row_is_told(crm: sa.Engine) -> None:
    number, slug = leave(crm)
    with crm.begin() as connection:
        [contact] = connection.scalars(
            sa.text("select min(contact_id) from notes where tenant_id = :id"), {"id": number}
        )
        [other] = connection.scalars(
            sa.text("select min(id) from tenants where id <> :id and not is_operator"), {"id": number}
        )
        connection.execute(
            sa.text("update notes set tenant_id = :other where contact_id = :contact"),
            {"other": other, "contact": contact},
        )
    connector = opened(crm)
    told = {item.locator["id"]: item.found.obstacle for item in held(connector, slug)}
    assert told[contact] == "cascade-beyond-plan"
    connector.close()


WRONG = {
    "table-missing": ("{table: tenants,", "{table: lodgers,"),
    "column-missing": ("name: slug,", "name: nick,"),
    "value-does-not-fit": ("ended: service_ended_on}", "ended: service_started_on}"),
    "tenant-not-unique": ("name: slug,", "name: name_th,"),
    "unknown-key": ("ended: service_ended_on}", "ended: service_ended_on, plan: x}"),
    "key-missing": (", ended: service_ended_on}", "}"),
}


@pytest.mark.parametrize("code", WRONG)
def test_a_map_whose_tenants_do_not_fit_is_refused(
    code: str, tmp_path: Path, demo_file: Callable[[Path], None]
) -> None:
    demo_file(tmp_path / "demo.db")
    old, new = WRONG[code]
    text = MAP.read_text("utf-8")
    assert text.count(old) == 1
    changed = tmp_path / "changed.map.yaml"
    changed.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(DataMapInvalid) as raised:
        SqlConnector(SYSTEM, f"sqlite:///{tmp_path / 'demo.db'}", load_map(changed), secret=b"s" * 32).check()
    assert raised.value.code == code
