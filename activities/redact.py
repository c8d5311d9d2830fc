"""What a package shows of a record: without third persons (s.30 ¶2), with everything else."""

from __future__ import annotations

from collections.abc import Iterator

from activities.tools import Tools, searched
from domain.connector import Connector
from domain.item import Record
from domain.third_persons import CODE, Redactor


class Redaction:
    """Redacts the records of one system for the person of a case, one at a time."""

    def __init__(self, tools: Tools, connector: Connector, case: str) -> None:
        own = {one.value for one in searched(tools, case).identifiers}
        own |= {one.value for row in tools.vault.chosen(case) for one in row.addresses}
        words = tools.vault.redacted(case)
        staff = {tools.policy.company.officer.email.rpartition("@")[2]}
        self._redactor = Redactor(own, words, staff)
        self._every = bool(words)
        self._written = {
            table.name: frozenset(column.name for column in table.columns if column.written)
            for table in connector.describe()
        }

    def of(self, record: Record) -> Record:
        """The record as the person may have it."""
        written = self._written.get(record.table, frozenset())
        if not written and not self._every:
            return record
        changed = dict(self._changed(record, written))
        return record.model_copy(update={"values": {**record.values, **changed}}) if changed else record

    def in_part(self, record: Record) -> Record:
        """The record without anything that somebody wrote freely: officers found that it would harm others (s.30 ¶2)."""
        written = self._written.get(record.table, frozenset())
        kept_back = {
            name: CODE for name, value in record.values.items() if name in written and value is not None
        }
        bare = {**record.values, **dict.fromkeys(kept_back)}
        shown = record.model_copy(update={"values": bare, "withheld": {**record.withheld, **kept_back}})
        return self.of(shown)

    def _changed(self, record: Record, written: frozenset[str]) -> Iterator[tuple[str, str]]:
        for name, value in record.values.items():
            if not isinstance(value, str):
                continue
            shown = self._redactor.written(value) if name in written else self._redactor.marked(value)
            if shown != value:
                yield name, shown
