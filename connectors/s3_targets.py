"""Whose objects: the keys and marks that a person's ids lead to."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.s3_map import TENANT, BucketMap, Condition, IdMap, ObjectMap, StoreMap, Template
from domain.errors import BadInput, Refused
from domain.identifiers import IdentifierKind, identifier
from domain.item import Role, Subject

Values = Mapping[str, tuple[str, ...]]

_SEPARATOR = "/"
_FOLDED = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A condition with all the values that it takes, and of which kind they are."""

    condition: Condition
    values: frozenset[str]
    kind: IdentifierKind | None

    def holds(self, marks: Mapping[str, str]) -> bool:
        """Whether an object with these marks is meant; an address is compared as it is normally written."""
        value = marks.get(self.condition.mark.name)
        return value is not None and (value in self.values or _folded(self.kind, value) in self.values)


@dataclass(frozen=True, slots=True)
class Target:
    """A place to look: a prefix or one key of a bucket, for a class of objects, under conditions."""

    of: ObjectMap
    bucket: BucketMap
    text: str
    is_prefix: bool
    wanted: tuple[Wanted, ...] = ()

    def covers(self, key: str) -> bool:
        """Whether a key stands there."""
        return key.startswith(self.text) if self.is_prefix else key == self.text


def targets_of(store: StoreMap, subject: Subject, system: str) -> tuple[Target, ...]:
    """Every place to look for a person, in the map's order; replicas right behind their original.

    Raises:
        Refused: an id of the person has a form that no key may have, so what is theirs could not be told.
    """
    values = {name: _values(one, subject, system) for name, one in store.ids.items()}
    if subject.tenant:
        values[TENANT] = (_fit(subject.tenant, TENANT, system),)
    role = Role.PROCESSOR if subject.tenant else Role.CONTROLLER
    found: dict[tuple[str, str, str], Target] = {}
    for one in store.objects.values():
        if one.role is not role:
            continue
        wanted = tuple(
            Wanted(condition, frozenset(_filled(condition.value, values)), _kind(store, condition.value))
            for condition in one.where
        )
        if any(not each.values for each in wanted):
            continue  # an id that the person does not have: nothing can bear it
        for key, home in itertools.product(one.keys, store.homes(one)):
            for text in _filled(key, values):
                found.setdefault((one.name, home.name, text), Target(one, home, text, key.is_prefix, wanted))
    return tuple(found.values())


def fingerprint(targets: tuple[Target, ...]) -> str:
    """Tells one person's targets under one map from any other's."""
    told = repr([(one.of.name, one.bucket.name, one.text, sorted(map(repr, one.wanted))) for one in targets])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _filled(template: Template, values: Values) -> Iterator[str]:
    """The template with every combination of the person's values; nothing where one is missing."""
    for chosen in itertools.product(*(values.get(name, ()) for name in template.ids)):
        yield template.filled(dict(zip(template.ids, chosen, strict=True)))


def _values(one: IdMap, subject: Subject, system: str) -> tuple[str, ...]:
    if one.identifier is None:
        rows = (row for row in subject.anchors.get(one.system, ()) if row.get("$table") == one.table)
        found = {str(row[one.column]) for row in rows if row.get(one.column) is not None}
    else:
        found = {given.value for given in subject.identifiers if given.kind is one.identifier}
        if (
            one.identifier is IdentifierKind.REF
        ):  # every system's ids are of this kind: the pattern tells ours
            found = {value for value in found if one.pattern.fullmatch(value)}
    return tuple(sorted(_fit(value, one.name, system, one) for value in found))


def _fit(value: str, name: str, system: str, one: IdMap | None = None) -> str:
    """The value, if a key can hold it as one segment: with a slash in it, it would lead to others' keys."""
    fits = value not in {"", ".", ".."} and _SEPARATOR not in value
    if not fits or (one is not None and not one.pattern.fullmatch(value)):
        raise Refused("id-unfit-for-key", "look for this person's objects by hand", system=system, id=name)
    return value


def _kind(store: StoreMap, template: Template) -> IdentifierKind | None:
    """What a template's values are, where it is one id and nothing else."""
    if len(template.ids) != 1 or template.text != f"{{{template.ids[0]}}}" or template.ids[0] == TENANT:
        return None
    return store.ids[template.ids[0]].identifier


def _folded(kind: IdentifierKind | None, value: str) -> str | None:
    if kind not in _FOLDED:
        return None
    try:
        return identifier(kind, value).value
    except BadInput:
        return None
