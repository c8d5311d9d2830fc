"""`docs/connect.md` as it stands there: from a database URL to a located person; and what `locate` will not guess."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.cli.counter import Counter, counter
from tests.cli.stack import ROOT

__all__ = ["counter"]

PAGE = (ROOT / "docs" / "connect.md").read_text("utf-8")
COMMANDS = [
    shlex.split(block)[2:] for block in re.findall(r"```sh\n(\.venv/bin/python starter\.py .+?)\n```", PAGE)
]
[SYSTEMS] = re.findall(r"```yaml\n(.+?)\n```", PAGE, re.DOTALL)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stranger's database in the directory in which the commands are given."""
    monkeypatch.chdir(tmp_path)
    engine = sa.create_engine("sqlite:///shop.db")
    with engine.begin() as connection:
        for statement in (
            "create table customers (id integer primary key, name text not null, email text not null)",
            (
                "create table orders (id integer primary key, order_date date not null,"
                " customer_id integer not null references customers (id))"
            ),
            "create table products (id integer primary key, title text not null)",
            (
                "insert into customers values (1, 'Kira', 'Kira@Example.com'), (2, 'Tom', 'tom@example.com'),"
                " (3, 'Twin', 'TOM@example.com')"
            ),
            "insert into orders values (7, '2024-05-01', 1), (8, '2024-05-01', 2), (9, '2001-05-01', 1)",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    (tmp_path / "shop.systems.yaml").write_text(SYSTEMS, "utf-8")
    return tmp_path


def followed(counter: Counter) -> Any:
    """The page's commands one after the other; what the last of them told."""
    for command in COMMANDS:
        own = ("--credential", f"@{counter.credential}") if "--reason" in command else ()
        result = counter.run(*command, *own)
        assert result.exit_code == 0, (command, result.stderr)
    return json.loads(result.stdout)


def test_the_page_leads_from_an_address_to_a_person(counter: Counter, shop: Path) -> None:
    assert [command[:2] for command in COMMANDS] == [
        ["datamap", "discover"],
        ["datamap", "check"],
        ["locate", "--systems"],
    ]
    found = followed(counter)
    assert {(one["table"], *one["pk"].values(), one["outcome"]) for one in found} == {
        ("customers", 1, "anonymise"),
        ("orders", 7, "hold"),
        ("orders", 9, "erase"),
    }
    assert next(one for one in found if one["table"] == "orders") == {
        "table": "orders",
        "pk": {"id": 7},
        "unit": "U05",
        "date": "2024-05-01",
        "how": "customer_id -> customers.id",
        "outcome": "hold",
    }
    assert "called like a document of the books" in (shop / "shop.map.yaml").read_text("utf-8")
    [(case, officer, facts)] = counter.events("staff:looked")
    assert (case, officer) == (None, counter.officer)
    assert facts == {"command": "locate", "system": "shop", "reason_code": "HELP-1"}


@pytest.mark.usefixtures("shop")
def test_an_address_of_two_is_asked_about_and_a_key_tells_them_apart(counter: Counter) -> None:
    followed(counter)
    asked = ("locate", "--systems", "shop.systems.yaml", "--system", "shop", "--reason", "HELP-2", "--json")
    code, told = counter.refused(*asked, "--identifier", "email=tom@example.com")
    assert code == 5
    assert "several-persons (count 2)" in told
    result = counter.run(*asked, "--identifier", "customers.id=3", "--credential", f"@{counter.credential}")
    assert [one["pk"] for one in json.loads(result.stdout)] == [{"id": 3}]
    free = (*asked, "--as-of", "2040-01-01", "--identifier", "email=kira@example.com")
    result = counter.run(*free, "--credential", f"@{counter.credential}")
    assert {one["outcome"] for one in json.loads(result.stdout)} == {"anonymise", "erase"}


@pytest.mark.usefixtures("shop")
def test_the_sql_is_shown_with_places_where_values_go(counter: Counter) -> None:
    followed(counter)
    asked = ("datamap", "explain", "--systems", "shop.systems.yaml", "--system", "shop", "--reason", "HELP-3")
    shown = counter.shown(*asked, "--email", "kira@example.com")
    assert "FROM orders" in shown
    assert "kira" not in shown.lower()


@pytest.mark.usefixtures("shop")
def test_nobody_looks_without_a_name_and_an_identifier_is_named(counter: Counter) -> None:
    followed(counter)
    asked = ("locate", "--systems", "shop.systems.yaml", "--system", "shop", "--reason", "HELP-2")
    assert counter.run(*asked, "--identifier", "email=kira@example.com").exit_code == 4
    assert counter.refused(*asked, "--identifier", "kira@example.com")[0] == 2
    assert counter.refused(*asked, "--identifier", "shoesize=44")[0] == 2
    assert (
        counter.refused(*(one if one != "shop" else "shoq" for one in asked), "--identifier", "email=a@b.th")[
            0
        ]
        == 3
    )
