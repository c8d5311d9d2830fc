"""The data map as values: what a database's tables hold, whose it is, and how it is erased.

`docs/datamap.md` tells the format. `datamap_read` reads one, `datamap_check` holds it against a live database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.errors import DataMapInvalid
from domain.identifiers import IdentifierKind
from domain.item import Basis, Label, Role
from domain.outcomes import Outcome

Scalar = str | int | float | bool | None


class Kind(StrEnum):
    """What a column is."""

    DATA = "data"
    KEY = "key"  # finds rows; shown only where it has a label
    SECRET = "secret"  # noqa: S105 - a kind of column; never leaves the system
    ATTACHMENT = "attachment"
    FREE_TEXT = "free-text"
    RESTRICTION = "restriction"  # true while processing is restricted (s.34)
    BOOKKEEPING = "bookkeeping"  # written by the database itself, so not part of the content hash


UNRULED = frozenset({Kind.KEY, Kind.RESTRICTION, Kind.BOOKKEEPING})
"""Columns that stay as they are in a row that is anonymised, without the map saying so."""


class Change(StrEnum):
    """How a column is anonymised."""

    KEEP = "keep"
    CLEAR = "clear"
    FIXED = "fixed"
    UNIQUE = "unique"
    HASH = "hash"


class Stored(StrEnum):
    """In which form identifiers stand in a column; the tidier, the plainer the index that can find them."""

    ANYHOW = "anyhow"
    TRIMMED = "trimmed"  # no blanks around
    NORMAL = "normal"  # exactly the engine's normal form


@dataclass(frozen=True, slots=True)
class Hop:
    """A join of one row to others: these columns equal those of the table, whose rows have the values in `where`.

    With `prefix` the column is that text and then the target, as a file's path is.
    """

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]
    where: tuple[tuple[str, Scalar], ...] = ()
    prefix: str = ""

    def __str__(self) -> str:
        before = f"{self.prefix} + " if self.prefix else ""
        joined = f"{', '.join(self.columns)} -> {before}{self.table}.{', '.join(self.targets)}"
        where = ", ".join(f"{name} = {value}" for name, value in self.where)
        return f"{joined} [{where}]" if where else joined


@dataclass(frozen=True, slots=True)
class Value:
    """A column of the row itself, or of one that hops lead to."""

    hops: tuple[Hop, ...]
    column: str
    line: int


@dataclass(frozen=True, slots=True)
class Lead:
    """One way from a row to the person: hops to a table that leads on, or an identifier in a column.

    `mentions`: the column is a text, a list or a document in which such identifiers may stand; a row reached only so is
    somebody else's that names the person. `sole`: followed only to rows that are nobody else's. Without `shares` whoever
    else is reached this way (who worked on a row) does not make it theirs too. `on_erase` is how a
    row that was reached this way is erased, where that differs from its table.
    """

    hops: tuple[Hop, ...] = ()
    where: Mapping[str, Scalar] = field(default_factory=dict)
    identifier: IdentifierKind | None = None
    column: str = ""
    stored: Stored = Stored.ANYHOW
    line: int = 0
    mentions: tuple[IdentifierKind, ...] = ()
    sole: bool = False
    on_erase: Outcome | None = None
    kept_shared: bool = False
    is_link: bool = False
    shares: bool = True

    @property
    def links(self) -> tuple[str, ...]:
        """The row's own columns that point at the person; what is said in a text is redacted, not unlinked."""
        if self.mentions:
            return ()
        return self.hops[0].columns if self.hops else (self.column,)

    def __str__(self) -> str:
        """The path as a map would write it."""
        where = "".join(f", {name} = {value}" for name, value in self.where.items())
        if self.mentions:
            return f"mentions {'/'.join(self.mentions)} in {self.column}{where}"
        if self.identifier:
            return f"{self.identifier} in {self.column}{where}"
        return "; ".join(str(hop) for hop in self.hops) + where


@dataclass(frozen=True, slots=True)
class RoleRule:
    """In which role rows are held: always the same, or controller where `when` equals `equals`.

    `unit`, `basis` and `source` are those of the rows held as controller, where they differ from the tenants'.
    """

    fixed: Role = Role.CONTROLLER
    when: Value | None = None
    equals: Scalar = None
    unit: str = ""
    basis: Basis | None = None
    source: Label | None = None


@dataclass(frozen=True, slots=True)
class OriginRule:
    """Where each row came from (s.30 ¶1): its column, when it was entered, and which values mean the person themselves.

    Any other value, and none, is a source that is not the person (s.25).
    """

    column: str
    line: int
    at: str = ""
    person: tuple[str, ...] = ()
    named: Mapping[str, Label] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContractRule:
    """A contract runs while `value` is null or in the future, or, with `states`, is one of them."""

    value: Value
    states: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftRule:
    """Rows of which `value` is one of `states` are of another unit and under none of the table's holds.

    `on_erase` is how they are erased, where that differs from the table's.
    """

    value: Value
    states: tuple[Scalar, ...]
    unit: str
    on_erase: Outcome | None = None


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """Each row is one consent (s.19): for the purpose in a column, or always for `fixed`.

    It stands while `withdrawn` is null; `given` says when it was given. Withdrawing also gives the columns in `also` these values. `marketing` are
    the purposes that are direct marketing (s.32 ¶1(2)).
    """

    withdrawn: str
    line: int
    purpose: str = ""
    fixed: str = ""
    given: str = ""
    marketing: tuple[str, ...] = ()
    also: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spot:
    """A column of a mapped table, as `users.phone`."""

    table: str
    column: str
    line: int


@dataclass(frozen=True, slots=True)
class FieldMap:
    """What a person may ask to correct (ss.35-36), and where it stands.

    Without `record` another system says what is true. `issued` are columns of issued documents, never edited.
    """

    name: str
    line: int
    record: Spot | None = None
    copies: tuple[Spot, ...] = ()
    issued: tuple[Spot, ...] = ()

    @property
    def editable(self) -> tuple[Spot, ...]:
        """Where a correction is written, the record first."""
        return (*((self.record,) if self.record else ()), *self.copies)


@dataclass(frozen=True, slots=True)
class SuppressionMap:
    """A list of addresses that get no direct marketing: which column holds one, and what else its row says.

    `at` is the column for when the address was entered, if there is one.
    """

    table: str
    identifier: IdentifierKind
    column: str
    line: int
    constants: Mapping[str, Scalar] = field(default_factory=dict)
    at: str = ""


@dataclass(frozen=True, slots=True)
class TenantsMap:
    """The table of tenants: what they are named by (as `tenant` of a table leads to), and when their contract ended.

    `ended` is null while the contract runs. `called` is the column of its name in letters, `contact` of its e-mail
    address under the agreement, if any.
    """

    table: str
    name: str
    ended: str
    line: int
    called: str = ""
    contact: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that it names."""
        return tuple(one for one in (self.name, self.ended, self.called, self.contact) if one)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a column is anonymised; `value` is the constant, or the template with `{token}`."""

    change: Change
    value: Any = None


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """One classified column. `unit`, `basis` and `source` are the table's unless said otherwise."""

    name: str
    kind: Kind
    label: Label | None
    line: int
    rule: Rule | None = None
    identifier: IdentifierKind | None = None
    stored: Stored = Stored.ANYHOW
    held_keeps: bool = True
    redact: bool = False  # may hold a person's identifiers in rows of others: there, only those go
    unit: str = ""
    basis: Basis | None = None
    source: Label | None = None


@dataclass(frozen=True, slots=True)
class TableMap:
    """One table that holds personal data."""

    name: str
    label: Label
    unit: str
    basis: Basis
    source: Label
    role: RoleRule
    columns: Mapping[str, ColumnMap]
    on_erase: Outcome
    line: int
    key: tuple[str, ...] = ()
    leads: tuple[Lead, ...] = ()
    tenant: Value | None = None
    dates: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)  # the latest of them counts
    contract: ContractRule | None = None
    holds: tuple[str, ...] = ()
    kept_shared: bool = False
    is_link: bool = False
    consent: ConsentRule | None = None
    basis_because: str = ""
    origin: OriginRule | None = None
    draft: DraftRule | None = None
    append_only: bool = False

    @property
    def own_unit(self) -> str:
        """The data unit of the rows that the company holds for itself."""
        return self.role.unit or self.unit

    @property
    def own_basis(self) -> Basis:
        """The basis of the rows that the company holds for itself."""
        return self.role.basis or self.basis

    @property
    def own_source(self) -> Label:
        """Where those rows come from, as far as one can say it of all of them."""
        return self.role.source or self.source

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """The names of its columns of these kinds."""
        return tuple(column.name for column in self.columns.values() if column.kind in kinds)

    @property
    def anonymisable(self) -> bool:
        """Whether the map leaves no column to chance: keys and flags stay, everything else says what it becomes."""
        columns = self.columns.values()
        changes = any(one.rule and one.rule.change is not Change.KEEP for one in columns)
        return changes and all(one.rule or one.kind in UNRULED for one in columns)

    @property
    def redactable(self) -> tuple[str, ...]:
        """The names of its columns in which a person's identifiers may stand among others'."""
        return tuple(column.name for column in self.columns.values() if column.redact)


@dataclass(frozen=True, slots=True)
class PersonMap:
    """A table whose rows are persons; its columns flagged as identifiers are what they are known by.

    `same_by` are hops from a row to others of the table that are the same person (a merge that was only noted).
    `known_by` are tables, one hop from here, whose identifiers are the person's too. `one_by` is a column whose value makes rows of such tables of this system one person. `names` are templates of how
    texts may call the person, as `{first_name} {last_name}` or `{profile.nick}` for a value inside a document.
    """

    table: str
    shown: tuple[str, ...]
    line: int
    same_as: str = ""
    merged_into: str = ""
    one_by: str = ""
    names: tuple[str, ...] = ()
    known_by: tuple[str, ...] = ()
    same_by: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class DataMap:
    """A whole map, in the order in which a dossier shows the tables."""

    file: str
    persons: Mapping[str, PersonMap]
    tables: Mapping[str, TableMap]
    not_personal: tuple[str, ...] = ()
    fields: Mapping[str, FieldMap] = field(default_factory=dict)
    suppressions: tuple[SuppressionMap, ...] = ()
    tenants: TenantsMap | None = None

    def wrong(self, code: str, mend: str, line: int, table: str = "", column: str = "") -> DataMapInvalid:
        """The error that says where the map is wrong."""
        named = {"table": table, "column": column}
        facts = {name: fact for name, fact in named.items() if fact}
        return DataMapInvalid(code, mend, file=self.file, line=line, **facts)
