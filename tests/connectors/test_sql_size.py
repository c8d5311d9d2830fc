"""One person with very many rows: few statements, flat memory. Counted, not timed: `make bench` has the times."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.sql import SqlConnector
from domain.connector import EffectKind
from domain.item import Item, Subject
from tests.connectors.shop import batch, customer, fill, metadata, open_shop, order

pytestmark = pytest.mark.slow

EVENTS = 60_000
MEGABYTE = 1 << 20


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[SqlConnector]:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = fill(url)
    rows = [
        {"id": 1000 + n, "entity": "customer", "entity_id": 1, "told": f"page {n} " * 20}
        for n in range(EVENTS)
    ]
    with engine.begin() as connection:
        connection.execute(sa.insert(metadata.tables["events"]), rows)
    engine.dispose()
    del rows
    connector = open_shop(url)
    yield connector
    connector.close()


@contextmanager
def counted(connector: SqlConnector) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement.split(None, 1)[0])

    sa.event.listen(connector._engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(connector._engine, "before_cursor_execute", note)


def pages(connector: SqlConnector, subject: Subject) -> Iterator[tuple[Item, ...]]:
    cursor = ""
    while True:
        page = connector.locate(subject, cursor)
        yield page.items
        cursor = page.cursor
        if not cursor:
            return


def test_memory_does_not_grow_with_the_person(crowded: SqlConnector) -> None:
    seen, sizes = 0, []
    tracemalloc.start()  # of this process others may use memory too
    try:
        for items in pages(crowded, customer(1)):
            for _ in crowded.copy(iter(items)):
                seen += 1
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert seen > EVENTS
    assert sizes[-1] - sizes[1] < 20 * MEGABYTE


def test_erasing_ten_thousand_rows_takes_tens_of_statements(crowded: SqlConnector) -> None:
    everything = itertools.chain.from_iterable(pages(crowded, customer(1)))
    events = [item for item in everything if item.found.table == "events"][:10_000]
    told = batch(*(order(item) for item in events))
    with counted(crowded) as statements:
        foreseen = crowded.foresee(told)
        effects = crowded.apply(told, foreseen)
    assert {effect.kind for effect in effects} == {EffectKind.DONE}
    assert len(statements) < 60


def test_a_person_costs_a_statement_a_table_and_a_few_more(crowded: SqlConnector) -> None:
    subject = customer(2)
    crowded.locate(subject)
    with counted(crowded) as statements:
        items = crowded.locate(subject).items
        located = len(statements)
        list(crowded.copy(iter(items)))
    assert located <= len(metadata.tables) + 4
    assert len(statements) - located <= len({item.found.table for item in items}) + 1
