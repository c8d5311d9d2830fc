"""The addresses of the desk."""

from __future__ import annotations

from starlette.routing import Route

from portal.desk.account import Account
from portal.desk.board import BOARD, BoardPages
from portal.desk.doorway import SIGN_IN, doorway
from portal.desk.first import FirstTime
from portal.desk.gate import Gate
from portal.desk.pages import DeskPages
from portal.desk.parts import Parts
from portal.desk.signin import SignIn
from portal.desk.staff import RESETS, STAFF, StaffPages
from portal.pages import Pages

_GET, _BOTH, _POST = ["GET"], ["GET", "POST"], ["POST"]


def desk_routes(parts: Parts, pages: Pages) -> list[Route]:
    """Every page of the desk, behind its gate."""
    gate = Gate(parts, pages)
    desk = DeskPages(gate, pages)
    signing, first = SignIn(gate, desk, parts.tries), FirstTime(gate, desk, parts.tries)
    board, staff = BoardPages(gate, desk), StaffPages(gate, desk)
    routes = [
        (SIGN_IN, signing.page, _BOTH),
        ("/desk/sign-out", signing.out, _POST),
        ("/desk/first", first.page, _BOTH),
        ("/desk/first/set", first.set_up, _BOTH),
        ("/desk/account", Account(gate, desk).page, _GET),
        (BOARD, board.page, _GET),
        ("/desk/search", board.search, _POST),
        ("/desk/assign", board.assign, _POST),
        ("/desk/views", board.views, _POST),
        (STAFF, staff.page, _BOTH),
        ("/desk/staff/{member}", staff.change, _POST),
        (RESETS, staff.resets, _BOTH),
    ]
    inside = doorway(gate, desk)
    return [Route(path, inside(endpoint), methods=methods) for path, endpoint, methods in routes]
