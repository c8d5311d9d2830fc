"""Erasing ten thousand rows under the intent protocol against one DELETE by an array of keys."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

import sqlalchemy as sa

from activities.batches import BATCH
from bench.place import Place
from bench.reading import ACTIVE, active_customer
from bench.rows import Row, seconds_of
from connectors.sql import SqlConnector
from domain.connector import Batch, EffectKind, Order
from domain.item import Item
from domain.outcomes import Outcome
from domain.rights import Verb

LIMIT_SECONDS = 2.0
ROWS = 10_000
_FIRST = 50_000_000

_FILL = sa.text(
    "insert into login_events (id, user_id, happened_at, outcome, ip_address, user_agent)"
    " select :first + n, :user, timestamptz '2026-01-01 00:00+00' + n * interval '1 minute', 'ok',"
    " '192.0.2.' || n % 250, 'Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0' from generate_series(1, :rows) n"
)
_DELETE = sa.text("delete from login_events where id = any(:ids)")


def measure(place: Place, *, times: int) -> list[Row]:
    pairs = [(_ours(place), _floor(place)) for _ in range(times)]
    ours, floor = (statistics.median(side) for side in zip(*pairs, strict=True))
    return [
        Row(f"erase {ROWS:,} rows, foreseen and applied", ours, "s", floor, LIMIT_SECONDS, limit_on="ours")
    ]


def _ours(place: Place) -> float:
    connector = place.connector
    _fill(place.crm)
    orders = [_order(no, item) for no, item in enumerate(_located(connector), 1)]
    return seconds_of(lambda: _erase(connector, orders))


def _floor(place: Place) -> float:
    _fill(place.crm)
    ids = list(range(_FIRST + 1, _FIRST + ROWS + 1))

    def delete() -> None:
        with place.crm.begin() as connection:
            if connection.execute(_DELETE, {"ids": ids}).rowcount != ROWS:
                raise AssertionError("the floor deleted something else")

    return seconds_of(delete)


def _fill(crm: sa.Engine) -> None:
    with crm.begin() as connection:
        connection.execute(_FILL, {"first": _FIRST, "user": ACTIVE, "rows": ROWS})
    with crm.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("analyze login_events"))


def _located(connector: SqlConnector) -> list[Item]:
    found: list[Item] = []
    cursor = ""
    while True:
        page = connector.locate(active_customer(), cursor)
        found += [
            item
            for item in page.items
            if item.found.table == "login_events" and int(str(item.locator["id"])) > _FIRST
        ]
        cursor = page.cursor
        if not cursor:
            return found


def _order(no: int, item: Item) -> Order:
    return Order(
        no=no,
        table=item.found.table,
        locator=item.locator,
        outcome=Outcome.ERASE,
        hash_before=item.content_hash,
    )


def _erase(connector: SqlConnector, orders: Sequence[Order]) -> None:
    done = 0
    for number, start in enumerate(itertools.count(0, BATCH)):
        chunk = tuple(orders[start : start + BATCH])
        if not chunk:
            break
        batch = Batch(key=f"bench:{number}", verb=Verb.ERASE, orders=chunk)
        effects = connector.apply(batch, connector.foresee(batch))
        done += sum(effect.kind is EffectKind.DONE for effect in effects)
    if done != ROWS:
        raise AssertionError(f"{done} rows went, not {ROWS}")
