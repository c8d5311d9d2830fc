"""What an import asks before it loads somebody. Nothing of the entries is kept or logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, model_validator

from domain.errors import BadInput, Malformed
from domain.identifiers import Identifier
from domain.suppression import Verdict as Found
from domain.suppression import known_by
from portal.api.operations import Answer, Asked
from portal.api.shapes import Shape

PATH = "/api/suppressions/check"
BODY_LIMIT = 256 * 1024
MOST = 1_000
"""Entries of one request."""


class PortalSuppressions(Protocol):
    """What the answer comes from."""

    async def admit(self, secret: str, *scopes: str) -> str:
        """The id of a token that opens one of these. Raises `NotAllowed`, `Unavailable`."""
        ...

    async def check(self, token: str, persons: Sequence[Sequence[Identifier]]) -> tuple[Found, ...]:
        """What stands against each. Raises `Unavailable`."""
        ...


class Entry(Shape):
    """Somebody who is about to be loaded, by what they are known by; at least one of both."""

    email: str = Field(default="", examples=["malee@example.com"])
    phone: str = Field(default="", examples=["081-234-5678"])


class Entries(Shape):
    """Whom an import is about to load."""

    entries: list[Annotated[Entry | Any, Field(union_mode="left_to_right")]] = Field(
        max_length=MOST, description="What is no entry is answered as malformed, by its number."
    )

    @model_validator(mode="before")
    @classmethod
    def _told(cls, told: object) -> object:
        """Codes of its own, which imports have known for longer than the others."""
        entries = told.get("entries") if isinstance(told, dict) and told.keys() == {"entries"} else None
        if not isinstance(entries, list):
            raise Malformed("entries-missing", 'send {"entries": [{"email": ...}, ...]}')
        if len(entries) > MOST:
            raise Malformed("too-many-entries", f"send at most {MOST} at once")
        return told


class Verdict(Shape):
    """What stands against loading one of them; of a malformed entry only its number and a code."""

    line: int = Field(ge=1)
    answer: Literal["free", "objected", "erased", "malformed"]
    objected: list[str] = Field(examples=[["marketing"]])
    error: str = Field(examples=["malformed-email"])


class Verdicts(Shape):
    """What stands against each, in their order."""

    results: list[Verdict]


@dataclass(frozen=True)
class ImportCalls:
    """The one call."""

    register: PortalSuppressions

    async def check(self, asked: Asked) -> Answer:
        """Of each entry whether it may be loaded; those that are malformed are not looked up."""
        body: Entries = asked.body
        read = [_read(entry) for entry in body.entries]
        good = [one for one in read if not isinstance(one, BadInput)]
        verdicts = iter(await self.register.check(asked.token, good))
        results = [
            _verdict(number, one if isinstance(one, BadInput) else next(verdicts))
            for number, one in enumerate(read, 1)
        ]
        return Answer(Verdicts(results=results))


def _read(entry: Any) -> tuple[Identifier, ...] | BadInput:
    if not isinstance(entry, Entry):
        code = "field-unknown" if _words(entry) else "entry-malformed"
        return BadInput(code, "give `email`, `phone` or both, as text")
    try:
        return known_by(entry.model_dump(exclude_unset=True))
    except BadInput as error:
        return error


def _words(entry: Any) -> bool:
    """Whether it is an entry but for the names of its fields."""
    return isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values())


def _verdict(number: int, found: Found | BadInput) -> Verdict:
    if isinstance(found, BadInput):
        return Verdict(line=number, answer="malformed", objected=[], error=found.code)
    fields: dict[str, Any] = {"answer": found.answer}
    return Verdict(line=number, objected=list(found.objected), error="", **fields)
