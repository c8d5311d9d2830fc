"""What is over, found by dates in real databases: events that follow the paths, instants, cascades, what was hidden already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.datamap_read import load_map
from connectors.sql import SqlConnector
from demo.company import build
from demo.scenarios import SHARED_ADDRESS, SHARED_ADDRESS_OTHER
from domain.connector import Ended
from domain.item import Item
from tests.contract.sql_worlds import AS_OF, MAP, SYSTEM
from tests.contract.test_contract import erasing

OVER = {"account_expired_on": date(2026, 6, 30)}


@dataclass
class Company:
    url: str
    engine: sa.Engine
    home: Path
    opened: list[SqlConnector]

    def open(self, *changes: tuple[str, str]) -> SqlConnector:
        """With the map as it is, or changed."""
        told = MAP.read_text("utf-8")
        for old, new in changes:
            assert told.count(old) == 1, old
            told = told.replace(old, new)
        file = self.home / "changed.map.yaml"
        file.write_text(told, "utf-8")
        connector = SqlConnector(SYSTEM, self.url, load_map(file), secret=b"s" * 32, today=lambda: AS_OF)
        self.opened.append(connector)
        return connector

    def run(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            assert connection.execute(sa.text(statement), values).rowcount > 0


@pytest.fixture(params=["postgresql", "sqlite"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'demo.db'}"
    else:
        database: Callable[[], str] = request.getfixturevalue("database")
        url = database()
    made = Company(url, sa.create_engine(url), tmp_path, [])
    build(made.engine)
    yield made
    for connector in made.opened:
        connector.close()
    made.engine.dispose()


def over(connector: SqlConnector, ended: Ended, table: str) -> dict[object, Item]:
    items = connector.expired(ended, AS_OF).items
    return {item.locator["id"]: item for item in items if item.found.table == table}


def test_a_row_of_two_accounts_outlives_the_first(company: Company) -> None:
    husband, wife = SHARED_ADDRESS.user_ids[0], SHARED_ADDRESS_OTHER.user_ids[0]
    connector = company.open()
    with company.engine.connect() as connection:
        found = sa.text("select address_id from users where id = :id")
        address = connection.scalar(found, {"id": husband})
        assert address == connection.scalar(found, {"id": wife})
    ended = {"U01": OVER}
    assert husband in over(connector, ended, "users")
    assert address not in over(connector, ended, "addresses")
    company.run("update users set deleted_at = '2026-06-30 10:00:00' where id = :id", id=wife)
    assert over(connector, ended, "addresses")[address].found.dates["account_expired_on"] == date(2026, 6, 30)
    company.run("update users set deleted_at = '2026-07-01 10:00:00' where id = :id", id=wife)
    assert address not in over(connector, ended, "addresses")


def test_an_instant_falls_on_its_bangkok_day(company: Company) -> None:
    connector = company.open()
    first, second, *_ = sorted(over(connector, {"U06": {"ticket_closed_on": AS_OF}}, "tickets"), key=str)
    zone = "+00" if company.engine.dialect.name == "postgresql" else ""
    for number, closed in ((first, "2024-11-22 16:59:59"), (second, "2024-11-22 17:00:00")):
        company.run(
            "update tickets set closed_at = :at where id = :id", id=number, at=f"{closed}.000000{zone}"
        )
    ended = {"U06": {"ticket_closed_on": date(2024, 11, 22)}}
    found = over(connector, ended, "tickets")
    assert found[first].found.dates["ticket_closed_on"] == date(2024, 11, 22)
    assert second not in found
    assert second in over(connector, {"U06": {"ticket_closed_on": date(2024, 11, 23)}}, "tickets")


def test_a_row_that_nobody_can_be_named_for_is_found_by_its_own_date(company: Company) -> None:
    connector = company.open()
    ended = {"U06": {"ticket_closed_on": AS_OF, **OVER}}
    number = min(over(connector, ended, "tickets"), key=str)
    company.run("update tickets set user_id = null where id = :id", id=number)
    item = over(connector, ended, "tickets")[number]
    assert item.found.dates["account_expired_on"] is None
    assert item.found.dates["ticket_closed_on"] is not None


def test_what_would_take_along_a_row_that_is_not_over_is_told(company: Company) -> None:
    ended = {"U06": {"ticket_closed_on": AS_OF}}
    whole = over(company.open(), ended, "tickets")
    assert {item.found.obstacle for item in whole.values()} == {""}
    messages = "  ticket_messages:\n    label: [ข้อความในเรื่องที่ติดต่อ, Ticket messages]\n    unit: "
    apart = over(company.open((f"{messages}U06", f"{messages}U09")), ended, "tickets")
    assert apart.keys() == whole.keys()
    assert {item.found.obstacle for item in apart.values()} == {"cascade-beyond-plan"}


def test_what_was_hashed_is_not_found_again_and_not_hashed_twice(company: Company) -> None:
    name = "full_name_en: {label: [ชื่อภาษาอังกฤษ, Name in English], anonymise: "
    connector = company.open((f"{name}clear", f"{name}hash"))
    ended = {"U01": OVER}
    items = list(over(connector, ended, "users").values())
    assert items
    batch = erasing(items)
    connector.apply(batch, connector.foresee(batch))
    assert over(connector, ended, "users") == {}
    company.run("update users set full_name_en = 'Back Again' where id = :id", id=items[0].locator["id"])
    assert list(over(connector, ended, "users")) == [items[0].locator["id"]]


def test_an_event_of_the_row_itself_comes_before_what_it_would_take_over(company: Company) -> None:
    own = "    dates: {entered_on: happened_at}"
    connector = company.open((own, "    dates: {entered_on: happened_at, account_expired_on: happened_at}"))
    found = over(connector, {"U09": {"account_expired_on": date(2026, 3, 1)}}, "login_events")
    assert found
    for item in found.values():
        assert item.found.dates["account_expired_on"] == item.found.dates["entered_on"]
