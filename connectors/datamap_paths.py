"""Paths of a map: how a row leads to other rows, to the person, to a value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from connectors.datamap import Hop, Lead, Scalar, Stored, Value
from connectors.datamap_yaml import Node
from domain.identifiers import IdentifierKind
from domain.outcomes import Outcome

_ARROW = "->"
_LEAD = ("to", "where", "identifier", "mentions", "column", "stored", "sole", "shares", "on_erase")
_SAID = (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.NAME)
KEEP_SHARED, UNLINK = "keep-shared", "unlink"
ON_ERASE = {
    "erase": Outcome.ERASE,
    UNLINK: Outcome.ERASE,
    "anonymise": Outcome.ANONYMISE,
    "detach": Outcome.DETACH,
    KEEP_SHARED: Outcome.DETACH,
    "review": Outcome.REVIEW,
}
"""How rows are erased, as maps write it."""


def read_hop(node: Node) -> Hop:
    """`column -> table.column`; composite: `a, b -> table.a, b`. The table may have a schema before it.

    `path -> files/ + table.column` meets text that begins so. `column -> table.column [kind = invoice, year = 2020]` leads only to rows with these values.
    """
    text, where = _conditions(node)
    left, arrow, right = text.partition(_ARROW)
    columns = tuple(part.strip() for part in left.split(","))
    prefix, plus, rest = right.partition(" + ")
    table, dot, targets_text = _split(rest if plus else right)
    targets = tuple(part.strip() for part in targets_text.split(","))
    well_formed = arrow and dot and table and all(columns) and all(targets) and len(columns) == len(targets)
    if not well_formed:
        raise node.wrong("path-malformed", "write it as `column -> table.column`")
    return Hop(columns, table, targets, where, prefix.strip() if plus else "")


def _conditions(node: Node) -> tuple[str, tuple[tuple[str, Scalar], ...]]:
    """The hop without what stands in brackets, and that as values by column."""
    text, bracket, inside = node.text().partition("[")
    if not bracket:
        return text, ()
    pairs = [part.partition("=") for part in inside.removesuffix("]").split(",")]
    if not inside.endswith("]") or not all(
        name.strip() and mark and value.strip() for name, mark, value in pairs
    ):
        raise node.wrong("path-malformed", "write conditions as `[column = value]` at the end")
    return text, tuple((name.strip(), yaml.safe_load(value)) for name, _, value in pairs)


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
    given = node.fields(may=_LEAD)
    lead = Lead(
        where={name: part.plain() for name, part in given["where"].pairs()} if "where" in given else {},
        line=node.line,
        shares=given["shares"].truth() if "shares" in given else True,
        **_erased(given.get("on_erase")),
    )
    ways = given.keys() - {"where", "shares", "on_erase"}
    if ways == {"mentions", "column"}:
        kinds = tuple(IdentifierKind(one) for one in given["mentions"].texts_of(_SAID))
        return replace(lead, mentions=kinds, column=given["column"].text())
    if {"identifier", "column"} <= ways <= {"identifier", "column", "stored"}:
        return replace(
            lead,
            identifier=IdentifierKind(given["identifier"].choice(tuple(IdentifierKind))),
            column=given["column"].text(),
            stored=Stored(given["stored"].choice(tuple(Stored))) if "stored" in given else Stored.ANYHOW,
        )
    if {"to"} <= ways <= {"to", "sole"}:
        sole = given["sole"].truth() if "sole" in given else False
        return replace(lead, hops=read_hops(given["to"]), sole=sole)
    raise node.wrong("path-unclear", "give `to`, or `identifier` or `mentions` with their `column`")


def _erased(node: Node | None) -> dict[str, Any]:
    if node is None:
        return {}
    word = node.choice(tuple(ON_ERASE))
    return {"on_erase": ON_ERASE[word], "kept_shared": word == KEEP_SHARED, "is_link": word == UNLINK}


def read_value(node: Node) -> Value:
    """A column, or hops and then a column: `[invoice_id -> invoices.id, issued_on]`."""
    if not node.is_list:
        return Value((), node.text(), node.line)
    *hops, last = node.parts() or (node,)
    return Value(tuple(read_hop(hop) for hop in hops), last.text(), node.line)
