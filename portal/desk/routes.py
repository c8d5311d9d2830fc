"""The addresses of the desk."""

from __future__ import annotations

from starlette.routing import Route

from portal.desk.account import Account
from portal.desk.board import Board
from portal.desk.case_acts import CaseActs
from portal.desk.case_pages import CasePages
from portal.desk.doorway import SIGN_IN, doorway
from portal.desk.first import FirstTime
from portal.desk.gate import Gate
from portal.desk.intake_pages import IntakePages
from portal.desk.pages import DeskPages
from portal.desk.parts import Parts
from portal.desk.signin import SignIn
from portal.pages import Pages

_GET, _BOTH, _POST = ["GET"], ["GET", "POST"], ["POST"]


def desk_routes(parts: Parts, pages: Pages) -> list[Route]:
    """Every page of the desk, behind its gate."""
    gate = Gate(parts, pages)
    desk = DeskPages(gate, pages)
    signing, first = SignIn(gate, desk, parts.tries), FirstTime(gate, desk, parts.tries)
    routes = [
        (SIGN_IN, signing.page, _BOTH),
        ("/desk/sign-out", signing.out, _POST),
        ("/desk/first", first.page, _BOTH),
        ("/desk/first/set", first.set_up, _BOTH),
        ("/desk/account", Account(gate, desk).page, _GET),
        ("/desk", Board(gate, desk).page, _GET),
    ]
    intake = IntakePages(gate, desk)
    routes += [("/desk/new", intake.page, _BOTH), ("/desk/receipt/{reference}", intake.receipt, _GET)]
    if parts.tools is not None:
        cases = CasePages.of(gate, desk, parts.tools)
        acts = CaseActs(gate, desk, cases.reader)
        routes += [
            ("/desk/case/{reference}", cases.page, _GET),
            ("/desk/case/{reference}/do/{act}", acts.act, _BOTH),
            ("/desk/case/{reference}/look", cases.look, _POST),
            ("/desk/case/{reference}/document", cases.document, _POST),
            ("/desk/case/{reference}/preview", cases.preview, _POST),
        ]
    inside = doorway(gate, desk)
    return [Route(path, inside(endpoint), methods=methods) for path, endpoint, methods in routes]
