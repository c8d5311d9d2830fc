"""Data of third persons in what somebody wrote: redacted with a code, and the rest supplied (s.30 ¶2; pdpa-rules 1.1 no. 8).

What a machine can tell is an address or a telephone number that is not the person's own; a name it cannot, so officers
mark those words. A member of staff who answers for the company is no third person: their business address stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from domain.errors import BadInput
from domain.identifiers import IdentifierKind, identifier

CODE = "third-party"
"""The code of the redaction; the catalogue says what it means."""
MARK = f"[{CODE}]"

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"(?<![\d+])(?:\+?66|0)(?:[ .-]?\d){8,9}(?!\d)")


class Redactor:
    """Redacts text for one person: `own` are their identifiers in normal form, `words` what officers marked.

    `staff` are domains whose addresses are the company's own.
    """

    def __init__(self, own: Collection[str], words: Sequence[str] = (), staff: Collection[str] = ()) -> None:
        self._own = frozenset(own)
        self._staff = frozenset(staff)
        longest_first = sorted({word for word in words if word.strip()}, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def marked(self, text: str) -> str:
        """The text without the words that officers marked."""
        return self._words.sub(MARK, text) if self._words else text

    def written(self, text: str) -> str:
        """What somebody wrote freely: nor addresses and numbers that are not the person's own."""
        kept = _EMAIL.sub(lambda one: self._unless_own(IdentifierKind.EMAIL, one[0]), text)
        return self.marked(_PHONE.sub(lambda one: self._unless_own(IdentifierKind.PHONE, one[0]), kept))

    def _unless_own(self, kind: IdentifierKind, found: str) -> str:
        try:
            value = identifier(kind, found).value
        except BadInput:  # looks like one, and is none
            return found
        business = kind is IdentifierKind.EMAIL and value.rpartition("@")[2] in self._staff
        return found if value in self._own or business else MARK
