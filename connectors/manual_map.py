"""The map of a system that people keep: what is kept there, where, who looks, and how (`docs/people.md`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.datamap_yaml import Node, read_yaml
from domain.errands import Asks
from domain.errors import BadInput
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Basis, Column, Label, Role, Table
from domain.outcomes import Outcome

REF, NOTE = "ref", "note"
_COLUMNS = (
    Column(name=REF, label=Label(th="เลขแฟ้มหรือเครื่องหมาย", en="File number or mark")),
    Column(name=NOTE, label=Label(th="รายละเอียด", en="Description"), written=True),
    Column(name="file", label=Label(th="สำเนา", en="Copy")),
)
_WAYS = (Outcome.ERASE.value, Outcome.DESTROY.value)
_TWO = 2
_LONGEST_WAIT = 30


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of record: how it is described and destroyed, the dates that people read off it, what may be corrected.

    `issued`: a document that was given out is never edited. `copied`: copies of it are given to the person.
    """

    table: Table
    on_erase: Outcome
    dates: tuple[str, ...]
    holds: tuple[str, ...]
    fields: tuple[str, ...]
    issued: bool
    copied: bool


@dataclass(frozen=True, slots=True)
class ManualMap:
    """What people keep. `place` and `keeper` are for whoever is asked; `within_days` is how long they have.

    `mail` is where they are asked, by a link that needs no account; None where officers see to it.
    """

    place: Label
    keeper: Label
    within_days: int
    instructions: Mapping[Asks, Label]
    kinds: Mapping[str, RecordKind]
    mail: Identifier | None = None


def load_manual_map(system: str, path: Path) -> ManualMap:
    """The map in a file.

    Raises:
        DataMapInvalid: names file, line and record.
    """
    needs = ("place", "keeper", "within_days", "instructions", "sources", "records")
    top = read_yaml(path).fields(needs=needs, may=("mail",))
    sources = {name: _label(node) for name, node in top["sources"].pairs()}
    words = top["instructions"].fields(needs=tuple(Asks))
    kinds = {
        name: _kind(system, name, node.named("table", name), sources) for name, node in top["records"].pairs()
    }
    if not kinds:
        raise top["records"].wrong("no-records", "say what is kept there")
    return ManualMap(
        place=_label(top["place"]),
        keeper=_label(top["keeper"]),
        within_days=_days(top["within_days"]),
        instructions={asks: _label(words[asks]) for asks in Asks},
        kinds=kinds,
        mail=_mail(top["mail"]) if "mail" in top else None,
    )


def _kind(system: str, name: str, node: Node, sources: Mapping[str, Label]) -> RecordKind:
    given = node.fields(
        needs=("label", "unit", "basis", "source", "on_erase"),
        may=("role", "dates", "holds", "fields", "issued", "copied"),
    )
    source = given["source"].choice(tuple(sources))
    dates = given["dates"].texts() if "dates" in given else ()
    role = Role(given["role"].choice(tuple(Role))) if "role" in given else Role.CONTROLLER
    return RecordKind(
        table=Table(
            system=system,
            name=name,
            label=_label(given["label"]),
            unit=given["unit"].text(),
            role=role,
            basis=Basis(given["basis"].choice(tuple(Basis))),
            source=sources[source],
            columns=_COLUMNS,
            events=dates,
        ),
        on_erase=Outcome(given["on_erase"].choice(_WAYS)),
        dates=dates,
        holds=given["holds"].texts() if "holds" in given else (),
        fields=given["fields"].texts() if "fields" in given else (),
        issued="issued" in given and given["issued"].truth(),
        copied="copied" not in given or given["copied"].truth(),
    )


def _label(node: Node) -> Label:
    both = node.texts()
    if len(both) != _TWO:
        raise node.wrong("not-two-languages", "write [Thai, English]")
    return Label(th=both[0], en=both[1])


def _days(node: Node) -> int:
    value = node.scalar()
    if not isinstance(value, int) or not 1 <= value <= _LONGEST_WAIT:
        raise node.wrong("not-so-many-days", f"write a number of days from 1 to {_LONGEST_WAIT}")
    return value


def _mail(node: Node) -> Identifier:
    try:
        return identifier(IdentifierKind.EMAIL, node.text())
    except BadInput:
        raise node.wrong("not-an-address", "write an e-mail address") from None
