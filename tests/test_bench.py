"""The bench itself: every right has a row, nobody is measured twice, and a broken limit is told. Times: `make bench`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import chain

import pytest
from sqlalchemy import Engine, create_engine, text

from bench.invented import CLOSED, FIRST, OPEN, TOLD, Closed, Open, fill
from bench.population import Population
from bench.rights import SORTS, TIMES
from bench.rows import Row, as_json
from bench.runner import WARM
from cases import migrate
from demo import company
from domain.rights import Right
from tests.support.databases import Database
from workflows.front import WORKFLOW_OF


@pytest.fixture(scope="module")
def crm(database: Callable[[], str]) -> Iterator[Engine]:
    engine = create_engine(database())
    company.build(engine)
    yield engine
    engine.dispose()


def test_every_right_that_runs_is_measured() -> None:
    assert {sort.right for sort in SORTS} | {Right.ACCESS} == set(WORKFLOW_OF)


def test_the_company_has_people_enough_for_a_fresh_one_a_case(crm: Engine) -> None:
    people = Population(crm)
    given = [[asked.email.lower() for asked in sort.requests(people, WARM + TIMES)] for sort in SORTS]
    everybody = list(chain.from_iterable(given))
    assert {len(emails) for emails in given} == {WARM + TIMES}
    assert len(set(everybody)) == len(everybody)


def test_who_is_used_up_is_not_given_again(crm: Engine) -> None:
    people = Population(crm)
    everybody = people.users()
    assert len(everybody) > (WARM + TIMES) * len(SORTS) / 2
    with pytest.raises(AssertionError, match="only 0 people"):
        people.users(count=1)


@pytest.mark.parametrize(
    ("row", "ratio", "ok"),
    [
        (Row("slower", ours=13, unit="ms", floor=10, limit=1.3), 1.3, True),
        (Row("too slow", ours=14, unit="ms", floor=10, limit=1.3), 1.4, False),
        (Row("too few", ours=5, unit="/min", floor=10, limit=1.3, rate=True), 2.0, False),
        (Row("too long", ours=4, unit="s", floor=1, limit=3, limit_on="ours"), 4.0, False),
        (Row("only told", ours=4, unit="s", floor=1), 4.0, None),
    ],
)
def test_a_row_keeps_its_limit_or_not(row: Row, ratio: float, ok: bool | None) -> None:
    assert row.ratio == pytest.approx(ratio)
    assert row.ok is ok
    assert json.loads(as_json([row]))["ok"] is (ok is not False)


def test_of_a_rate_the_limit_is_the_least() -> None:
    limits = {"unit": "/s", "limit": 200.0, "limit_on": "ours", "rate": True}
    assert [Row("pages", ours=ours, **limits).ok for ours in (199, 200, 300)] == [False, True, True]  # type: ignore[arg-type]


def test_what_exports_and_pages_are_measured_on_fills_a_register_of_today(
    register_database: Callable[[], Database],
) -> None:
    database = register_database()
    migrate.upgrade(database.owner, "sitthi_app")
    fill(database.owner, lambda: map(Closed, range(FIRST, FIRST + 8)), CLOSED)
    fill(database.owner, lambda: map(Open, range(FIRST + 8, FIRST + 13)), {**OPEN, **TOLD})
    engine = create_engine(database.owner)
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from cases where due > opened")) == 13
        assert connection.scalar(text("select count(*) from cases where state <> 'closed'")) == 5
        assert connection.scalar(text("select count(distinct case_id) from events")) == 13
    engine.dispose()
