"""The operations of the interface, each once."""

from __future__ import annotations

from domain.programs import Scope
from portal.api import imports, linking
from portal.api.calls import PATH, Calls
from portal.api.imports import Entries, ImportCalls, Verdicts
from portal.api.linking import Link, LinkCalls, Linking
from portal.api.operations import CONFLICT, MALFORMED, TOO_LARGE, UNFIT, Named, Operation
from portal.api.shapes import EITHER, REFERENCE, Case, Listing, Opening, Page, Request

_EXAMPLE = "DSR-2569-000123"


def of_cases(calls: Calls) -> tuple[Operation, ...]:
    """Requests brought and asked after."""
    return (_open(calls), *_requests(calls), _cases(calls))


def of_imports(calls: ImportCalls) -> tuple[Operation, ...]:
    """What imports ask. Older than 422, it tells both kinds of wrong by 400, as `of_links` does."""
    return (
        Operation(
            method="POST",
            path=imports.PATH,
            id="checkSuppressions",
            summary="Ask whom not to load again",
            about="Nothing of the entries is kept. At most 256 KiB.",
            scopes=(Scope.CHECK_SUPPRESSIONS,),
            body=Entries,
            answers=Verdicts,
            refuses=(MALFORMED, TOO_LARGE),
            unfit=MALFORMED,
            call=calls.check,
        ),
    )


def of_links(calls: LinkCalls) -> tuple[Operation, ...]:
    """Links for known customers."""
    return (
        Operation(
            method="POST",
            path=linking.PATH,
            id="mintLink",
            summary="Make a link for a customer whom the company knows",
            about="It opens the request page, prefilled, for these rights; a press uses it up.",
            scopes=(Scope.MINT_LINKS, Scope.VOUCH_LINKS),
            besides=linking.vouching,
            body=Linking,
            answers=Link,
            status=201,
            refuses=(MALFORMED, TOO_LARGE),
            unfit=MALFORMED,
            call=calls.mint,
        ),
        Operation(
            method="DELETE",
            path=f"{linking.PATH}/{{link}}",
            id="revokeLink",
            summary="Take a link back",
            about="One that this very token made.",
            scopes=(Scope.MINT_LINKS, Scope.VOUCH_LINKS),
            answers=None,
            status=204,
            named=(
                Named(
                    "link", r"^k-[0-9a-f]{24}$", "k-5f0c1d2e3a4b5c6d7e8f9a0b", "As `mintLink` answered it."
                ),
            ),
            call=calls.revoke,
        ),
    )


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
