"""The one error tree.

SitthiError
├── BadInput            the caller's words are wrong; say it again, corrected
│   ├── Malformed           a program's words are not of the shape that the API's document tells
│   ├── PolicyInvalid       a policy file breaks its own rules
│   └── DataMapInvalid      a data map does not fit its schema or itself
├── NotFound            nothing stands under that reference
├── NotAllowed          who asks may not do this
│   └── SamePerson          proposer and confirmer must be two people
├── Conflict            not in this state, not on this version
│   ├── StalePlan           the decision names an older plan
│   └── TooLate             the step that it would change has begun
├── Unavailable         a part cannot be reached now; trying again may help
│   └── RateLimited         the system said when to come back
├── Refused             a system will not do it; a person must look (parks the system)
│   ├── CapabilityMissing   the connector never claimed it can
│   ├── Drift               what was planned is no longer what is there
│   └── HoldConflict        a legal hold forbids it
└── Integrity           what is stored cannot be trusted
    ├── ChainBroken         the audit chain does not verify
    ├── SealBroken          a sealed value does not open
    └── KeyShredded         its key was destroyed on purpose
"""

from __future__ import annotations

from typing import ClassVar


class SitthiError(Exception):
    """An error with a stable `code` and `facts` that are never personal data.

    `facts` name the thing (a field, a file and line, a table, a reference, a state) and never its
    content: an e-mail address that is malformed is named by the option it came in, not by itself.
    `mend` is the way out, in words. `exit_code` is what the command line returns.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, mend: str = "", **facts: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.mend = mend
        self.facts = facts

    def __str__(self) -> str:
        named = ", ".join(f"{key} {value}" for key, value in self.facts.items())
        told = f"{self.code.replace('-', ' ')} ({named})" if named else self.code.replace("-", " ")
        return f"{told}: {self.mend}" if self.mend else told


class BadInput(SitthiError):  # noqa: N818 - the tree reads as words, its root says Error
    """The caller's words are wrong; nothing was done."""

    exit_code = 2


class Malformed(BadInput):
    """A program's words are not of the shape that the API's document tells."""


class PolicyInvalid(BadInput):
    """A policy file breaks its own rules; facts: file, line, field."""


class DataMapInvalid(BadInput):
    """A data map does not fit its database or itself; facts: file, line, table, column."""


class NotFound(SitthiError):  # noqa: N818
    """Nothing stands under that reference."""

    exit_code = 3


class NotAllowed(SitthiError):  # noqa: N818
    """Who asks may not do this."""

    exit_code = 4


class SamePerson(NotAllowed):
    """What is irreversible or refused needs two people."""


class Conflict(SitthiError):  # noqa: N818
    """Not in this state; nothing changed."""

    exit_code = 5


class StalePlan(Conflict):
    """The decision names the digest of an older plan."""


class TooLate(Conflict):
    """The step that it would change has begun."""


class Unavailable(SitthiError):  # noqa: N818
    """A part cannot be reached now; trying again may help."""

    exit_code = 6


class RateLimited(Unavailable):
    """The system said when to come back, in seconds."""

    def __init__(self, code: str, mend: str = "", *, retry_after: float, **facts: str | int) -> None:
        super().__init__(code, mend, **facts)
        self.retry_after = retry_after


class Refused(SitthiError):  # noqa: N818
    """A system will not do it; it is parked for a person."""

    exit_code = 7


class CapabilityMissing(Refused):
    """The connector never claimed that it can."""


class Drift(Refused):
    """What was planned is no longer what is there; it is planned again, never acted on blindly."""


class HoldConflict(Refused):
    """A legal hold forbids it (s.33 ¶2)."""


class Integrity(SitthiError):  # noqa: N818
    """What is stored cannot be trusted."""

    exit_code = 8


class ChainBroken(Integrity):
    """The audit chain does not verify; facts: the first sequence that fails, and why."""


class SealBroken(Integrity):
    """A sealed value does not open under its key and place."""


class KeyShredded(Integrity):
    """The key was destroyed on purpose, and with it what it sealed."""
