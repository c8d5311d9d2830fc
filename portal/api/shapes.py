"""What is sent and answered, as values from which the schemas of the document are made. Answers hold nothing personal."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from domain.deadlines import Authority
from domain.identifiers import IdentifierKind
from domain.outcomes import Ending
from domain.ports import CaseView
from domain.rights import RULES, Right
from domain.states import State

REFERENCE = r"^DSR-[0-9]{4}-[0-9]{6,9}$"
EITHER = r"^(DSR-[0-9]{4}-[0-9]{6,9}|r-[0-9a-f]{24})$"
KEY = r"^[!-~]{1,128}$"

MOST_ON_A_PAGE = 100
_EXAMPLE = "DSR-2569-000123"
_REQUEST = "r-5f0c1d2e3a4b5c6d7e8f9a0b"

Text = Annotated[str, StringConstraints(max_length=500)]


class Shape(BaseModel):
    """A part of the interface; silent about what was sent when that is wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@cache
def names(*kinds: type[Shape] | None) -> frozenset[str]:
    """The names of the fields of these and of the shapes within them."""
    found: set[str] = set()
    for kind in filter(None, kinds):
        schema = kind.model_json_schema()
        for each in (schema, *schema.get("$defs", {}).values()):
            found |= each.get("properties", {}).keys()
    return frozenset(found)


class Failure(Shape):
    """Why nothing was done, in a code that keeps its meaning, and the way out. Of what was sent only a field is named."""

    error: str = Field(pattern=r"^[a-z][a-z0-9-]*$", examples=["scope-missing"])
    mend: str = Field(examples=["use a token made with --scope requests:write"])
    field: str = Field(default="", examples=["rights"])


class KnownBy(Shape):
    """One address or number under which the person may be known."""

    kind: Literal[IdentifierKind.EMAIL, IdentifierKind.PHONE]
    value: str = Field(min_length=1, max_length=254, examples=["malee@example.com"])


class Opening(Shape):
    """A request of a person, as the company's own front received it."""

    rights: list[Right] = Field(
        min_length=1, max_length=len(Right), json_schema_extra={"uniqueItems": True}, examples=[["access"]]
    )
    identifiers: list[KnownBy] = Field(
        min_length=1,
        max_length=10,
        description="At least one e-mail address, to which the answer goes once it is proved.",
        examples=[[{"kind": "email", "value": "malee@example.com"}]],
    )
    name: Text = Field(default="", examples=["มาลี ใจดี"])
    message: str = Field(default="", max_length=10_000, examples=["ขอสำเนาข้อมูลของฉัน"])
    language: Literal["th", "en"] = Field(default="th", description="Of the letters.")
    channel: Literal["api", "web", "letter", "phone", "email", "counter", "chat", "ticket"] = Field(
        default="api", description="The way by which the person asked."
    )
    received: AwareDatetime | None = Field(
        default=None,
        description="When it came in (the clock runs from there, s.30 ¶4); now unless said.",
        examples=["2026-11-23T03:00:00Z"],
    )
    controllers: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]] = (
        Field(
            default=["company"],
            min_length=1,
            max_length=10,
            json_schema_extra={"uniqueItems": True},
            description="Who is asked: `company`, or tenants by their code; a case each.",
        )
    )
    changes: dict[str, Text] = Field(
        default={},
        max_length=50,
        description="What is asked beyond the right's name, as `--set` of the command line takes it.",
        examples=[{"units": "contact"}],
    )
    agent: Text = Field(default="", description="Who acts for the person; with `authority` or not at all.")
    authority: Text = Field(default="", description="What shows that they may.")


class Case(Shape):
    """Where a case stands."""

    reference: str = Field(pattern=REFERENCE, examples=[_EXAMPLE])
    request: str = Field(pattern=r"^r-[0-9a-f]{24}$", examples=[_REQUEST])
    right: Right
    section: str = Field(description="Of the Act.", examples=["s.30"])
    controller: str = Field(description="`company`, or the tenant's code.", examples=["company"])
    state: State
    waits_for: Literal[
        "engine", "choice", "identity", "decision", "repair", "cooling-off", "other-case", "nothing"
    ] = Field(description="What happens next: whose turn it is at that step.")
    ending: Ending | None
    channel: str = Field(examples=["api"])
    received_on: date = Field(description="The Bangkok day from which the clock runs.")
    decide_by: date
    due_on: date = Field(description="The promised day.")
    authority: Authority = Field(description="Where that day comes from.")
    terms_version: int = Field(description="Grows when the day is moved; it never moves closer.", ge=1)
    opened: datetime
    closed: datetime | None


class Request(Shape):
    """A request with its cases, one each right and controller, in the order in which they are carried out."""

    request: str = Field(pattern=r"^r-[0-9a-f]{24}$", examples=[_REQUEST])
    cases: list[Case]


class Page(Shape):
    """Cases in the order of their references; `next` is the cursor of the page that follows, if one does."""

    cases: list[Case]
    next: str | None = Field(pattern=REFERENCE, examples=[_EXAMPLE])


def _iso_day(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("write it as 2026-12-31")
    return text


def _whole(text: object) -> object:
    if isinstance(text, str) and not re.fullmatch(r"[0-9]{1,4}", text):
        raise ValueError("write it in digits")
    return text


class Listing(Shape):
    """Which cases a list is to hold."""

    state: State | None = None
    due_before: Annotated[date, BeforeValidator(_iso_day)] | None = Field(
        default=None, description="Promised for a day before this one.", examples=["2026-12-01"]
    )
    cursor: str | None = Field(
        default=None, pattern=REFERENCE, description="`next` of the page before.", examples=[_EXAMPLE]
    )
    limit: Annotated[int, BeforeValidator(_whole)] = Field(default=50, ge=1, le=MOST_ON_A_PAGE)


def told(view: CaseView) -> Case:
    """A case as programs see it."""
    case = view.case
    fields: dict[str, Any] = {
        "reference": case.reference,
        "request": view.request,
        "right": case.right,
        "section": RULES[case.right].section,
        "controller": view.tenant or "company",
        "state": view.state,
        "waits_for": _waits_for(view),
        "ending": view.ending,
        "channel": view.channel,
        "received_on": case.terms.received_on,
        "decide_by": case.terms.decide_by,
        "due_on": case.terms.strict,
        "authority": case.terms.authority,
        "terms_version": case.terms.version,
        "opened": view.opened,
        "closed": view.closed,
    }
    return Case(**fields)


def together(views: tuple[CaseView, ...]) -> Request:
    """The cases of one request."""
    return Request(request=views[0].request, cases=[told(view) for view in views])


_WAITS = {
    State.CHOOSING: "choice",
    State.WAITING: "other-case",
    State.VERIFYING: "identity",
    State.DECIDING: "decision",
    State.COOLING: "cooling-off",
    State.CLOSED: "nothing",
}


def _waits_for(view: CaseView) -> str:
    """By the step alone: what the vault knows of it is not asked, so that a list of cases opens no key."""
    if view.parked and view.closed is None:
        return "repair"
    return _WAITS.get(view.state, "engine")
