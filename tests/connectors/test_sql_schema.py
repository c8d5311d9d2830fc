from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from connectors.sql_engine import open_engine
from connectors.sql_schema import python_type, reflect

DDL = """
create schema billing;
create domain code as varchar(4) check (value ~ '^[A-Z]+$');
create table people (
    id int generated always as identity primary key, email text, code code, words tsvector,
    shout text generated always as (upper(email)) stored, gone timestamptz);
create unique index people_email on people (lower(email));
create unique index people_alive on people (code) where gone is null;
create table visits (person_id int references people on delete set null, at date) partition by range (at);
create table visits_2026 partition of visits for values from ('2026-01-01') to ('2027-01-01');
create table billing.bills (no text primary key, person_id int not null references people on delete cascade);
create view names as select id, email from people;
"""


def test_reads_what_postgresql_knows(database: Callable[[], str]) -> None:
    engine = open_engine(database())
    with engine.begin() as connection:
        connection.execute(sa.text(DDL))
    found = reflect(engine, ["people", "billing.bills"])
    engine.dispose()
    assert found.live == {"people", "visits", "billing.bills"}
    assert {"names", "billing.bills"} <= found.tables.keys()
    people = found.tables["people"]
    assert isinstance(people.c.code.type, sa.String)
    assert python_type(people.c.words) is str
    assert found.computed["people"] == {"id", "shout"}
    assert found.is_unique("people", ["id", "email"])
    assert not found.is_unique("people", ["code"])
    assert any("lower" in text for text in found.expressions["people"])
    actions = {(one.child, one.on_delete, one.takes_along) for one in found.referring_to("people")}
    assert ("visits", "SET NULL", True) in actions
    assert ("billing.bills", "CASCADE", True) in actions
