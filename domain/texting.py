"""Codes by text message: a second channel beside e-mail (pdpa-rules 4.3), to a number that is on file and no other.

Whether a number is on file is told to nobody: who asks for a code sees the same page, and the same refusals, either way.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.identifiers import Identifier
from domain.value import Personal


class Sms(Personal):
    """A text message: a code and a reference, never data; `dedup` is passed on so that it goes out once."""

    to: Identifier
    text: str
    dedup: str


class Texter(Protocol):
    """Sends text messages."""

    def text(self, sms: Sms) -> str:
        """Hand it over; returns the provider's id. The same dedup again sends nothing. Raises `Unavailable`."""
        ...


class PhoneCode(Personal):
    """A fresh code for a case. `to` is the number on file that it goes to; none where there is nobody to send it to."""

    id: str
    case: str
    to: Identifier | None
    code: str
    expires: datetime


class PhoneCodes(Protocol):
    """The register of such codes; they rest hashed, and end after minutes.

    `address` is the one whose mailbox the asker has shown to hold (`domain.following`).
    """

    def ask(self, case: str, address: Identifier) -> PhoneCode:
        """A fresh code; the one before it is void.

        It has a number to go to only where `address` was proved and is on file beside a mobile number of the same
        person. Otherwise it is kept all the same, counted all the same, and no answer is right.

        Raises:
            RateLimited: too many were asked for within the hour.
            NotAllowed: too many were asked for in all, or the case is closed.
        """
        ...

    def sent(self, code: str) -> None:
        """The message with the code of that id left; told once. Raises `NotFound`."""
        ...

    def answer(self, case: str, address: Identifier, code: str) -> None:
        """The newest code, which then counts as `Method.SMS_CODE`.

        Raises:
            NotAllowed: `code-wrong` while another try may succeed, else `code-void`. Every wrong code is counted.
        """
        ...
