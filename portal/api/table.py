"""The operations of the interface, each once."""

from __future__ import annotations

from domain.programs import Scope
from portal.api.calls import PATH, Calls
from portal.api.operations import CONFLICT, MALFORMED, TOO_LARGE, UNFIT, Named, Operation
from portal.api.shapes import EITHER, REFERENCE, Case, Listing, Opening, Page, Request

_EXAMPLE = "DSR-2569-000123"


def operations(calls: Calls) -> tuple[Operation, ...]:
    """What the door serves."""
    return (_open(calls), *_requests(calls), _cases(calls))


def _open(calls: Calls) -> Operation:
    return Operation(
        method="POST",
        path=PATH,
        id="openRequest",
        summary="Open a request",
        about="A case each right and controller. Who the person is they show themselves, by the link that is sent to "
        "them. It is kept whatever else is away.",
        scopes=(Scope.WRITE_REQUESTS,),
        body=Opening,
        answers=Request,
        status=201,
        keyed=True,
        refuses=(MALFORMED, CONFLICT, TOO_LARGE, UNFIT),
        call=calls.open,
    )


def _requests(calls: Calls) -> tuple[Operation, Operation]:
    return (
        Operation(
            method="GET",
            path=f"{PATH}/{{reference}}",
            id="readRequest",
            summary="Where a request stands",
            about="By its id, or by the reference of any of its cases.",
            scopes=(Scope.READ_REQUESTS,),
            answers=Request,
            named=(Named("reference", EITHER, _EXAMPLE, "An id (`r-`) or a reference (`DSR-`)."),),
            call=calls.request,
        ),
        Operation(
            method="GET",
            path="/api/cases/{reference}",
            id="readCase",
            summary="Where a case stands",
            about="Its state and terms, whose turn it is, and how it ended.",
            scopes=(Scope.READ_REQUESTS,),
            answers=Case,
            named=(Named("reference", REFERENCE, _EXAMPLE, "As opening it answered."),),
            call=calls.case,
        ),
    )


def _cases(calls: Calls) -> Operation:
    return Operation(
        method="GET",
        path="/api/cases",
        id="listCases",
        summary="List cases",
        about="In the order of their references, by pages: what is opened meanwhile comes last and nothing is skipped.",
        scopes=(Scope.READ_CASES,),
        query=Listing,
        answers=Page,
        refuses=(MALFORMED,),
        call=calls.cases,
    )
