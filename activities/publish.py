"""Publishing the head of the audit chain, so that a past rewritten later shows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from typing import Protocol

from temporalio import activity

from activities.tools import step
from domain.calendar import day_in_bangkok
from domain.errors import Refused, Unavailable
from domain.events import Event
from domain.inspection import HeadAlarm, HeadPlace, Inspection, PublishedHead, Signing
from domain.ports import Clock

_SERIOUS = 2
"""The attempt from whose failure on it is more than a moment's."""


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
    alarm: HeadAlarm | None = None

    @step("publish-head")
    def publish_head(self) -> int:
        """Publish; how many events the head has. Raises what the first place that failed did, after all were tried.

        It is tried all day. What failed twice is an event, and the data protection officer hears of it.
        """
        try:
            return self.publish()[0].count
        except Unavailable as error:
            if activity.info().attempt == _SERIOUS:
                self.trail.note(Event.HEAD_UNPUBLISHED, {"code": error.code, "attempts": _SERIOUS})
                with suppress(Unavailable, Refused):  # told in the chain all the same
                    if self.alarm is not None:
                        self.alarm.raise_for(day_in_bangkok(self.clock.now()))
            raise

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
