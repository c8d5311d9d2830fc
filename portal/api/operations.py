"""One operation of the interface: what the document says of it, and what is held against it when somebody calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.programs import Scope
from portal.api.shapes import Shape

MALFORMED, NO_TOKEN, NO_SCOPE, UNKNOWN = 400, 401, 403, 404
CONFLICT, TOO_LARGE, UNFIT, TOO_OFTEN, AWAY = 409, 413, 422, 429, 503

MEANS: Mapping[int, str] = {
    MALFORMED: "What was sent is not of the shape that is told here. Nothing was done.",
    NO_TOKEN: "No good token came along.",
    NO_SCOPE: "The token is good, and was not made for this.",
    UNKNOWN: "Nothing stands under that name.",
    CONFLICT: "The key came before, with another body.",
    TOO_LARGE: "The body is larger than is read.",
    UNFIT: "Of the right shape, and cannot be: an address that is none, a wish that the right does not know.",
    TOO_OFTEN: "Too many in a minute; `Retry-After` says when to come back.",
    AWAY: "The register is away; `Retry-After` says when to come back.",
}
"""What each refusal says, wherever it is given."""

ALWAYS = (NO_TOKEN, NO_SCOPE, TOO_OFTEN, AWAY)


@dataclass(frozen=True)
class Asked:
    """What a program asks, checked against the operation: `named` are the parts of the path."""

    token: str
    named: Mapping[str, str]
    body: Any
    query: Any
    key: str


@dataclass(frozen=True)
class Answer:
    """What it is answered, if anything, and where what it made stands."""

    body: Shape | None
    location: str = ""


@dataclass(frozen=True)
class Named:
    """A part of the path: its pattern, an example and what it is."""

    name: str
    pattern: str
    example: str
    about: str


@dataclass(frozen=True)
class Operation:
    """An address and a method.

    A token needs one of `scopes`, and where `besides` finds more in a body one of those too. `keyed`: it takes an
    `Idempotency-Key`; `refuses`: statuses beside `ALWAYS`; `unfit`: what is told of a body that is of the shape and
    cannot be.
    """

    method: str
    path: str
    id: str
    summary: str
    about: str
    scopes: tuple[Scope, ...]
    answers: type[Shape] | None
    call: Callable[[Asked], Awaitable[Answer]]
    status: int = 200
    body: type[Shape] | None = None
    query: type[Shape] | None = None
    named: tuple[Named, ...] = ()
    keyed: bool = False
    refuses: tuple[int, ...] = ()
    unfit: int = UNFIT
    besides: Callable[[Any], Sequence[Scope]] | None = None
