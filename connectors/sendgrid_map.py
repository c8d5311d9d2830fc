"""The map of a SendGrid account, and what a company says of its own: which groups and lists stand for which consent.

Shipped as `sendgrid.map.yaml`; a company that uses contacts otherwise gives its own (`map` in the systems file).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from connectors.datamap_yaml import Node, read_yaml
from domain.item import Basis, Column, Label, Role, Table

SHIPPED = Path(__file__).with_name("sendgrid.map.yaml")
CONTACTS, SUBSCRIPTIONS, ACTIVITY = "contacts", "subscriptions", "email_activity"
FAILURES = ("bounces", "blocks", "invalid_emails", "spam_reports")
"""Tables that are SendGrid's own lists, under SendGrid's own names."""
GLOBAL = "unsubscribes"
TABLES = (CONTACTS, SUBSCRIPTIONS, ACTIVITY, *FAILURES, GLOBAL)
"""In the order in which they are located: whom it is about before what hangs on them."""
EVERY_MAILING = "all-mailings"
"""The purpose of being a contact at all: it stands while some direct marketing may go there."""

LIMITS = {
    "first_name": 50,
    "last_name": 50,
    "address_line_1": 100,
    "address_line_2": 100,
    "city": 60,
    "state_province_region": 50,
    "country": 50,
    "postal_code": 50,
}
"""Fields of a contact that may be corrected, and how many characters SendGrid takes."""
_LABELS = 2


@dataclass(frozen=True, slots=True)
class Legal:
    """What a record is to the Act; `keeps` is the ground on which no erasure takes it, if there is one."""

    unit: str
    basis: Basis
    keeps: str = ""


@dataclass(frozen=True, slots=True)
class SendgridMap:
    """The tables as they are described, what each is to the Act, and where correctable fields stand in a contact.

    `ended` is what a subscription is once it was ended.
    """

    tables: Mapping[str, Table]
    legal: Mapping[str, Legal]
    fields: Mapping[str, tuple[str, ...]]
    ended: Legal


@dataclass(frozen=True, slots=True)
class Purpose:
    """One unsubscribe group: the consent that it stands for, and the lists that are written to under it."""

    code: str
    group: int
    marketing: bool
    lists: frozenset[str]


@dataclass(frozen=True, slots=True)
class Account:
    """How a company uses its account.

    `everything`: an objection also enters the list of those who get nothing at all, invoices included. `activity`:
    the account can read what was sent. `settles`: how long SendGrid may take for what it does later.
    """

    purposes: tuple[Purpose, ...]
    everything: bool = False
    activity: bool = False
    settles: timedelta = timedelta(hours=1)

    @property
    def marketing(self) -> tuple[int, ...]:
        """The groups that are direct marketing."""
        return tuple(one.group for one in self.purposes if one.marketing)

    def purpose_of(self, group: int) -> Purpose | None:
        """What a group stands for, if the company says so."""
        return next((one for one in self.purposes if one.group == group), None)

    def group_of(self, one_list: str) -> int:
        """Under which group a list is written to; one that nobody named counts as the first marketing."""
        named = (one.group for one in self.purposes if one_list in one.lists)
        return next(named, self.marketing[0])


def load_sendgrid_map(system: str, path: Path) -> SendgridMap:
    """The map in a file; it speaks of every table of the connector, and of no other.

    Raises:
        DataMapInvalid: names file, line and table.
    """
    top = read_yaml(path).fields(needs=("sources", "fields", "tables", "ended"))
    sources = {name: _label(node) for name, node in top["sources"].pairs()}
    given = top["tables"].fields(needs=TABLES)
    fields = {}
    for name, node in top["fields"].pairs():
        places = node.texts()
        if len(places) > _LABELS or not set(places) <= LIMITS.keys():
            raise node.named("field", name).wrong("unknown-word", f"one or two of {', '.join(LIMITS)}")
        fields[name] = places
    nodes = {name: given[name].named("table", name) for name in TABLES}
    return SendgridMap(
        tables={name: _table(system, name, node, sources) for name, node in nodes.items()},
        legal={name: _legal(dict(node.pairs())) for name, node in nodes.items()},
        fields=fields,
        ended=_legal(top["ended"].fields(needs=("unit", "basis", "keeps"))),
    )


def read_account(given: Mapping[str, Node]) -> Account:
    """What a stanza of the systems file says of the account.

    Raises:
        DataMapInvalid: names file and line.
    """
    purposes = tuple(_purpose(node) for node in given["purposes"].parts())
    if not any(one.marketing for one in purposes):
        raise given["purposes"].wrong("no-marketing-purpose", "name the group of direct marketing")
    if len({one.group for one in purposes}) < len(purposes):
        raise given["purposes"].wrong("group-twice", "name each group once")
    minutes = _number(given["settles_minutes"]) if "settles_minutes" in given else 60
    return Account(
        purposes=purposes,
        everything=_yes(given, "global"),
        activity=_yes(given, "activity"),
        settles=timedelta(minutes=minutes),
    )


def _purpose(node: Node) -> Purpose:
    told = node.fields(needs=("purpose", "group"), may=("marketing", "lists"))
    return Purpose(
        code=told["purpose"].text(),
        group=_number(told["group"]),
        marketing=_yes(told, "marketing"),
        lists=frozenset(told["lists"].texts() if "lists" in told else ()),
    )


def _table(system: str, name: str, node: Node, sources: Mapping[str, Label]) -> Table:
    told = node.fields(needs=("label", "unit", "basis", "source", "columns"), may=("keeps",))
    return Table(
        system=system,
        name=name,
        label=_label(told["label"]),
        unit=told["unit"].text(),
        role=Role.CONTROLLER,
        basis=Basis(told["basis"].choice(tuple(Basis))),
        source=sources[told["source"].choice(tuple(sources))],
        columns=tuple(Column(name=column, label=_label(one)) for column, one in told["columns"].pairs()),
    )


def _legal(told: Mapping[str, Node]) -> Legal:
    return Legal(
        unit=told["unit"].text(),
        basis=Basis(told["basis"].choice(tuple(Basis))),
        keeps=told["keeps"].text() if "keeps" in told else "",
    )


def _label(node: Node) -> Label:
    words = node.texts()
    if len(words) != _LABELS:
        raise node.wrong("label-incomplete", "give the Thai and the English name")
    return Label(th=words[0], en=words[1])


def _number(node: Node) -> int:
    value = node.scalar()
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise node.wrong("not-a-number", "write a whole number")
    return value


def _yes(given: Mapping[str, Node], key: str) -> bool:
    if key not in given:
        return False
    value = given[key].scalar()
    if not isinstance(value, bool):
        raise given[key].wrong("not-yes-or-no", "write true or false")
    return value
