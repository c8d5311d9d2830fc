"""The page on which a request is typed: the same for whoever comes by themselves and for whoever was sent a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from domain.identifiers import Identifier, IdentifierKind
from domain.wishes import Because, Use
from portal import law
from portal.asking import CAPACITIES, CORRECTIONS, DOORS, MARKETING, Choices, Typed
from portal.pages import Pages

_STATUS = {"": 200, "kept": 200, "stale": 403, "limited": 429, "away": 503}


@dataclass(frozen=True)
class Sheet:
    """One form as it is shown: where it goes, what makes it ours, and what stands in it.

    `banner` says above it why nothing was sent (`stale`, `limited`, `away`); `known` is whom it is about where a
    link says so, shown masked.
    """

    door: str
    action: str
    key: str
    proof: str
    typed: Typed
    errors: Mapping[str, str]
    banner: str = ""
    minutes: int = 0
    known: tuple[Identifier, ...] = ()
    linked: bool = False
    fresh: str = ""


def show(pages: Pages, request: Request, sheet: Sheet, choices: Choices) -> Response:
    """The page with the form."""
    language = pages.language(request)
    response = pages.page(
        request,
        "request.html",
        status=422 if sheet.errors else _STATUS[sheet.banner],
        sheet=sheet,
        right=DOORS[sheet.door],
        typed=sheet.typed,
        errors=sheet.errors,
        marketing=sheet.door == MARKETING,
        uses=tuple(Use),
        reasons=tuple(Because),
        purposes=choices.purposes,
        fields=choices.fields,
        rows=range(1, CORRECTIONS + 1),
        capacities=CAPACITIES,
        evidence=lambda capacity: law.evidence(language, capacity),
        label=lambda kind, code: law.label(language, kind, code),
        named=lambda name: pages.words(request)(f"request.labels.{name.rstrip('123')}"),
        masked=[(one.kind.value, masked(one)) for one in sheet.known],
    )
    if sheet.minutes:
        response.headers["Retry-After"] = str(sheet.minutes * 60)
    return response


def masked(one: Identifier) -> str:
    """Enough to know one's own address by, and too little for whoever found the link: m•••@example.com."""
    if one.kind is IdentifierKind.EMAIL:
        name, _, host = one.value.partition("@")
        return f"{name[:1]}•••@{host}"
    return f"•••{one.value[-3:]}" if one.kind is IdentifierKind.PHONE else "•••"
