"""Two end points that stood before the table and read by themselves: what the document tells of them.

`portal.suppressions` and `portal.links_api` hold to this; the suite holds them against it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from domain.programs import Scope
from domain.rights import Right
from portal.api.operations import MALFORMED, TOO_LARGE, Named, Operation
from portal.api.shapes import Shape
from portal.suppressions import MOST


class Entry(Shape):
    """Somebody who is about to be loaded, by what they are known by; at least one of both."""

    email: str = Field(default="", examples=["malee@example.com"])
    phone: str = Field(default="", examples=["081-234-5678"])


class Entries(Shape):
    """Whom an import is about to load."""

    entries: list[Entry | Any] = Field(
        max_length=MOST, description="What is no entry is answered as malformed, by its number."
    )


class Verdict(Shape):
    """What stands against loading one of them; of a malformed entry only its number and a code."""

    line: int = Field(ge=1)
    answer: Literal["free", "objected", "erased", "malformed"]
    objected: list[str] = Field(examples=[["marketing"]])
    error: str = Field(examples=["malformed-email"])


class Verdicts(Shape):
    """What stands against each, in their order."""

    results: list[Verdict]


class Customer(Shape):
    """Whom a link is about: at least an address or a number."""

    email: str | None = Field(default=None, examples=["malee@example.com"])
    phone: str | None = Field(default=None, examples=["081-234-5678"])
    name: str = Field(default="", max_length=200)


class Linking(Shape):
    """A link for a customer whom the company knows."""

    rights: list[Right] = Field(min_length=1, json_schema_extra={"uniqueItems": True}, examples=[["access"]])
    person: Customer
    language: Literal["th", "en"] = "th"
    expires_in: int = Field(default=86_400, ge=300, le=2_592_000, description="In seconds.")
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


CHECK = Operation(
    method="POST",
    path="/api/suppressions/check",
    id="checkSuppressions",
    summary="Ask whom not to load again",
    about="Nothing of the entries is kept. At most 256 KiB.",
    scopes=(Scope.CHECK_SUPPRESSIONS,),
    body=Entries,
    answers=Verdicts,
    refuses=(MALFORMED, TOO_LARGE),
)
LINKS = (
    Operation(
        method="POST",
        path="/api/links",
        id="mintLink",
        summary="Make a link for a customer whom the company knows",
        about="It opens the request page, prefilled, for these rights; a press uses it up.",
        scopes=(Scope.MINT_LINKS, Scope.VOUCH_LINKS),
        body=Linking,
        answers=Link,
        status=201,
        refuses=(MALFORMED, TOO_LARGE),
    ),
    Operation(
        method="DELETE",
        path="/api/links/{link}",
        id="revokeLink",
        summary="Take a link back",
        about="One that this very token made.",
        scopes=(Scope.MINT_LINKS, Scope.VOUCH_LINKS),
        answers=None,
        status=204,
        named=(
            Named("link", r"^k-[0-9a-f]{24}$", "k-5f0c1d2e3a4b5c6d7e8f9a0b", "As `mintLink` answered it."),
        ),
    ),
)
