"""Drills: a case rehearsed without one, and the export for an inspection made and verified; each told, with its times.

Where command line and portal meet; needs no Temporal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.rehearse import Rehearsal, rehearse
from activities.tools import Tools
from cases.room import Room
from domain.errors import NotFound
from domain.events import Event
from domain.identifiers import Identifier
from domain.inspection import Export, Made, Scope
from domain.rights import Right
from domain.value import Value
from exports.verifier import sitthi_verify

CASE, PACK = "case", "pack"
"""What is rehearsed."""


class Verified(Value):
    """An export that was made and verified. `held`, `broken` and `unchecked` count what the shipped verifier looked at."""

    serial: int
    size: int
    sha256: str
    made_millis: int
    verified_millis: int
    held: int
    broken: int
    unchecked: int


@dataclass(frozen=True)
class Drills:
    """Holds drills in the name of a member of staff; `make` makes an export that was begun, into a file."""

    tools: Tools
    room: Room
    make: Callable[[Export, Path, str], Made] | None = None

    def case(self, known_by: Sequence[Identifier], right: Right, *, actor: str, reason: str) -> Rehearsal:
        """What a request of that person would come to. It looks into every system, so it is told first.

        Raises `NotAllowed`: it is about a member of staff.
        """
        self.room.access.must_be_askable(known_by, actor)
        said = {"actor": actor, "reason_code": reason, "right": right.value, "mode": CASE}
        self.room.audit.note(Event.DRILL_HELD, {**said, "identifiers": len(known_by)})
        return rehearse(self.tools, known_by, right, self.room.holds.on_person(known_by))

    def pack(self, scope: Scope, out: Path, *, actor: str, reason: str) -> Verified:
        """Make the minimised export of a span into a new file, and verify it with the program that goes with it.

        Raises:
            NotFound: exports cannot be made here.
            OSError: the file cannot be written.
        """
        if self.make is None:
            raise NotFound("export-not-set-up")
        exports = self.room.exports
        asked = exports.ask(scope, actor=actor, reason_code=reason)
        begun = exports.begin(asked.id, actor=actor)
        began = time.monotonic()
        made = self.make(begun, out, actor)
        between = time.monotonic()
        _, _, report = sitthi_verify.checked(str(out), [], "", None)
        ended = time.monotonic()
        found = Verified(
            serial=begun.serial or 0,
            size=made.size,
            sha256=made.sha256,
            made_millis=round((between - began) * 1000),
            verified_millis=round((ended - between) * 1000),
            held=len(report.held),
            broken=len(report.broken),
            unchecked=len(set(report.unchecked)),
        )
        told = {
            "actor": actor,
            "reason_code": reason,
            "mode": PACK,
            "export": begun.id,
            "sha256": made.sha256,
        }
        self.room.audit.note(Event.DRILL_HELD, {**told, "broken": found.broken, "size": made.size})
        return found
