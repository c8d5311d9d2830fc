"""Everybody whom a database knows: page by page, each once, and those of tenants left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors import sql_roll
from demo.company import build
from tests.contract.sql_worlds import open_demo


@pytest.mark.parametrize("page", [7, 1_000])
def test_pages_come_to_everybody_who_is_the_company_s_own(
    page: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_roll, "_PAGE", page)
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    engine = sa.create_engine(url)
    build(engine)
    connector = open_demo(url)
    found = [(str(one.locator["$table"]), one.locator["id"]) for one in connector.everybody()]
    with engine.connect() as connection:
        users = set(connection.scalars(sa.text("select id from users where email is not null")))
    assert len(found) == len(set(found))
    assert {key for table, key in found if table == "users"} == users
    assert {table for table, _ in found} == set(connector.datamap.persons)
    with engine.connect() as connection:
        tenants = sa.text("select c.id from contacts c where c.tenant_id <> 1")
        assert not {key for table, key in found if table == "contacts"} & set(connection.scalars(tenants))
    connector.close()
    engine.dispose()


def test_composite_keys_are_walked_in_their_order() -> None:
    table = sa.table("t", sa.column("a"), sa.column("b"), sa.column("c"))
    engine = sa.create_engine("sqlite://")
    rows = [(a, b, c) for a in range(3) for b in range(3) for c in range(3)]
    columns = [table.c.a, table.c.b, table.c.c]
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t (a int, b int, c int)")
        connection.execute(sa.insert(table), [dict(zip("abc", row, strict=True)) for row in rows])
        for place, last in enumerate(rows):
            after = sa.select(*columns).where(sql_roll._after(columns, last)).order_by(*columns)
            assert [tuple(row) for row in connection.execute(after)] == rows[place + 1 :]
    engine.dispose()
