"""S3 and what speaks like it: the buckets and keys that an object map describes (`docs/connectors.md`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from connectors.base import intended, require
from connectors.s3_check import check_store
from connectors.s3_copy import Copier
from connectors.s3_cursor import Cursors
from connectors.s3_erase import Eraser
from connectors.s3_locate import PAGE, Locator
from connectors.s3_lock import Keeper
from connectors.s3_map import StoreMap
from connectors.s3_store import Access, Store
from domain.connector import Batch, Capability, Effect, Ended, FieldRole, Foreseen, Kept, Page
from domain.errors import CapabilityMissing, Refused
from domain.identifiers import Identifier, IdentifierKind
from domain.item import Attached, Candidate, Item, Record, Subject, Table
from domain.outcomes import Outcome
from domain.rights import Verb

_CLAIMED = frozenset({Capability.LOCATE, Capability.COPY, Capability.ERASE})
_ERASING = frozenset({Outcome.ERASE, Outcome.DESTROY})


class S3Connector:
    """Connected buckets (`domain.connector.Connector`, `FileSource`, `Locker`).

    It knows no persons: ids that other systems hold lead to keys and tags. `secret` seals the cursors and must
    stay the same; `page` is how many items a page has.
    """

    def __init__(
        self,
        name: str,
        access: Access,
        map_: StoreMap,
        *,
        secret: bytes = b"",
        page: int = PAGE,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name = name
        self._map = map_
        self._store = Store(name, access)
        self._locator = Locator(self._store, map_, Cursors(secret, name), page=page, now=now)
        self._copier = Copier(self._store, map_)
        self._eraser = Eraser(self._store, map_)
        self._keeper = Keeper(self._store, map_)

    @property
    def name(self) -> str:
        """The system's name."""
        return self._name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """It locates, copies and erases; a file has no field to correct, and nothing to note a restriction in."""
        return _CLAIMED

    def check(self) -> None:
        """Reach every bucket, and hold its settings against the map (`connectors.s3_check`)."""
        check_store(self._store, self._map)

    @cached_property
    def _checked(self) -> bool:
        """Once, before the first search or effect: a copy in a bucket that nobody mapped would be left behind."""
        self.check()
        return True

    def describe(self) -> tuple[Table, ...]:
        """The classes of objects, in the map's order."""
        return self._copier.describe()

    def fields(self) -> Mapping[str, FieldRole]:
        """None: what stands in a file is corrected where the file is made."""
        return {}

    @property
    def settles_within(self) -> timedelta:
        """S3 shows what was written at once (strong consistency of reads and lists since December 2020)."""
        return timedelta(0)

    def suppresses(self) -> frozenset[IdentifierKind]:
        """None."""
        return frozenset()

    def marketing(self) -> frozenset[str]:
        """None."""
        return frozenset()

    def stop(self, identifiers: Sequence[Identifier], at: datetime) -> int:  # noqa: ARG002 - the contract's
        """Never: it has no list.

        Raises:
            CapabilityMissing: always.
        """
        raise self._missing(Capability.STOP)

    def resolve(self, identifiers: Sequence[Identifier], tenant: str) -> tuple[Candidate, ...]:  # noqa: ARG002
        """Never: it knows no persons.

        Raises:
            CapabilityMissing: always.
        """
        raise self._missing(Capability.RESOLVE)

    def scan(self, subject: Subject) -> tuple[Identifier, ...]:  # noqa: ARG002
        """Never: it reads no contents.

        Raises:
            CapabilityMissing: always.
        """
        raise self._missing(Capability.SCAN)

    def locate(self, subject: Subject, cursor: str = "") -> Page:
        """The next page of the person's objects and unfinished uploads (`connectors.s3_locate`)."""
        _ = self._checked
        return self._locator.page(subject, cursor)

    def expired(self, ended: Ended, as_of: date, cursor: str = "") -> Page:  # noqa: ARG002
        """Never: files go with the records that lead to them, and by the store's own life-cycle rules.

        Raises:
            CapabilityMissing: always.
        """
        raise self._missing(Capability.EXPIRE)

    def copy(self, items: Iterator[Item]) -> Iterator[Record]:
        """What is known of each object, with its newest content as a file."""
        return self._copier.copy(items)

    def open(self, file: Attached) -> Iterator[bytes]:
        """The bytes of a record's file, in pieces."""
        return self._copier.open(file)

    def foresee(self, batch: Batch) -> tuple[Foreseen, ...]:
        """Nothing is left of what is erased; the buckets are asked whether they answer."""
        self._require(batch)
        _ = self._checked
        return self._eraser.foresee(batch)

    def observe(self, batch: Batch) -> tuple[Foreseen, ...]:
        """What stands at every order's key."""
        return self._eraser.observe(batch)

    def apply(self, batch: Batch, foreseen: Sequence[Foreseen]) -> tuple[Effect, ...]:
        """Erase in requests of a thousand. S3 knows no transaction: what one attempt left the next one finds and erases."""
        self._require(batch)
        intended(batch, foreseen, self._name)
        return self._eraser.apply(batch)

    def lock(self, kept: Sequence[Kept]) -> int:
        """Lock what a hold keeps until its last day has passed, in buckets that the map says may lock."""
        return self._keeper.lock(kept)

    def close(self) -> None:
        """Let go of the connections."""
        self._store.close()

    def _require(self, batch: Batch) -> None:
        require(Capability(batch.verb), self.capabilities, self._name)
        if batch.verb is not Verb.ERASE or any(one.outcome not in _ERASING for one in batch.orders):
            raise Refused("order-does-not-fit-verb", "plan again", system=self._name, verb=batch.verb)

    def _missing(self, capability: Capability) -> CapabilityMissing:
        return CapabilityMissing(
            "capability-missing", "do it by hand or leave it out", system=self._name, capability=capability
        )
