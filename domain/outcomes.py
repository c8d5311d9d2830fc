"""What can become of an item: the only list. Planned and achieved are separate fields of it."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What is planned for an item, or what was achieved.

    `erase`, `destroy` and `anonymise` are s.33's own words (ลบ, ทำลาย, ทำให้ไม่สามารถระบุตัวบุคคลได้);
    `beyond-use` is clause 4 of the Notification B.E. 2567. `restrict` suspends use until it is lifted (s.34, and
    s.32 while an objection is decided); `stop` ends it for good (s.19, s.32). `not-asked` lies outside what the
    person asked for, and is no refusal. `clear` is said of a record that a law keeps, on a line of its own beside
    `hold`: what of it no law needs goes (ADR 26).
    """

    COPY = "copy"
    ERASE = "erase"
    DESTROY = "destroy"
    ANONYMISE = "anonymise"
    DETACH = "detach"
    CLEAR = "clear"
    REDACT = "redact"
    CORRECT = "correct"
    CORRECT_FORWARD = "correct-forward"
    RESTRICT = "restrict"
    STOP = "stop"
    HOLD = "hold"
    REVIEW = "review"
    BEYOND_USE = "beyond-use"
    NO_GROUND = "no-ground"
    NOT_CONTROLLER = "not-controller"
    NOT_ASKED = "not-asked"
    BLOCKED = "blocked"


DESTROYING = frozenset({Outcome.ERASE, Outcome.DESTROY, Outcome.ANONYMISE, Outcome.DETACH, Outcome.CLEAR})
"""What cannot be undone, and so needs a second person and a hold check at the last moment."""

CORRECTING = frozenset({Outcome.CORRECT, Outcome.CORRECT_FORWARD})

DISCLOSING = frozenset({Outcome.COPY, Outcome.REDACT})
"""What leaves the company towards the person."""

KEEPING = frozenset(
    {
        Outcome.HOLD,
        Outcome.REVIEW,
        Outcome.BEYOND_USE,
        Outcome.NO_GROUND,
        Outcome.NOT_CONTROLLER,
        Outcome.NOT_ASKED,
        Outcome.BLOCKED,
    }
)
"""What stays where it is; what is found after fulfilment must equal these."""

NOT_CARRIED_OUT = "not-carried-out"
"""The ground of a result that is blocked: something was to be done with the record, and nobody did it."""

UNDATED = "HOLD-UNDATED"
"""Ground of a record that falls under a hold but has no date to count it from."""

UNFOUNDED = "HOLD-UNFOUNDED"
"""Ground of a record in years that the company announced, above the law's, on no registered basis (pdpa-rules 2.3)."""

IN_DOUBT = frozenset({UNDATED, UNFOUNDED})
"""Grounds on which a record stays until people settle whether a hold keeps it: by a date, a basis, or fewer years."""


SUSPENDING = frozenset({Outcome.RESTRICT, Outcome.STOP})
"""What may not be used while the case is decided, and after it if the person is right."""


class Ending(StrEnum):
    """How a case ends.

    `nothing-due`: there is nothing that the right could act on (a consent never given). `merged` and
    `replaced`: it goes on under another reference. `deceased`: s.6 protects the living.
    """

    FULFILLED = "fulfilled"
    PARTIAL = "partial"
    REFUSED = "refused"
    NO_DATA = "no-data"
    NOTHING_DUE = "nothing-due"
    UNVERIFIED = "unverified"
    WITHDRAWN = "withdrawn"
    CALLED_OFF = "called-off"
    NOT_CONTROLLER = "not-controller"
    STOPPED = "stopped"
    MERGED = "merged"
    REPLACED = "replaced"
    DECEASED = "deceased"
