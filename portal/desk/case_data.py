"""What an officer may see of the person, unsealed on a press: told to the audit chain first, then read. Blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from pydantic import JsonValue

from activities.tools import Tools
from cases.histories import Reasons
from cases.notes import Note
from cases.room import Room
from domain.connector import Capability, Connector, KeptByPeople
from domain.errors import NotFound, Refused, Unavailable
from domain.events import Event
from domain.identifiers import Identifier
from domain.item import Candidate, Item, Label, Place, Record, Table, place
from domain.outcomes import Outcome
from domain.value import Personal

SHOWN = 20
"""Records of one table that are shown: enough to judge by; all of them are in the package."""

NUMBERED = 2000
"""Lines of one system's plan that are looked through for the numbers of what is shown."""

REASONS = ("tell-apart", "verify", "decide", "answer", "correct", "review")
"""Why an officer looks: codes, for the audit chain keeps no sentences."""


class What(StrEnum):
    """What is looked at."""

    PERSON = "person"
    FOUND = "found"
    CANDIDATES = "candidates"
    REASONS = "reasons"
    NOTES = "notes"


class PersonShown(Personal):
    """Who asked, and in which words."""

    name: str
    language: str
    identifiers: tuple[Identifier, ...]
    message: str
    asked: Mapping[str, JsonValue]
    agent: str
    authority: str
    redacted: tuple[str, ...]


class TableShown(Personal):
    """The first records of one table; `count` is how many there are."""

    system: str
    table: str
    unit: str
    label: Label | None
    columns: Mapping[str, Label]
    count: int
    records: tuple[Record, ...]
    numbers: Mapping[int, int]
    """By the record's own number the one of its line in the newest plan, as an edit of the plan names it."""


class FoundShown(Personal):
    """What was found, by data unit; `away` are systems that could not be read, `people` those that people keep."""

    units: Mapping[str, tuple[TableShown, ...]]
    away: tuple[str, ...]
    people: tuple[str, ...]


@dataclass(frozen=True)
class CaseData:
    """Opens what a case keeps sealed. Every method tells before it opens: what can't be told is not shown."""

    room: Room
    tools: Tools

    def looked(self, case: str, what: str, *, actor: str, reason: str) -> None:
        """Tell that somebody looks, and why."""
        self.room.register.note(case, Event.STAFF_LOOKED, actor, command=f"portal-{what}", reason_code=reason)

    def person(self, case: str) -> PersonShown:
        """Who asked. Raises `KeyShredded`."""
        vault, subject = self.room.vault, self.room.vault.subject(case)
        agent, authority = vault.agent(case)
        return PersonShown(
            name=subject.name,
            language=subject.language,
            identifiers=subject.identifiers,
            message=vault.message(case),
            asked=dict(vault.changes(case)),
            agent=agent,
            authority=authority,
            redacted=vault.redacted(case),
        )

    def candidates(self, case: str) -> tuple[tuple[Candidate, ...], ...]:
        """Who may be meant, with what tells them apart. Raises `KeyShredded`."""
        return self.room.vault.candidates(case)

    def reasons(self, case: str) -> Mapping[str, Reasons]:
        """What officers wrote to the decisions of the case and to the edits of its plans, by id. Raises `KeyShredded`."""
        edits = self.room.plan_edits.reasons(case)
        return {
            **self.room.histories.reasons(case),
            **{edit: Reasons(proposed=why) for edit, why in edits.items()},
        }

    def notes(self, case: str) -> tuple[Note, ...]:
        """What colleagues wrote, the oldest first. Raises `KeyShredded`."""
        return self.room.notes.of(case)

    def found(self, case: str) -> FoundShown:
        """The first records of every table, read from the systems as they are now. Raises `KeyShredded`."""
        units: dict[str, list[TableShown]] = defaultdict(list)
        away: list[str] = []
        people: list[str] = []
        for manifest in self.tools.findings.manifests(case):
            connector = self.tools.connectors.get(manifest.system)
            if isinstance(connector, KeptByPeople):
                people.append(manifest.system)  # to look there is to ask them
                continue
            if connector is None or Capability.COPY not in connector.capabilities:
                away.append(manifest.system)
                continue
            try:
                shown = list(self._tables(case, manifest.manifest, connector))
            except (Unavailable, Refused):
                away.append(manifest.system)
                continue
            for table in shown:
                units[table.unit].append(table)
        return FoundShown(
            units={unit: tuple(units[unit]) for unit in sorted(units)},
            away=tuple(away),
            people=tuple(people),
        )

    def _tables(self, case: str, manifest: str, connector: Connector) -> Iterator[TableShown]:
        first: dict[tuple[str, str], list[Item]] = defaultdict(list)
        count: dict[tuple[str, str], int] = defaultdict(int)
        with self.tools.files.read(case, manifest) as lines:
            for line in lines:
                item = Item.model_validate_json(line)
                key = (item.found.unit, item.found.table)
                count[key] += 1
                if count[key] <= SHOWN:
                    first[key].append(item)
        planned = self._planned(case, connector.name)
        described: dict[str, Table] = {table.name: table for table in connector.describe()}
        for (unit, name), items in first.items():
            table = described.get(name)
            yield TableShown(
                system=connector.name,
                table=name,
                unit=unit,
                label=table.label if table else None,
                columns={column.name: column.label for column in table.columns} if table else {},
                count=count[unit, name],
                records=tuple(islice(connector.copy(iter(items)), SHOWN)),
                numbers={one.found.no: planned[at] for one in items if (at := place(one)) in planned},
            )

    def _planned(self, case: str, system: str) -> Mapping[Place, int]:
        """The numbers of a system's first lines in the newest plan, by where their records stand."""
        try:
            found = self.room.plans.items(case, system, frozenset(Outcome) - {Outcome.CLEAR})
            return {place(one.item): one.row.no for one in islice(found, NUMBERED)}
        except NotFound:
            return {}
