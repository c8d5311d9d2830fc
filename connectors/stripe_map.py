"""The map of a Stripe account: what each kind of object is to the Act, and which of its fields are told to people.

Shipped as `stripe.map.yaml`; a company that uses Stripe's fields otherwise gives its own (`map` in the systems file).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.datamap_yaml import Node, read_yaml
from domain.holds import CountsFrom
from domain.item import Basis, Label

SHIPPED = Path(__file__).with_name("stripe.map.yaml")
_PERSONAL, _SECRET, _TIME, _MONEY = "personal", "secret", "time", "money"
_FLAGS = (_PERSONAL, _SECRET, _TIME, _MONEY)
_LABELS = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One told field. `path` leads to it by dots, `*` through a list.

    `personal` is what makes the record one of a person; `secret` never leaves; `time` is seconds since 1970, `money`
    an amount in the smallest unit of the object's currency.
    """

    name: str
    path: str
    label: Label
    flags: frozenset[str]

    @property
    def personal(self) -> bool:
        """Whether it tells of a person, and so goes when the record is made anonymous."""
        return _PERSONAL in self.flags

    @property
    def secret(self) -> bool:
        """Whether it is withheld."""
        return _SECRET in self.flags

    @property
    def time(self) -> bool:
        """Whether it is an instant."""
        return _TIME in self.flags

    @property
    def money(self) -> bool:
        """Whether it is an amount."""
        return _MONEY in self.flags


@dataclass(frozen=True, slots=True)
class TableMap:
    """One kind of object. A date is the latest of those that stand at its paths."""

    name: str
    label: Label
    unit: str
    basis: Basis
    source: Label
    holds: tuple[str, ...]
    dates: Mapping[CountsFrom, tuple[str, ...]]
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class StripeMap:
    """All tables in the order of a dossier, and where each correctable field stands, by table and column.

    `issued` are the places on documents that were issued, which are corrected forward.
    """

    tables: Mapping[str, TableMap]
    fields: Mapping[str, Mapping[str, str]]
    issued: Mapping[str, Mapping[str, str]]


def load_stripe_map(path: Path, known: tuple[str, ...]) -> StripeMap:
    """The map in a file; it must speak of all of the connector's kinds of objects, and of no other.

    Raises:
        DataMapInvalid: names file, line, table and column.
    """
    top = read_yaml(path).fields(needs=("sources", "fields", "tables"))
    sources = {name: _label(node) for name, node in top["sources"].pairs()}
    given = top["tables"].fields(needs=known)
    tables = {name: _table(name, given[name].named("table", name), sources) for name in known}
    fields, issued = {}, {}
    for name, node in top["fields"].pairs():
        told = node.named("field", name).fields(needs=("stands",), may=("issued",))
        fields[name] = _places(told["stands"], tables)
        issued[name] = _places(told["issued"], tables) if "issued" in told else {}
    return StripeMap(tables, fields, issued)


def _table(name: str, node: Node, sources: Mapping[str, Label]) -> TableMap:
    told = node.fields(needs=("label", "unit", "basis", "source", "columns"), may=("holds", "dates"))
    return TableMap(
        name=name,
        label=_label(told["label"]),
        unit=told["unit"].text(),
        basis=Basis(told["basis"].choice(tuple(Basis))),
        source=sources[told["source"].choice(tuple(sources))],
        holds=told["holds"].texts() if "holds" in told else (),
        dates=_dates(told["dates"]) if "dates" in told else {},
        columns={
            column: _column(column, one.named("column", column)) for column, one in told["columns"].pairs()
        },
    )


def _dates(node: Node) -> dict[CountsFrom, tuple[str, ...]]:
    found = {}
    for event, paths in node.pairs():
        if event not in tuple(CountsFrom):
            raise paths.wrong("unknown-word", f"use one of {', '.join(CountsFrom)}")
        found[CountsFrom(event)] = paths.texts()
    return found


def _column(name: str, node: Node) -> Column:
    path = name
    if node.is_mapping:
        told = node.fields(needs=("at", "is"))
        path, node = told["at"].text(), told["is"]
    words = node.parts()
    flags = frozenset(word.choice(_FLAGS) for word in words[_LABELS:])
    if len(words) < _LABELS:
        raise node.wrong("label-incomplete", "write [Thai, English, ...]")
    return Column(name, path, Label(th=words[0].text(), en=words[1].text()), flags)


def _label(node: Node) -> Label:
    words = node.texts()
    if len(words) != _LABELS:
        raise node.wrong("label-incomplete", "write [Thai, English]")
    return Label(th=words[0], en=words[1])


def _places(node: Node, tables: Mapping[str, TableMap]) -> dict[str, str]:
    found = {}
    for place in node.parts():
        table, _, column = place.text().partition(".")
        if table not in tables or column not in tables[table].columns:
            raise place.wrong("column-unknown", "write table.column, as they stand below")
        found[table] = column
    return found
