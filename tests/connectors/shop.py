"""A small shop whose schema holds what trips engines up: shared rows, circles, cascades, odd keys."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.content import plain
from connectors.datamap_read import load_map
from connectors.sql import SqlConnector
from domain.connector import Batch, Order
from domain.identifiers import IdentifierKind, identifier
from domain.item import Item, Subject
from domain.outcomes import Outcome
from domain.rights import Verb

MAP = Path(__file__).with_name("shop.map.yaml")
SYSTEM = "shop"
Text, Int = sa.Text, sa.Integer

metadata = sa.MetaData()
sa.Table(
    "addresses",
    metadata,
    sa.Column("id", Int, primary_key=True, autoincrement=False),
    sa.Column("street", Text, nullable=False),
)
sa.Table(
    "customers",
    metadata,
    sa.Column("tenant", sa.String(4), primary_key=True),
    sa.Column("no", Int, primary_key=True, autoincrement=False),
    sa.Column("email", sa.String(60), nullable=False, unique=True),
    sa.Column("backup_email", Text),
    sa.Column("phone", Text),
    sa.Column("name", sa.String(12), nullable=False),
    sa.Column("level", Text, sa.CheckConstraint("level in ('gold', 'none')"), nullable=False),
    sa.Column("address_id", Int, sa.ForeignKey("addresses.id")),
    sa.Column("restricted", sa.Boolean, nullable=False, server_default=sa.false()),
)
sa.Table(
    "orders",
    metadata,
    sa.Column("id", Int, primary_key=True, autoincrement=False),
    sa.Column("tenant", sa.String(4), nullable=False),
    sa.Column("customer_no", Int, nullable=False),
    sa.Column("payer_tenant", sa.String(4)),
    sa.Column("payer_no", Int),
    sa.Column("total", sa.Numeric(10, 2), nullable=False),
    sa.Column("extra", sa.JSON),
    sa.Column("placed_on", sa.Date, nullable=False),
    sa.ForeignKeyConstraint(["tenant", "customer_no"], ["customers.tenant", "customers.no"]),
    sa.ForeignKeyConstraint(["payer_tenant", "payer_no"], ["customers.tenant", "customers.no"]),
)
sa.Table(
    "comments",
    metadata,
    sa.Column("id", Int, primary_key=True, autoincrement=False),
    sa.Column("tenant", sa.String(4), nullable=False),
    sa.Column("author_no", Int, nullable=False),
    sa.Column("parent_id", Int, sa.ForeignKey("comments.id", ondelete="CASCADE")),
    sa.Column("body", Text, nullable=False),
    sa.ForeignKeyConstraint(["tenant", "author_no"], ["customers.tenant", "customers.no"]),
)
sa.Table(
    "reactions",
    metadata,
    sa.Column("id", Int, primary_key=True, autoincrement=False),
    sa.Column("comment_id", Int, sa.ForeignKey("comments.id", ondelete="CASCADE"), nullable=False),
)
sa.Table(
    "folders",
    metadata,
    sa.Column("id", Int, primary_key=True, autoincrement=False),
    sa.Column("parent_id", Int, sa.ForeignKey("folders.id")),
    sa.Column("owner", Text),  # the customer's number as text, without a foreign key
    sa.Column("title", Text, nullable=False),
)
sa.Table(
    "events",
    metadata,
    sa.Column("id", Int, primary_key=True, autoincrement=False),
    sa.Column("entity", Text, nullable=False),
    sa.Column("entity_id", Int, nullable=False),
    sa.Column("told", Text, nullable=False),
)
sa.Table(
    "newsletter",
    metadata,
    sa.Column("address", sa.String(80), primary_key=True),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("left_on", sa.Date),
)
sa.Table(
    "not_to_write_to",
    metadata,
    sa.Column("id", Int, primary_key=True),
    sa.Column("address", sa.String(40), nullable=False),
    sa.Column("channel", Text, nullable=False),
    sa.Column("why", Text, sa.CheckConstraint("why in ('objected', 'bounced')"), nullable=False),
    sa.Column("entered_at", sa.DateTime),
    sa.Column("by", Text, nullable=False, server_default="sitthi"),
    sa.UniqueConstraint("address", "channel"),
)

ROWS: dict[str, list[dict[str, Any]]] = {
    "addresses": [{"id": 1, "street": "1 ถนนสีลม"}, {"id": 2, "street": "2 ถนนสาทร"}],
    "customers": [
        {"no": 1, "email": "Kira@Example.com", "name": "Kira", "address_id": 1, "phone": "081-234-5678"},
        {"no": 2, "email": "noi@example.com", "name": "Noi", "address_id": 1, "phone": "+66 81 234 56789"},
        {"no": 3, "email": "xkira@example.com", "name": "X", "address_id": 2, "phone": None},
        {"no": 4, "email": "twin-a@example.com", "name": "A", "backup_email": " twins@example.com "},
        {"no": 5, "email": "twin-b@example.com", "name": "B", "backup_email": "Twins@example.com"},
    ],
    "orders": [
        {"id": 1, "customer_no": 1, "payer_no": 1, "total": Decimal("10.00")},
        {"id": 2, "customer_no": 2, "payer_no": 1, "total": Decimal("20.50")},
        {"id": 3, "customer_no": 2, "payer_no": None, "total": Decimal("30.25")},
    ],
    "comments": [
        {"id": 1, "author_no": 1, "parent_id": None, "body": "alone"},
        {"id": 2, "author_no": 1, "parent_id": None, "body": "answered by Noi"},
        {"id": 3, "author_no": 2, "parent_id": 2, "body": "Noi's answer"},
        {"id": 4, "author_no": 1, "parent_id": 1, "body": "answer to myself"},
        {"id": 5, "author_no": 1, "parent_id": None, "body": "reacted to"},
    ],
    "reactions": [{"id": 1, "comment_id": 5}],
    "folders": [
        {"id": 1, "parent_id": None, "owner": "1", "title": "Kira"},
        {"id": 2, "parent_id": 1, "owner": None, "title": "in Kira's"},
        {"id": 3, "parent_id": 2, "owner": None, "title": "deeper"},
        {"id": 4, "parent_id": None, "owner": "2", "title": "Noi"},
        {"id": 5, "parent_id": None, "owner": "11", "title": "nobody"},
    ],
    "events": [
        {"id": 1, "entity": "customer", "entity_id": 1, "told": "Kira logged in"},
        {"id": 2, "entity": "order", "entity_id": 1, "told": "Kira's order"},
        {"id": 3, "entity": "order", "entity_id": 3, "told": "Noi's order"},
        {"id": 4, "entity": "customer", "entity_id": 3, "told": "X logged in"},
    ],
    "newsletter": [{"address": "kira@example.com"}, {"address": "twins@example.com"}],
}


def fill(url: str) -> sa.Engine:
    engine = sa.create_engine(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        for name, rows in ROWS.items():
            table = metadata.tables[name]
            connection.execute(sa.insert(table), [_complete(table, row) for row in rows])
    return engine


def _complete(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    known = {
        "tenant": "T1", "level": "gold", "placed_on": date(2024, 5, 1), "since": date(2024, 1, 1),
        "extra": {"gift": True, "to": "โต้ง"}, "restricted": False,
        "payer_tenant": "T1" if row.get("payer_no") else None,
    }  # fmt: skip
    return {column.name: row.get(column.name, known.get(column.name)) for column in table.columns}


def everything(engine: sa.Engine) -> dict[str, dict[str, Any]]:
    """Every row of every table by `table:key`."""
    found = {}
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                key = [str(row._mapping[column.name]) for column in table.primary_key]
                found[f"{table.name}:{','.join(key)}"] = {k: plain(v) for k, v in row._mapping.items()}
    return found


def open_shop(url: str, datamap: Path = MAP, **options: Any) -> SqlConnector:
    return SqlConnector(SYSTEM, url, load_map(datamap), today=lambda: date(2026, 11, 22), **options)


def customer(no: int, *emails: str) -> Subject:
    given = tuple(identifier(IdentifierKind.EMAIL, email) for email in emails)
    return Subject(identifiers=given, anchors={SYSTEM: ({"$table": "customers", "tenant": "T1", "no": no},)})


def order(item: Item, outcome: Outcome | None = None, **values: Any) -> Order:
    return Order(
        no=item.found.no,
        table=item.found.table,
        locator=item.locator,
        outcome=outcome or (Outcome.DETACH if item.found.shared else item.found.on_erase),
        hash_before=item.content_hash,
        values=values,
    )


def batch(*orders: Order, verb: Verb = Verb.ERASE) -> Batch:
    return Batch(key="c1:fulfilling:shop:erase:1", verb=verb, orders=orders)
