"""Publishing the head of the audit chain, so that a past rewritten later shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Protocol

from activities.tools import step
from domain.errors import Unavailable
from domain.events import Event
from domain.inspection import HeadPlace, Inspection, PublishedHead, Signing
from domain.ports import Clock


class _Exports(Protocol):
    def last_serial(self) -> int: ...


class _Trail(Protocol):
    def note(self, event: str, facts: dict[str, str | int]) -> None: ...


@dataclass(frozen=True)
class Publish:
    """Signs the head as it is now, and keeps it in every place; one that fails does not keep it from the others."""

    inspection: Inspection
    exports: _Exports
    signing: Signing
    places: Sequence[HeadPlace]
    trail: _Trail
    clock: Clock

    @step("publish-head")
    def publish_head(self) -> int:
        """Publish; how many events the head has. Raises what the first place that failed did, after all were tried."""
        return self.publish()[0].count

    def publish(self) -> tuple[PublishedHead, tuple[str, ...]]:
        """The head, and where it is kept now.

        Raises:
            Unavailable: a place could not be reached; the others have it.
        """
        head = self._signed()
        kept, failed = [], []
        for place in self.places:
            try:
                kept.append(place.publish(head))
            except Unavailable as error:
                failed.append(error)
        if failed:
            raise failed[0]
        self.trail.note(Event.HEAD_PUBLISHED, {"count": head.count, "head": head.chain})
        return head, tuple(kept)

    def _signed(self) -> PublishedHead:
        head = self.inspection.head()
        at = self.clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        plain = PublishedHead(**head.model_dump(), exports=self.exports.last_serial(), at=at)
        signature = self.signing.sign("audit-head", plain.signed_part())
        return plain.model_copy(update={"key": self.signing.public(), "signature": signature})
