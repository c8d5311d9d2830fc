"""Notes of what was handed to a mail provider that knows no idempotency keys: begun before, accepted after.

A directory that every process shares that sends, as the sealed files are. Names are hashes of dedup keys, contents are
a state, an instant and the provider's id: no note tells of anybody.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from domain.delivery import mark_of
from domain.errors import Unavailable
from domain.ports import Clock


class Stage(StrEnum):
    """How far a message got."""

    BEGUN = "begun"  # it may have gone out
    ASKED = "asked"  # nobody knows, and a person was asked to look: the next word is "send it"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of one message."""

    stage: Stage
    at: datetime
    provider: str = ""


class Outbox:
    """Raises `Unavailable` where the directory cannot be read or written."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    def name(self, dedup: str) -> str:
        """Under which name a message is noted, here and at the provider: a dedup key may be a secret."""
        return mark_of(dedup)

    def note(self, name: str) -> Note | None:
        """What is known of a message."""
        try:
            told = json.loads(self._place(name).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise _unusable() from None
        return Note(Stage(told["stage"]), datetime.fromisoformat(told["at"]), told["provider"])

    def begin(self, name: str) -> bool:
        """Note, before the first byte leaves, that it may; False where somebody else noted it first."""
        return self._write(name, Stage.BEGUN, first=True)

    def again(self, name: str) -> None:
        """Note that it is sent once more, on a person's word or as the provider has nothing of it."""
        self._write(name, Stage.BEGUN)

    def accepted(self, name: str, provider: str) -> None:
        """Note that the provider took it, which is no delivery."""
        self._write(name, Stage.ACCEPTED, provider)

    def ask(self, name: str) -> None:
        """Note that a person was asked whether it went out."""
        self._write(name, Stage.ASKED)

    def forget(self, name: str) -> None:
        """The provider said that it did not take it."""
        try:
            self._place(name).unlink(missing_ok=True)
        except OSError:
            raise _unusable() from None

    def _place(self, name: str) -> Path:
        return self._directory / f"{name}.json"

    def _write(self, name: str, stage: Stage, provider: str = "", *, first: bool = False) -> bool:
        told = {"stage": stage, "at": self._clock.now().isoformat(), "provider": provider}
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=self._directory, suffix=".part")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(told, file)
                    file.flush()
                    os.fsync(file.fileno())
                if not first:
                    Path(temporary).replace(self._place(name))
                    return True
                os.link(temporary, self._place(name))  # never replaces: of two at once the first stands
            except FileExistsError:
                return False
            finally:
                Path(temporary).unlink(missing_ok=True)
        except OSError:
            raise _unusable() from None
        return True


def _unusable() -> Unavailable:
    return Unavailable("outbox-unusable", "check the directory's rights and room")
