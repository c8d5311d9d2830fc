"""The summary of a dossier: first what is held and why, then the data in plain words, then rights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import JsonValue

from domain.item import Basis, Record, Role, Table
from exports import lines
from exports.cells import visible
from exports.context import in_language
from exports.dossier import Contents
from exports.words import Words
from policy.model import Policy

_LONGEST = 240  # characters of a value in the PDF; the CSV has it whole
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_DAY = re.compile(r"(19|20)\d\d-\d\d-\d\d")


@dataclass(frozen=True)
class Part:
    """One table as the summary shows it; `rows` are label and value, what is empty left out.

    `origins` say of its first records, where the system knows it of each, from whom and when they came (s.30 ¶1);
    `elsewhere`: some of them came from somebody else, who cannot have consented for the person.
    """

    title: str
    basis: str
    source: str
    consented: bool
    total: int
    file: str
    origins: tuple[str, ...]
    elsewhere: bool
    rows: tuple[tuple[tuple[str, str], ...], ...]

    @property
    def shown(self) -> int:
        """How many of its records the PDF shows."""
        return len(self.rows)


@dataclass(frozen=True)
class Category:
    """One data unit: what for, how long, for whom, whether it must be given (s.23(2)), and the tables that hold it."""

    name: str
    purpose: str
    retention: str
    must_give: tuple[str, ...]
    recipients: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """How many records it has."""
        return sum(part.total for part in self.parts)


def values(contents: Contents, policy: Policy, words: Words) -> Mapping[str, Any]:
    """What the template is given beside the common context."""
    held: dict[str, list[Table]] = {}
    for key, table in contents.tables.items():
        if table.role is Role.CONTROLLER or contents.counts[key]:
            held.setdefault(table.unit, []).append(table)
    categories = [_category(unit, tables, contents, policy, words) for unit, tables in held.items()]
    return {
        "categories": categories,
        "absent": [category.name for category in categories if not category.total],
        # What s.30 ¶1 asks the source of: data that are held, and that no consent brought.
        "without_consent": [
            part
            for category in categories
            for part in category.parts
            if part.total and (part.elsewhere or not part.consented)
        ],
        "codes": _codes(contents, words),
    }


def _category(unit: str, tables: list[Table], contents: Contents, policy: Policy, words: Words) -> Category:
    known = policy.units.get(unit)
    nothing = words("dossier.nothing")
    recipients = [policy.recipients[code] for code in known.recipients] if known else []
    return Category(
        name=lines.unit_name(unit, policy, words),
        purpose=in_language(known.purpose, words) if known else nothing,
        retention=lines.retention(known, words) if known else nothing,
        must_give=must_give(_bases(tables, contents), policy, words),
        recipients=tuple(
            f"{recipient.name} ({in_language(recipient.purpose, words)}; "
            f"{words('dossier.countries')} {', '.join(recipient.countries)})"
            for recipient in recipients
        ),
        parts=tuple(_part(table, contents, words) for table in tables),
    )


def _bases(tables: list[Table], contents: Contents) -> Iterable[Basis]:
    """The lawful bases of what is held, each once."""
    return dict.fromkeys(table.basis for table in tables if contents.counts[table.system, table.name])


def must_give(bases: Iterable[Basis], policy: Policy, words: Words) -> tuple[str, ...]:
    """Whether data must be given by law or contract, and what follows where they are not, by lawful basis (s.23(2))."""
    said = (in_language(policy.record.must_give[basis], words) for basis in bases)
    if "record.must_give" in policy.unsigned:
        return tuple(words("proposed", what=one) for one in said)
    return tuple(said)


def _part(table: Table, contents: Contents, words: Words) -> Part:
    key = table.system, table.name
    return Part(
        title=in_language(table.label, words),
        basis=words(f"bases.{table.basis}"),
        source=in_language(table.source, words).strip() or words("dossier.source_unknown"),
        consented=table.basis is Basis.CONSENT,
        total=contents.counts[key],
        file=contents.names[key],
        origins=tuple(dict.fromkeys(_origin(record, table, words) for record in contents.samples[key]))
        if table.origin
        else (),
        elsewhere=bool(table.origin)
        and any(record.values.get(table.origin) not in table.from_person for record in contents.samples[key]),
        rows=tuple(_row(record, table, words) for record in contents.samples[key]),
    )


def _origin(record: Record, table: Table, words: Words) -> str:
    """Source and day of one record; what no record shows is said to be unknown."""
    value = record.values.get(table.origin)
    named = table.origins.get(str(value))
    source = in_language(named, words) if named else _plain(value, words) if value not in (None, "") else ""
    since = record.values.get(table.origin_at) if table.origin_at else None
    day = day_of(since, words) if since else ""
    return " ".join(part for part in (source or words("dossier.source_unknown"), day) if part)


def day_of(since: JsonValue, words: Words) -> str:
    """The day as people write it; what a system keeps there that is none, as it stands."""
    try:
        return words.day(date.fromisoformat(str(since)[:10]))
    except ValueError:
        return _plain(since, words)


def _row(record: Record, table: Table, words: Words) -> tuple[tuple[str, str], ...]:
    cells = []
    for column in table.columns:
        label = in_language(column.label, words)
        if code := record.withheld.get(column.name):
            cells.append((label, f"[{code}]"))
        elif (value := record.values.get(column.name)) not in (None, ""):
            cells.append((label, _plain(value, words)))
    return tuple(cells)


def _plain(value: JsonValue, words: Words) -> str:
    """A value in plain words: yes and no, days and moments as people write them, long text cut."""
    if isinstance(value, bool):
        return words(f"dossier.{str(value).lower()}")
    text = visible(value if isinstance(value, str) else str(value))
    if _MOMENT.fullmatch(text):
        return words.moment(text)
    if _DAY.fullmatch(text):
        return words.day(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _codes(contents: Contents, words: Words) -> list[tuple[str, str]]:
    return [
        (code, words.get(f"withheld.{code}") or words("withheld.other", code=code))
        for code in sorted(contents.codes)
    ]
