"""What the register seals, under whose key, and in which place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from domain.errors import SealBroken
from domain.identifiers import NORMALISER_VERSION, Identifier
from security.keyring import ENGINE_OWNER, LOOKUP_OWNER, DataKey, KeyRing
from security.lookup import Lookup, lookup
from security.ports import KeyPurpose
from security.seal import seal, unseal

_T = TypeVar("_T")


class Sealing:
    """Seals and opens columns. A place is `table.column:row id`: a value moved elsewhere does not open."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring

    def case_key(self, case: str) -> DataKey:
        """The case's own key. Raises `KeyShredded`, `NotFound`."""
        return self.ring.for_owner(KeyPurpose.CASE, case)

    def engine_key(self) -> DataKey:
        """The key of what belongs to no case: names of staff, orders."""
        return self.ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER)

    def reason(self, case: str, reason: str, place: str) -> bytes:
        """A reason that somebody gave, sealed under the case's key."""
        return seal(self.case_key(case), reason.encode(), place)

    def reason_in(self, sealed: bytes, place: str) -> str:
        """A reason that was sealed so. Raises `KeyShredded`, `SealBroken`."""
        return unseal(self.ring, sealed, place).decode()

    def put(self, key: DataKey, adapter: TypeAdapter[_T], value: _T, place: str) -> bytes:
        """Seal a value as JSON."""
        return seal(key, adapter.dump_json(value), place)

    def take(self, sealed: bytes, adapter: TypeAdapter[_T], place: str) -> _T:
        """Open a value. Raises `KeyShredded`, `SealBroken`."""
        try:
            return adapter.validate_json(unseal(self.ring, sealed, place))
        except ValidationError:
            raise SealBroken("sealed-shape-unknown", place=place.partition(":")[0]) from None

    def hashes(self, found: Sequence[Identifier]) -> list[Lookup]:
        """The keyed hashes by which another case of the same person is found."""
        key = self.ring.ensure(KeyPurpose.LOOKUP, LOOKUP_OWNER)
        return [lookup(key, each.kind.value, each.value, NORMALISER_VERSION) for each in found]

    def hash_of(self, kind: str, value: str) -> str:
        """The keyed hash of one value of a kind, as text."""
        key = self.ring.ensure(KeyPurpose.LOOKUP, LOOKUP_OWNER)
        return lookup(key, kind, value, NORMALISER_VERSION).digest


TEXT: TypeAdapter[str] = TypeAdapter(str)
IDENTIFIERS: TypeAdapter[tuple[Identifier, ...]] = TypeAdapter(tuple[Identifier, ...])
JSON_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
