"""What a command was given, read and checked before anything else is touched.

What may name a person need not stand in the arguments of a process, which every user of the machine can list:
such an option takes `@FILE`, or `-` for standard input, in the place of its value.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import BadInput, NotAllowed

if TYPE_CHECKING:
    from domain.identifiers import Identifier

_MOST_BYTES = 1 << 20
STDIN = "-"


class Given:
    """Reads the values of one command's options; standard input serves one of them."""

    def __init__(self) -> None:
        self._taken_by = ""

    def text(self, value: str, field: str) -> str:
        """The value, or what stands in the file or on standard input that it names, without blanks around.

        Raises:
            BadInput: unreadable, over 1 MiB, not UTF-8, or standard input asked for twice; names the option.
        """
        if value == STDIN:
            if self._taken_by:
                mend = f"{self._taken_by} reads it already; give @FILE"
                raise BadInput("standard-input-taken", mend, field=field)
            self._taken_by = field
            raw = sys.stdin.buffer.read(_MOST_BYTES + 1)
        elif value.startswith("@"):
            raw = _file(Path(value[1:]), field)
        else:
            return value.strip()
        if len(raw) > _MOST_BYTES:
            raise BadInput("text-too-long", "give at most 1 MiB", field=field)
        try:
            return raw.decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            raise BadInput("text-not-utf8", "save it as UTF-8", field=field) from None

    def secret(self, value: str, field: str) -> str:
        """As `text`, but never the value itself.

        Raises:
            BadInput: it stood in the arguments; it is not repeated.
        """
        if value != STDIN and not value.startswith("@"):
            mend = "give @FILE or -, never the secret itself: arguments can be listed by others"
            raise BadInput("secret-in-arguments", mend, field=field)
        return self.text(value, field)

    def reason(self, value: str) -> str:
        """Why something is done, in words; kept sealed with what was done. Raises `BadInput` when empty."""
        reason = self.text(value, "--reason")
        if not reason:
            raise BadInput("reason-missing", "say why, in a sentence", field="--reason")
        return reason

    def identifiers(self, *, email: Sequence[str], phone: Sequence[str]) -> tuple[Identifier, ...]:
        """What the person may be known by. Raises `BadInput` when malformed, or when there is no address."""
        if not email:
            raise BadInput("identifier-missing", "give the address to answer to", field="--email")
        return self.known_by(email=email, phone=phone)

    def known_by(self, *, email: Sequence[str], phone: Sequence[str]) -> tuple[Identifier, ...]:
        """What somebody to whom nothing is answered may be known by; perhaps nothing. Raises `BadInput` when malformed."""
        from domain.identifiers import IdentifierKind, identifier

        found = (
            identifier(kind, self.text(value, field), field=field)
            for kind, field, values in (
                (IdentifierKind.EMAIL, "--email", email),
                (IdentifierKind.PHONE, "--phone", phone),
            )
            for value in values
        )
        return tuple(dict.fromkeys(found))

    def address(self, value: str, field: str) -> Identifier:
        """One e-mail address. Raises `BadInput` when malformed."""
        from domain.identifiers import IdentifierKind, identifier

        return identifier(IdentifierKind.EMAIL, self.text(value, field), field=field)

    def agent(self, agent: str, authority: str) -> tuple[str, str]:
        """Who acts for the person and what shows that they may, or neither. Raises `BadInput` for one alone."""
        who, shown = self.text(agent, "--agent"), self.text(authority, "--authority")
        if bool(who) != bool(shown):
            field = "--authority" if who else "--agent"
            raise BadInput("authority-missing", "name who acts, and what shows that they may", field=field)
        return who, shown

    def changes(self, settings: Sequence[str]) -> dict[str, str]:
        """`field=value` pairs. Raises `BadInput` for one without `=`, an empty field, or a field twice."""
        changes: dict[str, str] = {}
        for number, setting in enumerate(settings, 1):
            field, mark, value = setting.partition("=")
            if not mark or not field.strip():
                raise BadInput("malformed-change", "write field=value", field="--set", number=number)
            if field.strip() in changes:
                raise BadInput("change-given-twice", "give each field once", field="--set", number=number)
            changes[field.strip()] = self.text(value, "--set")
        return changes


def _file(path: Path, field: str) -> bytes:
    try:
        with path.open("rb") as source:
            return source.read(_MOST_BYTES + 1)
    except (OSError, ValueError):
        raise BadInput("file-unreadable", "name a file that you may read, as @name", field=field) from None


def one_of(value: str, allowed: Sequence[str], field: str) -> str:
    """The value, if it is one of these. Raises `BadInput` that lists them."""
    if value not in allowed:
        raise BadInput("unknown-word", f"use one of {', '.join(allowed)}", field=field)
    return value


def reason_code(text: str) -> str:
    """A reason for the audit chain, which keeps no sentences: a word or a ticket's number.

    Raises:
        BadInput: it has blanks or other signs, and so might say something of a person.
    """
    plain = text.replace("-", "").replace("_", "").replace(".", "").replace("/", "")
    if not (plain.isascii() and plain.isalnum()) or not text[0].isalnum():
        mend = "give a word or a ticket, as tell-apart or HELP-4711: it stays in the audit chain"
        raise BadInput("reason-not-a-code", mend, field="--reason")
    return text


def missing_credential() -> NotAllowed:
    """Nobody acts without a name."""
    return NotAllowed(
        "credential-missing",
        "set SITTHI_STAFF_CREDENTIAL or give --credential @FILE; `staff add` makes one",
    )
