"""How a page of the desk is made: who is signed in, where they may go, the forms' proofs."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse

from domain.staffing import Deed, Role, may
from portal.desk.gate import Gate, Signed
from portal.pages import Pages

SIGN_OUT = "sign-out"
"""The form of signing out."""

NAVIGATION: tuple[tuple[str, str, Deed], ...] = (
    ("board", "/desk", Deed.SEE_CASES),
    ("new", "/desk/new", Deed.OPEN_REQUEST),
    ("holds", "/desk/holds", Deed.SEE_HOLDS),
    ("incidents", "/desk/incidents", Deed.SEE_INCIDENTS),
    ("systems", "/desk/systems", Deed.SEE_SYSTEMS),
    ("settings", "/desk/settings", Deed.SEE_SETTINGS),
    ("reports", "/desk/reports", Deed.SEE_REPORTS),
    ("drill", "/desk/drill", Deed.REHEARSE),
    ("audit", "/desk/audit", Deed.SEE_AUDIT),
    ("staff", "/desk/staff", Deed.MANAGE_STAFF),
    ("resets", "/desk/resets", Deed.CONFIRM_RESET),
)
"""The words' key, the address and the deed of every entry, in their order."""


@dataclass(frozen=True)
class DeskPages:
    """Makes pages for who is signed in."""

    gate: Gate
    pages: Pages

    def page(
        self, request: Request, signed: Signed, template: str, *, status: int = 200, **values: object
    ) -> HTMLResponse:
        """A page of `templates/desk/`; there `signed`, `proof("form")` and `may("deed")` stand beside what is given."""
        return self.pages.page(
            request,
            f"desk/{template}",
            status=status,
            signed=signed,
            navigation=[(key, to) for key, to, deed in NAVIGATION if may(signed.role, deed)],
            here=request.url.path,
            may=signed.may,
            proof=lambda form: self.gate.proof(signed, form),
            **values,
        )

    def bare(self, request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page for who is not signed in."""
        return self.pages.page(request, f"desk/{template}", status=status, signed=None, **values)

    def notice(self, request: Request, kind: str, status: int, *, wait: float = 0) -> HTMLResponse:
        """A page that says what is the matter; `wait` is in seconds."""
        response = self.bare(request, "notice.html", status=status, kind=f"desk.notices.{kind}")
        if wait:
            response.headers["Retry-After"] = str(int(wait))
        return response


def home_of(role: Role) -> str:
    """The first page that a role may open."""
    return next((to for _, to, deed in NAVIGATION if may(role, deed)), "/desk/account")
