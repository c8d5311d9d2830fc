"""Paths of a map: how a row leads to other rows, to the person, to a value."""

from __future__ import annotations

from connectors.datamap import Hop, Lead, Stored, Value
from connectors.datamap_yaml import Node
from domain.identifiers import IdentifierKind

_ARROW = "->"


def read_hop(node: Node) -> Hop:
    """`column -> table.column`; composite: `a, b -> table.a, b`. The table may have a schema before it."""
    text = node.text()
    left, arrow, right = text.partition(_ARROW)
    columns = tuple(part.strip() for part in left.split(","))
    table, dot, targets_text = _split(right)
    targets = tuple(part.strip() for part in targets_text.split(","))
    well_formed = arrow and dot and table and all(columns) and all(targets) and len(columns) == len(targets)
    if not well_formed:
        raise node.wrong("path-malformed", "write it as `column -> table.column`")
    return Hop(columns, table, targets)


def _split(right: str) -> tuple[str, str, str]:
    """The last dot before the first comma parts the table from its columns."""
    first, comma, others = right.strip().partition(",")
    table, dot, column = first.rpartition(".")
    return table.strip(), dot, column + comma + others


def read_hops(node: Node) -> tuple[Hop, ...]:
    """One hop, or a list of them."""
    return tuple(read_hop(part) for part in node.parts()) if node.is_list else (read_hop(node),)


def read_leads(node: Node) -> tuple[Lead, ...]:
    """All ways from a row to the person; a row needs only one of them."""
    return tuple(_lead(part) for part in node.parts())


def _lead(node: Node) -> Lead:
    if not node.is_mapping:
        return Lead(hops=read_hops(node), line=node.line)
    given = node.fields(may=("to", "where", "identifier", "column", "stored"))
    where = {name: part.scalar() for name, part in given["where"].pairs()} if "where" in given else {}
    if "identifier" in given and "column" in given and "to" not in given:
        return Lead(
            where=where,
            identifier=IdentifierKind(given["identifier"].choice(tuple(IdentifierKind))),
            column=given["column"].text(),
            stored=Stored(given["stored"].choice(tuple(Stored))) if "stored" in given else Stored.ANYHOW,
            line=node.line,
        )
    if "to" in given and given.keys() <= {"to", "where"}:
        return Lead(hops=read_hops(given["to"]), where=where, line=node.line)
    raise node.wrong("path-unclear", "give `to`, or `identifier` with its `column`; and `where` if needed")


def read_value(node: Node) -> Value:
    """A column, or hops and then a column: `[invoice_id -> invoices.id, issued_on]`."""
    if not node.is_list:
        return Value((), node.text(), node.line)
    *hops, last = node.parts() or (node,)
    return Value(tuple(read_hop(hop) for hop in hops), last.text(), node.line)
