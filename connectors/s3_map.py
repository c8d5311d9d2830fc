"""The object map as values: which buckets and keys hold personal data, whose they are, and how they are erased.

`docs/connectors.md` tells the format; `s3_map_read` reads one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.errors import DataMapInvalid
from domain.identifiers import IdentifierKind
from domain.item import Basis, Label, Role
from domain.outcomes import Outcome

TENANT = "tenant"
"""The placeholder for the tenant in whose scope a case looks."""


LAST_MODIFIED = "last_modified"
"""The mark that every object has: when its newest content was written."""


@dataclass(frozen=True, slots=True)
class IdMap:
    """An id that keys are made of: a key of the person's rows in another system, or an identifier.

    `pattern` tells which identifiers of the kind `ref` are meant; of the others every value must fit it.
    """

    name: str
    line: int
    pattern: re.Pattern[str]
    system: str = ""
    table: str = ""
    column: str = ""
    identifier: IdentifierKind | None = None


@dataclass(frozen=True, slots=True)
class BucketMap:
    """A bucket under the name that the map gives it; a replica holds copies of what stands in another.

    `lock_held` is the mode of Object Lock (governance, compliance) in which what a hold keeps is locked; none, if empty.
    """

    name: str
    bucket: str
    line: int
    region: str = ""
    replica_of: str = ""
    lock_held: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """Text with `{id}` in it. A key that ends with `/` is a prefix, any other one whole key."""

    text: str
    line: int
    ids: tuple[str, ...]

    @property
    def is_prefix(self) -> bool:
        """Whether it stands for everything beneath."""
        return self.text.endswith("/")

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with values for its ids."""
        return re.sub(r"\{([a-z_]+)\}", lambda found: values[found[1]], self.text)


@dataclass(frozen=True, slots=True)
class Mark:
    """A tag or a metadata field of an object."""

    kind: str  # tag, metadata, or last_modified
    name: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A mark that must have one of a template's values for the object to be the person's."""

    mark: Mark
    value: Template


@dataclass(frozen=True, slots=True)
class ContractRule:
    """A contract runs always, or while a mark of the object is one of these values."""

    always: bool = False
    mark: Mark | None = None
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectMap:
    """One class of objects: what a dossier and a plan call a table."""

    name: str
    label: Label
    unit: str
    basis: Basis
    source: Label
    bucket: str
    on_erase: Outcome
    line: int
    keys: tuple[Template, ...] = ()
    where: tuple[Condition, ...] = ()
    role: Role = Role.CONTROLLER
    dates: Mapping[str, Mark] = field(default_factory=dict)
    holds: tuple[str, ...] = ()
    contract: ContractRule = ContractRule()
    given: bool = True
    show: Mapping[Mark, Label] = field(default_factory=dict)

    @property
    def marks(self) -> frozenset[str]:
        """Which kinds of marks must be read to place one of its objects."""
        own = {one.mark.kind for one in self.where} | {mark.kind for mark in self.dates.values()}
        return frozenset(own | ({self.contract.mark.kind} if self.contract.mark else set()))


@dataclass(frozen=True, slots=True)
class Remnants:
    """What is left of files without their content: unfinished uploads, and delete markers with nothing beneath."""

    name: str
    label: Label
    unit: str
    basis: Basis
    source: Label


@dataclass(frozen=True, slots=True)
class StoreMap:
    """A whole map, in the order in which a dossier shows the classes."""

    file: str
    ids: Mapping[str, IdMap]
    buckets: Mapping[str, BucketMap]
    objects: Mapping[str, ObjectMap]
    remnants: Remnants

    def wrong(self, code: str, mend: str, line: int, **facts: str) -> DataMapInvalid:
        """The error that says where the map is wrong."""
        return DataMapInvalid(code, mend, file=self.file, line=line, **facts)

    def homes(self, one: ObjectMap) -> tuple[BucketMap, ...]:
        """The bucket of a class and the replicas of it, the original first."""
        return (
            self.buckets[one.bucket],
            *(bucket for bucket in self.buckets.values() if bucket.replica_of == one.bucket),
        )
