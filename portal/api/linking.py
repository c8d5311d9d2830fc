"""Links that a program of the company's own asks for, for a customer whom the company knows.

What is sent is sealed for the link and told back to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints

from domain.identifiers import IdentifierKind, identifier
from domain.programs import Scope
from domain.rights import Right, right_named
from domain.self_links import LONGEST, SHORTEST, About, Minted, Wanted
from portal.api.operations import Answer, Asked
from portal.api.shapes import Shape

PATH = "/api/links"

_LONGEST = int(LONGEST.total_seconds())
_KINDS = {"email": IdentifierKind.EMAIL, "phone": IdentifierKind.PHONE}


class PortalMint(Protocol):
    """What makes links."""

    @property
    def portal_url(self) -> str:
        """Where the portal is reached from outside."""
        ...

    async def admit(self, secret: str, *scopes: str) -> str:
        """The id of a token that opens one of these. Raises `NotAllowed`, `Unavailable`."""
        ...

    async def mint(self, token: str, wanted: Wanted) -> Minted:
        """A link. Raises `BadInput`, `Unavailable`."""
        ...

    async def revoke(self, token: str, link: str) -> None:
        """Take back a link that the token made. Raises `NotFound`, `Unavailable`."""
        ...


def _named(told: object) -> object:
    return right_named(told) if isinstance(told, str) else told


class Customer(Shape):
    """Whom a link is about: at least an address or a number."""

    email: str | None = Field(default=None, examples=["malee@example.com"])
    phone: str | None = Field(default=None, examples=["081-234-5678"])
    name: str = Field(default="", max_length=200)


class Linking(Shape):
    """A link for a customer whom the company knows."""

    # How few rights and how long a life are the register's to say, also to the desk: here they are only told.
    rights: list[Annotated[Right, BeforeValidator(_named)]] = Field(
        max_length=len(Right), json_schema_extra={"minItems": 1, "uniqueItems": True}, examples=[["access"]]
    )
    person: Customer
    language: Literal["th", "en"] = "th"
    expires_in: int = Field(
        default=86_400,
        ge=1,
        le=2 * _LONGEST,
        json_schema_extra={"minimum": int(SHORTEST.total_seconds()), "maximum": _LONGEST},
        description="In seconds.",
    )
    second_factor_at: AwareDatetime | None = Field(
        default=None, description="When the customer showed a second factor; needs the scope `links:vouch`."
    )


class Link(Shape):
    """A link that was made; it is shown this once."""

    id: Annotated[str, StringConstraints(pattern=r"^k-[0-9a-f]{24}$")]
    url: str
    expires: datetime
    assurance: Literal["none", "session"]
    session_until: datetime | None


def vouching(told: Linking) -> Sequence[Scope]:
    """The scope that is needed to say that somebody is signed in."""
    return (Scope.VOUCH_LINKS,) if told.second_factor_at else ()


@dataclass(frozen=True)
class LinkCalls:
    """The calls by their operations."""

    made: PortalMint

    async def mint(self, asked: Asked) -> Answer:
        """A link, by the program of that token."""
        told: Linking = asked.body
        link = await self.made.mint(asked.token, _wanted(told))
        until = link.fresh_until
        return Answer(
            Link(
                id=link.id,
                url=f"{self.made.portal_url}/s/{link.token}?lang={told.language}",
                expires=link.expires.astimezone(UTC),
                assurance="session" if until else "none",
                session_until=until.astimezone(UTC) if until else None,
            )
        )

    async def revoke(self, asked: Asked) -> Answer:
        """From now on it opens nothing; one that this token did not make is not found."""
        await self.made.revoke(asked.token, asked.named["link"])
        return Answer(None)


def _wanted(told: Linking) -> Wanted:
    given = ((field, getattr(told.person, field)) for field in _KINDS)
    found = tuple(
        identifier(_KINDS[field], text, field=f"person.{field}") for field, text in given if text is not None
    )
    return Wanted(
        rights=tuple(told.rights),
        about=About(identifiers=found, name=" ".join(told.person.name.split())),
        language=told.language,
        life=timedelta(seconds=told.expires_in),
        vouched=told.second_factor_at,
    )
